//! The list of keys, on `?`.

use crate::ui::keys;
use crate::ui::model::window_state::WindowState;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Grid, Id, Modal, RichText, Ui};

/// Shows the sheet while it is wanted.
pub(crate) fn show(ui: &mut Ui, view: &mut WindowState) {
    if !view.keys {
        return;
    }
    let sheet = Modal::new(Id::unique("keys")).show(ui.ctx(), |ui| {
        ui.label(RichText::new("Keys").heading());
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
    });
    view.keys = !sheet.should_close();
}
