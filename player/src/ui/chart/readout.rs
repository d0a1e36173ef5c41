//! The cursor through both charts and the values under it.

use super::axis::TimeAxis;
use crate::ui::format;
use crate::ui::kind;
use crate::ui::ladder::LadderView;
use crate::ui::model::decision_rows;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Align2, Pos2, Rect, Stroke, StrokeKind, TextStyle, Ui, pos2, vec2};
use player_core::history::Point;
use player_core::io::Decision;
use player_core::snapshot::Snapshot;

/// Draws the line and the box beside it.
pub(super) fn paint(ui: &Ui, time: &TimeAxis, plots: Rect, pointer: Pos2, snapshot: &Snapshot) {
    let palette = Palette::of(ui);
    let painter = ui.painter();
    painter.vline(pointer.x, plots.y_range(), Stroke::new(theme::HAIRLINE, palette.text));
    let lines = lines(time.seconds(pointer.x), time.per_point(), snapshot);
    let font = TextStyle::Small.resolve(ui.style());
    let galley = painter.layout_no_wrap(lines.join("\n"), font, palette.text);
    let size = galley.size() + vec2(12.0, 8.0);
    let right = pointer.x + 10.0 + size.x < plots.right();
    let (x, align) = if right { (pointer.x + 10.0, Align2::LEFT_TOP) } else { (pointer.x - 10.0, Align2::RIGHT_TOP) };
    let rect = align.anchor_size(pos2(x, plots.top() + 6.0), size);
    let frame = Stroke::new(theme::HAIRLINE, palette.line);
    painter.rect(rect, theme::ROUNDING, palette.surface.gamma_multiply(0.95), frame, StrokeKind::Inside);
    painter.galley(rect.min + vec2(6.0, 4.0), galley, palette.text);
}

/// What is known of an instant; nothing that is not.
fn lines(seconds: f64, per_point: f64, snapshot: &Snapshot) -> Vec<String> {
    let history = &snapshot.history;
    let past = seconds <= snapshot.at.secs_f64();
    let after = history.points.partition_point(|point| point.at.secs_f64() <= seconds);
    let point = after.checked_sub(1).and_then(|index| history.points.get(index)).filter(|_| past);
    let mut lines = vec![format!("at {}", format::clock(seconds))];
    lines.extend(point.into_iter().flat_map(levels));
    lines.extend(arriving_at(after, snapshot).filter(|_| past));
    lines.extend(shown_at(seconds, snapshot).filter(|_| past));
    lines.extend(fetched_at(seconds, snapshot));
    lines.extend(decided_near(seconds, 4.0 * per_point, snapshot));
    lines.extend(super::wishes::near(seconds, 4.0 * per_point, snapshot));
    lines
}

/// The decision under the pointer, without its reason: the list has that.
fn decided_near(at: f64, within: f64, snapshot: &Snapshot) -> Option<String> {
    let distance = |decision: &&Decision| (decision.at.secs_f64() - at).abs();
    let told = |decision: &&Decision| decision.track == kind::charted() && !decision_rows::goes_on(decision);
    let near = snapshot.decisions.iter().filter(told).filter(|decision| distance(decision) <= within);
    let nearest = near.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    Some(decision_rows::what(snapshot, nearest))
}

fn levels(point: &Point) -> Vec<String> {
    let rates = [("throttle", point.capacity), ("estimate", point.estimate)];
    let levels = point.ahead.iter().filter_map(|(kind, level)| Some((format!("{kind} buffer"), (*level)?)));
    let levels = levels.chain([("up to".to_owned(), point.target)]);
    let rates = rates.into_iter().filter_map(|(name, rate)| Some(format!("{name} {}", rate?)));
    rates.chain(levels.map(|(name, level)| format!("{name} {}", format::seconds(level)))).collect()
}

fn arriving_at(after: usize, snapshot: &Snapshot) -> Option<String> {
    let near = snapshot.history.points.get(after.saturating_sub(8)..after)?;
    let (_, rate) = reading::arriving_rates(near).last()?;
    Some(format!("arriving {}", rate?))
}

fn shown_at(seconds: f64, snapshot: &Snapshot) -> Option<String> {
    let mark = reading::shown_marks(&snapshot.history).rfind(|mark| mark.at.secs_f64() <= seconds)?;
    Some(format!("on screen {}", LadderView::of_video(snapshot).label(mark.rung)?))
}

fn fetched_at(seconds: f64, snapshot: &Snapshot) -> Option<String> {
    let within = |from: f64, to: f64| (from..=to).contains(&seconds);
    let mut transfers = reading::transfers(&snapshot.history);
    let transfer = transfers.rfind(|transfer| within(transfer.from.secs_f64(), transfer.to.secs_f64()))?;
    let label = LadderView::of_video(snapshot).label(transfer.rung)?;
    let rate = transfer.rate.map(|rate| format!(" at {rate}")).unwrap_or_default();
    let end = if transfer.aborted { ", given up" } else { "" };
    Some(format!("fetching {label}{rate}{end}"))
}
