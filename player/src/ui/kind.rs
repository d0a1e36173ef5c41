//! What the window makes of each kind of track: one row a kind.

use player_core::kinds::{KINDS, TrackKind};

/// The kind whose ladder is in the charts, in the segment strip and on the quality buttons: the one that adapts.
pub(crate) fn charted() -> TrackKind {
    TrackKind::adaptive()
}

/// How tracks of a kind are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KindStyle {
    /// What lists of all tracks say before what belongs to this kind; empty for the one that is meant without a word.
    pub word: &'static str,
    /// What a menu of its tracks is called.
    pub menu: &'static str,
    /// A segment of it, at the start of a title.
    pub segment: &'static str,
    /// The filter that reduces the table of requests to it; kinds without one are among all.
    pub filter: Option<&'static str>,
    /// Its rungs have the colours of the ramp.
    pub is_colored: bool,
    /// How its level is drawn in the chart of the buffer.
    pub level: Option<LevelStyle>,
}

/// A curve in the chart of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LevelStyle {
    /// A line above its area.
    Filled,
    /// Dashes.
    Dashed,
}

/// One row a kind, in the order of [`KINDS`].
const STYLES: [KindStyle; KINDS.len()] = [
    KindStyle {
        word: "",
        menu: "Picture",
        segment: "Segment",
        filter: Some("Video"),
        is_colored: true,
        level: Some(LevelStyle::Filled),
    },
    KindStyle {
        word: "sound",
        menu: "Sound",
        segment: "Sound segment",
        filter: Some("Sound"),
        is_colored: false,
        level: Some(LevelStyle::Dashed),
    },
    KindStyle {
        word: "text",
        menu: "Subtitles",
        segment: "Text segment",
        filter: None,
        is_colored: false,
        level: None,
    },
    KindStyle { word: "image", menu: "Thumbnails", segment: "Image", filter: None, is_colored: false, level: None },
];

/// The row of a kind.
pub(crate) fn style(kind: TrackKind) -> &'static KindStyle {
    &STYLES[kind as usize]
}

/// All kinds with their rows.
pub(crate) fn all() -> impl Iterator<Item = (TrackKind, &'static KindStyle)> {
    KINDS.iter().map(|row| row.kind).zip(&STYLES)
}
