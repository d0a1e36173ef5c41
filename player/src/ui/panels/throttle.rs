//! The throttle: holds the network back, as a real link would, from the next byte on.

use crate::ui::format;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::throttle_view::ThrottleView;
use crate::ui::view::{Out, View};
use crate::ui::widgets::{frame_focus, switch};
use eframe::egui::{
    Align, Align2, Button, Layout, Rect, RichText, Role, Sense, Slider, Stroke, TextEdit, TextStyle, Ui, WidgetInfo,
    pos2, vec2,
};
use player_core::io::Command;
use player_core::snapshot::Snapshot;
use shared::trace::Trace;
use shared::units::Bitrate;
use std::time::Duration;

/// Rates worth one click, in kbit/s: from a bad mobile link to one that carries everything.
const PRESETS: [u64; 6] = [300, 600, 1_000, 2_500, 5_000, 10_000];
const PLOT: f32 = 34.0;

/// Switch and present state, for the section's heading.
pub(crate) fn heading(ui: &mut Ui, snapshot: &Snapshot, view: &mut View, out: &mut Out) {
    let throttle = &mut view.throttle;
    let now = reading::latest(snapshot).and_then(|point| point.capacity).filter(|_| throttle.on);
    let text = match (throttle.cut_until, throttle.on, now) {
        (Some(until), ..) => format!("cut for {}", format::seconds(until.since(snapshot.at))),
        (None, false, _) => "off".to_owned(),
        (None, true, Some(rate)) => format!("{rate} now"),
        (None, true, None) => "on".to_owned(),
    };
    ui.label(RichText::new(text).small().color(Palette::of(ui).weak));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if switch(ui, throttle.on, "Network throttle").on_hover_text("On or off (T)").clicked() {
            throttle.on = !throttle.on;
            out.send(throttle.command());
        }
    });
}

/// Shows the controls.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut View, out: &mut Out) {
    let throttle = &mut view.throttle;
    let before = throttle.command();
    slider(ui, throttle);
    presets(ui, throttle);
    let again = trace(ui, throttle);
    if throttle.on && throttle.by_trace {
        preview(ui, snapshot, throttle);
    }
    delay_and_cut(ui, snapshot, throttle);
    let command = throttle.command();
    // A name that is being typed is not followed yet.
    let typed = throttle.by_trace && !again && differs_in_name(&before, &command);
    if again || command != before && !typed {
        out.send(command);
    }
}

fn differs_in_name(before: &Command, now: &Command) -> bool {
    use player_core::io::LinkLimit::Trace;
    matches!((before, now), (Command::Throttle(Trace(a)), Command::Throttle(Trace(b))) if a != b)
}

fn slider(ui: &mut Ui, throttle: &mut ThrottleView) {
    let mut kbps = throttle.rate.kbps();
    let range = ThrottleView::LEAST.kbps()..=ThrottleView::MOST.kbps();
    ui.horizontal(|ui| {
        ui.spacing_mut().slider_width = (ui.available_width() - 92.0).max(60.0);
        let slider = Slider::new(&mut kbps, range).logarithmic(true).smart_aim(true).show_value(false);
        let slider = ui.add(slider).accessible_name("Throttle rate");
        if slider.changed() {
            throttle.set_rate(Bitrate::from_bps_f64((kbps * 1e3 / 1e4).round() * 1e4));
        }
        let palette = Palette::of(ui);
        let at_work = throttle.on && !throttle.by_trace;
        let color = if at_work { palette.text } else { palette.weak };
        ui.label(RichText::new(throttle.rate.to_string()).color(color));
    });
}

fn presets(ui: &mut Ui, throttle: &mut ThrottleView) {
    ui.horizontal_wrapped(|ui| {
        for rate in PRESETS.map(Bitrate::from_kbps) {
            let chosen = throttle.on && !throttle.by_trace && throttle.rate == rate;
            let button = ui.add(
                Button::selectable(chosen, RichText::new(format::short_rate(rate)).small()).frame_when_inactive(true),
            );
            if button.accessible_name(format!("Throttle to {rate}")).on_hover_text(rate.to_string()).clicked() {
                throttle.set_rate(rate);
            }
        }
    });
}

