//! What happens when something is clicked, dragged or pressed.

use super::fixtures;
use super::stage::{Stage, caused, seek};
use crate::ui::model::film_scene::{FilmScene, FilmState};
use crate::ui::model::guide::PAGES;
use crate::ui::model::window_message::WindowMessage;
use crate::ui::model::window_state::Tab;
use crate::ui::reading;
use eframe::egui::{Event, Key, Modifiers, Theme, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use player_core::io::{Command, FaultKind, FaultPlan, LinkLimit, Phase};
use player_core::presentation::Rank;
use player_core::session::Config;
use player_core::snapshot::Snapshot;
use shared::units::Bitrate;
use std::sync::Arc;
use std::time::Duration;

fn open(snapshot: Snapshot) -> Harness<'static, Stage> {
    let mut harness = Stage::new(snapshot).open(Theme::Dark, 1280.0, 800.0);
    harness.run_steps(2);
    harness
}

/// The commands that `act` causes.
fn commands(snapshot: Snapshot, act: impl FnOnce(&mut Harness<'static, Stage>)) -> Vec<Command> {
    caused(open(snapshot), act)
}

fn click(label: &'static str) -> impl FnOnce(&mut Harness<'static, Stage>) {
    move |harness| harness.get_by_label(label).click()
}

fn press(key: Key) -> Vec<Command> {
    commands(fixtures::playing(), |harness| harness.key_press(key))
}

fn typed(text: &str) -> Vec<Command> {
    commands(fixtures::playing(), |harness| harness.event(Event::Text(text.to_owned())))
}

/// An outage says what is wrong, since when, and when the next try comes; nobody has to wait for that.
#[test]
fn an_outage_is_told_and_tried_again_at_once() {
    let mut stage = Stage::new(fixtures::cut_off());
    stage.view.waiting_since = Some(shared::time::SessionTime::ZERO);
    let mut harness = stage.open(Theme::Dark, 1280.0, 800.0);
    harness.run_steps(2);
    for words in ["Waiting for the network", "connection refused", "next try in 0.7 s"] {
        harness.get_by_label_contains(words);
    }
    harness.get_by_label("Retry now").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Retry]);
}

#[test]
fn a_rung_is_chosen_by_its_button_and_given_back_by_auto() {
    assert_eq!(commands(fixtures::playing(), click("Take 480p")), [Command::Rung(Rank(3))]);
    assert_eq!(commands(fixtures::manual(), click("Auto")), [Command::Auto]);
}

#[test]
fn the_throttle_follows_slider_preset_switch_and_trace() {
    let throttle = |limit| [Command::Throttle(limit)];
    assert_eq!(commands(fixtures::playing(), click("Network throttle")), throttle(LinkLimit::Off));
    let rates = commands(fixtures::playing(), |harness| {
        harness.get_by_label("Rate").click();
        harness.run_steps(2);
        harness.get_by_label("Throttle to 600 kbit/s").click();
    });
    let rate = |kbps| Command::Throttle(LinkLimit::Rate(Bitrate::from_kbps(kbps)));
    assert_eq!(rates, [rate(1_000), rate(600)]);
    let trace = commands(fixtures::playing(), |harness| {
        harness.get_by_label("Trace to follow").click();
        harness.run_steps(2);
        harness.get_by_label("sawtooth").click();
    });
    assert_eq!(trace, throttle(LinkLimit::Trace("sawtooth".into())));
}

#[test]
fn requests_fail_on_purpose_until_they_no_longer_should() {
    let faults = |harness: &mut Harness<'static, Stage>, choice: &str| {
        harness.get_by_label("Faults on purpose").click();
        harness.run_steps(2);
        harness.get_by_label(choice).click();
        harness.run_steps(2);
    };
    let all = commands(fixtures::playing(), |harness| {
        faults(harness, "503");
        harness.get_by_label("A fault every so many requests").set_value_accesskit(3.0);
        harness.run_steps(2);
        faults(harness, "none");
    });
    let rule = |every| Some(FaultPlan { kind: FaultKind::Unavailable, every });
    assert_eq!(all, [Command::Faults(rule(5)), Command::Faults(rule(3)), Command::Faults(None)]);
}

