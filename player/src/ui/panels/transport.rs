//! Under the picture: the segments of the film, the seek bar with what is buffered in the colours of its renditions,
//! and the buttons.

use super::strip::{self, FilmAxis};
use super::{explain, menu};
use crate::ui::format;
use crate::ui::icons::Icon;
use crate::ui::keys::{self, Act, SPEEDS};
use crate::ui::ladder::LadderView;
use crate::ui::model::window_state::WindowState;
use crate::ui::model::{now, osd};
use crate::ui::out::Out;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{frame_focus, icon_button, icon_switch};
use eframe::egui::{
    Align, Align2, ComboBox, CursorIcon, EventFilter, Key, Layout, Rect, Response, RichText, Role, Sense, Slider,
    Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2,
};
use player_core::io::{Command, Phase};
use player_core::snapshot::Snapshot;

const BAR: f32 = 7.0;
const KNOB: f32 = 6.0;

/// Room for the buttons at the right.
const BUTTONS: f32 = 298.0;

/// Shows strip, seek bar and buttons.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    segments(ui, snapshot, view);
    seek_bar(ui, snapshot, view, out);
    ui.horizontal(|ui| {
        play_button(ui, snapshot, view, out);
        repeat_button(ui, snapshot, view, out);
        clock(ui, snapshot, view);
        let room = vec2((ui.available_width() - BUTTONS).max(0.0), theme::ICON);
        ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(room);
            // In the watch view the line below the picture says it.
            if view.memory.lab || view.full_screen {
                present(ui, snapshot, room.x);
            }
        });
        volume(ui, view, out);
        ui.menu_button(RichText::new("Sound").small(), |ui| menu::sound(ui, snapshot, view, out));
        speed(ui, snapshot, view, out);
        if icon_switch(ui, Icon::Info, Some(view.overlay), "Figures on the picture", "i").clicked() {
            view.overlay = !view.overlay;
        }
        screen_button(ui, view);
    });
}

fn repeat_button(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    if icon_switch(ui, Icon::Repeat, Some(view.repeat), "Repeat", "r").clicked() {
        keys::perform(Act::Repeat, snapshot, view, out);
    }
}

/// What the player is doing, in two lines that stay where they are.
fn present(ui: &mut Ui, snapshot: &Snapshot, width: f32) {
    let Some(now) = now::now(snapshot).filter(|_| width > 120.0) else { return };
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, theme::ICON), Sense::hover());
    let rect = rect.with_min_x(rect.left() + theme::GAP);
    let font = TextStyle::Small.resolve(ui.style());
    let color = if now.late { palette.warning } else { palette.text };
    let painter = ui.painter_at(rect.expand(1.0));
    painter.text(rect.left_top() - vec2(0.0, 1.0), Align2::LEFT_TOP, &now.what, font.clone(), color);
    let below = if now.late { palette.warning } else { palette.weak };
    painter.text(rect.left_bottom() + vec2(0.0, 1.0), Align2::LEFT_BOTTOM, &now.figures, font, below);
    let words = format!("{}: {}", now.what, now.figures);
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("Now {words}")));
    response.on_hover_text(words);
}

/// The strip stands on the seek bar and shares its axis.
fn segments(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState) {
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme::STRIP), Sense::hover());
    let bar = area.shrink2(vec2(KNOB, 0.0));
    let length = snapshot.duration.map_or(0.0, |duration| duration.as_secs_f64());
    strip::show(ui, &FilmAxis { bar, length }, bar, snapshot, view);
    explain::show(ui, area.left_top() - vec2(0.0, theme::SMALL_GAP), snapshot, view);
}

fn seek_bar(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::click_and_drag());
    by_key(ui, &response, snapshot, view, out);
    let bar = Rect::from_center_size(rect.center(), vec2((rect.width() - 2.0 * KNOB).max(0.0), BAR));
    let length = snapshot.duration.map_or(0.0, |duration| duration.as_secs_f64());
    response.widget_info(|| WidgetInfo::slider(length > 0.0, snapshot.position.secs_f64(), "Position"));
    paint_bar(ui, bar, snapshot, length);
    if length <= 0.0 {
        return;
    }
    scrub(&response, bar, length, snapshot, view, out);
    paint_knob(ui, bar, view.scrub.unwrap_or_else(|| view.wishes.place(snapshot)) / length);
    frame_focus(ui, &response);
    if let Some(pointer) = response.hover_pos() {
        time_at_pointer(ui, bar, pointer.x, length);
    }
    response.on_hover_cursor(CursorIcon::PointingHand);
}

/// The arrows belong to the bar while it has the keyboard.
fn by_key(ui: &Ui, response: &Response, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    if !response.has_focus() {
        return;
    }
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    for (key, by) in [(Key::ArrowLeft, -keys::STEP), (Key::ArrowRight, keys::STEP)] {
        for _ in 0..ui.input(|input| input.num_presses(key)) {
            keys::perform(Act::SeekBy(by), snapshot, view, out);
        }
    }
}

