//! Rates and sizes as types. Kilo is 1000 everywhere; nothing converts from a bare integer by itself, and the one text that
//! does is what people type.

mod typed;

pub use typed::RateError;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// A rate in bit/s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bitrate(u64);

impl Bitrate {
    /// No bits at all.
    pub const ZERO: Self = Self(0);

    /// From bit/s.
    pub const fn from_bps(bps: u64) -> Self {
        Self(bps)
    }

    /// From kbit/s (1000 bit/s), saturating.
    pub const fn from_kbps(kbps: u64) -> Self {
        Self(kbps.saturating_mul(1000))
    }

    /// From a measured or computed rate in bit/s; negative and NaN give zero, rounding is to the nearest bit.
    pub fn from_bps_f64(bps: f64) -> Self {
        Self(bps.round() as u64) // `as` saturates and maps NaN to 0
    }

    /// In bit/s.
    pub const fn bps(self) -> u64 {
        self.0
    }

    /// In kbit/s.
    pub fn kbps(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// In Mbit/s.
    pub fn mbps(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// What this rate carries in `time`, rounded to the nearest byte.
    pub fn over(self, time: Duration) -> ByteSize {
        ByteSize((self.0 as f64 * time.as_secs_f64() / 8.0).round() as u64)
    }

    /// This rate times a factor without unit.
    pub fn scaled(self, factor: f64) -> Self {
        Self::from_bps_f64(self.0 as f64 * factor)
    }
}

/// `600 kbit/s`, `2.5 Mbit/s`: the one way in which rates are written for people.
impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 999_500 {
            write!(f, "{:.0} kbit/s", self.kbps())
        } else if self.0 < 99_950_000 {
            write!(f, "{:.1} Mbit/s", self.mbps())
        } else {
            write!(f, "{:.0} Mbit/s", self.mbps())
        }
    }
}

/// An amount of data in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(u64);

impl ByteSize {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// From bits, rounded up to whole bytes.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits.div_ceil(8))
    }

    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// In bits, saturating.
    pub const fn bits(self) -> u64 {
        self.0.saturating_mul(8)
    }

    /// The rate at which this much arrives in `time`; `None` for no time at all.
    pub fn per(self, time: Duration) -> Option<Bitrate> {
        (!time.is_zero()).then(|| Bitrate::from_bps_f64(self.bits() as f64 / time.as_secs_f64()))
    }

    /// How long `rate` needs for this much; `None` at rate zero.
    pub fn at(self, rate: Bitrate) -> Option<Duration> {
        (rate != Bitrate::ZERO).then(|| Duration::from_secs_f64(self.bits() as f64 / rate.bps() as f64))
    }

    /// The difference, not below zero.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for ByteSize {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for ByteSize {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for ByteSize {
    type Output = Self;
    /// Saturates at zero.
    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl Sum for ByteSize {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

/// `812 B`, `64.0 kB`, `2.5 MB`, `1.42 GB`, with k = 1000.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0..1_000 => write!(f, "{} B", self.0),
            1_000..999_950 => write!(f, "{:.1} kB", self.0 as f64 / 1e3),
            999_950..999_950_000 => write!(f, "{:.1} MB", self.0 as f64 / 1e6),
            _ => write!(f, "{:.2} GB", self.0 as f64 / 1e9),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_times_time_is_size_and_back() {
        let rate = Bitrate::from_kbps(4_000);
        let two_seconds = Duration::from_secs(2);
        assert_eq!(rate.over(two_seconds), ByteSize::from_bytes(1_000_000));
        assert_eq!(rate.over(two_seconds).per(two_seconds), Some(rate));
        assert_eq!(rate.over(two_seconds).at(rate), Some(two_seconds));
    }

    #[test]
    fn nothing_divides_by_zero() {
        assert_eq!(ByteSize::from_bytes(1).per(Duration::ZERO), None);
        assert_eq!(ByteSize::from_bytes(1).at(Bitrate::ZERO), None);
        assert_eq!(Bitrate::from_bps_f64(f64::NAN), Bitrate::ZERO);
        assert_eq!(Bitrate::from_bps_f64(-3.0), Bitrate::ZERO);
    }

    #[test]
    fn numbers_for_people() {
        let shown: Vec<String> =
            [999, 600_000, 999_499, 999_500, 2_500_000, 120_000_000].map(|b| Bitrate::from_bps(b).to_string()).into();
        assert_eq!(shown, ["1 kbit/s", "600 kbit/s", "999 kbit/s", "1.0 Mbit/s", "2.5 Mbit/s", "120 Mbit/s"]);
        let sizes: Vec<String> =
            [812, 64_000, 2_500_000, 1_420_000_000].map(|b| ByteSize::from_bytes(b).to_string()).into();
        assert_eq!(sizes, ["812 B", "64.0 kB", "2.5 MB", "1.42 GB"]);
    }
}
