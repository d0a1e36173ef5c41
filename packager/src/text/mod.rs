//! The text tracks of a film: those of the master, and those that were named beside it. They are read as a whole before
//! the plan is made, because there is little of them; what becomes of each is a value. Reading the formats is
//! [`shared::text`]'s; segments are made in `segments`, whenever the pictures have another one.

mod master;
mod segments;
mod side;

pub use segments::TextSegments;
pub use side::SideFile;

use crate::error::PackagerError;
use crate::language;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::text::{Cue, TextTrack, TextWarning, webvtt, wvtt};
use shared::time::PresentationTime;
use shared_av::{MediaSource, SourceInfo};
use std::fmt::Display;
use std::time::Duration;

/// Complaints about one track that are told; how many more there are is told, too.
const MOST_TOLD: usize = 5;

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextRole {
    /// What is said, in another language.
    #[default]
    Subtitle,
    /// What is said and what is to be heard besides, for who does not hear it.
    Caption,
    /// What even those must read who understand the language: signs, and talk in foreign tongues.
    ForcedSubtitle,
    /// What is to be seen, in words.
    Description,
}

impl TextRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Subtitle, Self::Caption, Self::ForcedSubtitle, Self::Description];

    /// The value of `Role` (ISO/IEC 23009-1 table 36), which is also what is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Subtitle => "subtitle",
            Self::Caption => "caption",
            Self::ForcedSubtitle => "forced-subtitle",
            Self::Description => "description",
        }
    }
}

/// What is known of a text track, without its cues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextInfo {
    /// The stream of the master; of a file beside it a number behind all of these.
    pub from: usize,
    /// As the container or the command line spells it.
    pub language: Option<String>,
    /// What it is for.
    pub role: TextRole,
    /// For a menu.
    pub title: Option<String>,
    /// A hash of its cues: other ones are another plan.
    pub digest: String,
}

/// A text track in the time of the film: 0 is where the film begins, whatever part of it is packaged.
#[derive(Debug, Clone, PartialEq)]
pub struct FilmText {
    /// What it is.
    pub info: TextInfo,
    /// What it says.
    pub track: TextTrack,
}

/// All text of a film, and what the user should know of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FilmTexts {
    /// Those of the master first.
    pub tracks: Vec<FilmText>,
    /// In words.
    pub notes: Vec<String>,
    /// Streams and files that have been looked at: each has a number of its own.
    numbers: usize,
}

impl FilmTexts {
    /// Adds the texts of a master that begins at `zero`, whose container says `info`. `open` opens it, when there is
    /// something to be read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn master(
        &mut self,
        (name, info, zero): (&str, &SourceInfo, PresentationTime),
        open: impl FnOnce() -> Result<MediaSource, PackagerError>,
    ) -> Result<(), PackagerError> {
        let before = self.numbers;
        for text in master::read((name, info), open, &mut self.notes)? {
            let track = moved(&text.track, zero.nanos().saturating_neg());
            let info = TextInfo { from: before + text.info.from, ..text.info };
            self.push(name, FilmText { info, track });
        }
        self.numbers += info.streams.len();
        Ok(())
    }

    /// The first number that no stream and no text has.
    pub fn numbers(&self) -> usize {
        self.numbers
    }

    /// Adds files beside the film.
    ///
    /// # Errors
    /// When one cannot be read; 4 when it is no text that is known here.
    pub fn beside(&mut self, files: &[SideFile]) -> Result<(), PackagerError> {
        for file in files {
            let (track, warnings) = file.read()?;
            let name = file.path.display().to_string();
            self.complain(&name, &warnings);
            let info = file.info(self.numbers);
            self.numbers += 1;
            self.push(&name, FilmText { info, track });
        }
        Ok(())
    }

    /// A track without a cue is left out: a menu should not offer it.
    fn push(&mut self, name: &str, text: FilmText) {
        if text.track.cues.is_empty() {
            self.notes.push(format!("{name}: a text track without a cue left out"));
            return;
        }
        let (most, when) = wvtt::most_at_once(&text.track);
        if most > wvtt::MOST_AT_ONCE {
            let kept = wvtt::MOST_AT_ONCE;
            self.notes.push(format!("{name}: {most} cues at the same time at {when}: all but {kept} left out of wvtt"));
        }
        let digest = digest(&text.track);
        self.tracks.push(FilmText { info: TextInfo { digest, ..text.info }, ..text });
    }

    fn complain(&mut self, name: &str, warnings: &[TextWarning]) {
        let told = warnings.iter().take(MOST_TOLD).map(|warning| format!("{name}: {warning}"));
        self.notes.extend(told);
        if warnings.len() > MOST_TOLD {
            self.notes.push(format!("{name}: and {} more complaints like these", warnings.len() - MOST_TOLD));
        }
    }

    /// The tracks of a package that begins `start` behind the beginning of the film and lasts no longer than `lasts`,
    /// and notes on what lies behind its end.
    pub fn packaged(self, start: Duration, lasts: Option<Duration>) -> (Vec<FilmText>, Vec<String>) {
        let mut notes = vec![];
        let back = i64::try_from(start.as_nanos()).unwrap_or(i64::MAX).saturating_neg();
        let mut tracks = vec![];
        for text in self.tracks {
            let track = moved(&text.track, back);
            let end = lasts.map(|lasts| PresentationTime::ZERO + lasts);
            let late = end.map_or(0, |end| track.cues.iter().filter(|cue| cue.start >= end).count());
            if late > 0 && start.is_zero() {
                notes.push(format!("{}: {late} cues begin behind the end of the film; left out", text.info.in_words()));
            }
            tracks.push(FilmText { track, ..text });
        }
        (tracks, notes)
    }
}