#[test]
fn a_number_of_the_policy_changes_while_playing_and_goes_back() {
    let mut snapshot = fixtures::playing();
    snapshot.policy = "bba:reservoir=0.25".into();
    let all = commands(snapshot, |harness| {
        harness.get_by_label("Policy parameter cushion").set_value_accesskit(0.8);
        harness.run_steps(2);
        harness.get_by_label("Reset").click();
    });
    assert_eq!(all, [Command::Policy("bba:reservoir=0.25,cushion=0.8".into()), Command::Policy("bba".into())]);
}

#[test]
fn the_film_repeats_by_button_and_key() {
    assert_eq!(commands(fixtures::playing(), click("Repeat")), [Command::Repeat(true)]);
    let twice = commands(fixtures::playing(), |harness| {
        harness.key_press(Key::R);
        harness.run_steps(2);
        harness.key_press(Key::R);
    });
    assert_eq!(twice, [Command::Repeat(true), Command::Repeat(false)]);
}

#[test]
fn the_strip_is_walked_by_keyboard() {
    let mut harness = open(fixtures::playing());
    harness.get_by_label("Segments of the film").focus();
    harness.run_steps(2);
    for _ in 0..3 {
        harness.key_press(Key::ArrowRight);
        harness.run_steps(2);
    }
    assert!(harness.query_by_label_contains("Segment 28 · 0:54 – 0:56").is_some(), "two after the one that plays");
    let strip = harness.get_by_label("Segments of the film");
    let told = strip.accesskit_node().value().unwrap_or_default();
    assert!(told.contains("segment 26 is playing") && told.contains("selected: 0:54 · 360p"), "{told}");
}

#[test]
fn the_seek_bar_follows_the_arrows_while_it_has_the_keyboard() {
    let here = fixtures::playing().position.secs_f64();
    let all = commands(fixtures::playing(), |harness| {
        harness.get_by_label("Position").focus();
        harness.run_steps(2);
        harness.key_press(Key::ArrowLeft);
    });
    assert_eq!(all, [seek(here - 5.0)]);
}

#[test]
fn a_file_is_chosen_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("season")).unwrap();
    std::fs::write(folder.path().join("season/film.mpd"), "").unwrap();
    let mut harness = open(fixtures::playing());
    harness.state_mut().view.address = folder.path().join("x.mpd").display().to_string();
    harness.get_by_label("Choose a file").click();
    for choice in ["season/", "film.mpd"] {
        while harness.query_by_label(choice).is_none() {
            harness.step();
        }
        harness.get_by_label(choice).click();
        harness.run_steps(2);
    }
    assert_eq!(harness.state().opened, [folder.path().join("season/film.mpd").display().to_string()]);
    assert!(harness.state().view.browser.is_none());
}

#[test]
fn a_decision_under_the_pointer_is_shown_in_the_charts() {
    let mut harness = open(fixtures::playing());
    let row = harness.query_all_by_label("went down from").next().unwrap().rect().center();
    harness.hover_at(row);
    harness.run_steps(3);
    assert!(harness.state().view.chart.pointed.is_some_and(|at| at > 15.0));
    harness.hover_at(pos2(5.0, 5.0));
    harness.run_steps(3);
    assert_eq!(harness.state().view.chart.pointed, None);
}

#[test]
fn dragging_the_throttle_acts_while_it_is_dragged() {
    let rates: Vec<Bitrate> = commands(fixtures::playing(), |harness| {
        harness.state_mut().view.throttle.by_trace = false;
        harness.run_steps(2);
        let slider = harness.get_by_label("Throttle rate").rect();
        harness.drag_at(slider.center());
        harness.run_steps(1);
        harness.hover_at(slider.center() - vec2(60.0, 0.0));
        harness.run_steps(1);
        harness.drop_at(slider.center() - vec2(80.0, 0.0));
    })
    .into_iter()
    .map(|command| match command {
        Command::Throttle(LinkLimit::Rate(rate)) => rate,
        other => panic!("{other:?}"),
    })
    .collect();
    assert!(rates.len() >= 2 && rates.is_sorted_by(|a, b| a > b), "{rates:?}");
}

