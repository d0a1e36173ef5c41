//! Rates: the throttle's capacity as a grey area, what each segment measured as a dot, the estimate as a line, the
//! ladder as thin named lines, what is fetched and what is shown as steps in the colours of the rungs.

use super::Plot;
use super::axis::RateAxis;
use crate::ui::ladder::LadderView;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Align2, Color32, Rect, RichText, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2};
use player_core::snapshot::Snapshot;
use shared::units::Bitrate;

/// What may be in sight above the top rung: more is shown at the upper edge.
const HEADROOM: f64 = 6.0;

/// Above the line of its rung lies what is fetched, below it what is shown: neither hides the other.
const FETCH_LANE: f32 = 6.0;

/// Draws the chart.
pub(super) fn paint(ui: &Ui, plot: &Plot<'_>, snapshot: &Snapshot) {
    let ladder = LadderView::of_video(snapshot);
    let axis = axis(plot, snapshot);
    capacity(plot, &axis, snapshot);
    let clear_of_unit = |rate: &Bitrate| axis.y(*rate) < plot.area.bottom() - 20.0;
    for rate in axis.marks().into_iter().filter(clear_of_unit) {
        plot.mark(ui, axis.y(rate), &crate::ui::format::short_rate(rate));
    }
    let corner = plot.area.left_bottom() - vec2(5.0, 0.0);
    ui.painter().text(corner, Align2::RIGHT_BOTTOM, "bit/s", plot.font.clone(), plot.palette.weak);
    rungs(ui, plot, &axis, ladder);
    plot.stalls(snapshot, Align2::LEFT_BOTTOM);
    fetched(plot, &axis, snapshot, ladder);
    shown(plot, &axis, snapshot, ladder);
    arriving(plot, &axis, snapshot);
    estimate(plot, &axis, snapshot);
    measured(plot, &axis, snapshot, ladder);
}

/// What is in sight, or what the chart was told to hold, with some room.
fn axis(plot: &Plot<'_>, snapshot: &Snapshot) -> RateAxis {
    let (least, most) = plot.rates.unwrap_or_else(|| extent(snapshot, |at| plot.sees(at, at)));
    RateAxis::new(least.scaled(0.45), most.scaled(1.4), plot.area.y_range())
}

/// From the lowest rung, or what the throttle lets through, to what was measured, or the top rung; of the instants, in
/// seconds, that count.
pub(super) fn extent(snapshot: &Snapshot, counts: impl Fn(f64) -> bool) -> (Bitrate, Bitrate) {
    let ladder = LadderView::of_video(snapshot);
    let bottom = ladder.all().next().map_or(Bitrate::from_kbps(200), |rung| rung.bandwidth);
    let top = ladder.all().next_back().map_or(Bitrate::from_kbps(5_000), |rung| rung.bandwidth);
    let points = snapshot.history.points.iter().filter(|point| counts(point.at.secs_f64()));
    let transfers = reading::transfers(&snapshot.history).filter(|transfer| counts(transfer.to.secs_f64()));
    let rates = points.clone().flat_map(|point| [point.estimate, point.capacity]).flatten();
    let most = rates.chain(transfers.filter_map(|transfer| transfer.rate)).max().unwrap_or(top);
    // A cut has the rate zero, which would stretch the axis.
    let least = points.filter_map(|point| point.capacity).filter(|rate| *rate > Bitrate::ZERO).min().unwrap_or(bottom);
    (least.clamp(bottom.scaled(0.25), bottom), most.clamp(top, top.scaled(HEADROOM)))
}

/// Steps: a point's capacity holds until the next point.
fn capacity(plot: &Plot<'_>, axis: &RateAxis, snapshot: &Snapshot) {
    let end = snapshot.at.secs_f64();
    let points = snapshot.history.points.iter().map(|point| (point.at.secs_f64(), point.capacity));
    let kept = plot.thin(points.chain(std::iter::once((end, None))));
    for pair in kept.windows(2) {
        let [(from, Some(rate)), (to, _)] = pair else { continue };
        let area = plot.area;
        let top = axis.y(*rate);
        if *to < area.left() {
            continue;
        }
        let column = Rect::from_x_y_ranges(from.max(area.left())..=*to, top..=area.bottom());
        plot.painter.rect_filled(column, 0.0, plot.palette.network.gamma_multiply(0.3));
        plot.painter.hline(column.x_range(), top, Stroke::new(theme::LINE, plot.palette.network));
    }
}

/// The ladder: thin lines with their names at the right edge. Of names that would overlap the first named stays: the
/// ends of the ladder, then from the top.
fn rungs(ui: &Ui, plot: &Plot<'_>, axis: &RateAxis, ladder: LadderView<'_>) {
    const LINE_OF_TEXT: f32 = 11.0;
    let mut named: Vec<f32> = vec![];
    let ends = ladder.all().next_back().into_iter().chain(ladder.all().next());
    for rung in ends.chain(ladder.all().rev()) {
        let y = axis.y(rung.bandwidth);
        let color = ladder.color(plot.palette, rung.id);
        if named.iter().all(|other| (other - y).abs() > LINE_OF_TEXT) {
            let at = pos2(plot.area.right() + 5.0, y);
            ui.painter().text(at, Align2::LEFT_CENTER, &rung.label, plot.font.clone(), plot.palette.as_text(color));
            named.push(y);
        }
    }
    for rung in ladder.all() {
        let stroke = Stroke::new(theme::HAIRLINE, ladder.color(plot.palette, rung.id).gamma_multiply(0.55));
        plot.painter.hline(plot.area.x_range(), axis.y(rung.bandwidth), stroke);
    }
}

