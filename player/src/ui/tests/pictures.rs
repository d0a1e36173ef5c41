//! Pictures of every state, light and dark, small and usual. `UPDATE_SNAPSHOTS=true` makes them anew; look at them.

use super::fixtures;
use super::stage::Stage;
use crate::packaging::progress::Progress;
use crate::ui::compare::{self, Side};
use crate::ui::model::film_scene::{FilmScene, FilmState};
use crate::ui::model::folder_listing::{FileKind, FolderEntry, FolderListing};
use crate::ui::model::guide::OpenGuide;
use crate::ui::model::known_films::KnownFilm;
use crate::ui::model::window_state::{Explained, Tab};
use crate::ui::reading;
use eframe::egui::{Theme, pos2};
use egui_kittest::{SnapshotOptions, SnapshotResults};
use player_core::io::{FaultKind, FaultPlan, Phase};
use player_core::snapshot::Snapshot;

const SMALL: (f32, f32) = (1024.0, 640.0);
const USUAL: (f32, f32) = (1280.0, 800.0);
const LARGE: (f32, f32) = (1920.0, 1080.0);

/// Anti-aliasing differs a little between rasterisers: a few hundred pixels of a million may.
fn tolerant() -> SnapshotOptions {
    SnapshotOptions::new().threshold(2.0).max_failed_pixels(300)
}

/// Compares the window with its picture; several in a test are judged together.
fn check(results: &mut SnapshotResults, name: &str, (width, height): (f32, f32), theme: Theme, stage: Stage) {
    let mut harness = stage.open(theme, width, height);
    harness.run_steps(3);
    harness.snapshot_options(name, &tolerant());
    results.extend_harness(&mut harness);
}

fn plain(results: &mut SnapshotResults, name: &str, size: (f32, f32), theme: Theme, snapshot: Snapshot) {
    check(results, name, size, theme, Stage::new(snapshot));
}

#[test]
fn playing_through_a_dip() {
    let mut results = SnapshotResults::new();
    plain(&mut results, "playing_dark", USUAL, Theme::Dark, fixtures::playing());
    plain(&mut results, "playing_light", USUAL, Theme::Light, fixtures::playing());
    plain(&mut results, "playing_small_dark", SMALL, Theme::Dark, fixtures::playing());
    plain(&mut results, "playing_small_light", SMALL, Theme::Light, fixtures::playing());
    plain(&mut results, "playing_large", LARGE, Theme::Dark, fixtures::playing());
}

#[test]
fn watching_the_picture_first() {
    let mut results = SnapshotResults::new();
    let watch = || Stage::watching(fixtures::playing());
    check(&mut results, "watch_dark", USUAL, Theme::Dark, watch());
    check(&mut results, "watch_small_light", SMALL, Theme::Light, watch());
    let mut ended = Stage::watching(fixtures::ended());
    ended.view.stepping = true;
    check(&mut results, "watch_ended", LARGE, Theme::Dark, ended);
    let mut harness = watch().open(Theme::Light, USUAL.0, USUAL.1);
    harness.run_steps(16);
    harness.snapshot_options("watch_alone", &tolerant());
    results.extend_harness(&mut harness);
}

#[test]
fn the_smallest_window() {
    let mut results = SnapshotResults::new();
    plain(&mut results, "smallest", (800.0, 480.0), Theme::Dark, fixtures::playing());
}

#[test]
fn an_hour_at_one_glance() {
    let mut results = SnapshotResults::new();
    let mut stage = Stage::new(fixtures::hour());
    stage.view.chart.span = None;
    check(&mut results, "hour", USUAL, Theme::Dark, stage);
}

