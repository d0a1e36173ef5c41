//! Where media really lie. A manifest may announce other times than its segments have: durations that add up to more or
//! less, or a start that is off. What was measured of a rung corrects what its index says from then on, in both
//! directions; what nobody has measured is as the manifest says.

use super::{Presentation, RungId, SegmentId};
use shared::time::PresentationTime;
use std::ops::Range;
use std::time::Duration;

/// Differences up to this are rounding: manifests round their times, and sound is cut at whole frames.
const ROUNDING: Duration = Duration::from_millis(50);
/// What lies off by less is shown where it is cut anyway.
const NOTICEABLE: Duration = Duration::from_millis(500);

/// A straight line from announced times to real ones, through the end of the segment that was measured last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Correction {
    announced: PresentationTime,
    placed: PresentationTime,
    /// Announced seconds a real one.
    slope: f64,
    /// Announced and real start of the stretch that has been followed.
    since: (PresentationTime, PresentationTime),
}

impl Correction {
    /// The real time of an announced one.
    fn placed(&self, announced: PresentationTime) -> PresentationTime {
        let distance = announced.nanos().saturating_sub(self.announced.nanos());
        self.placed.offset_by_nanos(scaled(distance, 1.0 / self.slope))
    }

    /// The announced time of a real one.
    fn announced(&self, placed: PresentationTime) -> PresentationTime {
        let distance = placed.nanos().saturating_sub(self.placed.nanos());
        self.announced.offset_by_nanos(scaled(distance, self.slope))
    }

    /// Goes on to the end of another segment. Durations may be off by half a segment each (ISO/IEC 23009-1 5.3.9.6.4)
    /// without adding up: a slope is believed when a whole segment has added up.
    fn through(
        since: (PresentationTime, PresentationTime),
        announced: &Range<PresentationTime>,
        placed: PresentationTime,
    ) -> Self {
        let (stretch, real) = (announced.end.since(since.0), placed.since(since.1));
        let added_up = stretch.abs_diff(real) > announced.end.since(announced.start).max(NOTICEABLE);
        let slope = if added_up && !real.is_zero() { stretch.as_secs_f64() / real.as_secs_f64() } else { 1.0 };
        Self { announced: announced.end, placed, slope: slope.clamp(0.1, 10.0), since }
    }
}

/// Whole nanoseconds where nothing is scaled.
fn scaled(nanos: i64, by: f64) -> i64 {
    if by == 1.0 { nanos } else { (nanos as f64 * by).round() as i64 }
}

impl Presentation {
    /// The real time of what the manifest announces of a rung.
    pub(super) fn placed(&self, rung: RungId, time: Range<PresentationTime>) -> Range<PresentationTime> {
        let Some(correction) = self.corrected.get(&rung) else { return time };
        correction.placed(time.start)..correction.placed(time.end)
    }

    /// The time at which the manifest announces what a rung really has at `time`.
    pub(super) fn announced(&self, rung: RungId, time: PresentationTime) -> PresentationTime {
        self.corrected.get(&rung).map_or(time, |correction| correction.announced(time))
    }

    /// Takes note of where a segment really is; `anew`: it does not go on from the one measured before. Tells whether
    /// its rung, and those that announce the same times, now lie noticeably off for the first time.
    pub fn correct(&mut self, segment: SegmentId, placed: &Range<PresentationTime>, anew: bool) -> bool {
        let Some(announced) = self.index(segment.rung).and_then(|index| index.time(segment.number)) else {
            return false;
        };
        if self.is_as_expected(segment, placed) {
            return false;
        }
        let known = self.corrected.get(&segment.rung).filter(|_| !anew);
        let since = known.map_or((announced.start, placed.start), |correction| correction.since);
        let correction = Correction::through(since, &announced, placed.end);
        let was_off = self.lies_off(segment.rung);
        for rung in self.announced_alike(segment, &announced) {
            self.corrected.insert(rung, correction);
        }
        !was_off && self.lies_off(segment.rung)
    }

    /// Whether a segment ends where its rung says, but for rounding.
    pub fn is_as_expected(&self, segment: SegmentId, placed: &Range<PresentationTime>) -> bool {
        let Some(expected) = self.segment(segment) else { return true };
        distance(expected.time.end, placed.end) <= ROUNDING.min(expected.duration() / 4)
    }

    /// Whether a rung's media lie elsewhere than announced by more than people overlook.
    pub fn lies_off(&self, rung: RungId) -> bool {
        self.corrected.get(&rung).is_some_and(|c| c.slope != 1.0 || distance(c.announced, c.placed) > NOTICEABLE)
    }

