//! The menu on the picture, with the right button: what the keys and the controls do, by name.

use crate::ui::keys::{self, Act};
use crate::ui::ladder::LadderView;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::reading;
use eframe::egui::{Button, Ui};
use player_core::io::{Command, Phase};
use player_core::presentation::{Rank, TrackNumber};
use player_core::snapshot::{Mode, Snapshot, TrackView};

/// The entries.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let play = match snapshot.phase {
        Phase::Ended => "Play again",
        _ if view.wishes.is_running(snapshot) => "Pause",
        _ => "Play",
    };
    entry(ui, play, "Space", Act::PlayPause, snapshot, view, out);
    let screen = if view.full_screen { "Leave full screen" } else { "Full screen" };
    entry(ui, screen, "f", Act::FullScreen, snapshot, view, out);
    ui.separator();
    quality(ui, snapshot, out);
    speed(ui, snapshot, view, out);
    tracks(ui, snapshot, out);
    output(ui, view, out);
    ui.separator();
    entry(ui, if view.muted { "Sound on" } else { "Mute" }, "m", Act::Mute, snapshot, view, out);
    checked(ui, "Repeat", "r", view.repeat, Act::Repeat, snapshot, view, out);
    checked(ui, "Figures on the picture", "i", view.overlay, Act::Overlay, snapshot, view, out);
    checked(ui, "Lab view", "d", view.memory.lab, Act::Panels, snapshot, view, out);
    ui.separator();
    entry(ui, "Screenshot", "s", Act::Screenshot, snapshot, view, out);
    entry(ui, "Export the session", "e", Act::Export, snapshot, view, out);
    entry(ui, "Keys", "?", Act::Sheet, snapshot, view, out);
}

fn entry(ui: &mut Ui, name: &str, key: &str, act: Act, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    if ui.add(Button::new(name).shortcut_text(key)).clicked() {
        keys::perform(act, snapshot, view, out);
        ui.close();
    }
}

/// An entry that is on or off.
#[expect(clippy::too_many_arguments, reason = "an entry is its words, its key, its state and where its act goes")]
fn checked(
    ui: &mut Ui,
    name: &str,
    key: &str,
    on: bool,
    act: Act,
    snapshot: &Snapshot,
    view: &mut WindowState,
    out: &mut Out,
) {
    if ui.add(Button::selectable(on, name).shortcut_text(key)).clicked() {
        keys::perform(act, snapshot, view, out);
        ui.close();
    }
}

fn quality(ui: &mut Ui, snapshot: &Snapshot, out: &mut Out) {
    let Some(video) = reading::video(snapshot) else { return };
    ui.menu_button("Quality", |ui| {
        if ui.add(Button::selectable(video.mode == Mode::Auto, "Auto")).clicked() {
            out.send(Command::Auto);
            ui.close();
        }
        let rungs: Vec<_> = LadderView::of(video).all().enumerate().collect();
        for (rank, rung) in rungs.into_iter().rev() {
            let name = format!("{} · {}", rung.label, rung.bandwidth);
            if ui.add(Button::selectable(video.mode == Mode::Manual(Rank(rank)), name)).clicked() {
                out.send(Command::Rung(Rank(rank)));
                ui.close();
            }
        }
    });
}

fn speed(ui: &mut Ui, snapshot: &Snapshot, view: &WindowState, out: &mut Out) {
    let now = view.wishes.rate(snapshot);
    ui.menu_button("Speed", |ui| {
        for speed in keys::SPEEDS {
            if ui.add(Button::selectable(now == speed, format!("{speed}×"))).clicked() {
                out.send(Command::Rate(speed));
                ui.close();
            }
        }
    });
}

/// A menu for each track of which there is a choice: sound in other languages, subtitles.
fn tracks(ui: &mut Ui, snapshot: &Snapshot, out: &mut Out) {
    for track in snapshot.tracks.iter().filter(|track| track.options.len() > 1) {
        ui.menu_button(crate::ui::kind::style(track.kind).menu, |ui| options(ui, track, out));
    }
}

/// All that is about sound.
pub(crate) fn sound(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    tracks(ui, snapshot, out);
    output(ui, view, out);
}

/// Where sound is heard, and how much later than it is played.
fn output(ui: &mut Ui, view: &mut WindowState, out: &mut Out) {
    ui.menu_button("Sound device", |ui| {
        let ctx = ui.ctx().clone();
        let names = view.devices.names(&ctx).map(<[String]>::to_vec);
        device(ui, "The system's", None, view, out);
        match names {
            Some(names) => {
                for name in names {
                    device(ui, &name, Some(name.clone()), view, out);
                }
            }
            None => {
                ui.label("looking for others…");
            }
        }
    });
    ui.menu_button("Sound delay", |ui| {
        for (name, by) in [("50 ms later", 50), ("10 ms later", 10), ("10 ms earlier", -10), ("50 ms earlier", -50)] {
            if ui.button(name).clicked() {
                delay(view.memory.sound_delay + by, view, out);
            }
        }
        if ui.add(Button::selectable(view.memory.sound_delay == 0, "none")).clicked() {
            delay(0, view, out);
        }
    });
}

fn device(ui: &mut Ui, label: &str, name: Option<String>, view: &mut WindowState, out: &mut Out) {
    if ui.add(Button::selectable(view.memory.sound_device == name, label)).clicked() {
        view.memory.sound_device.clone_from(&name);
        out.send(Command::SoundDevice(name));
        ui.close();
    }
}

/// Positive: sound is heard later than it is played, so pictures wait for it.
fn delay(millis: i32, view: &mut WindowState, out: &mut Out) {
    view.memory.sound_delay = millis.clamp(-500, 500);
    out.send(Command::SoundDelay(view.memory.sound_delay));
}

/// The tracks of one kind.
fn options(ui: &mut Ui, track: &TrackView, out: &mut Out) {
    for (index, option) in track.options.iter().enumerate() {
        let number = TrackNumber(index);
        if ui.add(Button::selectable(track.number == number, &option.label)).clicked() {
            out.send(Command::Track { kind: track.kind, number });
            ui.close();
        }
    }
}
