//! Where the headers of coded slices end (ITU-T H.264 7.3.3, ITU-T H.265 7.3.6.1): encryption in a pattern begins at the
//! byte behind them (ISO/IEC 23001-7 9.5.2.3). A header can be read only with the parameter sets that it refers to, which
//! come in the track's configuration or within the samples. Nothing is decoded here, and what a header says is not kept.

mod avc;
mod hevc;
mod unit;

use super::CodecKind;
use avc::AvcParameters;
use hevc::HevcParameters;

/// What a NAL unit is to encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NalRole {
    /// A coded slice. So many bytes of the unit, its own header among them, hold the slice header; `None` when it cannot
    /// be read: it refers to parameter sets that did not come, or uses tools that are not known here.
    Slice(Option<usize>),
    /// Parameter sets, messages and all else that stays as it is.
    Other,
}

/// The parameter sets of a stream, as far as they have come.
#[derive(Debug, Clone)]
pub enum SliceHeaders {
    /// H.264.
    Avc(AvcParameters),
    /// H.265.
    Hevc(HevcParameters),
}

impl SliceHeaders {
    /// With the parameter sets of `config`, the body of `avcC` or `hvcC`. `None` for a codec without NAL units.
    pub fn of_config(codec: CodecKind, config: &[u8]) -> Option<Self> {
        match codec {
            CodecKind::Avc => Some(Self::Avc(AvcParameters::of_config(config))),
            CodecKind::Hevc => Some(Self::Hevc(HevcParameters::of_config(config))),
            _ => None,
        }
    }

    /// Looks at the next NAL unit of the stream, without its length; a parameter set is kept for the slices behind it.
    pub fn see(&mut self, nal: &[u8]) -> NalRole {
        match self {
            Self::Avc(parameters) => parameters.see(nal),
            Self::Hevc(parameters) => parameters.see(nal),
        }
    }
}

/// The next unit of a configuration, behind its length of 16 bits.
fn take_unit<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk::<2>()?;
    let (nal, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into())?;
    *rest = behind;
    Some(nal)
}

/// The least number of bits that tell so many values apart: Ceil(Log2(count)) of both standards.
fn bits_for(count: u32) -> u32 {
    count.max(1).next_power_of_two().trailing_zeros()
}

/// Hexadecimal digits as bytes.
#[cfg(test)]
fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_bits_as_values_need() {
        assert_eq!([0, 1, 2, 3, 4, 5, 8, 9].map(bits_for), [0, 0, 1, 2, 2, 3, 3, 4]);
    }

    #[test]
    fn codecs_without_units_have_no_slices() {
        assert!(SliceHeaders::of_config(CodecKind::Aac, &[]).is_none());
        let mut avc = SliceHeaders::of_config(CodecKind::Avc, &[1, 2, 3]).unwrap();
        assert_eq!(avc.see(&[0x65, 0x88]), NalRole::Slice(None), "no parameter set came");
        assert_eq!((avc.see(&[]), avc.see(&[6, 5])), (NalRole::Other, NalRole::Other));
    }
}
