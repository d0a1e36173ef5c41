//! The throttle: holds the network back, as a real link would, from the next byte on; and lets requests fail.

use super::browse;
use crate::ui::format;
use crate::ui::model::folder_listing::{FileKind, FolderListing};
use crate::ui::model::throttle_setting::ThrottleSetting;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{choice, frame_focus, switch};
use eframe::egui::{
    Align, Align2, Button, ComboBox, DragValue, Layout, Rect, RichText, Role, Sense, Slider, Stroke, TextEdit,
    TextStyle, Ui, WidgetInfo, pos2, vec2,
};
use player_core::io::{Command, FaultKind, FaultPlan};
use player_core::snapshot::Snapshot;
use shared::trace::{BUILT_IN, Trace};
use shared::units::Bitrate;
use std::time::Duration;

/// Rates worth one click, in kbit/s: from a bad mobile link to one that carries everything.
const PRESETS: [u64; 6] = [300, 600, 1_000, 2_500, 5_000, 10_000];
const PLOT: f32 = 34.0;
const FAULTS: [FaultKind; 4] = [FaultKind::Unavailable, FaultKind::NotFound, FaultKind::Reset, FaultKind::Silence];
/// With the first fault chosen, one request in this many fails.
const EVERY: u32 = 5;

/// Switch and present state, for the section's heading.
pub(crate) fn heading(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let throttle = &mut view.throttle;
    let now = reading::latest(snapshot).and_then(|point| point.capacity).filter(|_| throttle.on);
    let faults = throttle.faults.as_ref().map(format::faults);
    let text = match (throttle.cut_until, throttle.on, now) {
        (Some(until), ..) => format!("cut for {}", format::seconds(until.since(snapshot.at))),
        (None, false, _) => "off".to_owned(),
        (None, true, Some(rate)) => format!("{rate} now"),
        (None, true, None) => "on".to_owned(),
    };
    ui.label(RichText::new(text).small().color(Palette::of(ui).weak));
    // Requests fail on purpose whether the rate is held back or not.
    if let Some(faults) = faults {
        ui.label(RichText::new(faults).small().color(Palette::of(ui).warning));
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if switch(ui, throttle.on, "Network throttle").on_hover_text("On or off (T)").clicked() {
            throttle.on = !throttle.on;
            out.send(throttle.command());
        }
    });
}

/// Shows the controls.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let before = view.throttle.command();
    let faults = view.throttle.faults;
    ui.horizontal(|ui| {
        source(ui, &mut view.throttle);
        match view.throttle.by_trace {
            false => slider(ui, &mut view.throttle),
            true => menu(ui, view),
        }
    });
    match view.throttle.by_trace {
        false => presets(ui, &mut view.throttle),
        true => {
            if view.throttle.is_file() {
                file(ui, view);
            }
            preview(ui, snapshot, &mut view.throttle);
        }
    }
    delay_faults_and_cut(ui, snapshot, &mut view.throttle);
    let command = view.throttle.command();
    if command != before {
        out.send(command);
    }
    if view.throttle.faults != faults {
        out.send(Command::Faults(view.throttle.faults));
    }
}

/// A rate that stays, or one that changes.
fn source(ui: &mut Ui, throttle: &mut ThrottleSetting) {
    ui.spacing_mut().item_spacing.x = 2.0;
    if choice(ui, !throttle.by_trace, "Rate").on_hover_text("A rate that stays").clicked() {
        throttle.on = true;
        throttle.by_trace = false;
    }
    if choice(ui, throttle.by_trace, "Trace").on_hover_text("Rates that change over time").clicked() {
        let name = if throttle.trace.is_empty() { BUILT_IN[0].0.to_owned() } else { throttle.trace.clone() };
        throttle.follow(&name);
    }
    ui.add_space(theme::SMALL_GAP);
}