/// Whether the trace is to be followed from now on, from its beginning.
fn trace(ui: &mut Ui, throttle: &mut ThrottleView) -> bool {
    let row = vec2(ui.available_width(), 24.0);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        let following = throttle.on && throttle.by_trace;
        let named = !throttle.trace.trim().is_empty();
        let button = ui.add_enabled(named, Button::selectable(following, "Follow trace").frame_when_inactive(true));
        let help = "Rates over time from a file: CSV with duration_ms,kbps,latency_ms, or Mahimahi";
        let clicked = button.on_hover_text(help).on_disabled_hover_text(help).clicked();
        let field = TextEdit::singleline(&mut throttle.trace).hint_text("Trace file").desired_width(f32::INFINITY);
        let field = ui.add(field).accessible_name("Trace file");
        frame_focus(ui, &field);
        if clicked {
            (throttle.on, throttle.by_trace) = (true, true);
        }
        clicked
    })
    .inner
}

/// One period of the trace, and where it is now.
fn preview(ui: &mut Ui, snapshot: &Snapshot, throttle: &mut ThrottleView) {
    let name = throttle.trace.trim().to_owned();
    throttle.preview.want(ui.ctx(), &name);
    match &throttle.preview.read {
        None => {}
        Some(Err(problem)) => {
            ui.label(RichText::new(problem).small().color(Palette::of(ui).warning));
        }
        Some(Ok(trace)) => plot(ui, trace, since_it_began(snapshot)),
    }
}

/// Seconds on the trace's clock: it starts with the first request, and anew whenever the throttle is set.
fn since_it_began(snapshot: &Snapshot) -> f64 {
    let set = snapshot.history.wishes.iter().rfind(|wish| matches!(wish.command, Command::Throttle(_)));
    let began = set.map(|wish| wish.at).or_else(|| snapshot.requests.first().map(|first| first.requested));
    snapshot.at.since(began.unwrap_or(snapshot.at)).as_secs_f64()
}

/// More time than this is not shown: a constant end is often an hour long.
const SHOWN_MS: f64 = 120_000.0;

fn plot(ui: &mut Ui, trace: &Trace, seconds: f64) {
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
    let now_ms = (seconds * 1e3).rem_euclid(trace.period_ms());
    let at = pos2(x(now_ms.min(length)), y(trace.at(now_ms).kbps));
    painter.vline(at.x, rect.y_range(), Stroke::new(theme::HAIRLINE, palette.weak));
    painter.circle_filled(at, theme::DOT, palette.text);
    let font = TextStyle::Small.resolve(ui.style());
    let words = format!("{} of {}", format::clock(now_ms / 1e3), format::clock(trace.period_ms() / 1e3));
    painter.text(rect.right_top() + vec2(-3.0, 0.0), Align2::RIGHT_TOP, words, font, palette.weak);
}

fn delay_and_cut(ui: &mut Ui, snapshot: &Snapshot, throttle: &mut ThrottleView) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Delay").color(Palette::of(ui).weak));
        ui.spacing_mut().slider_width = (ui.available_width() - 150.0).max(50.0);
        let mut millis = throttle.delay.as_millis() as f64;
        let most = ThrottleView::MOST_DELAY.as_millis() as f64;
        let slider = ui.add(Slider::new(&mut millis, 0.0..=most).step_by(10.0).show_value(false));
        let slider =
            slider.accessible_name("Delay").on_hover_text("Added to the wait of each request, while throttled");
        if slider.changed() {
            throttle.delay = Duration::from_millis(millis as u64);
        }
        ui.add_sized(vec2(48.0, 18.0), eframe::egui::Label::new(format!("{millis:.0} ms")));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let cut = ui.add_enabled(throttle.cut_until.is_none(), Button::new("Cut 5 s"));
            if cut.on_hover_text("Nothing comes through for five seconds (X)").clicked() {
                throttle.cut(snapshot.at);
            }
        });
    });
}
