//! The manifest as a tree: Periods, sets, Representations; what is wrong with it is marked where it is.

use crate::inspect;
use crate::ui::theme::{self, Palette};
use eframe::egui::{CollapsingHeader, RichText, ScrollArea, Ui};
use player_core::snapshot::{ManifestView, Snapshot};
use shared::mpd::{DocumentPlace, Period, Warning};

/// How many rows of one kind are shown at most.
const MOST_ROWS: usize = 200;

/// Shows the tree.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot) {
    let Some(manifest) = &snapshot.manifest else {
        ui.label(RichText::new("No manifest yet.").color(Palette::of(ui).weak));
        return;
    };
    ScrollArea::both().id_salt("manifest").auto_shrink([false, false]).show(ui, |ui| {
        ui.label(RichText::new(inspect::headline(&manifest.presentation).trim()).small());
        ui.label(RichText::new(&manifest.url).small().color(Palette::of(ui).weak));
        general(ui, manifest);
        for (index, period) in manifest.presentation.periods.iter().enumerate().take(MOST_ROWS) {
            show_period(ui, manifest, index + 1, period);
        }
    });
}

/// What belongs to no element of the tree.
fn general(ui: &mut Ui, manifest: &ManifestView) {
    let nowhere =
        |warning: &&Warning| !matches!(&warning.place, DocumentPlace::Element(path) if path.starts_with("Period"));
    for warning in manifest.warnings.iter().filter(nowhere).take(MOST_ROWS) {
        mark(ui, &warning.to_string());
    }
    for what in manifest.left_out.iter().take(MOST_ROWS) {
        mark(ui, &format!("not played: {what}"));
    }
    ui.add_space(theme::SMALL_GAP);
}

fn show_period(ui: &mut Ui, manifest: &ManifestView, number: usize, period: &Period) {
    let path = format!("Period {number}");
    let below = warnings(manifest, &path);
    let end = period.end().map(|end| format!(" to {end}")).unwrap_or_default();
    let title = marked(ui, format!("{path} · {}{end}", period.start), !below.is_empty());
    CollapsingHeader::new(title).id_salt(&path).default_open(number == 1).show(ui, |ui| {
        for warning in own(&below, &path) {
            mark(ui, &warning.problem);
        }
        for (index, set) in period.sets.iter().enumerate().take(MOST_ROWS) {
            let path = format!("{path} / AdaptationSet {}", index + 1);
            let below = warnings(manifest, &path);
            let title = marked(ui, inspect::set_text(set), !below.is_empty());
            CollapsingHeader::new(title).id_salt(&path).default_open(true).show(ui, |ui| {
                for warning in &below {
                    mark(ui, &warning.to_string());
                }
                for representation in set.representations.iter().take(MOST_ROWS) {
                    let segments = inspect::segments_in_short(&representation.index);
                    let cells = inspect::row(representation, segments).into_iter().filter(|cell| !cell.is_empty());
                    let cells: Vec<_> = cells.collect();
                    ui.label(RichText::new(cells.join(" · ")).small());
                }
            });
        }
    });
}

/// Those at an element or below it.
fn warnings<'a>(manifest: &'a ManifestView, path: &str) -> Vec<&'a Warning> {
    let here = |warning: &&Warning| match &warning.place {
        DocumentPlace::Element(place) => {
            place.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        }
        DocumentPlace::Text { .. } => false,
    };
    manifest.warnings.iter().filter(here).collect()
}

/// Those of the element itself, or of children that have no row.
fn own<'a>(below: &'a [&'a Warning], path: &'a str) -> impl Iterator<Item = &'a &'a Warning> {
    below.iter().filter(move |warning| {
        matches!(&warning.place, DocumentPlace::Element(place) if !place[path.len()..].starts_with(" / AdaptationSet"))
    })
}

fn marked(ui: &Ui, text: String, warned: bool) -> RichText {
    if warned { RichText::new(text).color(Palette::of(ui).warning) } else { RichText::new(text) }
}

fn mark(ui: &mut Ui, text: &str) {
    let color = Palette::of(ui).warning;
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("!").small().strong().color(color));
        ui.label(RichText::new(text).small().color(color));
    });
}
