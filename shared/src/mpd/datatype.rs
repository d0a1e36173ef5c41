//! The attribute types of the MPD schema that Rust does not have: durations, frame rates, ratios, byte ranges.
//! Reading is lenient where the meaning is plain (white space, `TRUE`, `30.0`); writing is strict.
//! Not here: XML itself ([`super::xml`]) and what the values mean ([`mod@super::resolve`]).

use crate::time::DateTime;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A value of an XML attribute: how to read it from text and how to write it.
pub trait Value: Sized {
    /// What the value should have been, for the warning: "a whole number".
    const EXPECTED: &'static str;

    /// Reads the unescaped text of an attribute; `None` when it has no meaning as this type.
    fn parse(text: &str) -> Option<Self>;

    /// The text that the schema allows for this value.
    fn to_text(&self) -> String;
}

impl Value for String {
    const EXPECTED: &'static str = "text";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn to_text(&self) -> String {
        self.clone()
    }
}

macro_rules! whole_number {
    ($($int:ty),*) => {$(
        impl Value for $int {
            const EXPECTED: &'static str = "a whole number";

            fn parse(text: &str) -> Option<Self> {
                let text = text.trim();
                // Some packagers write integers as floating-point numbers: `30.0`.
                let text = text.split_once('.').map_or(text, |(whole, zeros)| {
                    if zeros.bytes().all(|b| b == b'0') { whole } else { text }
                });
                text.parse().ok()
            }

            fn to_text(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
whole_number!(u32, u64, i64);

impl Value for f64 {
    const EXPECTED: &'static str = "a number";

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "INF" | "+INF" => Some(Self::INFINITY),
            number => number.parse().ok().filter(|n: &Self| n.is_finite()),
        }
    }

    fn to_text(&self) -> String {
        if self.is_infinite() { "INF".to_owned() } else { self.to_string() }
    }
}

impl Value for bool {
    const EXPECTED: &'static str = "true or false";

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "1" => Some(true),
            "0" => Some(false),
            word if word.eq_ignore_ascii_case("true") => Some(true),
            word if word.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

/// `xs:duration` in nanoseconds, signed and saturating at 292 years. A year counts 365 days and a month 30, as
/// everywhere in players: the schema leaves them open and no manifest needs them exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct XsDuration(i64);

impl XsDuration {
    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// In nanoseconds, negative when the text was.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// As a length; negative ones are empty.
    pub fn duration(self) -> Duration {
        Duration::from_nanos(self.0.max(0).unsigned_abs())
    }
}

impl From<Duration> for XsDuration {
    /// Saturates.
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

const DAY: u32 = 86_400;

impl Value for XsDuration {
    const EXPECTED: &'static str = "a duration such as PT12.5S";

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let text = text.strip_prefix('P')?;
        let (date, time) = text.split_once('T').unwrap_or((text, ""));
        let date = sum_fields(date, &[('Y', 365 * DAY), ('M', 30 * DAY), ('D', DAY)])?;
        let time = sum_fields(time, &[('H', 3600), ('M', 60), ('S', 1)])?;
        let nanos = i64::try_from(date.saturating_add(time)).unwrap_or(i64::MAX);
        Some(Self(if negative { -nanos } else { nanos }))
    }

    fn to_text(&self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let secs = self.0.unsigned_abs() / 1_000_000_000;
        let nanos = self.0.unsigned_abs() % 1_000_000_000;
        let hours = secs / 3600;
        let minutes = secs / 60 % 60;
        let secs = secs % 60;
        let mut out = format!("{sign}PT");
        if hours > 0 {
            out += &format!("{hours}H");
        }
        if minutes > 0 {
            out += &format!("{minutes}M");
        }
        let fraction = format!("{nanos:09}");
        match fraction.trim_end_matches('0') {
            "" if secs == 0 && hours + minutes > 0 => {}
            "" => out += &format!("{secs}S"),
            digits => out += &format!("{secs}.{digits}S"),
        }
        out
    }
}

/// The fields of one half of a duration, each with its unit's seconds, in nanoseconds. Fields may be missing, not
/// reordered.
fn sum_fields(mut text: &str, units: &[(char, u32)]) -> Option<u128> {
    let mut total = 0_u128;
    for &(unit, seconds) in units {
        if let Some((number, rest)) = text.split_once(unit) {
            total = total.saturating_add(decimal_nanos(number)?.saturating_mul(seconds.into()));
            text = rest;
        }
    }
    text.is_empty().then_some(total)
}

/// `12.345` in billionths, exactly; digits beyond the ninth are dropped.
fn decimal_nanos(text: &str) -> Option<u128> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u128::from(u64::MAX)) };
    let fraction: u128 = format!("{:0<9.9}", fraction).parse().ok()?;
    Some(whole.saturating_mul(1_000_000_000).saturating_add(fraction))
}

impl Value for DateTime {
    const EXPECTED: &'static str = "a date and time such as 2026-03-01T12:00:00Z";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

/// Frames a second as a fraction, neither part zero: `30000/1001`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FrameRate {
    /// Frames …
    pub frames: u32,
    /// … in so many seconds.
    pub seconds: u32,
}

impl FrameRate {
    /// `None` when either part is zero.
    pub fn new(frames: u32, seconds: u32) -> Option<Self> {
        (frames > 0 && seconds > 0).then_some(Self { frames, seconds })
    }

    /// As a number, for display and comparison.
    pub fn fps(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }
}

/// `25 fps`, `29.97 fps`.
impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let two_digits = format!("{:.2}", self.fps());
        write!(f, "{} fps", two_digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Value for FrameRate {
    const EXPECTED: &'static str = "a frame rate such as 25 or 30000/1001";

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some((frames, seconds)) = text.split_once('/') {
            return Self::new(u32::parse(frames)?, u32::parse(seconds)?);
        }
        if let Some(frames) = u32::parse(text) {
            return Self::new(frames, 1);
        }
        let millis = f64::parse(text).map(|fps| (fps * 1000.0).round())?;
        Self::new(millis as u32, 1000) // `as` saturates; negative gives zero and is refused
    }

    fn to_text(&self) -> String {
        if self.seconds == 1 { self.frames.to_string() } else { format!("{}/{}", self.frames, self.seconds) }
    }
}

/// Two numbers with a colon: picture or sample aspect ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AspectRatio {
    /// The horizontal part.
    pub x: u32,
    /// The vertical part.
    pub y: u32,
}

