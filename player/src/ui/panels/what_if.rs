//! What if: the session just watched under every policy. The network is as it was measured, the segments weigh what
//! they weigh; a table, and the curves of the chosen row before those of the session.

use crate::ui::format;
use crate::ui::kind;
use crate::ui::ladder::LadderView;
use crate::ui::model::policy_trials::{Findings, Trial, stalled};
use crate::ui::model::window_message::WindowMessage;
use crate::ui::model::window_state::WindowState;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::frame_focus;
use eframe::egui::{
    Align2, Button, Color32, Painter, Pos2, Rect, RichText, Role, ScrollArea, Sense, Shape, Stroke, TextStyle, Ui,
    WidgetInfo, pos2, vec2,
};
use player_core::history::{History, Point, ShownMark};
use player_core::io::Phase;
use player_core::presentation::RungId;
use player_core::report::Totals;
use player_core::snapshot::{Snapshot, TrackView};

const ROW: f32 = 20.0;
const CURVES: f32 = 110.0;
/// Where the columns end, as shares of the width.
const ENDS: [f32; COLUMNS] = [0.3, 0.44, 0.58, 0.75, 0.89, 1.0];
const NAMES: [&str; COLUMNS] = ["policy", "Mbit/s", "stalled", "avoidable", "switches", "view"];
const COLUMNS: usize = 6;

/// Shows the button and what came of it.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState) {
    let busy = view.what_if.look();
    if let Some(told) = view.what_if.told() {
        view.told = Some(WindowMessage::new(told));
    }
    ui.horizontal_wrapped(|ui| {
        let ready = !busy && !matches!(snapshot.phase, Phase::Idle | Phase::Loading | Phase::Failed);
        let ask = ui.add_enabled(ready, Button::new("Try every policy"));
        let ask = ask.on_hover_text("Plays what was watched so far again under every policy, in virtual time");
        if ask.clicked() {
            view.what_if.ask(ui.ctx(), snapshot);
        }
        let known = matches!(view.what_if.found, Some(Ok(_)));
        let write = ui.add_enabled(ready && known, Button::new("Write reports"));
        let write =
            write.on_hover_text("A report of each policy into a new folder what-if-N: for compare, export and replay");
        if write.clicked() {
            view.what_if.write(ui.ctx(), snapshot);
        }
        if busy {
            ui.label(RichText::new("working it out …").color(Palette::of(ui).weak));
        }
    });
    match &view.what_if.found {
        None if !busy => explain(ui),
        None => {}
        Some(Err(problem)) => {
            ui.label(RichText::new(format::sentence(problem)).color(Palette::of(ui).warning));
        }
        Some(Ok(found)) => {
            let mut chosen = view.what_if.chosen.min(found.runs.len().saturating_sub(1));
            findings(ui, snapshot, found, &mut chosen);
            view.what_if.chosen = chosen;
        }
    }
}

fn explain(ui: &mut Ui) {
    let words = "The network as it was measured, the true sizes of the segments, your pauses and seeks: \
                 how would the other policies have done?";
    ui.label(RichText::new(words).small().color(Palette::of(ui).weak));
}

fn findings(ui: &mut Ui, snapshot: &Snapshot, found: &Findings, chosen: &mut usize) {
    ScrollArea::vertical().id_salt("what-if").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let palette = Palette::of(ui);
        line(ui, &NAMES.map(str::to_owned), palette.weak, false, None);
        let watched = format!("watched ({})", format::instant(found.at));
        line(ui, &cells(&watched, &found.watched, found), palette.text, false, None);
        for (index, run) in found.runs.iter().enumerate() {
            let cells = cells(&run.name, &run.outcome.totals, found);
            if line(ui, &cells, palette.text, *chosen == index, Some(&run.name)) {
                *chosen = index;
            }
        }
        ui.add_space(theme::SMALL_GAP);
        notes(ui, found);
        if let (Some(video), Some(run)) = (reading::video(snapshot), found.runs.get(*chosen)) {
            curves(ui, video, found, run);
        }
    });
}

fn notes(ui: &mut Ui, found: &Findings) {
    let weak = Palette::of(ui).weak;
    if let Some(words) = found.closeness() {
        ui.label(RichText::new(words).small());
    }
    if let Some(words) = found.why_far() {
        ui.label(RichText::new(words).small().color(weak));
    }
    if found.meddled() {
        let words = "You paused, sought or changed the speed: that is repeated at the same times.";
        ui.label(RichText::new(words).small().color(weak));
    }
}

fn cells(name: &str, totals: &Totals, found: &Findings) -> [String; COLUMNS] {
    [
        name.to_owned(),
        format!("{:.2}", totals.mean_bitrate_kbps / 1e3),
        format!("{:.1} s", stalled(totals)),
        format!("{:.1} s", found.avoidable(totals)),
        totals.switches.to_string(),
        format!("{:.0} %", totals.view),
    ]
}

