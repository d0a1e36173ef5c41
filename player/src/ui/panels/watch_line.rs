//! Below the picture: one line of figures, what the player is doing, and the switch to the lab view.

use super::top_bar;
use crate::ui::format;
use crate::ui::keys::{self, Act};
use crate::ui::ladder::LadderView;
use crate::ui::model::now;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::chip;
use eframe::egui::{Align, Button, Color32, Label, Layout, RichText, Ui, vec2};
use player_core::snapshot::Snapshot;

/// Shows the line in all the room there is.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let lab = ui.add(Button::new(RichText::new("Lab view").small())).on_hover_text("Charts and controls (d)");
        if lab.clicked() {
            keys::perform(Act::Panels, snapshot, view, out);
        }
        ui.add_space(theme::GAP);
        figures(ui, snapshot);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            top_bar::lamp(ui, snapshot.phase);
            on_screen(ui, snapshot);
            present(ui, snapshot);
        });
    });
}

/// From the right: stalls, estimate, buffer.
fn figures(ui: &mut Ui, snapshot: &Snapshot) {
    if snapshot.tracks.is_empty() {
        return;
    }
    let palette = Palette::of(ui);
    let (stalls, color) = top_bar::stalls(snapshot, palette);
    figure(ui, "stalls", &stalls, color);
    let estimate = snapshot.estimate.map_or("unknown".to_owned(), |rate| rate.to_string());
    figure(ui, "estimate", &estimate, palette.text);
    let first = reading::video(snapshot).or(snapshot.tracks.first());
    figure(ui, "buffer", &first.map(|track| format::seconds(track.ahead)).unwrap_or_default(), palette.text);
}

/// A value with its caption before it; laid out from the right.
fn figure(ui: &mut Ui, caption: &str, value: &str, color: Color32) {
    if ui.available_width() < 320.0 {
        return;
    }
    ui.add(Label::new(RichText::new(value).color(color)).selectable(false));
    ui.add(Label::new(RichText::new(caption).color(Palette::of(ui).weak)).selectable(false));
    ui.add_space(theme::GAP);
}

/// The rendition on the screen as a chip in its colour, with its rate.
fn on_screen(ui: &mut Ui, snapshot: &Snapshot) {
    let Some(video) = reading::video(snapshot) else { return };
    let ladder = LadderView::in_film(snapshot, video);
    let known = video.shown.and_then(|rung| Some((rung, ladder.label(rung)?, ladder.bandwidth(rung)?)));
    let Some((rung, label, rate)) = known.filter(|_| !video.blank) else { return };
    chip(ui, label, ladder.color(Palette::of(ui), rung)).on_hover_text(format!("On the screen: {label}, {rate}"));
    ui.add(Label::new(RichText::new(rate.to_string()).color(Palette::of(ui).weak)).selectable(false));
    ui.add_space(theme::GAP);
}

/// What the player does now, cut off where there is no room.
fn present(ui: &mut Ui, snapshot: &Snapshot) {
    let Some(now) = now::now(snapshot).filter(|_| ui.available_width() > 120.0) else { return };
    let palette = Palette::of(ui);
    let color = if now.late { palette.warning } else { palette.text };
    let room = vec2(ui.available_width() - 1.5 * theme::GAP, ui.available_height());
    let words = RichText::new(format!("{} · {}", now.what, now.figures)).color(color);
    ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
        ui.add(Label::new(words).truncate().selectable(false));
    });
}