#[test]
fn a_film_that_nobody_has_packaged() {
    let mut results = SnapshotResults::new();
    let film = |state: FilmState| FilmScene { film: "/films/holiday in the mountains.mkv".into(), state };
    let offered = || FilmState::Offered { packager: true };
    for (name, theme, state) in [
        ("film_offered_dark", Theme::Dark, offered()),
        ("film_offered_light", Theme::Light, offered()),
        ("film_without_packager", Theme::Dark, FilmState::Offered { packager: false }),
        ("film_coming", Theme::Dark, FilmState::Coming(Progress::of(24.0, 100.0))),
    ] {
        let mut stage = Stage::new(reading::arriving("/films/holiday in the mountains.mkv"));
        stage.film = Some(film(state));
        check(&mut results, name, USUAL, theme, stage);
    }
    let mut stage = Stage::new(fixtures::playing());
    stage.film = Some(film(FilmState::Watched(Progress::of(24.0, 100.0))));
    check(&mut results, "film_watched", USUAL, Theme::Dark, stage);
}

#[test]
fn standing_still_is_seen_from_across_the_room() {
    let mut results = SnapshotResults::new();
    let stage = || {
        let mut stage = Stage::new(fixtures::stalled());
        stage.view.waiting_since = fixtures::last_stall(&stage.snapshot).map(|stall| stall.from);
        stage
    };
    check(&mut results, "stalled_dark", USUAL, Theme::Dark, stage());
    check(&mut results, "stalled_light", SMALL, Theme::Light, stage());
}

#[test]
fn an_outage_is_seen_with_its_cause() {
    let mut results = SnapshotResults::new();
    let mut stage = Stage::new(fixtures::cut_off());
    stage.view.waiting_since = Some(shared::time::SessionTime::ZERO);
    check(&mut results, "cut_off", SMALL, Theme::Dark, stage);
}

#[test]
fn loading_tells_what_is_on_its_way() {
    let mut results = SnapshotResults::new();
    let mut stage = Stage::new(fixtures::loading());
    stage.view.waiting_since = Some(shared::time::SessionTime::ZERO);
    check(&mut results, "loading", USUAL, Theme::Dark, stage);
}

#[test]
fn the_end() {
    let mut results = SnapshotResults::new();
    plain(&mut results, "ended", USUAL, Theme::Light, fixtures::ended());
}

#[test]
fn failures_say_what_and_what_to_do() {
    let mut results = SnapshotResults::new();
    plain(&mut results, "failed_dark", USUAL, Theme::Dark, fixtures::failed());
    plain(&mut results, "failed_light", SMALL, Theme::Light, fixtures::failed());
}

#[test]
fn before_anything_is_open() {
    let mut results = SnapshotResults::new();
    let mut known = Stage::new(reading::nothing());
    let address = |film: &str| format!("http://films.example/{film}/manifest.mpd");
    for (film, length, position) in
        [("a very long name of a film that was watched", 596.0, 41.0), ("sintel", 888.0, 0.0)]
    {
        known.view.memory.opened(&address(film));
        let (title, length) = (film.to_owned(), Some(length));
        known.view.memory.films.watched(KnownFilm { address: address(film), title, length, position });
    }
    check(&mut results, "start_known", USUAL, Theme::Dark, known);
    plain(&mut results, "start_dark", USUAL, Theme::Dark, reading::nothing());
    let mut stage = Stage::new(reading::nothing());
    for address in ["films/spring/manifest.mpd", "http://127.0.0.1:8080/manifest.mpd"] {
        stage.view.memory.opened(address);
    }
    check(&mut results, "start_light", SMALL, Theme::Light, stage);
}

#[test]
fn a_rung_held_by_hand_with_the_totals() {
    let mut results = SnapshotResults::new();
    let mut stage = Stage::new(fixtures::manual());
    stage.view.tab = Tab::Totals;
    stage.view.throttle.set_rate(shared::units::Bitrate::from_kbps(2_500));
    check(&mut results, "manual_totals", USUAL, Theme::Dark, stage);
}

#[test]
fn messages_are_a_tab() {
    let mut results = SnapshotResults::new();
    let mut stage = Stage::new(fixtures::warned());
    stage.view.tab = Tab::Messages;
    check(&mut results, "messages", USUAL, Theme::Light, stage);
}

