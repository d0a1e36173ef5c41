//! What the player is doing at this moment, in two short lines: what it waits for, and whether that comes in time.

use super::rung_costs::{lasts, time};
use crate::ui::format;
use crate::ui::kind;
use crate::ui::ladder::LadderView;
use crate::ui::reading;
use player_core::io::{Action, Phase};
use player_core::snapshot::{LateView, RequestState, RequestView, Snapshot, TrackView};
use std::time::Duration;

/// A download that would take longer than this is not going to end: the network has stopped.
const HOPELESS: Duration = Duration::from_secs(600);

/// The present in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Now {
    /// What is going on.
    pub what: String,
    /// The figures that matter for it.
    pub figures: String,
    /// The buffer will not last.
    pub late: bool,
}

/// What is going on in `snapshot`; nothing before there is a ladder and after the end.
pub(crate) fn now(snapshot: &Snapshot) -> Option<Now> {
    let video = reading::video(snapshot)?;
    if matches!(snapshot.phase, Phase::Idle | Phase::Failed | Phase::Ended) {
        return None;
    }
    if let Some(late) = &snapshot.late {
        return Some(slow(snapshot, video, late));
    }
    Some(match reading::in_flight(snapshot) {
        Some(request) => fetching(snapshot, video, request),
        None if reading::is_complete(snapshot) => complete(video),
        None if reading::has_all_so_far(snapshot) => {
            let figures = format!("{} in the buffer", format::seconds(video.ahead));
            Now { what: "waits for more of the film".to_owned(), figures, late: false }
        }
        None => waiting(snapshot, video),
    })
}

/// `this computer is too slow`, `pictures late for 1.4 s of the last 10, without 1080p for now`.
fn slow(snapshot: &Snapshot, video: &TrackView, late: &LateView) -> Now {
    let ladder = LadderView::in_film(snapshot, video);
    let labels: Vec<&str> = late.left_out.iter().filter_map(|rung| ladder.label(*rung)).collect();
    let without = if labels.is_empty() { String::new() } else { format!(", without {} for now", labels.join(" and ")) };
    let figures = format!("pictures late for {} of the last 10{without}", format::seconds(late.lately));
    Now { what: "this computer is too slow".to_owned(), figures, late: true }
}

/// `fetching 720p, segment 21 · 63 %`, `1.2 s to go at 3.9 Mbit/s, 16.0 s in the buffer`.
fn fetching(snapshot: &Snapshot, video: &TrackView, request: &RequestView) -> Now {
    let rung = request.subject.rung().or(video.loading);
    let label = rung.and_then(|rung| LadderView::of_video(snapshot).label(rung)).unwrap_or("video");
    let segment = request.subject.media().map(|segment| format!(", segment {}", segment.number)).unwrap_or_default();
    let share = format::percent(request.received.bytes(), request.size.map(|size| size.bytes()));
    let share = share.map(|share| format!(" · {share}")).unwrap_or_default();
    let what = format!("fetching {label}{segment}{share}");
    let buffer = format!("{} in the buffer", format::seconds(video.ahead));
    let Some((to_go, rate)) = to_go(snapshot, request) else {
        let waited = format::brief(snapshot.at.since(request.requested));
        return Now { what, figures: format!("no byte for {waited}, {buffer}"), late: false };
    };
    let late = to_go > lasts(snapshot, video) && snapshot.phase == Phase::Playing;
    if to_go >= HOPELESS {
        return Now { what, figures: format!("nothing more comes, {buffer}"), late };
    }
    let join = if late { " but" } else { "," };
    Now { what, figures: format!("{} to go at {rate}{join} {buffer}", format::seconds(to_go)), late }
}

/// How long the rest of the download takes at the rate of the last second, and that rate.
fn to_go(snapshot: &Snapshot, request: &RequestView) -> Option<(Duration, shared::units::Bitrate)> {
    let rate = reading::arriving_of(snapshot, request)?;
    let missing = request.size?.saturating_sub(request.received);
    Some((time(missing, rate).min(HOPELESS), rate))
}

