//! The loop of a session: everything that happens becomes an input with its time, and every output is carried out at once.
#![expect(clippy::disallowed_methods, reason = "the one place that owns the session's clock")]

use super::config::Observe;
use super::downloads::{Downloads, MeasuredTime};
use super::feeding::{Feeding, TrackJob};
use super::follow::DownloadNews;
use super::intercepted::intercepted;
use super::lateness::Lateness;
use super::link::link;
use super::playout::{Playing, Playout};
use super::usage::cpu_seconds;
use crate::decode::{DecodeJob, Decoders, KeyRing, Undecodable};
use crate::fetch::{FetchConfig, FetchError, Fetcher};
use crate::output::audio::Sound;
use crate::output::sync::SyncLog;
use crate::output::{Mailbox, OutputClock};
use bytes::Bytes;
use player_core::io::{
    Command, Content, Event, Failure, Feed, Figures, Input, LinkLimit, Notice, Output, Rendering, RequestId, Severity,
    Subject,
};
use player_core::kinds::OutputSink;
use player_core::report::Totals;
use player_core::session::Session;
use player_core::snapshot::Snapshot;
use shared::media;
use shared::mpd;
use shared::protection::{KeyId, clear_key};
use shared::time::SessionTime;
use shared::units::ByteSize;
use shared_av::VideoFrame;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use url::Url;

/// Between two snapshots: as often as a screen shows them.
const PUBLISH: Duration = Duration::from_millis(16);
/// Between two looks at costs, capacity and sound device: as fine as the charts.
const FIGURES: Duration = Duration::from_millis(250);
/// While a decoder has more segments waiting than its channel holds.
const PUMP: Duration = Duration::from_millis(20);

/// What an engine is made of.
pub(super) struct Parts {
    pub(super) session: Session,
    pub(super) url: Url,
    pub(super) started: Instant,
    pub(super) observer: Observe,
    pub(super) wake: Box<dyn Fn() + Send>,
    pub(super) sound: Sound,
    /// Why there is no sound device.
    pub(super) silent: Option<String>,
    pub(super) clock: OutputClock,
    pub(super) mailbox: Arc<Mailbox<VideoFrame>>,
    pub(super) sync: Arc<Mutex<SyncLog>>,
    pub(super) decoders: Decoders,
    /// Those of the decoders, too.
    pub(super) keys: KeyRing,
    pub(super) undecodable: mpsc::Receiver<Undecodable>,
    pub(super) wishes: mpsc::Receiver<Command>,
    pub(super) publish: watch::Sender<Arc<Snapshot>>,
}

pub(super) struct Engine {
    parts: Parts,
    downloads: Downloads,
    feeding: Feeding,
    news: mpsc::Receiver<(RequestId, DownloadNews)>,
    playout: Playout<VideoFrame>,
    playing: Playing,
    lateness: Lateness,
    deadline: Option<SessionTime>,
    published: Option<Instant>,
    figures_at: Instant,
    unpublished: bool,
    /// That files hold more than one track has been told.
    told_muxed: bool,
    over: bool,
}

impl Engine {
    pub(super) async fn new(parts: Parts, fetch: FetchConfig) -> Result<Self, FetchError> {
        let (downloads, news) = Downloads::new(Fetcher::new(fetch).await?, parts.keys.clone());
        let playout = Playout::new(parts.clock.clone(), Arc::clone(&parts.mailbox));
        Ok(Self {
            figures_at: parts.started,
            parts,
            downloads,
            feeding: Feeding::default(),
            news,
            playout,
            playing: Playing::default(),
            lateness: Lateness::default(),
            deadline: None,
            published: None,
            unpublished: true,
            told_muxed: false,
            over: false,
        })
    }

    /// Until somebody quits; gives the figures of the session.
    pub(super) async fn run(mut self) -> Totals {
        self.input(Input::Start { url: self.parts.url.to_string() });
        if let Some(problem) = self.parts.silent.take() {
            self.tell(Severity::Info, format!("Playing without sound: {}.", problem.trim_end_matches('.')));
        }
        while !self.over {
            let until = self.next_look();
            tokio::select! {
                Some((id, news)) = self.news.recv() => self.on_news(id, news),
                Some(problem) = self.parts.undecodable.recv() => self.on_undecodable(problem),
                wish = self.parts.wishes.recv() => self.on_wish(wish.unwrap_or(Command::Quit)),
                () = tokio::time::sleep_until(until.into()) => {}
            }
            self.look();
        }
        self.figures(Instant::now());
        self.publish(Instant::now());
        self.parts.session.totals()
    }

