//! Kinds of track are data: one row each says what depends on the kind, and nothing else asks which kind it is. A kind
//! that is added is a row here and a sink in the shell.

use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use shared::mpd::ContentType;
use std::fmt;
use std::ops::{Index, IndexMut};
use std::time::Duration;

/// A kind of media. One track of each is played at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Pictures that move.
    Video,
    /// Sound.
    Audio,
    /// Subtitles and captions.
    Text,
    /// Thumbnails.
    Image,
}

/// Who chooses the rung of a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ChosenBy {
    /// The adaptation policy.
    Policy,
    /// The best rung that takes no more than this share of the link.
    Share(f64),
    /// The lowest rung is good enough.
    Lowest,
}

/// Where decoded media of a kind goes in a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputSink {
    /// The picture.
    Screen,
    /// The loudspeakers.
    Speakers,
    /// The words over the picture.
    Captions,
    /// The picture beside the pointer on the seek bar.
    Preview,
}

/// What depends on the kind of a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KindRow {
    /// Which kind.
    pub kind: TrackKind,
    /// One word, for messages and reports.
    pub name: &'static str,
    /// The playhead waits for it: at the start, in a stall and in a hole.
    pub blocks_playback: bool,
    /// Without it there is nothing to watch; other kinds are given up alone.
    pub essential: bool,
    /// Its rates are the quality of the session, unless an earlier kind of the table is played too.
    pub measured: bool,
    /// Who chooses its rung.
    pub chosen_by: ChosenBy,
    /// Segments in the buffer may be fetched again in better quality.
    pub replaceable: bool,
    /// After a seek a part of the buffer serves although it begins this much later than the target. A picture has to be
    /// the one that was asked for; manifests round their times by a millisecond.
    pub slack: Duration,
    /// Where it goes when it is decoded.
    pub sink: OutputSink,
    /// What the viewer gets where it is missing, for people.
    pub in_its_place: &'static str,
}

/// All kinds, the most important one first.
pub const KINDS: [KindRow; 4] = [
    KindRow {
        kind: TrackKind::Video,
        name: "video",
        blocks_playback: true,
        essential: true,
        measured: true,
        chosen_by: ChosenBy::Policy,
        replaceable: true,
        slack: Duration::from_millis(1),
        sink: OutputSink::Screen,
        in_its_place: "the picture before it",
    },
    KindRow {
        kind: TrackKind::Audio,
        name: "audio",
        blocks_playback: true,
        essential: false,
        measured: true,
        // Pictures need the rest more.
        chosen_by: ChosenBy::Share(0.15),
        replaceable: false,
        slack: crate::buffer::SEAM,
        sink: OutputSink::Speakers,
        in_its_place: "silence",
    },
    KindRow {
        kind: TrackKind::Text,
        name: "text",
        blocks_playback: false,
        essential: false,
        measured: false,
        chosen_by: ChosenBy::Lowest,
        replaceable: false,
        slack: crate::buffer::SEAM,
        sink: OutputSink::Captions,
        in_its_place: "no words",
    },
    KindRow {
        kind: TrackKind::Image,
        name: "image",
        blocks_playback: false,
        essential: false,
        measured: false,
        chosen_by: ChosenBy::Lowest,
        replaceable: false,
        slack: crate::buffer::SEAM,
        sink: OutputSink::Preview,
        in_its_place: "no preview",
    },
];

impl TrackKind {
    /// Its row of the table.
    pub const fn row(self) -> &'static KindRow {
        &KINDS[self as usize]
    }

    /// The kind of an AdaptationSet's content, if it is one that players know.
    pub fn of_content(content: ContentType) -> Option<Self> {
        match content {
            ContentType::Video => Some(Self::Video),
            ContentType::Audio => Some(Self::Audio),
            ContentType::Text => Some(Self::Text),
            ContentType::Image => Some(Self::Image),
            ContentType::Other => None,
        }
    }

    /// The kind whose media goes to a sink.
    pub fn of_sink(sink: OutputSink) -> Self {
        KINDS.iter().find(|row| row.sink == sink).map_or(KINDS[0].kind, |row| row.kind)
    }

    /// The kind whose rung the adaptation policy chooses: what decisions, charts and the strip are about.
    pub fn adaptive() -> Self {
        KINDS.iter().find(|row| row.chosen_by == ChosenBy::Policy).map_or(KINDS[0].kind, |row| row.kind)
    }

    /// The kinds that a player must have a sink for: playback waits for them.
    pub fn blocking() -> Vec<Self> {
        KINDS.iter().filter(|row| row.blocks_playback).map(|row| row.kind).collect()
    }
}

impl fmt::Display for TrackKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().name)
    }
}

/// A value for every kind.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PerKind<T>([T; KINDS.len()]);

impl<T> Index<TrackKind> for PerKind<T> {
    type Output = T;

    fn index(&self, kind: TrackKind) -> &T {
        &self.0[kind as usize]
    }
}

impl<T> IndexMut<TrackKind> for PerKind<T> {
    fn index_mut(&mut self, kind: TrackKind) -> &mut T {
        &mut self.0[kind as usize]
    }
}

impl<T> PerKind<T> {
    /// In the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (TrackKind, &T)> {
        KINDS.iter().map(|row| row.kind).zip(&self.0)
    }
}

/// By the names of the kinds.
impl<T: Serialize> Serialize for PerKind<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(KINDS.len()))?;
        for (kind, value) in self.iter() {
            map.serialize_entry(kind.row().name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_row_and_its_own_sink() {
        for row in KINDS {
            assert_eq!(row.kind.row(), &row);
            assert_eq!(TrackKind::of_sink(row.sink), row.kind);
            assert_eq!(serde_json::to_string(&row.kind).unwrap(), format!("\"{}\"", row.name));
        }
    }

    #[test]
    fn what_playback_waits_for_has_a_rung_that_somebody_measures() {
        assert!(KINDS.iter().all(|row| row.measured == row.blocks_playback));
        assert_eq!(KINDS.iter().filter(|row| row.chosen_by == ChosenBy::Policy).count(), 1, "one kind adapts");
        assert!(TrackKind::blocking().contains(&TrackKind::adaptive()));
    }

    #[test]
    fn a_value_for_every_kind_is_found_by_its_kind_and_written_by_name() {
        let mut levels = PerKind::<Option<u32>>::default();
        levels[TrackKind::Audio] = Some(7);
        assert_eq!((levels[TrackKind::Audio], levels[TrackKind::Text]), (Some(7), None));
        let text = serde_json::to_string(&levels).unwrap();
        assert_eq!(text, r#"{"video":null,"audio":7,"text":null,"image":null}"#);
    }
}
