//! The throttle: holds the network back, as a real link would, from the next byte on.

use crate::ui::format;
use crate::ui::reading;
use crate::ui::theme::Palette;
use crate::ui::view::{Out, ThrottleView, View};
use crate::ui::widgets::{section, switch};
use eframe::egui::{Align, Button, Layout, RichText, Slider, TextEdit, Ui, vec2};
use player_core::snapshot::Snapshot;
use shared::units::Bitrate;

/// Rates worth one click, in kbit/s: from a bad mobile link to one that carries everything.
const PRESETS: [u64; 6] = [300, 600, 1_000, 2_500, 5_000, 10_000];

/// Shows the control.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut View, out: &mut Out) {
    let before = view.throttle.clone();
    heading(ui, snapshot, &mut view.throttle);
    slider(ui, &mut view.throttle);
    presets(ui, &mut view.throttle);
    let traced = trace(ui, &mut view.throttle);
    let typing = ThrottleView { trace: before.trace.clone(), ..view.throttle.clone() } == before;
    if traced || !typing {
        out.send(view.throttle.command());
    }
}

fn heading(ui: &mut Ui, snapshot: &Snapshot, throttle: &mut ThrottleView) {
    ui.horizontal(|ui| {
        section(ui, "NETWORK THROTTLE");
        let now = reading::latest(snapshot).and_then(|point| point.capacity).filter(|_| throttle.on);
        let text = match (throttle.on, now) {
            (false, _) => "off".to_owned(),
            (true, Some(rate)) => format!("{rate} now"),
            (true, None) => "on".to_owned(),
        };
        ui.label(RichText::new(text).small().color(Palette::of(ui).weak));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if switch(ui, throttle.on, "Network throttle").on_hover_text("On or off (T)").clicked() {
                throttle.on = !throttle.on;
            }
        });
    });
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

/// Whether the trace is to be followed from now on.
fn trace(ui: &mut Ui, throttle: &mut ThrottleView) -> bool {
    let row = vec2(ui.available_width(), 24.0);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        let following = throttle.on && throttle.by_trace;
        let named = !throttle.trace.trim().is_empty();
        let button = ui.add_enabled(named, Button::selectable(following, "Follow trace").frame_when_inactive(true));
        let help = "Rates over time from a file: CSV with duration_ms,kbps,latency_ms, or Mahimahi";
        let clicked = button.on_hover_text(help).on_disabled_hover_text(help).clicked();
        let field = TextEdit::singleline(&mut throttle.trace).hint_text("Trace file").desired_width(f32::INFINITY);
        ui.add(field).accessible_name("Trace file");
        if clicked {
            (throttle.on, throttle.by_trace) = (true, true);
        }
        clicked
    })
    .inner
}
