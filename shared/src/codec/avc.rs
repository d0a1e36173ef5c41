//! H.264: `avc1.PPCCLL` (RFC 6381 3.3) and `avcC` (ISO/IEC 14496-15 5.3.3).

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
    fn record_and_string_agree() {
        let record = [1, 0x64, 0x00, 0x1f, 0xff, 0xe1];
        assert_eq!(Avc::from_config(&record, false), Avc::parse("avc1", &["64001F"]));
        assert_eq!(Avc::from_config(&record[1..], false), None);
    }
}
