//! Numbers for people: always with a unit, always of the same width for the same kind of figure.

use player_core::io::{FaultKind, FaultPlan};
use shared::time::{PresentationTime, SessionTime};
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// `0:42`, `12:05`, `1:02:03`.
pub(crate) fn clock(seconds: f64) -> String {
    let whole = if seconds.is_finite() { seconds.max(0.0) as u64 } else { 0 };
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// `0:42.033`.
pub(crate) fn precise(seconds: f64) -> String {
    let millis = if seconds.is_finite() { (seconds.max(0.0) * 1e3 + 1e-6) as u64 } else { 0 };
    format!("{}.{:03}", clock((millis / 1000) as f64), millis % 1000)
}

/// [`clock`] of a place in the film.
pub(crate) fn place(position: PresentationTime) -> String {
    clock(position.secs_f64())
}

/// [`clock`] of an instant of the session.
pub(crate) fn instant(at: SessionTime) -> String {
    clock(at.secs_f64())
}

/// `17.4 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// `63 %`; nothing when the whole is unknown or empty.
pub(crate) fn percent(part: u64, whole: Option<u64>) -> Option<String> {
    let whole = whole.filter(|whole| *whole > 0)?;
    Some(format!("{} %", (part.min(whole) as u128 * 100) / u128::from(whole)))
}

/// For axes and presets, where room is short: `600 k`, `2.5 M`.
pub(crate) fn short_rate(rate: Bitrate) -> String {
    let mbps = rate.mbps();
    match rate.bps() {
        0..1_000_000 => format!("{:.0} k", rate.kbps()),
        _ if mbps < 10.0 && (mbps * 10.0).round() % 10.0 != 0.0 => format!("{mbps:.1} M"),
        _ => format!("{mbps:.0} M"),
    }
}

/// `38 ms`, `1.24 s`, `12.5 s`: three digits of what a transfer takes.
pub(crate) fn brief(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds < 0.9995 => format!("{:.0} ms", seconds * 1e3),
        _ if seconds < 9.995 => format!("{seconds:.2} s"),
        _ => format!("{seconds:.1} s"),
    }
}

/// For tables: `612 k`, `2.1 M`, in bytes.
pub(crate) fn short_size(size: ByteSize) -> String {
    match size.bytes() {
        bytes @ 0..1_000 => format!("{bytes} B"),
        bytes @ 1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        bytes => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// `503 every 5th`, `404 always`.
pub(crate) fn faults(faults: &FaultPlan) -> String {
    let kind = fault(faults.kind);
    match faults.every {
        0 | 1 => format!("{kind} always"),
        every => format!("{kind} every {every}{}", ordinal(every)),
    }
}

/// A fault in a word.
pub(crate) fn fault(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Unavailable => "503",
        FaultKind::NotFound => "404",
        FaultKind::Reset => "reset",
        FaultKind::Silence => "silence",
    }
}

/// What follows the digits: `5th`, `2nd`.
fn ordinal(number: u32) -> &'static str {
    match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// The last part of a path, without `.csv`.
pub(crate) fn file_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".csv").unwrap_or(name).to_owned()
}

/// At most so many characters, without the middle: beginning and end tell most of an address.
pub(crate) fn elided(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most || most < 3 {
        return text.to_owned();
    }
    let (head, tail) = ((most - 1) / 2, most - 1 - (most - 1) / 2);
    let begin: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{begin}…{end}")
}

/// With a capital letter and a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let rest = letters.as_str();
    let stop = if rest.ends_with(['.', '!', '?']) || rest.is_empty() { "" } else { "." };
    format!("{first}{rest}{stop}")
}

/// With each number and its unit on one line.
pub(crate) fn unbroken(text: &str) -> String {
    let mut after_digit = false;
    let keep = |c: char| {
        let joined = if c == ' ' && after_digit { '\u{a0}' } else { c };
        after_digit = c.is_ascii_digit();
        joined
    };
    text.chars().map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_stays_with_its_number() {
        assert_eq!(unbroken("stall for 0.7 s, 1.5 Mbit/s"), "stall for 0.7\u{a0}s, 1.5\u{a0}Mbit/s");
    }

    #[test]
    fn what_is_too_long_loses_its_middle() {
        let address = "http://a.example/films/one/manifest.mpd";
        assert_eq!(elided(address, 39), address);
        assert_eq!(elided(address, 21), "http://a.e…nifest.mpd");
        assert_eq!(elided("ääää", 3), "ä…ä");
    }

    #[test]
    fn clocks() {
        let shown = [0.0, 42.9, 725.0, 3_723.0, -1.0, f64::NAN].map(clock);
        assert_eq!(shown, ["0:00", "0:42", "12:05", "1:02:03", "0:00", "0:00"]);
    }

    #[test]
    fn frames_need_milliseconds() {
        assert_eq!([42.0333, 0.9999, f64::NAN].map(precise), ["0:42.033", "0:00.999", "0:00.000"]);
    }

    #[test]
    fn short_rates() {
        let shown = [350, 999, 1_000, 2_500, 10_000, 12_500].map(|kbps| short_rate(Bitrate::from_kbps(kbps)));
        assert_eq!(shown, ["350 k", "999 k", "1 M", "2.5 M", "10 M", "12 M"]);
    }

    #[test]
    fn durations_of_transfers() {
        let shown = [0.0384, 0.9996, 1.239, 12.46].map(|seconds| brief(Duration::from_secs_f64(seconds)));
        assert_eq!(shown, ["38 ms", "1.00 s", "1.24 s", "12.5 s"]);
    }

    #[test]
    fn sentences() {
        assert_eq!(sentence("buffer 6.2 s: 360p can be held"), "Buffer 6.2 s: 360p can be held.");
        assert_eq!(sentence("Held by hand."), "Held by hand.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn faults_in_words() {
        let said = [1, 2, 3, 11, 21].map(|every| faults(&FaultPlan { kind: FaultKind::Reset, every }));
        let expected = ["reset always", "reset every 2nd", "reset every 3rd", "reset every 11th", "reset every 21st"];
        assert_eq!(said, expected);
    }

    #[test]
    fn percents_need_a_whole() {
        assert_eq!(percent(63, Some(100)).as_deref(), Some("63 %"));
        assert_eq!(percent(900, Some(100)).as_deref(), Some("100 %"));
        assert_eq!(percent(1, Some(0)), None);
        assert_eq!(percent(1, None), None);
    }
}
