//! The URL field with its button, and below it what could be meant while it is being typed in.

use super::browse;
use crate::ui::format;
use crate::ui::model::folder_listing::FileKind;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::frame_focus;
use eframe::egui::{Align2, Area, Button, Frame, Id, Key, Order, Response, RichText, TextEdit, TextStyle, Ui, vec2};

/// Shows the field with its buttons in `width`.
pub(crate) fn show(ui: &mut Ui, view: &mut WindowState, out: &mut Out, width: f32, height: f32) -> Response {
    const OPEN: f32 = 52.0;
    let typed = !view.address.trim().is_empty();
    let room = width - OPEN - theme::ICON - 2.0 * ui.spacing().item_spacing.x;
    let field =
        TextEdit::singleline(&mut view.address).hint_text("URL, film, package or report").align(Align2::LEFT_CENTER);
    let field = ui.add_sized(vec2(room.max(80.0), height), field).accessible_name("Address of the presentation");
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    browse::button(ui, FileKind::Manifest, "Choose a file", view);
    let open = ui.add_enabled(typed, Button::new("Open").min_size(vec2(OPEN, height))).on_hover_text("Open this");
    frame_focus(ui, &open);
    if (open.clicked() || entered) && typed {
        out.open = Some(view.address.trim().to_owned());
        view.completion.list = None;
    } else {
        suggest(ui, &field, view, out);
    }
    frame_focus(ui, &field);
    field
}

/// The list stays while the pointer is on it: a click takes the keyboard from the field before it counts.
fn suggest(ui: &Ui, field: &Response, view: &mut WindowState, out: &mut Out) {
    let pointed =
        |list: eframe::egui::Rect| ui.input(|input| input.pointer.hover_pos().is_some_and(|at| list.contains(at)));
    if !field.has_focus() && !view.completion.list.is_some_and(pointed) {
        view.completion.list = None;
        return;
    }
    let offers = view.completion.of(ui.ctx(), &view.address, &view.memory.recent);
    let at_the_start = view.opened.is_empty() && view.address.is_empty();
    if offers.is_empty() || at_the_start {
        view.completion.list = None;
        return;
    }
    let area = Area::new(Id::unique("suggestions")).order(Order::Foreground).fixed_pos(field.rect.left_bottom());
    let shown = area.show(ui.ctx(), |ui| {
        Frame::popup(ui.style()).fill(Palette::of(ui).surface).show(ui, |ui| {
            ui.set_width(field.rect.width().max(300.0) - 2.0 * theme::GAP);
            list(ui, &offers, view, out);
        });
    });
    view.completion.list = Some(shown.response.rect);
}

/// A click opens a manifest, or goes on typing in a folder.
pub(crate) fn list(ui: &mut Ui, offers: &[String], view: &mut WindowState, out: &mut Out) {
    let font = TextStyle::Body.resolve(ui.style());
    let letter = ui.fonts_mut(|fonts| fonts.glyph_width(&font, 'n')).max(1.0);
    let most = ((ui.available_width() - 2.0 * ui.spacing().button_padding.x) / letter) as usize;
    for offer in offers {
        let button = ui.add(Button::selectable(false, RichText::new(format::elided(offer, most))).truncate());
        if button.on_hover_text(offer).clicked() {
            view.address.clone_from(offer);
            if !offer.ends_with('/') {
                out.open = Some(offer.clone());
                view.completion.list = None;
            }
        }
    }
}
