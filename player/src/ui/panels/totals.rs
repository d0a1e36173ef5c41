//! The figures of the session so far, in two columns.

use crate::ui::model::totals_rows::{self, TotalsRow, rows};
use crate::ui::out::Out;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Align, Layout, RichText, ScrollArea, Ui};
use player_core::snapshot::Snapshot;

const ROW: f32 = 22.0;

/// The height that all figures take.
pub(crate) fn height(ui: &Ui, snapshot: &Snapshot) -> f32 {
    let lines = rows(snapshot).len().div_ceil(2) + 1;
    lines as f32 * (ROW + ui.spacing().item_spacing.y)
}

/// Shows the figures, and the ways to take them along.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, out: &mut Out) {
    take_along(ui, snapshot, out);
    let rows = rows(snapshot);
    let half = rows.len().div_ceil(2);
    ScrollArea::vertical().id_salt("totals").auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 2.0 * theme::GAP;
        ui.columns(2, |columns| {
            for (column, rows) in columns.iter_mut().zip([&rows[..half], &rows[half..]]) {
                for figure in rows {
                    row(column, figure);
                }
            }
        });
    });
}

fn take_along(ui: &mut Ui, snapshot: &Snapshot, out: &mut Out) {
    ui.horizontal(|ui| {
        let copy = ui.button(RichText::new("Copy stats").small()).on_hover_text("These figures as text");
        if copy.clicked() {
            ui.ctx().copy_text(totals_rows::as_text(snapshot));
        }
        let help = "Report, CSV, figures and a picture of the charts, in a new folder (E)";
        out.export |= ui.button(RichText::new("Export").small()).on_hover_text(help).clicked();
    });
}

fn row(ui: &mut Ui, figure: &TotalsRow) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(figure.caption.to_string()).small().color(Palette::of(ui).weak));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(&figure.value);
        });
    });
}
