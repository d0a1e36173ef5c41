//! What the player decided, newest first, with the reason in a sentence. Decisions of the same kind that follow each
//! other are one row: what matters is where something changed.

use crate::ui::format;
use crate::ui::kind;
use crate::ui::ladder::LadderView;
use crate::ui::model::decision_rows::{DecisionRow, given_up, holds, how_many, in_words, is_again, rows};
use crate::ui::model::decision_words::why;
use crate::ui::model::window_state::WindowState;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{chip, frame_focus};
use eframe::egui::{Align, Frame, Layout, RichText, ScrollArea, TextEdit, Ui, vec2};
use player_core::io::Action;
use player_core::presentation::RungId;
use player_core::snapshot::Snapshot;

/// No more rows than anybody scrolls through.
const MOST_ROWS: usize = 100;

/// Shows filter and list.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState) {
    let choosable = snapshot.tracks.iter().filter(|track| LadderView::of(track).len() > 1);
    let kinds: Vec<_> = choosable.map(|track| track.kind).collect();
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
            TextEdit::singleline(words).hint_text("Filter: up, down, gave up, 480p …").desired_width(f32::INFINITY);
        let field = ui.add(field).accessible_name("Filter of decisions");
        frame_focus(ui, &field);
        copy
    })
    .inner
}

/// Why something changed; of the newest row also how things stand now. Whether the pointer is on it: the charts show
/// when that was.
fn show_row(ui: &mut Ui, snapshot: &Snapshot, row: &DecisionRow<'_>, newest: bool) -> bool {
    let palette = Palette::of(ui);
    let fill = if newest { palette.raised } else { palette.surface };
    let frame = Frame::new().fill(fill).corner_radius(theme::ROUNDING).inner_margin(4.0);
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(format::instant(row.first.at)).small().color(palette.weak));
            headline(ui, snapshot, row);
        });
        ui.label(RichText::new(format::unbroken(&why(snapshot, row.first))).small());
        if newest && row.count > 1 {
            let now = format!("{} {}", format::instant(row.last.at), why(snapshot, row.last));
            ui.label(RichText::new(format::unbroken(&now)).small().color(palette.weak));
        }
    });
    shown.response.contains_pointer()
}

/// `went up from 480p to 720p`, `stayed at 720p · 7 segments`, `waited`, `gave the download up, took 480p`.
fn headline(ui: &mut Ui, snapshot: &Snapshot, row: &DecisionRow<'_>) {
    let palette = Palette::of(ui);
    let Some(track) = reading::track(snapshot, row.first.track) else { return };
    let ladder = LadderView::in_film(snapshot, track);
    let kind = kind::style(row.first.track).word;
    if !kind.is_empty() {
        word(ui, kind);
    }
    match row.first.action {
        Action::Wait { .. } => word(ui, "waited"),
        Action::Fetch { segment } if is_again(row.first) => {
            word(ui, "asked again for");
            rung_chip(ui, ladder, segment.rung);
        }
        Action::Fetch { segment } => fetches(ui, ladder, segment.rung, row.first.basis.last_rung),
        Action::Abandon { request, segment } => {
            match given_up(snapshot, request) {
                Some(rung) => {
                    word(ui, "gave");
                    rung_chip(ui, ladder, rung);
                    word(ui, "up, took");
                }
                None => word(ui, "gave the download up, took"),
            }
            rung_chip(ui, ladder, segment.rung);
        }
        Action::Replace { from, segment } => {
            word(ui, "replaced");
            rung_chip(ui, ladder, from);
            word(ui, "in the buffer by");
            rung_chip(ui, ladder, segment.rung);
        }
    }
    if let Some(many) = how_many(row) {
        ui.label(RichText::new(format!("· {many}")).small().color(palette.weak));
    }
}

fn fetches(ui: &mut Ui, ladder: LadderView<'_>, rung: RungId, before: Option<RungId>) {
    match before {
        None => word(ui, "started with"),
        Some(before) if before == rung => word(ui, "stayed at"),
        Some(before) => {
            let up = ladder.is_above(rung, before);
            word(ui, if up { "went up from" } else { "went down from" });
            rung_chip(ui, ladder, before);
            word(ui, "to");
        }
    }
    rung_chip(ui, ladder, rung);
}

fn word(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).strong());
}

fn rung_chip(ui: &mut Ui, ladder: LadderView<'_>, rung: RungId) {
    let palette = Palette::of(ui);
    let label = ladder.label(rung).map_or_else(|| format!("rung {rung}"), str::to_owned);
    chip(ui, &label, ladder.color(palette, rung));
}
