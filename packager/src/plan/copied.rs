//! How a rendition is made of a track as it is: which of its samples are which segment. Nothing is encoded.

use serde::{Deserialize, Serialize};
use shared::time::Timescale;
use shared::units::Bitrate;
use shared_av::{Rational, StreamPurpose};

/// A track of an input that becomes a rendition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopiedTrack {
    /// Which of the inputs, from 0.
    pub input: usize,
    /// The input's own number of the track.
    pub track: u32,
    /// Ticks a second.
    pub timescale: Timescale,
    /// As a manifest has it (RFC 6381).
    pub codec: String,
    /// Of pictures: pixels of the shorter side.
    pub lines: Option<u32>,
    /// Of pictures; the average where it varies.
    pub rate: Option<Rational>,
    /// Over the whole film.
    pub bit_rate: Bitrate,
    /// As the container spells it.
    pub language: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// Whom it is for.
    pub purpose: StreamPurpose,
    /// The one of its kind that is taken unless another is asked for.
    pub main: bool,
    /// The ISO/IEC 14496-12 Annex I type of stream access point that no segment exceeds: 1 for closed groups, 3 for open ones.
    pub access: u32,
    /// What is added to a composition time of the input to make it a presentation time, in ticks.
    pub shift: i64,
    /// Ticks by which samples are decoded earlier than the input says, so that none is presented before it is decoded.
    pub earlier: i64,
    /// Ticks from the first decoding to the start of the presentation, where it comes before that.
    pub delay: u32,
    /// In the order of time, at least one.
    pub segments: Vec<CopiedSegment>,
    /// The number behind its last sample.
    pub end: u32,
    /// Where its presentation ends, in ticks.
    pub ends_at: i64,
    /// Segments of a chunk.
    pub chunk_segments: u32,
}

/// Where a segment begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedSegment {
    /// The number of its first sample, in decoding order.
    pub first: u32,
    /// Its earliest presentation, in ticks.
    pub time: i64,
}

impl CopiedTrack {
    /// The chunk of segment `number` (from 1).
    pub fn chunk_of(&self, number: u64) -> u32 {
        u32::try_from(number.saturating_sub(1) / u64::from(self.chunk_segments.max(1))).unwrap_or(u32::MAX)
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> u32 {
        self.chunk_of(self.segments.len() as u64) + 1
    }
}