fn slider(ui: &mut Ui, throttle: &mut ThrottleSetting) {
    let mut kbps = throttle.rate.kbps();
    let range = ThrottleSetting::LEAST.kbps()..=ThrottleSetting::MOST.kbps();
    ui.spacing_mut().slider_width = (ui.available_width() - 78.0).max(60.0);
    let slider = Slider::new(&mut kbps, range).logarithmic(true).smart_aim(true).show_value(false);
    let slider = ui.add(slider).accessible_name("Throttle rate");
    if slider.changed() {
        throttle.set_rate(Bitrate::from_bps_f64((kbps * 1e3 / 1e4).round() * 1e4));
    }
    let palette = Palette::of(ui);
    let color = if throttle.on { palette.text } else { palette.weak };
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.label(RichText::new(throttle.rate.to_string()).color(color));
    });
}

fn presets(ui: &mut Ui, throttle: &mut ThrottleSetting) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("Mbit/s").small().color(Palette::of(ui).weak));
        for rate in PRESETS.map(Bitrate::from_kbps) {
            let chosen = throttle.on && throttle.rate == rate;
            let button = choice(ui, chosen, &rate.mbps().to_string());
            if button.accessible_name(format!("Throttle to {rate}")).on_hover_text(rate.to_string()).clicked() {
                throttle.set_rate(rate);
            }
        }
    });
}

/// What is built in, or a file.
fn menu(ui: &mut Ui, view: &mut WindowState) {
    let throttle = &mut view.throttle;
    let menu = ComboBox::from_id_salt("trace").selected_text(format::file_name(&throttle.trace));
    let menu = menu.width(ui.available_width()).show_ui(ui, |ui| {
        for (name, _) in BUILT_IN {
            if ui.selectable_label(throttle.trace == name, name).clicked() {
                throttle.follow(name);
            }
        }
        ui.selectable_label(throttle.is_file(), "a file …").clicked()
    });
    menu.response.accessible_name("Trace to follow").on_hover_text("What the throttle follows");
    if menu.inner == Some(true) {
        view.browser = Some(FolderListing::new(FileKind::Trace, &throttle.typed));
    }
}

/// Followed when Enter is pressed.
fn file(ui: &mut Ui, view: &mut WindowState) {
    let row = vec2(ui.available_width(), 24.0);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        let throttle = &mut view.throttle;
        let width = ui.available_width() - theme::ICON - theme::SMALL_GAP;
        let field =
            TextEdit::singleline(&mut throttle.typed).hint_text("Trace file").desired_width((width - 8.0).max(0.0));
        let field = ui.add(field).accessible_name("Trace file");
        let field = field.on_hover_text(
            "CSV with duration_ms,kbps,latency_ms, or Mahimahi; or a rate such as 2.5M. Enter follows it",
        );
        frame_focus(ui, &field);
        if field.lost_focus() && !throttle.typed.trim().is_empty() {
            throttle.follow_typed();
        }
        browse::button(ui, FileKind::Trace, "Choose a trace file", view);
    });
}

/// One period of the trace, and where it is now.
fn preview(ui: &mut Ui, snapshot: &Snapshot, throttle: &mut ThrottleSetting) {
    let name = throttle.trace.clone();
    throttle.preview.want(ui.ctx(), &name);
    let seconds = snapshot.at.since(throttle.began(snapshot)).as_secs_f64();
    match &throttle.preview.read {
        None => {}
        Some(Err(problem)) => {
            ui.label(RichText::new(problem).small().color(Palette::of(ui).warning));
        }
        Some(Ok(trace)) => plot(ui, trace, Some(seconds).filter(|_| throttle.on)),
    }
}

/// How much of a trace is plotted at most, in ms: many traces end with an hour of one rate.
const SHOWN_MS: f64 = 120_000.0;

