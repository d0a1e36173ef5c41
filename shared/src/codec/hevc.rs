//! H.265: `hvc1.…` (ISO/IEC 14496-15 annex E) and `hvcC` (8.3.3).

use std::fmt::{self, Write};

/// H.265 as announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hevc {
    /// Parameter sets may also come within the samples (`hev1`).
    pub in_band: bool,
    /// `None` when only the name was given.
    pub profile: Option<ProfileTierLevel>,
}

/// `profile_tier_level()` of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProfileTierLevel {
    /// 0 to 3; written as nothing, A, B, C.
    pub space: u8,
    /// 1 Main, 2 Main 10, 4 range extensions.
    pub idc: u8,
    /// Compatibility flags as in the stream, flag 0 the most significant bit.
    pub compatibility: u32,
    /// The high tier.
    pub high_tier: bool,
    /// 30 times the level.
    pub level: u8,
    /// The constraint bytes, first to last.
    pub constraints: [u8; 6],
}

impl Hevc {
    /// From an `hvcC` body.
    pub fn from_config(record: &[u8], in_band: bool) -> Option<Self> {
        let &[1, general, c0, c1, c2, c3, f0, f1, f2, f3, f4, f5, level, ..] = record else { return None };
        let profile = ProfileTierLevel {
            space: general >> 6,
            idc: general & 31,
            compatibility: u32::from_be_bytes([c0, c1, c2, c3]),
            high_tier: general >> 5 & 1 == 1,
            level,
            constraints: [f0, f1, f2, f3, f4, f5],
        };
        Some(Self { in_band, profile: Some(profile) })
    }

    pub(super) fn parse(name: &str, rest: &[&str]) -> Option<Self> {
        let in_band = name.eq_ignore_ascii_case("hev1");
        let profile = if rest.is_empty() { None } else { Some(ProfileTierLevel::parse(rest)?) };
        Some(Self { in_band, profile })
    }

    pub(super) fn bit_depth(&self) -> Option<u8> {
        match self.profile?.idc {
            1 | 3 => Some(8),
            2 => Some(10),
            _ => None,
        }
    }
}

impl ProfileTierLevel {
    fn parse(parts: &[&str]) -> Option<Self> {
        let (&[profile, compatibility, tier], flags) = parts.split_first_chunk::<3>()?;
        let space = "ABC".find(profile.chars().next()?).map_or(0, |at| at as u8 + 1);
        let high_tier = match tier.chars().next()? {
            'L' => false,
            'H' => true,
            _ => return None,
        };
        let mut constraints = [0; 6];
        for (byte, text) in constraints.iter_mut().zip(flags) {
            *byte = u8::from_str_radix(text, 16).ok()?;
        }
        Some(Self {
            space,
            idc: profile.get(usize::from(space > 0)..)?.parse().ok().filter(|idc| *idc < 32)?,
            compatibility: u32::from_str_radix(compatibility, 16).ok()?.reverse_bits(),
            high_tier,
            level: tier.get(1..)?.parse().ok()?,
            constraints,
        })
    }
}

impl fmt::Display for Hevc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.in_band { "hev1" } else { "hvc1" })?;
        self.profile.map_or(Ok(()), |profile| profile.fmt(f))
    }
}

impl fmt::Display for ProfileTierLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = ["", "A", "B", "C"][usize::from(self.space & 3)];
        let tier = if self.high_tier { 'H' } else { 'L' };
        write!(f, ".{space}{}.{:X}.{tier}{}", self.idc, self.compatibility.reverse_bits(), self.level)?;
        let used = self.constraints.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        self.constraints[..used].iter().try_for_each(|byte| {
            f.write_char('.')?;
            write!(f, "{byte:X}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_gives_the_string() {
        let record = [1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xf0];
        assert_eq!(Hevc::from_config(&record, false).unwrap().to_string(), "hvc1.1.6.L93.90");
        assert_eq!(Hevc::from_config(&record[..12], false), None);
    }
}
