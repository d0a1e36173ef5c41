//! Starts and holds the media clock as the session wishes and the decoders permit, and says what the output is doing.
//! Time is an argument.

use crate::output::{Mailbox, MediaClock};
use player_core::io::{Epoch, Rendering};
use player_core::kinds::OutputSink;
use shared::time::PresentationTime;
use shared_av::VideoFrame;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sound that must be decoded before the clock is started, so that it does not stop at once.
const PREROLL: Duration = Duration::from_millis(100);
/// Between two reports while nothing changes.
const REPORT: Duration = Duration::from_millis(100);
/// Between two looks while the clock runs, and while it waits for the decoders.
const LOOK: Duration = Duration::from_millis(50);
const IMPATIENT: Duration = Duration::from_millis(5);

/// Which tracks are being played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Playing {
    pub(super) video: bool,
    pub(super) sound: bool,
    /// Segments wait for the picture decoder: pictures are late, not missing.
    pub(super) video_busy: bool,
}

/// The state of the output.
pub(super) struct Playout {
    clock: MediaClock,
    mailbox: Arc<Mailbox<VideoFrame>>,
    epoch: Epoch,
    wanted: bool,
    state: Rendering,
    told: Option<Instant>,
}

/// What the session is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Report {
    pub(super) position: PresentationTime,
    pub(super) state: Rendering,
    pub(super) epoch: Epoch,
}

impl Playout {
    pub(super) fn new(clock: MediaClock, mailbox: Arc<Mailbox<VideoFrame>>) -> Self {
        Self { clock, mailbox, epoch: Epoch::default(), wanted: false, state: Rendering::Paused, told: None }
    }

    /// The session lets it run.
    pub(super) fn play(&mut self) {
        self.wanted = true;
    }

    /// The session holds it.
    pub(super) fn pause(&mut self, now: Instant) {
        self.wanted = false;
        self.clock.hold(now, None);
        self.enter(Rendering::Paused);
    }

    /// Everything begins anew at `from`, held.
    pub(super) fn flush(&mut self, epoch: Epoch, from: PresentationTime) {
        (self.epoch, self.wanted) = (epoch, false);
        self.clock.flush(epoch, from);
        self.enter(Rendering::Paused);
    }

    /// Looks at clock, mailbox and sound; a report when it is due.
    pub(super) fn look(&mut self, now: Instant, playing: Playing) -> Option<Report> {
        if self.wanted {
            self.advance(now, playing);
        }
        if self.told.is_some_and(|told| now.saturating_duration_since(told) < REPORT) {
            return None;
        }
        self.told = Some(now);
        Some(Report { position: self.clock.position(now), state: self.state, epoch: self.epoch })
    }

    /// When to look again.
    pub(super) fn next_look(&self, now: Instant) -> Instant {
        if !self.wanted || self.state == Rendering::Finished {
            return now + REPORT;
        }
        if !self.clock.runs() {
            return now + IMPATIENT;
        }
        let position = self.clock.position(now);
        let dry_in = self.mailbox.level().covered.map_or(LOOK, |end| end.since(position));
        now + dry_in.clamp(IMPATIENT, LOOK)
    }

    fn advance(&mut self, now: Instant, playing: Playing) {
        let position = self.clock.position(now);
        if self.finished(now, position, playing) {
            self.clock.hold(now, None);
            self.enter(Rendering::Finished);
        } else if !self.clock.runs() {
            if self.ready(position, playing) {
                self.clock.start(now, playing.sound);
                self.enter(Rendering::Playing);
            }
        } else if let Some(sink) = self.starved(position, playing) {
            let limit = self.mailbox.level().covered.filter(|_| sink == OutputSink::Screen);
            self.clock.hold(now, limit);
            self.enter(Rendering::Starved);
        }
    }

    fn finished(&self, now: Instant, position: PresentationTime, playing: Playing) -> bool {
        let picture = !playing.video || self.mailbox.level().played_out(position);
        let sound = !playing.sound || self.clock.sound_played_out(now);
        picture && sound && (playing.video || playing.sound)
    }

    fn ready(&self, position: PresentationTime, playing: Playing) -> bool {
        let level = self.mailbox.level();
        let picture = !playing.video || (self.mailbox.ready() && !level.starved(position));
        picture && (!playing.sound || self.clock.sound_ready(self.epoch, PREROLL))
    }

    fn starved(&self, position: PresentationTime, playing: Playing) -> Option<OutputSink> {
        if playing.video && !playing.video_busy && self.mailbox.level().starved(position) {
            return Some(OutputSink::Screen);
        }
        (playing.sound && self.clock.sound_starved(self.epoch)).then_some(OutputSink::Speakers)
    }

    /// A change is reported at once.
    fn enter(&mut self, state: Rendering) {
        if self.state != state {
            (self.state, self.told) = (state, None);
        }
    }
}
