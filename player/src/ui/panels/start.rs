//! Before anything is open: where to type, and what there is to try.

use crate::ui::theme::{self, Palette};
use crate::ui::view::{Out, View};
use eframe::egui::{self, Align, Align2, Button, Layout, RichText, TextEdit, Ui, UiBuilder, vec2};

const STEPS: [&str; 3] =
    ["packager sample film.mp4", "packager package film.mp4 --output package", "packager serve package"];

/// Shows the start screen.
pub(crate) fn show(ui: &mut Ui, view: &mut View, out: &mut Out) {
    let space = ui.available_rect_before_wrap();
    let width = (space.width() - 4.0 * theme::GAP).min(620.0);
    let top = space.center_top() + vec2(-width / 2.0, (space.height() * 0.5 - 150.0).max(theme::GAP));
    let rect = egui::Rect::from_min_size(top, vec2(width, space.bottom() - top.y));
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ui.label(RichText::new("Watch a player think").heading().size(26.0));
        ui.label(RichText::new("Open a DASH presentation: the URL of its MPD, or a file.").color(Palette::of(ui).weak));
        ui.add_space(theme::GAP);
        field(ui, view, out);
        ui.add_space(2.0 * theme::GAP);
        first_steps(ui);
    });
}

fn field(ui: &mut Ui, view: &mut View, out: &mut Out) {
    ui.allocate_ui_with_layout(vec2(ui.available_width(), 34.0), Layout::right_to_left(Align::Center), |ui| {
        let open = ui.add_enabled(!view.address.trim().is_empty(), Button::new("Open").min_size(vec2(80.0, 32.0)));
        let field = TextEdit::singleline(&mut view.address)
            .hint_text("http://127.0.0.1:8080/manifest.mpd")
            .align(Align2::LEFT_CENTER)
            .min_size(vec2(0.0, 32.0))
            .desired_width(f32::INFINITY);
        let field = ui.add(field).accessible_name("Address of the presentation");
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if (open.clicked() || entered) && !view.address.trim().is_empty() {
            out.open = Some(view.address.trim().to_owned());
        }
    });
}

fn first_steps(ui: &mut Ui) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("Nothing to play yet? Make a film, package it, serve it:").color(palette.weak));
    for step in STEPS {
        ui.label(RichText::new(step).monospace());
    }
}
