//! The session: one explicit state machine. `handle(now, Input)`, then `poll()` until `Output::Wait`; `snapshot()`
//! for those who look. It never reads a clock and never sees a media byte.
//!
//! The state is in parts, and each question has its file:
//!
//! | file | question |
//! |---|---|
//! | `config` | what was it told beforehand? |
//! | `opening` | what does the manifest offer? |
//! | `scheduler` | which track may fetch its next segment, and when? |
//! | `choice` | in which rung? |
//! | `setup` | what does a rung need before its media is of use? |
//! | `requests` | what is under way? |
//! | `arrival` | what follows from a finished response? |
//! | `failure`, `retry`, `locations` | what helps against a failed one? |
//! | `abandon` | should a running download be given up? |
//! | `replace` | should a buffered segment be fetched again? |
//! | `feeding` | what do the decoders get? |
//! | `playback` | does the playhead move? |
//! | `gap` | what if there is nothing at it? |
//! | `seek` | where should it go? |
//! | `commands` | what does the viewer want? |
//! | `outbox`, `journal`, `view` | what is told to the outside? |

mod abandon;
mod arrival;
mod choice;
mod commands;
mod config;
mod failure;
mod feeding;
mod gap;
mod journal;
mod locations;
mod opening;
mod outbox;
mod playback;
mod replace;
mod requests;
mod retry;
mod scheduler;
mod seek;
mod setup;
mod track;
mod view;

pub use config::{ClockSource, Config, Decodable};

use crate::abr::{self, Policy};
use crate::estimate::Estimator;
use crate::io::{Epoch, Event, Input, Notice, Output, Phase, Severity};
use crate::presentation::Presentation;
use crate::snapshot::ManifestView;
use failure::Exclusions;
use locations::Locations;
use outbox::Outbox;
use playback::Playback;
use requests::Requests;
use retry::{Jitter, Trouble};
use setup::Setups;
use shared::time::SessionTime;
use std::sync::Arc;
use track::Track;

/// A playback session. See the module.
pub struct Session {
    begun_with: Arc<Config>,
    config: Config,
    now: SessionTime,
    /// The earliest instant at which something is to be done without an input.
    wake: Option<SessionTime>,
    url: String,
    manifest_trouble: Trouble,
    manifest_retry: Option<SessionTime>,
    manifest: Option<Arc<ManifestView>>,
    /// Shared with snapshots.
    presentation: Option<Arc<Presentation>>,
    tracks: Vec<Track>,
    setups: Setups,
    requests: Requests,
    locations: Locations,
    exclusions: Exclusions,
    jitter: Jitter,
    estimator: Estimator,
    policy: Box<dyn Policy>,
    playback: Playback,
    epoch: Epoch,
    last_seek: Option<SessionTime>,
    failed: bool,
    phase_told: Phase,
    outbox: Outbox,
}

impl Session {
    /// A session that waits for `Input::Start`.
    ///
    /// # Errors
    /// When the policy's name is unknown.
    pub fn new(config: Config) -> Result<Self, abr::UnknownPolicy> {
        let policy = abr::by_name(&config.policy)?;
        Ok(Self {
            now: SessionTime::ZERO,
            wake: None,
            url: String::new(),
            manifest_trouble: Trouble::default(),
            manifest_retry: None,
            manifest: None,
            presentation: None,
            tracks: vec![],
            setups: Setups::default(),
            requests: Requests::default(),
            locations: Locations::default(),
            exclusions: Exclusions::default(),
            jitter: Jitter::new(config.seed),
            estimator: Estimator::new(config.prior_estimate),
            policy,
            playback: Playback::default(),
            epoch: Epoch::default(),
            last_seek: None,
            failed: false,
            phase_told: Phase::Idle,
            outbox: Outbox::default(),
            begun_with: Arc::new(config.clone()),
            config,
        })
    }

    /// Takes note of what happened at `now`. Time that runs backwards is held at the latest known instant.
    pub fn handle(&mut self, now: SessionTime, input: Input) {
        self.now = self.now.max(now);
        self.advance_playhead();
        match input {
            Input::Start { url } => self.open(url),
            Input::Progress { request, received, expected } => self.on_progress(request, received, expected),
            Input::Done { request, received, cached, content } => self.on_done(request, received, cached, content),
            Input::Failed { request, received, failure } => self.on_failed(request, received, failure),
            Input::Playback { position, state, epoch } => self.on_playback(position, state, epoch),
            Input::Undecodable { request, problem } => self.on_undecodable(request, &problem),
            Input::User(command) => self.on_command(command),
            Input::Figures(figures) => self.outbox.journal.figures(figures),
            Input::Notice(notice) => self.tell(Event::Notice(notice)),
            Input::Timer => {}
        }
        self.step();
    }

    /// The next thing to do; `Output::Wait` when there is nothing until the next input or the deadline.
    pub fn poll(&mut self) -> Output {
        self.outbox.next().unwrap_or(Output::Wait(self.wake))
    }

    /// What follows from the state as it is now.
    fn step(&mut self) {
        self.wake = None;
        if self.failed {
            return self.tell_phase();
        }
        self.check_patience();
        self.retry_manifest();
        self.hedge_setups();
        self.check_abandon();
        self.schedule();
        self.feed();
        if self.control_playback() {
            // What waits for the playhead can be told its time only now.
            self.schedule();
            self.feed();
        }
        self.forget_behind();
        self.tell_phase();
        self.record_point();
    }

    /// Asks for a `Timer` at `at`, or a moment from now when that has passed.
    fn wake_at(&mut self, at: SessionTime) {
        let at = at.max(self.now + std::time::Duration::from_nanos(1));
        if at != SessionTime::MAX && self.wake.is_none_or(|wake| at < wake) {
            self.wake = Some(at);
        }
    }

    fn tell(&mut self, event: Event) {
        self.outbox.tell(self.now, event);
    }

    /// Tells people something, but not twice in a row.
    fn notice(&mut self, severity: Severity, message: impl Into<String>) {
        let notice = Notice { severity, message: message.into() };
        if self.outbox.journal.last_notice() != Some(&notice) {
            self.tell(Event::Notice(notice));
        }
    }

    /// Nothing can be played any more.
    fn fail(&mut self, message: impl Into<String>) {
        self.failed = true;
        self.hold();
        for id in self.requests.running_ids() {
            self.abort(id);
        }
        self.notice(Severity::Fatal, message);
    }
}
