//! The segment strip, standing on the seek bar: over the whole film a bar a segment, as high as it weighs, in the
//! colour of the rendition that was fetched last. What is to come is grey, what is on its way fills, what was given up is
//! hatched. A click explains, and names what was replaced.

use crate::ui::format;
use crate::ui::ladder::LadderView;
use crate::ui::model::film_segments::{FetchedCopy, FilmSegment};
use crate::ui::model::window_state::{Explained, WindowState};
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::frame_focus;
use eframe::egui::{
    Color32, CursorIcon, EventFilter, Key, Painter, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    pos2, vec2,
};
use player_core::snapshot::Snapshot;
use shared::time::PresentationTime;
use shared::units::ByteSize;
use std::borrow::Cow;

/// Bars that are narrower carry no signs, and stand without a gap.
const LEAST_FOR_SIGNS: f32 = 6.0;

/// The axis that strip and seek bar share.
pub(crate) struct FilmAxis {
    /// From the start to the end of the film.
    pub bar: Rect,
    /// In seconds.
    pub length: f64,
}

impl FilmAxis {
    /// Where a second of the film is.
    pub(crate) fn x(&self, seconds: f64) -> f32 {
        self.bar.left() + (seconds / self.length).clamp(0.0, 1.0) as f32 * self.bar.width()
    }

    /// The second at a place.
    pub(crate) fn seconds(&self, x: f32) -> f64 {
        f64::from(((x - self.bar.left()) / self.bar.width().max(1.0)).clamp(0.0, 1.0)) * self.length
    }
}

/// What the bars are drawn with.
struct Ink<'a> {
    painter: Painter,
    palette: &'a Palette,
    ladder: LadderView<'a>,
    most: u64,
    area: Rect,
}

