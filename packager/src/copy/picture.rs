//! What kind of picture an access unit begins with, read from its NAL units or OBUs: flags of containers call open groups
//! key frames. The first bytes suffice.

use shared::codec::CodecKind;

/// Whether decoding can begin with a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PictureStart {
    /// It can, and no later picture refers to what is before it.
    Closed,
    /// It can, and pictures may follow that are shown before it and cannot be decoded (H.265: if any follow).
    Open,
    /// It cannot.
    Dependent,
}

/// Pictures of H.265 that follow a picture at which decoding begins and are shown before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leading {
    /// Can be decoded.
    Decodable,
    /// Refer to what is before (RASL).
    Skipped,
}

/// What is to be known of an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Decoding can begin with it, or not.
    Start(PictureStart),
    /// It is a leading picture.
    Leading(Leading),
}

/// How access units are made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnitForm {
    /// The codec.
    pub codec: CodecKind,
    /// Bytes of a length before a NAL unit.
    pub nal_length: usize,
}

/// ITU-T H.264 table 7-1: a slice of an IDR picture.
const AVC_IDR: u8 = 5;
/// OBUs (AV1 6.2.2).
const SEQUENCE_HEADER: u8 = 1;
const FRAME_HEADER: u8 = 3;
const FRAME: u8 = 6;

impl UnitForm {
    /// What the access unit is that begins with `bytes`, and that the container says to be a key frame or not; `None` where
    /// they do not reach to where it is said.
    pub(super) fn look(self, bytes: &[u8], is_key: bool) -> Option<Seen> {
        match self.leading(bytes) {
            Some(leading) => Some(Seen::Leading(leading)),
            None if is_key => self.start(bytes).map(Seen::Start),
            None => Some(Seen::Start(PictureStart::Dependent)),
        }
    }

    /// What the access unit is that begins with `bytes`; `None` where they do not reach to where it is said.
    fn start(self, bytes: &[u8]) -> Option<PictureStart> {
        match self.codec {
            CodecKind::Avc => units(bytes, self.nal_length).find_map(avc),
            CodecKind::Hevc => units(bytes, self.nal_length).find_map(hevc),
            CodecKind::Av1 => av1(bytes),
            CodecKind::Vp9 => bytes.first().map(|byte| vp9(*byte)),
            _ => Some(PictureStart::Dependent),
        }
    }

    /// Leading pictures have types of their own.
    pub(super) fn has_leading_types(self) -> bool {
        self.codec == CodecKind::Hevc
    }

    /// Whether the access unit that begins with `bytes` is a leading picture of H.265; `None` for all others.
    fn leading(self, bytes: &[u8]) -> Option<Leading> {
        let slice =
            units(bytes, self.nal_length).find(|unit| unit.first().is_some_and(|byte| hevc_type(*byte) < 32))?;
        match slice.first().filter(|_| self.codec == CodecKind::Hevc).map(|byte| hevc_type(*byte))? {
            6 | 7 => Some(Leading::Decodable),
            8 | 9 => Some(Leading::Skipped),
            _ => None,
        }
    }
}

/// NAL units behind their lengths; the last one as far as the bytes reach.
pub(super) fn units(bytes: &[u8], length: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (prefix, behind) = rest.split_at_checked(length)?;
        let size = prefix.iter().fold(0usize, |size, &byte| size << 8 | usize::from(byte));
        let unit = &behind[..size.min(behind.len())];
        rest = &behind[unit.len()..];
        (!unit.is_empty()).then_some(unit)
    })
}

/// A slice of type I (7.4.3) of a picture that is no IDR may begin an open group.
fn avc(unit: &[u8]) -> Option<PictureStart> {
    match unit.first()? & 0x1f {
        AVC_IDR => Some(PictureStart::Closed),
        1..=4 => {
            let mut bits = Bits { bytes: unit, at: 8 };
            let kind = bits.exp_golomb().and_then(|_first_macroblock| bits.exp_golomb());
            Some(if matches!(kind, Some(2 | 7)) { PictureStart::Open } else { PictureStart::Dependent })
        }
        _ => None,
    }
}

fn hevc_type(header: u8) -> u8 {
    header >> 1 & 0x3f
}

/// ITU-T H.265 table 7-1: IDR; BLA and CRA; other slices.
fn hevc(unit: &[u8]) -> Option<PictureStart> {
    match hevc_type(*unit.first()?) {
        19 | 20 => Some(PictureStart::Closed),
        16..=18 | 21 => Some(PictureStart::Open),
        0..=31 => Some(PictureStart::Dependent),
        _ => None,
    }
}