#[test]
fn figures_on_the_picture() {
    let mut results = SnapshotResults::new();
    let mut stage = Stage::new(fixtures::playing());
    stage.view.overlay = true;
    check(&mut results, "overlay", USUAL, Theme::Dark, stage);
}

#[test]
fn full_screen_is_the_picture_alone() {
    let mut results = SnapshotResults::new();
    let mut stage = Stage::new(fixtures::playing());
    stage.view.full_screen = true;
    check(&mut results, "full_screen", USUAL, Theme::Dark, stage);
}

#[test]
fn the_list_of_keys() {
    let mut results = SnapshotResults::new();
    let mut stage = Stage::new(fixtures::playing());
    stage.view.keys = true;
    check(&mut results, "keys", USUAL, Theme::Dark, stage);
}

#[test]
fn the_user_guide() {
    let mut results = SnapshotResults::new();
    for (name, size, theme) in [("guide", USUAL, Theme::Dark), ("guide_small_light", SMALL, Theme::Light)] {
        let mut stage = Stage::new(fixtures::playing());
        let mut guide = OpenGuide::new();
        guide.turn_to(usize::from(theme == Theme::Dark));
        stage.view.guide = Some(guide);
        check(&mut results, name, size, theme, stage);
    }
}

fn tab(snapshot: Snapshot, tab: Tab) -> Stage {
    let mut stage = Stage::new(snapshot);
    stage.view.tab = tab;
    stage
}

#[test]
fn requests_in_a_table_and_what_the_viewer_changed_in_the_charts() {
    let mut results = SnapshotResults::new();
    check(&mut results, "requests_dark", USUAL, Theme::Dark, tab(fixtures::meddled(), Tab::Requests));
    check(&mut results, "requests_light", SMALL, Theme::Light, tab(fixtures::meddled(), Tab::Requests));
}

#[test]
fn the_manifest_as_a_tree() {
    let mut results = SnapshotResults::new();
    check(&mut results, "manifest", USUAL, Theme::Dark, tab(fixtures::playing(), Tab::Manifest));
}

#[test]
fn a_segment_explained() {
    let mut results = SnapshotResults::new();
    let stage = || {
        let mut stage = Stage::new(fixtures::meddled());
        stage.view.selected = Some(Explained::Segment(shared::time::PresentationTime::from_millis(60_000)));
        stage
    };
    check(&mut results, "explained_dark", USUAL, Theme::Dark, stage());
    check(&mut results, "explained_light", SMALL, Theme::Light, stage());
}

#[test]
fn other_policies_beside_what_happened() {
    let mut results = SnapshotResults::new();
    let stage = || {
        let mut stage = tab(fixtures::playing(), Tab::WhatIf);
        stage.view.what_if.found = Some(crate::ui::model::policy_trials::find(&stage.snapshot));
        stage
    };
    check(&mut results, "what_if_dark", USUAL, Theme::Dark, stage());
    check(&mut results, "what_if_light", LARGE, Theme::Light, stage());
}

#[test]
fn folded_sections_leave_room() {
    let mut results = SnapshotResults::new();
    let mut stage = Stage::new(fixtures::playing());
    for section in ["QUALITY", "NETWORK THROTTLE", "ADAPTATION"] {
        stage.view.memory.fold(section);
    }
    check(&mut results, "folded", SMALL, Theme::Dark, stage);
}

#[test]
fn two_reports_side_by_side() {
    let sides = [("default.jsonl", fixtures::playing()), ("greedy.jsonl", fixtures::stalled())];
    let sides = sides.map(|(name, snapshot)| Side::new(name.to_owned(), snapshot));
    let harness = egui_kittest::Harness::builder().with_size(eframe::egui::vec2(USUAL.0, USUAL.1));
    let harness = harness.with_theme(Theme::Dark).with_context_setup(crate::ui::theme::install);
    let mut harness = harness.build_ui_state(|ui, sides: &mut [Side; 2]| compare::show(ui, sides), sides);
    harness.run_steps(3);
    harness.snapshot_options("compare", &tolerant());
}

