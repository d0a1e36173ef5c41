//! What is wrong with a live service on purpose. Pure.

use shared::time::DateTime;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// By so much `ast-jump` says that the service began later than it did.
const AST_JUMP: Duration = Duration::from_secs(30);
/// By so much segments come later with `late-segments`.
const LATE: Duration = Duration::from_secs(1);
/// A clock that is wrong by more than a tenth is none.
const MOST_PPM: f64 = 100_000.0;

/// A minute keeps some of its seconds.
const LONGEST_PAUSE: RangeInclusive<f64> = 0.1..=50.0;

/// One of them, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LiveFault {
    /// `ast-jump`: the manifest says that the service began 30 s later than its timeline does.
    AstJump,
    /// `late-segments`: segments appear a second late.
    LateSegments,
    /// `stale-mpd`: every third edition of the manifest is the one before the last.
    StaleMpd,
    /// `encoder-pause=S`: of each minute since the service began the first S seconds are missing.
    EncoderPause(Duration),
    /// `drift=PPM`: from the start of the server on, media comes so much faster than wall time.
    Drift(f64),
}

impl FromStr for LiveFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "ast-jump" => Ok(Self::AstJump),
            None if text == "late-segments" => Ok(Self::LateSegments),
            None if text == "stale-mpd" => Ok(Self::StaleMpd),
            Some(("encoder-pause", seconds)) => match seconds.parse::<f64>() {
                Ok(seconds) if LONGEST_PAUSE.contains(&seconds) => {
                    Ok(Self::EncoderPause(Duration::from_secs_f64(seconds)))
                }
                _ => Err("encoder-pause=S takes a number of seconds from 0.1 to 50".to_owned()),
            },
            Some(("drift", ppm)) => match ppm.parse::<f64>() {
                Ok(ppm) if ppm.abs() <= MOST_PPM => Ok(Self::Drift(ppm)),
                _ => Err(format!("drift=PPM takes parts a million, at most {MOST_PPM}")),
            },
            _ => {
                let known = "ast-jump late-segments stale-mpd encoder-pause=S drift=PPM";
                Err(format!("unknown fault of a live service `{text}`: one of {known}"))
            }
        }
    }
}

/// All of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LiveFaults {
    /// Added to the availability start time that is told.
    pub(super) told_later: Duration,
    /// Added to the availability of every segment.
    pub(super) late: Duration,
    /// Of each minute.
    pub(super) pause: Duration,
    stale: bool,
    ppm: f64,
    opened: DateTime,
}

impl LiveFaults {
    /// Those of a server that begins at `opened`.
    pub(super) fn new(faults: &[LiveFault], opened: DateTime) -> Self {
        let none = Duration::ZERO;
        let mut all = Self { told_later: none, late: none, pause: none, stale: false, ppm: 0.0, opened };
        for fault in faults {
            match fault {
                LiveFault::AstJump => all.told_later = AST_JUMP,
                LiveFault::LateSegments => all.late = LATE,
                LiveFault::StaleMpd => all.stale = true,
                LiveFault::EncoderPause(pause) => all.pause = *pause,
                LiveFault::Drift(ppm) => all.ppm = *ppm,
            }
        }
        all
    }

    /// How far media is ahead of wall time, in nanoseconds.
    pub(super) fn ahead(&self, wall: DateTime) -> i64 {
        (wall.since(self.opened).as_nanos() as f64 * self.ppm / 1e6) as i64
    }

    /// Which edition is given instead of this one.
    pub(super) fn edition(&self, number: u64) -> u64 {
        if self.stale && number % 3 == 2 { number.saturating_sub(2) } else { number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_and_add_up() {
        let typed = ["ast-jump", "late-segments", "stale-mpd", "drift=500", "encoder-pause=10"]
            .map(|text| text.parse().unwrap());
        let opened = DateTime::UNIX_EPOCH + Duration::from_secs(1000);
        let faults = LiveFaults::new(&typed, opened);
        assert_eq!([faults.told_later, faults.late, faults.pause].map(|time| time.as_secs()), [30, 1, 10]);
        assert_eq!(faults.ahead(opened + Duration::from_secs(100)), 50_000_000);
        assert_eq!(faults.ahead(DateTime::UNIX_EPOCH), 0, "before the server began there is no drift");
        assert_eq!([3, 4, 5, 6].map(|number| faults.edition(number)), [3, 4, 3, 6]);
        for text in ["drift", "drift=1e9", "ast-jump=3", "late", "drift=NaN", "encoder-pause=60"] {
            assert!(text.parse::<LiveFault>().is_err(), "{text}");
        }
    }
}
