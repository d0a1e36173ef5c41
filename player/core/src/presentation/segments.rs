//! When the segments of a presentation are, how large they are, and where: each question by itself, so that nobody
//! expands an address to learn a time.

use super::{Presentation, Rung, RungId, SegmentId};
use crate::buffer::SEAM;
use shared::addressing::{Resource, SegmentIndex, SegmentNumber};
use shared::time::{DateTime, PresentationTime};
use shared::units::ByteSize;
use std::ops::Range;
use std::time::Duration;

/// A segment with its place in time.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its name.
    pub id: SegmentId,
    /// What it covers; it may reach beyond its Period.
    pub time: Range<PresentationTime>,
}

/// Whether a segment can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obtainable {
    /// Now.
    There,
    /// Not any more; the first one that can be had.
    Gone(SegmentNumber),
    /// Not yet; when to look again, if that is known.
    NotBefore(Option<DateTime>),
}

impl Segment {
    /// How long it plays.
    pub fn duration(&self) -> Duration {
        self.time.end.since(self.time.start)
    }
}

impl Rung {
    /// The index with what was fetched of it.
    pub(super) fn index_in<'a>(&'a self, presentation: &'a Presentation) -> &'a SegmentIndex {
        presentation.fetched.get(&self.id).unwrap_or(&self.index)
    }
}

impl Presentation {
    /// The segments of a rung, with all that was fetched about them.
    pub fn index(&self, rung: RungId) -> Option<&SegmentIndex> {
        Some(self.rung(rung)?.index_in(self))
    }

    /// The initialization segment of a rung; `None` without one, and while its index is searched for.
    pub fn init(&self, rung: RungId) -> Option<Resource> {
        let described = self.rung(rung)?;
        described.index_in(self).initialization(described.init.as_ref())
    }

    /// Whether the segments of a rung are known, or have to be fetched from an index file first.
    pub fn is_indexed(&self, rung: RungId) -> bool {
        self.index(rung).is_some_and(|index| index.pending().is_none())
    }

    /// The segment that holds `time`, or the first one after it. Unless `exact`, one that ends within a seam of `time`
    /// does not count: renditions round their times differently.
    pub fn segment_from(&self, rung: RungId, time: PresentationTime, exact: bool) -> Option<Segment> {
        let index = self.index(rung)?;
        let segment = self.segment(SegmentId { rung, number: index.number_at(self.announced(rung, time))? })?;
        let seam = SEAM.min(segment.duration() / 2);
        if exact || segment.time.end > time + seam {
            return Some(segment);
        }
        self.segment(SegmentId { rung, number: segment.id.number.next() })
    }

    /// A segment by its name.
    pub fn segment(&self, id: SegmentId) -> Option<Segment> {
        Some(Segment { id, time: self.placed(id.rung, self.index(id.rung)?.time(id.number)?) })
    }

    /// Size of a segment if it is known.
    pub fn size(&self, id: SegmentId) -> Option<ByteSize> {
        self.index(id.rung)?.size(id.number)
    }

    /// What to fetch for a segment.
    pub fn resource(&self, id: SegmentId) -> Option<Resource> {
        self.index(id.rung)?.resource(id.number)
    }

    /// How many segments of its Period come before a segment.
    pub fn ordinal(&self, id: SegmentId) -> u64 {
        let first = self.index(id.rung).and_then(SegmentIndex::first).unwrap_or(id.number);
        id.number.0.saturating_sub(first.0)
    }

    /// The segment with an ordinal in its Period.
    pub fn nth_segment(&self, rung: RungId, ordinal: u64) -> Option<SegmentId> {
        let first = self.index(rung)?.first()?;
        Some(SegmentId { rung, number: SegmentNumber(first.0.saturating_add(ordinal)) })
    }

    /// Whether a segment can be had by the wall clock; without one all that is described is taken to be there.
    pub fn reach(&self, id: SegmentId, wall: Option<DateTime>) -> Obtainable {
        let (Some(availability), Some(wall), Some(index)) = (self.live.as_ref(), wall, self.index(id.rung)) else {
            return Obtainable::There;
        };
        let there = index.available(availability, wall);
        if id.number < there.start {
            Obtainable::Gone(there.start)
        } else if id.number < there.end {
            Obtainable::There
        } else {
            Obtainable::NotBefore(index.next_available(availability, wall))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::testing::{Segments, SetText, VIDEO, film, live, opened, period, wall};

    fn secs(secs: f64) -> PresentationTime {
        PresentationTime::from_secs_f64(secs)
    }

    fn first_rung(presentation: &Presentation) -> RungId {
        presentation.periods()[0].tracks[0].rungs[0].id
    }

    #[test]
    fn a_segment_that_ends_within_a_seam_of_a_place_does_not_count_unless_it_must_hold_it() {
        let film = film(10, &[VIDEO]);
        let start = |time, exact| {
            let segment = film.segment_from(first_rung(&film), secs(time), exact)?;
            Some(segment.time.start.secs_f64())
        };
        assert_eq!((start(3.95, false), start(3.95, true)), (Some(4.0), Some(2.0)));
        assert_eq!((start(3.89, false), start(3.89, true)), (Some(2.0), Some(2.0)));
        assert_eq!((start(9.95, false), start(9.95, true)), (None, Some(8.0)), "the last one");
        assert_eq!((start(10.0, false), start(10.0, true)), (None, None));
    }

    #[test]
    fn segments_shorter_than_a_seam_are_not_passed_over() {
        let short = r#"<SegmentTemplate media="$Number$" timescale="100" duration="8"/>"#;
        let film = film(1, &[SetText { inside: short, ..VIDEO.segments(Segments::Elsewhere) }]);
        let mut at = secs(0.0);
        let mut count = 0;
        while let Some(segment) = film.segment_from(first_rung(&film), at, false) {
            assert_eq!(segment.time.start, at);
            at = segment.time.end;
            count += 1;
        }
        assert_eq!(count, 13, "12.5 times 80 ms");
    }

    #[test]
    fn policies_count_from_the_first_segment_and_names_do_not() {
        let film = opened(&live(&period(r#"start="PT0S""#, &[VIDEO.segments(Segments::Window(7, 12))])));
        let rung = first_rung(&film);
        let third = film.nth_segment(rung, 2).unwrap();
        assert_eq!((film.ordinal(third), film.segment(third).unwrap().time.start), (2, secs(18.0)));
        assert_eq!(film.resource(third).unwrap().path, "v300/18");
        assert_eq!(film.segment(film.nth_segment(rung, 5).unwrap()), None);
    }

    #[test]
    fn by_the_wall_clock_a_segment_is_not_yet_there_then_there_then_gone() {
        let live = opened(&live(&period(r#"start="PT0S""#, &[VIDEO])));
        let sixth = live.nth_segment(first_rung(&live), 5).unwrap();
        let reach = |secs: u64| live.reach(sixth, Some(wall(secs)));
        assert_eq!(reach(10), Obtainable::NotBefore(Some(wall(12))), "it covers 10 to 12 s");
        assert!(matches!(reach(3), Obtainable::NotBefore(Some(at)) if at <= wall(12)), "a look too early does no harm");
        assert_eq!((reach(12), reach(31)), (Obtainable::There, Obtainable::There));
        assert_eq!(reach(32), Obtainable::Gone(sixth.number.next()), "twenty seconds are kept");
        assert_eq!(live.reach(sixth, None), Obtainable::There, "nobody has told what time it is");
        assert_eq!(film(20, &[VIDEO]).reach(sixth, Some(wall(0))), Obtainable::There, "all of a film is there");
    }
}
