//! From the URL of a manifest to a presentation that can be played: asked for again while it may be about to be
//! published, and given up early, because somebody waits for a first picture.

use super::Session;
use super::growing::{Growth, update_period};
use super::network::{FailureStreak, Odds, Remedy, Stakes, pause, remedy};
use super::recovery::{MANIFEST_ATTEMPTS, START_PATIENCE};
use crate::io::{Epoch, Event, Failure, FailureKind, Output, Request, Severity, Subject};
use crate::kinds::TrackKind;
use crate::presentation::{Presentation, select};
use crate::snapshot::ManifestView;
use shared::mpd;
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Warnings about a manifest that are passed on; more do not help.
const MOST_WARNINGS: usize = 20;

/// The manifest that is to be opened.
#[derive(Debug, Default)]
pub(super) struct ManifestFetch {
    url: String,
    trouble: FailureStreak,
    /// When it is asked for again.
    retry: Option<SessionTime>,
}

impl ManifestFetch {
    /// Whether somebody has named a manifest.
    pub(super) fn was_asked(&self) -> bool {
        !self.url.is_empty()
    }

    /// Who waits for the next attempt need not wait beyond `at`.
    pub(super) fn ask_at(&mut self, at: SessionTime) {
        self.retry = self.retry.map(|due| due.min(at));
    }

    /// Where it is.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// How long to wait before the next attempt after a failure, if there is to be one.
    fn pause_after(&mut self, failure: &Failure, odds: Odds, now: SessionTime) -> Option<Duration> {
        self.trouble.note(failure, now);
        let again = match remedy(&self.trouble, failure, false, odds) {
            Remedy::Again(pause) => Some(pause),
            Remedy::Otherwise if self.may_change(failure) => Some(pause(self.trouble.attempts, failure, odds)),
            Remedy::Elsewhere | Remedy::Otherwise => None,
        };
        again.filter(|_| !self.trouble.lasts_longer_than(START_PATIENCE, now))
    }

    /// A server may publish it in a moment; a file is what it is.
    fn may_change(&self, failure: &Failure) -> bool {
        let remote = self.url.starts_with("http");
        remote && failure.kind != FailureKind::Refused && self.trouble.attempts < MANIFEST_ATTEMPTS
    }
}

/// What a manifest has to play.
struct Opened {
    presentation: Presentation,
    /// How often there may be more of it; `None` when it is complete.
    update: Option<Duration>,
    view: ManifestView,
}

/// A manifest, and what is wrong with it.
type Read = (mpd::Presentation, Vec<mpd::Warning>);

fn parse(url: &str, text: &str) -> Result<Read, String> {
    let base = Url::parse(url).map_err(|error| error.to_string())?;
    mpd::read(text.as_bytes(), &base).map_err(|error| error.to_string())
}

impl Session {
    /// Opens a manifest. A session has one; another URL is another session.
    pub(super) fn open(&mut self, url: String) {
        if !self.opening.was_asked() {
            self.opening.url = url;
            self.tell_prior();
            self.request_manifest(0);
        }
    }

    /// What is believed of the network before anything was measured is no secret.
    fn tell_prior(&mut self) {
        if let Some(prior) = self.config.prior_estimate {
            let told = format!("the network is taken for one of {prior}, by what it carried from here before");
            self.out.notice(Severity::Info, told);
        }
    }

    /// Asks for the manifest, for the first time or after so many attempts.
    fn request_manifest(&mut self, attempt: u32) {
        let request = Request {
            id: self.network.next_id(),
            subject: Subject::Manifest,
            url: self.opening.url.clone(),
            range: None,
            limit: ByteSize::from_bytes(mpd::MAX_DOCUMENT as u64),
            size: None,
            attempt,
        };
        self.network.send(request, String::new(), Stakes::default(), &mut self.out);
    }

    /// Asks again when a pause is over, and for a newer version when its time has come.
    pub(super) fn retry_manifest(&mut self) {
        match self.opening.retry {
            Some(at) if at <= self.out.now() => {
                self.opening.retry = None;
                self.request_manifest(self.opening.trouble.attempts);
            }
            Some(at) => self.out.wake_at(at),
            None => {}
        }
        if let Some(attempt) = self.growth.as_mut().and_then(|growth| growth.ask(&mut self.out)) {
            self.request_manifest(attempt);
        }
    }