/// A thin step while a segment was being fetched; what was given up ends in a cross.
fn fetched(plot: &Plot<'_>, axis: &RateAxis, snapshot: &Snapshot, ladder: LadderView<'_>) {
    for transfer in reading::transfers(&snapshot.history) {
        let (from, to) = (transfer.from.secs_f64(), transfer.to.secs_f64());
        let Some(bandwidth) = ladder.bandwidth(transfer.rung).filter(|_| plot.sees(from, to)) else { continue };
        let color = ladder.color(plot.palette, transfer.rung);
        step(plot, axis.y(bandwidth), [from, to], color);
        if transfer.aborted {
            cross(plot, pos2(plot.time.x(to), axis.y(bandwidth) - FETCH_LANE / 2.0));
        }
    }
    let running = reading::in_flight(snapshot);
    if let Some((request, rung)) = running.and_then(|request| Some((request, request.subject.rung()?)))
        && let (Some(bandwidth), Some(since)) = (ladder.bandwidth(rung), request.first_byte)
    {
        let span = [since.secs_f64(), snapshot.at.secs_f64()];
        step(plot, axis.y(bandwidth), span, ladder.color(plot.palette, rung));
    }
}

fn step(plot: &Plot<'_>, y: f32, [from, to]: [f64; 2], color: Color32) {
    let (left, right) = (plot.time.x(from), plot.time.x(to));
    let box_ = Rect::from_x_y_ranges(left..=right.max(left + 2.5), y - FETCH_LANE..=y - theme::HAIRLINE);
    plot.painter.rect(box_, 0.0, color.gamma_multiply(0.25), Stroke::new(theme::HAIRLINE, color), StrokeKind::Inside);
}

fn cross(plot: &Plot<'_>, at: eframe::egui::Pos2) {
    let stroke = Stroke::new(theme::LINE + 0.4, plot.palette.text);
    for arm in [vec2(4.0, 4.0), vec2(4.0, -4.0)] {
        plot.painter.line_segment([at - arm, at + arm], stroke);
    }
}

/// The heaviest line: what the viewer sees, with the jumps in between.
fn shown(plot: &Plot<'_>, axis: &RateAxis, snapshot: &Snapshot, ladder: LadderView<'_>) {
    let marks: Vec<_> = reading::shown_marks(&snapshot.history).collect();
    for (index, mark) in marks.iter().enumerate() {
        let next = marks.get(index + 1);
        let (from, to) = (mark.at.secs_f64(), next.map_or(snapshot.at, |next| next.at).secs_f64());
        if !plot.sees(from, to) {
            continue;
        }
        let y = axis.y(mark.bandwidth) + theme::SHOWN_LINE / 2.0;
        let color = ladder.color(plot.palette, mark.rung);
        let (left, right) = (plot.time.x(from), plot.time.x(to));
        plot.painter.hline(left..=right, y, Stroke::new(theme::SHOWN_LINE, color));
        if let Some(next) = next {
            let to = axis.y(next.bandwidth) + theme::SHOWN_LINE / 2.0;
            plot.painter.add(Shape::line(eased(right, [y, to]), Stroke::new(theme::LINE, plot.palette.weak)));
        }
    }
}

/// From one height to another at `x`, without a corner.
fn eased(x: f32, [from, to]: [f32; 2]) -> Vec<eframe::egui::Pos2> {
    const HALF: f32 = 4.0;
    let at = |step: u8| {
        let t = f32::from(step) / 10.0;
        pos2(x + HALF * (2.0 * t - 1.0), from + (to - from) * t * t * (3.0 - 2.0 * t))
    };
    (0..=10).map(at).collect()
}

fn estimate(plot: &Plot<'_>, axis: &RateAxis, snapshot: &Snapshot) {
    let points = snapshot.history.points.iter().map(|point| (point.at.secs_f64(), point.estimate));
    let now = (snapshot.at.secs_f64(), snapshot.estimate);
    let above = |rate: &Bitrate| axis.is_above(*rate);
    let within = points.chain([now]).map(|(at, rate)| (at, rate.filter(|rate| !above(rate))));
    rates(plot, axis, within, Stroke::new(theme::LINE, plot.palette.text));
    if let Some(rate) = snapshot.estimate.filter(above) {
        let corner = plot.area.right_top() + vec2(-4.0, 2.0);
        let text = format!("↑ estimate {rate}");
        super::label(&plot.painter, corner, Align2::RIGHT_TOP, text, plot, plot.palette.text);
    }
}

