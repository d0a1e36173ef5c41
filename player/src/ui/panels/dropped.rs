//! Files dragged onto the window: while they hover the window says what would happen, dropped they are opened.

use crate::ui::out::Out;
use crate::ui::theme::Palette;
use eframe::egui::{Align2, Color32, FontId, Id, LayerId, Order, Ui};

/// Looks for files on or over the window.
pub(crate) fn show(ui: &Ui, out: &mut Out) {
    let dropped = ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_owned()));
    if let Some(path) = dropped {
        out.open = Some(path.display().to_string());
    }
    if ui.input(|input| !input.raw.hovered_files.is_empty()) {
        let whole = ui.ctx().content_rect();
        let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("dropping")));
        painter.rect_filled(whole, 0.0, Color32::from_black_alpha(190));
        let color = Palette::of(ui).focus;
        painter.text(whole.center(), Align2::CENTER_CENTER, "Drop to open", FontId::proportional(26.0), color);
    }
}
