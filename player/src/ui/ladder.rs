//! How a rung is shown: its name, its colour, its place in the ladder. Everything that the window paints or writes
//! about a rung goes through here, so that a rung has the same name and colour everywhere.

use super::kind;
use super::reading;
use super::theme::Palette;
use eframe::egui::Color32;
use player_core::kinds::TrackKind;
use player_core::presentation::{Presentation, Rank, RungId};
use player_core::snapshot::{RungView, Snapshot, TrackView};
use shared::units::Bitrate;

/// The rungs of one track, lowest first; and of the whole film, where a rung may be one of another Period.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LadderView<'a> {
    kind: TrackKind,
    rungs: &'a [RungView],
    film: Option<&'a Presentation>,
}

impl<'a> LadderView<'a> {
    /// The ladder of a track as it is now.
    pub(crate) fn of(track: &'a TrackView) -> Self {
        Self { kind: track.kind, rungs: &track.rungs, film: None }
    }

    /// The ladder of a track that knows the rungs of other Periods, too.
    pub(crate) fn in_film(snapshot: &'a Snapshot, track: &'a TrackView) -> Self {
        Self { film: snapshot.presentation.as_deref(), ..Self::of(track) }
    }

    /// The ladder of the video track; empty where there is none.
    pub(crate) fn of_video(snapshot: &'a Snapshot) -> Self {
        let nothing = Self { kind: kind::charted(), rungs: &[], film: None };
        reading::video(snapshot).map_or(nothing, |video| Self::in_film(snapshot, video))
    }

    /// All rungs, lowest first.
    pub(crate) fn all(self) -> impl DoubleEndedIterator<Item = &'a RungView> {
        self.rungs.iter()
    }

    /// How many there are.
    pub(crate) fn len(self) -> usize {
        self.rungs.len()
    }

    /// What is known of a rung; nothing of one that is not in the ladder now.
    pub(crate) fn get(self, rung: RungId) -> Option<&'a RungView> {
        self.rungs.iter().find(|view| view.id == rung)
    }

    /// The rung of a rank.
    pub(crate) fn at(self, rank: Rank) -> Option<&'a RungView> {
        self.rungs.get(rank.0)
    }

    /// The short name: `720p`, `128k`.
    pub(crate) fn label(self, rung: RungId) -> Option<&'a str> {
        let elsewhere = || Some(self.film?.rung(rung)?.label.as_str());
        self.get(rung).map(|view| view.label.as_str()).or_else(elsewhere)
    }

    /// The declared rate.
    pub(crate) fn bandwidth(self, rung: RungId) -> Option<Bitrate> {
        let elsewhere = || Some(self.film?.rung(rung)?.bandwidth);
        self.get(rung).map(|view| view.bandwidth).or_else(elsewhere)
    }

    /// Where it stands in its ladder.
    pub(crate) fn rank(self, rung: RungId) -> Option<Rank> {
        let here = self.rungs.iter().position(|view| view.id == rung).map(Rank);
        here.or_else(|| self.film?.rank(rung))
    }

    /// Whether `rung` is a higher one than `other`.
    pub(crate) fn is_above(self, rung: RungId, other: RungId) -> bool {
        self.bandwidth(rung) > self.bandwidth(other)
    }

    /// Where it stands: 0 for the lowest, 1 for the highest.
    pub(crate) fn height(self, rung: RungId) -> f32 {
        let rank = self.rank(rung).unwrap_or_default();
        rank.0 as f32 / self.len_of(rung).max(2).saturating_sub(1) as f32
    }

    /// From the ramp, by its place in the ladder; neutral for kinds without colours.
    pub(crate) fn color(self, palette: &Palette, rung: RungId) -> Color32 {
        match self.rank(rung) {
            Some(rank) if kind::style(self.kind).is_colored => palette.rung(rank, self.len_of(rung)),
            _ => palette.hovered,
        }
    }

    /// How many rungs there are in the ladder of a rung.
    fn len_of(self, rung: RungId) -> usize {
        let elsewhere = || Some(self.film?.track_of(rung)?.rungs.len());
        self.get(rung).map(|_| self.len()).or_else(elsewhere).unwrap_or(self.len())
    }
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
        assert_eq!(video.all().next_back().map(|rung| rung.label.as_str()), Some("1080p"));
        let (lowest, highest) = (fixtures::rung(0), fixtures::rung(5));
        assert_eq!((video.color(&DARK, lowest), video.color(&DARK, highest)), (DARK.ramp[0], DARK.ramp[4]));
        assert_eq!((video.height(lowest), video.height(highest)), (0.0, 1.0));
        assert!(video.is_above(highest, lowest) && !video.is_above(lowest, lowest));
        assert_eq!(video.label(fixtures::rung(99)), None, "not in the film");
        let sound = LadderView::of(&snapshot.tracks[1]);
        assert_eq!(sound.color(&DARK, sound.all().next().unwrap().id), DARK.hovered, "sound is neutral");
    }

    #[test]
    fn without_video_the_ladder_is_empty() {
        let snapshot = reading::nothing();
        let video = LadderView::of_video(&snapshot);
        assert_eq!((video.len(), video.label(fixtures::rung(0))), (0, None));
    }
}
