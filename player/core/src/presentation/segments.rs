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

    /// Whether the segments of a rung are known, or have to be fetched from an index file first.
    pub fn is_indexed(&self, rung: RungId) -> bool {
        self.index(rung).is_some_and(|index| index.pending().is_none())
    }

    /// The segment that holds `time`, or the first one after it. Unless `exact`, one that ends within a seam of `time`
    /// does not count: renditions round their times differently.
    pub fn segment_from(&self, rung: RungId, time: PresentationTime, exact: bool) -> Option<Segment> {
        let index = self.index(rung)?;
        let segment = self.segment(SegmentId { rung, number: index.number_at(time)? })?;
        let seam = SEAM.min(segment.duration() / 2);
        if exact || segment.time.end > time + seam {
            return Some(segment);
        }
        self.segment(SegmentId { rung, number: segment.id.number.next() })
    }

    /// A segment by its name.
    pub fn segment(&self, id: SegmentId) -> Option<Segment> {
        Some(Segment { id, time: self.index(id.rung)?.time(id.number)? })
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
