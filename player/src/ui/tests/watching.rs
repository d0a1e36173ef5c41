//! The watch view: the picture first, controls that come and go, keys that act on what was wished last.

use super::fixtures;
use super::stage::{Stage, caused, seek};
use eframe::egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Theme, TouchPhase, pos2, vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use player_core::io::{Command, Phase};
use player_core::presentation::Rank;
use player_core::snapshot::Snapshot;

/// A frame is a quarter of a second, so this is longer than controls stay.
const A_WHILE: usize = 14;

fn open(snapshot: Snapshot) -> Harness<'static, Stage> {
    sized(snapshot, 1280.0, 800.0)
}

fn sized(snapshot: Snapshot, width: f32, height: f32) -> Harness<'static, Stage> {
    let mut harness = Stage::watching(snapshot).open(Theme::Light, width, height);
    harness.run_steps(2);
    harness
}

fn commands(snapshot: Snapshot, act: impl FnOnce(&mut Harness<'static, Stage>)) -> Vec<Command> {
    caused(open(snapshot), act)
}

fn click(harness: &mut Harness<'static, Stage>) {
    let middle = harness.get_by_label("Picture").rect().center();
    for pressed in [true, false] {
        let modifiers = Modifiers::NONE;
        harness.event(Event::PointerButton { pos: middle, button: PointerButton::Primary, pressed, modifiers });
        harness.step();
    }
}

fn controls_are_shown(harness: &Harness<'static, Stage>) -> bool {
    harness.query_by_label("Position").is_some()
}

#[test]
fn the_picture_has_most_of_every_window() {
    for (width, height) in [(800.0, 480.0), (1024.0, 640.0), (1280.0, 800.0), (1920.0, 1080.0), (3840.0, 2160.0)] {
        let harness = sized(fixtures::playing(), width, height);
        let space = harness.get_by_label("Picture").rect();
        let film = |space: eframe::egui::Vec2| {
            let scale = (space.x / 16.0).min(space.y / 9.0);
            16.0 * scale * 9.0 * scale
        };
        let (picture, allowed) = (film(space.size()), film(vec2(width, height)));
        assert!(picture >= 0.7 * width * height || picture >= 0.95 * allowed, "{width}x{height}: {picture}");
    }
}

#[test]
fn controls_come_with_the_pointer_and_go_when_it_rests() {
    let mut harness = open(fixtures::playing());
    assert!(controls_are_shown(&harness), "the window begins with them");
    harness.run_steps(A_WHILE);
    assert!(!controls_are_shown(&harness));
    harness.hover_at(pos2(500.0, 300.0));
    harness.run_steps(2);
    assert!(controls_are_shown(&harness));
    harness.run_steps(A_WHILE);
    assert!(!controls_are_shown(&harness));
    harness.hover_at(pos2(500.0, 700.0));
    harness.run_steps(A_WHILE);
    assert!(controls_are_shown(&harness), "the pointer rests on them");
}

#[test]
fn in_full_screen_there_is_the_picture_alone() {
    let mut harness = open(fixtures::playing());
    harness.key_press(Key::F);
    harness.run_steps(A_WHILE);
    assert!(harness.state().view.full_screen && harness.query_by_label("Lab view").is_none());
    assert_eq!(harness.get_by_label("Picture").rect().size(), vec2(1280.0, 800.0));
    harness.hover_at(pos2(500.0, 300.0));
    harness.run_steps(2);
    assert!(controls_are_shown(&harness));
}

#[test]
fn the_lab_view_is_a_key_or_a_click_away() {
    let mut harness = open(fixtures::playing());
    assert!(harness.query_by_label("Charts of throughput and buffer").is_none());
    harness.key_press(Key::D);
    harness.run_steps(2);
    assert!(harness.query_by_label("Charts of throughput and buffer").is_some() && harness.state().view.memory.lab);
    harness.get_by_label("Lab view").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("Charts of throughput and buffer").is_none() && !harness.state().view.memory.lab);
}

