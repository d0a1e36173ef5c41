//! A Representation that repeats for ever: segment numbers, times and files as functions of each other. Pure.
//!
//! A *lap* is one run of the film. All tracks begin a lap at the same instant, rounded to their ticks, so they do not drift
//! apart; the last segment of a lap lasts until the next lap begins. Segments are counted from 0 at the zero of time, over
//! all laps.

use shared::time::{MediaTime, PresentationTime, Timescale};
use std::ops::Range;

const NANOS: u128 = 1_000_000_000;

/// How long the film lasts, to the tick of its leading track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lap {
    pub(super) ticks: u64,
    pub(super) timescale: Timescale,
}

impl Lap {
    /// When lap `number` begins, in the ticks of a track, rounded.
    fn start(self, number: u64, timescale: Timescale) -> u64 {
        let from = u128::from(self.timescale.get());
        let scaled = u128::from(number) * u128::from(self.ticks) * u128::from(timescale.get());
        saturated((scaled + from / 2) / from)
    }

    /// In which lap an instant lies, but for the rounding of its start.
    fn at(self, nanos: u64) -> u64 {
        let whole = u128::from(nanos) * u128::from(self.timescale.get());
        saturated(whole / (u128::from(self.ticks) * NANOS))
    }
}

/// The segments of one Representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) timescale: Timescale,
    /// `@presentationTimeOffset`.
    pub(super) offset: u64,
    /// The number of the film's first segment.
    pub(super) first: u64,
    /// Where its segments begin, in ticks from the start of a lap; the first one at 0, at least one.
    starts: Vec<u64>,
    lap: Lap,
}

impl Track {
    /// The segments that begin at these ticks of the film, those that hardly belong to the lap left out; `None` when none is
    /// left.
    pub(super) fn new(timescale: Timescale, offset: u64, first: u64, starts: &[u64], lap: Lap) -> Option<Self> {
        let end = lap.start(1, timescale);
        let zero = starts.first().copied().unwrap_or(0);
        let mut kept: Vec<u64> = starts.iter().map(|start| start - zero).collect();
        let least = kept.get(1).map_or(1, |second| second / 4);
        kept.retain(|start| start + least <= end);
        (!kept.is_empty()).then_some(Self { timescale, offset, first, starts: kept, lap })
    }

    /// How many segments a lap has.
    pub(super) fn count(&self) -> u64 {
        self.starts.len() as u64
    }

    /// When segment `index` begins, in ticks from the zero of time.
    pub(super) fn start(&self, index: u64) -> u64 {
        let within = self.starts.get((index % self.count()) as usize).copied().unwrap_or(0);
        self.lap_start(index) + within
    }

    /// When the lap of segment `index` begins: by so much its media is later than in the film.
    pub(super) fn lap_start(&self, index: u64) -> u64 {
        self.lap.start(index / self.count(), self.timescale)
    }

    /// When it ends: nothing lies between segments.
    pub(super) fn end(&self, index: u64) -> u64 {
        self.start(index + 1)
    }

    /// From when to when it lasts.
    pub(super) fn time(&self, index: u64) -> Range<PresentationTime> {
        self.instant(self.start(index))..self.instant(self.end(index))
    }

    /// How many segments have ended by an instant.
    pub(super) fn ended_by(&self, instant: PresentationTime) -> u64 {
        let nanos = u64::try_from(instant.nanos()).unwrap_or(0);
        let lap = self.lap.at(nanos);
        // Rounding may let a lap begin a tick before or after its instant: the neighbours are looked at, too.
        let from = lap.saturating_sub(1) * self.count();
        let until = (lap + 2) * self.count();
        from + partition(from..until, |index| self.time(index).end <= instant)
    }

    /// How many segments begin before a tick from the zero of time. Only the leading track's laps are whole ticks.
    pub(super) fn begun_before(&self, tick: u64) -> u64 {
        self.begun_before_each(1, 0, tick)
    }

