//! What the session wants people to know: warnings and errors, newest first.

use crate::ui::theme::{self, Palette};
use eframe::egui::{RichText, ScrollArea, Ui};
use player_core::io::{Notice, Severity};
use player_core::snapshot::Snapshot;

/// Shows the messages.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot) {
    ScrollArea::vertical().id_salt("messages").auto_shrink([false, true]).show(ui, |ui| {
        for notice in snapshot.notices.iter().rev() {
            message(ui, notice);
            ui.add_space(theme::SMALL_GAP);
        }
    });
}

fn message(ui: &mut Ui, notice: &Notice) {
    let palette = Palette::of(ui);
    let (word, color) = match notice.severity {
        Severity::Info => ("Note", palette.weak),
        Severity::Warning => ("Warning", palette.warning),
        Severity::Error | Severity::Fatal => ("Error", palette.warning),
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(word).small().strong().color(color));
        ui.label(&notice.message);
    });
}
