//! Codecs by their common names.

use ffmpeg_next::codec::Id;
use shared::codec::CodecKind;

/// A coding format that packager or player may be asked to decode from bare configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodecId {
    /// ITU-T H.264.
    H264,
    /// ITU-T H.265.
    Hevc,
    /// AV1.
    Av1,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// MPEG-2 video.
    Mpeg2,
    /// MPEG-4 AAC of every profile.
    Aac,
    /// Opus.
    Opus,
    /// Vorbis.
    Vorbis,
    /// MPEG-1/2 layer III.
    Mp3,
    /// Dolby AC-3.
    Ac3,
    /// Dolby E-AC-3.
    Eac3,
    /// FLAC.
    Flac,
}

impl CodecId {
    /// The one that decodes what an initialization segment names; `None` where there is none.
    pub const fn of(kind: CodecKind) -> Option<Self> {
        Some(match kind {
            CodecKind::Avc => Self::H264,
            CodecKind::Hevc => Self::Hevc,
            CodecKind::Av1 => Self::Av1,
            CodecKind::Vp8 => Self::Vp8,
            CodecKind::Vp9 => Self::Vp9,
            CodecKind::Aac => Self::Aac,
            CodecKind::Mp3 => Self::Mp3,
            CodecKind::Opus => Self::Opus,
            CodecKind::Vorbis => Self::Vorbis,
            CodecKind::Ac3 => Self::Ac3,
            CodecKind::Eac3 => Self::Eac3,
            CodecKind::Flac => Self::Flac,
            CodecKind::Other => return None,
        })
    }

    pub(crate) const fn id(self) -> Id {
        match self {
            Self::H264 => Id::H264,
            Self::Hevc => Id::HEVC,
            Self::Av1 => Id::AV1,
            Self::Vp8 => Id::VP8,
            Self::Vp9 => Id::VP9,
            Self::Mpeg2 => Id::MPEG2VIDEO,
            Self::Aac => Id::AAC,
            Self::Opus => Id::OPUS,
            Self::Vorbis => Id::VORBIS,
            Self::Mp3 => Id::MP3,
            Self::Ac3 => Id::AC3,
            Self::Eac3 => Id::EAC3,
            Self::Flac => Id::FLAC,
        }
    }

    /// The name for messages, as FFmpeg spells it.
    pub fn name(self) -> &'static str {
        self.id().name()
    }
}