#[test]
fn the_buffer_threshold_changes_while_playing() {
    let all = commands(fixtures::playing(), |harness| {
        harness.get_by_label("Buffer threshold").set_value_accesskit(12.0);
    });
    assert_eq!(all, [Command::BufferTarget(Duration::from_secs(12))]);
}

#[test]
fn another_policy_is_chosen_from_the_menu() {
    let all = commands(fixtures::playing(), |harness| {
        harness.get_by_label("Adaptation policy").click();
        harness.run_steps(2);
        harness.get_by_label("throughput").click();
    });
    assert_eq!(all, [Command::Policy("throughput".into())]);
}

#[test]
fn the_next_film_begins_with_what_was_chosen_for_this_one() {
    let mut harness = open(fixtures::playing());
    harness.get_by_label("Adaptation policy").click();
    harness.run_steps(2);
    harness.get_by_label("bba").click();
    harness.get_by_label("Buffer threshold").set_value_accesskit(12.0);
    harness.run_steps(2);
    harness.state_mut().snapshot.policy = "bba".into();
    harness.run_steps(2);
    harness.get_by_label("Policy parameter reservoir").set_value_accesskit(0.3);
    harness.run_steps(2);
    let view = &mut harness.state_mut().view;
    view.begin("another.mpd");
    let opening = view.opening("another.mpd".into(), Arc::new(|_| ()));
    assert_eq!(opening.throttle, LinkLimit::Trace("samples/traces/collapse.csv".into()));
    let config = opening.adaptation.over(Config { policy: "soda".into(), ..Config::default() });
    assert_eq!((config.policy.as_str(), config.buffer_target), ("bba:reservoir=0.3", Duration::from_secs(12)));
}

#[test]
fn the_seek_bar_seeks_where_it_is_clicked_or_let_go() {
    let click = commands(fixtures::playing(), |harness| harness.get_by_label("Position").click());
    let [Command::Seek(to)] = click[..] else { panic!("{click:?}") };
    assert!((to.secs_f64() - 90.0).abs() < 1.0, "{to}");
    let drag = commands(fixtures::playing(), |harness| {
        let bar = harness.get_by_label("Position").rect();
        harness.drag_at(bar.left_center() + vec2(200.0, 0.0));
        harness.run_steps(1);
        harness.hover_at(bar.right_center() - vec2(300.0, 0.0));
        harness.run_steps(1);
        harness.drop_at(bar.right_center() + vec2(80.0, 0.0));
    });
    assert_eq!(drag, [seek(180.0)], "only where it is let go, and not behind the end");
}

#[test]
fn play_pause_and_play_again() {
    assert_eq!(commands(fixtures::playing(), click("Pause")), [Command::Pause]);
    let mut paused = fixtures::playing();
    paused.phase = Phase::Paused;
    assert_eq!(commands(paused, click("Play")), [Command::Play]);
    assert_eq!(commands(fixtures::ended(), click("Play again")), [seek(0.0), Command::Play]);
    assert_eq!(commands(fixtures::playing(), click("Picture")), [Command::Pause]);
}

#[test]
fn keys_seek() {
    let here = fixtures::playing().position.secs_f64();
    assert_eq!(press(Key::ArrowRight), [seek(here + 5.0)]);
    assert_eq!(press(Key::J), [seek(here - 10.0)]);
    assert_eq!(press(Key::Num3), [seek(54.0)]);
    assert_eq!(press(Key::Home), [seek(0.0)]);
    assert_eq!(press(Key::End), [seek(180.0)]);
    assert_eq!(press(Key::Period), [Command::Pause, seek(here + 1.0 / 30.0)]);
}

#[test]
fn keys_play_and_sound() {
    assert_eq!(press(Key::Space), [Command::Pause]);
    assert_eq!(press(Key::M), [Command::Volume(0.0)]);
    assert_eq!(press(Key::ArrowDown), [Command::Volume(0.95)]);
    assert_eq!(typed(">"), [Command::Rate(1.25)]);
    assert_eq!(typed("<"), [Command::Rate(0.75)]);
}

