//! The segments of a rung by position: 0 is the first one of its Period. The one place where positions and the numbers
//! of the index meet.

use super::Rung;
use shared::addressing::{Resource, SegmentNumber};
use shared::time::PresentationTime;
use shared::units::ByteSize;
use std::ops::Range;

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// On the presentation axis; it may reach beyond its Period.
    pub time: Range<PresentationTime>,
    /// What to fetch.
    pub resource: Resource,
    /// True size, where a manifest or an index says it.
    pub size: Option<ByteSize>,
}

impl Rung {
    /// The segment at a position.
    pub fn segment(&self, position: u64) -> Option<Segment> {
        let number = self.number(position)?;
        let resource = self.index.resource(number)?;
        Some(Segment { time: self.index.time(number)?, resource, size: self.index.size(number) })
    }

    /// From when to when the segment at a position lasts.
    pub fn time(&self, position: u64) -> Option<Range<PresentationTime>> {
        self.index.time(self.number(position)?)
    }

    /// The size of the segment at a position if it is known.
    pub fn true_size(&self, position: u64) -> Option<ByteSize> {
        self.index.size(self.number(position)?)
    }

    /// The position of the segment that covers `time`; in a gap of the one after it.
    pub fn position_at(&self, time: PresentationTime) -> Option<u64> {
        let first = self.index.first()?;
        self.index.number_at(time).map(|number| number.since(first))
    }

    fn number(&self, position: u64) -> Option<SegmentNumber> {
        self.index.first()?.checked_add(position)
    }
}
