//! The type of the first picture of a segment by its bitstream, independent of the flags in the container.

use shared::bmff::Track;
use shared::bmff::entry::MediaKind;
use shared::codec::CodecKind;

/// Whether decoding can begin with a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picture {
    /// It can, and nothing later in decoding order is shown before it or refers behind it.
    Closed,
    /// It can, but pictures that are shown before it may be lost (CRA, BLA).
    Open,
    /// Of H.264: it refers to nothing, but pictures behind it may refer to what is before it.
    Intra,
    /// It cannot.
    Dependent,
    /// We do not look into this codec, or it is encrypted.
    Unknown,
}

/// Looks at a sample of `track`.
pub(super) fn picture(track: &Track, sample: &[u8]) -> Picture {
    let MediaKind::Video(video) = &track.kind else { return Picture::Unknown };
    if track.protection.is_some() {
        return Picture::Unknown;
    }
    let length = usize::from(video.nal_length.unwrap_or(4));
    match track.codec.kind() {
        CodecKind::Avc => first_known(nal_units(sample, length), avc),
        CodecKind::Hevc => first_known(nal_units(sample, length), |unit| hevc(*unit.first()?)),
        CodecKind::Av1 => av1(sample),
        CodecKind::Vp9 => sample.first().map_or(Picture::Dependent, |&byte| vp9(byte)),
        _ => Picture::Unknown,
    }
}

fn first_known<'a>(mut units: impl Iterator<Item = &'a [u8]>, kind: impl Fn(&[u8]) -> Option<Picture>) -> Picture {
    units.find_map(kind).unwrap_or(Picture::Dependent)
}

/// NAL units behind lengths of `length` bytes; ends at the first that runs over the end.
fn nal_units(mut sample: &[u8], length: usize) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (prefix, rest) = sample.split_at_checked(length)?;
        let size = prefix.iter().fold(0, |size, &byte| size << 8 | usize::from(byte));
        let (unit, rest) = rest.split_at_checked(size)?;
        sample = rest;
        Some(unit)
    })
}

/// ITU-T H.264 table 7-1.
fn avc(unit: &[u8]) -> Option<Picture> {
    match unit.first()? & 0x1f {
        5 => Some(Picture::Closed),
        1..=4 if is_intra_slice(unit) => Some(Picture::Intra),
        1..=4 => Some(Picture::Dependent),
        _ => None,
    }
}

/// Behind the address of its first macroblock, a slice says its type (7.4.3): 2 and 7 are I.
fn is_intra_slice(unit: &[u8]) -> bool {
    let mut bits = unit.iter().skip(1).take(8).flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
    let mut number = || {
        let zeros = bits.by_ref().take_while(|bit| *bit == 0).count();
        bits.by_ref().take(zeros).fold(1u64, |value, bit| value << 1 | u64::from(bit)) - 1
    };
    number();
    matches!(number(), 2 | 7)
}

/// ITU-T H.265 table 7-1: IDR, CRA, BLA, other slices.
fn hevc(header: u8) -> Option<Picture> {
    match header >> 1 & 0x3f {
        19 | 20 => Some(Picture::Closed),
        16..=18 | 21 => Some(Picture::Open),
        0..=15 => Some(Picture::Dependent),
        _ => None,
    }
}

/// AV1 5.3 and 5.9.2: a sequence header and then a shown key frame.
fn av1(sample: &[u8]) -> Picture {
    const SEQUENCE_HEADER: u8 = 1;
    const FRAME_HEADER: u8 = 3;
    const FRAME: u8 = 6;
    let mut sequence = false;
    for (kind, body) in open_bitstream_units(sample) {
        match kind {
            SEQUENCE_HEADER => sequence = true,
            FRAME_HEADER | FRAME => {
                // show_existing_frame 0, frame_type KEY_FRAME 0.
                let key = body.first().is_some_and(|byte| byte >> 5 == 0);
                return if key && sequence { Picture::Closed } else { Picture::Dependent };
            }
            _ => {}
        }
    }
    Picture::Dependent
}

/// Types and payloads of OBUs (AV1 5.3.2).
fn open_bitstream_units(mut rest: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (&header, behind) = rest.split_first()?;
        let behind = if header & 4 != 0 { behind.get(1..)? } else { behind };
        let (size, behind) = if header & 2 != 0 { leb128(behind)? } else { (behind.len(), behind) };
        let (body, left) = behind.split_at_checked(size)?;
        rest = left;
        Some((header >> 3 & 15, body))
    })
}

fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().enumerate().take(4) {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

/// VP9 6.2: the uncompressed header up to `frame_type`; profile 3 has one bit more.
fn vp9(byte: u8) -> Picture {
    let shift = if byte >> 4 & 3 == 3 { 1 } else { 2 };
    let (existing, not_key) = (byte >> (shift + 1) & 1, byte >> shift & 1);
    if existing == 0 && not_key == 0 { Picture::Closed } else { Picture::Dependent }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(units: &[&[u8]]) -> Vec<u8> {
        units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
    }

    fn avc_sample(sample: &[u8]) -> Picture {
        first_known(nal_units(sample, 4), avc)
    }

    #[test]
    fn parameter_sets_are_stepped_over() {
        assert_eq!(avc_sample(&units(&[&[0x67, 1], &[0x68], &[0x06, 9], &[0x65, 1]])), Picture::Closed);
        assert_eq!(avc_sample(&units(&[&[0x67, 1], &[0x41, 1]])), Picture::Dependent);
        // `1` is the address 0, `0001000` the type 7, `00110` the type 5.
        assert_eq!(avc_sample(&units(&[&[0x41, 0b1000_1000]])), Picture::Intra);
        assert_eq!(avc_sample(&units(&[&[0x41, 0b1001_1000]])), Picture::Dependent);
        assert_eq!(avc_sample(&units(&[&[0x67, 1]])), Picture::Dependent);
        assert_eq!(avc_sample(&[0, 0, 0, 9, 0x65]), Picture::Dependent);
    }

    #[test]
    fn hevc_tells_closed_from_open() {
        let kind = |nal: u8| hevc(nal << 1);
        assert_eq!(
            [19, 20, 21, 1, 32].map(kind),
            [Some(Picture::Closed), Some(Picture::Closed), Some(Picture::Open), Some(Picture::Dependent), None]
        );
    }

    #[test]
    fn av1_needs_the_sequence_header() {
        let (delimiter, sequence, key, inter) = ([0x12, 0], [0x0a, 1, 0], [0x32, 1, 0x10], [0x32, 1, 0x30]);
        assert_eq!(av1(&[&delimiter[..], &sequence, &key].concat()), Picture::Closed);
        assert_eq!(av1(&[&delimiter[..], &key].concat()), Picture::Dependent);
        assert_eq!(av1(&[&delimiter[..], &sequence, &inter].concat()), Picture::Dependent);
        assert_eq!(av1(&[0x0a, 0xff, 0xff]), Picture::Dependent);
    }

    #[test]
    fn vp9_by_its_first_byte() {
        assert_eq!([0x82, 0x86, 0x8a].map(vp9), [Picture::Closed, Picture::Dependent, Picture::Dependent]);
    }
}
