//! What the window makes of each kind of track: one row a kind.

use player_core::io::TrackKind;

/// The kind whose ladder is in the charts, in the segment strip and on the quality buttons.
pub(crate) const CHARTED: TrackKind = TrackKind::Video;

/// The kinds that the table of requests can be reduced to, with the names of the filters.
pub(crate) const FILTERS: [(TrackKind, &str); 2] = [(TrackKind::Video, "Video"), (TrackKind::Audio, "Sound")];

/// How tracks of a kind are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KindStyle {
    /// What lists of all tracks say before what belongs to this kind; empty for the one that is meant without a word.
    pub word: &'static str,
    /// A segment of it, at the start of a title.
    pub segment: &'static str,
    /// Its rungs have the colours of the ramp.
    pub is_colored: bool,
}

/// The row of a kind.
pub(crate) fn style(kind: TrackKind) -> KindStyle {
    match kind {
        TrackKind::Video => KindStyle { word: "", segment: "Segment", is_colored: true },
        TrackKind::Audio => KindStyle { word: "sound", segment: "Sound segment", is_colored: false },
    }
}