#[test]
fn keys_of_the_ladder_and_the_throttle() {
    assert_eq!(commands(fixtures::manual(), |h| h.key_press(Key::Q)), [Command::Rung(Rank(4))]);
    assert_eq!(commands(fixtures::manual(), |h| h.key_press(Key::A)), [Command::Rung(Rank(2))]);
    let auto = commands(fixtures::manual(), |h| h.key_press_modifiers(Modifiers::SHIFT, Key::A));
    assert_eq!(auto, [Command::Auto]);
    assert_eq!(press(Key::T), [Command::Throttle(LinkLimit::Off)]);
    assert_eq!(press(Key::Minus), [Command::Throttle(LinkLimit::Rate(Bitrate::from_kbps(800)))]);
}

#[test]
fn full_screen_by_key_and_back_by_escape() {
    const CHARTS: &str = "Charts of throughput and buffer";
    let mut harness = open(fixtures::playing());
    harness.key_press(Key::F);
    harness.run_steps(2);
    assert!(harness.state().view.full_screen && harness.query_by_label(CHARTS).is_none());
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert!(!harness.state().view.full_screen && harness.query_by_label(CHARTS).is_some());
}

#[test]
fn the_keyboard_belongs_to_whoever_is_typing() {
    let all = commands(fixtures::playing(), |harness| {
        harness.get_by_label("Trace file").click();
        harness.run_steps(1);
        harness.get_by_label("Trace file").type_text("mt");
        harness.key_press(Key::M);
    });
    assert_eq!(all, []);
}

#[test]
fn the_start_screen_opens_what_was_typed() {
    let mut harness = open(reading::nothing());
    harness.get_by_label("Address of the presentation").click();
    harness.run_steps(1);
    harness.get_by_label("Address of the presentation").type_text(" http://host/film.mpd ");
    harness.run_steps(1);
    harness.get_by_label("Open").click();
    harness.run_steps(2);
    assert_eq!(harness.state().opened, ["http://host/film.mpd"]);
}

#[test]
fn what_was_opened_before_is_a_click_away() {
    let mut stage = Stage::new(reading::nothing());
    stage.view.memory.opened("http://host/before.mpd");
    let mut harness = stage.open(Theme::Dark, 1280.0, 800.0);
    harness.run_steps(2);
    harness.get_by_label("Play http://host/before.mpd").click();
    harness.run_steps(2);
    assert_eq!(harness.state().opened, ["http://host/before.mpd"]);
}

#[test]
fn a_film_of_before_is_forgotten_on_a_click() {
    let mut stage = Stage::new(reading::nothing());
    stage.view.memory.opened("http://host/before.mpd");
    let mut harness = stage.open(Theme::Dark, 1280.0, 800.0);
    harness.run_steps(2);
    let card = harness.get_by_label("Play http://host/before.mpd").rect().center();
    harness.hover_at(card);
    harness.run_steps(2);
    harness.get_by_label("Forget http://host/before.mpd").click();
    harness.run_steps(2);
    assert_eq!((harness.state().opened.len(), harness.state().view.memory.recent.len()), (0, 0));
}

#[test]
fn a_film_is_packaged_when_that_is_wished() {
    let mut stage = Stage::new(reading::arriving("/films/holiday.mkv"));
    let state = FilmState::Offered { packager: true };
    stage.film = Some(FilmScene { film: "/films/holiday.mkv".into(), state });
    let mut harness = stage.open(Theme::Dark, 1280.0, 800.0);
    harness.run_steps(2);
    harness.get_by_label("Package and play").click();
    harness.run_steps(2);
    assert_eq!(harness.state().packaged, [std::path::PathBuf::from("/films/holiday.mkv")]);
}

#[test]
fn the_url_field_offers_what_was_opened_before_while_playing() {
    let mut stage = Stage::new(fixtures::playing());
    stage.view.memory.opened("http://host/before.mpd");
    let mut harness = stage.open(Theme::Dark, 1280.0, 800.0);
    harness.state_mut().view.address.clear();
    harness.run_steps(2);
    harness.get_by_label("Address of the presentation").click();
    harness.run_steps(3);
    harness.get_by_label("http://host/before.mpd").click();
    harness.run_steps(2);
    assert_eq!(harness.state().opened, ["http://host/before.mpd"]);
}

/// A file that was let go over the window.
#[derive(Debug)]
struct Dropped;

