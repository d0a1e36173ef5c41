//! When segments can be fetched, by the wall clock (ISO/IEC 23009-1 5.3.9.5.3; DASH-IF IOP, "Timing Model"). Which
//! segments these are: [`SegmentIndex::available`](super::SegmentIndex::available).

use crate::time::{DateTime, PresentationTime};
use std::time::Duration;

/// How presentation time and availability follow wall time. A segment is available from the instant at which all of it
/// has happened, `offset` earlier if that is given, until its end has slid out of the time shift buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Availability {
    /// The wall time of presentation time zero: MPD@availabilityStartTime. The start of the Period is not to be added:
    /// it is part of a segment's presentation time.
    pub start: DateTime,
    /// MPD@timeShiftBufferDepth; `None`: back to the first segment.
    pub time_shift: Option<Duration>,
    /// @availabilityTimeOffset, summed over the elements that have it; `Duration::MAX` for `INF`.
    pub offset: Duration,
}

impl Availability {
    /// Of a static presentation: everything, at any time.
    pub const ALWAYS: Self = Self { start: DateTime::MIN, time_shift: None, offset: Duration::MAX };

    /// The presentation time that happens at `wall`.
    pub fn live_edge(&self, wall: DateTime) -> PresentationTime {
        PresentationTime::from_nanos(wall.nanos_since(self.start))
    }

    /// Segments that end no later than this are available, unless they are too old.
    pub(super) fn newest_end(&self, wall: DateTime) -> PresentationTime {
        self.live_edge(wall) + self.offset
    }

    /// Segments that end no later than this are too old.
    pub(super) fn oldest_end(&self, wall: DateTime) -> Option<PresentationTime> {
        self.time_shift.map(|depth| self.live_edge(wall) - depth)
    }

    /// From when on a segment with this end is available.
    pub(super) fn from(&self, end: PresentationTime) -> DateTime {
        self.start.offset_by_nanos(end.nanos()) - self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{clock, secs, template};
    use super::super::timeline::{Timeline, TimelineEntry};
    use super::super::{SegmentIndex, SegmentNumber};
    use super::*;

    /// Wall time, in seconds since the presentation began.
    fn at(seconds: f64) -> DateTime {
        began().offset_by_nanos((seconds * 1e9) as i64)
    }

    fn began() -> DateTime {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    /// Two-second segments from number 1 on, without an end.
    fn endless() -> SegmentIndex {
        let timeline = Timeline::uniform(clock(1000, 0), 2000, None, None);
        SegmentIndex::new(timeline, template("$Number$"), SegmentNumber(1))
    }

    /// Numbers from and to (excluded) that are available, and in how many seconds of presentation the next one is.
    fn seen(index: &SegmentIndex, availability: &Availability, seconds: f64) -> (u64, u64, Option<f64>) {
        let range = index.available(availability, at(seconds));
        let next = index.next_available(availability, at(seconds));
        (range.start.0, range.end.0, next.map(|next| next.nanos_since(began()) as f64 / 1e9))
    }

    #[test]
    fn only_complete_segments_are_there() {
        let all_kept = Availability { start: began(), time_shift: None, offset: Duration::ZERO };
        let cases = [(-5.0, (1, 1, 2.0)), (1.9, (1, 1, 2.0)), (2.0, (1, 2, 4.0)), (5.0, (1, 3, 6.0))];
        for (seconds, (from, to, next)) in cases {
            assert_eq!(seen(&endless(), &all_kept, seconds), (from, to, Some(next)), "{seconds} s");
        }
        let year = 365.0 * 86_400.0;
        assert_eq!(seen(&endless(), &all_kept, year), (1, 15_768_001, Some(year + 2.0)));
    }

    #[test]
    fn the_window_slides() {
        let ten_seconds =
            Availability { start: began(), time_shift: Some(Duration::from_secs(10)), offset: Duration::ZERO };
        assert_eq!(seen(&endless(), &ten_seconds, 11.9), (1, 6, Some(12.0)));
        assert_eq!(seen(&endless(), &ten_seconds, 12.0), (2, 7, Some(14.0)));
        let two = Timeline::new(clock(1000, 0), [TimelineEntry { start: Some(0), duration: 2000, repeat: 1 }], None);
        let two = SegmentIndex::new(two, template("$Time$"), SegmentNumber(1));
        assert_eq!(seen(&two, &ten_seconds, 5.0), (1, 3, None));
        assert_eq!(seen(&two, &ten_seconds, 60.0), (3, 3, None), "all of it has slid out");
    }

    #[test]
    fn an_offset_makes_segments_available_earlier() {
        let early = Availability {
            start: began(),
            time_shift: Some(Duration::from_secs(4)),
            offset: Duration::from_millis(1500),
        };
        assert_eq!(seen(&endless(), &early, 0.4), (1, 1, Some(0.5)));
        assert_eq!(seen(&endless(), &early, 0.5), (1, 2, Some(2.5)));
        assert_eq!(seen(&endless(), &early, 6.0), (2, 4, Some(6.5)), "and disappear no earlier");
        let infinite = Availability { offset: Duration::MAX, ..early };
        assert!(endless().available(&infinite, at(0.0)).end.0 > 1_000_000_000);
    }

    #[test]
    fn a_period_counts_from_its_own_start() {
        let clock = crate::addressing::timeline::TimelineClock { period_start: secs(100.0), ..clock(1000, 0) };
        let index =
            SegmentIndex::new(Timeline::uniform(clock, 2000, None, None), template("$Number$"), SegmentNumber(1));
        let all_kept = Availability { start: began(), time_shift: None, offset: Duration::ZERO };
        assert_eq!(seen(&index, &all_kept, 101.0), (1, 1, Some(102.0)));
        assert_eq!(seen(&index, &all_kept, 104.0), (1, 3, Some(106.0)));
    }

    #[test]
    fn a_static_presentation_is_always_available() {
        let timeline = Timeline::uniform(clock(1000, 0), 2000, None, Some(secs(5.0)));
        let index = SegmentIndex::new(timeline, template("$Number$"), SegmentNumber(1));
        for wall in [DateTime::MIN, DateTime::UNIX_EPOCH, began(), DateTime::MAX] {
            let range = index.available(&Availability::ALWAYS, wall);
            assert_eq!((range.start.0, range.end.0), (1, 4), "{wall}");
            assert_eq!(index.next_available(&Availability::ALWAYS, wall), None, "{wall}");
        }
    }
}
