//! What a frame costs the window's thread with an hour of history in every panel.

use super::fixtures;
use super::stage::Stage;
use crate::ui::model::window_state::Tab;
use crate::ui::theme;
use eframe::egui::{Context, Pos2, RawInput, Rect, vec2};
use std::time::Duration;

/// What the window may take of a frame, when built for release; the profile of tests optimises less.
const MOST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 12 } else { 4 });
const FRAMES: u32 = 40;
/// The fastest round counts: other work on the same core can only make a frame slower.
const ROUNDS: u32 = 4;
const WARMING_UP: u32 = 5;

/// CPU time of this thread: how busy the machine is does not matter. First field of proc_pid_schedstat, in ns, brought
/// up to date at every tick: only many frames together are exact.
fn cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The mean of many frames, in the best of a few rounds.
fn frame(tab: Tab, span: Option<Duration>) -> Option<Duration> {
    let ctx = Context::default();
    theme::install(&ctx);
    let mut stage = Stage::new(fixtures::hour());
    stage.view.tab = tab;
    stage.view.chart.span = span;
    stage.view.what_if.found = Some(crate::ui::model::policy_trials::find(&fixtures::playing()).map(|found| {
        // An hour would take long to try; its curves are what costs.
        let history = std::sync::Arc::clone(&stage.snapshot.history);
        crate::ui::model::policy_trials::Findings { history, ..found }
    }));
    let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(1920.0, 1080.0)));
    let mut frames = |from: u32, to: u32| {
        for number in from..to {
            let input = RawInput { screen_rect, time: Some(f64::from(number) / 60.0), ..RawInput::default() };
            ctx.run_ui(input, |ui| stage.ui(ui)).textures_delta.clear();
        }
    };
    frames(0, WARMING_UP);
    let round = |round: u32| {
        let before = cpu()?;
        frames(WARMING_UP + round * FRAMES, WARMING_UP + (round + 1) * FRAMES);
        Some((cpu()? - before) / FRAMES)
    };
    (0..ROUNDS).map(round).min()?
}

#[test]
fn an_hour_of_history_costs_little_of_a_frame() {
    for tab in [Tab::Decisions, Tab::Requests, Tab::Totals, Tab::Manifest, Tab::WhatIf] {
        for span in [Some(Duration::from_secs(60)), None] {
            let Some(cost) = frame(tab, span) else {
                return eprintln!("skipped: this system does not tell the CPU time of a thread");
            };
            eprintln!("{tab:?}, {span:?}: {cost:?} a frame");
            assert!(cost <= MOST, "{tab:?}, {span:?}: {cost:?} a frame");
        }
    }
}