fn complete(video: &TrackView) -> Now {
    let figures = format!("{} to the end, all in the buffer", format::seconds(video.ahead));
    Now { what: "everything is fetched".to_owned(), figures, late: false }
}

fn waiting(snapshot: &Snapshot, video: &TrackView) -> Now {
    let buffer =
        format!("{} of {} in the buffer", format::seconds(video.ahead), format::seconds(snapshot.buffer_target));
    match last_trouble(snapshot) {
        Some(status) => Now { what: format!("after {status}: asks again soon"), figures: buffer, late: false },
        None => {
            let next = next_fetch(snapshot).map(|next| format!(", next fetch in {}", format::seconds(next)));
            let figures = format!("{buffer}{}", next.unwrap_or_default());
            Now { what: "waits: the buffer is full".to_owned(), figures, late: false }
        }
    }
}

/// How the last request for a video segment failed, if it did.
fn last_trouble(snapshot: &Snapshot) -> Option<String> {
    let last = snapshot.requests.iter().rfind(|request| reading::is_video_segment(request))?;
    (last.state == RequestState::Failed).then(|| reading::status(last))
}

fn next_fetch(snapshot: &Snapshot) -> Option<Duration> {
    let last = snapshot.decisions.iter().rfind(|decision| decision.track == kind::charted())?;
    match last.action {
        Action::Wait { until } if until > snapshot.at => Some(until.since(snapshot.at)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;
    use std::sync::Arc;

    #[test]
    fn each_phase_has_its_words() {
        let words = |snapshot: &Snapshot| now(snapshot).map(|now| (now.what, now.late));
        let full = words(&fixtures::playing());
        assert_eq!(full, Some(("waits: the buffer is full".to_owned(), false)));
        let stalled = words(&fixtures::stalled());
        assert!(stalled.is_some_and(|(what, late)| what.starts_with("fetching 1080p, segment") && !late));
        assert_eq!(words(&fixtures::ended()), None);
        assert_eq!(words(&reading::nothing()), None);
    }

    #[test]
    fn what_comes_too_late_is_said() {
        let mut snapshot = fixtures::stalled();
        snapshot.phase = Phase::Playing;
        snapshot.tracks[0].ahead = Duration::from_millis(20);
        snapshot.running[0].received = shared::units::ByteSize::from_bytes(100_000);
        let now = now(&snapshot).unwrap();
        assert!(
            now.late && now.figures.contains("to go at") && now.figures.contains("but 0.0 s in the buffer"),
            "{now:?}"
        );
    }

    #[test]
    fn a_computer_that_is_too_slow_is_not_taken_for_the_network() {
        let mut snapshot = fixtures::playing();
        let left_out = vec![fixtures::rung(5)];
        snapshot.late = Some(LateView { lately: Duration::from_millis(1400), left_out, until: None });
        let now = now(&snapshot).unwrap();
        assert_eq!(now.figures, "pictures late for 1.4 s of the last 10, without 1080p for now");
        assert!(now.late && now.what == "this computer is too slow");
    }

    #[test]
    fn a_network_that_stopped_is_said_to_have_stopped() {
        let mut snapshot = fixtures::stalled();
        let request = &mut snapshot.running[0];
        request.first_byte = Some(request.requested);
        request.received = shared::units::ByteSize::from_bytes(1);
        Arc::make_mut(&mut snapshot.history).points.clear();
        let now = now(&snapshot).unwrap();
        assert!(now.figures.starts_with("nothing more comes, "), "{now:?}");
    }

    #[test]
    fn at_the_end_of_the_film_nothing_is_left_to_fetch() {
        let mut snapshot = fixtures::playing();
        snapshot.duration = Some(Duration::from_secs_f64(snapshot.position.secs_f64()) + snapshot.tracks[0].ahead);
        assert!(now(&snapshot).is_some_and(|now| now.what == "everything is fetched"));
    }
}
