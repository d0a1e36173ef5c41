//! Why it is as it is, in a line: what the network does, what the player does about it, what that costs and when one sees
//! it. A function of the snapshot; `decision_words` says the same of what is over.

use super::rung_costs::{RungCost, arriving, costs, lasts};
use crate::ui::format;
use crate::ui::ladder::LadderView;
use crate::ui::reading;
use player_core::io::{Action, Phase};
use player_core::snapshot::{Awaited, OutageView, RequestState, Snapshot, TrackView};
use shared::units::Bitrate;
use std::time::Duration;

/// A change of the network that is worth a word, as a factor: what arrives differs from second to second anyway.
const CHANGE: f64 = 2.0;
/// For so long it is news.
const NEWS: Duration = Duration::from_secs(15);
/// A request without a byte for so long is worth a word.
const MUTE: Duration = Duration::from_secs(1);
/// A download that takes more than this part of the buffer is a strain.
const STRAIN: u32 = 2;

/// The line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Headline {
    /// The first says most; where there is no room for all, the last ones are left out.
    pub sentences: Vec<String>,
    /// How bad it is.
    pub mood: Mood,
}

/// How bad it is for the viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Everything comes in time.
    Calm,
    /// It may be too late.
    Strained,
    /// The picture stands still.
    Standing,
}

/// What is told of `snapshot`; nothing before there is a ladder.
pub(crate) fn headline(snapshot: &Snapshot) -> Option<Headline> {
    let video = reading::video(snapshot)?;
    let told = match snapshot.phase {
        Phase::Idle | Phase::Failed => return None,
        Phase::Ended => vec!["The film is over.".to_owned()],
        _ => present(snapshot, video),
    };
    Some(Headline { sentences: told, mood: mood(snapshot, video) })
}

impl Headline {
    /// All of it.
    pub(crate) fn words(&self) -> String {
        self.sentences.join(" ")
    }
}

fn mood(snapshot: &Snapshot, video: &TrackView) -> Mood {
    let late = || under_way(&costs(snapshot)).is_some_and(|cost| cost.takes > lasts(snapshot, video) / STRAIN);
    match snapshot.phase {
        Phase::Stalled => Mood::Standing,
        Phase::Playing if snapshot.outage.is_some() || snapshot.late.is_some() || late() => Mood::Strained,
        _ => Mood::Calm,
    }
}

fn present(snapshot: &Snapshot, video: &TrackView) -> Vec<String> {
    if let Some(outage) = &snapshot.outage {
        return outage_words(snapshot, video, outage);
    }
    if let Some(late) = &snapshot.late {
        let lately = format::seconds(late.lately);
        return vec![format!("This computer is too slow: pictures were late for {lately} of the last 10 s.")];
    }
    [network(snapshot), Some(doing(snapshot, video)), seen(snapshot, video)].into_iter().flatten().collect()
}

/// Nothing comes, or there is nothing more yet.
fn outage_words(snapshot: &Snapshot, video: &TrackView, outage: &OutageView) -> Vec<String> {
    let since = format::brief(snapshot.at.since(outage.since));
    let what = match outage.awaited {
        Awaited::Network => format!("Nothing has come for {since}."),
        Awaited::Licence => format!("What comes next is encrypted, and its key has not come for {since}."),
        Awaited::More => format!("All of the film that there is so far is played: nothing new for {since}."),
    };
    let next = outage.next_try.filter(|at| *at > snapshot.at);
    let next = next.map_or("The player is asking again".to_owned(), |at| {
        format!("The player asks again in {}", format::seconds(at.since(snapshot.at)))
    });
    vec![what, format!("{next}; {}.", left(snapshot, video))]
}

/// `9.0 s are in the buffer`, `the buffer is empty`.
fn left(snapshot: &Snapshot, video: &TrackView) -> String {
    let lasts = lasts(snapshot, video);
    match lasts < Duration::from_millis(50) {
        true => "the buffer is empty".to_owned(),
        false => format!("{} are in the buffer", format::seconds(lasts)),
    }
}

/// What the network does: when it last changed, what it carries, or, while nothing comes, what is expected of it.
fn network(snapshot: &Snapshot) -> Option<String> {
    Some(match (arriving(snapshot), change(snapshot)) {
        (Some(now), Some((way, ago))) => format!("Network {way} to {now} {} ago.", whole_seconds(ago)),
        (Some(now), None) => format!("Network carries {now}."),
        (None, _) => format!("{} are expected of the network.", snapshot.estimate?),
    })
}