#[test]
fn four_quick_steps_are_twenty_seconds() {
    let here = fixtures::playing().position.secs_f64();
    let all = commands(fixtures::playing(), |harness| {
        for _ in 0..4 {
            harness.key_press(Key::ArrowRight);
        }
    });
    assert_eq!(all.last(), Some(&seek(here + 20.0)));
}

#[test]
fn quick_presses_add_up_whatever_they_do() {
    let twice = |key| {
        commands(fixtures::playing(), |harness| {
            harness.key_press(key);
            harness.key_press(key);
        })
    };
    assert_eq!(twice(Key::Space), [Command::Pause, Command::Play]);
    assert_eq!(twice(Key::A), [Command::Rung(Rank(3)), Command::Rung(Rank(2))]);
    let faster = commands(fixtures::playing(), |harness| {
        for _ in 0..2 {
            harness.event(Event::Text(">".to_owned()));
            harness.event(Event::Text("]".to_owned()));
        }
    });
    let rates = [1.25, 1.38, 1.5, 1.65].map(Command::Rate);
    assert_eq!(faster, rates);
}

#[test]
fn frames_are_counted_on_the_clock() {
    let mut harness = open(fixtures::playing());
    for _ in 0..3 {
        harness.key_press(Key::Period);
    }
    harness.run_steps(2);
    let here = fixtures::playing().position.secs_f64();
    let commands = &harness.state().commands;
    assert_eq!(commands.iter().filter(|command| **command == Command::Pause).count(), 1);
    let Some(Command::Seek(to)) = commands.last() else { panic!("{commands:?}") };
    assert!((to.secs_f64() - here - 3.0 / 30.0).abs() < 1e-6);
    assert!(harness.query_all_by_label_contains("· frame ").count() > 0);
}

#[test]
fn a_click_pauses_and_a_double_click_fills_the_screen_and_leaves_it_playing() {
    assert_eq!(commands(fixtures::playing(), click), [Command::Pause]);
    let mut harness = Stage::watching(fixtures::playing()).open(Theme::Dark, 1280.0, 800.0);
    harness.run_steps(2);
    let middle = harness.get_by_label("Picture").rect().center();
    // A frame of the harness is nearly as long as a double click may take.
    harness.ctx.options_mut(|options| options.input_options.max_double_click_delay = 2.0);
    for pressed in [true, false, true, false] {
        let modifiers = Modifiers::NONE;
        harness.event(Event::PointerButton { pos: middle, button: PointerButton::Primary, pressed, modifiers });
    }
    harness.run_steps(2);
    assert!(harness.state().view.full_screen);
    assert_eq!(harness.state().commands, [Command::Pause, Command::Play]);
}

#[test]
fn a_click_at_the_end_begins_again() {
    assert_eq!(commands(fixtures::ended(), click), [seek(0.0), Command::Play]);
}

#[test]
fn the_wheel_is_the_loudness() {
    let mut harness = open(fixtures::playing());
    harness.hover_at(pos2(500.0, 300.0));
    harness.run_steps(2);
    for _ in 0..2 {
        harness.event(Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, -1.0),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
    }
    harness.run_steps(2);
    assert_eq!(harness.state().commands.last(), Some(&Command::Volume(0.9)));
    assert!(harness.query_by_label("Volume 90 %").is_some(), "the picture says so");
}

#[test]
fn the_right_button_opens_a_menu() {
    let mut harness = open(fixtures::playing());
    harness.get_by_label("Picture").click_secondary();
    harness.run_steps(2);
    harness.get_by_label_contains("Screenshot").click();
    harness.run_steps(2);
    assert_eq!(harness.state().screenshots, 1);
    assert!(harness.query_by_label_contains("Screenshot").is_none(), "it is closed");
}

#[test]
fn a_paused_film_that_is_asked_to_play_twice_plays() {
    let mut paused = fixtures::playing();
    paused.phase = Phase::Paused;
    let thrice = commands(paused, |harness| {
        for _ in 0..3 {
            harness.key_press(Key::K);
        }
    });
    assert_eq!(thrice, [Command::Play, Command::Pause, Command::Play]);
}
