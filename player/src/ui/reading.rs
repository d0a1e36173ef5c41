//! What several panels read from a snapshot in the same way.

use super::format;
use super::kind;
use super::ladder::LadderView;
pub(crate) use player_core::history::arriving_rates;
use player_core::history::{History, Point, ShownMark, TransferMark};
use player_core::io::{Epoch, Phase};
use player_core::kinds::TrackKind;
use player_core::report::Totals;
use player_core::session::Config;
use player_core::snapshot::{Mode, RequestView, RungView, Snapshot, TrackView};
use shared::time::{PresentationTime, SessionTime};
use shared::units::Bitrate;
use std::sync::Arc;
use std::time::Duration;

/// The track of a kind.
pub(crate) fn track(snapshot: &Snapshot, kind: TrackKind) -> Option<&TrackView> {
    snapshot.tracks.iter().find(|track| track.kind == kind)
}

/// The track that charts, strip and quality buttons show.
pub(crate) fn video(snapshot: &Snapshot) -> Option<&TrackView> {
    track(snapshot, kind::charted())
}

/// Whether a picture that was decoded in an epoch may be on the screen: where there is none, none of another place is.
/// On the way to a place that has one the former stays.
pub(crate) fn is_of_here(snapshot: &Snapshot, epoch: Epoch) -> bool {
    epoch == snapshot.epoch || !video(snapshot).is_some_and(|video| video.blank)
}

/// The rung on the screen.
pub(crate) fn shown(video: &TrackView) -> Option<&RungView> {
    LadderView::of(video).get(video.shown?)
}

/// Pictures a second of what is on the screen.
pub(crate) fn frame_rate(snapshot: &Snapshot) -> Option<f64> {
    video(snapshot).and_then(shown).and_then(|rung| rung.frame_rate).filter(|rate| *rate > 0.0)
}

/// Whether a request is for a segment of the video track.
pub(crate) fn is_video_segment(request: &RequestView) -> bool {
    request.subject.media().is_some_and(|segment| segment.of.track == kind::charted())
}

/// The oldest video segment on its way.
pub(crate) fn in_flight(snapshot: &Snapshot) -> Option<&RequestView> {
    snapshot.running.iter().find(|request| is_video_segment(request))
}

/// What was on the screen, and since when.
pub(crate) fn shown_marks(history: &History) -> impl DoubleEndedIterator<Item = &ShownMark> {
    history.shown.iter().filter(|mark| mark.track == kind::charted())
}

/// The video segments that were fetched or given up.
pub(crate) fn transfers(history: &History) -> impl DoubleEndedIterator<Item = &TransferMark> {
    history.transfers.iter().filter(|transfer| transfer.track == kind::charted())
}

/// Whether everything from the playhead to the end of the film is in the buffer.
pub(crate) fn is_complete(snapshot: &Snapshot) -> bool {
    reaches_end(snapshot) && !grows(snapshot)
}

/// Whether all of a film is in the buffer that there is so far, while it is still being made.
pub(crate) fn has_all_so_far(snapshot: &Snapshot) -> bool {
    reaches_end(snapshot) && grows(snapshot)
}

fn grows(snapshot: &Snapshot) -> bool {
    snapshot.presentation.as_ref().is_some_and(|presentation| presentation.grows())
}

fn reaches_end(snapshot: &Snapshot) -> bool {
    const ROUNDING: f64 = 0.1;
    let (Some(video), Some(length)) = (video(snapshot), snapshot.duration) else { return false };
    snapshot.position.secs_f64() + video.ahead.as_secs_f64() >= length.as_secs_f64() - ROUNDING
}

/// How a request went, in a word: `ok`, `cached`, `503`, `time-out`, `given up`, `63 %`.
pub(crate) fn status(request: &RequestView) -> String {
    let share = || format::percent(request.received.bytes(), request.size.map(|size| size.bytes()));
    request.outcome().or_else(share).unwrap_or("on its way".into())
}

/// The latest figures of the history.
pub(crate) fn latest(snapshot: &Snapshot) -> Option<&Point> {
    snapshot.history.points.last()
}

/// The last second of [`arriving_rates`].
pub(crate) fn arriving_now(snapshot: &Snapshot) -> Option<Bitrate> {
    let points = &snapshot.history.points;
    let recent = points.len().saturating_sub(8);
    arriving_rates(&points[recent..]).last()?.1
}

/// What a download brings: the rate of the last second, else its own since its first byte.
pub(crate) fn arriving_of(snapshot: &Snapshot, request: &RequestView) -> Option<Bitrate> {
    let since_first = request.transfer(snapshot.at)?;
    arriving_now(snapshot).or_else(|| request.received.per(since_first))
}

/// Whether the playhead stands although the viewer wants it to move.
pub(crate) fn is_waiting(phase: Phase) -> bool {
    matches!(phase, Phase::Loading | Phase::Stalled | Phase::Seeking)
}

/// Whether a press of "play or pause" means "pause".
pub(crate) fn is_running(phase: Phase) -> bool {
    matches!(phase, Phase::Playing | Phase::Stalled | Phase::Loading | Phase::Seeking)
}

/// Whether the window would show `new` differently from `old`. While the playhead stands,
/// a later time alone makes no difference.
pub(crate) fn differs(old: &Snapshot, new: &Snapshot) -> bool {
    if !matches!(new.phase, Phase::Paused | Phase::Ended | Phase::Failed | Phase::Idle) {
        return true;
    }
    let state = |s: &Snapshot| (s.phase, s.position, s.duration, s.rate, s.epoch, s.estimate, s.buffer_target);
    let lists = |s: &Snapshot| (s.requests.len(), s.decisions.len(), s.notices.len(), s.history.wishes.len());
    state(old) != state(new)
        || lists(old) != lists(new)
        || (&old.policy, &old.tracks, &old.running) != (&new.policy, &new.tracks, &new.running)
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
        outage: None,
        late: None,
        at: SessionTime::ZERO,
        phase: Phase::Idle,
        ended: None,
        url: String::new(),
        position: PresentationTime::ZERO,
        duration: None,
        rate: 1.0,
        epoch: Epoch::default(),
        tracks: vec![],
        estimate: None,
        buffer_target: Duration::ZERO,
        policy: String::new(),
        begun_with: Arc::new(Config::default()),
        manifest: None,
        presentation: None,
        running: vec![],
        requests: Arc::default(),
        decisions: Arc::default(),
        notices: Arc::default(),
        history: Arc::default(),
        totals: Totals::default(),
    }
}
