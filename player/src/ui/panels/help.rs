//! The list of keys, and what the words mean, on `?`.

use super::guide;
use crate::ui::keys;
use crate::ui::model::window_state::WindowState;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Align, CollapsingHeader, Grid, Id, Label, Layout, Modal, RichText, ScrollArea, Ui};
use player_core::words::{MEASURES, THINGS, Word};

/// The most height that the words take.
const WORDS: f32 = 220.0;

/// Shows the sheet while it is wanted.
pub(crate) fn show(ui: &mut Ui, view: &mut WindowState) {
    if !view.keys {
        return;
    }
    let sheet = Modal::new(Id::unique("keys")).show(ui.ctx(), |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Keys").heading());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| guide::button(ui, view));
        });
        ui.add_space(theme::SMALL_GAP);
        Grid::new("keys").num_columns(4).spacing([18.0, 5.0]).show(ui, |ui| {
            let half = keys::BINDINGS.len().div_ceil(2);
            for row in 0..half {
                for binding in [keys::BINDINGS.get(row), keys::BINDINGS.get(row + half)].into_iter().flatten() {
                    ui.label(RichText::new(binding.shown).monospace().color(Palette::of(ui).text));
                    ui.label(RichText::new(binding.does).color(Palette::of(ui).weak));
                }
                ui.end_row();
            }
        });
        words(ui);
    });
    view.keys = view.keys && !sheet.should_close();
}

/// What the figures and the charts speak of.
fn words(ui: &mut Ui) {
    ui.add_space(theme::GAP);
    CollapsingHeader::new("Words").show(ui, |ui| {
        ScrollArea::vertical().max_height(WORDS).show(ui, |ui| {
            Grid::new("words").num_columns(2).spacing([18.0, 3.0]).show(ui, |ui| {
                for Word { word, meaning } in MEASURES.iter().chain(&THINGS) {
                    ui.label(RichText::new(*word).color(Palette::of(ui).text));
                    let meaning = RichText::new(*meaning).small().color(Palette::of(ui).weak);
                    ui.add(Label::new(meaning).wrap());
                    ui.end_row();
                }
            });
        });
    });
}