#[test]
fn the_pointer_reads_the_charts() {
    let mut harness = Stage::new(fixtures::playing()).open(Theme::Dark, USUAL.0, USUAL.1);
    harness.run_steps(2);
    harness.hover_at(pos2(470.0, 640.0));
    harness.run_steps(3);
    harness.snapshot_options("readout", &tolerant());
}

#[test]
fn what_comes_too_late_is_seen_before_it_stalls() {
    let mut results = SnapshotResults::new();
    let late = || {
        let mut snapshot = fixtures::stalled();
        snapshot.phase = Phase::Playing;
        snapshot.tracks[0].ahead = fixtures::secs(3.2);
        snapshot.running[0].received = shared::units::ByteSize::from_bytes(120_000);
        snapshot
    };
    plain(&mut results, "late_dark", USUAL, Theme::Dark, late());
    plain(&mut results, "late_light", SMALL, Theme::Light, late());
}

#[test]
fn films_without_sound_and_without_pictures() {
    let mut results = SnapshotResults::new();
    let without = |index: usize| {
        let mut snapshot = fixtures::playing();
        let kind = snapshot.tracks.remove(index).kind;
        let history = std::sync::Arc::make_mut(&mut snapshot.history);
        for point in &mut history.points {
            point.ahead[kind] = None;
        }
        history.transfers.retain(|transfer| transfer.track != kind);
        history.shown.retain(|mark| mark.track != kind);
        snapshot
    };
    plain(&mut results, "no_sound", SMALL, Theme::Dark, without(1));
    let mut stage = Stage::new(without(0));
    stage.frame = None;
    check(&mut results, "no_video", SMALL, Theme::Light, stage);
}

#[test]
fn starting_up_before_there_is_anything() {
    let mut results = SnapshotResults::new();
    let mut stage = Stage::new(reading::arriving("http://127.0.0.1:8080/manifest.mpd"));
    stage.view.waiting_since = Some(shared::time::SessionTime::ZERO);
    check(&mut results, "arriving", SMALL, Theme::Light, stage);
}

#[test]
fn a_bad_address_is_refused_in_words() {
    let mut results = SnapshotResults::new();
    let stage = || {
        let mut stage = Stage::new(reading::nothing());
        stage.view.opened = "films/spring/manifest.mp".into();
        stage.view.address = stage.view.opened.clone();
        stage.refusal = Some("cannot read films/spring/manifest.mp: No such file or directory; check the path".into());
        stage
    };
    check(&mut results, "refused_dark", SMALL, Theme::Dark, stage());
    check(&mut results, "refused_light", USUAL, Theme::Light, stage());
}

#[test]
fn meddling_with_everything() {
    let mut results = SnapshotResults::new();
    let stage = || {
        let mut snapshot = fixtures::meddled();
        snapshot.policy = "bba:reservoir=0.25".into();
        snapshot.phase = Phase::Paused;
        let mut stage = Stage::new(snapshot);
        stage.view.throttle.set_rate(shared::units::Bitrate::from_kbps(2_500));
        stage.view.throttle.faults = Some(FaultPlan { kind: FaultKind::Unavailable, every: 5 });
        stage.view.repeat = true;
        stage
    };
    check(&mut results, "meddling_dark", SMALL, Theme::Dark, stage());
    check(&mut results, "meddling_light", USUAL, Theme::Light, stage());
}

#[test]
fn a_folder_to_choose_from() {
    let mut results = SnapshotResults::new();
    let stage = || {
        let mut stage = Stage::new(fixtures::playing());
        let entry = |name: &str, is_folder| FolderEntry { name: name.to_owned(), is_folder };
        let entries = vec![entry("spring", true), entry("summer", true), entry("trailer.mpd", false)];
        let mut browser = FolderListing::new(FileKind::Manifest, "");
        browser.folder = "/films".into();
        browser.entries = Some(Ok(entries));
        stage.view.browser = Some(browser);
        stage
    };
    check(&mut results, "folder_dark", SMALL, Theme::Dark, stage());
    check(&mut results, "folder_light", USUAL, Theme::Light, stage());
}
