//! What the packager tells with `--progress json`, as far as somebody who waits for the film wants to know it. Lines that
//! are not understood are passed over: a newer packager tells more.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::ExitStatus;

/// Renditions that are kept account of; no film has so many.
const MOST: usize = 1000;
/// Of a sentence.
const MOST_CHARACTERS: usize = 600;

/// How far a package has come.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// Length of the film in seconds, if that is known beforehand.
    pub expected: Option<f64>,
    /// What there is so far can be played.
    pub playable: bool,
    /// How it ended: why it failed, for people. `None` while it goes on.
    pub ended: Option<Result<(), String>>,
    /// Seconds that are there, by rendition.
    made: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Told {
    Started {
        expected_seconds: Option<f64>,
    },
    Segment {
        representation: String,
        until_seconds: f64,
    },
    Playable {},
    Finished {},
    #[serde(other)]
    Else,
}

impl Progress {
    /// So many seconds of a film of so many.
    #[cfg(test)]
    pub(crate) fn of(seconds: f64, expected: f64) -> Self {
        let made = BTreeMap::from([("v1".to_owned(), seconds)]);
        Self { expected: Some(expected), playable: true, ended: None, made }
    }

    /// Seconds of the film that every rendition has, as far as they were told of.
    pub fn seconds(&self) -> f64 {
        self.made.values().copied().reduce(f64::min).unwrap_or(0.0)
    }

    /// From 0 to 1; `None` while nobody knows how long the film is.
    pub fn share(&self) -> Option<f32> {
        let expected = self.expected.filter(|expected| *expected > 0.0)?;
        Some((self.seconds() / expected).clamp(0.0, 1.0) as f32)
    }

    /// Takes note of a line; whether it changed anything.
    pub(super) fn take(&mut self, line: &str) -> bool {
        match serde_json::from_str(line) {
            Ok(Told::Started { expected_seconds }) => self.expected = expected_seconds,
            Ok(Told::Segment { representation, until_seconds }) => self.made_until(representation, until_seconds),
            Ok(Told::Playable {} | Told::Finished {}) => self.playable = true,
            Ok(Told::Else) | Err(_) => return false,
        }
        true
    }

    fn made_until(&mut self, rendition: String, seconds: f64) {
        if seconds.is_finite() && (self.made.len() < MOST || self.made.contains_key(&rendition)) {
            let made = self.made.entry(rendition).or_default();
            *made = made.max(seconds);
        }
    }

    /// The child has ended, with what it wrote to its standard error.
    pub(super) fn end(&mut self, ended: Result<ExitStatus, String>, complaints: &str) {
        self.ended = Some(match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(last_sentence(complaints).unwrap_or_else(|| format!("the packager ended with {status}"))),
            Err(error) => Err(error),
        });
    }
}

/// What a program says last is why it ended.
fn last_sentence(complaints: &str) -> Option<String> {
    let start = complaints.rfind("packager: ").map_or(0, |at| at + "packager: ".len());
    let sentence: String = complaints.get(start..)?.trim().chars().take(MOST_CHARACTERS).collect();
    (!sentence.is_empty()).then_some(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_as_far_as_its_last_rendition() {
        let mut progress = Progress::default();
        assert_eq!((progress.seconds(), progress.share()), (0.0, None));
        let segment = |id: &str, until: f64| {
            format!(r#"{{"event":"segment","representation":"{id}","number":1,"until_seconds":{until}}}"#)
        };
        assert!(progress.take(r#"{"event":"started","segments_done":0,"expected_seconds":40.0}"#));
        for line in [segment("a", 4.0), segment("a", 8.0), segment("b", 4.0), segment("a", 2.0)] {
            assert!(progress.take(&line), "{line}");
        }
        assert_eq!((progress.seconds(), progress.share(), progress.playable), (4.0, Some(0.1), false));
        assert!(progress.take(r#"{"event":"playable","after_seconds":1.5}"#) && progress.playable);
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        let mut progress = Progress::default();
        let odd = [
            "",
            "nonsense",
            "{}",
            r#"{"event":"later","x":1}"#,
            r#"{"event":"segment","representation":"a","time":0}"#,
            r#"{"event":"note","text":"hello"}"#,
        ];
        for line in odd {
            assert!(!progress.take(line), "{line}");
        }
        assert_eq!(progress, Progress::default());
    }

    #[test]
    fn the_last_sentence_may_have_several_lines() {
        let told = "packager: a note\npackager: film.mp4 is damaged at 3 s\n  Try: --allow-damaged\n";
        assert_eq!(last_sentence(told).as_deref(), Some("film.mp4 is damaged at 3 s\n  Try: --allow-damaged"));
        assert_eq!(last_sentence(" \n"), None);
    }
}
