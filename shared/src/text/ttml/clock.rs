//! Time expressions (TTML 10.3): clock times and offsets in hours, minutes, seconds, milliseconds, frames and ticks.

use super::Attributes;
use crate::time::PresentationTime;
use std::ops::Range;
use std::time::Duration;

/// No time is later: a hundred hours.
const LATEST: f64 = 360_000.0;

/// How times of a document are to be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    frame_rate: f64,
    sub_frames: f64,
    tick_rate: f64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { frame_rate: 30.0, sub_frames: 1.0, tick_rate: 1.0 }
    }
}

impl Clock {
    /// By what the root says (6.2).
    pub(super) fn of(attributes: &Attributes) -> Self {
        let number = |name: &str| attributes.get(name)?.trim().parse().ok().filter(|number: &f64| *number > 0.0);
        let multiplier = attributes.get("frameRateMultiplier").and_then(|text| {
            let (top, bottom) = text.trim().split_once([' ', ':'])?;
            let (top, bottom): (f64, f64) = (top.parse().ok()?, bottom.trim().parse().ok()?);
            (top > 0.0 && bottom > 0.0).then_some(top / bottom)
        });
        let nominal = number("frameRate");
        let frame_rate = nominal.unwrap_or(30.0) * multiplier.unwrap_or(1.0);
        let sub_frames = number("subFrameRate").unwrap_or(1.0);
        let tick_rate = number("tickRate").or(nominal.map(|rate| rate * sub_frames)).unwrap_or(1.0);
        Self { frame_rate, sub_frames, tick_rate }
    }

    /// When an element is shown whose parent is shown in `outer`; where children follow one another, it begins behind
    /// `before`.
    pub(super) fn interval(
        self,
        attributes: &Attributes,
        outer: &Range<PresentationTime>,
        before: Option<PresentationTime>,
    ) -> Range<PresentationTime> {
        let time = |name: &str| attributes.get(name).and_then(|text| self.time(text));
        let base = before.unwrap_or(outer.start);
        let start = time("begin").map_or(base, |begin| base + begin);
        let lasts = time("dur").map(|lasts| start + lasts);
        let ends = time("end").map(|end| base + end);
        let end = [lasts, ends].into_iter().flatten().min();
        // Text of a sequence without a length shows nothing (SMIL: its implicit duration).
        let usual = if before.is_some() && !attributes.contains_key("timeContainer") { start } else { outer.end };
        start..end.unwrap_or(usual).min(outer.end)
    }

    fn time(self, text: &str) -> Option<Duration> {
        let text = text.trim();
        let seconds = if text.contains(':') { self.clock_time(text) } else { self.offset(text) };
        seconds.filter(|seconds| (0.0..LATEST).contains(seconds)).map(Duration::from_secs_f64)
    }

    fn clock_time(self, text: &str) -> Option<f64> {
        let mut parts = text.split(':');
        let hours: f64 = number(parts.next()?)?;
        let minutes: f64 = number(parts.next()?)?;
        let seconds: f64 = number(parts.next()?)?;
        let frames = match parts.next() {
            None => 0.0,
            Some(frames) => {
                let (frames, parts) = frames.split_once('.').unwrap_or((frames, "0"));
                (number(frames)? + number(parts)? / self.sub_frames) / self.frame_rate
            }
        };
        Some(hours * 3600.0 + minutes * 60.0 + seconds + frames)
    }

    fn offset(self, text: &str) -> Option<f64> {
        let end = text.find(|c: char| c.is_ascii_alphabetic())?;
        let value = number(&text[..end])?;
        Some(match &text[end..] {
            "h" => value * 3600.0,
            "m" => value * 60.0,
            "s" => value,
            "ms" => value / 1000.0,
            "f" => value / self.frame_rate,
            "t" => value / self.tick_rate,
            _ => return None,
        })
    }
}

fn number(text: &str) -> Option<f64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_say_a_time() {
        let root = [("frameRate", "24"), ("frameRateMultiplier", "1000 1001"), ("tickRate", "10000000")];
        let clock = Clock::of(&root.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
        let millis = |text| clock.time(text).map(|time| time.as_millis());
        let cases = [
            ("01:02:03.5", Some(3_723_500)),
            ("00:00:01:12", Some(1500)),
            ("1.5s", Some(1500)),
            ("250ms", Some(250)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("24f", Some(1001)),
            ("15000000t", Some(1500)),
            ("12", None),
            ("1x", None),
            ("-1s", None),
            ("1:2", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(millis(text), expected, "{text}");
        }
    }
}