    /// The earliest instant at which something is due.
    fn next_look(&mut self) -> Instant {
        let now = Instant::now();
        let mut next = self.playout.next_look(now).min(self.figures_at);
        if let Some(deadline) = self.deadline {
            next = next.min(self.parts.started + deadline.since(SessionTime::ZERO));
        }
        if self.unpublished {
            next = next.min(self.published.map_or(now, |at| at + PUBLISH));
        }
        if self.parts.decoders.pump() {
            next = next.min(now + PUMP);
        }
        next
    }

    /// Does what is due by time.
    fn look(&mut self) {
        let now = Instant::now();
        self.playing.video_busy = self.parts.decoders.is_busy(OutputSink::Screen);
        if let Some(report) = self.playout.look(now, self.playing) {
            if report.state == Rendering::Finished {
                self.figures(now); // what was shown decides whether this is an end
            }
            self.input(Input::Playback { position: report.position, state: report.state, epoch: report.epoch });
        }
        self.lateness.look(now, self.playout.is_late(now, self.playing));
        if self.deadline.is_some_and(|deadline| self.session_time() >= deadline) {
            self.input(Input::Timer);
        }
        if now >= self.figures_at {
            self.figures(now);
        }
        if self.unpublished && self.published.is_none_or(|at| now >= at + PUBLISH) {
            self.publish(now);
        }
    }

    fn session_time(&self) -> SessionTime {
        self.parts.started.elapsed().into()
    }

    /// One input, and everything that follows from it.
    fn input(&mut self, input: Input) {
        let now = self.session_time();
        self.parts.observer.input(now, &input);
        self.parts.session.handle(now, input);
        self.unpublished = true;
        loop {
            let output = self.parts.session.poll();
            if let Output::Wait(deadline) = output {
                self.deadline = deadline;
                return;
            }
            self.parts.observer.output(now, &output);
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Fetch(request) => self.downloads.start(&request, &self.parts.url),
            Output::Abort(id) => {
                self.downloads.abort(id);
                let job = self.feeding.abandon(id);
                self.decode(job);
            }
            Output::Feed(feed) => self.feed(feed),
            Output::Hole { track, epoch, time } => self.parts.decoders.send(track, DecodeJob::Hole { epoch, time }),
            Output::Discard(id) => self.downloads.discard(id),
            Output::Flush { epoch, from } => {
                self.playout.flush(epoch, from);
                self.feeding.flush();
                self.parts.decoders.flush(epoch, from);
            }
            Output::Play => self.playout.play(),
            Output::Pause => self.playout.pause(Instant::now()),
            Output::SetRate(speed) => {
                self.parts.clock.set_speed(Instant::now(), speed);
                self.parts.decoders.set_speed(speed);
            }
            Output::EndOfStream { track, epoch } => self.parts.decoders.send(track, DecodeJob::End { epoch }),
            Output::Event(Event::Opened { .. }) => self.choose_tracks(),
            Output::Quit => self.over = true,
            // Also what a newer core may want: this shell can do no more.
            _ => {}
        }
    }

    fn feed(&mut self, feed: Feed) {
        let at_hand = self.downloads.at_hand(feed.request);
        let jobs = self.feeding.feed(feed, at_hand);
        self.decode(jobs);
    }

    fn decode(&mut self, jobs: impl IntoIterator<Item = TrackJob>) {
        for (track, job) in jobs {
            self.parts.decoders.send(track, job);
        }
    }

    fn on_news(&mut self, request: RequestId, news: DownloadNews) {
        match news {
            DownloadNews::Progress { received, expected } if self.downloads.is_running(request) => {
                self.input(Input::Progress { request, received, expected });
            }
            DownloadNews::Progress { .. } => {}
            DownloadNews::Fragment(fragment) => {
                if self.downloads.add_fragment(request, &fragment) {
                    let job = self.feeding.fragment(request, fragment);
                    self.decode(job);
                }
            }
            DownloadNews::Done { received, body, url, cached } => self.on_done(request, received, body, &url, cached),
            DownloadNews::Failed { received, failure } => {
                if self.downloads.over(request).is_some() {
                    self.fail(request, received, failure);
                }
            }
        }
    }

    fn on_done(&mut self, request: RequestId, received: ByteSize, body: Bytes, url: &Url, cached: bool) {
        let Some(facts) = self.downloads.over(request) else { return };
        if let Some(failure) = intercepted(&facts.subject, url, &body) {
            return self.fail(request, received, failure);
        }
        let content = match facts.subject {
            Subject::Manifest => match mpd::decode(&body) {
                Ok(text) => Content::Manifest { url: url.to_string(), text: text.into_owned() },
                Err(error) => return self.fail(request, received, Failure::content(error.to_string())),
            },
            Subject::Key { .. } => match self.licence(&body) {
                Ok(key_ids) => Content::Keys { key_ids },
                Err(why) => return self.fail(request, received, Failure::content(format!("{url}: {why}"))),
            },
            Subject::Index(_) | Subject::Sizes(_) => Content::Index { bytes: body.to_vec() },
            _ => {
                if matches!(facts.subject, Subject::Init(_)) {
                    self.tell_muxed(&body);
                }
                match self.downloads.keep(request, body.clone(), &facts) {
                    Ok(measured) => self.measured(measured),
                    Err(failure) => {
                        let message = format!("{url}: {}", failure.message);
                        return self.fail(request, received, Failure { message, ..failure });
                    }
                }
                let job = self.feeding.complete(request, &body);
                self.decode(job);
                Content::Media
            }
        };
        self.input(Input::Done { request, received, cached, content });
    }

