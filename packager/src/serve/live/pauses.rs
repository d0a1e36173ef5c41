//! An encoder that pauses: of each minute since the service began, the first seconds are missing. Where segments are listed,
//! their numbers go on behind a pause as if nothing were missing, as those of an encoder do. Pure.

use super::track::Track;
use shared::time::Timescale;
use std::time::Duration;

/// How often there is a pause.
const EVERY: Duration = Duration::from_secs(60);

/// The pauses of a service, in ticks of its leading track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pauses {
    every: u64,
    lasts: u64,
}

impl Pauses {
    /// Pauses of this length.
    pub(super) fn new(lasts: Duration, timescale: Timescale) -> Self {
        let ticks = |time: Duration| (time.as_nanos() * u128::from(timescale.get()) / 1_000_000_000) as u64;
        Self { every: ticks(EVERY), lasts: ticks(lasts) }
    }

    /// Whether a segment of the leading track lies in a pause, in a part of it at least.
    pub(super) fn miss(&self, leader: &Track, index: u64) -> bool {
        let (start, end) = (leader.start(index), leader.end(index));
        let begun = start / self.every * self.every;
        self.lasts > 0 && (start < begun + self.lasts || end > begun + self.every)
    }

    /// How many of the first `index` segments are missing.
    pub(super) fn missing_before(&self, leader: &Track, index: u64) -> u64 {
        if self.lasts == 0 {
            return 0;
        }
        let minute = leader.start(index) / self.every;
        // The segment that covers the start of a pause is the first one that it takes.
        let first = |minute: u64| leader.begun_before(minute * self.every + 1).saturating_sub(1);
        let last = leader.begun_before(minute * self.every + self.lasts);
        let through = leader.begun_before_each(minute, self.every, self.lasts);
        let until = leader.begun_before_each(minute, self.every, 1).saturating_sub(minute);
        through - until + index.min(last).saturating_sub(first(minute))
    }

    /// The segment that is the `ordinal`-th of those that are not missing, from 0.
    pub(super) fn nth(&self, leader: &Track, ordinal: u64) -> u64 {
        // At most so many minutes pass before a segment that is there, however long the pauses are.
        let (mut low, mut high) = (ordinal, ordinal.saturating_mul(EVERY.as_secs()).saturating_add(1 << 16));
        while low < high {
            let middle = low + (high - low) / 2;
            if middle + 1 - self.missing_before(leader, middle + 1) > ordinal {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::live::track::Lap;

    /// A film of 14.4 s in segments of 4 s, the last of which is shorter.
    fn film() -> Track {
        let timescale = Timescale::new(1000).unwrap();
        Track::new(timescale, 0, 1, &[0, 4000, 8000, 12_000], Lap { ticks: 14_400, timescale }).unwrap()
    }

    #[test]
    fn what_a_pause_touches_is_missing_and_counted() {
        let film = film();
        for lasts in [0, 1, 3, 10, 30] {
            let pauses = Pauses::new(Duration::from_secs(lasts), film.timescale);
            let touched = |index: u64| {
                let (start, end) = (film.start(index), film.end(index));
                (0..40).any(|minute| start < minute * 60_000 + lasts * 1000 && end > minute * 60_000)
            };
            let mut missing = 0;
            let mut there = 0;
            for index in 0..500 {
                assert_eq!(pauses.missing_before(&film, index), missing, "{lasts} s, segment {index}");
                assert_eq!(pauses.miss(&film, index), lasts > 0 && touched(index), "{lasts} s, segment {index}");
                if pauses.miss(&film, index) {
                    missing += 1;
                } else {
                    assert_eq!(pauses.nth(&film, there), index);
                    there += 1;
                }
            }
        }
    }

    #[test]
    fn fifty_years_are_counted_at_once() {
        let film = film();
        let pauses = Pauses::new(Duration::from_secs(10), film.timescale);
        let late = 450_000_000;
        let index = pauses.nth(&film, late);
        assert!(!pauses.miss(&film, index));
        assert_eq!(index - pauses.missing_before(&film, index), late);
    }
}
