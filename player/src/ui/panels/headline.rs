//! The line between picture and charts that says why it is as it is, with a bar for what each rung would cost.

use crate::ui::format;
use crate::ui::ladder::LadderView;
use crate::ui::model::headline::{Mood, headline};
use crate::ui::model::rung_costs::{RungCost, costs, lasts};
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use eframe::egui::{
    Align2, Color32, FontId, Label, Rect, RichText, Role, Sense, Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2,
};
use player_core::snapshot::Snapshot;
use std::time::Duration;

/// Height of the whole, in points.
pub(crate) const HEIGHT: f32 = 56.0;
/// Of the letters.
const LETTERS: f32 = 16.0;
/// Of a rung's cell and its bar.
const CELL: f32 = 15.0;
const BAR: f32 = 4.0;
/// Wider cells would make bars that nobody compares.
const WIDEST: f32 = 120.0;

/// Shows sentence and bars.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot) {
    let Some(told) = headline(snapshot) else { return };
    let palette = Palette::of(ui);
    let color = match told.mood {
        Mood::Calm => palette.text,
        Mood::Strained => palette.warning,
        Mood::Standing => palette.stall,
    };
    ui.spacing_mut().item_spacing.y = 3.0;
    let words = RichText::new(fitting(ui, &told.sentences)).size(LETTERS).color(color);
    ui.add(Label::new(words).truncate()).on_hover_text(told.words());
    bars(ui, snapshot);
}

/// As many whole sentences as there is room for, at least one.
fn fitting(ui: &Ui, sentences: &[String]) -> String {
    let width = |words: &str| {
        let font = FontId::proportional(LETTERS);
        ui.painter().layout_no_wrap(words.to_owned(), font, Color32::WHITE).size().x
    };
    let words = |count: usize| format::unbroken(&sentences[..count].join(" "));
    let fits = |count: &usize| width(&words(*count)) <= ui.available_width();
    words((1..=sentences.len()).rev().find(fits).unwrap_or(sentences.len().min(1)))
}

/// A cell a rung: how much of the buffer its segment would take, and what would be missing.
fn bars(ui: &mut Ui, snapshot: &Snapshot) {
    let costs = costs(snapshot);
    let Some(video) = reading::video(snapshot).filter(|_| costs.len() > 1) else { return };
    let (space, _) = ui.allocate_exact_size(vec2(ui.available_width(), CELL), Sense::hover());
    let gap = theme::SMALL_GAP;
    let width = ((space.width() + gap) / costs.len() as f32 - gap).min(WIDEST);
    let scale = scale(&costs, lasts(snapshot, video));
    for (index, cost) in costs.iter().enumerate() {
        let left = space.left() + index as f32 * (width + gap);
        let cell = Rect::from_min_size(pos2(left, space.top()), vec2(width, CELL));
        bar(ui, cell, cost, LadderView::of(video), scale);
    }
}

/// What a full bar stands for: the buffer, or what the cheapest would take if that is more.
fn scale(costs: &[RungCost], lasts: Duration) -> Duration {
    let least = costs.iter().map(|cost| cost.takes).min().unwrap_or_default();
    lasts.max(least).max(Duration::from_millis(500))
}

fn bar(ui: &Ui, cell: Rect, cost: &RungCost, ladder: LadderView<'_>, scale: Duration) {
    let palette = Palette::of(ui);
    let share = (cost.takes.as_secs_f64() / scale.as_secs_f64()).min(1.0) as f32;
    let color = if cost.stall.is_zero() { ladder.color(palette, cost.rung) } else { palette.stall };
    let track = Rect::from_min_max(pos2(cell.left(), cell.bottom() - BAR), cell.max);
    let filled = Rect::from_min_size(track.min, vec2(track.width() * share, BAR));
    let font = TextStyle::Small.resolve(ui.style());
    let text = if cost.under_way { palette.text } else { palette.weak };
    let words = format!("{} {}", cost.label, format::seconds(cost.takes));
    let painter = ui.painter_at(cell.expand(1.0));
    painter.text(pos2(cell.left(), track.top() - 1.0), Align2::LEFT_BOTTOM, words, font, text);
    painter.rect_filled(track, 1.0, palette.line);
    painter.rect_filled(filled, 1.0, color);
    if cost.under_way {
        painter.rect_stroke(track, 1.0, Stroke::new(theme::LINE, palette.text), eframe::egui::StrokeKind::Outside);
    }
    let response = ui.interact(cell, ui.scope_id().with(("cost", &cost.label)), Sense::hover());
    let told = in_words(cost);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &told));
    response.on_hover_text(told);
}

/// `720p: 1.1 MB to come, 4.9 s at the present rate, 0.3 s of standing still`.
fn in_words(cost: &RungCost) -> String {
    let RungCost { label, size, takes, stall, .. } = cost;
    let stall = (!stall.is_zero()).then(|| format!(", {} of standing still", format::seconds(*stall)));
    let takes = format::seconds(*takes);
    format!("{label}: {} to come, {takes} at the present rate{}", format::short_size(*size), stall.unwrap_or_default())
}
