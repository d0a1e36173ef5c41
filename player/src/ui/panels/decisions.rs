//! What the player decided, newest first, with the reason in a sentence. Decisions of the same kind that follow each
//! other are one row: what matters is where something changed.

use crate::ui::format;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::view::View;
use crate::ui::widgets::{chip, frame_focus};
use eframe::egui::{Align, Frame, Layout, RichText, ScrollArea, TextEdit, Ui, vec2};
use player_core::io::{Action, Decision, TrackKind};
use player_core::snapshot::{Snapshot, TrackView};

/// No more rows than anybody scrolls through.
const MOST_ROWS: usize = 100;

/// Neighbouring decisions that say the same.
#[derive(Debug, PartialEq)]
struct Row<'a> {
    /// The one that changed something.
    first: &'a Decision,
    /// The newest of them.
    last: &'a Decision,
    count: usize,
}

/// Shows filter and list.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut View) {
    let choosable = |kind| reading::track(snapshot, kind).is_some_and(|track| track.rungs.len() > 1);
    let kinds: Vec<_> = [TrackKind::Video, TrackKind::Audio].into_iter().filter(|kind| choosable(*kind)).collect();
    let mut rows = rows(&snapshot.decisions, &kinds);
    let decided = !rows.is_empty();
    rows.retain(|row| holds(snapshot, row, &view.decision_filter));
    if filter(ui, &mut view.decision_filter) {
        let lines: Vec<_> = rows.iter().rev().map(|row| in_words(snapshot, row)).collect();
        ui.ctx().copy_text(lines.join("\n"));
    }
    if rows.is_empty() {
        let words = if decided { "Nothing with these words." } else { "Nothing decided yet." };
        ui.label(RichText::new(words).color(Palette::of(ui).weak));
    }
    ScrollArea::vertical().id_salt("decisions").auto_shrink([false, false]).show(ui, |ui| {
        for (index, row) in rows.iter().rev().take(MOST_ROWS).enumerate() {
            if show_row(ui, snapshot, row, index == 0) {
                view.chart.pointed = Some(row.first.at.secs_f64());
            }
        }
    });
}

/// The words to look for; whether what is left is to be copied.
fn filter(ui: &mut Ui, words: &mut String) -> bool {
    let row = vec2(ui.available_width(), 22.0);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        let copy = ui.button(RichText::new("Copy").small()).on_hover_text("Copy the list as text").clicked();
        let field =
            TextEdit::singleline(words).hint_text("Filter: up, down, gives up, 480p …").desired_width(f32::INFINITY);
        let field = ui.add(field).accessible_name("Filter of decisions");
        frame_focus(ui, &field);
        copy
    })
    .inner
}

/// Whether every word occurs.
fn holds(snapshot: &Snapshot, row: &Row<'_>, words: &str) -> bool {
    if words.trim().is_empty() {
        return true;
    }
    let text = in_words(snapshot, row).to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// Whether nothing changes by it.
pub(crate) fn goes_on(decision: &Decision) -> bool {
    match decision.action {
        Action::Wait { .. } => true,
        Action::Fetch { rung, .. } => decision.basis.last_rung == Some(rung),
        Action::Abandon { .. } | Action::Replace { .. } => false,
    }
}

/// `up from 480p to 720p`.
pub(crate) fn what(snapshot: &Snapshot, decision: &Decision) -> String {
    let track = reading::track(snapshot, decision.track);
    let name = |rung: usize| track.and_then(|track| track.rungs.get(rung)).map_or("?", |rung| rung.label.as_str());
    match decision.action {
        Action::Wait { .. } => "waits".to_owned(),
        Action::Fetch { rung, .. } => match decision.basis.last_rung {
            None => format!("starts with {}", name(rung)),
            Some(before) if before == rung => format!("stays at {}", name(rung)),
            Some(before) => {
                let way = if before < rung { "up" } else { "down" };
                format!("{way} from {} to {}", name(before), name(rung))
            }
        },
        Action::Abandon { rung, .. } => format!("gives the download up, takes {}", name(rung)),
        Action::Replace { from, rung, .. } => format!("replaces {} in the buffer by {}", name(from), name(rung)),
    }
}

/// `0:41 up from 480p to 720p, 8 segments: Buffer 17.4 s, …`
fn in_words(snapshot: &Snapshot, row: &Row<'_>) -> String {
    let what = what(snapshot, row.first);
    let sound = if row.first.track == TrackKind::Audio { "sound " } else { "" };
    let count = if row.count > 1 { format!(", {} segments", row.count) } else { String::new() };
    format!("{} {sound}{what}{count}: {}", format::instant(row.first.at), format::sentence(&row.first.reason))
}

/// Oldest first, of the tracks of `kinds`: where there is one rung there is nothing to tell. A wait changes nothing,
/// so it is left out unless it is what the pictures are doing now.
fn rows<'a>(decisions: &'a [Decision], kinds: &[TrackKind]) -> Vec<Row<'a>> {
    let newest = decisions.iter().rfind(|decision| decision.track == TrackKind::Video);
    let is_wait = |decision: &Decision| matches!(decision.action, Action::Wait { .. });
    let mut rows: Vec<Row<'a>> = vec![];
    for decision in decisions {
        if !kinds.contains(&decision.track) || is_wait(decision) && newest != Some(decision) {
            continue;
        }
        let same = rows.iter().rposition(|row| row.last.track == decision.track);
        match same.and_then(|index| rows.get_mut(index)) {
            Some(row) if continues(row.last, decision) => (row.last, row.count) = (decision, row.count + 1),
            _ => rows.push(Row { first: decision, last: decision, count: 1 }),
        }
    }
    rows
}

