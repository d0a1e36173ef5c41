//! Packets of streams as they stand in MP4: lengths in place of start codes, no headers of transport, no parameter sets that
//! the sample entry has. Everything else stays as it is. Pure.

use super::picture::units;
use crate::mux::Bitstream;
use shared::codec::CodecKind;
use std::borrow::Cow;

/// Bytes of an ADTS header (ISO/IEC 14496-3 1.A.3) without and with a checksum.
const ADTS: usize = 7;
const ADTS_CHECKED: usize = 9;

/// What is done to each packet of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Conversion {
    /// Nothing.
    None,
    /// Start codes become lengths, and these parameter sets are left out.
    StartCodes(CodecKind, Vec<Vec<u8>>),
    /// The header of transport is left out.
    Adts,
    /// Temporal delimiters are left out.
    Obus,
}

impl Conversion {
    /// Of packets of this codec, the first of which is `data`; `configuration` is the container's.
    pub(super) fn of(codec: CodecKind, configuration: &[u8], data: &[u8]) -> Self {
        match codec {
            CodecKind::Avc | CodecKind::Hevc if configuration.first() != Some(&1) => {
                Self::StartCodes(codec, parameter_sets(codec, &Bitstream::AnnexB.in_file(configuration)))
            }
            CodecKind::Aac if configuration.is_empty() && adts_header(data).is_some() => Self::Adts,
            CodecKind::Av1 => Self::Obus,
            _ => Self::None,
        }
    }

    /// A packet as it stands in a file.
    pub(super) fn in_file<'a>(&self, data: &'a [u8]) -> Cow<'a, [u8]> {
        match self {
            Self::None => data.into(),
            Self::Obus => Bitstream::Obus.in_file(data),
            Self::Adts => adts_header(data).map_or(data, |header| &data[header..]).into(),
            Self::StartCodes(codec, known) => {
                let whole = Bitstream::AnnexB.in_file(data);
                if known.is_empty() { whole } else { without(&whole, *codec, known).into() }
            }
        }
    }

    /// Whether a packet brings a parameter set that is not among those that are known.
    pub(super) fn brings_more(&self, data: &[u8]) -> bool {
        let Self::StartCodes(codec, known) = self else { return false };
        let whole = Bitstream::AnnexB.in_file(data);
        units(&whole, 4).any(|unit| is_parameter_set(*codec, unit) && !known.iter().any(|other| other == unit))
    }

    /// Everything stays within the packets.
    pub(super) fn keeping_all(self) -> Self {
        match self {
            Self::StartCodes(codec, _) => Self::StartCodes(codec, vec![]),
            other => other,
        }
    }
}

/// The parameter sets among NAL units behind lengths of four bytes.
fn parameter_sets(codec: CodecKind, bytes: &[u8]) -> Vec<Vec<u8>> {
    units(bytes, 4).filter(|unit| is_parameter_set(codec, unit)).map(<[u8]>::to_vec).collect()
}

fn without(bytes: &[u8], codec: CodecKind, known: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for unit in units(bytes, 4).filter(|unit| !(is_parameter_set(codec, unit) && known.iter().any(|one| one == unit))) {
        out.extend_from_slice(&u32::try_from(unit.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(unit);
    }
    out
}

/// Sequence and picture parameter sets, of H.265 also those of video (ITU-T H.264 table 7-1, H.265 table 7-1).
pub(super) fn is_parameter_set(codec: CodecKind, unit: &[u8]) -> bool {
    let Some(header) = unit.first() else { return false };
    match codec {
        CodecKind::Avc => matches!(header & 0x1f, 7 | 8 | 13),
        CodecKind::Hevc => matches!(header >> 1 & 0x3f, 32..=34),
        _ => false,
    }
}

/// The length of the ADTS header with which a packet of AAC begins, where it holds one block.
fn adts_header(data: &[u8]) -> Option<usize> {
    let [0xff, second, ..] = *data else { return None };
    let header = if second & 1 == 1 { ADTS } else { ADTS_CHECKED };
    (second & 0xf6 == 0xf0 && data.len() > header && data[6] & 3 == 0).then_some(header)
}

/// The AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1) that an ADTS header tells: profile, rate, channels. `None` where channels
/// are told by the stream.
pub(super) fn audio_specific_config(data: &[u8]) -> Option<Vec<u8>> {
    adts_header(data)?;
    let profile = data[2] >> 6;
    let rate = data[2] >> 2 & 15;
    let channels = (data[2] & 1) << 2 | data[3] >> 6;
    let config = u16::from(profile + 1) << 11 | u16::from(rate) << 7 | u16::from(channels) << 3;
    (channels > 0).then(|| config.to_be_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPS: [u8; 4] = [0x67, 1, 2, 3];
    const PPS: [u8; 3] = [0x68, 4, 5];

    fn annex_b(units: &[&[u8]]) -> Vec<u8> {
        units.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
    }

    #[test]
    fn parameter_sets_that_the_entry_has_are_left_out_and_all_else_stays() {
        let first = annex_b(&[&[0x09, 0xf0], &SPS, &PPS, &[0x65, 7]]);
        let conversion = Conversion::of(CodecKind::Avc, &annex_b(&[&SPS, &PPS]), &first);
        assert_eq!(*conversion.in_file(&first), [0, 0, 0, 2, 0x09, 0xf0, 0, 0, 0, 2, 0x65, 7]);
        assert!(!conversion.brings_more(&first));
        let other = annex_b(&[&[0x67, 9], &[0x65, 7]]);
        assert!(conversion.brings_more(&other));
        let kept = conversion.keeping_all();
        assert_eq!(kept.in_file(&first).len(), first.len());
        assert_eq!(
            Conversion::of(CodecKind::Avc, &[1, 100, 0, 30], &first),
            Conversion::None,
            "it has lengths already"
        );
    }

    #[test]
    fn headers_of_transport_become_a_configuration() {
        // AAC-LC, 48 kHz, two channels, without a checksum.
        let packet = [0xff, 0xf1, 0x4c, 0x80, 0x01, 0x5f, 0xfc, 0x21, 0x22];
        let conversion = Conversion::of(CodecKind::Aac, &[], &packet);
        assert_eq!((conversion.clone(), &*conversion.in_file(&packet)), (Conversion::Adts, &[0x21, 0x22][..]));
        assert_eq!(audio_specific_config(&packet), Some(vec![0x11, 0x90]));
        assert_eq!(audio_specific_config(&packet[..4]), None);
        assert_eq!(Conversion::of(CodecKind::Aac, &[0x11, 0x90], &packet), Conversion::None);
    }
}