/// AV1 5.9.2: behind a sequence header, a key frame that is shown.
fn av1(bytes: &[u8]) -> Option<PictureStart> {
    let mut has_sequence = false;
    let mut rest = bytes;
    while let Some((&header, behind)) = rest.split_first() {
        let behind = if header & 4 == 0 { Some(behind) } else { behind.get(1..) };
        let sized =
            behind.and_then(|behind| if header & 2 == 0 { Some((behind.len(), behind)) } else { leb128(behind) });
        let (size, body) = sized?;
        match header >> 3 & 15 {
            SEQUENCE_HEADER => has_sequence = true,
            FRAME_HEADER | FRAME => {
                // show_existing_frame 0, frame_type KEY_FRAME 0, show_frame 1.
                let is_key = body.first()? >> 4 == 1;
                return Some(if is_key && has_sequence { PictureStart::Closed } else { PictureStart::Dependent });
            }
            _ => {}
        }
        rest = body.get(size..)?;
    }
    None
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

/// VP9 6.2: profile 3 has a bit more before `show_existing_frame`, `frame_type` and `show_frame`.
fn vp9(byte: u8) -> PictureStart {
    let shift = if byte >> 4 & 3 == 3 { 0 } else { 1 };
    if byte >> shift & 7 == 1 { PictureStart::Closed } else { PictureStart::Dependent }
}

/// Bits, most significant first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }

    /// ITU-T H.264 9.1.
    fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let mut value = 1;
        for _ in 0..zeros {
            value = value << 1 | self.bit()?;
        }
        Some(value - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::PictureStart::{Closed, Dependent, Open};
    use super::*;

    fn sample(units: &[&[u8]]) -> Vec<u8> {
        units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
    }

    fn form(codec: CodecKind) -> UnitForm {
        UnitForm { codec, nal_length: 4 }
    }

    #[test]
    fn avc_tells_idr_from_recovery_points_and_from_what_is_only_flagged() {
        let start = |units: &[&[u8]]| form(CodecKind::Avc).start(&sample(units));
        assert_eq!(start(&[&[0x09, 0xf0], &[0x67, 1], &[0x68], &[0x06, 9], &[0x65, 0x88]]), Some(Closed));
        // first_mb 0 is `1`, slice_type 7 is `0001000`, 5 (P) is `00110`.
        assert_eq!(start(&[&[0x41, 0b1000_1000]]), Some(Open));
        assert_eq!(start(&[&[0x41, 0b1001_1000]]), Some(Dependent));
        assert_eq!(start(&[&[0x67, 1]]), None);
        let whole = sample(&[&[0x06; 40], &[0x65]]);
        assert_eq!(
            (form(CodecKind::Avc).start(&whole[..46]), form(CodecKind::Avc).start(&whole)),
            (None, Some(Closed))
        );
    }

    #[test]
    fn hevc_tells_closed_from_open_and_leading_pictures() {
        let start = |nal: u8| form(CodecKind::Hevc).start(&sample(&[&[32 << 1, 1], &[nal << 1, 1]])).unwrap();
        assert_eq!([19, 20, 21, 17, 1].map(start), [Closed, Closed, Open, Open, Dependent]);
        let leading = |nal: u8| form(CodecKind::Hevc).leading(&sample(&[&[39 << 1, 1], &[nal << 1, 1]]));
        assert_eq!([7, 9, 1].map(leading), [Some(Leading::Decodable), Some(Leading::Skipped), None]);
        assert_eq!(form(CodecKind::Avc).leading(&sample(&[&[7 << 1, 1]])), None);
    }

    #[test]
    fn av1_wants_a_sequence_header_and_a_key_frame_that_is_shown() {
        let (delimiter, sequence) = ([0x12, 0], [0x0a, 1, 0]);
        let frame = |first: u8| [0x32, 1, first];
        let start = |parts: &[&[u8]]| form(CodecKind::Av1).start(&parts.concat());
        assert_eq!(start(&[&delimiter, &sequence, &frame(0x10)]), Some(Closed));
        assert_eq!(start(&[&delimiter, &sequence, &frame(0x00)]), Some(Dependent), "it is not shown");
        assert_eq!(start(&[&delimiter, &frame(0x10)]), Some(Dependent));
        assert_eq!(start(&[&delimiter, &sequence, &frame(0x30)]), Some(Dependent));
        assert_eq!(start(&[&[0x2a, 90, 1, 2]]), None, "metadata that are longer than the bytes");
    }

    #[test]
    fn vp9_by_its_first_byte() {
        let start = |byte: u8| form(CodecKind::Vp9).start(&[byte]).unwrap();
        assert_eq!([0x82, 0x80, 0x86, 0x8a, 0xb1].map(start), [Closed, Dependent, Dependent, Dependent, Closed]);
    }
}