impl TextInfo {
    /// `subtitle, de`.
    pub fn in_words(&self) -> String {
        let language = self.language.as_deref().and_then(language::tag).map(|tag| format!(", {tag}"));
        format!("{}{}", self.role.name(), language.unwrap_or_default())
    }
}

/// A note that a stream or a file is left out, as all of them are worded.
fn left_out(name: &str, what: impl Display, why: impl Display) -> String {
    format!("{name}: {what} left out: {why}")
}

/// Cues that end before 0 are gone, those that begin before it begin there.
fn moved(track: &TextTrack, nanos: i64) -> TextTrack {
    let one = |cue: &Cue| Cue {
        start: cue.start.offset_by_nanos(nanos).max(PresentationTime::ZERO),
        end: cue.end.offset_by_nanos(nanos),
        ..cue.clone()
    };
    let cues = track.cues.iter().map(one).filter(|cue| cue.end > cue.start).collect();
    TextTrack { header: track.header.clone(), cues }
}

/// The part of a track that is shown before `end`.
pub fn until(track: &TextTrack, end: PresentationTime) -> TextTrack {
    let one = |cue: &Cue| Cue { end: cue.end.min(end), ..cue.clone() };
    let cues = track.cues.iter().filter(|cue| cue.start < end).map(one).collect();
    TextTrack { header: track.header.clone(), cues }
}

fn digest(track: &TextTrack) -> String {
    let written = webvtt::write(track);
    Sha256::digest(&written).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cues: &[(i64, i64)]) -> FilmText {
        let cue = |(start, end): &(i64, i64)| Cue {
            start: PresentationTime::from_millis(*start),
            end: PresentationTime::from_millis(*end),
            payload: "x".into(),
            ..Cue::default()
        };
        let info = TextInfo {
            from: 2,
            language: Some("deu".into()),
            role: TextRole::Caption,
            title: None,
            digest: String::new(),
        };
        FilmText { info, track: TextTrack { header: String::new(), cues: cues.iter().map(cue).collect() } }
    }

    fn millis(track: &TextTrack) -> Vec<(i64, i64)> {
        track.cues.iter().map(|cue| (cue.start.nanos() / 1_000_000, cue.end.nanos() / 1_000_000)).collect()
    }

    #[test]
    fn a_part_of_a_film_has_the_cues_of_this_part() {
        let mut texts = FilmTexts::default();
        texts.push("a.srt", text(&[(0, 1000), (1000, 3000), (5000, 6000), (9000, 9500)]));
        let (tracks, notes) = texts.clone().packaged(Duration::from_secs(2), None);
        assert_eq!(millis(&tracks[0].track), [(0, 1000), (3000, 4000), (7000, 7500)]);
        assert_eq!(millis(&until(&tracks[0].track, PresentationTime::from_millis(3500))), [(0, 1000), (3000, 3500)]);
        assert!(notes.is_empty());
        let (_, notes) = texts.packaged(Duration::ZERO, Some(Duration::from_secs(9)));
        assert_eq!(notes, ["caption, de: 1 cues begin behind the end of the film; left out"]);
    }

    #[test]
    fn what_shows_nothing_is_no_track() {
        let mut texts = FilmTexts::default();
        texts.push("a.srt", text(&[]));
        assert_eq!((texts.tracks.len(), texts.notes.len()), (0, 1));
        assert!(texts.notes[0].starts_with("a.srt: ") && texts.notes[0].ends_with(" left out"));
    }
}
