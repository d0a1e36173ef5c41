//! The user guide in the window: the pages on the left, one of them on the right.

use crate::ui::model::guide::{OpenGuide, PAGES};
use crate::ui::model::window_state::WindowState;
use crate::ui::theme;
use eframe::egui::{Button, Id, Modal, ScrollArea, Ui, vec2};
use egui_commonmark::CommonMarkViewer;

/// Of the list of pages.
const LIST: f32 = 180.0;
/// The most that a line of the page takes: longer ones are hard to read.
const PAGE: f32 = 760.0;

/// A button that opens it.
pub(crate) fn button(ui: &mut Ui, view: &mut WindowState) {
    if ui.add(Button::new("User guide").frame(false)).clicked() {
        view.keys = false;
        view.guide = Some(OpenGuide::new());
    }
}

/// Shows it while it is open.
pub(crate) fn show(ui: &Ui, view: &mut WindowState) {
    let Some(guide) = &mut view.guide else { return };
    let sheet = Modal::new(Id::unique("guide")).show(ui.ctx(), |ui| {
        let window = ui.ctx().content_rect().size() - vec2(6.0, 10.0) * theme::GAP;
        ui.set_width((LIST + PAGE).min(window.x));
        ui.set_height(window.y);
        ui.spacing_mut().item_spacing.x = theme::GAP;
        ui.horizontal_top(|ui| {
            let chosen = ui.vertical(|ui| list(ui, guide.page())).inner;
            ui.separator();
            page(ui, guide);
            if let Some(page) = chosen.or_else(|| guide.followed()) {
                guide.turn_to(page);
            }
        });
    });
    if sheet.should_close() {
        view.guide = None;
    }
}

/// The page that was chosen, if one was.
fn list(ui: &mut Ui, shown: usize) -> Option<usize> {
    ui.set_width(LIST);
    let mut chosen = None;
    for (number, page) in PAGES.iter().enumerate().filter(|(_, page)| page.listed) {
        if ui.selectable_label(number == shown, page.title()).clicked() {
            chosen = Some(number);
        }
    }
    chosen
}

fn page(ui: &mut Ui, guide: &mut OpenGuide) {
    ScrollArea::both().id_salt(("guide", guide.page())).auto_shrink([false, false]).show(ui, |ui| {
        let (layout, text) = guide.shown();
        CommonMarkViewer::new().show(ui, layout, text);
    });
}
