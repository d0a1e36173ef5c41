//! Small pieces that several panels are made of.

use super::icons::{self, Icon};
use super::model::remembered::Remembered;
use super::theme::{self, Palette};
use eframe::egui::{
    self, Align2, Color32, CornerRadius, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, TextStyle, Ui,
    WidgetInfo, vec2,
};

/// A button that is only an icon; `name` is its accessible name and, with the key, its tooltip.
pub(crate) fn icon_button(ui: &mut Ui, icon: Icon, name: &str, key: &str) -> Response {
    icon_switch(ui, icon, None, name, key)
}

/// An icon button with a state: filled while it is on.
pub(crate) fn icon_switch(ui: &mut Ui, icon: Icon, on: Option<bool>, name: &str, key: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(egui::Vec2::splat(theme::ICON), Sense::click());
    let palette = Palette::of(ui);
    let is_switch = on.is_some();
    let on = on.unwrap_or(false);
    if on || response.hovered() || response.has_focus() {
        let fill = if on { palette.chosen } else { palette.hovered };
        ui.painter().rect_filled(rect, CornerRadius::same(theme::ROUNDING), fill);
    }
    frame_focus(ui, &response);
    let color = if on { palette.on_chosen } else { palette.text };
    icons::paint(ui.painter(), rect.shrink(theme::ICON * 0.24), icon, color);
    response.widget_info(|| match is_switch {
        true => WidgetInfo::selected(Role::Switch, true, on, name),
        false => WidgetInfo::labeled(Role::Button, true, name),
    });
    if key.is_empty() { response.on_hover_text(name) } else { response.on_hover_text(format!("{name} ({key})")) }
}

/// A small button that is one of several, or on and off.
pub(crate) fn choice(ui: &mut Ui, chosen: bool, text: &str) -> Response {
    let palette = Palette::of(ui);
    let color = if chosen { palette.on_chosen } else { palette.text };
    let text = egui::RichText::new(text).small().color(color);
    let button = ui.add(egui::Button::selectable(chosen, text).frame_when_inactive(true));
    frame_focus(ui, &button);
    button
}

/// Frames a widget that has the keyboard focus.
pub(crate) fn frame_focus(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(theme::LINE, Palette::of(ui).focus);
        ui.painter().rect_stroke(response.rect, CornerRadius::same(theme::ROUNDING), stroke, StrokeKind::Inside);
    }
}

/// A caption above a group of controls that folds when it is clicked. `beside` stays in sight.
pub(crate) fn section(ui: &mut Ui, memory: &mut Remembered, title: &str, beside: impl FnOnce(&mut Ui)) -> bool {
    ui.horizontal(|ui| {
        let folded = memory.is_folded(title);
        let (icon, _) = ui.allocate_exact_size(vec2(9.0, 12.0), Sense::hover());
        let weak = Palette::of(ui).weak;
        icons::paint(ui.painter(), icon, if folded { Icon::Folded } else { Icon::Unfolded }, weak);
        let text = egui::RichText::new(title).font(theme::strong(11.0)).color(weak);
        let heading = ui.add(egui::Label::new(text).sense(Sense::click()).selectable(false));
        heading.widget_info(|| WidgetInfo::selected(Role::Button, true, !folded, title));
        frame_focus(ui, &heading);
        if heading.on_hover_text(if folded { "Unfold" } else { "Fold" }).clicked() {
            memory.fold(title);
        }
        beside(ui);
        !memory.is_folded(title)
    })
    .inner
}

/// A caption with its value under it, in a cell of fixed width so that nothing moves when the value changes.
pub(crate) fn figure(ui: &mut Ui, width: f32, caption: &str, value: &str, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, theme::TOP_BAR - 12.0), Sense::hover());
    let palette = Palette::of(ui);
    let painter = ui.painter_at(rect);
    let small = TextStyle::Small.resolve(ui.style());
    let body = TextStyle::Body.resolve(ui.style());
    painter.text(rect.left_top(), Align2::LEFT_TOP, caption, small, palette.weak);
    painter.text(rect.left_bottom(), Align2::LEFT_BOTTOM, value, body, color);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{caption}: {value}")));
    response
}

/// The name of a rung on its colour. Returns the space it took.
pub(crate) fn chip(ui: &mut Ui, text: &str, fill: Color32) -> Response {
    let font = TextStyle::Small.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, Palette::on(fill));
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(10.0, 3.0), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(theme::ROUNDING), fill);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, Palette::on(fill));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// A box of text on the picture, readable on every film.
pub(crate) fn plate(rect: Rect) -> Shape {
    Shape::rect_filled(rect, CornerRadius::same(theme::ROUNDING), Color32::from_black_alpha(215))
}

/// A sliding switch that is on or off.
pub(crate) fn switch(ui: &mut Ui, on: bool, name: &str) -> Response {
    let (rect, mut response) = ui.allocate_exact_size(vec2(32.0, 18.0), Sense::click());
    if response.clicked() {
        response.mark_changed();
    }
    let palette = Palette::of(ui);
    let trough = if on { palette.chosen } else { palette.raised };
    let knob = if on { palette.on_chosen } else { palette.weak };
    let radius = rect.height() / 2.0;
    let x = if on { rect.right() - radius } else { rect.left() + radius };
    ui.painter().rect(rect, radius, trough, Stroke::new(theme::HAIRLINE, palette.line), StrokeKind::Inside);
    ui.painter().circle_filled(egui::pos2(x, rect.center().y), radius - 4.0, knob);
    frame_focus(ui, &response);
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, name));
    response
}
