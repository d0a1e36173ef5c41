//! The controls on the picture, on dark glass in both themes: title and address above, strip, seek bar and buttons
//! below. They come with the pointer and go with it.

use super::{address, transport};
use crate::ui::icons::Icon;
use crate::ui::keys::{self, Act};
use crate::ui::model::title;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{icon_button, icon_switch};
use eframe::egui::{
    Align, Color32, Context, CursorIcon, Event, Key, Label, Layout, Popup, Rect, RichText, Theme, Ui, UiBuilder, pos2,
    vec2,
};
use player_core::io::Phase;
use player_core::snapshot::Snapshot;
use std::time::Duration;

/// Widest address field.
const ADDRESS: f32 = 380.0;

/// Shows them on `space` while they are wanted, and hides the pointer with them.
pub(crate) fn show(ui: &mut Ui, space: Rect, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    view.controls.observe(ui.input(|input| input.events.iter().any(is_stirring)), view.now);
    if !are_wanted(ui.ctx(), snapshot, view) {
        view.controls.shown(vec![]);
        if ui.input(|input| input.pointer.hover_pos()).is_some_and(|pointer| space.contains(pointer)) {
            ui.ctx().set_cursor_icon(CursorIcon::None);
        }
        return;
    }
    let head = Rect::from_min_max(space.min, pos2(space.right(), (space.top() + theme::TOP_BAR).min(space.bottom())));
    let foot =
        Rect::from_min_max(pos2(space.left(), (space.bottom() - theme::TRANSPORT).max(head.bottom())), space.max);
    glass(ui, head, |ui| heading(ui, snapshot, view, out));
    glass(ui, foot, |ui| transport::show(ui, snapshot, view, out));
    view.controls.shown(vec![head, foot]);
}

/// While they only wait for their time to be over, a repaint is asked for then.
fn are_wanted(ctx: &Context, snapshot: &Snapshot, view: &WindowState) -> bool {
    let rest = view.controls.rest(view.now);
    if rest > 0.0 {
        ctx.request_repaint_after(Duration::from_secs_f64(rest));
    }
    rest > 0.0 || snapshot.phase == Phase::Ended || view.scrub.is_some() || view.selected.is_some() || in_use(ctx, view)
}

/// The pointer rests on them, a menu is open, or the keyboard is in them.
fn in_use(ctx: &Context, view: &WindowState) -> bool {
    let pointed = ctx.input(|input| input.pointer.hover_pos()).is_some_and(|pointer| view.controls.cover(pointer));
    pointed || Popup::is_any_open(ctx) || ctx.memory(|memory| memory.focused().is_some())
}

/// Movements of the pointer, clicks, fingers, and the key that goes from control to control.
fn is_stirring(event: &Event) -> bool {
    match event {
        Event::PointerMoved(_) | Event::PointerButton { .. } | Event::Touch { .. } => true,
        Event::Key { key, pressed, .. } => *key == Key::Tab && *pressed,
        _ => false,
    }
}

/// A part of the picture under dark glass: what is on it has the colours of the dark theme.
fn glass(ui: &mut Ui, area: Rect, content: impl FnOnce(&mut Ui)) {
    ui.painter().rect_filled(area, 0.0, Color32::from_black_alpha(190));
    let inner = area.shrink2(vec2(theme::GAP, theme::GAP * 0.6));
    let inner = Rect::from_min_size(inner.min, inner.size().max(eframe::egui::Vec2::ZERO));
    ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
        *ui.visuals_mut() = theme::dark();
        ui.shrink_clip_rect(area);
        content(ui);
    });
}

/// What is on, and the buttons that are about the window.
fn heading(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        window_buttons(ui, snapshot, view, out);
        ui.add_space(theme::GAP);
        let width = (ui.available_width() * 0.55).min(ADDRESS);
        ui.allocate_ui_with_layout(vec2(width, theme::ICON), Layout::left_to_right(Align::Center), |ui| {
            address::show(ui, view, out, width, theme::ICON - 4.0);
        });
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add_space(theme::SMALL_GAP);
            let words = RichText::new(title::of(snapshot).unwrap_or_default()).heading().color(Palette::of(ui).text);
            ui.add(Label::new(words).truncate().selectable(false));
        });
    });
}

/// From the right: keys, theme, the lab view.
fn window_buttons(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    if icon_button(ui, Icon::Keys, "Keys", "?").clicked() {
        view.keys = !view.keys;
    }
    theme_button(ui, view);
    if icon_switch(ui, Icon::Charts, Some(view.memory.lab), "Lab view", "d").clicked() {
        keys::perform(Act::Panels, snapshot, view, out);
    }
}

/// The other theme. On glass everything is dark: the theme is that of the window around it.
pub(crate) fn theme_button(ui: &mut Ui, view: &mut WindowState) {
    let dark = ui.ctx().theme() == Theme::Dark;
    let (icon, name, other) =
        if dark { (Icon::Day, "Light theme", Theme::Light) } else { (Icon::Night, "Dark theme", Theme::Dark) };
    if icon_button(ui, icon, name, "").clicked() {
        ui.ctx().set_theme(other);
        view.memory.light = Some(other == Theme::Light);
    }
}
