//! From the URL of a manifest to tracks that know where to begin.

use super::Session;
use super::requests::Purpose;
use super::retry::{Remedy, pause, remedy};
use super::track::Track;
use crate::io::{Epoch, Event, Failure, FailureKind, Output, Request, RequestKind, Severity, TrackKind};
use crate::presentation::{Presentation, select};
use crate::snapshot::ManifestView;
use shared::mpd;
use shared::units::ByteSize;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Warnings about a manifest that are passed on; more do not help.
const MOST_WARNINGS: usize = 20;
/// Trouble with the manifest that is waited out. A restart of the server fits in; who waits for a first picture wants
/// an answer sooner than who watches.
const START_PATIENCE: Duration = Duration::from_secs(6);
/// Attempts at a manifest that a server does not have, or only half of: it may be about to be published.
const ATTEMPTS: u32 = 3;

/// A manifest, and what is wrong with it.
type Read = (mpd::Presentation, Vec<mpd::Warning>);

fn parse(url: &str, text: &str) -> Result<Read, String> {
    let base = Url::parse(url).map_err(|error| error.to_string())?;
    mpd::read(text.as_bytes(), &base).map_err(|error| error.to_string())
}

impl Session {
    /// Opens a manifest. A session has one; another URL is another session.
    pub(super) fn open(&mut self, url: String) {
        if self.url.is_empty() {
            self.url = url;
            self.request_manifest();
        }
    }

    /// Begins with a presentation that is already known, instead of `Input::Start`.
    pub fn begin_with(&mut self, presentation: Presentation) {
        self.begin(presentation);
        self.step();
    }

    fn request_manifest(&mut self) {
        let id = self.requests.next_id();
        let request = Request {
            id,
            kind: RequestKind::Manifest,
            url: self.url.clone(),
            range: None,
            limit: ByteSize::from_bytes(mpd::MAX_DOCUMENT as u64),
            track: None,
            rung: None,
            representation: None,
            position: None,
            time: None,
            size: None,
            attempt: self.manifest_trouble.attempts,
        };
        self.send(request, Purpose::Manifest, String::new());
    }

    /// Asks again when a pause is over.
    pub(super) fn retry_manifest(&mut self) {
        match self.manifest_retry {
            Some(at) if at <= self.now => {
                self.manifest_retry = None;
                self.request_manifest();
            }
            Some(at) => self.wake_at(at),
            None => {}
        }
    }

    /// A manifest that cannot be had is asked for again, or ends the session. Returns what is done about it.
    pub(super) fn manifest_failed(&mut self, failure: &Failure) -> String {
        match self.manifest_pause(failure) {
            Some(pause) => {
                self.manifest_retry = Some(self.now + pause);
                format!("asking again in {:.1} s", pause.as_secs_f64())
            }
            None => {
                self.fail(format!("cannot open {}: {}", self.url, failure.message));
                "giving up".to_owned()
            }
        }
    }

    /// How long to wait before the next attempt at the manifest, if there is to be one.
    fn manifest_pause(&mut self, failure: &Failure) -> Option<Duration> {
        self.manifest_trouble.note(self.now);
        let odds = self.odds(None);
        let trouble = &self.manifest_trouble;
        let again = match remedy(trouble, failure, false, self.now, odds) {
            Remedy::Again(pause) => Some(pause),
            Remedy::Otherwise if self.may_change(failure) => Some(pause(trouble.attempts, failure, odds)),
            Remedy::Elsewhere | Remedy::Otherwise | Remedy::GiveUp => None,
        };
        again.filter(|_| !trouble.lasts_longer_than(START_PATIENCE, self.now))
    }

    /// A server may publish it in a moment; a file is what it is.
    fn may_change(&self, failure: &Failure) -> bool {
        let remote = self.url.starts_with("http");
        remote && failure.kind != FailureKind::Refused && self.manifest_trouble.attempts < ATTEMPTS
    }

    /// Reads a manifest that came from `url`.
    pub(super) fn read_manifest(&mut self, url: &str, text: &str) {
        let opened = match parse(url, text) {
            Ok(read) => self.playable(url, read),
            Err(why) if self.asks_again_for_readable(&why) => return,
            Err(why) => Err(why),
        };
        match opened {
            Ok(presentation) => self.begin(presentation),
            Err(why) => self.fail(format!("cannot play {url}: {why}")),
        }
    }

    /// An unreadable manifest may be half of one that is being written.
    fn asks_again_for_readable(&mut self, why: &str) -> bool {
        let pause = self.manifest_pause(&Self::content_failure(why));
        self.manifest_retry = pause.map(|pause| self.now + pause);
        if pause.is_some() {
            self.notice(Severity::Warning, format!("asking for the manifest again: {why}"));
        }
        pause.is_some()
    }

    fn playable(&mut self, url: &str, (presentation, warnings): Read) -> Result<Presentation, String> {
        for warning in warnings.iter().take(MOST_WARNINGS) {
            self.notice(Severity::Warning, format!("manifest: {warning}"));
        }
        let selected = select(&presentation, &self.config.kinds, &self.config.decodable).map_err(|e| e.to_string())?;
        for left_out in selected.left_out.iter().take(MOST_WARNINGS) {
            self.notice(Severity::Warning, format!("left out: {left_out}"));
        }
        let left_out = selected.left_out;
        self.manifest = Some(Arc::new(ManifestView { url: url.to_owned(), presentation, warnings, left_out }));
        Ok(selected.presentation)
    }

    fn begin(&mut self, presentation: Presentation) {
        let start = presentation.start();
        let has = |kind: &TrackKind| presentation.periods.iter().any(|period| period.sets_of(*kind).next().is_some());
        self.tracks = self.config.kinds.iter().copied().filter(has).map(|kind| Track::new(kind, start)).collect();
        let first = presentation.periods.iter().flat_map(|period| &period.sets).find(|s| s.kind == TrackKind::Video);
        let rungs = first.map(|set| set.rungs.iter().map(|rung| rung.label.clone()).collect()).unwrap_or_default();
        self.outbox.journal.opened(&presentation);
        self.tell(Event::Opened { duration: presentation.duration, rungs });
        self.presentation = Some(Arc::new(presentation));
        (0..self.tracks.len()).for_each(|track| self.enter_period(track, 0));
        self.epoch = Epoch(1);
        self.playback.jump(self.now, start);
        self.outbox.push(Output::Flush { epoch: self.epoch, from: start });
        if let Some(target) = self.playback.begin_at.take() {
            self.seek(target);
        }
    }

    /// The failure of a document that came complete but cannot be used.
    pub(super) fn content_failure(message: impl Into<String>) -> Failure {
        Failure { kind: FailureKind::Content, status: None, retry_after: None, message: message.into() }
    }
}
