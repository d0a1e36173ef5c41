//! One sentence of the window's own, until it is clicked away: where something was written to, say.

use crate::ui::icons::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::view::View;
use crate::ui::widgets::icon_button;
use eframe::egui::{Align2, Area, Frame, Id, Order, Ui, vec2};

/// Shows it at the foot of the window.
pub(crate) fn show(ui: &Ui, view: &mut View) {
    let Some(words) = view.told.clone() else { return };
    let foot = ui.ctx().content_rect().center_bottom() - vec2(0.0, 3.0 * theme::GAP);
    let area = Area::new(Id::unique("told")).order(Order::Foreground).pivot(Align2::CENTER_BOTTOM).fixed_pos(foot);
    area.show(ui.ctx(), |ui| {
        Frame::popup(ui.style()).fill(Palette::of(ui).raised).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(words);
                if icon_button(ui, Icon::Close, "Close the message", "Esc").clicked() {
                    view.told = None;
                }
            });
        });
    });
}
