//! `player compare A B`: two reports side by side, on the same axes. Each session is built again from its inputs,
//! so everything that the window shows of a session can be shown of a report.

use super::NoWindow;
use super::chart;
use super::ladder::LadderView;
use super::model::remembered::Remembered;
use super::model::totals_rows::{Caption, TotalsRow, rows};
use super::model::window_state::WindowState;
use super::panels::strip;
use super::theme::{self, Palette};
use crate::cli::{Code, CommandFailure, load};
use eframe::egui::{
    self, Align2, Rect, RichText, Role, ScrollArea, Sense, TextStyle, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use player_core::io::LinkLimit;
use player_core::replay::rebuild;
use player_core::snapshot::Snapshot;
use shared::time::SessionTime;
use std::path::Path;

/// Height of a row of figures.
const ROW: f32 = 21.0;
/// Room for the figures below the curves.
const FIGURES: f32 = 250.0;

/// One report.
pub(crate) struct Side {
    name: String,
    snapshot: Snapshot,
    view: WindowState,
}

/// Reads both and shows them until the window is closed.
///
/// # Errors
/// When one cannot be read or is no report, or there is no display.
pub fn run(paths: [&Path; 2]) -> Result<(), CommandFailure> {
    let [a, b] = paths;
    let sides = [Side::read(a)?, Side::read(b)?];
    super::show("DASH player: two sessions", None, |context| {
        theme::install(&context.egui_ctx);
        Box::new(Comparison { sides })
    })
    .map_err(|NoWindow(problem)| CommandFailure::new(Code::Io, format!("cannot open the window: {problem}")))
}

impl Side {
    fn read(path: &Path) -> Result<Self, CommandFailure> {
        let text = load::text(path)?;
        let not_a_report = |e: &dyn std::fmt::Display| {
            CommandFailure::new(Code::Unsupported, format!("{} is not a report: {e}", path.display()))
        };
        let snapshot = rebuild(text.lines()).map_err(|e| not_a_report(&e))?;
        Ok(Self::new(path.display().to_string(), snapshot))
    }

    /// A report that has been read, to be shown under `name`.
    pub(crate) fn new(name: String, snapshot: Snapshot) -> Self {
        let mut view = WindowState::new(String::new(), LinkLimit::Off, Remembered::default());
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

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        Palette::clear_color(visuals)
    }
}

/// Both, with the figures of both below.
pub(crate) fn show(ui: &mut Ui, sides: &mut [Side; 2]) {
    let whole = ui.ctx().content_rect();
    let palette = Palette::of(ui);
    ui.painter().rect_filled(whole, 0.0, palette.surface);
    // The same axes in both: the longer session and the wider range of rates are the measure.
    let longest = sides[0].snapshot.at.max(sides[1].snapshot.at).since(SessionTime::ZERO);
    let rates = sides.each_ref().map(|side| chart::rates(&side.snapshot));
    for side in sides.iter_mut() {
        side.view.chart.rates = Some((rates[0].0.min(rates[1].0), rates[0].1.max(rates[1].1)));
        side.view.chart.span = Some(side.view.chart.span.unwrap_or(longest));
    }
    let middle = whole.center().x;
    let foot = whole.bottom() - FIGURES.min(whole.height() * 0.4);
    let halves = [whole.left()..=middle - 1.0, middle + 1.0..=whole.right()];
    let before = sides[0].view.chart;
    for (side, x) in sides.iter_mut().zip(halves) {
        let area = Rect::from_x_y_ranges(x, whole.top()..=foot);
        one(ui, area.shrink(theme::GAP), side);
    }
    let moved = if sides[0].view.chart == before { sides[1].view.chart } else { sides[0].view.chart };
    for side in sides.iter_mut() {
        side.view.chart = moved;
    }
    ui.painter().vline(middle, whole.top()..=foot, egui::Stroke::new(theme::HAIRLINE, palette.line));
    let below = Rect::from_min_max(pos2(whole.left(), foot), whole.max).shrink(theme::GAP);
    ui.scope_builder(UiBuilder::new().max_rect(below), |ui| figures(ui, sides));
}

fn one(ui: &mut Ui, area: Rect, side: &mut Side) {
    let snapshot = &side.snapshot;
    ui.push_id(&side.name, |ui| {
        ui.scope_builder(UiBuilder::new().max_rect(area), |ui| {
            ui.shrink_clip_rect(area);
            ui.label(RichText::new(&side.name).strong());
            let rungs = LadderView::of_video(snapshot).len();
            let words = format!("{} · {rungs} rungs · {}", snapshot.policy, snapshot.url);
            ui.label(RichText::new(words).small().color(Palette::of(ui).weak));
            let (bars, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme::STRIP), egui::Sense::hover());
            let length = snapshot.duration.map_or(0.0, |duration| duration.as_secs_f64());
            strip::show(ui, &strip::FilmAxis { bar: bars, length }, bars, snapshot, &mut side.view);
            chart::show(ui, snapshot, &mut side.view.chart);
        });
    });
}

/// One row for each figure. Values that are the same in both are drawn in the weak colour.
fn figures(ui: &mut Ui, sides: &[Side; 2]) {
    let [a, b] = sides.each_ref().map(|side| rows(&side.snapshot));
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (index, caption) in captions(&a, &b).iter().enumerate() {
            row(ui, index, caption, [value(&a, caption), value(&b, caption)]);
        }
    });
}

/// The caption in the middle, each figure on the side of its session.
fn row(ui: &mut Ui, index: usize, caption: &Caption, [left, right]: [String; 2]) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{caption}: {left} and {right}")));
    let palette = Palette::of(ui);
    if index.is_multiple_of(2) {
        ui.painter().rect_filled(rect, theme::ROUNDING, palette.raised.gamma_multiply(0.5));
    }
    let color = if left == right { palette.weak } else { palette.text };
    let small = TextStyle::Small.resolve(ui.style());
    let body = TextStyle::Body.resolve(ui.style());
    let beside = vec2(90.0, 0.0);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, caption.to_string(), small, palette.weak);
    ui.painter().text(rect.center() - beside, Align2::RIGHT_CENTER, left, body.clone(), color);
    ui.painter().text(rect.center() + beside, Align2::LEFT_CENTER, right, body, color);
}

fn value(rows: &[TotalsRow], caption: &Caption) -> String {
    rows.iter().find(|row| row.caption == *caption).map_or("–".to_owned(), |row| row.value.clone())
}

/// Of both, in the order of the first.
fn captions(a: &[TotalsRow], b: &[TotalsRow]) -> Vec<Caption> {
    let mut all: Vec<Caption> = a.iter().map(|row| row.caption.clone()).collect();
    let only_in_b = b.iter().filter(|row| a.iter().all(|other| other.caption != row.caption));
    all.extend(only_in_b.map(|row| row.caption.clone()));
    all
}
