//! H.264: `avc1.PPCCLL` (RFC 6381 3.3) and `avcC` (ISO/IEC 14496-15 5.3.3).

use super::bits::Bits;
use std::fmt;

/// H.264 as announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Avc {
    /// Parameter sets may also come within the samples (`avc3`).
    pub in_band: bool,
    /// `None` when only the name was given.
    pub profile: Option<AvcProfile>,
}

/// Three bytes of the sequence parameter set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AvcProfile {
    /// `profile_idc`: 66 Baseline, 77 Main, 100 High, 110 High 10.
    pub idc: u8,
    /// The constraint flags.
    pub constraints: u8,
    /// Ten times the level.
    pub level: u8,
}

impl Avc {
    /// From an `avcC` body.
    pub fn from_config(record: &[u8], in_band: bool) -> Option<Self> {
        let &[1, idc, constraints, level, ..] = record else { return None };
        Some(Self { in_band, profile: Some(AvcProfile { idc, constraints, level }) })
    }

    pub(super) fn parse(name: &str, rest: &[&str]) -> Option<Self> {
        let in_band = name.eq_ignore_ascii_case("avc3");
        let [hex, ..] = rest else { return Some(Self { in_band, profile: None }) };
        let value = (hex.len() == 6).then(|| u32::from_str_radix(hex, 16).ok())??;
        let [_, idc, constraints, level] = value.to_be_bytes();
        Some(Self { in_band, profile: Some(AvcProfile { idc, constraints, level }) })
    }

    /// 8 for the profiles that know nothing else, 10 for the High 10 family.
    pub(super) fn bit_depth(&self) -> Option<u8> {
        match self.profile?.idc {
            66 | 77 | 88 | 100 => Some(8),
            110 => Some(10),
            _ => None,
        }
    }
}

/// Width and height in samples of the coded picture, cropping not applied, by the first sequence parameter set of an
/// `avcC` body (ITU-T H.264 7.3.2.1.1). `None` where there is none that can be read.
pub fn coded_size(record: &[u8]) -> Option<(u32, u32)> {
    if record.get(5)? & 0x1f == 0 {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([*record.get(6)?, *record.get(7)?]));
    let unit = without_emulation_prevention(record.get(9..8 + length)?);
    let mut bits = Bits::new(&unit);
    let profile = bits.take(8)?;
    bits.take(16)?;
    bits.exp_golomb()?;
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
        chroma_and_scaling(&mut bits)?;
    }
    bits.exp_golomb()?; // log2_max_frame_num_minus4
    picture_order(&mut bits)?;
    bits.exp_golomb()?; // max_num_ref_frames
    bits.take(1)?;
    let width = bits.exp_golomb()?.checked_add(1)?.checked_mul(16)?;
    let units = bits.exp_golomb()?.checked_add(1)?;
    let lines = if bits.take(1)? == 1 { 16 } else { 32 };
    Some((width, units.checked_mul(lines)?))
}

fn without_emulation_prevention(unit: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

fn chroma_and_scaling(bits: &mut Bits<'_>) -> Option<()> {
    let chroma = bits.exp_golomb()?;
    if chroma == 3 {
        bits.take(1)?;
    }
    bits.exp_golomb()?;
    bits.exp_golomb()?;
    bits.take(1)?;
    if bits.take(1)? == 1 {
        for list in 0..if chroma == 3 { 12 } else { 8 } {
            if bits.take(1)? == 1 {
                scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(())
}

/// 7.3.2.1.1.1: deltas until the scale becomes zero.
fn scaling_list(bits: &mut Bits<'_>, entries: u32) -> Option<()> {
    let mut scale = 8;
    for _ in 0..entries {
        scale = (scale + bits.signed_exp_golomb()?).rem_euclid(256);
        if scale == 0 {
            break;
        }
    }
    Some(())
}

fn picture_order(bits: &mut Bits<'_>) -> Option<()> {
    match bits.exp_golomb()? {
        0 => {
            bits.exp_golomb()?;
        }
        1 => {
            bits.take(1)?;
            bits.exp_golomb()?;
            bits.exp_golomb()?;
            for _ in 0..bits.exp_golomb()?.min(255) {
                bits.exp_golomb()?;
            }
        }
        _ => {}
    }
    Some(())
}

impl fmt::Display for Avc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.in_band { "avc3" } else { "avc1" })?;
        self.profile.map_or(Ok(()), |p| write!(f, ".{:02x}{:02x}{:02x}", p.idc, p.constraints, p.level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_read_from_the_parameter_set() {
        // x264, High, 640x360: 23 rows of macroblocks, cropped.
        let sps =
            [0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00, 0x01];
        let record = [&[1, 0x64, 0, 0x1e, 0xff, 0xe1, 0, sps.len() as u8], &sps[..]].concat();
        assert_eq!(coded_size(&record), Some((640, 368)));
        for cut in 0..16 {
            assert_eq!(coded_size(&record[..cut]), None);
        }
        assert_eq!(coded_size(&[1, 0x64, 0, 0x1e, 0xff, 0xe0]), None, "parameter sets come within the samples");
    }

    #[test]
    fn record_and_string_agree() {
        let record = [1, 0x64, 0x00, 0x1f, 0xff, 0xe1];
        assert_eq!(Avc::from_config(&record, false), Avc::parse("avc1", &["64001F"]));
        assert_eq!(Avc::from_config(&record[1..], false), None);
    }
}
