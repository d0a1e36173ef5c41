//! Words on the picture for a moment: what a key, the wheel or a menu has changed.

use crate::ui::model::window_state::WindowState;
use crate::ui::theme;
use crate::ui::widgets::plate;
use eframe::egui::{Align2, Color32, FontId, Id, Rect, Role, Sense, Ui, WidgetInfo, vec2};
use std::time::Duration;

const SIZE: f32 = 20.0;
const BAR: f32 = 5.0;
const LEAST: f32 = 150.0;

/// Shows them in the upper middle of `space`, below the controls there.
pub(crate) fn show(ui: &Ui, space: Rect, view: &mut WindowState) {
    let Some(osd) = &view.osd else { return };
    let rest = osd.rest(view.now);
    if rest <= 0.0 {
        view.osd = None;
        return;
    }
    ui.ctx().request_repaint_after(Duration::from_secs_f64(rest));
    let galley = ui.painter().layout_no_wrap(osd.words.clone(), FontId::proportional(SIZE), Color32::WHITE);
    let least = if osd.level.is_some() { LEAST } else { 0.0 };
    let bar = if osd.level.is_some() { BAR + theme::SMALL_GAP } else { 0.0 };
    let inner = vec2(galley.size().x.max(least), galley.size().y + bar);
    let size = inner + vec2(2.4 * theme::GAP, 1.2 * theme::GAP);
    let rect = Align2::CENTER_TOP.anchor_size(space.center_top() + vec2(0.0, theme::TOP_BAR + theme::GAP), size);
    ui.painter().add(plate(rect));
    let place = rect.min + vec2(1.2 * theme::GAP, 0.6 * theme::GAP);
    if let Some(level) = osd.level {
        let trough = Rect::from_min_size(place + vec2(0.0, galley.size().y + theme::SMALL_GAP), vec2(inner.x, BAR));
        ui.painter().rect_filled(trough, 2.0, Color32::from_gray(90));
        let full = Rect::from_min_size(trough.min, vec2(trough.width() * level.clamp(0.0, 1.0) as f32, BAR));
        ui.painter().rect_filled(full, 2.0, Color32::WHITE);
    }
    let words = osd.words.clone();
    ui.painter().galley(place, galley, Color32::WHITE);
    let response = ui.interact(rect, Id::unique("osd"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, words.clone()));
}