impl eframe::egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        std::path::Path::new("/films/a.mpd")
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it here".into())
    }
}

#[test]
fn a_dropped_file_is_opened() {
    let mut harness = open(fixtures::playing());
    harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped));
    harness.run_steps(2);
    assert_eq!(harness.state().opened, ["/films/a.mpd"]);
}

#[test]
fn retry_opens_what_failed_and_not_what_is_being_typed() {
    let mut harness = open(fixtures::failed());
    harness.state_mut().view.address = "http://half.typed".into();
    harness.get_by_label("Retry").click();
    harness.run_steps(2);
    assert_eq!(harness.state().opened, ["http://127.0.0.1:9/manifest.mpd"]);
}

#[test]
fn tabs_change_what_is_below_them() {
    let mut harness = open(fixtures::playing());
    harness.get_by_label("Totals").click();
    harness.run_steps(2);
    assert_eq!(harness.state().view.tab, Tab::Totals);
    assert!(harness.query_by_label("Start-up").is_some());
    assert!(harness.query_by_label_contains("Abandoned").is_none(), "no row without a value");
}

#[test]
fn the_charts_pan_and_come_back() {
    let mut harness = open(fixtures::ended());
    let middle = harness.get_by_label("Charts of throughput and buffer").rect().center();
    harness.drag_at(middle);
    harness.run_steps(1);
    harness.hover_at(middle + vec2(200.0, 0.0));
    harness.run_steps(1);
    harness.drop_at(middle + vec2(200.0, 0.0));
    harness.run_steps(2);
    assert!(harness.state().view.chart.back > 5.0);
    harness.get_by_label("to now").click();
    harness.run_steps(2);
    assert_eq!(harness.state().view.chart.back, 0.0);
}

#[test]
fn a_click_on_a_segment_explains_it_and_escape_closes() {
    let mut harness = open(fixtures::meddled());
    let strip = harness.get_by_label("Segments of the film").rect();
    let at = |second: f32| pos2(strip.left() + second / 180.0 * strip.width(), strip.bottom() - 3.0);
    harness.hover_at(at(61.0));
    harness.drag_at(at(61.0));
    harness.drop_at(at(61.0));
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("Segment 31 · 1:00 – 1:02").is_some());
    assert!(harness.query_by_label_contains("503 Service Unavailable").is_some());
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert_eq!(harness.state().view.selected, None);
}

#[test]
fn the_table_of_requests_shows_trouble_alone_and_explains_a_row() {
    let mut harness = open(fixtures::meddled());
    harness.get_by_label("Requests").click();
    harness.run_steps(2);
    harness.get_by_label("Trouble").click();
    harness.run_steps(2);
    let rows: Vec<_> = harness.query_all_by_label_contains("Request ").collect();
    assert_eq!(rows.len(), 2, "what was given up and what failed");
    rows[0].click();
    harness.run_steps(3);
    assert!(harness.state().view.selected.is_some());
}

#[test]
fn decisions_are_filtered_by_words() {
    let mut harness = open(fixtures::playing());
    assert!(harness.query_all_by_label("went up from").count() > 1);
    harness.get_by_label("Filter of decisions").click();
    harness.run_steps(1);
    harness.get_by_label("Filter of decisions").type_text("down 360p");
    harness.run_steps(2);
    assert_eq!(harness.query_all_by_label("went up from").count(), 0);
    assert!(harness.query_all_by_label("went down from").count() > 0);
}

#[test]
fn a_cut_comes_to_an_end_by_itself() {
    let mut harness = open(fixtures::playing());
    harness.get_by_label("Cut 5 s").click();
    harness.run_steps(2);
    assert_eq!(harness.state().commands, [Command::Throttle(LinkLimit::Cut)]);
    harness.state_mut().snapshot.at = harness.state().snapshot.at + Duration::from_secs(6);
    harness.run_steps(2);
    let trace = LinkLimit::Trace("samples/traces/collapse.csv".into());
    assert_eq!(harness.state().commands.last(), Some(&Command::Throttle(trace)));
}

