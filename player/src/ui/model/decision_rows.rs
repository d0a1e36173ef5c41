//! Decisions as rows for people: those that follow each other and say the same are one row, because what matters is
//! where something changed.

use super::decision_words::why;
use crate::ui::format;
use crate::ui::kind;
use crate::ui::ladder::LadderView;
use crate::ui::reading;
use player_core::abr::Rule;
use player_core::io::{Action, Decision, RequestId};
use player_core::kinds::TrackKind;
use player_core::presentation::RungId;
use player_core::snapshot::Snapshot;

/// Neighbouring decisions that say the same.
#[derive(Debug, PartialEq)]
pub(crate) struct DecisionRow<'a> {
    /// The one that changed something.
    pub first: &'a Decision,
    /// The newest of them.
    pub last: &'a Decision,
    /// How many segments they are about, or how often one was asked for again.
    pub count: usize,
}

/// Whether every word occurs.
pub(crate) fn holds(snapshot: &Snapshot, row: &DecisionRow<'_>, words: &str) -> bool {
    if words.trim().is_empty() {
        return true;
    }
    let text = in_words(snapshot, row).to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// Whether it asks again for what did not come.
pub(crate) fn is_again(decision: &Decision) -> bool {
    decision.basis.rule == Rule::Again
}

/// `7 segments`, `14 times`; nothing where it is one.
pub(crate) fn how_many(row: &DecisionRow<'_>) -> Option<String> {
    let what = if is_again(row.first) { "times" } else { "segments" };
    (row.count > 1).then(|| format!("{} {what}", row.count))
}

/// The rung of a download that was given up, while it is remembered.
pub(crate) fn given_up(snapshot: &Snapshot, request: RequestId) -> Option<RungId> {
    let known = snapshot.requests.iter().rfind(|view| view.id == request)?;
    known.subject.rung()
}

/// Whether nothing changes by it.
pub(crate) fn goes_on(decision: &Decision) -> bool {
    match decision.action {
        Action::Wait { .. } => true,
        Action::Fetch { segment } => decision.basis.last_rung == Some(segment.rung),
        Action::Abandon { .. } | Action::Replace { .. } => false,
    }
}

/// `went up from 480p to 720p`.
pub(crate) fn what(snapshot: &Snapshot, decision: &Decision) -> String {
    let track = reading::track(snapshot, decision.track);
    let ladder = track.map(|track| LadderView::in_film(snapshot, track));
    let name = |rung| ladder.and_then(|ladder| ladder.label(rung)).unwrap_or("?");
    match decision.action {
        Action::Wait { .. } => "waited".to_owned(),
        Action::Fetch { segment } if is_again(decision) => format!("asked again for {}", name(segment.rung)),
        Action::Fetch { segment } => match decision.basis.last_rung {
            None => format!("started with {}", name(segment.rung)),
            Some(before) if before == segment.rung => format!("stayed at {}", name(before)),
            Some(before) => {
                let up = ladder.is_some_and(|ladder| ladder.is_above(segment.rung, before));
                let way = if up { "went up" } else { "went down" };
                format!("{way} from {} to {}", name(before), name(segment.rung))
            }
        },
        Action::Abandon { request, segment } => {
            let given_up = given_up(snapshot, request).map_or("the download", name);
            format!("gave {given_up} up, took {}", name(segment.rung))
        }
        Action::Replace { from, segment } => {
            format!("replaced {} in the buffer by {}", name(from), name(segment.rung))
        }
    }
}

/// `0:41 went up from 480p to 720p, 8 segments: There was room for it: …`
pub(crate) fn in_words(snapshot: &Snapshot, row: &DecisionRow<'_>) -> String {
    let what = what(snapshot, row.first);
    let word = kind::style(row.first.track).word;
    let gap = if word.is_empty() { "" } else { " " };
    let count = how_many(row).map(|many| format!(", {many}")).unwrap_or_default();
    format!("{} {word}{gap}{what}{count}: {}", format::instant(row.first.at), why(snapshot, row.first))
}

/// All that was decided about the pictures, in sentences, oldest first.
pub(crate) fn sentences(snapshot: &Snapshot) -> Vec<String> {
    rows(&snapshot.decisions, &[kind::charted()]).iter().map(|row| in_words(snapshot, row)).collect()
}

/// Oldest first, of the tracks of `kinds`: where there is one rung there is nothing to tell. A wait changes nothing,
/// so it is left out unless it is what the pictures are doing now.
pub(crate) fn rows<'a>(decisions: &'a [Decision], kinds: &[TrackKind]) -> Vec<DecisionRow<'a>> {
    let newest = decisions.iter().rfind(|decision| decision.track == kind::charted());
    let is_wait = |decision: &Decision| matches!(decision.action, Action::Wait { .. });
    let mut rows: Vec<DecisionRow<'a>> = vec![];
    for decision in decisions {
        if !kinds.contains(&decision.track) || is_wait(decision) && newest != Some(decision) {
            continue;
        }
        let same = rows.iter().rposition(|row| row.last.track == decision.track);
        match same.and_then(|index| rows.get_mut(index)) {
            Some(row) if continues(row.last, decision) => {
                row.count += usize::from(is_again(decision) || row.last.action != decision.action);
                row.last = decision;
            }
            _ => rows.push(DecisionRow { first: decision, last: decision, count: 1 }),
        }
    }
    rows
}

