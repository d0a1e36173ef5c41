//! Levels: video and audio ahead of the playhead, the threshold, stalls in red, the start-up shaded.

use super::Plot;
use super::axis::LevelAxis;
use crate::ui::kind::{self, LevelStyle};
use crate::ui::theme;
use eframe::egui::{Align2, Color32, Rect, Shape, Stroke, Ui, pos2, vec2};
use player_core::history::Point;
use player_core::kinds::TrackKind;
use player_core::snapshot::Snapshot;
use std::time::Duration;

/// Draws the chart.
pub(super) fn paint(ui: &Ui, plot: &Plot<'_>, snapshot: &Snapshot) {
    let axis = axis(plot, snapshot);
    startup(plot, snapshot);
    for level in axis.marks() {
        plot.mark(ui, axis.y(level), &format!("{level:.0} s"));
    }
    for (kind, style) in kind::all() {
        match style.level {
            Some(LevelStyle::Filled) => filled(plot, &axis, snapshot, kind),
            Some(LevelStyle::Dashed) => curve(plot, &axis, snapshot, kind, Some(4.0), plot.palette.weak),
            None => {}
        }
    }
    plot.stalls(snapshot, Align2::LEFT_TOP);
    threshold(plot, &axis, snapshot);
    names(plot, snapshot);
}

/// The levels that have a curve.
fn drawn(point: &Point) -> impl Iterator<Item = (TrackKind, Duration)> {
    let levels = kind::all().filter(|(_, style)| style.level.is_some());
    levels.filter_map(|(kind, _)| Some((kind, point.ahead[kind]?)))
}

/// Which curve is which: `buffer: video — audio - -`.
fn legend(point: &Point) -> String {
    let kinds: Vec<TrackKind> = drawn(point).map(|(kind, _)| kind).collect();
    let sign = |kind: &TrackKind| match kind::style(*kind).level {
        Some(LevelStyle::Dashed) => format!("{kind} - -"),
        _ if kinds.len() > 1 => format!("{kind} —"),
        _ => kind.to_string(),
    };
    let named: Vec<String> = kinds.iter().map(sign).collect();
    if named.is_empty() { "buffer".to_owned() } else { format!("buffer: {}", named.join(" ")) }
}

/// Up to the threshold, or what was above it.
fn axis(plot: &Plot<'_>, snapshot: &Snapshot) -> LevelAxis {
    let visible = snapshot.history.points.iter().filter(|point| plot.sees(point.at.secs_f64(), point.at.secs_f64()));
    let levels = visible.flat_map(|point| drawn(point).map(|(_, level)| level).chain([point.target]));
    let most = levels.chain([snapshot.buffer_target]).max().unwrap_or_default();
    LevelAxis::new(most.as_secs_f64(), plot.area.y_range())
}

fn startup(plot: &Plot<'_>, snapshot: &Snapshot) {
    let (start, end) = startup_band(plot, snapshot);
    if end > plot.area.left() {
        let band = Rect::from_x_y_ranges(start..=end, plot.area.y_range());
        plot.painter.rect_filled(band, 0.0, plot.palette.focus.gamma_multiply(0.18));
    }
}

/// From the opening to the first picture.
fn startup_band(plot: &Plot<'_>, snapshot: &Snapshot) -> (f32, f32) {
    let until = snapshot.totals.startup_seconds.unwrap_or(snapshot.at.secs_f64());
    (plot.time.x(0.0), plot.time.x(until))
}

/// A level with its area, so that it reads as "full" and "empty".
fn filled(plot: &Plot<'_>, axis: &LevelAxis, snapshot: &Snapshot, kind: TrackKind) {
    let fill = plot.palette.text.gamma_multiply(0.14);
    for pair in samples(plot, snapshot, kind).windows(2) {
        let [(from, Some(a)), (to, Some(b))] = pair else { continue };
        let floor = plot.area.bottom();
        let corners = vec![pos2(*from, axis.y(*a)), pos2(*to, axis.y(*b)), pos2(*to, floor), pos2(*from, floor)];
        plot.painter.add(Shape::convex_polygon(corners, fill, Stroke::NONE));
    }
    curve(plot, axis, snapshot, kind, None, plot.palette.text);
}

fn samples(plot: &Plot<'_>, snapshot: &Snapshot, kind: TrackKind) -> Vec<(f32, Option<f64>)> {
    let points = snapshot.history.points.iter();
    plot.thin(points.map(|point| (point.at.secs_f64(), point.ahead[kind].map(|level| level.as_secs_f64()))))
}

fn curve(plot: &Plot<'_>, axis: &LevelAxis, snapshot: &Snapshot, kind: TrackKind, dash: Option<f32>, color: Color32) {
    let samples = samples(plot, snapshot, kind);
    let line: Vec<_> = samples.iter().filter_map(|(x, level)| Some(pos2(*x, axis.y((*level)?)))).collect();
    let stroke = Stroke::new(theme::LINE, color);
    match dash {
        None => drop(plot.painter.add(Shape::line(line, stroke))),
        Some(length) => plot.painter.extend(Shape::dashed_line(&line, stroke, length, length * 0.8)),
    }
}

/// A dashed line in steps; the present value is named.
fn threshold(plot: &Plot<'_>, axis: &LevelAxis, snapshot: &Snapshot) {
    if snapshot.buffer_target.is_zero() {
        return; // no session yet
    }
    let now = (snapshot.at.secs_f64(), snapshot.buffer_target);
    let points = snapshot.history.points.iter().map(|point| (point.at.secs_f64(), point.target));
    let kept = plot.thin(points.chain([now]));
    let mut line: Vec<_> = kept.first().map(|(x, level)| pos2(*x, axis.y(level.as_secs_f64()))).into_iter().collect();
    for pair in kept.windows(2) {
        let (before, after) = (axis.y(pair[0].1.as_secs_f64()), axis.y(pair[1].1.as_secs_f64()));
        if before != after {
            line.extend([pos2(pair[1].0, before), pos2(pair[1].0, after)]);
        }
    }
    let y = axis.y(snapshot.buffer_target.as_secs_f64());
    line.push(pos2(plot.area.right(), y));
    let stroke = Stroke::new(theme::HAIRLINE, plot.palette.text);
    plot.painter.extend(Shape::dashed_line(&line, stroke, 6.0, 4.0));
    let text = format!("threshold {}", crate::ui::format::seconds(snapshot.buffer_target));
    let at = pos2(plot.area.right() - 4.0, y - 1.0);
    super::label(&plot.painter, at, Align2::RIGHT_BOTTOM, text, plot, plot.palette.text);
}

fn names(plot: &Plot<'_>, snapshot: &Snapshot) {
    let (start, end) = startup_band(plot, snapshot);
    if end - start.max(plot.area.left()) > 46.0 {
        let corner = pos2(start.max(plot.area.left()) + 4.0, plot.area.bottom() - 2.0);
        let text = "start-up".to_owned();
        super::label(&plot.painter, corner, Align2::LEFT_BOTTOM, text, plot, plot.palette.weak);
    }
    let last = snapshot.history.points.last();
    let text = last.map(legend).unwrap_or_else(|| "buffer".to_owned());
    super::label(&plot.painter, plot.area.left_top() + vec2(4.0, 2.0), Align2::LEFT_TOP, text, plot, plot.palette.weak);
}
