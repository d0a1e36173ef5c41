//! Coded packets become CMAF (ISO/IEC 23000-19): an initialization segment a Representation, a segment file a group
//! of packets. Where the groups end is not decided here ([`crate::segment`]), nor where the bytes go
//! ([`crate::publish`]).
//!
//! *Times.* Packets come in presentation time: 0 is the start of the film. In the file all composition times are
//! moved by [`Timing::delay`] so that no offset is negative, and the edit list moves them back. With `trun` version 0
//! this is the one layout whose first presentation time is exactly 0 for FFmpeg 5.1, too.

mod annexb;
mod demand;
mod fragment;
mod hdr;
mod init;
mod obu;
mod samples;
mod single;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use demand::turns_right;
pub use fragment::{FragmentBoxes, FragmentExtras, FragmentSample, FragmentWriter, SegmentFile, Wrapping};
pub use hdr::with_static_hdr;
pub use init::cmaf_init;
pub use samples::{PackedSample, Samples};
pub use single::{SingleFile, index_file, single_file_head};
pub use text::text_header;

use crate::protection::Unprotectable;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shared::bmff::BmffError;
use shared::time::Timescale;
use shared::units::ByteSize;
use std::borrow::Cow;
use std::ops::Range;

/// Bytes by which a packet may grow on its way into a file: start codes of three bytes become lengths of four.
const GROWTH: usize = 16;

/// The form of the packets, which decides how they are converted for the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bitstream {
    /// H.264 and H.265 with start codes; the file has lengths.
    AnnexB,
    /// AV1; the file has no temporal delimiters.
    Obus,
    /// Sound, kept as it is.
    Plain,
}

impl Bitstream {
    /// Appends a packet's data, as it stands in a file, to `out`.
    pub fn append(self, data: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::AnnexB => annexb::append_length_prefixed(data, out),
            Self::Obus => obu::append_without_delimiters(data, out),
            Self::Plain => out.extend_from_slice(data),
        }
    }

    /// A packet's data as it stands in a file.
    pub fn in_file(self, data: &[u8]) -> Cow<'_, [u8]> {
        if self == Self::Plain {
            return data.into();
        }
        let mut out = Vec::with_capacity(data.len() + GROWTH);
        self.append(data, &mut out);
        out.into()
    }
}

/// One coded picture or piece of sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// As the encoder gave it; of H.264 and H.265 with start codes.
    pub data: Bytes,
    /// When it is presented, in ticks from the start of the film. Negative for audio priming.
    pub pts: i64,
    /// The encoder's decoding time. Only that of the first packet is used: see [`Timing::from_first`].
    pub dts: i64,
    /// How long it lasts, in ticks; more than zero.
    pub duration: i64,
    /// A decoder can start here.
    pub key: bool,
}

/// The axis of a Representation's media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Ticks a second.
    pub timescale: Timescale,
    /// Ticks between decoding and presentation of the first picture, so that none comes too late: pictures that
    /// predict from later ones are decoded after them.
    pub reorder: u32,
    /// Ticks of sound before presentation time 0: decoded to prime the decoder and not presented.
    pub priming: u32,
}

impl Timing {
    /// Computed from the first packet of the film.
    pub fn from_first(timescale: Timescale, first: &Packet) -> Self {
        let ticks = |value: i64| u32::try_from(value.max(0)).unwrap_or(u32::MAX);
        Self {
            timescale,
            reorder: ticks(first.pts.saturating_sub(first.dts)),
            priming: ticks(first.pts.saturating_neg()),
        }
    }

    /// Composition minus presentation time: the media time at which the edit list starts.
    pub fn delay(self) -> u64 {
        u64::from(self.reorder) + u64::from(self.priming)
    }
}

/// The description of a finished segment, for the manifest, the index file and the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentClosed {
    /// `Representation@id`.
    pub representation: String,
    /// From 1.
    pub number: u64,
    /// Presentation time of its start, in ticks.
    pub time: u64,
    /// In ticks; priming is not counted.
    pub duration: u64,
    /// Of the file.
    pub size: ByteSize,
    /// The bytes of the file from `moof` to the end of the first sample: all that a decoder needs for its first picture.
    pub first_sample: Range<u64>,
    /// By which time which of its bytes must have arrived: the corners of the upper hull over its samples. See
    /// `catalogue::bandwidth`.
    pub demand: Vec<Demand>,
}

/// At presentation time `time` the first `bytes` of the segment must have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// In ticks.
    pub time: i64,
    /// From the start of the segment's file.
    pub bytes: u64,
}

/// Why packets cannot be written as they are.
#[derive(Debug, thiserror::Error)]
pub enum MuxError {
    /// libavformat's header is not what it was.
    #[error("the track description from libavformat cannot be used: {0}")]
    Header(#[from] BmffError),
    /// The header lacks a box.
    #[error("the track description from libavformat has no `{0}`")]
    Missing(&'static str),
    /// A group without packets.
    #[error("segment {0} of {1} has no packets")]
    Empty(u64, String),
    /// The first packet of a segment is no key frame.
    #[error("segment {number} of {representation} does not begin with a key frame: the encoder did not obey")]
    NoKeyFrame {
        /// `Representation@id`.
        representation: String,
        /// From 1.
        number: u64,
    },
    /// Encryption has its own demands.
    #[error("sample {sample} of segment {number} of {representation} cannot be encrypted: {problem}")]
    Unprotectable {
        /// `Representation@id`.
        representation: String,
        /// From 1.
        number: u64,
        /// From 1.
        sample: usize,
        /// Why.
        problem: Unprotectable,
    },
    /// Sizes and durations have 32 bits.
    #[error("segment {number} of {representation} is too large for one fragment: shorten --segment-seconds")]
    TooLarge {
        /// `Representation@id`.
        representation: String,
        /// From 1.
        number: u64,
    },
}
