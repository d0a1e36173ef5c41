//! What a desktop shows of a player, and what it asks of one: plain values, in the units of the MPRIS specification.

use crate::ui::{model::title, reading};
use player_core::io::{Epoch, Phase};
use player_core::snapshot::Snapshot;
use std::sync::Arc;
use tokio::sync::watch;

/// What a desktop asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MediaWish {
    PlayPause,
    Play,
    Pause,
    Stop,
    /// By so many seconds.
    SeekBy(f64),
    /// To this second.
    SeekTo(f64),
    /// 0 to 1.
    Volume(f64),
    Rate(f64),
    Repeat(bool),
    Next,
    Previous,
    FullScreen(bool),
    /// Another presentation.
    Open(String),
    Raise,
    Quit,
}

/// What the window knows and its session does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// Of the session that is open.
    pub snapshots: Option<watch::Receiver<Arc<Snapshot>>>,
    /// 0 to 1; 0 while it is muted.
    pub volume: f64,
    pub full_screen: bool,
    pub repeat: bool,
    pub has_next: bool,
    pub has_previous: bool,
}

impl Told {
    /// Whether nothing has changed.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let session = match (&self.snapshots, &other.snapshots) {
            (Some(a), Some(b)) => a.same_channel(b),
            (a, b) => a.is_none() && b.is_none(),
        };
        let rest = |told: &Self| (told.volume, told.full_screen, told.repeat, told.has_next, told.has_previous);
        session && rest(self) == rest(other)
    }
}

/// Everything that is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct MediaState {
    /// `Playing`, `Paused` or `Stopped`.
    pub status: &'static str,
    pub title: String,
    pub url: String,
    /// In microseconds.
    pub length: Option<i64>,
    /// In microseconds.
    pub position: i64,
    pub rate: f64,
    pub volume: f64,
    pub full_screen: bool,
    pub repeat: bool,
    pub has_next: bool,
    pub has_previous: bool,
    pub can_seek: bool,
    /// Counts seeks.
    pub epoch: Epoch,
}

impl MediaState {
    /// What is to be shown now.
    pub(super) fn of(told: &Told, snapshot: Option<&Snapshot>) -> Self {
        let idle = reading::nothing();
        let snapshot = snapshot.unwrap_or(&idle);
        Self {
            status: status(snapshot.phase),
            title: title::of(snapshot).unwrap_or_default(),
            url: snapshot.url.clone(),
            length: snapshot.duration.map(|length| i64::try_from(length.as_micros()).unwrap_or(i64::MAX)),
            position: (snapshot.position.secs_f64() * 1e6) as i64,
            rate: snapshot.rate,
            volume: told.volume,
            full_screen: told.full_screen,
            repeat: told.repeat,
            has_next: told.has_next,
            has_previous: told.has_previous,
            can_seek: snapshot.duration.is_some(),
            epoch: snapshot.epoch,
        }
    }

    /// Whether somebody looks at a film that moves.
    pub(super) fn plays(&self) -> bool {
        self.status == "Playing"
    }

    /// Where it was sought to since `before`, if it was.
    pub(super) fn sought(&self, before: &Self) -> Option<i64> {
        (self.epoch != before.epoch && self.url == before.url).then_some(self.position)
    }
}

fn status(phase: Phase) -> &'static str {
    match phase {
        Phase::Idle | Phase::Ended | Phase::Failed => "Stopped",
        phase if reading::is_running(phase) => "Playing",
        _ => "Paused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;

    #[test]
    fn a_desktop_sees_what_plays() {
        let snapshot = fixtures::playing();
        let told = Told { volume: 0.5, has_next: true, ..Told::default() };
        let state = MediaState::of(&told, Some(&snapshot));
        assert_eq!((state.status, state.length, state.volume), ("Playing", Some(180_000_000), 0.5));
        assert!(state.plays() && state.has_next && !state.has_previous && state.can_seek && !state.title.is_empty());
        assert_eq!(MediaState::of(&told, Some(&fixtures::ended())).status, "Stopped");
        assert_eq!(MediaState::of(&told, None).status, "Stopped");
    }

    #[test]
    fn a_seek_is_told_and_another_film_is_none() {
        let before = MediaState::of(&Told::default(), Some(&fixtures::playing()));
        let after = MediaState { epoch: Epoch(before.epoch.0 + 1), position: 5, ..before.clone() };
        assert_eq!((after.sought(&before), before.sought(&before)), (Some(5), None));
        assert_eq!(MediaState { url: "other".into(), ..after }.sought(&before), None);
    }

    #[test]
    fn the_same_session_is_no_news() {
        let (_tell, snapshots) = watch::channel(Arc::new(fixtures::playing()));
        let told = Told { snapshots: Some(snapshots.clone()), ..Told::default() };
        assert!(told.is_same(&told.clone()));
        assert!(!told.is_same(&Told { volume: 0.3, ..told.clone() }) && !told.is_same(&Told::default()));
    }
}