/// Whether it was clicked.
fn line(ui: &mut Ui, cells: &[String; COLUMNS], color: Color32, chosen: bool, button: Option<&str>) -> bool {
    let sense = if button.is_some() { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), sense);
    let palette = Palette::of(ui);
    if chosen || button.is_some() && response.hovered() {
        ui.painter().rect_filled(rect, theme::ROUNDING, palette.raised);
    }
    let font = TextStyle::Small.resolve(ui.style());
    for (index, text) in cells.iter().enumerate() {
        let right = pos2(rect.left() + rect.width() * ENDS[index] - 4.0, rect.center().y);
        match index {
            0 => ui.painter().text(rect.left_center() + vec2(4.0, 0.0), Align2::LEFT_CENTER, text, font.clone(), color),
            _ => ui.painter().text(right, Align2::RIGHT_CENTER, text, font.clone(), color),
        };
    }
    frame_focus(ui, &response);
    let name = button.map_or_else(|| cells.join(" "), |name| format!("What if {name}"));
    let role = if button.is_some() { Role::Button } else { Role::Label };
    response.widget_info(|| WidgetInfo::selected(role, true, chosen, &name));
    response.clicked()
}

/// Rungs on the screen in steps: grey what was, in colours what would have been; stalls in red; the buffer below.
fn curves(ui: &mut Ui, video: &TrackView, found: &Findings, run: &Trial) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), CURVES), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "What would have been on the screen"));
    let ladder = LadderView::of(video);
    let curves = Curves { painter: ui.painter_at(rect), palette: Palette::of(ui), rect, ladder, found, run };
    curves.painter.rect_filled(rect, 2.0, curves.palette.background);
    let split = rect.top() + rect.height() * 0.6;
    curves.rungs(Rect::from_min_max(rect.min + vec2(0.0, 14.0), pos2(rect.right(), split)));
    curves.stalls();
    curves.levels(Rect::from_min_max(pos2(rect.left(), split + 4.0), rect.max));
    let font = TextStyle::Small.resolve(ui.style());
    let words = format!("{}: rung and buffer; grey: what you watched", run.name);
    curves.painter.text(rect.left_top() + vec2(4.0, 1.0), Align2::LEFT_TOP, words, font, curves.palette.weak);
}

/// What the curves are drawn with.
struct Curves<'a> {
    painter: Painter,
    palette: &'a Palette,
    rect: Rect,
    ladder: LadderView<'a>,
    found: &'a Findings,
    run: &'a Trial,
}

impl Curves<'_> {
    fn x(&self, seconds: f64) -> f32 {
        self.rect.left() + (seconds / self.found.seconds.max(1.0)) as f32 * self.rect.width()
    }

    /// When the trial's time began, in session time: with the arrival of the manifest.
    fn began(&self) -> f64 {
        self.run.outcome.began.as_secs_f64()
    }

    fn rungs(&self, area: Rect) {
        let draw = |step: &ShownStep, width: f32, color: Color32| {
            let y = area.bottom() - 3.0 - self.ladder.height(step.rung) * (area.height() - 6.0);
            self.painter.hline(self.x(step.from)..=self.x(step.to), y, Stroke::new(width, color));
        };
        let end = self.found.seconds;
        for was in steps(&self.found.history, 0.0, end) {
            draw(&was, theme::SHOWN_LINE + 3.0, self.palette.network);
        }
        for would_be in steps(&self.run.outcome.history, self.began(), end) {
            draw(&would_be, theme::SHOWN_LINE - 1.0, self.ladder.color(self.palette, would_be.rung));
        }
    }

    fn stalls(&self) {
        for stall in &self.run.outcome.history.stalls {
            let from = self.x(stall.from.secs_f64() + self.began());
            let to = self.x(stall.to.map_or(self.found.seconds, |to| to.secs_f64() + self.began()));
            let band = Rect::from_x_y_ranges(from..=to.max(from + 2.0), self.rect.y_range());
            self.painter.rect_filled(band, 0.0, self.palette.stall.gamma_multiply(0.4));
        }
    }

    fn levels(&self, area: Rect) {
        let (was, would_be) = (&self.found.history, &self.run.outcome.history);
        let levels = was.points.iter().chain(&would_be.points).filter_map(|point| point.ahead[kind::charted()]);
        let most = levels.max().map_or(1.0, |level| level.as_secs_f64()).max(1.0);
        for (history, shift, color) in [(was, 0.0, self.palette.network), (would_be, self.began(), self.palette.text)] {
            let at = |point: &Point| {
                let level = point.ahead[kind::charted()]?.as_secs_f64() / most;
                Some(pos2(self.x(point.at.secs_f64() + shift), area.bottom() - level as f32 * area.height()))
            };
            let line = thin(history.points.iter().filter_map(at));
            self.painter.add(Shape::line(line, Stroke::new(theme::LINE, color)));
        }
    }
}

/// Keeps one value for each point of the screen.
fn thin(points: impl Iterator<Item = Pos2>) -> Vec<Pos2> {
    points.fold(vec![], |mut kept: Vec<Pos2>, point| {
        match kept.last_mut() {
            Some(last) if point.x - last.x < 1.0 => last.y = point.y,
            _ => kept.push(point),
        }
        kept
    })
}

/// A rung that was on the screen without interruption, in seconds.
struct ShownStep {
    from: f64,
    to: f64,
    rung: RungId,
}

fn steps(history: &History, shift: f64, end: f64) -> Vec<ShownStep> {
    let marks: Vec<_> = reading::shown_marks(history).collect();
    let until = |index: usize| marks.get(index + 1).map_or(end, |next| next.at.secs_f64() + shift);
    let step = |(index, mark): (usize, &&ShownMark)| ShownStep {
        from: mark.at.secs_f64() + shift,
        to: until(index),
        rung: mark.rung,
    };
    marks.iter().enumerate().map(step).collect()
}