/// What comes in, second by second: a collapse shows here long before a segment is through.
fn arriving(plot: &Plot<'_>, axis: &RateAxis, snapshot: &Snapshot) {
    let stroke = Stroke::new(theme::HAIRLINE, plot.palette.weak);
    rates(plot, axis, reading::arriving_rates(&snapshot.history.points), stroke);
}

/// A line over time, broken where nothing is known.
fn rates(plot: &Plot<'_>, axis: &RateAxis, points: impl Iterator<Item = (f64, Option<Bitrate>)>, stroke: Stroke) {
    for piece in plot.thin(points).split(|(_, rate)| rate.is_none()) {
        let line = piece.iter().filter_map(|(x, rate)| Some(pos2(*x, axis.y((*rate)?)))).collect();
        plot.painter.add(Shape::line(line, stroke));
    }
}

fn measured(plot: &Plot<'_>, axis: &RateAxis, snapshot: &Snapshot, ladder: LadderView<'_>) {
    for transfer in reading::transfers(&snapshot.history) {
        let to = transfer.to.secs_f64();
        let Some(rate) = transfer.rate.filter(|_| plot.sees(to, to)) else { continue };
        let at = pos2(plot.time.x(to), axis.y(rate));
        if axis.is_above(rate) {
            above(plot, at, ladder.color(plot.palette, transfer.rung));
            continue;
        }
        let edge = Stroke::new(theme::HAIRLINE, plot.palette.background);
        plot.painter.circle(at, theme::DOT, ladder.color(plot.palette, transfer.rung), edge);
    }
}

/// An arrow at the upper edge: what was measured lies above it.
fn above(plot: &Plot<'_>, at: eframe::egui::Pos2, color: Color32) {
    let tip = pos2(at.x, plot.area.top() + 1.0);
    let wing = theme::DOT;
    let arrow = vec![tip, tip + vec2(wing, 1.8 * wing), tip + vec2(-wing, 1.8 * wing)];
    plot.painter.add(Shape::convex_polygon(arrow, color, Stroke::NONE));
}

/// What the signs mean, drawn as they are in the chart: those that have the colour of a rung, in several.
pub(super) fn legend(ui: &mut Ui) {
    let palette = Palette::of(ui);
    sign(ui, "throttle", &|painter, rect| {
        let area = rect.shrink2(vec2(1.0, 3.0));
        painter.rect_filled(area, 0.0, palette.network.gamma_multiply(0.3));
        painter.hline(area.x_range(), area.top(), Stroke::new(theme::LINE, palette.network));
    });
    sign(ui, "measured", &|painter, rect| {
        in_rung_colors(rect, palette, |part, color| {
            painter.circle_filled(part.center(), theme::DOT - 0.6, color);
        });
    });
    sign(ui, "arriving", &|painter, rect| {
        painter.hline(rect.x_range(), rect.center().y, Stroke::new(theme::HAIRLINE, palette.weak));
    });
    sign(ui, "estimate", &|painter, rect| {
        painter.hline(rect.x_range(), rect.center().y, Stroke::new(theme::LINE, palette.text));
    });
    sign(ui, "fetching", &|painter, rect| {
        in_rung_colors(rect, palette, |part, color| {
            let lane = Rect::from_center_size(part.center(), vec2(part.width(), FETCH_LANE));
            let edge = Stroke::new(theme::HAIRLINE, color);
            painter.rect(lane, 0.0, color.gamma_multiply(0.25), edge, StrokeKind::Inside);
        });
    });
    sign(ui, "on screen", &|painter, rect| {
        in_rung_colors(rect, palette, |part, color| {
            painter.hline(part.x_range(), part.center().y, Stroke::new(theme::SHOWN_LINE, color));
        });
    });
    sign(ui, "stall", &|painter, rect| {
        let rail = Rect::from_center_size(rect.center(), vec2(rect.width() - 4.0, super::RAIL));
        painter.rect_filled(rail, 0.0, palette.stall);
    });
}

/// Three parts side by side, from a low rung to a high one.
fn in_rung_colors(rect: Rect, palette: &Palette, draw: impl Fn(Rect, Color32)) {
    let width = rect.width() / 3.0;
    for (index, color) in [palette.ramp[0], palette.ramp[2], palette.ramp[4]].into_iter().enumerate() {
        let left = rect.left() + index as f32 * width;
        draw(Rect::from_x_y_ranges(left..=left + width, rect.y_range()), color);
    }
}

fn sign(ui: &mut Ui, name: &str, draw: &dyn Fn(&eframe::egui::Painter, Rect)) {
    let color: Color32 = Palette::of(ui).weak;
    let width = ui
        .painter()
        .layout_no_wrap(name.to_owned(), eframe::egui::TextStyle::Small.resolve(ui.style()), color)
        .size()
        .x;
    if ui.available_width() < width + 26.0 {
        return;
    }
    let (rect, _) = ui.allocate_exact_size(vec2(16.0, 14.0), Sense::hover());
    draw(ui.painter(), rect);
    ui.label(RichText::new(name).small().color(color));
    ui.add_space(theme::SMALL_GAP);
}
