//! What the session wants people to know, newest first: when, how bad, what. Long ones go on in the next line.

use crate::ui::format;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Label, RichText, ScrollArea, Ui};
use player_core::io::Severity;
use player_core::snapshot::{NoticeView, Snapshot};

/// Shows the messages.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot) {
    ScrollArea::vertical().id_salt("messages").auto_shrink([false, true]).show(ui, |ui| {
        for view in snapshot.notices.iter().rev() {
            message(ui, view);
            ui.add_space(theme::SMALL_GAP);
        }
    });
}

fn message(ui: &mut Ui, view: &NoticeView) {
    let palette = Palette::of(ui);
    let (word, color) = match view.notice.severity {
        Severity::Info => ("Note", palette.weak),
        Severity::Warning => ("Warning", palette.warning),
        Severity::Error | Severity::Fatal => ("Error", palette.warning),
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(format::instant(view.at)).small().color(palette.weak));
        ui.label(RichText::new(word).small().strong().color(color));
    });
    ui.add(Label::new(&view.notice.message).wrap());
}
