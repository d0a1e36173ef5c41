//! What several panels read from a snapshot in the same way.

use player_core::history::Point;
use player_core::io::{Epoch, Phase, RequestKind, TrackKind};
use player_core::report::Totals;
use player_core::snapshot::{Mode, RequestState, RequestView, RungView, Snapshot, TrackView};
use shared::time::{PresentationTime, SessionTime};
use std::sync::Arc;
use std::time::Duration;

/// The track of a kind.
pub(crate) fn track(snapshot: &Snapshot, kind: TrackKind) -> Option<&TrackView> {
    snapshot.tracks.iter().find(|track| track.kind == kind)
}

/// The pictures.
pub(crate) fn video(snapshot: &Snapshot) -> Option<&TrackView> {
    track(snapshot, TrackKind::Video)
}

/// The rung on the screen.
pub(crate) fn shown(video: &TrackView) -> Option<(usize, &RungView)> {
    let rung = video.shown?;
    Some((rung, video.rungs.get(rung)?))
}

/// The video segment on its way, oldest first.
pub(crate) fn in_flight(snapshot: &Snapshot) -> Option<&RequestView> {
    snapshot.requests.iter().find(|request| {
        request.state == RequestState::Running
            && request.kind == RequestKind::Media
            && request.track == Some(TrackKind::Video)
    })
}

/// The latest figures of the history.
pub(crate) fn latest(snapshot: &Snapshot) -> Option<&Point> {
    snapshot.history.points.last()
}

/// Whether the playhead stands although the viewer wants it to move.
pub(crate) fn is_waiting(phase: Phase) -> bool {
    matches!(phase, Phase::Loading | Phase::Stalled | Phase::Seeking)
}

/// Whether a press of "play or pause" means "pause".
pub(crate) fn is_running(phase: Phase) -> bool {
    matches!(phase, Phase::Playing | Phase::Stalled | Phase::Loading | Phase::Seeking)
}

/// Whether the window would show `new` differently from `old`. While the playhead is held, time alone is no news.
pub(crate) fn differs(old: &Snapshot, new: &Snapshot) -> bool {
    if !matches!(new.phase, Phase::Paused | Phase::Ended | Phase::Failed | Phase::Idle) {
        return true;
    }
    let timeless = Snapshot { at: old.at, history: old.history.clone(), totals: old.totals.clone(), ..new.clone() };
    timeless != *old
}

/// `Auto` or `Manual`.
pub(crate) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Auto => "Auto",
        Mode::Manual(_) => "Manual",
    }
}

/// What there is to see before a session has anything to tell.
pub(crate) fn arriving(url: &str) -> Snapshot {
    Snapshot { phase: Phase::Loading, url: url.to_owned(), ..nothing() }
}

/// What there is to see before anything was opened.
pub(crate) fn nothing() -> Snapshot {
    Snapshot {
        at: SessionTime::ZERO,
        phase: Phase::Idle,
        url: String::new(),
        position: PresentationTime::ZERO,
        duration: None,
        rate: 1.0,
        epoch: Epoch::default(),
        tracks: vec![],
        estimate: None,
        buffer_target: Duration::ZERO,
        policy: String::new(),
        requests: vec![],
        decisions: Arc::default(),
        notices: Arc::default(),
        history: Arc::default(),
        totals: Totals::default(),
    }
}
