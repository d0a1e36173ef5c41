//! The playhead: an anchor and a speed. Between two reports of the output it is extrapolated.

use shared::time::{PresentationTime, SessionTime};
use std::time::Duration;

/// Where the playhead was last known to be, and how fast it moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MediaClock {
    at: SessionTime,
    position: PresentationTime,
    rate: f64,
    running: bool,
}

impl Default for MediaClock {
    fn default() -> Self {
        Self { at: SessionTime::ZERO, position: PresentationTime::ZERO, rate: 1.0, running: false }
    }
}

impl MediaClock {
    /// Where the playhead is.
    pub fn position(&self, now: SessionTime) -> PresentationTime {
        if self.running { self.position + self.scaled(now.since(self.at)) } else { self.position }
    }

    /// When the playhead gets to `position`; `None` when it stands still.
    pub fn time_at(&self, position: PresentationTime) -> Option<SessionTime> {
        let distance = position.since(self.position);
        let time = if self.rate == 1.0 { distance } else { distance.div_f64(self.rate) };
        self.running.then(|| self.at + time)
    }

    /// Whether it moves.
    pub fn running(&self) -> bool {
        self.running
    }

    /// Media seconds a second while it moves.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// From now on the playhead is at `position` and moves, or not.
    pub fn anchor(&mut self, now: SessionTime, position: PresentationTime, running: bool) {
        self.at = now;
        self.position = position;
        self.running = running;
    }

    /// Another speed from now on. Positive.
    pub fn set_rate(&mut self, now: SessionTime, rate: f64) {
        self.anchor(now, self.position(now), self.running);
        self.rate = rate;
    }

    /// Normal speed keeps whole nanoseconds, so that simulations do not drift.
    fn scaled(&self, time: Duration) -> Duration {
        if self.rate == 1.0 { time } else { time.mul_f64(self.rate) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: f64) -> SessionTime {
        SessionTime::from_millis_f64(secs * 1e3)
    }

    fn place(secs: f64) -> PresentationTime {
        PresentationTime::from_secs_f64(secs)
    }

    #[test]
    fn runs_stops_and_changes_speed_without_a_jump() {
        let mut clock = MediaClock::default();
        assert_eq!(clock.position(at(9.0)), place(0.0));
        clock.anchor(at(10.0), place(4.0), true);
        assert_eq!(clock.position(at(12.0)), place(6.0));
        clock.set_rate(at(12.0), 2.0);
        assert_eq!(clock.position(at(13.0)), place(8.0));
        assert_eq!(clock.time_at(place(9.0)), Some(at(13.5)));
        clock.anchor(at(13.0), clock.position(at(13.0)), false);
        assert_eq!((clock.position(at(99.0)), clock.time_at(place(9.0))), (place(8.0), None));
    }
}
