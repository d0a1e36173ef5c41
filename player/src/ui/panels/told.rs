//! One sentence of the window's own, for a while or until it is clicked away: where something was written to, say.

use crate::ui::icons::Icon;
use crate::ui::model::window_state::WindowState;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::icon_button;
use eframe::egui::{Align2, Area, Frame, Id, Order, Ui, vec2};
use std::time::Duration;

/// Shows it at the foot of the window, above the controls that may lie there.
pub(crate) fn show(ui: &Ui, view: &mut WindowState) {
    let Some(told) = &mut view.told else { return };
    let rest = told.rest(ui.input(|input| input.time));
    if rest <= 0.0 {
        view.told = None;
        return;
    }
    ui.ctx().request_repaint_after(Duration::from_secs_f64(rest));
    let words = told.words.clone();
    let foot = ui.ctx().content_rect().center_bottom() - vec2(0.0, theme::WATCH_LINE + theme::TRANSPORT + theme::GAP);
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