fn plot(ui: &mut Ui, trace: &Trace, seconds: Option<f64>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), PLOT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "The trace over time"));
    let palette = Palette::of(ui);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 2.0, palette.background);
    let length = trace.period_ms().clamp(1.0, SHOWN_MS);
    let most = trace.rows().iter().map(|row| row.kbps).fold(1.0, f64::max);
    let x = |ms: f64| rect.left() + (ms / length) as f32 * rect.width();
    let y = |kbps: f64| rect.bottom() - (kbps / most) as f32 * (rect.height() - 12.0);
    let mut from = 0.0;
    for row in trace.rows() {
        let column = Rect::from_x_y_ranges(x(from)..=x(from + row.duration_ms), y(row.kbps)..=rect.bottom());
        painter.rect_filled(column, 0.0, palette.network);
        from += row.duration_ms;
        if from > length {
            break;
        }
    }
    let font = TextStyle::Small.resolve(ui.style());
    let most = format!("{} at most", Bitrate::from_bps_f64(most * 1e3));
    painter.text(rect.left_top() + vec2(3.0, 0.0), Align2::LEFT_TOP, most, font.clone(), palette.weak);
    let Some(seconds) = seconds else { return };
    let now_ms = (seconds * 1e3).rem_euclid(trace.period_ms());
    let at = pos2(x(now_ms.min(length)), y(trace.at(now_ms).kbps));
    painter.vline(at.x, rect.y_range(), Stroke::new(theme::HAIRLINE, palette.weak));
    painter.circle_filled(at, theme::DOT, palette.text);
    let words = format!("{} of {}", format::clock(now_ms / 1e3), format::clock(trace.period_ms() / 1e3));
    painter.text(rect.right_top() + vec2(-3.0, 0.0), Align2::RIGHT_TOP, words, font, palette.weak);
}

fn delay_faults_and_cut(ui: &mut Ui, snapshot: &Snapshot, throttle: &mut ThrottleSetting) {
    ui.horizontal(|ui| {
        delay(ui, throttle);
        ui.add_space(theme::SMALL_GAP);
        faults(ui, throttle);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let cut = ui.add_enabled(throttle.cut_until.is_none(), Button::new(RichText::new("Cut 5 s").small()));
            if cut.on_hover_text("Nothing comes through for five seconds (X)").clicked() {
                throttle.cut(snapshot.at);
            }
        });
    });
    if throttle.faults.is_some() {
        how_often(ui, throttle);
    }
}

fn delay(ui: &mut Ui, throttle: &mut ThrottleSetting) {
    ui.label(RichText::new("Delay").small().color(Palette::of(ui).weak));
    let mut millis = throttle.delay.as_millis() as u64;
    let most = ThrottleSetting::MOST_DELAY.as_millis() as u64;
    let field = ui.add_sized(vec2(56.0, 20.0), DragValue::new(&mut millis).range(0..=most).speed(2.0).suffix(" ms"));
    let field = field.accessible_name("Delay").on_hover_text("Added to the wait of each request, while throttled");
    if field.changed() {
        throttle.delay = Duration::from_millis(millis);
    }
}

/// Which requests are to fail, and how.
fn faults(ui: &mut Ui, throttle: &mut ThrottleSetting) {
    ui.label(RichText::new("Faults").small().color(Palette::of(ui).weak));
    let chosen = throttle.faults.map_or("none", |faults| format::fault(faults.kind));
    let menu = ComboBox::from_id_salt("faults").selected_text(RichText::new(chosen).small()).width(64.0);
    let menu = menu.show_ui(ui, |ui| {
        if ui.selectable_label(throttle.faults.is_none(), "none").clicked() {
            throttle.faults = None;
        }
        for kind in FAULTS {
            let this = throttle.faults.is_some_and(|faults| faults.kind == kind);
            if ui.selectable_label(this, format::fault(kind)).on_hover_text(explained(kind)).clicked() {
                let every = throttle.faults.map_or(EVERY, |faults| faults.every);
                throttle.faults = Some(FaultPlan { kind, every });
            }
        }
    });
    menu.response.accessible_name("Faults on purpose").on_hover_text("Requests for segments that fail on purpose");
}

fn explained(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Unavailable => "the server is overloaded",
        FaultKind::NotFound => "the segment is not there",
        FaultKind::Reset => "the connection breaks half way",
        FaultKind::Silence => "no answer until the player loses its patience",
    }
}

fn how_often(ui: &mut Ui, throttle: &mut ThrottleSetting) {
    let Some(faults) = &mut throttle.faults else { return };
    ui.horizontal(|ui| {
        let weak = Palette::of(ui).weak;
        ui.label(RichText::new("one request in").small().color(weak));
        let field = ui.add_sized(vec2(44.0, 20.0), DragValue::new(&mut faults.every).range(1..=100).speed(0.1));
        field.accessible_name("A fault every so many requests");
        ui.label(RichText::new("fails").small().color(weak));
    });
}