/// Seeks when the button is released and not before, because every seek discards the decoded pictures.
fn scrub(response: &Response, bar: Rect, length: f64, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let at = |x: f32| f64::from(((x - bar.left()) / bar.width().max(1.0)).clamp(0.0, 1.0)) * length;
    let pointer = response.interact_pointer_pos().map(|pointer| at(pointer.x));
    if response.dragged() {
        view.scrub = pointer;
    }
    if response.clicked() {
        view.scrub = None;
        if let Some(seconds) = pointer {
            out.seek(snapshot, seconds);
        }
    }
    if response.drag_stopped() {
        if let Some(seconds) = pointer.or(view.scrub) {
            out.seek(snapshot, seconds);
        }
        view.scrub = None;
    }
}

fn paint_bar(ui: &Ui, bar: Rect, snapshot: &Snapshot, length: f64) {
    let painter = ui.painter();
    let palette = Palette::of(ui);
    painter.rect_filled(bar, 2.0, palette.raised);
    let Some(video) = reading::video(snapshot).filter(|_| length > 0.0) else { return };
    let x = |seconds: f64| bar.left() + (seconds / length).clamp(0.0, 1.0) as f32 * bar.width();
    for stretch in &video.buffered {
        let (from, to) = (x(stretch.time.start.secs_f64()), x(stretch.time.end.secs_f64()));
        let part = Rect::from_x_y_ranges(from..=to.max(from + 1.0), bar.y_range());
        painter.rect_filled(part, 0.0, LadderView::in_film(snapshot, video).color(palette, stretch.rung));
    }
    let played = Rect::from_x_y_ranges(
        bar.left()..=x(snapshot.position.secs_f64()),
        bar.center().y - 1.5..=bar.center().y + 1.5,
    );
    painter.rect_filled(played, 1.0, palette.text);
}

fn paint_knob(ui: &Ui, bar: Rect, share: f64) {
    let palette = Palette::of(ui);
    let middle = pos2(bar.left() + share.clamp(0.0, 1.0) as f32 * bar.width(), bar.center().y);
    ui.painter().circle(middle, KNOB, palette.text, Stroke::new(theme::LINE, palette.surface));
}

fn time_at_pointer(ui: &Ui, bar: Rect, x: f32, length: f64) {
    let x = x.min(bar.right()).max(bar.left());
    let seconds = f64::from((x - bar.left()) / bar.width().max(1.0)) * length;
    let palette = Palette::of(ui);
    let font = TextStyle::Small.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(format::clock(seconds), font, palette.text);
    let left = (x - galley.size().x / 2.0).min(bar.right() - galley.size().x).max(bar.left());
    let rect = Align2::LEFT_BOTTOM.anchor_size(pos2(left, bar.top() - 5.0), galley.size());
    ui.painter().rect_filled(rect.expand2(vec2(4.0, 2.0)), theme::ROUNDING, palette.raised);
    ui.painter().galley(rect.min, galley, palette.text);
}

fn play_button(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let (icon, name) = match snapshot.phase {
        _ if view.wishes.is_running(snapshot) => (Icon::Pause, "Pause"),
        Phase::Ended if !view.wishes.is_to_seek() => (Icon::Replay, "Play again"),
        _ => (Icon::Play, "Play"),
    };
    if icon_button(ui, icon, name, "Space").clicked() {
        keys::perform(Act::PlayPause, snapshot, view, out);
    }
}

fn clock(ui: &mut Ui, snapshot: &Snapshot, view: &WindowState) {
    let place = view.scrub.unwrap_or_else(|| view.wishes.place(snapshot));
    let length = snapshot.duration.map(|duration| format::clock(duration.as_secs_f64()));
    ui.label(if view.stepping { osd::frame(place, snapshot) } else { format::clock(place) });
    if let Some(length) = length {
        ui.label(RichText::new(format!("/ {length}")).color(Palette::of(ui).weak));
    }
}

fn screen_button(ui: &mut Ui, view: &mut WindowState) {
    let (icon, name) = if view.full_screen { (Icon::Shrink, "Leave full screen") } else { (Icon::Grow, "Full screen") };
    if icon_button(ui, icon, name, "f").clicked() {
        view.full_screen = !view.full_screen;
    }
}

fn speed(ui: &mut Ui, snapshot: &Snapshot, view: &WindowState, out: &mut Out) {
    let now = view.wishes.rate(snapshot);
    let menu = ComboBox::from_id_salt("speed").selected_text(format!("{now}×")).width(56.0);
    let menu = menu.show_ui(ui, |ui| {
        for speed in SPEEDS {
            if ui.selectable_label(now == speed, format!("{speed}×")).clicked() {
                out.send(Command::Rate(speed));
            }
        }
    });
    menu.response.accessible_name("Speed").on_hover_text("Speed (< and >)");
}

fn volume(ui: &mut Ui, view: &mut WindowState, out: &mut Out) {
    let before = view.loudness();
    let silent = view.muted || view.volume == 0.0;
    let (icon, name) = if silent { (Icon::Silence, "Sound on") } else { (Icon::Sound, "Mute") };
    if icon_button(ui, icon, name, "m").clicked() {
        view.muted = !view.muted;
    }
    ui.spacing_mut().slider_width = 70.0;
    let mut percent = view.volume * 100.0;
    let slider = ui.add(Slider::new(&mut percent, 0.0..=100.0).show_value(false)).accessible_name("Volume");
    if slider.on_hover_text(format!("Volume {percent:.0} % (up and down)")).changed() {
        view.volume = percent / 100.0;
        view.muted = false;
    }
    if view.loudness() != before {
        out.send(view.loudness());
    }
}
