//! The segment strip, standing on the seek bar: over the whole film a bar a segment, as high as it weighs, in the
//! colour of its rendition. What is to come is grey, what is on its way fills, what was given up is hatched, what was
//! replaced stands behind. A click explains.

use crate::ui::format;
use crate::ui::reading;
use crate::ui::strip::{Cell, Copy};
use crate::ui::theme::{self, Palette};
use crate::ui::view::{Selected, View};
use eframe::egui::{Color32, CursorIcon, Painter, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use player_core::snapshot::{Snapshot, TrackView};
use shared::time::PresentationTime;
use shared::units::ByteSize;

/// Bars that are narrower carry no signs.
const LEAST_FOR_SIGNS: f32 = 4.0;

/// The axis that strip and seek bar share.
pub(crate) struct Film {
    /// From the start to the end of the film.
    pub bar: Rect,
    /// In seconds.
    pub length: f64,
}

impl Film {
    /// Where a second of the film is.
    pub(crate) fn x(&self, seconds: f64) -> f32 {
        self.bar.left() + (seconds / self.length).clamp(0.0, 1.0) as f32 * self.bar.width()
    }

    /// The second at a place.
    pub(crate) fn seconds(&self, x: f32) -> f64 {
        f64::from(((x - self.bar.left()) / self.bar.width()).clamp(0.0, 1.0)) * self.length
    }
}

/// What the bars are drawn with.
struct Ink<'a> {
    painter: Painter,
    palette: &'a Palette,
    video: &'a TrackView,
    most: u64,
    area: Rect,
}

