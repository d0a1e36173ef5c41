//! From the times in a segment to presentation times.

use super::job::FedSegment;
use shared::bmff::Sample;
use shared::time::{MediaTime, PresentationTime};

/// A tick of the media and where it is presented.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampleClock {
    /// A tick of the media.
    zero: i64,
    /// Where it is presented.
    at: PresentationTime,
}

impl SampleClock {
    /// That of a segment whose first samples are known.
    pub(super) fn of(segment: &FedSegment, samples: &[Sample]) -> Self {
        let earliest = samples.iter().map(|sample| sample.pts.ticks).min().unwrap_or(0);
        match segment.origin {
            Some(at) => Self { zero: earliest, at },
            None => Self { zero: 0, at: PresentationTime::ZERO.offset_by_nanos(segment.offset_nanos) },
        }
    }

    pub(super) fn presentation(self, time: MediaTime) -> PresentationTime {
        let distance = MediaTime::new(time.ticks.saturating_sub(self.zero), time.timescale).presentation();
        self.at.offset_by_nanos(distance.nanos())
    }
}
