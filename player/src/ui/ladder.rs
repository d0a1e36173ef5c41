//! How a rung is shown: its name, its colour, its place in the ladder. Everything that the window paints or writes
//! about a rung goes through here, so that a rung has the same name and colour everywhere.

use super::kind;
use super::reading;
use super::theme::Palette;
use eframe::egui::Color32;
use player_core::io::TrackKind;
use player_core::snapshot::{RungView, Snapshot, TrackView};

/// How decisions, requests and marks name a rung of a track.
pub(crate) type RungNumber = usize;

/// How decisions and requests name a segment of a Period, from 0.
pub(crate) type SegmentNumber = u64;

/// The rungs of one track, lowest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LadderView<'a> {
    kind: TrackKind,
    rungs: &'a [RungView],
}

impl<'a> LadderView<'a> {
    /// The ladder of a track.
    pub(crate) fn of(track: &'a TrackView) -> Self {
        Self { kind: track.kind, rungs: &track.rungs }
    }

    /// The ladder of the video track; empty where there is none.
    pub(crate) fn of_video(snapshot: &'a Snapshot) -> Self {
        reading::video(snapshot).map_or(Self { kind: kind::CHARTED, rungs: &[] }, Self::of)
    }

    /// All rungs with the numbers they are named by, lowest first.
    pub(crate) fn all(self) -> impl DoubleEndedIterator<Item = (RungNumber, &'a RungView)> {
        self.rungs.iter().enumerate()
    }

    /// How many there are.
    pub(crate) fn len(self) -> usize {
        self.rungs.len()
    }

    /// What is known of a rung; nothing of one that is no longer in the ladder.
    pub(crate) fn get(self, rung: RungNumber) -> Option<&'a RungView> {
        self.rungs.get(rung)
    }

    /// The short name: `720p`, `128k`.
    pub(crate) fn label(self, rung: RungNumber) -> Option<&'a str> {
        Some(&self.get(rung)?.label)
    }

    /// Whether `rung` is a higher one than `other`.
    pub(crate) fn is_above(self, rung: RungNumber, other: RungNumber) -> bool {
        rung > other
    }

    /// Where it stands: 0 for the lowest, 1 for the highest.
    pub(crate) fn height(self, rung: RungNumber) -> f32 {
        rung as f32 / self.len().max(2).saturating_sub(1) as f32
    }

    /// From the ramp, by its place in the ladder; neutral for kinds without colours.
    pub(crate) fn color(self, palette: &Palette, rung: RungNumber) -> Color32 {
        if kind::style(self.kind).is_colored { palette.rung(rung, self.len()) } else { palette.hovered }
    }
}

/// What people call a segment: the first one is 1.
pub(crate) fn segment_label(segment: SegmentNumber) -> String {
    (segment + 1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;
    use crate::ui::theme::DARK;

    #[test]
    fn a_rung_has_its_name_and_its_colour_by_its_place() {
        let snapshot = fixtures::playing();
        let video = LadderView::of_video(&snapshot);
        assert_eq!(video.all().map(|(rung, _)| video.label(rung).unwrap()).next_back(), Some("1080p"));
        assert_eq!((video.color(&DARK, 0), video.color(&DARK, 5)), (DARK.ramp[0], DARK.ramp[4]));
        assert_eq!((video.height(0), video.height(5)), (0.0, 1.0));
        assert_eq!(video.label(9), None, "not in the ladder");
        assert_eq!(LadderView::of(&snapshot.tracks[1]).color(&DARK, 0), DARK.hovered, "sound is neutral");
    }

    #[test]
    fn without_video_the_ladder_is_empty() {
        let snapshot = reading::nothing();
        let video = LadderView::of_video(&snapshot);
        assert_eq!((video.len(), video.label(0)), (0, None));
    }

    #[test]
    fn segments_count_from_one() {
        assert_eq!(segment_label(0), "1");
    }
}
