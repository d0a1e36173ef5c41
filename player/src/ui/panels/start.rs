//! Before anything is open: where to type, what was open before, and what there is to try.

use super::address;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::theme::{self, Palette};
use eframe::egui::{self, Align, Layout, RichText, Ui, UiBuilder, vec2};

const STEPS: [&str; 3] =
    ["packager sample film.mp4", "packager package film.mp4 --output package", "packager serve package"];
/// Addresses of before that are in sight.
const MOST_RECENT: usize = 6;

/// Shows the start screen.
pub(crate) fn show(ui: &mut Ui, view: &mut WindowState, out: &mut Out) {
    let space = ui.available_rect_before_wrap();
    let width = (space.width() - 4.0 * theme::GAP).clamp(0.0, 620.0);
    let top = space.center_top() + vec2(-width / 2.0, (space.height() * 0.5 - 190.0).max(theme::GAP));
    let rect = egui::Rect::from_min_size(top, vec2(width, (space.bottom() - top.y).max(0.0)));
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ui.label(RichText::new("Watch a player think").heading().size(26.0));
        let words = "Open a DASH presentation: type the URL of its MPD, choose a file, or drop one here.";
        ui.label(RichText::new(words).color(Palette::of(ui).weak));
        ui.add_space(theme::GAP);
        let row = vec2(ui.available_width(), 34.0);
        ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
            let field = address::show(ui, view, out, ui.available_width(), 32.0);
            if ui.memory(|memory| memory.focused().is_none()) {
                field.request_focus();
            }
        });
        ui.add_space(theme::GAP);
        recent(ui, view, out);
        ui.add_space(theme::GAP);
        first_steps(ui);
    });
}

fn recent(ui: &mut Ui, view: &mut WindowState, out: &mut Out) {
    // While something is being typed, the field offers what fits.
    if view.memory.recent.is_empty() || view.completion.list.is_some() {
        return;
    }
    ui.label(RichText::new("Opened before").color(Palette::of(ui).weak));
    let recent: Vec<String> = view.memory.recent.iter().take(MOST_RECENT).cloned().collect();
    address::list(ui, &recent, view, out);
}

fn first_steps(ui: &mut Ui) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("Nothing to play yet? Make a film, package it, serve it:").color(palette.weak));
    for step in STEPS {
        ui.horizontal(|ui| {
            ui.label(RichText::new(step).monospace());
            let copy = ui.small_button("Copy");
            if copy.accessible_name(format!("Copy {step}")).clicked() {
                ui.ctx().copy_text(step.to_owned());
            }
        });
    }
}
