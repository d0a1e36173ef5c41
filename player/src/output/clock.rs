//! The media clock: where on the presentation axis the viewer is at a given instant.
//!
//! While there is sound, the samples heard drive it, so picture follows sound and stands still with it. Without
//! sound, or behind its end, time drives it. The instant is an argument.

use super::audio::Meter;
use player_core::io::Epoch;
use shared::time::PresentationTime;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The master clock: what makes the position move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MasterClock {
    Sound,
    Time,
}

/// A delay that may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SignedMillis(i32);

impl SignedMillis {
    /// What is at `position` at the sender is this at the viewer.
    fn later(self, position: PresentationTime) -> PresentationTime {
        PresentationTime::from_nanos(position.nanos().saturating_sub(i64::from(self.0) * 1_000_000))
    }
}

/// Shared by those who start and stop it and those who show. Its lock is held for arithmetic only, and the sound
/// device never takes it.
#[derive(Debug, Clone)]
pub struct OutputClock(Arc<Mutex<ClockState>>);

#[derive(Debug)]
struct ClockState {
    meter: Meter,
    epoch: Epoch,
    master: MasterClock,
    /// Where time took over, and the last position given out.
    anchor: PresentationTime,
    /// Runs since then; `None` while held.
    since: Option<Instant>,
    speed: f64,
    /// How much later than it leaves the player sound is heard.
    sound_delay: SignedMillis,
    /// Never behind this within an epoch.
    reached: PresentationTime,
}

impl ClockState {
    fn position(&mut self, now: Instant) -> PresentationTime {
        if self.master == MasterClock::Sound && self.meter.played_out(now) {
            self.anchor = self.reached.max(self.heard(now));
            self.since = self.since.map(|_| now);
            self.master = MasterClock::Time;
        }
        let position = match self.master {
            MasterClock::Sound => self.heard(now),
            MasterClock::Time => self.anchor + self.passed(now),
        };
        self.reached = self.reached.max(position);
        self.reached
    }

    /// What is heard at `now`, where the viewer is.
    fn heard(&mut self, now: Instant) -> PresentationTime {
        self.sound_delay.later(self.meter.position(now))
    }

    fn passed(&self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since).mul_f64(self.speed))
    }

    fn hold(&mut self, now: Instant, limit: Option<PresentationTime>) {
        let position = self.position(now);
        if let (MasterClock::Time, Some(limit)) = (self.master, limit) {
            self.reached = position.min(limit);
        }
        self.anchor = self.reached;
        self.since = None;
        self.meter.set_playing(false);
    }
}

impl OutputClock {
    /// Held at the start of the presentation.
    pub fn new(meter: Meter) -> Self {
        let start = PresentationTime::ZERO;
        let state = ClockState {
            meter,
            epoch: Epoch(0),
            master: MasterClock::Time,
            anchor: start,
            since: None,
            speed: 1.0,
            sound_delay: SignedMillis(0),
            reached: start,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Where the viewer is at `now`.
    pub fn position(&self, now: Instant) -> PresentationTime {
        self.lock().position(now)
    }

    /// Held at `from`; what is heard of older epochs does not count any more.
    pub fn flush(&self, epoch: Epoch, from: PresentationTime) {
        let mut state = self.lock();
        state.meter.set_playing(false);
        state.epoch = epoch;
        state.master = MasterClock::Time;
        state.anchor = from;
        state.since = None;
        state.reached = from;
    }

    /// Runs from `now` on; `sound` when there is a sound track to follow.
    pub fn start(&self, now: Instant, sound: bool) {
        let mut state = self.lock();
        let ended = state.meter.played_out(now);
        state.master = if sound && !ended { MasterClock::Sound } else { MasterClock::Time };
        state.anchor = state.reached;
        state.since = Some(now);
        state.meter.set_playing(true);
    }

    /// Stands still from `now` on, not beyond `limit` where time is the master. What the device has already taken is
    /// still heard.
    pub fn hold(&self, now: Instant, limit: Option<PresentationTime>) {
        self.lock().hold(now, limit);
    }

    /// Whether it runs.
    pub fn runs(&self) -> bool {
        self.lock().since.is_some()
    }

    /// Speed where time is the master; sound brings its own with its samples.
    pub fn set_speed(&self, now: Instant, speed: f64) {
        let mut state = self.lock();
        state.anchor = state.position(now);
        state.since = state.since.map(|_| now);
        state.speed = speed;
    }

    /// Loudness.
    pub fn set_gain(&self, gain: f32) {
        self.lock().meter.set_gain(gain);
    }

    /// How many milliseconds later than it leaves the player sound is heard, on the way through the air or a radio;
    /// negative when pictures are. Within half a second.
    pub fn set_sound_delay(&self, millis: i32) {
        self.lock().sound_delay = SignedMillis(millis.clamp(-500, 500));
    }

    /// There is enough sound to start with.
    pub fn sound_ready(&self, epoch: Epoch, enough: Duration) -> bool {
        self.lock().meter.ready(epoch, enough)
    }

    /// There should be sound, and there is none.
    pub fn sound_starved(&self, epoch: Epoch) -> bool {
        self.lock().meter.starved(epoch)
    }

    /// Sound was heard to its end.
    pub fn sound_played_out(&self, now: Instant) -> bool {
        self.lock().meter.played_out(now)
    }

    /// Presentation time of the sound that really leaves the sink at `now`.
    pub fn sound_leaving(&self, now: Instant) -> Option<PresentationTime> {
        let mut state = self.lock();
        Some(state.sound_delay.later(state.meter.leaving(now)?))
    }

    /// What the device asked for so far.
    pub fn sound_requested(&self) -> Duration {
        self.lock().meter.requested()
    }

    fn lock(&self) -> MutexGuard<'_, ClockState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
