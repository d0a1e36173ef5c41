//! What a `codecs` attribute says (RFC 6381 and the codecs' own bindings) and what a sample entry's configuration
//! says, as one value. Each codec has a file of its own. Strings are read leniently (a bare `avc1` is H.264 of unknown profile) and
//! written in full; nothing here decodes.

pub mod aac;
pub mod ac3;
pub mod av1;
pub mod avc;
mod bits;
pub mod flac;
pub mod hevc;
pub mod opus;
pub mod slice;
pub mod tiles;
pub mod vp9;

pub use aac::Aac;
pub use av1::Av1;
pub use avc::Avc;
pub use hevc::Hevc;
pub use vp9::Vp9;

use std::fmt;
use std::str::FromStr;

/// A codec with what is known of its profile and level.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Codec {
    /// H.264.
    Avc(Avc),
    /// H.265.
    Hevc(Hevc),
    /// AV1.
    Av1(Av1),
    /// VP8.
    Vp8,
    /// VP9.
    Vp9(Vp9),
    /// AAC in its kinds.
    Aac(Aac),
    /// MPEG-1 or MPEG-2 audio layers.
    Mp3,
    /// Opus.
    Opus,
    /// Vorbis.
    Vorbis,
    /// Dolby Digital.
    Ac3,
    /// Dolby Digital Plus.
    Eac3,
    /// FLAC.
    Flac,
    /// Anything else, as written.
    Other(String),
}

/// The family alone: what a decoder is chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the same names as in `Codec`")]
pub enum CodecKind {
    Avc,
    Hevc,
    Av1,
    Vp8,
    Vp9,
    Aac,
    Mp3,
    Opus,
    Vorbis,
    Ac3,
    Eac3,
    Flac,
    Other,
}

impl Codec {
    /// The family.
    pub fn kind(&self) -> CodecKind {
        match self {
            Self::Avc(_) => CodecKind::Avc,
            Self::Hevc(_) => CodecKind::Hevc,
            Self::Av1(_) => CodecKind::Av1,
            Self::Vp8 => CodecKind::Vp8,
            Self::Vp9(_) => CodecKind::Vp9,
            Self::Aac(_) => CodecKind::Aac,
            Self::Mp3 => CodecKind::Mp3,
            Self::Opus => CodecKind::Opus,
            Self::Vorbis => CodecKind::Vorbis,
            Self::Ac3 => CodecKind::Ac3,
            Self::Eac3 => CodecKind::Eac3,
            Self::Flac => CodecKind::Flac,
            Self::Other(_) => CodecKind::Other,
        }
    }

    /// Bits of a luma or chroma sample, when the description says.
    pub fn bit_depth(&self) -> Option<u8> {
        match self {
            Self::Avc(avc) => avc.bit_depth(),
            Self::Hevc(hevc) => hevc.bit_depth(),
            Self::Av1(av1) => av1.detail.map(|detail| detail.bit_depth),
            Self::Vp9(vp9) => vp9.detail.map(|detail| detail.bit_depth),
            _ => None,
        }
    }
}

/// Reads one element of a `codecs` attribute. Never fails: what is not known is [`Codec::Other`].
pub fn parse(text: &str) -> Codec {
    let text = text.trim();
    let mut parts = text.split('.');
    let name = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let known = match name.to_ascii_lowercase().as_str() {
        "avc1" | "avc3" => Avc::parse(name, &rest).map(Codec::Avc),
        "hvc1" | "hev1" => Hevc::parse(name, &rest).map(Codec::Hevc),
        "av01" => Av1::parse(&rest).map(Codec::Av1),
        "vp08" | "vp8" => Some(Codec::Vp8),
        "vp09" | "vp9" => Vp9::parse(&rest).map(Codec::Vp9),
        "mp4a" => aac::parse_mp4a(&rest),
        "opus" => Some(Codec::Opus),
        "vorbis" => Some(Codec::Vorbis),
        "ac-3" => Some(Codec::Ac3),
        "ec-3" => Some(Codec::Eac3),
        "flac" => Some(Codec::Flac),
        _ => None,
    };
    known.unwrap_or_else(|| Codec::Other(text.to_owned()))
}

impl FromStr for Codec {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(parse(text))
    }
}

/// The RFC 6381 string.
impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Avc(avc) => avc.fmt(f),
            Self::Hevc(hevc) => hevc.fmt(f),
            Self::Av1(av1) => av1.fmt(f),
            Self::Vp8 => f.write_str("vp8"),
            Self::Vp9(vp9) => vp9.fmt(f),
            Self::Aac(aac) => aac.fmt(f),
            Self::Mp3 => f.write_str("mp4a.6B"),
            Self::Opus => f.write_str("opus"),
            Self::Vorbis => f.write_str("vorbis"),
            Self::Ac3 => f.write_str("ac-3"),
            Self::Eac3 => f.write_str("ec-3"),
            Self::Flac => f.write_str("flac"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strings_survive() {
        for text in [
            "avc1.64001f",
            "avc3.42c01e",
            "hvc1.1.6.L93.B0",
            "hev1.A2.4.H150.90.1",
            "av01.0.04M.08",
            "av01.0.13H.10.0.110.09.16.09.0",
            "vp09.00.10.08",
            "vp09.02.10.10.01.09.16.09.01",
            "mp4a.40.2",
            "mp4a.40.42",
            "mp4a.6B",
            "opus",
            "ac-3",
            "ec-3",
            "flac",
            "stpp.ttml.im1t",
        ] {
            assert_eq!(parse(text).to_string(), text);
        }
    }

    #[test]
    fn short_and_odd_spellings_are_understood() {
        assert_eq!(parse(" AVC1 ").kind(), CodecKind::Avc);
        assert_eq!(parse("hvc1").to_string(), "hvc1");
        assert_eq!(parse("Opus").kind(), CodecKind::Opus);
        assert_eq!(parse("fLaC").kind(), CodecKind::Flac);
        assert_eq!(parse("vp9").kind(), CodecKind::Vp9);
        assert_eq!(parse("mp4a.69").kind(), CodecKind::Mp3);
        assert_eq!(parse("mp4a.66").kind(), CodecKind::Aac);
        assert_eq!(parse("avc1.zz").kind(), CodecKind::Other);
        assert_eq!(parse("").kind(), CodecKind::Other);
    }

    #[test]
    fn depth_where_the_string_tells() {
        let depth = |text| parse(text).bit_depth();
        assert_eq!(depth("avc1.6e0028"), Some(10));
        assert_eq!(depth("avc1.640028"), Some(8));
        assert_eq!(depth("hvc1.2.4.L120.B0"), Some(10));
        assert_eq!(depth("av01.0.04M.10"), Some(10));
        assert_eq!(depth("vp9"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_known_ones_settle(text in "(avc1|hvc1|av01|vp09|mp4a|x)?[.0-9a-fA-FLHM]{0,24}") {
            let once = parse(&text).to_string();
            prop_assert_eq!(parse(&once).to_string(), once);
        }
    }
}
