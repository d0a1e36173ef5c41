//! AV1: `av01.P.LLT.DD[.M.CCC.cp.tc.mc.F]` and `av1C` (AV1 Codec ISO Media File Format Binding, 2.3 and 5).

use std::fmt;

/// AV1 as announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Av1 {
    /// `None` when only the name was given.
    pub detail: Option<Av1Parameters>,
}

/// The part that every full string has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Av1Parameters {
    /// 0 Main, 1 High, 2 Professional.
    pub profile: u8,
    /// `seq_level_idx`.
    pub level: u8,
    /// The high tier.
    pub high_tier: bool,
    /// 8, 10 or 12.
    pub bit_depth: u8,
    /// The optional tail. It is written as a whole, or left out when it says the default (4:2:0, BT.709, limited range).
    pub colour: Option<Av1Colour>,
}

/// The optional tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Av1Colour {
    /// No colour planes.
    pub monochrome: bool,
    /// Three decimal digits: subsampling in x, in y, position.
    pub subsampling: u16,
    /// `colour_primaries` of ISO/IEC 23091-2.
    pub primaries: u8,
    /// `transfer_characteristics`.
    pub transfer: u8,
    /// `matrix_coefficients`.
    pub matrix: u8,
    /// Full range samples.
    pub full_range: bool,
}

impl Av1 {
    /// From an `av1C` body. It does not tell the colour; see [`Av1::with_colour`].
    pub fn from_config(record: &[u8]) -> Option<Self> {
        let &[0x81, general, flags, ..] = record else { return None };
        let bit_depth = match (flags >> 6 & 1, flags >> 5 & 1) {
            (0, _) => 8,
            (_, 0) => 10,
            _ => 12,
        };
        let profile = general >> 5;
        let level = general & 31;
        let high_tier = flags >> 7 == 1;
        Some(Self { detail: Some(Av1Parameters { profile, level, high_tier, bit_depth, colour: None }) })
    }

    /// The same with primaries, transfer and matrix, left out again when all is the default.
    pub fn with_colour(self, colour: Av1Colour) -> Self {
        let plain =
            Av1Colour { monochrome: false, subsampling: 110, primaries: 1, transfer: 1, matrix: 1, full_range: false };
        let colour = (colour != plain).then_some(colour);
        Self { detail: self.detail.map(|detail| Av1Parameters { colour, ..detail }) }
    }

    pub(super) fn parse(rest: &[&str]) -> Option<Self> {
        let detail = if rest.is_empty() { None } else { Some(Av1Parameters::parse(rest)?) };
        Some(Self { detail })
    }
}

impl Av1Parameters {
    fn parse(parts: &[&str]) -> Option<Self> {
        let (&[profile, level, depth], tail) = parts.split_first_chunk::<3>()?;
        let high_tier = match level.chars().last()? {
            'M' => false,
            'H' => true,
            _ => return None,
        };
        Some(Self {
            profile: profile.parse().ok()?,
            level: level.get(..level.len() - 1)?.parse().ok()?,
            high_tier,
            bit_depth: depth.parse().ok()?,
            colour: Av1Colour::parse(tail),
        })
    }
}

impl Av1Colour {
    /// `None` when there is no tail, and when it cannot be read: the mandatory part of the string stays valid then.
    fn parse(tail: &[&str]) -> Option<Self> {
        let &[mono, subsampling, primaries, transfer, matrix, range] = tail.first_chunk::<6>()?;
        Some(Self {
            monochrome: mono == "1",
            subsampling: subsampling.parse().ok()?,
            primaries: primaries.parse().ok()?,
            transfer: transfer.parse().ok()?,
            matrix: matrix.parse().ok()?,
            full_range: range == "1",
        })
    }
}

impl fmt::Display for Av1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("av01")?;
        let Some(Av1Parameters { profile, level, high_tier, bit_depth, colour }) = self.detail else { return Ok(()) };
        write!(f, ".{profile}.{level:02}{}.{bit_depth:02}", if high_tier { 'H' } else { 'M' })?;
        let Some(c) = colour else { return Ok(()) };
        let mono = u8::from(c.monochrome);
        let range = u8::from(c.full_range);
        write!(f, ".{mono}.{:03}.{:02}.{:02}.{:02}.{range}", c.subsampling, c.primaries, c.transfer, c.matrix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_gives_the_string_with_colour_only_when_it_is_special() {
        let av1 = Av1::from_config(&[0x81, 0x0d, 0b1100_1100, 0]).unwrap();
        assert_eq!(av1.to_string(), "av01.0.13H.10");
        let hdr =
            Av1Colour { monochrome: false, subsampling: 110, primaries: 9, transfer: 16, matrix: 9, full_range: false };
        assert_eq!(av1.with_colour(hdr).to_string(), "av01.0.13H.10.0.110.09.16.09.0");
        let plain = Av1Colour { primaries: 1, transfer: 1, matrix: 1, ..hdr };
        assert_eq!(av1.with_colour(plain), av1);
    }
}
