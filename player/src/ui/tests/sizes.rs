//! Every state of the window at every size: nothing in it may count on room that there is not. A window of 1280x800 that
//! is enlarged fivefold has 256x160 points.

use super::fixtures;
use super::stage::Stage;
use crate::ui::model::window_state::Tab;
use crate::ui::reading;
use eframe::egui::{Theme, pos2};
use player_core::snapshot::Snapshot;

const SIZES: [(f32, f32); 10] = [
    (100.0, 100.0),
    (120.0, 90.0),
    (256.0, 160.0),
    (320.0, 200.0),
    (456.0, 700.0),
    (640.0, 100.0),
    (1280.0, 120.0),
    (1280.0, 200.0),
    (100.0, 900.0),
    (6400.0, 4000.0),
];

/// A few frames, the pointer on the seek bar and on the side panel.
fn paint(stage: Stage, (width, height): (f32, f32)) {
    let mut harness = stage.open(Theme::Dark, width, height);
    harness.run_steps(1);
    for pointer in [pos2(width * 0.3, height - 40.0), pos2(width * 0.9, height * 0.5), pos2(width * 0.4, height * 0.7)]
    {
        harness.hover_at(pointer);
        harness.run_steps(1);
    }
}

/// The grace has passed during which a stand-still is not told.
fn waiting(snapshot: Snapshot) -> Stage {
    let mut stage = Stage::new(snapshot);
    stage.view.waiting_since = Some(shared::time::SessionTime::ZERO);
    stage
}

fn long(mut snapshot: Snapshot) -> Snapshot {
    snapshot.url = format!("http://{}.example/{}", "very-long-name".repeat(9), "folder/".repeat(40));
    snapshot
}

#[test]
fn every_state_is_painted_at_every_size() {
    let states = [
        reading::nothing,
        fixtures::loading,
        fixtures::playing,
        fixtures::stalled,
        fixtures::cut_off,
        fixtures::ended,
        fixtures::failed,
        fixtures::meddled,
        fixtures::warned,
        fixtures::manual,
        || long(fixtures::playing()),
        || long(fixtures::failed()),
    ];
    for state in states {
        for size in SIZES {
            paint(Stage::new(state()), size);
            paint(waiting(state()), size);
        }
    }
}

#[test]
fn every_part_of_the_window_is_painted_at_every_size() {
    let tabs = [Tab::Decisions, Tab::Requests, Tab::Totals, Tab::Manifest, Tab::WhatIf, Tab::Messages];
    for size in SIZES {
        for tab in tabs {
            let mut stage = Stage::new(fixtures::playing());
            stage.view.tab = tab;
            paint(stage, size);
        }
        for [full_screen, watching, keys, overlay] in
            [[true, false, false, false], [false, true, false, true], [false, false, true, true]]
        {
            let mut stage = Stage::new(fixtures::playing());
            stage.view.full_screen = full_screen;
            stage.view.memory.lab = !watching;
            stage.view.keys = keys;
            stage.view.overlay = overlay;
            paint(stage, size);
        }
    }
}
