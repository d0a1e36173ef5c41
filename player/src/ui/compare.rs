//! Reports in a window: one below the other on the same axes, so that what happened at the same time stands at the same
//! place, and their figures beside them. Each session is built again from its inputs, so everything that the window shows of
//! a session can be shown of a report; one alone is a comparison with nothing.

use super::NoWindow;
use super::chart;
use super::figure::shared_axes;
use super::ladder::LadderView;
use super::model::remembered::Remembered;
use super::model::totals_rows::{Caption, TotalsRow, rows};
use super::model::window_state::WindowState;
use super::panels::strip;
use super::theme::{self, Palette};
use crate::cli::{Code, CommandFailure};
use crate::export;
use eframe::egui::{
    self, Align2, Pos2, Rect, RichText, Role, ScrollArea, Sense, TextStyle, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use player_core::io::LinkLimit;
use player_core::snapshot::Snapshot;
use std::path::PathBuf;

/// Height of a row of figures.
const ROW: f32 = 21.0;
/// Room for what a figure is about, and for the figures of one session.
const CAPTIONS: f32 = 130.0;
const COLUMN: f32 = 84.0;
/// Room for what the signs mean.
const LEGEND: f32 = 30.0;

/// One report.
pub(crate) struct Side {
    name: String,
    snapshot: Snapshot,
    view: WindowState,
}

/// Reads them and shows them until the window is closed.
///
/// # Errors
/// When one cannot be read or is no report, or there is no display.
pub fn run(paths: &[PathBuf]) -> Result<(), CommandFailure> {
    let sides: Vec<Side> =
        export::named(paths)?.into_iter().map(|(name, recording)| Side::new(name, recording.snapshot)).collect();
    let title = match sides.as_slice() {
        [one] => format!("{} – DASH player", one.name),
        several => format!("DASH player: {} sessions", several.len()),
    };
    super::show(&title, None, |context| {
        theme::install(&context.egui_ctx);
        Box::new(Comparison { sides })
    })
    .map_err(|NoWindow(problem)| {
        let message = format!(
            "cannot open the window: {problem}\n  Without a display: player export REPORT.jsonl --output DIR, or \
             player compare A.jsonl B.jsonl --output DIR"
        );
        CommandFailure::new(Code::Io, message)
    })
}

impl Side {
    /// A report that has been read, to be shown under `name`.
    pub(crate) fn new(name: String, snapshot: Snapshot) -> Self {
        let mut view = WindowState::new(String::new(), LinkLimit::Off, Remembered::default());
        view.chart.span = None;
        Self { name, snapshot, view }
    }
}

struct Comparison {
    sides: Vec<Side>,
}

impl eframe::App for Comparison {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        show(ui, &mut self.sides);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        Palette::clear_color(visuals)
    }
}

/// All of them, with the figures at the right.
pub(crate) fn show(ui: &mut Ui, sides: &mut [Side]) {
    let whole = ui.ctx().content_rect();
    let palette = Palette::of(ui);
    ui.painter().rect_filled(whole, 0.0, palette.surface);
    let beside = (CAPTIONS + COLUMN * sides.len() as f32 + 3.0 * theme::GAP).min(whole.width() * 0.5);
    let split = whole.right() - beside;
    share_axes(sides);
    let left = Rect::from_min_max(whole.min, pos2(split, whole.bottom()));
    curves(ui, left.shrink(theme::GAP), sides);
    ui.painter().vline(split, whole.y_range(), egui::Stroke::new(theme::HAIRLINE, palette.line));
    let right = Rect::from_min_max(pos2(split, whole.top()), whole.max).shrink(theme::GAP);
    ui.scope_builder(UiBuilder::new().max_rect(right), |ui| figures(ui, sides));
}

/// Until somebody zooms, all of the longest session is in sight.
fn share_axes(sides: &mut [Side]) {
    let shared = shared_axes(sides.iter().map(|side| &side.snapshot));
    for side in sides {
        side.view.chart.rates = shared.rates;
        side.view.chart.span = side.view.chart.span.or(shared.span);
    }
}

