//! What a policy may look at. Nothing here knows the future of the link.

use crate::estimate::{Estimator, Transfer};
use shared::time::SessionTime;
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// The segments of the track by their ordinal: 0 is the first one of the Period. A policy counts; it knows no numbers
/// of the manifest.
pub trait Segments {
    /// How many there are; `None` when the end is not known.
    fn count(&self) -> Option<u64>;

    /// How long the segment plays. Never zero.
    fn duration(&self, ordinal: u64) -> Duration;

    /// Its true size in the rung at index `choice` of [`Context::ladder`], when an index tells it.
    fn size(&self, ordinal: u64, choice: usize) -> Option<ByteSize>;
}

/// Where playback stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing has been shown yet.
    Start,
    /// The buffer was emptied by a seek, and playback has not resumed.
    Seek,
    /// Playing, or paused with something to play.
    Playing,
    /// The buffer ran dry by itself.
    Stalled,
}

/// Everything a decision may depend on, at one instant.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// This instant.
    pub now: SessionTime,
    /// Media ahead of the playhead, in media time.
    pub buffer: Duration,
    /// The most media that the buffer may hold; at least two segments.
    pub capacity: Duration,
    /// Ordinal of the segment that is to be decided on, or that is in flight.
    pub ordinal: u64,
    /// The segments with their durations and sizes.
    pub segments: &'a dyn Segments,
    /// Declared bandwidths of the rungs that may be chosen, ascending. Never empty. A rung that has failed or that
    /// the output cannot show is not in it. A *choice* is an index into this list, and only here: what lasts is the
    /// name of the rung, which the session keeps.
    pub ladder: &'a [Bitrate],
    /// Rung of the segment before this one, if there is one and it is still in the ladder.
    pub last: Option<usize>,
    /// What the link has carried.
    pub estimate: &'a Estimator,
    /// What the other tracks take from the link while this one plays (the audio's bandwidth, say).
    pub beside: Bitrate,
    /// Where playback stands.
    pub phase: Standing,
    /// Seconds of media a second; positive, also while paused.
    pub playback_rate: f64,
}

impl Context<'_> {
    /// Size of a segment in the rung at index `choice`: the true one, else bandwidth times duration.
    pub fn size(&self, ordinal: u64, choice: usize) -> ByteSize {
        let nominal = || self.ladder[choice].over(self.segments.duration(ordinal));
        self.segments.size(ordinal, choice).unwrap_or_else(nominal)
    }

    /// The highest rung whose declared bandwidth is at most `rate`, else the lowest.
    pub fn highest_under(&self, rate: Bitrate) -> usize {
        self.ladder.partition_point(|&bandwidth| bandwidth <= rate).saturating_sub(1)
    }

    /// How long the buffer lasts if nothing arrives.
    pub fn dry_in(&self) -> Duration {
        self.buffer.div_f64(self.speed())
    }

    /// The playback rate within sane bounds, to divide by.
    pub fn speed(&self) -> f64 {
        if self.playback_rate.is_finite() { self.playback_rate.clamp(0.1, 16.0) } else { 1.0 }
    }
}

/// A download that is under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InFlight {
    /// Its rung, as an index of [`Context::ladder`].
    pub choice: usize,
    /// When it was requested.
    pub request: SessionTime,
    /// When its first byte came; `None` while it is waited for.
    pub first_byte: Option<SessionTime>,
    /// Bytes received so far.
    pub received: ByteSize,
    /// Its whole size: from the index, the response's headers, or bandwidth times duration.
    pub size: ByteSize,
}

/// A download that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Download {
    /// Ordinal of its segment.
    pub ordinal: u64,
    /// Its rung, as an index of [`Context::ladder`].
    pub choice: usize,
    /// When and how much.
    pub transfer: Transfer,
}