/// Shows the strip in `area`.
pub(crate) fn show(ui: &mut Ui, film: &Film, area: Rect, snapshot: &Snapshot, view: &mut View) {
    let response = ui.interact(area, ui.scope_id().with("strip"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Segments of the film"));
    let Some(video) = reading::video(snapshot).filter(|_| film.length > 0.0) else { return };
    let View { strip, selected, .. } = view;
    let (cells, most) = strip.of(snapshot);
    let ink = Ink { painter: ui.painter_at(area.expand2(vec2(2.0, 0.0))), palette: Palette::of(ui), video, most, area };
    cells.iter().for_each(|cell| paint(&ink, film, cell));
    in_flight(&ink, film, snapshot);
    let x = film.x(snapshot.position.secs_f64());
    ink.painter.vline(x, area.y_range(), Stroke::new(theme::HAIRLINE, ink.palette.text));
    let under = response.hover_pos().and_then(|pointer| at(cells, film.seconds(pointer.x)));
    if let Some(cell) = under {
        frame(&ink, film, cell);
        let text = summary(cell, video);
        if response.clicked() {
            let start = PresentationTime::from_secs_f64(cell.time.start);
            *selected = if *selected == Some(Selected::Segment(start)) { None } else { Some(Selected::Segment(start)) };
        }
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text_at_pointer(text);
    }
    if let Some(Selected::Segment(start)) = *selected
        && let Some(cell) = at(cells, start.secs_f64() + 1e-3)
    {
        frame(&ink, film, cell);
    }
}

fn at(cells: &[Cell], seconds: f64) -> Option<&Cell> {
    let after = cells.partition_point(|cell| cell.time.start <= seconds);
    cells.get(after.checked_sub(1)?).filter(|cell| seconds < cell.time.end)
}

/// `0:40 · 720p · 612 kB`.
fn summary(cell: &Cell, video: &TrackView) -> String {
    let label = |rung: usize| video.rungs.get(rung).map_or("", |rung| rung.label.as_str());
    let words = [
        Some(format::clock(cell.time.start)),
        cell.copies.last().map(|copy| format!("{} · {}", label(copy.rung), ByteSize::from_bytes(copy.bytes))),
        cell.copies.is_empty().then(|| "not fetched".to_owned()),
        (cell.copies.len() > 1).then(|| "replaced a smaller one".to_owned()),
        cell.lost.map(|copy| format!("{} given up", label(copy.rung))),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn column(ink: &Ink<'_>, film: &Film, time: &std::ops::Range<f64>, bytes: u64) -> Rect {
    let (left, right) = (film.x(time.start), film.x(time.end));
    let gap = if right - left > LEAST_FOR_SIGNS { 1.0 } else { 0.0 };
    let height = (bytes as f32 / ink.most as f32 * (ink.area.height() - 2.0)).max(1.5);
    Rect::from_x_y_ranges(left..=(right - gap).max(left + 0.6), ink.area.bottom() - height..=ink.area.bottom())
}

fn paint(ink: &Ink<'_>, film: &Film, cell: &Cell) {
    let Some((shown, replaced)) = cell.copies.split_last() else {
        let rect = column(ink, film, &cell.time, cell.expected);
        ink.painter.rect_filled(rect, 0.0, ink.palette.raised);
        return lost(ink, film, cell);
    };
    let rect = column(ink, film, &cell.time, shown.bytes);
    ink.painter.rect_filled(rect, 0.0, color(ink, shown));
    if let Some(old) = replaced.last().filter(|_| rect.width() > LEAST_FOR_SIGNS) {
        let behind = column(ink, film, &cell.time, old.bytes);
        let foot = Rect::from_min_max(behind.left_top(), pos2(behind.left() + behind.width() * 0.4, behind.bottom()));
        ink.painter.rect(
            foot,
            0.0,
            color(ink, old),
            Stroke::new(theme::HAIRLINE, ink.palette.surface),
            StrokeKind::Outside,
        );
    }
    lost(ink, film, cell);
}

/// Hatched, over whatever came in its place.
fn lost(ink: &Ink<'_>, film: &Film, cell: &Cell) {
    let Some(copy) = cell.lost else { return };
    let rect = column(ink, film, &cell.time, copy.bytes.max(ink.most / 4));
    if rect.width() <= LEAST_FOR_SIGNS {
        return;
    }
    let stroke = Stroke::new(1.2, ink.palette.text);
    let painter = ink.painter.with_clip_rect(rect.intersect(ink.painter.clip_rect()));
    let mut y = rect.top();
    while y < rect.bottom() + rect.width() {
        painter.line_segment([pos2(rect.left(), y), pos2(rect.right(), y - rect.width())], stroke);
        y += 5.0;
    }
    ink.painter.rect_stroke(rect, 0.0, Stroke::new(theme::HAIRLINE, color(ink, &copy)), StrokeKind::Inside);
}

/// An outline that fills.
fn in_flight(ink: &Ink<'_>, film: &Film, snapshot: &Snapshot) {
    let Some(request) = reading::in_flight(snapshot) else { return };
    let (Some(time), Some(rung)) = (&request.time, request.rung) else { return };
    let time = time.start.secs_f64()..time.end.secs_f64();
    let received = request.received.bytes();
    let whole = request.size.map_or(received, |size| size.bytes()).max(received);
    let color = ink.palette.rung(rung, ink.video.rungs.len());
    ink.painter.rect_filled(column(ink, film, &time, received), 0.0, color);
    let outline = column(ink, film, &time, whole);
    ink.painter.rect_stroke(outline, 0.0, Stroke::new(theme::HAIRLINE, color), StrokeKind::Inside);
}

fn color(ink: &Ink<'_>, copy: &Copy) -> Color32 {
    ink.palette.rung(copy.rung, ink.video.rungs.len())
}

fn frame(ink: &Ink<'_>, film: &Film, cell: &Cell) {
    let (left, right) = (film.x(cell.time.start), film.x(cell.time.end));
    let rect = Rect::from_x_y_ranges(left..=right.max(left + 2.0), ink.area.y_range());
    ink.painter.rect_stroke(rect, 0.0, Stroke::new(theme::HAIRLINE, ink.palette.text), StrokeKind::Outside);
}
