//! How the player adapts: which policy decides, and how much media it may keep ahead.

use crate::ui::theme::Palette;
use crate::ui::view::{Out, View};
use crate::ui::widgets::section;
use eframe::egui::{Align, ComboBox, Layout, RichText, Slider, Ui, vec2};
use player_core::abr;
use player_core::io::Command;
use player_core::snapshot::Snapshot;
use std::time::Duration;

/// The thresholds that the slider offers, in seconds.
const THRESHOLDS: std::ops::RangeInclusive<f64> = 4.0..=120.0;

/// Shows the policy menu and the threshold.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut View, out: &mut Out) {
    section(ui, "ADAPTATION");
    policy(ui, snapshot, out);
    threshold(ui, snapshot, view, out);
}

fn policy(ui: &mut Ui, snapshot: &Snapshot, out: &mut Out) {
    ui.horizontal(|ui| {
        caption(ui, "Policy");
        let menu = ComboBox::from_id_salt("policy").selected_text(&snapshot.policy).width(ui.available_width());
        let menu = menu.show_ui(ui, |ui| {
            for name in abr::NAMES {
                if ui.selectable_label(snapshot.policy == *name, *name).clicked() {
                    out.send(Command::Policy((*name).to_owned()));
                }
            }
        });
        menu.response.accessible_name("Adaptation policy").on_hover_text("Who decides what to fetch next");
    });
}

/// While the slider is dragged it shows its own value: the session's answer comes a little later.
fn threshold(ui: &mut Ui, snapshot: &Snapshot, view: &mut View, out: &mut Out) {
    let mut seconds = view.threshold.unwrap_or(snapshot.buffer_target.as_secs_f64());
    ui.horizontal(|ui| {
        caption(ui, "Buffer up to");
        ui.spacing_mut().slider_width = (ui.available_width() - 52.0).max(60.0);
        let slider = Slider::new(&mut seconds, THRESHOLDS).logarithmic(true).step_by(1.0).show_value(false);
        let slider = ui.add(slider).accessible_name("Buffer threshold");
        ui.label(format!("{seconds:.0} s"));
        if slider.changed() {
            out.send(Command::BufferTarget(Duration::from_secs_f64(seconds)));
        }
        view.threshold = slider.dragged().then_some(seconds);
        slider.on_hover_text("Fetches wait while more media than this is ahead of the playhead");
    });
}

fn caption(ui: &mut Ui, text: &str) {
    let color = Palette::of(ui).weak;
    ui.allocate_ui_with_layout(vec2(84.0, 20.0), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_width(84.0);
        ui.label(RichText::new(text).color(color));
    });
}
