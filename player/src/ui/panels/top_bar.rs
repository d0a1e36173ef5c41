//! The top bar: what is open, what the player is doing, what is seen and what is being fetched, in one line.

use super::address;
use super::controls::theme_button;
use crate::ui::format;
use crate::ui::icons::Icon;
use crate::ui::ladder::LadderView;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{figure, icon_button, icon_switch};
use eframe::egui::{self, Align, Color32, Layout, Role, Sense, Ui, WidgetInfo, vec2};
use player_core::io::Phase;
use player_core::snapshot::Snapshot;

/// Widths of the cells, wide enough for the longest value each can hold.
const STATE: f32 = 88.0;
const SHOWN: f32 = 184.0;
const FETCHED: f32 = 96.0;
const ARRIVING: f32 = 80.0;
const ESTIMATE: f32 = 80.0;
const BUFFER: f32 = 54.0;
const STALLS: f32 = 78.0;
/// The field with its two buttons.
const LEAST_ADDRESS: f32 = 210.0;

/// Shows the bar. The field takes what the figures leave.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    ui.horizontal_centered(|ui| {
        let gap = ui.spacing().item_spacing.x;
        let figured = !snapshot.tracks.is_empty();
        let cells = if figured { SHOWN + ESTIMATE + BUFFER + STALLS + 4.0 * gap } else { 0.0 };
        let without = STATE + cells + 3.0 * (theme::ICON + gap) + 2.0 * theme::GAP;
        let spare = if figured { ui.available_width() - without - LEAST_ADDRESS } else { 0.0 };
        let room = Room { arriving: spare > ARRIVING + gap, fetching: spare > ARRIVING + FETCHED + 2.0 * gap };
        let beside = without + room.width(gap);
        address::show(ui, view, out, (ui.available_width() - beside).max(0.0), theme::ICON - 4.0);
        ui.add_space(theme::GAP);
        lamp(ui, snapshot.phase);
        if figured {
            figures(ui, snapshot, &room);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.allocate_ui_with_layout(
                vec2(3.0 * theme::ICON + 2.0 * gap, theme::ICON),
                Layout::left_to_right(Align::Center),
                |ui| {
                    buttons(ui, view);
                },
            );
        });
    });
}

/// Which figures there is room for beside those that are always there. Where it is narrow the strip alone shows what is
/// being fetched, and in the smallest window the sentence above the charts says what arrives.
struct Room {
    arriving: bool,
    fetching: bool,
}

impl Room {
    fn width(&self, gap: f32) -> f32 {
        let arriving = if self.arriving { ARRIVING + gap } else { 0.0 };
        let fetching = if self.fetching { FETCHED + gap } else { 0.0 };
        arriving + fetching
    }
}

/// In cells of fixed width, so that nothing moves when a value changes.
fn figures(ui: &mut Ui, snapshot: &Snapshot, room: &Room) {
    let palette = Palette::of(ui);
    let (shown, color) = shown(snapshot, palette);
    figure(ui, SHOWN, "ON SCREEN", &shown, color).on_hover_text("Who chooses (what is on the screen)");
    if room.fetching {
        let (fetching, color) = fetching(snapshot, palette);
        figure(ui, FETCHED, "FETCHING", &fetching, color).on_hover_text("The video segment on its way");
    }
    if room.arriving {
        arriving(ui, snapshot);
    }
    let estimate = snapshot.estimate.map_or("unknown".to_owned(), |rate| rate.to_string());
    figure(ui, ESTIMATE, "ESTIMATE", &estimate, palette.text).on_hover_text("What the player expects of the network");
    let first = reading::video(snapshot).or(snapshot.tracks.first());
    let ahead = first.map(|track| format::seconds(track.ahead)).unwrap_or_default();
    figure(ui, BUFFER, "BUFFER", &ahead, palette.text).on_hover_text("Media ahead of the playhead");
    let (stood, color) = stalls(snapshot, palette);
    figure(ui, STALLS, "STALLS", &stood, color).on_hover_text("How often, and for how long, the picture stood still");
}

