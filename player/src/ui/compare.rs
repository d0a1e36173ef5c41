//! `player compare A B`: two reports side by side, on one axis of time. Each session is built again from its inputs,
//! so everything that the window shows of a session can be shown of a report.

use super::chart;
use super::memory::Memory;
use super::panels::{strip, totals};
use super::theme::{self, Palette};
use super::view::View;
use super::{NoWindow, reading};
use crate::cli::{Code, Failure};
use eframe::egui::{self, Align, Layout, Rect, RichText, ScrollArea, Ui, UiBuilder, pos2, vec2};
use player_core::io::LinkLimit;
use player_core::replay::rebuild;
use player_core::snapshot::Snapshot;
use std::path::Path;

/// Room for the figures below the curves.
const FIGURES: f32 = 250.0;

/// One report.
pub(crate) struct Side {
    name: String,
    snapshot: Snapshot,
    view: View,
}

/// Reads both and shows them until the window is closed.
///
/// # Errors
/// When one cannot be read or is no report, or there is no display.
pub fn run(paths: [&Path; 2]) -> Result<(), Failure> {
    let [a, b] = paths;
    let sides = [Side::read(a)?, Side::read(b)?];
    super::show("DASH player: two sessions", |context| {
        theme::install(&context.egui_ctx);
        Box::new(Comparison { sides })
    })
    .map_err(|NoWindow(problem)| Failure::new(Code::Io, format!("cannot open the window: {problem}")))
}

impl Side {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|e| Failure::unreadable(path.display(), &e))?;
        let not_a_report = |e: &dyn std::fmt::Display| {
            Failure::new(Code::Unsupported, format!("{} is not a report: {e}", path.display()))
        };
        let snapshot = rebuild(text.lines()).map_err(|e| not_a_report(&e))?;
        Ok(Self::new(path.display().to_string(), snapshot))
    }

    /// For the eye.
    pub(crate) fn new(name: String, snapshot: Snapshot) -> Self {
        let mut view = View::new(String::new(), LinkLimit::Off, Memory::default());
        view.chart.span = None;
        Self { name, snapshot, view }
    }
}

struct Comparison {
    sides: [Side; 2],
}

impl eframe::App for Comparison {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        show(ui, &mut self.sides);
    }
}

/// Both, with the figures of both below.
pub(crate) fn show(ui: &mut Ui, sides: &mut [Side; 2]) {
    let whole = ui.ctx().content_rect();
    let palette = Palette::of(ui);
    ui.painter().rect_filled(whole, 0.0, palette.surface);
    // The same stretch of time in both: the longer session is the measure.
    let longest = sides[0].snapshot.at.max(sides[1].snapshot.at);
    let middle = whole.center().x;
    let foot = whole.bottom() - FIGURES.min(whole.height() * 0.4);
    let halves = [whole.left()..=middle - 1.0, middle + 1.0..=whole.right()];
    let before = sides[0].view.chart;
    for (side, x) in sides.iter_mut().zip(halves) {
        let area = Rect::from_x_y_ranges(x, whole.top()..=foot);
        let mut stretched = Snapshot { at: longest, ..side.snapshot.clone() };
        stretched.history = side.snapshot.history.clone();
        one(ui, area.shrink(theme::GAP), side, &stretched);
    }
    let moved = if sides[0].view.chart == before { sides[1].view.chart } else { sides[0].view.chart };
    sides.iter_mut().for_each(|side| side.view.chart = moved);
    ui.painter().vline(middle, whole.top()..=foot, egui::Stroke::new(theme::HAIRLINE, palette.line));
    let below = Rect::from_min_max(pos2(whole.left(), foot), whole.max).shrink(theme::GAP);
    ui.scope_builder(UiBuilder::new().max_rect(below), |ui| figures(ui, sides));
}

fn one(ui: &mut Ui, area: Rect, side: &mut Side, stretched: &Snapshot) {
    ui.push_id(&side.name, |ui| {
        ui.scope_builder(UiBuilder::new().max_rect(area), |ui| {
            ui.shrink_clip_rect(area);
            ui.label(RichText::new(&side.name).strong());
            let rungs = reading::video(stretched).map_or(0, |video| video.rungs.len());
            let words = format!("{} · {rungs} rungs · {}", stretched.policy, stretched.url);
            ui.label(RichText::new(words).small().color(Palette::of(ui).weak));
            let (bars, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme::STRIP), egui::Sense::hover());
            let length = stretched.duration.map_or(0.0, |duration| duration.as_secs_f64());
            strip::show(ui, &strip::Film { bar: bars, length }, bars, &side.snapshot, &mut side.view);
            chart::show(ui, stretched, &mut side.view.chart);
        });
    });
}

/// A row a figure; what is the same in both is weak.
fn figures(ui: &mut Ui, sides: &[Side; 2]) {
    let [a, b] = sides.each_ref().map(|side| totals::rows(&side.snapshot));
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        egui::Grid::new("figures").num_columns(3).spacing([28.0, 4.0]).striped(true).show(ui, |ui| {
            let palette = Palette::of(ui);
            for caption in captions(&a, &b) {
                let value = |rows: &[(String, String)]| {
                    rows.iter().find(|(name, _)| *name == caption).map_or("–".to_owned(), |(_, value)| value.clone())
                };
                let (left, right) = (value(&a), value(&b));
                let color = if left == right { palette.weak } else { palette.text };
                ui.label(RichText::new(&caption).small().color(palette.weak));
                for value in [left, right] {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.label(RichText::new(value).color(color))
                    });
                }
                ui.end_row();
            }
        });
    });
}

/// Of both, in the order of the first.
fn captions(a: &[(String, String)], b: &[(String, String)]) -> Vec<String> {
    let mut all: Vec<String> = a.iter().map(|(caption, _)| caption.clone()).collect();
    all.extend(b.iter().filter(|(caption, _)| !a.iter().any(|(other, _)| other == caption)).map(|(c, _)| c.clone()));
    all
}
