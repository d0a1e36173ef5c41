//! Wall time as data: instants in UTC, and their text (`xs:dateTime` of XML Schema, RFC 3339). Nothing here asks what
//! time it is.

use super::clamp_i64;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

const SECONDS_A_DAY: i64 = 86_400;
const NANOS_A_SECOND: i64 = 1_000_000_000;

/// An instant of wall time in nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. It reaches from 1677 to
/// 2262; what lies outside saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DateTime(i64);

/// A text is no date with a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time such as 2026-03-01T12:00:00Z")]
pub struct NotADateTime;

impl DateTime {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);
    /// Earlier than every instant that can occur.
    pub const MIN: Self = Self(i64::MIN);
    /// Later than every instant that can occur.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since 1970.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// In nanoseconds since 1970.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// How far this lies behind `earlier`; zero when it lies before it.
    pub const fn since(self, earlier: Self) -> Duration {
        let nanos = self.0.saturating_sub(earlier.0);
        if nanos > 0 { Duration::from_nanos(nanos.unsigned_abs()) } else { Duration::ZERO }
    }

    /// The signed distance to `earlier` in nanoseconds, saturating.
    pub const fn nanos_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Moved by a signed number of nanoseconds, saturating.
    pub const fn offset_by_nanos(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// `by` later; `None` when there is no such instant.
    pub fn checked_add(self, by: Duration) -> Option<Self> {
        i64::try_from(i128::from(self.0) + wide(by)).ok().map(Self)
    }

    /// `by` earlier; `None` when there is no such instant.
    pub fn checked_sub(self, by: Duration) -> Option<Self> {
        i64::try_from(i128::from(self.0) - wide(by)).ok().map(Self)
    }
}

impl Add<Duration> for DateTime {
    type Output = Self;
    /// Saturates.
    fn add(self, by: Duration) -> Self {
        Self(clamp_i64(i128::from(self.0) + wide(by)))
    }
}

impl Sub<Duration> for DateTime {
    type Output = Self;
    /// Saturates.
    fn sub(self, by: Duration) -> Self {
        Self(clamp_i64(i128::from(self.0) - wide(by)))
    }
}

/// In nanoseconds. The longest Duration has 95 bits of them.
fn wide(duration: Duration) -> i128 {
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX / 2)
}

/// What a shell's clock said. Saturates.
impl From<SystemTime> for DateTime {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self::UNIX_EPOCH + after,
            Err(before) => Self::UNIX_EPOCH - before.duration(),
        }
    }
}

/// Reads `2026-03-01T12:00:00.5+01:00`. Fraction and zone may be missing; without a zone it is UTC, as in every MPD
/// (ISO/IEC 23009-1 asks for one). Digits beyond nanoseconds are dropped; `24:00:00` and a leap second count on into
/// the next day or minute.
impl FromStr for DateTime {
    type Err = NotADateTime;

    fn from_str(text: &str) -> Result<Self, NotADateTime> {
        parse(text.trim()).ok_or(NotADateTime)
    }
}

impl TryFrom<String> for DateTime {
    type Error = NotADateTime;

    fn try_from(text: String) -> Result<Self, NotADateTime> {
        text.parse()
    }
}

impl From<DateTime> for String {
    fn from(time: DateTime) -> Self {
        time.to_string()
    }
}

/// `2026-03-01T12:00:00Z`, with as many decimals as there are.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(NANOS_A_SECOND);
        let nanos = self.0.rem_euclid(NANOS_A_SECOND);
        let (year, month, day) = date_of(seconds.div_euclid(SECONDS_A_DAY));
        let second = seconds.rem_euclid(SECONDS_A_DAY);
        let hour = second / 3600;
        let minute = second / 60 % 60;
        let second = second % 60;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match format!("{nanos:09}").trim_end_matches('0') {
            "" => f.write_str("Z"),
            decimals => write!(f, ".{decimals}Z"),
        }
    }
}

fn parse(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once(['T', 't'])?;
    let (time, zone) = split_zone(time)?;
    let seconds = i128::from(days(date)?) * i128::from(SECONDS_A_DAY) - i128::from(zone);
    let nanos = seconds * i128::from(NANOS_A_SECOND) + i128::from(time_of_day(time)?);
    Some(DateTime(clamp_i64(nanos)))
}

/// The time without its zone, and how many seconds the zone is ahead of UTC.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (time, zone) = time.split_at(at);
    let (hours, minutes) = zone[1..].split_once(':')?;
    let ahead = 3600 * digits(hours, 2)? + 60 * digits(minutes, 2)?;
    Some((time, if zone.starts_with('-') { -ahead } else { ahead }))
}

