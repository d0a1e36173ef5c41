//! How far the decoding of a segment has come, and what has gone wrong on the way.

use super::sample_clock::SampleClock;
use player_core::io::RequestId;
use shared_av::AvError;

/// So many damaged samples of a segment, and one of so many, are told.
const NOTICED: usize = 3;
/// See [`NOTICED`].
const NOTICED_PART: usize = 20;
/// After so many failures in a row the rest of a segment is given up.
const MOST_FAILURES: usize = 25;

/// A segment of which the last piece has not come, or the one being decoded.
#[derive(Debug)]
pub(super) struct SegmentProgress {
    pub(super) request: RequestId,
    /// It has had samples.
    pub(super) sampled: bool,
    /// How media times become presentation times, known from the first samples on.
    pub(super) clock: Option<SampleClock>,
    /// The samples in a row, up to the last one, that could not be decoded, and why the last could not.
    failures: usize,
    failure: Option<String>,
    /// Samples so far, and those of them that were damaged and concealed.
    pub(super) samples: usize,
    pub(super) damaged: usize,
    /// It was reported as undecodable; the rest of it is passed over.
    pub(super) given_up: bool,
}

impl SegmentProgress {
    pub(super) fn new(request: RequestId) -> Self {
        Self {
            request,
            sampled: false,
            clock: None,
            failures: 0,
            failure: None,
            samples: 0,
            damaged: 0,
            given_up: false,
        }
    }

    pub(super) fn decoded(&mut self) {
        self.failures = 0;
        self.failure = None;
    }

    /// Whether the segment is to be given up. A few damaged samples are concealed by those that follow.
    pub(super) fn failed(&mut self, error: &AvError) -> bool {
        self.damaged += 1;
        self.failures += 1;
        self.failure = Some(error.to_string());
        self.failures >= MOST_FAILURES
    }

    /// What a viewer has noticed of a segment that was shown, if so.
    pub(super) fn concealed(&self) -> Option<String> {
        let noticed = self.damaged >= NOTICED && self.damaged * NOTICED_PART >= self.samples;
        noticed.then(|| format!("{} of {} samples are damaged", self.damaged.min(self.samples), self.samples))
    }

    /// Why a segment that is complete cannot be used, if so: nothing came out of it up to its end.
    pub(super) fn verdict(&mut self) -> Result<(), String> {
        if !self.sampled {
            return Err("the segment has no samples".into());
        }
        self.failure.take().map_or(Ok(()), Err)
    }
}