fn continues(last: &Decision, next: &Decision) -> bool {
    if is_again(last) || is_again(next) {
        return is_again(last) && is_again(next);
    }
    match (&last.action, &next.action) {
        (Action::Fetch { segment: a }, Action::Fetch { segment: b })
        | (Action::Replace { segment: a, .. }, Action::Replace { segment: b, .. }) => a.rung == b.rung,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;
    use player_core::io::Basis;
    use player_core::snapshot::RequestState;
    use shared::time::SessionTime;
    use std::sync::Arc;
    use std::time::Duration;

    fn decision(second: u64, track: TrackKind, action: Action, last: Option<usize>) -> Decision {
        let (buffer, capacity, expected_stall) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        let basis = Basis {
            buffer,
            capacity,
            estimate: None,
            last_rung: last.map(fixtures::rung),
            rule: Rule::Keep,
            expected_stall,
        };
        let at = SessionTime::from(Duration::from_secs(second));
        Decision { at, track, action, reason: String::new(), basis }
    }

    #[test]
    fn a_download_that_is_given_up_has_its_own_row_and_names_both_rungs() {
        let mut snapshot = fixtures::meddled();
        let given_up = snapshot.requests.iter().find(|request| request.state == RequestState::Aborted).unwrap().clone();
        let segment = fixtures::segment_id(3, 0);
        let abandon = decision(3, kind::charted(), Action::Abandon { request: given_up.id, segment }, Some(1));
        let after = decision(4, kind::charted(), Action::Fetch { segment: fixtures::segment_id(4, 0) }, Some(0));
        snapshot.decisions = Arc::new(vec![abandon, after]);
        let words: Vec<_> =
            rows(&snapshot.decisions, &[kind::charted()]).iter().map(|row| what(&snapshot, row.first)).collect();
        let ladder = LadderView::of_video(&snapshot);
        let name = |rung| ladder.label(rung).unwrap();
        let (before, now) = (name(given_up.subject.rung().unwrap()), name(fixtures::rung(0)));
        assert_eq!(words, [format!("gave {before} up, took {now}"), format!("stayed at {now}")]);
    }

    #[test]
    fn what_is_asked_for_again_is_one_row_however_often() {
        let snapshot = fixtures::playing();
        let again = |second, rung| {
            let mut decision =
                decision(second, kind::charted(), Action::Fetch { segment: fixtures::segment_id(9, rung) }, Some(2));
            decision.basis.rule = Rule::Again;
            decision
        };
        let list = [again(1, 2), again(2, 2), again(4, 0)];
        let rows = rows(&list, &[kind::charted()]);
        assert_eq!(rows.len(), 1);
        assert!(in_words(&snapshot, &rows[0]).contains("asked again for"), "{}", in_words(&snapshot, &rows[0]));
        assert_eq!(how_many(&rows[0]).as_deref(), Some("3 times"));
    }

    #[test]
    fn neighbours_that_say_the_same_are_one_row() {
        use TrackKind::{Audio, Video};
        let fetch = |second, rung, last| {
            decision(second, Video, Action::Fetch { segment: fixtures::segment_id(second, rung) }, last)
        };
        let wait = |second| {
            let until = SessionTime::from(Duration::from_secs(second + 1));
            decision(second, Video, Action::Wait { until }, Some(1))
        };
        let sound =
            |second| decision(second, Audio, Action::Fetch { segment: fixtures::segment_id(second, 0) }, Some(0));
        let list = [
            fetch(0, 0, None),
            sound(0),
            fetch(1, 1, Some(0)),
            sound(1),
            fetch(2, 1, Some(1)),
            wait(3),
            wait(4),
            fetch(5, 1, Some(1)),
            wait(7),
        ];
        let seen = |list: &[Decision]| -> Vec<_> {
            rows(list, &[Video, Audio])
                .iter()
                .map(|row| (row.first.at.secs_f64(), row.first.track, row.count))
                .collect()
        };
        let all = [(0.0, Video, 1), (0.0, Audio, 2), (1.0, Video, 3), (7.0, Video, 1)];
        assert_eq!(seen(&list), all, "waits in between are left out, the one that lasts is not");
        assert!(rows(&list, &[Audio]).iter().all(|row| row.first.track == Audio));
        assert_eq!(seen(&list[..7]), [(0.0, Video, 1), (0.0, Audio, 2), (1.0, Video, 2), (4.0, Video, 1)]);
    }
}