/// `4 s`.
fn whole_seconds(time: Duration) -> String {
    format!("{:.0} s", time.as_secs_f64().max(1.0))
}

/// Whether what arrives has become much less or more lately, and how long ago.
fn change(snapshot: &Snapshot) -> Option<(&'static str, Duration)> {
    let now = arriving(snapshot)?;
    let points = &snapshot.history.points;
    let since = snapshot.at.secs_f64() - NEWS.as_secs_f64();
    let begin = points.partition_point(|point| point.at.secs_f64() < since - 1.0);
    let rates = reading::arriving_rates(&points[begin..]).filter_map(|(at, rate)| Some((at, rate?)));
    let (at, before) = rates.filter(|(at, rate)| *at >= since && is_other(*rate, now)).last()?;
    let ago = Duration::try_from_secs_f64(snapshot.at.secs_f64() - at).ok()?;
    Some((if before > now { "fell" } else { "rose" }, ago))
}

fn is_other(rate: Bitrate, now: Bitrate) -> bool {
    let (low, high) = if rate < now { (rate, now) } else { (now, rate) };
    high.bps() as f64 > low.bps() as f64 * CHANGE
}

/// What the player does about it.
fn doing(snapshot: &Snapshot, video: &TrackView) -> String {
    match reading::in_flight(snapshot) {
        Some(request) if request.first_byte.is_none() && snapshot.at.since(request.requested) > MUTE => {
            let waited = format::brief(snapshot.at.since(request.requested));
            format!("The server has not answered for {waited}; {}.", left(snapshot, video))
        }
        Some(_) => fetching(snapshot, video),
        None if reading::is_complete(snapshot) => "Everything to the end of the film is in the buffer.".to_owned(),
        None if reading::has_all_so_far(snapshot) => {
            format!("The film is still being made: all that there is of it is fetched, {}.", left(snapshot, video))
        }
        None => waiting(snapshot, video),
    }
}

fn under_way(costs: &[RungCost]) -> Option<&RungCost> {
    costs.iter().find(|cost| cost.under_way)
}

/// What is fetched, against the buffer and against what else could be fetched.
fn fetching(snapshot: &Snapshot, video: &TrackView) -> String {
    let costs = costs(snapshot);
    let Some(cost) = under_way(&costs) else { return "The next segment is being fetched.".to_owned() };
    let (label, takes, lasts) = (&cost.label, format::seconds(cost.takes), lasts(snapshot, video));
    if matches!(snapshot.phase, Phase::Loading | Phase::Seeking | Phase::Stalled) {
        return format!("The picture waits for this {label} segment: {takes} to go.");
    }
    if cost.takes <= lasts / STRAIN {
        return format!("This {label} segment is there in {takes}, {} in hand.", format::seconds(lasts - cost.takes));
    }
    let lowest = costs.first().filter(|lowest| lowest.rung != cost.rung);
    let against = lowest.map(|lowest| beside(cost, lowest)).unwrap_or_default();
    if cost.stall.is_zero() {
        return format!(
            "Finishing this {label} segment takes {takes} of the {} in the buffer{against}.",
            format::seconds(lasts)
        );
    }
    let stall = format::seconds(cost.stall);
    format!(
        "Finishing this {label} segment takes {takes}, the buffer lasts {}: {stall} of standing still{against}.",
        format::seconds(lasts)
    )
}

/// What starting again at the bottom of the ladder would be.
fn beside(cost: &RungCost, lowest: &RungCost) -> String {
    let takes = format::seconds(lowest.takes);
    match lowest.takes >= cost.takes {
        true => format!("; starting again in {} would take {takes}", lowest.label),
        false => format!("; {} would take {takes}, a way out down to {takes} of buffer", lowest.label),
    }
}

fn waiting(snapshot: &Snapshot, video: &TrackView) -> String {
    let last = snapshot.requests.iter().rfind(|request| reading::is_video_segment(request));
    if let Some(failed) = last.filter(|request| request.state == RequestState::Failed) {
        return format!("After {} the player asks again soon; {}.", reading::status(failed), left(snapshot, video));
    }
    let next = snapshot.decisions.iter().rfind(|decision| decision.track == video.kind);
    let until = next.and_then(|decision| match decision.action {
        Action::Wait { until } if until > snapshot.at => Some(until.since(snapshot.at)),
        _ => None,
    });
    let next = until.map(|until| format!(" The next segment is asked for in {}.", format::seconds(until)));
    format!("The buffer is full with {}.{}", format::seconds(video.ahead), next.unwrap_or_default())
}

