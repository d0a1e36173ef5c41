//! How the player adapts: which policy decides, and how much media it may keep ahead.

use crate::ui::reading;
use crate::ui::theme::Palette;
use crate::ui::view::{Out, View};
use crate::ui::widgets::frame_focus;
use eframe::egui::{Align, ComboBox, Layout, RichText, Slider, TextEdit, Ui, vec2};
use player_core::io::Command;
use player_core::snapshot::Snapshot;
use std::time::Duration;

/// The thresholds that the slider offers, in seconds.
const THRESHOLDS: std::ops::RangeInclusive<f64> = 4.0..=120.0;
/// What each policy goes by, for who wonders.
const EXPLAINED: [(&str, &str); 7] = [
    ("default", "plans the next segments against their true sizes; gives up downloads that come too late"),
    ("throughput", "the highest rung under the estimate"),
    ("bola-e", "the best score of quality against buffer"),
    ("dynamic", "throughput while the buffer is short, bola above"),
    ("bba", "the buffer level alone names the rung"),
    ("robust-mpc", "plans five segments with a cautious estimate"),
    ("soda", "a smooth plan that shuns switches"),
];

/// Shows the policy menu and the threshold.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut View, out: &mut Out) {
    policy(ui, snapshot, view, out);
    parameter(ui, snapshot, view, out);
    threshold(ui, snapshot, view, out);
}

fn policy(ui: &mut Ui, snapshot: &Snapshot, view: &mut View, out: &mut Out) {
    let (name, _) = split(&snapshot.policy);
    ui.horizontal(|ui| {
        caption(ui, "Policy");
        let menu = ComboBox::from_id_salt("policy").selected_text(name).width(ui.available_width());
        let menu = menu.show_ui(ui, |ui| {
            for (choice, words) in EXPLAINED {
                if ui.selectable_label(name == choice, choice).on_hover_text(words).clicked() {
                    out.send(Command::Policy(choice.to_owned()));
                }
            }
            let rung = reading::video(snapshot).and_then(|video| video.loading).unwrap_or(0);
            for (choice, parameter) in [("fixed", rung.to_string()), ("script", "0,1,2".to_owned())] {
                if ui.selectable_label(name == choice, choice).clicked() {
                    out.send(Command::Policy(format!("{choice}:{parameter}")));
                    view.policy_parameter = parameter;
                }
            }
        });
        menu.response.accessible_name("Adaptation policy").on_hover_text("Who decides what to fetch next");
    });
}

/// `fixed:3` is the policy `fixed` with the parameter `3`.
fn split(policy: &str) -> (&str, Option<&str>) {
    policy.split_once(':').map_or((policy, None), |(name, parameter)| (name, Some(parameter)))
}

/// Only for policies that have one.
fn parameter(ui: &mut Ui, snapshot: &Snapshot, view: &mut View, out: &mut Out) {
    let (name, Some(parameter)) = split(&snapshot.policy) else { return };
    match name {
        "fixed" => fixed_rung(ui, snapshot, parameter, out),
        _ => script(ui, name, parameter, view, out),
    }
}

fn fixed_rung(ui: &mut Ui, snapshot: &Snapshot, parameter: &str, out: &mut Out) {
    let Some(video) = reading::video(snapshot) else { return };
    let held = parameter.parse::<usize>().ok();
    let label = held.and_then(|rung| video.rungs.get(rung)).map_or(parameter, |rung| rung.label.as_str());
    ui.horizontal(|ui| {
        caption(ui, "Rung");
        let menu = ComboBox::from_id_salt("fixed").selected_text(label).width(ui.available_width());
        let menu = menu.show_ui(ui, |ui| {
            for (index, rung) in video.rungs.iter().enumerate() {
                let choice = ui.selectable_label(held == Some(index), &rung.label);
                if choice.accessible_name(format!("Take {} always", rung.label)).clicked() {
                    out.send(Command::Policy(format!("fixed:{index}")));
                }
            }
        });
        menu.response.accessible_name("Rung of the fixed policy");
    });
}

fn script(ui: &mut Ui, name: &str, parameter: &str, view: &mut View, out: &mut Out) {
    ui.horizontal(|ui| {
        caption(ui, "Rungs");
        let field = TextEdit::singleline(&mut view.policy_parameter).hint_text(parameter).desired_width(f32::INFINITY);
        let field = ui.add(field).accessible_name("Rungs of the script, one a segment");
        let field = field.on_hover_text("One a segment, 0 is the lowest: 0,1,2. Enter takes them");
        frame_focus(ui, &field);
        if field.lost_focus() && !view.policy_parameter.trim().is_empty() {
            out.send(Command::Policy(format!("{name}:{}", view.policy_parameter.trim())));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use player_core::abr;

    #[test]
    fn every_policy_by_name_is_in_the_menu() {
        assert_eq!(EXPLAINED.map(|(name, _)| name), abr::NAMES);
    }
}