/// Shows the strip in `area`.
pub(crate) fn show(ui: &mut Ui, film: &FilmAxis, area: Rect, snapshot: &Snapshot, view: &mut WindowState) {
    let response = ui.interact(area, ui.scope_id().with("strip"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Segments of the film"));
    let Some(video) = reading::video(snapshot).filter(|_| film.length > 0.0) else { return };
    let WindowState { strip, selected, .. } = view;
    let (cells, most) = strip.of(snapshot);
    let ladder = LadderView::in_film(snapshot, video);
    let ink =
        Ink { painter: ui.painter_at(area.expand2(vec2(2.0, 0.0))), palette: Palette::of(ui), ladder, most, area };
    for column in columns(cells, film).iter() {
        paint(&ink, film, column);
    }
    in_flight(&ink, film, snapshot);
    let x = film.x(snapshot.position.secs_f64());
    ink.painter.vline(x, area.y_range(), Stroke::new(theme::HAIRLINE, ink.palette.text));
    by_key(ui, &response, cells, snapshot, selected);
    let under = response.hover_pos().and_then(|pointer| at(cells, film.seconds(pointer.x)));
    if let Some(cell) = under {
        frame(&ink, film, cell);
        if response.clicked() {
            *selected = if is_selected(cell, *selected) { None } else { Some(select(cell)) };
        }
    }
    let chosen = cells.iter().find(|cell| is_selected(cell, *selected));
    if let Some(cell) = chosen {
        frame(&ink, film, cell);
    }
    frame_focus(ui, &response);
    tell(ui, &response, cells, chosen, snapshot, ladder);
    if let Some(cell) = under {
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text_at_pointer(summary(cell, ladder));
    }
}

/// The arrows go from segment to segment, from the one under the playhead at first.
fn by_key(ui: &Ui, response: &Response, cells: &[FilmSegment], snapshot: &Snapshot, selected: &mut Option<Explained>) {
    if !response.has_focus() || cells.is_empty() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    let last = cells.len() - 1;
    let chosen = cells.iter().position(|cell| is_selected(cell, *selected));
    let under_playhead = cells.partition_point(|cell| cell.time.end <= snapshot.position.secs_f64()).min(last);
    let to = match chosen {
        None if pressed(Key::ArrowLeft) || pressed(Key::ArrowRight) => Some(under_playhead),
        Some(here) if pressed(Key::ArrowLeft) => Some(here.saturating_sub(1)),
        Some(here) if pressed(Key::ArrowRight) => Some((here + 1).min(last)),
        _ => None,
    };
    if let Some(cell) = to.and_then(|to| cells.get(to)) {
        *selected = Some(select(cell));
    }
}

fn select(cell: &FilmSegment) -> Explained {
    Explained::Segment(PresentationTime::from_secs_f64(cell.time.start))
}

fn is_selected(cell: &FilmSegment, selected: Option<Explained>) -> bool {
    matches!(selected, Some(Explained::Segment(start)) if (start.secs_f64() - cell.time.start).abs() < 1e-3)
}

/// The value of the widget for screen readers: how much is fetched, and what is selected.
fn tell(
    ui: &Ui,
    response: &Response,
    cells: &[FilmSegment],
    chosen: Option<&FilmSegment>,
    snapshot: &Snapshot,
    ladder: LadderView<'_>,
) {
    ui.ctx().accesskit_node_builder(response.id, |node| {
        let fetched = cells.iter().filter(|cell| !cell.copies.is_empty()).count();
        let here = cells.partition_point(|cell| cell.time.start <= snapshot.position.secs_f64());
        let chosen = chosen.map(|cell| format!("; selected: {}", summary(cell, ladder))).unwrap_or_default();
        node.set_value(format!("{fetched} of {} fetched, segment {here} is playing{chosen}", cells.len()));
    });
}

fn at(cells: &[FilmSegment], seconds: f64) -> Option<&FilmSegment> {
    let after = cells.partition_point(|cell| cell.time.start <= seconds);
    cells.get(after.checked_sub(1)?).filter(|cell| seconds < cell.time.end)
}

/// `0:40 · 720p · 612 kB`.
fn summary(cell: &FilmSegment, ladder: LadderView<'_>) -> String {
    let label = |copy: &FetchedCopy| ladder.label(copy.rung).unwrap_or_default();
    let words = [
        Some(format::clock(cell.time.start)),
        cell.copies.last().map(|copy| format!("{} · {}", label(copy), ByteSize::from_bytes(copy.bytes))),
        cell.copies.is_empty().then(|| "not fetched".to_owned()),
        (cell.copies.len() > 1).then(|| "replaced a smaller one".to_owned()),
        cell.lost.map(|copy| format!("{} given up", label(&copy))),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The cells, or where these would be narrower than can be told apart, columns of several: bars of single pixels beside
/// each other look like a comb and say nothing.
fn columns<'a>(cells: &'a [FilmSegment], film: &FilmAxis) -> Cow<'a, [FilmSegment]> {
    const LEAST: f32 = 3.0;
    let each = (LEAST * cells.len() as f32 / film.bar.width().max(1.0)).ceil() as usize;
    match each {
        0 | 1 => Cow::Borrowed(cells),
        each => Cow::Owned(cells.chunks(each).filter_map(together).collect()),
    }
}

/// Neighbours as one: as high as they are on average, in the rendition that most bytes came in; fetched when most are.
fn together(cells: &[FilmSegment]) -> Option<FilmSegment> {
    let (first, last) = (cells.first()?, cells.last()?);
    let mean = |sum: u64, count: usize| sum / (count.max(1) as u64);
    let fetched: Vec<&FetchedCopy> = cells.iter().filter_map(|cell| cell.copies.last()).collect();
    let most = fetched.iter().max_by_key(|copy| copy.bytes);
    let copy = most.filter(|_| 2 * fetched.len() >= cells.len()).map(|most| FetchedCopy {
        rung: most.rung,
        bytes: mean(fetched.iter().map(|copy| copy.bytes).sum(), fetched.len()),
    });
    Some(FilmSegment {
        time: first.time.start..last.time.end,
        copies: copy.into_iter().collect(),
        lost: cells.iter().find_map(|cell| cell.lost),
        expected: mean(cells.iter().map(|cell| cell.expected).sum(), cells.len()),
    })
}

fn column(ink: &Ink<'_>, film: &FilmAxis, time: &std::ops::Range<f64>, bytes: u64) -> Rect {
    let (left, right) = (film.x(time.start), film.x(time.end));
    let gap = if right - left > LEAST_FOR_SIGNS { 1.0 } else { 0.0 };
    let height = (bytes as f32 / ink.most as f32 * (ink.area.height() - 2.0)).max(1.5);
    Rect::from_x_y_ranges(left..=(right - gap).max(left + 0.6), ink.area.bottom() - height..=ink.area.bottom())
}

fn paint(ink: &Ink<'_>, film: &FilmAxis, cell: &FilmSegment) {
    let Some(shown) = cell.copies.last() else {
        let rect = column(ink, film, &cell.time, cell.expected);
        ink.painter.rect_filled(rect, 0.0, ink.palette.raised);
        return lost(ink, film, cell);
    };
    ink.painter.rect_filled(column(ink, film, &cell.time, shown.bytes), 0.0, color(ink, shown));
    lost(ink, film, cell);
}

/// What was given up and has not come since: hatched, on top of what was there before.
fn lost(ink: &Ink<'_>, film: &FilmAxis, cell: &FilmSegment) {
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

/// The segment under way: an outline of its whole size, filled as far as it has come.
fn in_flight(ink: &Ink<'_>, film: &FilmAxis, snapshot: &Snapshot) {
    let Some(request) = reading::in_flight(snapshot) else { return };
    let Some(segment) = request.subject.media() else { return };
    let time = segment.time.start.secs_f64()..segment.time.end.secs_f64();
    let received = request.received.bytes();
    let whole = request.size.map_or(received, |size| size.bytes()).max(received);
    let color = ink.ladder.color(ink.palette, segment.of.rung);
    ink.painter.rect_filled(column(ink, film, &time, received), 0.0, color);
    let outline = column(ink, film, &time, whole);
    ink.painter.rect_stroke(outline, 0.0, Stroke::new(theme::HAIRLINE, color), StrokeKind::Inside);
}

fn color(ink: &Ink<'_>, copy: &FetchedCopy) -> Color32 {
    ink.ladder.color(ink.palette, copy.rung)
}

fn frame(ink: &Ink<'_>, film: &FilmAxis, cell: &FilmSegment) {
    let (left, right) = (film.x(cell.time.start), film.x(cell.time.end));
    let rect = Rect::from_x_y_ranges(left..=right.max(left + 2.0), ink.area.y_range());
    ink.painter.rect_stroke(rect, 0.0, Stroke::new(theme::HAIRLINE, ink.palette.text), StrokeKind::Outside);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;

    fn cell(number: u64, copy: Option<u64>) -> FilmSegment {
        let copies = copy.map(|bytes| FetchedCopy { rung: fixtures::rung((bytes / 1000) as usize), bytes });
        let from = number as f64;
        FilmSegment { time: from..from + 1.0, copies: copies.into_iter().collect(), lost: None, expected: 100 * number }
    }

    #[test]
    fn many_segments_become_columns_that_can_be_told_apart() {
        let cells: Vec<FilmSegment> = (0..900).map(|number| cell(number, None)).collect();
        let film = |width: f32| FilmAxis { bar: Rect::from_min_size(pos2(0.0, 0.0), vec2(width, 9.0)), length: 900.0 };
        assert_eq!(columns(&cells, &film(4000.0)).len(), 900);
        let few = columns(&cells, &film(900.0));
        assert_eq!((few.len(), few[0].time.clone(), few[0].expected), (300, 0.0..3.0, 100));
    }

    #[test]
    fn a_column_is_fetched_when_most_of_it_is() {
        let of = |copies: [Option<u64>; 3]| {
            let cells: Vec<FilmSegment> = copies.into_iter().zip(0..).map(|(copy, n)| cell(n, copy)).collect();
            together(&cells).unwrap().copies
        };
        assert_eq!(of([Some(1000), None, None]), []);
        assert_eq!(of([Some(1000), Some(2000), None]), [FetchedCopy { rung: fixtures::rung(2), bytes: 1500 }]);
    }
}