#[test]
fn a_policy_with_a_parameter_shows_it() {
    let mut snapshot = fixtures::playing();
    snapshot.policy = "fixed:3".into();
    let all = commands(snapshot, |harness| {
        harness.get_by_label("Rung of the fixed policy").click();
        harness.run_steps(2);
        harness.get_by_label("Take 720p always").click();
    });
    assert_eq!(all, [Command::Policy("fixed:4".into())]);
}

#[test]
fn what_if_is_one_click() {
    let mut harness = open(fixtures::playing());
    harness.get_by_label("What if").click();
    harness.run_steps(2);
    harness.get_by_label("Try every policy").click();
    while harness.state().view.what_if.found.is_none() {
        harness.step();
    }
    harness.run_steps(2);
    harness.get_by_label("What if bba").click();
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Played again it lands at").is_some());
    assert!(harness.state().view.what_if.chosen > 0);
}

#[test]
fn the_session_is_exported_by_key_and_by_button() {
    let mut harness = open(fixtures::playing());
    harness.key_press(Key::E);
    harness.run_steps(2);
    harness.get_by_label("Totals").click();
    harness.run_steps(2);
    harness.get_by_label("Export").click();
    harness.run_steps(2);
    assert_eq!(harness.state().exports, 2);
    harness.state_mut().view.told = Some(WindowMessage::new("Exported to somewhere".into()));
    harness.run_steps(2);
    harness.get_by_label("Close the message").click();
    harness.run_steps(2);
    assert_eq!(harness.state().view.told, None);
}

#[test]
fn the_theme_that_was_chosen_is_remembered() {
    let mut harness = open(fixtures::playing());
    harness.get_by_label("Light theme").click();
    harness.run_steps(2);
    assert_eq!(harness.state().view.memory.light, Some(true));
}

#[test]
fn the_guide_is_a_click_away_and_its_links_turn_its_pages() {
    let mut harness = open(fixtures::playing());
    harness.state_mut().view.keys = true;
    harness.run_steps(2);
    harness.get_by_label("User guide").click();
    harness.run_steps(3);
    assert!(!harness.state().view.keys, "one sheet at a time");
    harness.get_all_by_label("Figures").next_back().unwrap().click();
    harness.run_steps(3);
    let guide = harness.state().view.guide.as_ref().unwrap();
    assert_eq!(PAGES[guide.page()].title(), "Figures");
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert!(harness.state().view.guide.is_none());
}

#[test]
fn the_border_beside_the_side_panel_can_be_dragged() {
    let mut harness = open(fixtures::playing());
    let before = harness.get_by_label("Picture").rect();
    let border = pos2(before.right() + 1.0, 500.0);
    harness.drag_at(border);
    harness.run_steps(1);
    harness.hover_at(border - vec2(150.0, 0.0));
    harness.run_steps(1);
    harness.drop_at(border - vec2(150.0, 0.0));
    harness.run_steps(2);
    let after = harness.get_by_label("Picture").rect();
    assert!(before.width() - after.width() > 100.0, "{before} {after}");
    assert!(harness.state().view.memory.side > 0.35);
}

#[test]
fn sections_fold_and_are_remembered_so() {
    let mut harness = open(fixtures::playing());
    harness.get_by_label("QUALITY").click();
    harness.run_steps(2);
    assert!(harness.query_by_label("Take 480p").is_none() && harness.state().view.memory.is_folded("QUALITY"));
}

#[test]
fn nothing_is_repainted_while_nothing_happens() {
    let mut paused = fixtures::playing();
    paused.phase = Phase::Paused;
    let mut harness = open(paused);
    harness.hover_at(pos2(5.0, 5.0));
    // Settles within the harness's limit of steps, or panics.
    assert!(harness.run() < 6);
}

#[test]
fn while_paused_time_alone_is_no_news() {
    let mut paused = fixtures::playing();
    paused.phase = Phase::Paused;
    let mut later = paused.clone();
    later.at = later.at + Duration::from_secs(1);
    later.totals.cpu_seconds += 0.1;
    assert!(!reading::differs(&paused, &later));
    later.buffer_target = Duration::from_secs(7);
    assert!(reading::differs(&paused, &later));
    assert!(reading::differs(&fixtures::playing(), &fixtures::playing()), "while playing the charts move");
}