    /// The sum of what [`begun_before`](Self::begun_before) says of the ticks `first`, `first + every`, …, so many times.
    pub(super) fn begun_before_each(&self, times: u64, every: u64, first: u64) -> u64 {
        let lap = u128::from(self.lap.start(1, self.timescale));
        let sum =
            |start: &u64| floor_sum(times.into(), lap, every.into(), u128::from(first) + lap - 1 - u128::from(*start));
        self.starts.iter().map(|start| saturated(sum(start))).sum()
    }

    /// The segment that begins at this tick from the zero of time.
    pub(super) fn starting_at(&self, tick: u64) -> Option<u64> {
        let index = self.ended_by(self.instant(tick));
        (index.saturating_sub(1)..=index + 1).find(|index| self.start(*index) == tick)
    }

    /// The number of the file that holds segment `index`, and when it begins in the film, in ticks of the film.
    pub(super) fn in_film(&self, index: u64) -> (u64, u64) {
        let within = index % self.count();
        (self.first + within, self.starts.get(within as usize).copied().unwrap_or(0) + self.offset)
    }

    fn instant(&self, ticks: u64) -> PresentationTime {
        MediaTime::new(i64::try_from(ticks).unwrap_or(i64::MAX), self.timescale).presentation()
    }
}

/// How many of `range` satisfy a condition that, once it fails, fails for all later ones.
fn partition(range: Range<u64>, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low - range.start
}

/// The sum of ⌊(a·j + b) / m⌋ over j from 0 to n - 1, in as many steps as Euclid's algorithm takes for a and m (Graham, Knuth,
/// Patashnik: Concrete Mathematics, 3.5).
fn floor_sum(n: u128, m: u128, a: u128, b: u128) -> u128 {
    if n == 0 {
        return 0;
    }
    let whole = n * (n - 1) / 2 * (a / m) + n * (b / m);
    let (a, b) = (a % m, b % m);
    let highest = a * n + b;
    whole + if highest < m { 0 } else { floor_sum(highest / m, a, m, highest % m) }
}

fn saturated(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn timescale(ticks: u32) -> Timescale {
        Timescale::new(ticks).unwrap()
    }

    /// Ten seconds and a bit of 4-s segments at 15 360 ticks, and sound cut at its own packets.
    fn film() -> (Track, Track) {
        let lap = Lap { ticks: 153_613, timescale: timescale(15_360) };
        let video = Track::new(lap.timescale, 1024, 1, &[0, 61_440, 122_880], lap).unwrap();
        let sound = [0, 191_488, 384_000, 480_040];
        (video, Track::new(timescale(48_000), 0, 1, &sound, lap).unwrap())
    }

    #[test]
    fn laps_follow_each_other_without_gap_and_without_drift() {
        let (video, sound) = film();
        assert_eq!((video.count(), sound.count()), (3, 3), "what begins at the end of a lap does not belong to it");
        assert_eq!([2, 3, 4].map(|index| video.start(index)), [122_880, 153_613, 153_613 + 61_440]);
        assert_eq!(video.in_film(4), (2, 61_440 + 1024));
        let far = 3 * 1_000_000_000;
        let apart = video.time(far).start.nanos() - sound.time(far).start.nanos();
        assert!(apart.abs() < 20_900, "half a tick of sound after a thousand million laps, not {apart} ns");
    }

    proptest! {
        #[test]
        fn sums_of_floors(n in 0u128..50, m in 1u128..1000, a in 0u128..5000, b in 0u128..5000) {
            prop_assert_eq!(floor_sum(n, m, a, b), (0..n).map(|j| (a * j + b) / m).sum::<u128>());
        }

        #[test]
        fn numbers_and_times_are_inverse(index in 0u64..1_000_000_000) {
            let (video, sound) = film();
            for track in [video, sound] {
                prop_assert_eq!(track.starting_at(track.start(index)), Some(index));
                prop_assert_eq!(track.ended_by(track.time(index).end), index + 1);
                prop_assert_eq!(track.ended_by(track.time(index).end.offset_by_nanos(-1)), index);
                prop_assert!(track.start(index) < track.end(index));
            }
        }
    }
}