impl Value for AspectRatio {
    const EXPECTED: &'static str = "a ratio such as 16:9";

    fn parse(text: &str) -> Option<Self> {
        let (x, y) = text.split_once(':')?;
        Some(Self { x: u32::parse(x)?, y: u32::parse(y)? })
    }

    fn to_text(&self) -> String {
        format!("{}:{}", self.x, self.y)
    }
}

/// Bytes `first` to `last` of a resource, both included as in RFC 9110 14.1.2; without `last` to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ByteRange {
    /// Offset of the first byte.
    pub first: u64,
    /// Offset of the last byte, not below `first`.
    pub last: Option<u64>,
}

impl ByteRange {
    /// `length` bytes from `first` on; `None` for an empty range or one beyond `u64`.
    pub fn of_length(first: u64, length: u64) -> Option<Self> {
        let last = first.checked_add(length.checked_sub(1)?)?;
        Some(Self { first, last: Some(last) })
    }

    /// How many bytes it covers, when it has an end.
    pub fn length(self) -> Option<u64> {
        self.last.map(|last| (last - self.first).saturating_add(1))
    }
}

/// `0-499` or `500-`: the part after `bytes=` in a Range header, and what the MPD writes.
impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.first)?;
        self.last.map_or(Ok(()), |last| write!(f, "{last}"))
    }
}

impl Value for ByteRange {
    const EXPECTED: &'static str = "a byte range such as 0-499";

    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        let first = u64::parse(first)?;
        let last = if last.trim().is_empty() { None } else { Some(u64::parse(last)?) };
        last.is_none_or(|last| last >= first).then_some(Self { first, last })
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(text: &str) -> Option<f64> {
        XsDuration::parse(text).map(|d| d.nanos() as f64 / 1e9)
    }

    #[test]
    fn durations_of_the_wild() {
        let cases = [
            ("PT1H2M3.5S", Some(3723.5)),
            ("P0DT0H0M4.000S", Some(4.0)),
            ("P1Y2M3DT4H", Some((365.0 + 60.0 + 3.0) * 86400.0 + 14400.0)),
            (" PT0.033S ", Some(0.033)),
            ("-PT5S", Some(-5.0)),
            ("PT", Some(0.0)),
            ("PT1.S", Some(1.0)),
            ("P99999999999999999999999999999999999999999Y", Some(i64::MAX as f64 / 1e9)),
            ("PT1M1H", None),
            ("5", None),
            ("PTxS", None),
            ("PT-5S", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_written_shortly() {
        let cases = [(0, "PT0S"), (3_600_000_000_000, "PT1H"), (61_500_000_000, "PT1M1.5S"), (-1, "-PT0.000000001S")];
        for (nanos, text) in cases {
            assert_eq!(XsDuration::from_nanos(nanos).to_text(), text);
        }
    }

    #[test]
    fn lenient_scalars() {
        assert_eq!(bool::parse("TRUE"), Some(true));
        assert_eq!(u32::parse(" 30.0"), Some(30));
        assert_eq!(u32::parse("30.5"), None);
        assert_eq!(u32::parse("-1"), None);
        assert_eq!(f64::parse("INF"), Some(f64::INFINITY));
        assert_eq!(f64::parse("NaN"), None);
        assert_eq!(FrameRate::parse("30.0"), FrameRate::new(30, 1));
        assert_eq!(FrameRate::parse("29.97"), FrameRate::new(29970, 1000));
        assert_eq!(FrameRate::parse("25/0"), None);
        assert_eq!(FrameRate::parse("30000/1001").map(|r| r.to_string()).as_deref(), Some("29.97 fps"));
        assert_eq!(AspectRatio::parse("16:9"), Some(AspectRatio { x: 16, y: 9 }));
    }

    #[test]
    fn byte_ranges_hold_their_ends() {
        assert_eq!(ByteRange::parse("0-499").and_then(ByteRange::length), Some(500));
        assert_eq!(ByteRange::parse("500-"), Some(ByteRange { first: 500, last: None }));
        assert_eq!(ByteRange::parse("500-499"), None);
        assert_eq!(ByteRange::parse("-500"), None);
        assert_eq!(ByteRange::of_length(u64::MAX, 2), None);
        assert_eq!(ByteRange::parse("0-18446744073709551615").and_then(ByteRange::length), Some(u64::MAX));
    }

    proptest! {
        #[test]
        fn durations_round_trip(nanos in proptest::num::i64::ANY) {
            let duration = XsDuration::from_nanos(nanos.max(-i64::MAX));
            prop_assert_eq!(XsDuration::parse(&duration.to_text()), Some(duration));
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,24}") {
            let _ = (XsDuration::parse(&text), FrameRate::parse(&text), ByteRange::parse(&text), AspectRatio::parse(&text));
        }
    }
}
