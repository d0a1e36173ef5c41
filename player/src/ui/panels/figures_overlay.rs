//! Figures on the picture, on `i`: what is decoded, what comes in, three small curves of the last minute.

use crate::ui::format;
use crate::ui::kind;
use crate::ui::reading;
use crate::ui::theme;
use crate::ui::widgets::plate;
use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, TextStyle, Ui, pos2, vec2};
use player_core::history::Point;
use player_core::snapshot::Snapshot;
use shared_av::VideoFrame;

const WIDTH: f32 = 286.0;
const ROW: f32 = 17.0;
const CAPTION: f32 = 86.0;
const CURVE: f32 = 30.0;
/// What the curves cover, in seconds.
const COVERED: f64 = 60.0;

/// Shows the figures in the upper left corner of `space`, below the controls that may lie there.
pub(crate) fn show(ui: &Ui, space: Rect, snapshot: &Snapshot, frame: Option<&VideoFrame>) {
    let rows = rows(snapshot, frame);
    let curves = curves(snapshot);
    let height = rows.len() as f32 * ROW + curves.len() as f32 * CURVE + 2.0 * theme::GAP;
    let rect = Rect::from_min_size(space.min + vec2(theme::GAP, theme::TOP_BAR + theme::GAP), vec2(WIDTH, height));
    ui.painter().add(plate(rect));
    let mut y = rect.top() + theme::GAP;
    for (caption, value) in &rows {
        text(ui, pos2(rect.left() + theme::GAP, y), caption, Color32::from_gray(170));
        text(ui, pos2(rect.left() + CAPTION, y), value, Color32::WHITE);
        y += ROW;
    }
    for curve in &curves {
        text(ui, pos2(rect.left() + theme::GAP, y + 8.0), &curve.caption, Color32::from_gray(170));
        let area = Rect::from_min_max(pos2(rect.left() + CAPTION, y + 4.0), pos2(rect.right() - 64.0, y + CURVE));
        sparkline(ui.painter(), area, &curve.values);
        text(ui, pos2(rect.right() - 58.0, y + 8.0), &curve.now, Color32::WHITE);
        y += CURVE;
    }
}

fn text(ui: &Ui, at: Pos2, text: &str, color: Color32) {
    ui.painter().text(at, eframe::egui::Align2::LEFT_TOP, text, TextStyle::Small.resolve(ui.style()), color);
}

fn rows(snapshot: &Snapshot, frame: Option<&VideoFrame>) -> Vec<(&'static str, String)> {
    let video = reading::video(snapshot);
    let shown = video.and_then(reading::shown);
    let totals = &snapshot.totals;
    let rows = [
        frame.map(|frame| ("Picture", format!("{}×{}", frame.width(), frame.height()))),
        shown.map(|rung| ("Rendition", format!("{} · {} · {}", rung.label, rung.bandwidth, rung.codecs))),
        shown.and_then(|rung| rung.frame_rate).map(|rate| ("Frame rate", format!("{rate:.2} frames/s"))),
        (totals.frames_shown > 0)
            .then(|| ("Frames", format!("{} shown, {} dropped", totals.frames_shown, totals.frames_dropped))),
        totals.av_offset_ms.map(|offset| ("A/V offset", format!("{:.0} ms (p95)", offset.p95))),
        Some(("Policy", snapshot.policy.clone())),
    ];
    rows.into_iter().flatten().collect()
}

struct Curve {
    caption: String,
    now: String,
    values: Vec<(f64, f64)>,
}

/// Only curves that have something to show.
fn curves(snapshot: &Snapshot) -> Vec<Curve> {
    let since = snapshot.at.secs_f64() - COVERED;
    let recent: Vec<&Point> = snapshot.history.points.iter().filter(|point| point.at.secs_f64() >= since).collect();
    let series = |value: &dyn Fn(&Point) -> Option<f64>| -> Vec<(f64, f64)> {
        recent.iter().filter_map(|point| Some(((point.at.secs_f64() - since) / COVERED, value(point)?))).collect()
    };
    let estimate = series(&|point| point.estimate.map(|rate| rate.mbps()));
    let seconds = |values: &[(f64, f64)]| values.last().map(|(_, value)| format!("{value:.1} s")).unwrap_or_default();
    let estimate_now = snapshot.estimate.map(|rate| format::short_rate(rate) + "bit/s").unwrap_or_default();
    let estimate = Curve { caption: "Estimate".to_owned(), now: estimate_now, values: estimate };
    let levels = kind::all().filter(|(_, style)| style.level.is_some()).map(|(kind, _)| {
        let values = series(&|point| point.ahead[kind].map(|ahead| ahead.as_secs_f64()));
        let caption = format::sentence(&format!("{kind} buffer"));
        Curve { caption, now: seconds(&values), values }
    });
    std::iter::once(estimate).chain(levels).filter(|curve| curve.values.len() > 1).collect()
}

fn sparkline(painter: &Painter, area: Rect, values: &[(f64, f64)]) {
    let most = values.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let at = |(x, y): &(f64, f64)| {
        pos2(area.left() + *x as f32 * area.width(), area.bottom() - (y / most) as f32 * area.height())
    };
    painter.hline(area.x_range(), area.bottom(), Stroke::new(theme::HAIRLINE, Color32::from_gray(80)));
    painter.add(Shape::line(values.iter().map(at).collect(), Stroke::new(theme::LINE, Color32::WHITE)));
}
