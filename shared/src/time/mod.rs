//! What time means here.
//!
//! * **Media time** ([`MediaTime`]): ticks of a track or manifest with their timescale. Kept as ticks as long as
//!   possible; absolute values are converted, never sums, so rounding cannot pile up.
//! * **Presentation time** ([`PresentationTime`]): the common axis of picture and sound; 0 is the start of the
//!   presentation. Signed, because edit lists and offsets can put a sample before the start.
//! * **Session time** ([`SessionTime`]): since the player began with this presentation. It never runs backwards and
//!   does not know about pauses. The core receives it with every input and never asks for it.
//! * **Wall time** ([`DateTime`]): UTC. Shells read a clock and hand it on as data.

mod date_time;

pub use date_time::{DateTime, NotADateTime};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;
use std::ops::{Add, Sub};
use std::time::Duration;

const NANOS: i128 = 1_000_000_000;

/// Ticks a second of a track or a manifest element. Cannot be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timescale(NonZeroU32);

impl Timescale {
    /// One tick a second: the default of MPD attributes.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// `None` for zero.
    pub fn new(ticks_per_second: u32) -> Option<Self> {
        NonZeroU32::new(ticks_per_second).map(Self)
    }

    /// Ticks a second.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The tick nearest to `time`, saturating at the ends of `i64`.
    pub fn ticks_at(self, time: PresentationTime) -> i64 {
        clamp_i64(div_round(i128::from(time.0) * i128::from(self.get()), NANOS))
    }
}

/// An instant or a length in ticks, together with what a tick is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MediaTime {
    /// Ticks since the track's own zero.
    pub ticks: i64,
    /// Ticks a second.
    pub timescale: Timescale,
}

impl MediaTime {
    /// `ticks` of `timescale`.
    pub const fn new(ticks: i64, timescale: Timescale) -> Self {
        Self { ticks, timescale }
    }

    /// On the presentation axis, rounded to the nearest nanosecond and saturating (292 years).
    pub fn presentation(self) -> PresentationTime {
        PresentationTime(clamp_i64(div_round(i128::from(self.ticks) * NANOS, i128::from(self.timescale.get()))))
    }

    /// As a length; negative ones are empty.
    pub fn duration(self) -> Duration {
        self.presentation().since_start()
    }

    /// The nearest tick of another timescale.
    pub fn rescaled(self, to: Timescale) -> Self {
        let ticks = div_round(i128::from(self.ticks) * i128::from(to.get()), i128::from(self.timescale.get()));
        Self { ticks: clamp_i64(ticks), timescale: to }
    }
}

/// An instant on the axis that picture and sound share, in nanoseconds from the start of the presentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PresentationTime(i64);

impl PresentationTime {
    /// The start of the presentation.
    pub const ZERO: Self = Self(0);
    /// Later than everything.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds, saturating.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From seconds; NaN gives zero, too large values saturate.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self((secs * 1e9).round() as i64)
    }

    /// In nanoseconds.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// In seconds.
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// How far this lies behind `earlier`; zero when it lies before it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0).max(0) as u64)
    }

    /// How far this lies behind the start; zero before it.
    pub fn since_start(self) -> Duration {
        self.since(Self::ZERO)
    }

    /// The signed distance to `other` in seconds.
    pub fn offset_secs(self, other: Self) -> f64 {
        self.0.saturating_sub(other.0) as f64 / 1e9
    }

    /// Moved by a signed number of nanoseconds, saturating.
    pub const fn offset_by_nanos(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }
}

impl Add<Duration> for PresentationTime {
    type Output = Self;
    /// Saturates.
    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(nanos_of(by)))
    }
}

impl Sub<Duration> for PresentationTime {
    type Output = Self;
    /// Saturates; may go below zero.
    fn sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(nanos_of(by)))
    }
}

/// `12.345 s`.
impl fmt::Display for PresentationTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.secs_f64())
    }
}

/// An instant since the session began, in nanoseconds. An input of the core, never asked for by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionTime(u64);

impl SessionTime {
    /// The beginning of the session.
    pub const ZERO: Self = Self(0);
    /// Later than every instant of a session.
    pub const MAX: Self = Self(u64::MAX);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// From milliseconds; NaN and negative give zero, too large values saturate.
    pub fn from_millis_f64(millis: f64) -> Self {
        Self((millis * 1e6).round() as u64)
    }

    /// In nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// In milliseconds.
    pub fn millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// In seconds.
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Time passed since `earlier`; zero when that lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl From<Duration> for SessionTime {
    /// The instant `since_start` after the beginning, saturating.
    fn from(since_start: Duration) -> Self {
        Self(nanos_of(since_start) as u64)
    }
}

impl Add<Duration> for SessionTime {
    type Output = Self;
    /// Saturates.
    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(nanos_of(by) as u64))
    }
}

/// `12.345 s`.
impl fmt::Display for SessionTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.secs_f64())
    }
}

fn nanos_of(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Division rounded to the nearest integer, halves away from zero. `by` is positive.
fn div_round(value: i128, by: i128) -> i128 {
    (value + if value < 0 { -by / 2 } else { by / 2 }) / by
}

fn clamp_i64(value: i128) -> i64 {
    value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ts(ticks_per_second: u32) -> Timescale {
        Timescale::new(ticks_per_second).unwrap()
    }

    #[test]
    fn ntsc_frames_convert_one_by_one_without_drift() {
        let frame = |n: i64| MediaTime::new(n * 1001, ts(30_000)).presentation();
        assert_eq!(frame(30_000), PresentationTime::from_millis(1_001_000));
        assert_eq!(frame(1).nanos(), 33_366_667);
    }

    #[test]
    fn extremes_saturate() {
        assert_eq!(MediaTime::new(i64::MAX, Timescale::ONE).presentation(), PresentationTime::MAX);
        assert_eq!(PresentationTime::MAX + Duration::MAX, PresentationTime::MAX);
        assert_eq!(SessionTime::MAX + Duration::from_secs(1), SessionTime::MAX);
        assert_eq!(SessionTime::from_millis_f64(-1.0), SessionTime::ZERO);
        assert!(Timescale::new(0).is_none());
    }

    proptest! {
        /// Up to a nanosecond's worth of ticks, ticks survive the way over the presentation axis.
        #[test]
        fn ticks_round_trip(seconds in -9_000_000_000i64..9_000_000_000, scale in 1u32..1_000_000) {
            let ticks = (seconds * i64::from(scale)).clamp(-1_000_000_000_000, 1_000_000_000_000);
            let time = MediaTime::new(ticks, ts(scale));
            prop_assert_eq!(ts(scale).ticks_at(time.presentation()), ticks);
            prop_assert_eq!(time.rescaled(ts(scale)).ticks, ticks);
        }
    }
}