/// One legend and one stretch of time for all.
fn curves(ui: &mut Ui, area: Rect, sides: &mut [Side]) {
    let Some(mut chart) = sides.first().map(|side| side.view.chart) else { return };
    let before = chart;
    let legend = Rect::from_min_size(area.min, vec2(area.width(), LEGEND));
    ui.scope_builder(UiBuilder::new().max_rect(legend), |ui| chart::header(ui, &mut chart));
    let height = (area.height() - LEGEND) / sides.len() as f32;
    let mut top = area.top() + LEGEND;
    for side in sides.iter_mut() {
        one(ui, Rect::from_min_size(Pos2::new(area.left(), top), vec2(area.width(), height)), side);
        top += height;
        if side.view.chart != before {
            chart = side.view.chart;
        }
    }
    for side in sides {
        side.view.chart = chart;
    }
}

fn one(ui: &mut Ui, area: Rect, side: &mut Side) {
    let snapshot = &side.snapshot;
    ui.push_id(&side.name, |ui| {
        ui.scope_builder(UiBuilder::new().max_rect(area), |ui| {
            ui.shrink_clip_rect(area);
            ui.horizontal(|ui| {
                ui.label(RichText::new(&side.name).strong());
                let rungs = LadderView::of_video(snapshot).len();
                let words = format!("{} · {rungs} rungs · {}", snapshot.policy, snapshot.url);
                ui.label(RichText::new(words).small().color(Palette::of(ui).weak));
            });
            let (bars, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme::STRIP), egui::Sense::hover());
            let length = snapshot.duration.map_or(0.0, |duration| duration.as_secs_f64());
            strip::show(ui, &strip::FilmAxis { bar: bars, length }, bars, snapshot, &mut side.view);
            chart::pair(ui, snapshot, &mut side.view.chart);
        });
    });
}

/// One row for each figure, a column for each session. Values that are the same in all are drawn in the weak colour.
fn figures(ui: &mut Ui, sides: &[Side]) {
    let all: Vec<Vec<TotalsRow>> = sides.iter().map(|side| rows(&side.snapshot)).collect();
    let names: Vec<String> = sides.iter().map(|side| side.name.clone()).collect();
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        row(ui, 1, "", &names);
        for (index, caption) in captions(&all).iter().enumerate() {
            let values: Vec<String> = all.iter().map(|rows| value(rows, caption)).collect();
            row(ui, index, &caption.to_string(), &values);
        }
    });
}

/// The caption at the left, each figure in the column of its session.
fn row(ui: &mut Ui, index: usize, caption: &str, values: &[String]) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{caption}: {}", values.join(" and "))));
    let palette = Palette::of(ui);
    if index.is_multiple_of(2) {
        ui.painter().rect_filled(rect, theme::ROUNDING, palette.raised.gamma_multiply(0.5));
    }
    let same = values.len() > 1 && values.windows(2).all(|pair| pair[0] == pair[1]);
    let color = if same { palette.weak } else { palette.text };
    let small = TextStyle::Small.resolve(ui.style());
    let body = TextStyle::Body.resolve(ui.style());
    ui.painter().text(rect.left_center() + vec2(4.0, 0.0), Align2::LEFT_CENTER, caption, small.clone(), palette.weak);
    let column = (rect.width() - CAPTIONS) / values.len().max(1) as f32;
    for (place, value) in values.iter().enumerate() {
        let right = rect.left() + CAPTIONS + column * (place + 1) as f32 - 4.0;
        let cell = Rect::from_min_max(pos2(right - column + 8.0, rect.top()), pos2(right, rect.bottom()));
        let font = if caption.is_empty() { small.clone() } else { body.clone() };
        ui.painter_at(cell).text(cell.right_center(), Align2::RIGHT_CENTER, value, font, color);
    }
}

fn value(rows: &[TotalsRow], caption: &Caption) -> String {
    rows.iter().find(|row| row.caption == *caption).map_or("–".to_owned(), |row| row.value.clone())
}

/// Of all, in the order in which they are first met.
fn captions(all: &[Vec<TotalsRow>]) -> Vec<Caption> {
    all.iter().flatten().fold(vec![], |mut met, row| {
        if !met.contains(&row.caption) {
            met.push(row.caption.clone());
        }
        met
    })
}