/// `Auto (720p · 2.5 Mbit/s)` in the colour of the rung.
fn shown(snapshot: &Snapshot, palette: &Palette) -> (String, Color32) {
    let Some(video) = reading::video(snapshot) else { return ("sound only".to_owned(), palette.weak) };
    let mode = reading::mode_name(video.mode);
    if video.blank {
        return (format!("{mode} (no picture)"), palette.weak);
    }
    // What is fetched may be of another Period already.
    let ladder = LadderView::in_film(snapshot, video);
    let known = video.shown.and_then(|rung| Some((rung, ladder.label(rung)?, ladder.bandwidth(rung)?)));
    match known {
        Some((rung, label, bandwidth)) => {
            (format!("{mode} ({label} · {bandwidth})"), palette.as_text(ladder.color(palette, rung)))
        }
        None => (mode.to_owned(), palette.text),
    }
}

/// `480p · 63 %` in the colour of the rung.
fn fetching(snapshot: &Snapshot, palette: &Palette) -> (String, Color32) {
    let Some(video) = reading::video(snapshot) else { return ("nothing".to_owned(), palette.weak) };
    let Some(request) = reading::in_flight(snapshot) else {
        let word = if reading::is_complete(snapshot) { "complete" } else { "waits" };
        return (word.to_owned(), palette.weak);
    };
    let ladder = LadderView::in_film(snapshot, video);
    let rung = request.subject.rung();
    let label = rung.and_then(|rung| ladder.label(rung)).unwrap_or_default();
    let share = format::percent(request.received.bytes(), request.size.map(|size| size.bytes()));
    let text = share.map_or(label.to_owned(), |share| format!("{label} · {share}"));
    (text, rung.map_or(palette.text, |rung| palette.as_text(ladder.color(palette, rung))))
}

/// The rate that arrives, in the colour of a warning while the film needs more: then the buffer shrinks.
fn arriving(ui: &mut Ui, snapshot: &Snapshot) {
    let palette = Palette::of(ui);
    let rate = reading::arriving_now(snapshot);
    let in_flight = reading::in_flight(snapshot).and_then(|request| request.subject.rung());
    let needed = in_flight.and_then(|rung| LadderView::of_video(snapshot).bandwidth(rung));
    let short = rate.zip(needed).is_some_and(|(rate, needed)| rate < needed.scaled(snapshot.rate));
    let (color, words) = match short {
        true => (palette.warning, "What the network brings now: less than the film takes, so the buffer shrinks"),
        false => (palette.text, "What the network brings now"),
    };
    let value = rate.map_or("nothing".to_owned(), |rate| rate.to_string());
    figure(ui, ARRIVING, "ARRIVING", &value, color).on_hover_text(words);
}

/// `2 · 4.1 s`, in the colour of a stall if there was any.
pub(crate) fn stalls(snapshot: &Snapshot, palette: &Palette) -> (String, Color32) {
    let stalls = &snapshot.history.stalls;
    let lost: f64 = stalls.iter().map(|stall| stall.to.unwrap_or(snapshot.at).since(stall.from).as_secs_f64()).sum();
    let text = if stalls.is_empty() { "none".to_owned() } else { format!("{} · {lost:.1} s", stalls.len()) };
    let color = if stalls.is_empty() { palette.text } else { palette.as_text(palette.stall) };
    (text, color)
}

/// The state as a coloured lamp with its word.
pub(crate) fn lamp(ui: &mut Ui, phase: Phase) {
    let palette = Palette::of(ui);
    let color = match phase {
        Phase::Playing => palette.playing,
        Phase::Stalled => palette.stall,
        Phase::Failed => palette.warning,
        _ => palette.weak,
    };
    // Before anything was opened there is no state to show.
    let word = if phase == Phase::Idle { String::new() } else { phase.to_string().to_uppercase() };
    let (rect, response) = ui.allocate_exact_size(vec2(STATE, theme::ICON), Sense::hover());
    let middle = rect.left_center() + vec2(6.0, 0.0);
    if word.is_empty() {
        return;
    }
    ui.painter().circle_filled(middle, 5.0, color);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let text = if phase == Phase::Stalled { palette.as_text(palette.stall) } else { palette.text };
    ui.painter().text(middle + vec2(10.0, 0.0), egui::Align2::LEFT_CENTER, &word, font, text);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("State: {word}")));
}

fn buttons(ui: &mut Ui, view: &mut WindowState) {
    if icon_switch(ui, Icon::Charts, Some(view.memory.lab), "Lab view", "d").clicked() {
        view.memory.lab = !view.memory.lab;
    }
    theme_button(ui, view);
    if icon_button(ui, Icon::Keys, "Keys", "?").clicked() {
        view.keys = !view.keys;
    }
}