    /// The rungs of a segment's track that announce the same time for its number.
    fn announced_alike(&self, segment: SegmentId, announced: &Range<PresentationTime>) -> Vec<RungId> {
        let rungs = self.track_of(segment.rung).into_iter().flat_map(|track| &track.rungs);
        let alike =
            |rung: &RungId| self.index(*rung).and_then(|index| index.time(segment.number)).as_ref() == Some(announced);
        rungs.map(|rung| rung.id).filter(alike).collect()
    }

    /// Up to where a rung's media are shown in a Period: to its end, but for the last one, whose end is announced wrongly
    /// where its media lie off.
    pub fn shown_until(&self, period: super::PeriodId, rung: RungId) -> Option<PresentationTime> {
        let end = self.end_of(period)?;
        (self.period_after(period).is_some() || !self.lies_off(rung)).then_some(end)
    }

    /// Where the last segment of a rung has to begin before, in its Period: nothing is fetched of what is not shown.
    pub fn ends_at(&self, period: super::PeriodId, rung: RungId) -> Option<PresentationTime> {
        let end = self.end_of(period)?;
        let placed = || self.corrected.get(&rung).map_or(end, |correction| correction.placed(end).max(end));
        Some(self.shown_until(period, rung).unwrap_or_else(placed))
    }
}

/// How far apart two places are.
pub fn distance(one: PresentationTime, other: PresentationTime) -> Duration {
    one.since(other).max(other.since(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::testing::{VIDEO, film};
    use shared::addressing::SegmentNumber;

    fn place(secs: f64) -> PresentationTime {
        PresentationTime::from_secs_f64(secs)
    }

    /// A film of two rungs in segments announced as 2 s, which really last so many seconds; so many were measured.
    fn measured(count: u64, seconds: f64) -> (Presentation, [RungId; 2]) {
        let mut film = film(40, &[VIDEO]);
        let rungs = [0, 1].map(|rung| film.periods()[0].tracks[0].rungs[rung].id);
        for n in 0..count {
            let id = SegmentId { rung: rungs[0], number: SegmentNumber(n + 1) };
            film.correct(id, &(place(n as f64 * seconds)..place((n + 1) as f64 * seconds)), false);
        }
        (film, rungs)
    }

    #[test]
    fn the_segment_after_the_last_one_measured_is_the_next() {
        for seconds in [0.5, 1.3, 1.9, 2.0, 2.6, 3.5] {
            for count in 1..15 {
                let (film, rungs) = measured(count, seconds);
                for rung in rungs {
                    let next = film.segment_from(rung, place(count as f64 * seconds), false).unwrap();
                    assert_eq!(next.id.number.0, count + 1, "after {count} of {seconds} s");
                    assert!((next.time.start.secs_f64() - count as f64 * seconds).abs() < 0.051);
                }
            }
        }
    }

    #[test]
    fn what_has_added_up_is_expected_to_go_on() {
        let (film, [rung, _]) = measured(8, 1.5);
        assert!(film.lies_off(rung));
        let far = film.segment_from(rung, place(22.6), true).unwrap();
        assert_eq!((far.id.number.0, far.time.start.secs_f64()), (16, 22.5));
        assert_eq!(film.shown_until(film.periods()[0].id, rung), None, "the announced end is wrong, too");
    }

    #[test]
    fn durations_that_are_off_by_half_a_segment_add_up_to_nothing() {
        let (mut film, [rung, _]) = measured(0, 0.0);
        for (n, end) in [2.9, 4.0, 5.1, 8.0].into_iter().enumerate() {
            let start = [0.0, 2.9, 4.0, 5.1][n];
            film.correct(SegmentId { rung, number: SegmentNumber(n as u64 + 1) }, &(place(start)..place(end)), false);
        }
        let far = film.segment_from(rung, place(30.1), true).unwrap();
        assert_eq!((far.id.number.0, far.time.start.secs_f64()), (16, 30.0));
    }

    #[test]
    fn what_reaches_a_little_beyond_the_end_is_not_fetched_for_that() {
        let (mut film, [rung, _]) = measured(0, 0.0);
        film.correct(SegmentId { rung, number: SegmentNumber(20) }, &(place(38.067)..place(40.102)), false);
        let period = film.periods()[0].id;
        assert!(!film.lies_off(rung));
        assert_eq!([film.shown_until(period, rung), film.ends_at(period, rung)], [Some(place(40.0)); 2]);
    }

    #[test]
    fn what_is_as_announced_stays_so() {
        let (film, [rung, _]) = measured(10, 2.001);
        assert!(!film.lies_off(rung) && film.corrected.is_empty());
        assert_eq!(film.shown_until(film.periods()[0].id, rung), Some(place(40.0)));
    }
}
