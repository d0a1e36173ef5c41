//! VP9: `vp09.PP.LL.DD[.CC.cp.tc.mc.FF]` and `vpcC` (VP Codec ISO Media File Format Binding).

use std::fmt;

/// VP9 as announced.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Vp9 {
    /// `None` when only the name was given.
    pub detail: Option<Vp9Parameters>,
    /// The optional tail as written. It is only printed again, never interpreted.
    pub tail: Vec<u8>,
}

/// The part that every full string has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Vp9Parameters {
    /// 0 to 3.
    pub profile: u8,
    /// Ten times the level.
    pub level: u8,
    /// 8, 10 or 12.
    pub bit_depth: u8,
}

impl Vp9 {
    /// From the body of `vpcC`, version and flags included.
    pub fn from_config(record: &[u8]) -> Option<Self> {
        let &[_, _, _, _, profile, level, packed, ..] = record else { return None };
        Some(Self { detail: Some(Vp9Parameters { profile, level, bit_depth: packed >> 4 }), tail: vec![] })
    }

    pub(super) fn parse(rest: &[&str]) -> Option<Self> {
        if rest.is_empty() {
            return Some(Self { detail: None, tail: vec![] });
        }
        let numbers: Vec<u8> = rest.iter().take(8).map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let (&[profile, level, bit_depth], tail) = numbers.split_first_chunk::<3>()?;
        Some(Self { detail: Some(Vp9Parameters { profile, level, bit_depth }), tail: tail.to_vec() })
    }
}

impl fmt::Display for Vp9 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Vp9Parameters { profile, level, bit_depth }) = self.detail else { return f.write_str("vp9") };
        write!(f, "vp09.{profile:02}.{level:02}.{bit_depth:02}")?;
        self.tail.iter().try_for_each(|part| write!(f, ".{part:02}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_gives_the_string() {
        let record = [1, 0, 0, 0, 2, 31, 0xa2, 9, 16, 9, 0, 0];
        assert_eq!(Vp9::from_config(&record).unwrap().to_string(), "vp09.02.31.10");
        assert_eq!(Vp9::from_config(&record[..6]), None);
    }
}