/// Nanoseconds since midnight of `hh:mm:ss.fff`.
fn time_of_day(time: &str) -> Option<i64> {
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let (hour, rest) = time.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    let hour = digits(hour, 2)?;
    let minute = digits(minute, 2)?;
    let second = digits(second, 2)?;
    let is_a_time = hour <= 23 && minute <= 59 && second <= 60 || (hour, minute, second) == (24, 0, 0);
    if !is_a_time || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos = digits(&format!("{fraction:0<9.9}"), 9)?;
    Some((3600 * hour + 60 * minute + second) * NANOS_A_SECOND + nanos)
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let all_digits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().ok()).flatten()
}

/// Days since 1970 of `yyyy-mm-dd` in the Gregorian calendar. By counting from a March on, which puts the leap day at
/// the end of the year (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days(date: &str) -> Option<i64> {
    let (year, rest) = date.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let year = digits(year, 4)?;
    let month = digits(month, 2)?;
    let day = digits(day, 2)?;
    if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    let march_year = year - i64::from(month <= 2);
    let march_month = (month + 9) % 12;
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

fn days_in(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Year, month and day: the way back of [`days`].
fn date_of(days_since_1970: i64) -> (i64, i64, i64) {
    let days = days_since_1970 + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(text: &str) -> Option<f64> {
        text.parse::<DateTime>().ok().map(|time| time.nanos() as f64 / 1e9)
    }

    #[test]
    fn dates_of_the_wild() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0.0)),
            ("1970-01-01T00:00:00", Some(0.0)),
            (" 1970-01-01t00:00:01.25z ", Some(1.25)),
            ("1970-01-01T01:00:00+01:00", Some(0.0)),
            ("1969-12-31T19:30:00.5-04:30", Some(0.5)),
            ("1969-12-31T23:59:59.9Z", Some(-0.1)),
            ("1970-01-01T24:00:00Z", Some(86_400.0)),
            ("2016-12-31T23:59:60Z", Some(1_483_228_800.0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400.0)),
            ("2024-02-29T23:59:59.5000000009Z", Some(1_709_251_199.5)),
            ("2100-02-29T00:00:00Z", None),
            ("2024-00-10T00:00:00Z", None),
            ("2024-01-32T00:00:00Z", None),
            ("2024-01-01T24:00:01Z", None),
            ("2024-01-01T00:00:00.Z", None),
            ("2024-01-01", None),
            ("2024-1-1T0:0:0Z", None),
            ("+024-01-01T00:00:00Z", None),
            ("now", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn dates_are_written_as_in_rfc_3339() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(DateTime::from_nanos(seconds * NANOS_A_SECOND).to_string(), expected);
        }
        assert_eq!(DateTime::from_nanos(-100_000_000).to_string(), "1969-12-31T23:59:59.9Z");
    }

    #[test]
    fn arithmetic_saturates_or_says_that_it_cannot() {
        let noon: DateTime = "2026-03-01T12:00:00Z".parse().unwrap();
        let later = noon + Duration::from_secs(90);
        assert_eq!(later.to_string(), "2026-03-01T12:01:30Z");
        assert_eq!((later.since(noon), noon.since(later)), (Duration::from_secs(90), Duration::ZERO));
        assert_eq!(noon.nanos_since(later), -90 * NANOS_A_SECOND);
        assert_eq!(later - Duration::from_secs(90), noon);
        assert_eq!((noon + Duration::MAX, noon - Duration::MAX), (DateTime::MAX, DateTime::MIN));
        assert_eq!((noon.checked_add(Duration::MAX), DateTime::MIN.checked_sub(Duration::from_nanos(1))), (None, None));
        assert_eq!("9999-12-31T23:59:59Z".parse(), Ok(DateTime::MAX));
        assert_eq!("0000-01-01T00:00:00Z".parse(), Ok(DateTime::MIN));
        assert_eq!(DateTime::from(SystemTime::UNIX_EPOCH), DateTime::UNIX_EPOCH);
    }

    #[test]
    fn in_json_it_is_text() {
        let time = DateTime::from_nanos(1_500_000_000);
        let json = serde_json::to_string(&time).unwrap();
        assert_eq!(json, r#""1970-01-01T00:00:01.5Z""#);
        assert_eq!(serde_json::from_str::<DateTime>(&json).unwrap(), time);
        assert!(serde_json::from_str::<DateTime>("\"soon\"").is_err());
    }

    proptest! {
        #[test]
        fn text_round_trips(nanos in proptest::num::i64::ANY) {
            let time = DateTime::from_nanos(nanos);
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }

        #[test]
        fn nothing_panics(text in "[0-9]{0,5}(-|:|T|Z|\\+|\\.|\\PC){0,30}") {
            let _ = text.parse::<DateTime>();
        }
    }
}
