//! How the player adapts: which policy decides, and how much media it may keep ahead.

use crate::ui::format;
use crate::ui::ladder::LadderView;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::frame_focus;
use eframe::egui::{Align, ComboBox, DragValue, Layout, Response, RichText, Slider, TextEdit, Ui, vec2};
use player_core::abr::{self, FIXED, KnownPolicy, POLICIES, Parameter, SCRIPT, Settings, parameters, split};
use player_core::io::Command;
use player_core::presentation::Rank;
use player_core::snapshot::Snapshot;
use std::time::Duration;

/// The thresholds that the slider offers, in seconds.
const THRESHOLDS: std::ops::RangeInclusive<f64> = 4.0..=120.0;
/// The policy and what was changed about it, for the section's heading.
pub(crate) fn heading(ui: &mut Ui, snapshot: &Snapshot, out: &mut Out) {
    let (name, changed) = split(&snapshot.policy);
    let changed = changed.filter(|_| !parameters(name).is_empty());
    let words = changed.map_or(name.to_owned(), |changed| format!("{name}, {}", changed.replace(',', ", ")));
    ui.label(RichText::new(words).small().color(Palette::of(ui).weak));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if changed.is_some() && ui.small_button("Reset").on_hover_text("Parameters as they were at first").clicked() {
            out.send(Command::Policy(name.to_owned()));
        }
    });
}

/// Shows the policy menu with its parameters, and the threshold.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    policy(ui, snapshot, view, out);
    parameter(ui, snapshot, view, out);
    numbers(ui, snapshot, view, out);
    threshold(ui, snapshot, view, out);
}

/// A field for each number of the policy. While one is dragged it shows its own value: the session's answer comes a
/// little later.
fn numbers(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let (name, text) = split(&snapshot.policy);
    if parameters(name).is_empty() {
        return;
    }
    let held = view.settings.take().filter(|(held, _)| held == name).map(|(_, settings)| settings);
    let played = || text.and_then(|text| Settings::parse(name, text)).unwrap_or_else(|| Settings::defaults(name));
    let mut settings = held.unwrap_or_else(played);
    let (mut changed, mut busy) = (false, false);
    ui.horizontal_wrapped(|ui| {
        for (parameter, value) in settings.all() {
            let field = number(ui, parameter, value);
            changed |= field.changed();
            busy |= field.dragged();
        }
    });
    if changed {
        out.send(Command::Policy(settings.write(name)));
    }
    view.settings = busy.then(|| (name.to_owned(), settings));
}

fn number(ui: &mut Ui, parameter: &Parameter, value: &mut f64) -> Response {
    ui.label(RichText::new(parameter.name).small().color(Palette::of(ui).weak));
    let field = DragValue::new(value).range(parameter.range.clone()).speed(parameter.step / 4.0);
    let field = if parameter.step < 1.0 { field.fixed_decimals(2) } else { field.fixed_decimals(0) };
    let field = field.custom_formatter(|value, decimals| format!("{value:.*}", decimals.end()));
    let unit = if parameter.unit == "s" { " s" } else { "" };
    let field = ui.add(field.suffix(unit)).accessible_name(format!("Policy parameter {}", parameter.name));
    ui.add_space(theme::SMALL_GAP);
    let at_first = format!("{} {}", parameter.default, parameter.unit);
    field.on_hover_text(format!("{}\nat first {}", format::sentence(parameter.what), at_first.trim()))
}

fn policy(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let (name, _) = split(&snapshot.policy);
    ui.horizontal(|ui| {
        caption(ui, "Policy");
        let menu = ComboBox::from_id_salt("policy").selected_text(name).width(ui.available_width()).height(300.0);
        let menu = menu.show_ui(ui, |ui| {
            for known in POLICIES {
                if ui.selectable_label(name == known.name, known.name).on_hover_text(explained(known)).clicked() {
                    out.send(Command::Policy(known.name.to_owned()));
                }
            }
            let loading = reading::video(snapshot).and_then(|video| video.rank(video.loading?)).unwrap_or_default();
            for (choice, parameter) in [(FIXED, loading.to_string()), (SCRIPT, "0,1,2".to_owned())] {
                if ui.selectable_label(name == choice, choice).clicked() {
                    out.send(Command::Policy(format!("{choice}:{parameter}")));
                    view.policy_parameter = parameter;
                }
            }
        });
        let words = abr::known(name).map_or("Who decides what to fetch next.".to_owned(), explained);
        menu.response.accessible_name("Adaptation policy").on_hover_text(words);
    });
}

/// How a policy decides, and where it was published.
fn explained(known: &KnownPolicy) -> String {
    format!("{}: {}.\n{}\n{}", known.name, known.summary, known.explanation, known.source)
}

/// Only for policies that have one.
fn parameter(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    match split(&snapshot.policy) {
        (FIXED, Some(parameter)) => fixed_rung(ui, snapshot, parameter, out),
        (SCRIPT, Some(parameter)) => script(ui, parameter, view, out),
        _ => {}
    }
}

fn fixed_rung(ui: &mut Ui, snapshot: &Snapshot, parameter: &str, out: &mut Out) {
    let Some(video) = reading::video(snapshot) else { return };
    let held = parameter.parse().ok().map(Rank);
    let ladder = LadderView::of(video);
    let label = held.and_then(|rank| Some(ladder.at(rank)?.label.as_str())).unwrap_or(parameter);
    ui.horizontal(|ui| {
        caption(ui, "Rung");
        let menu = ComboBox::from_id_salt("fixed").selected_text(label).width(ui.available_width());
        let menu = menu.show_ui(ui, |ui| {
            for (rank, rung) in ladder.all().enumerate() {
                let choice = ui.selectable_label(held == Some(Rank(rank)), &rung.label);
                if choice.accessible_name(format!("Take {} always", rung.label)).clicked() {
                    out.send(Command::Policy(format!("{FIXED}:{rank}")));
                }
            }
        });
        menu.response.accessible_name("Rung of the fixed policy");
    });
}

fn script(ui: &mut Ui, parameter: &str, view: &mut WindowState, out: &mut Out) {
    ui.horizontal(|ui| {
        caption(ui, "Rungs");
        let field = TextEdit::singleline(&mut view.policy_parameter).hint_text(parameter).desired_width(f32::INFINITY);
        let field = ui.add(field).accessible_name("Rungs of the script, one a segment");
        let field = field.on_hover_text("One a segment, 0 is the lowest: 0,1,2. Enter takes them");
        frame_focus(ui, &field);
        if field.lost_focus() && !view.policy_parameter.trim().is_empty() {
            out.send(Command::Policy(format!("{SCRIPT}:{}", view.policy_parameter.trim())));
        }
    });
}

/// While the slider is dragged it shows its own value: the session's answer comes a little later.
fn threshold(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let mut seconds = view.threshold.unwrap_or(snapshot.buffer_target.as_secs_f64());
    ui.horizontal(|ui| {
        caption(ui, "Buffer up to");
        ui.spacing_mut().slider_width = (ui.available_width() - 92.0).max(60.0);
        let slider = Slider::new(&mut seconds, THRESHOLDS).logarithmic(true).step_by(1.0).show_value(false);
        let slider = ui.add(slider).accessible_name("Buffer threshold");
        ui.label(RichText::new(format!("{seconds:.0} s")).small());
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