fn continues(last: &Decision, next: &Decision) -> bool {
    match (&last.action, &next.action) {
        (Action::Fetch { rung: a, .. }, Action::Fetch { rung: b, .. }) => a == b,
        (Action::Abandon { rung: a, .. }, Action::Fetch { rung: b, .. }) => a == b,
        (Action::Replace { rung: a, .. }, Action::Replace { rung: b, .. }) => a == b,
        _ => false,
    }
}

/// Why something changed; of the newest row also how things stand now. Whether the pointer is on it: the charts show
/// when that was.
fn show_row(ui: &mut Ui, snapshot: &Snapshot, row: &Row<'_>, newest: bool) -> bool {
    let palette = Palette::of(ui);
    let fill = if newest { palette.raised } else { palette.surface };
    let frame = Frame::new().fill(fill).corner_radius(theme::ROUNDING).inner_margin(4.0);
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(format::instant(row.first.at)).small().color(palette.weak));
            headline(ui, snapshot, row);
        });
        ui.label(RichText::new(format::sentence(&row.first.reason)).small());
        if newest && row.count > 1 {
            let now = format!("{} {}", format::instant(row.last.at), format::sentence(&row.last.reason));
            ui.label(RichText::new(now).small().color(palette.weak));
        }
    });
    shown.response.contains_pointer()
}

/// `up from 480p to 720p`, `stays at 720p · 7 segments`, `waits`, `gives the download up, takes 480p`.
fn headline(ui: &mut Ui, snapshot: &Snapshot, row: &Row<'_>) {
    let palette = Palette::of(ui);
    let Some(track) = reading::track(snapshot, row.first.track) else { return };
    if row.first.track == TrackKind::Audio {
        word(ui, "sound");
    }
    match row.first.action {
        Action::Wait { .. } => word(ui, "waits"),
        Action::Fetch { rung, .. } => fetches(ui, track, rung, row.first.basis.last_rung),
        Action::Abandon { rung, .. } => {
            word(ui, "gives the download up, takes");
            rung_chip(ui, track, rung);
        }
        Action::Replace { from, rung, .. } => {
            word(ui, "replaces");
            rung_chip(ui, track, from);
            word(ui, "in the buffer by");
            rung_chip(ui, track, rung);
        }
    }
    if row.count > 1 {
        ui.label(RichText::new(format!("· {} segments", row.count)).small().color(palette.weak));
    }
}

fn fetches(ui: &mut Ui, track: &TrackView, rung: usize, before: Option<usize>) {
    match before {
        None => word(ui, "starts with"),
        Some(before) if before == rung => word(ui, "stays at"),
        Some(before) => {
            word(ui, if before < rung { "up from" } else { "down from" });
            rung_chip(ui, track, before);
            word(ui, "to");
        }
    }
    rung_chip(ui, track, rung);
}

fn word(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).strong());
}

fn rung_chip(ui: &mut Ui, track: &TrackView, rung: usize) {
    let palette = Palette::of(ui);
    let label = track.rungs.get(rung).map_or_else(|| format!("rung {rung}"), |rung| rung.label.clone());
    let fill = if track.kind == TrackKind::Video { palette.rung(rung, track.rungs.len()) } else { palette.hovered };
    chip(ui, &label, fill);
}

#[cfg(test)]
mod tests {
    use super::*;
    use player_core::abr::Rule;
    use player_core::io::Basis;
    use shared::time::SessionTime;
    use std::time::Duration;

    fn decision(second: u64, track: TrackKind, action: Action, last_rung: Option<usize>) -> Decision {
        let (buffer, capacity, expected_stall) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        let basis = Basis { buffer, capacity, estimate: None, last_rung, rule: Rule::Keep, expected_stall };
        let at = SessionTime::from(Duration::from_secs(second));
        Decision { at, track, action, reason: String::new(), basis }
    }

    #[test]
    fn neighbours_that_say_the_same_are_one_row() {
        use TrackKind::{Audio, Video};
        let fetch =
            |second, rung, last| decision(second, TrackKind::Video, Action::Fetch { rung, position: second }, last);
        let wait = |second| {
            let until = SessionTime::from(Duration::from_secs(second + 1));
            decision(second, TrackKind::Video, Action::Wait { until }, Some(1))
        };
        let sound = |second| decision(second, TrackKind::Audio, Action::Fetch { rung: 0, position: second }, Some(0));
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