    /// Takes the keys of a licence; tells their names.
    fn licence(&mut self, body: &[u8]) -> Result<Vec<KeyId>, &'static str> {
        let keys = clear_key::read_answer(body)?;
        self.parts.keys.add(&keys);
        Ok(keys.iter().map(|key| key.id).collect())
    }

    /// Of files that hold several tracks one is played: the others are named, once.
    fn tell_muxed(&mut self, init: &[u8]) {
        let beside = media::beside(init);
        if !beside.is_empty() && !self.told_muxed {
            self.told_muxed = true;
            let others = beside.join(" and ");
            self.tell(Severity::Warning, format!("the {others} muxed into the same files is not played"));
        }
    }

    fn measured(&mut self, measured: Vec<MeasuredTime>) {
        for MeasuredTime { request, time, key_ids } in measured {
            self.input(Input::Measured { request, time, key_ids });
        }
    }

    fn fail(&mut self, request: RequestId, received: ByteSize, failure: Failure) {
        let job = self.feeding.abandon(request);
        self.decode(job);
        self.input(Input::Failed { request, received, failure });
    }

    fn on_undecodable(&mut self, problem: Undecodable) {
        let Undecodable { request, message: problem, concealed, wrong_key } = problem;
        let input = match wrong_key {
            Some(key_id) => Input::WrongKey { request, key_id, problem },
            None if concealed => Input::Concealed { request, problem },
            None => Input::Undecodable { request, problem },
        };
        self.input(input);
    }

    /// Link and loudness are ours; the session only records them.
    fn on_wish(&mut self, wish: Command) {
        match &wish {
            Command::Throttle(LinkLimit::Cut) => {
                self.downloads.throttle().cut();
                self.figures_at = Instant::now();
            }
            Command::Faults(faults) => self.downloads.faults().set(*faults),
            Command::Throttle(limit) => match link(limit) {
                Ok(link) => {
                    self.downloads.throttle().set(link);
                    self.figures_at = Instant::now(); // the charts show it at once
                }
                Err(problem) => return self.tell(Severity::Warning, problem),
            },
            Command::Volume(volume) => self.parts.clock.set_gain(*volume as f32),
            Command::SoundDelay(millis) => self.parts.clock.set_sound_delay(*millis),
            Command::SoundDevice(name) => {
                let requested = self.parts.clock.sound_requested();
                if let Some(change) = self.parts.sound.switch(name.clone(), Instant::now(), requested) {
                    self.tell(Severity::Info, change);
                }
            }
            _ => {}
        }
        self.input(Input::User(wish));
        self.choose_tracks();
    }

    /// Which tracks there are to wait for.
    fn choose_tracks(&mut self) {
        let tracks = self.parts.session.snapshot().tracks;
        let has = |sink| tracks.iter().any(|track| track.kind.row().sink == sink);
        self.playing.video = has(OutputSink::Screen);
        self.playing.sound = has(OutputSink::Speakers);
    }

    fn figures(&mut self, now: Instant) {
        self.figures_at = now + FIGURES;
        let (frames_shown, frames_dropped, av_offset_ms, unpainted) = {
            let mut sync = self.parts.sync.lock().unwrap_or_else(PoisonError::into_inner);
            (sync.shown, sync.skipped, sync.percentiles(), std::mem::take(&mut sync.unpainted))
        };
        let capacity = self.downloads.throttle().capacity();
        let cpu_seconds = cpu_seconds();
        let lasted = self.lateness.take().unwrap_or_default() + unpainted;
        if lasted > Duration::ZERO {
            self.input(Input::Late { lasted });
        }
        self.input(Input::Figures(Figures { capacity, frames_shown, frames_dropped, av_offset_ms, cpu_seconds }));
        if let Some(change) = self.parts.sound.watch(now, self.parts.clock.sound_requested()) {
            self.tell(Severity::Warning, change);
        }
    }

    /// A message of the shells.
    fn tell(&mut self, severity: Severity, message: String) {
        self.input(Input::Notice(Notice { severity, message }));
    }

    fn publish(&mut self, now: Instant) {
        self.unpublished = false;
        self.published = Some(now);
        self.parts.publish.send_replace(Arc::new(self.parts.session.snapshot()));
        (self.parts.wake)();
    }
}
