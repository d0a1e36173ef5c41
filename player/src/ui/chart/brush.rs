//! A stretch of the session that was marked in the charts, and its figures.

use super::axis::TimeAxis;
use crate::ui::format;
use crate::ui::ladder::LadderView;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Align2, Rect, Stroke, StrokeKind, TextStyle, Ui, pos2, vec2};
use player_core::history::Point;
use player_core::snapshot::Snapshot;
use shared::units::Bitrate;
use std::ops::Range;

/// Shorter stretches were a slip of the hand, in seconds.
pub(super) const LEAST: f64 = 0.2;

/// Marks the stretch and says what happened in it.
pub(super) fn paint(ui: &Ui, time: &TimeAxis, plots: Rect, stretch: &Range<f64>, snapshot: &Snapshot) {
    let palette = Palette::of(ui);
    let painter = ui.painter_at(plots);
    let band = Rect::from_x_y_ranges(time.x(stretch.start)..=time.x(stretch.end), plots.y_range());
    painter.rect(
        band,
        0.0,
        palette.focus.gamma_multiply(0.14),
        Stroke::new(theme::HAIRLINE, palette.focus),
        StrokeKind::Inside,
    );
    if stretch.end - stretch.start < LEAST {
        return;
    }
    let font = TextStyle::Small.resolve(ui.style());
    let galley = painter.layout_no_wrap(figures(stretch, snapshot).join("\n"), font, palette.text);
    let size = galley.size() + vec2(14.0, 10.0);
    let left = band.center().x.min(plots.right() - size.x / 2.0).max(plots.left() + size.x / 2.0);
    let rect = Align2::CENTER_TOP.anchor_size(pos2(left, plots.top() + 6.0), size);
    painter.rect(
        rect,
        theme::ROUNDING,
        palette.surface,
        Stroke::new(theme::HAIRLINE, palette.focus),
        StrokeKind::Inside,
    );
    painter.galley(rect.min + vec2(7.0, 5.0), galley, palette.text);
}

/// The stretch in a few lines; nothing that is not known.
fn figures(stretch: &Range<f64>, snapshot: &Snapshot) -> Vec<String> {
    let length = format!("{:.1} s", stretch.end - stretch.start);
    let lines = [
        Some(format!("{} – {} · {length}", format::clock(stretch.start), format::clock(stretch.end))),
        fetched(stretch, snapshot),
        shown(stretch, snapshot),
        buffer(stretch, snapshot),
        Some(stalls(stretch, snapshot)),
    ];
    lines.into_iter().flatten().collect()
}

fn within<'a>(stretch: &'a Range<f64>, snapshot: &'a Snapshot) -> impl DoubleEndedIterator<Item = &'a Point> + Clone {
    snapshot.history.points.iter().filter(|point| stretch.contains(&point.at.secs_f64()))
}

/// What the network brought, and how fast while it brought something.
fn fetched(stretch: &Range<f64>, snapshot: &Snapshot) -> Option<String> {
    let mut points = within(stretch, snapshot);
    let (first, last) = (points.next()?.delivered, points.next_back()?.delivered);
    let bytes = last.bytes - first.bytes;
    let rate = bytes.per(last.busy.saturating_sub(first.busy)).map(|rate| format!(" at {rate}"));
    Some(format!("fetched {bytes}{}", rate.unwrap_or_default()))
}

/// How long each rendition was on the screen, most of it first, and their mean rate.
fn shown(stretch: &Range<f64>, snapshot: &Snapshot) -> Option<String> {
    let ladder = LadderView::of_video(snapshot);
    let marks: Vec<_> = reading::shown_marks(&snapshot.history).collect();
    let ends = marks.iter().skip(1).map(|mark| mark.at).chain([snapshot.at]);
    let mut times: Vec<(&str, f64)> = vec![];
    let (mut bits, mut switches) = (0.0, 0);
    for (mark, end) in marks.iter().zip(ends) {
        let (from, to) = (mark.at.secs_f64().max(stretch.start), end.secs_f64().min(stretch.end));
        switches += usize::from(stretch.contains(&mark.at.secs_f64()) && mark.at.secs_f64() > stretch.start);
        let Some(label) = ladder.label(mark.rung).filter(|_| to > from) else { continue };
        bits += mark.bandwidth.bps() as f64 * (to - from);
        match times.iter_mut().find(|(known, _)| *known == label) {
            Some((_, time)) => *time += to - from,
            None => times.push((label, to - from)),
        }
    }
    let whole: f64 = times.iter().map(|(_, time)| time).sum();
    times.sort_by(|a, b| b.1.total_cmp(&a.1));
    let words: Vec<String> = times.iter().map(|(label, time)| format!("{label} {time:.1} s")).collect();
    let mean = Bitrate::from_bps((bits / whole.max(1e-9)) as u64);
    (whole > 0.0).then(|| format!("on screen {} · mean {mean} · {switches} switches", words.join(", ")))
}

fn buffer(stretch: &Range<f64>, snapshot: &Snapshot) -> Option<String> {
    let levels = within(stretch, snapshot).filter_map(|point| point.ahead[crate::ui::kind::charted()]);
    let (least, most) = (levels.clone().min()?, levels.max()?);
    Some(format!("buffer {} – {}", format::seconds(least), format::seconds(most)))
}

fn stalls(stretch: &Range<f64>, snapshot: &Snapshot) -> String {
    let lost = snapshot.history.stalls.iter().map(|stall| {
        let to = stall.to.unwrap_or(snapshot.at).secs_f64().min(stretch.end);
        (to - stall.from.secs_f64().max(stretch.start)).max(0.0)
    });
    let lost: Vec<f64> = lost.filter(|lost| *lost > 0.0).collect();
    match lost.len() {
        0 => "no stall".to_owned(),
        count => format!("{count} stalls · {:.1} s", lost.iter().sum::<f64>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;

    #[test]
    fn a_stretch_has_its_figures() {
        let snapshot = fixtures::playing();
        let now = snapshot.at.secs_f64();
        let all = figures(&(now - 20.0..now), &snapshot);
        assert!(all[0].ends_with("· 20.0 s"), "{all:?}");
        assert!(all.iter().any(|line| line.starts_with("fetched ") && line.contains(" at ")), "{all:?}");
        assert!(all.iter().any(|line| line.starts_with("on screen ") && line.contains("mean ")), "{all:?}");
        assert!(all.last().is_some_and(|line| line.contains("stall")), "{all:?}");
    }

    #[test]
    fn of_the_future_nothing_is_said() {
        let snapshot = fixtures::playing();
        let later = snapshot.at.secs_f64() + 100.0;
        assert_eq!(figures(&(later..later + 5.0), &snapshot).len(), 2);
    }
}
