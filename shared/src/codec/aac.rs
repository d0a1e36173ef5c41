//! AAC: `mp4a.40.N` (RFC 6381 3.3) and the AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1) inside `esds`.

use super::Codec;
use super::bits::Bits;
use std::fmt;

/// AAC as announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Aac {
    /// MPEG-2 AAC (`mp4a.66` to `68`), which has no audio object type.
    pub mpeg2: Option<u8>,
    /// Audio object type: 2 LC, 5 HE, 29 HE v2, 42 xHE; `None` when only the name was given.
    pub object_type: Option<u8>,
}

/// What an AudioSpecificConfig says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioSpecificConfig {
    /// Audio object type.
    pub object_type: u8,
    /// Of the output, in Hz: doubled by explicit spectral band replication.
    pub rate: u32,
    /// `None` when a program config element has them.
    pub channels: Option<u16>,
}

const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

impl AudioSpecificConfig {
    /// `None` when it is cut off or its rate is reserved.
    pub fn read(config: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(config);
        let object_type = object_type(&mut bits)?;
        let mut rate = rate(&mut bits)?;
        let channels = match bits.take(4)? {
            0 => None,
            7 => Some(8),
            11 => Some(7),
            12 | 14 => Some(8),
            count => Some(count as u16),
        };
        if matches!(object_type, 5 | 29) {
            rate = self::rate(&mut bits)?;
        }
        Some(Self { object_type, rate, channels })
    }
}

fn object_type(bits: &mut Bits<'_>) -> Option<u8> {
    match bits.take(5)? {
        31 => Some(32 + bits.take(6)? as u8),
        short => Some(short as u8),
    }
}

fn rate(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.take(4)? as usize {
        15 => bits.take(24),
        index => RATES.get(index).copied(),
    }
}

pub(super) fn parse_mp4a(rest: &[&str]) -> Option<Codec> {
    let object_type = rest.get(1).map(|text| text.parse().ok());
    match rest.first().map(|text| text.to_ascii_lowercase()).as_deref() {
        None => Some(Codec::Aac(Aac { mpeg2: None, object_type: None })),
        Some("40") if matches!(object_type, Some(Some(34))) => Some(Codec::Mp3),
        Some("40") => Some(Codec::Aac(Aac { mpeg2: None, object_type: object_type.flatten() })),
        Some(hex) => from_object_type_indication(u8::from_str_radix(hex, 16).ok()?, None),
    }
}

/// The codec behind an `objectTypeIndication` of `esds` (ISO/IEC 14496-1 table 5).
pub fn from_object_type_indication(indication: u8, config: Option<&AudioSpecificConfig>) -> Option<Codec> {
    match indication {
        0x40 => Some(Codec::Aac(Aac { mpeg2: None, object_type: config.map(|config| config.object_type) })),
        0x66..=0x68 => Some(Codec::Aac(Aac { mpeg2: Some(indication), object_type: None })),
        0x69 | 0x6b => Some(Codec::Mp3),
        0xa5 => Some(Codec::Ac3),
        0xa6 => Some(Codec::Eac3),
        0xad => Some(Codec::Opus),
        _ => None,
    }
}

impl fmt::Display for Aac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.mpeg2, self.object_type) {
            (Some(indication), _) => write!(f, "mp4a.{indication:02X}"),
            (None, Some(object_type)) => write!(f, "mp4a.40.{object_type}"),
            (None, None) => f.write_str("mp4a"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configs() {
        let read = |config: &[u8]| AudioSpecificConfig::read(config).map(|c| (c.object_type, c.rate, c.channels));
        assert_eq!(read(&[0x11, 0x90]), Some((2, 48_000, Some(2))));
        assert_eq!(read(&[0x11, 0x90, 0x56, 0xe5, 0x00]), Some((2, 48_000, Some(2))));
        assert_eq!(read(&[0x12, 0x08]), Some((2, 44_100, Some(1))));
        assert_eq!(read(&[0x2b, 0x11, 0x88]), Some((5, 48_000, Some(2))));
        assert_eq!(read(&[0x11, 0xb0]), Some((2, 48_000, Some(6))));
        assert_eq!(read(&[0x11]), None);
    }
}