    /// A manifest that cannot be had is asked for again, or ends the session. Returns what is done about it.
    pub(super) fn manifest_failed(&mut self, failure: &Failure) -> String {
        if self.loading.has_begun() {
            return self.newer_manifest_failed(failure);
        }
        match self.manifest_pause(failure) {
            Some(pause) => {
                self.opening.retry = Some(self.out.now() + pause);
                format!("asking again in {:.1} s", pause.as_secs_f64())
            }
            None => {
                self.fail(format!("cannot open {}: {}", self.opening.url, failure.message));
                "giving up".to_owned()
            }
        }
    }

    fn manifest_pause(&mut self, failure: &Failure) -> Option<Duration> {
        let odds = Odds::of_manifest(self.network.draw(), self.playhead.clock().running());
        self.opening.pause_after(failure, odds, self.out.now())
    }

    /// Reads a manifest that came from `url`.
    pub(super) fn read_manifest(&mut self, url: &str, text: &str) {
        if self.loading.has_begun() {
            return self.read_newer_manifest(url, text);
        }
        let read = match parse(url, text) {
            Err(why) if self.asks_again_for_readable(&why) => return,
            read => read.and_then(|read| self.selected(url, read)),
        };
        match read {
            Ok(opened) => self.begin_opened(opened),
            Err(why) => self.fail(format!("cannot play {url}: {why}")),
        }
    }

    /// An unreadable manifest may be half of one that is being written.
    fn asks_again_for_readable(&mut self, why: &str) -> bool {
        let pause = self.manifest_pause(&Failure::content(why));
        self.opening.retry = pause.map(|pause| self.out.now() + pause);
        if pause.is_some() {
            self.out.notice(Severity::Warning, format!("asking for the manifest again: {why}"));
        }
        pause.is_some()
    }

    /// Goes on with a newer version, that of `url`; one that cannot be read may be half written.
    fn read_newer_manifest(&mut self, url: &str, text: &str) {
        match parse(url, text).and_then(|read| self.selected(url, read)) {
            Ok(newer) => self.renew_with(newer),
            Err(why) => {
                self.newer_manifest_failed(&Failure::content(why));
            }
        }
    }

    fn renew_with(&mut self, newer: Opened) {
        self.manifest = Some(newer.view.into());
        let (loading, mut desk) = self.desk();
        let changes = loading.renew(newer.presentation, &mut desk);
        let before = self.growth.take();
        match newer.update {
            Some(update) => self.growth = Some(Growth::renewed(before, changes.grown, update, self.out.now())),
            None => self.tell_complete(),
        }
    }

    fn selected(&self, url: &str, (presentation, warnings): Read) -> Result<Opened, String> {
        let update = update_period(&presentation)?;
        let selected = select(&presentation, &self.config.kinds, &self.config.decodable).map_err(|e| e.to_string())?;
        let view = ManifestView { url: url.to_owned(), presentation, warnings, left_out: selected.left_out };
        Ok(Opened { presentation: selected.presentation, update, view })
    }

    fn begin_opened(&mut self, opened: Opened) {
        for warning in opened.view.warnings.iter().take(MOST_WARNINGS) {
            self.out.notice(Severity::Warning, format!("manifest: {warning}"));
        }
        for left_out in opened.view.left_out.iter().take(MOST_WARNINGS) {
            self.out.notice(Severity::Warning, format!("left out: {left_out}"));
        }
        self.out.journal.left_out(&opened.view.left_out);
        self.manifest = Some(Arc::new(opened.view));
        self.growth = opened.update.map(|update| Growth::new(update, self.out.now()));
        self.begin(opened.presentation);
    }

    /// Begins with a presentation: tracks that know where to begin, and an output that is told.
    pub(super) fn begin(&mut self, presentation: Presentation) {
        let start = presentation.start();
        let adaptive = presentation.tracks().find(|track| track.kind == TrackKind::adaptive());
        let rungs = adaptive.map(|track| track.rungs.iter().map(|rung| rung.label.clone()).collect());
        self.out.journal.opened(&presentation);
        self.out.tell(Event::Opened { duration: presentation.duration(), rungs: rungs.unwrap_or_default() });
        self.loading.begin(presentation, &self.config);
        self.epoch = Epoch(1);
        self.playhead.jump(self.out.now(), start);
        self.out.push(Output::Flush { epoch: self.epoch, from: start });
        if let Some(target) = self.begin_at.take() {
            self.seek(target);
        }
    }
}
