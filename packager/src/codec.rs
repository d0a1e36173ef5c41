//! The formats that can be made, and what each asks of ladder, plan and mux. How they are made is [`crate::encode`]'s.

use crate::mux::Bitstream;
use serde::{Deserialize, Serialize};

/// A format for pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    /// H.264 by libx264: every player
    H264,
    /// H.265 by libx265: two thirds of the bits
    Hevc,
    /// AV1 by libsvtav1: half of the bits
    Av1,
}

/// A format for sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum AudioCodec {
    /// AAC-LC: every player
    #[default]
    Aac,
    /// Opus: better at low rates
    Opus,
}

impl VideoCodec {
    /// Its name in identifiers and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::Hevc => "hevc",
            Self::Av1 => "av1",
        }
    }

    /// Bits for the same picture, H.264 being 1; published comparisons put H.265 at 0.6 to 0.7 and AV1 at 0.5 to 0.6.
    pub fn rate_factor(self) -> f64 {
        match self {
            Self::H264 => 1.0,
            Self::Hevc => 0.65,
            Self::Av1 => 0.55,
        }
    }

    /// The least side of a picture that its encoder takes.
    pub fn least_side(self) -> u32 {
        match self {
            Self::H264 => 16,
            Self::Hevc => 32,
            Self::Av1 => 64,
        }
    }

    /// Keeps PQ and HLG with ten bits; others get a film that is mapped down to BT.709.
    pub fn keeps_hdr(self) -> bool {
        self != Self::H264
    }

    /// Can look at a film twice.
    pub fn has_two_passes(self) -> bool {
        self != Self::Av1
    }

    /// What decodes it.
    pub fn decoded_by(self) -> shared_av::CodecId {
        match self {
            Self::H264 => shared_av::CodecId::H264,
            Self::Hevc => shared_av::CodecId::Hevc,
            Self::Av1 => shared_av::CodecId::Av1,
        }
    }

    /// The form of its packets.
    pub fn bitstream(self) -> Bitstream {
        match self {
            Self::H264 | Self::Hevc => Bitstream::AnnexB,
            Self::Av1 => Bitstream::Obus,
        }
    }
}

impl AudioCodec {
    /// Its name in identifiers and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aac => "aac",
            Self::Opus => "opus",
        }
    }

    /// Samples a channel in a packet.
    pub fn packet_samples(self) -> u32 {
        match self {
            Self::Aac => 1024,
            Self::Opus => 960,
        }
    }
}
