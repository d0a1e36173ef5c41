//! Rates as people type them: `4000` and `4000k` are kbit/s, `2.5M` and `2.5 Mbit/s` Mbit/s. What could be meant in two
//! ways is refused, with an example of what is clear. Not here: rates in manifests, which are numbers of bit/s.

use super::Bitrate;
use std::str::FromStr;

/// What may be meant where a unit is not clear.
const EXAMPLE: &str = "write a rate as 4000 or 4000k (kbit/s), or as 2.5M (Mbit/s)";

const BYTES: &str = "that counts bytes, and a rate counts bits";

/// Why a text is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// It has nothing of a rate: it may be a name.
    #[error("`{0}` is no rate: {EXAMPLE}")]
    NotARate(String),
    /// It has a number and a unit, but not one of a rate, or one that is read in two ways.
    #[error("`{text}` is no rate: {why}; {EXAMPLE}")]
    Unclear {
        /// What was typed.
        text: String,
        /// What is not clear in it.
        why: &'static str,
    },
}

/// A number without a unit counts kbit/s. The case of a unit matters only where it tells bits from bytes and mega from
/// milli.
impl FromStr for Bitrate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let typed = text.trim();
        let end = typed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(typed.len());
        let (number, unit) = (&typed[..end], typed[end..].trim_start());
        let not_a_rate = || RateError::NotARate(text.to_owned());
        let value: f64 = number.parse().ok().filter(|_| looks_like_unit(unit)).ok_or_else(not_a_rate)?;
        let factor = factor(unit).map_err(|why| RateError::Unclear { text: text.to_owned(), why })?;
        Ok(Self::from_bps_f64(value * factor))
    }
}

/// Letters, or a number that goes on in another way: not the rest of a file's name.
fn looks_like_unit(unit: &str) -> bool {
    unit.chars().all(|c| c.is_alphabetic() || c == '/') || unit.starts_with(',')
}

/// How many bit/s one of it is.
fn factor(unit: &str) -> Result<f64, &'static str> {
    if unit.starts_with(',') {
        return Err("the decimal sign is a point");
    }
    let prefix = unit.chars().next().filter(|c| "kKmMgG".contains(*c));
    let rest = &unit[prefix.map_or(0, char::len_utf8)..];
    match (prefix, rest) {
        (None, "") => Ok(1e3),
        (Some('m'), "") => Err("`m` could be milli or mega"),
        (Some('g' | 'G'), "") => Err("`G` could be giga or a network"),
        (Some(_), "") => Ok(scale(prefix)),
        _ => bits_a_second(rest, prefix.is_some()).map(|()| scale(prefix)),
    }
}

fn scale(prefix: Option<char>) -> f64 {
    match prefix {
        Some('k' | 'K') => 1e3,
        Some('m' | 'M') => 1e6,
        Some(_) => 1e9,
        None => 1.0,
    }
}

/// Whether that is what a unit says behind its prefix.
fn bits_a_second(unit: &str, has_prefix: bool) -> Result<(), &'static str> {
    let small = unit.to_ascii_lowercase();
    match small.as_str() {
        _ if unit.starts_with('i') => Err("prefixes count 1000, not 1024"),
        _ if small.starts_with("byte") => Err(BYTES),
        _ if unit.starts_with('B') && !small.starts_with("bit") => Err(BYTES),
        "bps" | "b/s" | "bit/s" | "bits/s" => Ok(()),
        // `Mbit` is said for `Mbit/s`.
        "b" | "bit" | "bits" if has_prefix => Ok(()),
        "b" | "bit" | "bits" => Err("that is a number of bits"),
        _ => Err("the unit is unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_understood_as_they_are_typed() {
        let cases = [
            ("4000", 4_000_000),
            ("4000.5", 4_000_500),
            ("0", 0),
            (".5M", 500_000),
            ("500k", 500_000),
            ("500K", 500_000),
            ("2500kbit/s", 2_500_000),
            ("2500 kbps", 2_500_000),
            ("2.5M", 2_500_000),
            ("2.5Mbps", 2_500_000),
            ("4mbps", 4_000_000),
            ("2.5 Mbit/s", 2_500_000),
            ("4Mb/s", 4_000_000),
            ("1Gbit/s", 1_000_000_000),
            ("2.5MBit/s", 2_500_000),
            ("800000bps", 800_000),
            ("800000 bit/s", 800_000),
        ];
        for (typed, bps) in cases {
            assert_eq!(typed.parse(), Ok(Bitrate::from_bps(bps)), "{typed}");
        }
    }

    #[test]
    fn what_people_are_shown_can_be_typed_again() {
        for bps in [600_000, 2_500_000, 120_000_000] {
            let rate = Bitrate::from_bps(bps);
            assert_eq!(rate.to_string().parse(), Ok(rate));
        }
    }

    #[test]
    fn what_could_be_meant_in_two_ways_is_refused_with_an_example() {
        for (typed, why) in [
            ("4MB/s", "bytes"),
            ("4MBps", "bytes"),
            ("500kB", "bytes"),
            ("4Mbyte/s", "bytes"),
            ("4Mi", "1000"),
            ("4MiB/s", "1000"),
            ("2.5m", "milli"),
            ("2,5M", "point"),
            ("4Mbits/min", "unknown"),
            ("4x", "unknown"),
            ("4G", "network"),
            ("800b", "number of bits"),
        ] {
            let refused = typed.parse::<Bitrate>().unwrap_err().to_string();
            assert!(refused.contains(why) && refused.contains(typed) && refused.contains("2.5M"), "{refused}");
        }
    }

    #[test]
    fn names_are_no_rates() {
        for name in
            ["", "fall.csv", "4g.csv", "3g_train", "./4M", "-5", "nan", "inf", "M", "1.2.3", "..", "5g-lab", "1e3"]
        {
            assert!(matches!(name.parse::<Bitrate>(), Err(RateError::NotARate(_))), "{name}");
        }
    }
}
