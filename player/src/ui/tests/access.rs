//! Use without a mouse: everything that can be used is reached with Tab. That every widget has an accessible name is
//! checked with every picture.

use super::fixtures;
use super::stage::Stage;
use crate::ui::model::window_state::Tab;
use crate::ui::reading;
use eframe::egui::accessibility::is_input;
use eframe::egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{AccessKitNode, NodeT};
use std::collections::BTreeSet;

/// More widgets than any state of the window has.
const MOST_STOPS: usize = 300;

/// Role, name and place.
fn describe(node: &AccessKitNode<'_>) -> String {
    let place = node.raw_bounds().map(|area| (area.x0 as i64, area.y0 as i64));
    format!("{:?} {:?} at {place:?}", node.role(), node.label().unwrap_or_default())
}

fn all(harness: &Harness<'_, Stage>, wanted: impl Fn(&AccessKitNode<'_>) -> bool) -> BTreeSet<String> {
    let nodes = harness.root().children_recursive().map(|node| node.accesskit_node());
    nodes.filter(wanted).map(|node| describe(&node)).collect()
}

/// Walks with Tab until the round is complete.
fn walk(harness: &mut Harness<'_, Stage>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    for _ in 0..MOST_STOPS {
        harness.key_press(Key::Tab);
        harness.run_steps(1);
        let here = all(harness, |node| node.is_focused());
        if here.is_subset(&reached) && !reached.is_empty() {
            break;
        }
        reached.extend(here);
    }
    reached
}

#[test]
fn everything_that_can_be_used_is_reached_with_tab() {
    let tab = |tab: Tab| {
        let mut stage = Stage::new(fixtures::meddled());
        stage.view.tab = tab;
        stage
    };
    let tabs = [Tab::Decisions, Tab::Requests, Tab::Totals, Tab::Manifest, Tab::WhatIf, Tab::Messages].map(tab);
    let others = [reading::nothing(), fixtures::loading(), fixtures::failed(), fixtures::ended()].map(Stage::new);
    for stage in tabs.into_iter().chain(others) {
        let state = format!("{:?}, {:?}", stage.snapshot.phase, stage.view.tab);
        let mut harness = stage.open(Theme::Dark, 1280.0, 800.0);
        harness.run_steps(3);
        let usable = |node: &AccessKitNode<'_>| is_input(node.role()) && !node.is_disabled() && !node.is_hidden();
        let usable = all(&harness, usable);
        let reached = walk(&mut harness);
        let missed: Vec<_> = usable.difference(&reached).collect();
        assert!(!usable.is_empty() && missed.is_empty(), "{state}: {missed:#?} of {}", usable.len());
    }
}
