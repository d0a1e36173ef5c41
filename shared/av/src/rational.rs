//! Exact fractions: frame rates, pixel aspects, time bases.

use ffmpeg_next as ff;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A positive fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rational {
    num: u32,
    den: u32,
}

impl Rational {
    /// One to one.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// `num / den` in lowest terms; `None` unless both are positive.
    pub fn new(num: u32, den: u32) -> Option<Self> {
        let divisor = gcd(num, den);
        (num > 0 && den > 0).then(|| Self { num: num / divisor, den: den / divisor })
    }

    /// The numerator.
    pub const fn num(self) -> u32 {
        self.num
    }

    /// The denominator.
    pub const fn den(self) -> u32 {
        self.den
    }

    /// The nearest floating point value.
    pub fn value(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    pub(crate) fn from_ff(value: ff::Rational) -> Option<Self> {
        let part = |n: i32| u32::try_from(n).ok();
        Self::new(part(value.numerator())?, part(value.denominator())?)
    }

    /// FFmpeg's fractions are of `i32`; larger ones are approximated by halving both parts.
    pub(crate) fn to_ff(self) -> ff::Rational {
        let (mut num, mut den) = (self.num, self.den);
        while num > i32::MAX as u32 || den > i32::MAX as u32 {
            num = (num / 2).max(1);
            den = (den / 2).max(1);
        }
        ff::Rational::new(num as i32, den as i32)
    }
}

/// `30000/1001`, and `25` for whole ones.
impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 { write!(f, "{}", self.num) } else { write!(f, "{}/{}", self.num, self.den) }
    }
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_terms_and_no_zero() {
        assert_eq!(Rational::new(50, 2), Rational::new(25, 1));
        assert_eq!(Rational::new(30000, 1001).unwrap().to_string(), "30000/1001");
        assert_eq!(Rational::new(50, 2).unwrap().to_string(), "25");
        assert_eq!(Rational::new(0, 1), None);
        assert_eq!(Rational::new(1, 0), None);
    }
}