/// What changes on the screen, and when.
fn seen(snapshot: &Snapshot, video: &TrackView) -> Option<String> {
    let ladder = LadderView::in_film(snapshot, video);
    let shown = video.shown?;
    let speed = snapshot.rate.max(0.1);
    let ahead = video.buffered.iter().find(|part| part.time.start > snapshot.position && part.rung != shown);
    if let Some(part) = ahead {
        let within = part.time.start.since(snapshot.position).div_f64(speed);
        return Some(format!("The picture becomes {} in {}.", ladder.label(part.rung)?, format::seconds(within)));
    }
    let next = reading::in_flight(snapshot)?.subject.rung().filter(|rung| *rung != shown)?;
    Some(format!("{} is seen in {}.", ladder.label(next)?, format::seconds(lasts(snapshot, video))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;
    use player_core::snapshot::OutageView;
    use shared::time::SessionTime;
    use std::sync::Arc;

    fn words(snapshot: &Snapshot) -> String {
        headline(snapshot).unwrap().words()
    }

    #[test]
    fn before_there_is_a_ladder_nothing_is_told() {
        assert_eq!(headline(&reading::nothing()), None);
        assert_eq!(words(&fixtures::ended()), "The film is over.");
    }

    #[test]
    fn a_full_buffer_is_calm() {
        let told = headline(&fixtures::playing()).unwrap();
        assert!(told.words().contains("The buffer is full with"), "{told:?}");
        assert_eq!(told.mood, Mood::Calm);
    }

    #[test]
    fn who_stands_still_hears_what_for() {
        let told = headline(&fixtures::stalled()).unwrap();
        assert!(told.words().contains("The picture waits for this 1080p segment"), "{told:?}");
        let line = crate::ui::model::now::now(&fixtures::stalled()).unwrap();
        let rate = line.figures.split(" at ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
        assert!(told.sentences[0].contains(rate), "both lines speak of one network: {told:?}, {line:?}");
        assert_eq!(told.mood, Mood::Standing);
    }

    #[test]
    fn a_download_that_outlives_the_buffer_is_weighed_against_the_lowest_rung() {
        let mut snapshot = fixtures::stalled();
        snapshot.phase = Phase::Playing;
        snapshot.tracks[0].ahead = Duration::from_millis(100);
        let told = headline(&snapshot).unwrap();
        assert!(told.words().contains(" of standing still; "), "{told:?}");
        assert_eq!(told.mood, Mood::Strained);
        snapshot.tracks[0].ahead = Duration::from_secs(600);
        let told = headline(&snapshot).unwrap();
        assert!(told.words().contains("in hand") && told.mood == Mood::Calm, "{told:?}");
    }

    #[test]
    fn a_network_that_has_changed_lately_is_told_with_its_time() {
        let mut snapshot = fixtures::stalled();
        let bytes = |bytes: u64| shared::units::ByteSize::from_bytes(bytes);
        let now = snapshot.at;
        let points = &mut Arc::make_mut(&mut snapshot.history).points;
        let model = *points.last().unwrap();
        points.clear();
        let mut delivered = model.delivered;
        for quarter in 0..48u32 {
            let fast = quarter < 32;
            delivered.bytes += bytes(if fast { 125_000 } else { 12_500 });
            delivered.busy += Duration::from_millis(250);
            let at = SessionTime::from(now.since(SessionTime::ZERO) - Duration::from_millis(250) * (48 - quarter));
            points.push(player_core::history::Point { at, delivered, ..model });
        }
        let told = words(&snapshot);
        assert!(told.starts_with("Network fell to 400 kbit/s ") && told.contains(" s ago."), "{told}");
    }

    #[test]
    fn an_outage_says_since_when_and_what_is_left() {
        let mut snapshot = fixtures::playing();
        let since = SessionTime::from(snapshot.at.since(SessionTime::ZERO) - Duration::from_secs(12));
        let (why, next_try) = ("refused".to_owned(), None);
        snapshot.outage = Some(OutageView { awaited: Awaited::Network, since, why, next_try });
        let told = words(&snapshot);
        assert!(told.starts_with("Nothing has come for 12.0 s. The player is asking again; "), "{told}");
        assert!(told.contains("are in the buffer"), "{told}");
    }
}
