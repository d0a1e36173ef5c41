//! What happened, on one time axis: rates above, buffer below, one cursor through both. Time is that of the session;
//! the right edge is now unless the charts were dragged.

pub(crate) mod axis;
mod brush;
mod buffer;
mod readout;
mod throughput;
mod wishes;

use super::format;
use super::model::chart_view::ChartView;
use super::out::Out;
use super::theme::{self, Palette};
use axis::TimeAxis;
use eframe::egui::{
    Align, Align2, Button, Layout, Painter, PointerButton, Pos2, Rangef, Rect, Response, Role, Sense, Stroke,
    StrokeKind, TextStyle, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use player_core::snapshot::Snapshot;
use shared::units::Bitrate;
use std::time::Duration;

/// Room left of the charts for the numbers.
const LEFT: f32 = 42.0;
/// Room right of the charts for the names of the rungs.
const RIGHT: f32 = 46.0;
const HEADER: f32 = 24.0;
const FOOTER: f32 = 16.0;
/// Height of the rail of stand-stills.
const RAIL: f32 = 5.0;
/// Share of the height that the rates get.
const RATES: f32 = 0.62;

/// Spans with a button each.
const SPANS: [(&str, Option<u64>); 4] = [("30 s", Some(30)), ("1 min", Some(60)), ("5 min", Some(300)), ("All", None)];
const LEAST_SPAN: f64 = 5.0;

/// What both charts are drawn with.
pub(crate) struct Plot<'a> {
    /// Clipped to the chart.
    pub painter: Painter,
    /// Where the curves are.
    pub area: Rect,
    pub time: TimeAxis,
    /// The rates that the chart must hold, if it was told.
    pub rates: Option<(Bitrate, Bitrate)>,
    pub palette: &'a Palette,
    pub font: eframe::egui::FontId,
}

/// Shows both charts in all the room there is. A click goes to what was on the screen at that time.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, chart: &mut ChartView, out: &mut Out) {
    let space = ui.available_rect_before_wrap();
    let header = Rect::from_min_size(space.min, vec2(space.width(), HEADER));
    ui.scope_builder(UiBuilder::new().max_rect(header), |ui| header_row(ui, chart));
    let clicked = plots(ui, Rect::from_min_max(header.left_bottom(), space.max), snapshot, chart);
    if let Some(place) = clicked.and_then(|at| played_at(at, snapshot)) {
        out.seek(snapshot, place);
    }
}

/// Where in the film the playhead was at an instant of the session.
fn played_at(seconds: f64, snapshot: &Snapshot) -> Option<f64> {
    let points = &snapshot.history.points;
    let after = points.partition_point(|point| point.at.secs_f64() <= seconds);
    Some(points.get(after.checked_sub(1)?)?.position.secs_f64())
}

/// The lowest and the highest rate of a whole session, for charts that share an axis.
pub(crate) fn rates(snapshot: &Snapshot) -> (Bitrate, Bitrate) {
    throughput::extent(snapshot, |_| true)
}

/// A session in all the room there is, for a picture: the legend and nothing to click.
pub(crate) fn figure(ui: &mut Ui, snapshot: &Snapshot, mut view: ChartView) {
    ui.horizontal(throughput::legend);
    let _ = plots(ui, ui.available_rect_before_wrap(), snapshot, &mut view); // nobody clicks on paper
}

/// Both charts alone.
pub(crate) fn pair(ui: &mut Ui, snapshot: &Snapshot, chart: &mut ChartView) {
    let _ = plots(ui, ui.available_rect_before_wrap(), snapshot, chart); // nothing plays that could be sought in
}

/// What the signs mean, and how much time is in sight, for charts that share them.
pub(crate) fn header(ui: &mut Ui, chart: &mut ChartView) {
    header_row(ui, chart);
}

/// The instant that was clicked at, if one was.
fn plots(ui: &mut Ui, space: Rect, snapshot: &Snapshot, chart: &mut ChartView) -> Option<f64> {
    let plots = Rect::from_min_max(pos2(space.left() + LEFT, space.top()), space.max - vec2(RIGHT, FOOTER));
    if plots.height() < 40.0 || plots.width() < 80.0 {
        return None;
    }
    let time = axis_of(chart, snapshot, plots.x_range());
    let response = ui.interact(plots, ui.scope_id().with("charts"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Charts of throughput and buffer"));
    navigate(ui, &response, &time, snapshot, chart);

    let split = plots.top() + plots.height() * RATES;
    let rates = Rect::from_x_y_ranges(plots.x_range(), plots.top()..=split - 5.0);
    let levels = Rect::from_x_y_ranges(plots.x_range(), split + 5.0..=plots.bottom());
    let plot = |area: Rect| Plot {
        painter: ui.painter_at(area),
        area,
        time,
        rates: chart.rates,
        palette: Palette::of(ui),
        font: TextStyle::Small.resolve(ui.style()),
    };
    time_marks(ui, &time, &[rates, levels]);
    throughput::paint(ui, &plot(rates), snapshot);
    buffer::paint(ui, &plot(levels), snapshot);
    wishes::paint(&plot(rates), &plot(levels), snapshot);
    if let Some((from, to)) = chart.brush {
        brush::paint(ui, &time, plots, &(from.min(to)..from.max(to)), snapshot);
    } else if let Some(pointer) = response.hover_pos() {
        readout::paint(ui, &time, plots, pointer, snapshot);
    }
    let pointed = chart.pointed.filter(|at| (time.from..=time.to).contains(at));
    if let Some(at) = pointed {
        let stroke = Stroke::new(theme::LINE, Palette::of(ui).focus);
        ui.painter().vline(time.x(at), plots.y_range(), stroke);
    }
    response
        .interact_pointer_pos()
        .filter(|_| response.clicked())
        .map(|pointer| time.seconds(pointer.x))
        .filter(|at| *at <= snapshot.at.secs_f64())
}

/// What the signs mean, and how much time is in sight.
fn header_row(ui: &mut Ui, chart: &mut ChartView) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(RIGHT - theme::SMALL_GAP);
        for (name, seconds) in SPANS.iter().rev() {
            let span = seconds.map(Duration::from_secs);
            let button = ui.add(Button::selectable(chart.span == span && chart.back == 0.0, *name).small());
            if button.accessible_name(format!("Chart of {name}")).clicked() {
                *chart = ChartView { span, rates: chart.rates, ..ChartView::default() };
            }
        }
        if chart.back > 0.0 && ui.add(Button::new("to now").small()).clicked() {
            chart.back = 0.0;
        }
        ui.with_layout(Layout::left_to_right(Align::Center), throughput::legend);
    });
}

fn axis_of(chart: &ChartView, snapshot: &Snapshot, x: Rangef) -> TimeAxis {
    let now = snapshot.at.secs_f64();
    let span = chart.span.map_or(now.max(10.0), |span| span.as_secs_f64());
    let to = (now - chart.back).max(span);
    TimeAxis { from: to - span, to, x }
}

/// Dragging pans, with Shift or the right button it marks a stretch; the wheel zooms around the pointer.
fn navigate(ui: &Ui, response: &Response, time: &TimeAxis, snapshot: &Snapshot, chart: &mut ChartView) {
    let now = snapshot.at.secs_f64();
    let marks = response.dragged_by(PointerButton::Secondary) || ui.input(|input| input.modifiers.shift);
    let pointer = response.interact_pointer_pos().map(|pointer| time.seconds(pointer.x));
    if let Some(at) = pointer.filter(|_| marks && response.dragged()) {
        let from = chart.brush.filter(|_| !response.drag_started()).map_or(at, |(from, _)| from);
        chart.brush = Some((from, at));
        return;
    }
    if response.clicked() || response.drag_started() {
        chart.brush = None;
    }
    let dragged = f64::from(response.drag_delta().x) * time.per_point();
    if dragged != 0.0 {
        chart.back = (now - time.to + dragged).clamp(0.0, (now - (time.to - time.from)).max(0.0));
    }
    let wheel = ui.input(|input| input.smooth_scroll_delta().y + (input.zoom_delta() - 1.0) * 200.0);
    if let Some(pointer) = response.hover_pos().filter(|_| wheel != 0.0) {
        zoom(time, time.seconds(pointer.x), f64::from((-wheel / 200.0).exp()), now, chart);
    }
}

/// Keeps `still` where it is on the screen, unless the right edge would pass now.
fn zoom(time: &TimeAxis, still: f64, factor: f64, now: f64, chart: &mut ChartView) {
    let old = time.to - time.from;
    let span = (old * factor).clamp(LEAST_SPAN, now.max(60.0));
    let to = still + (time.to - still) * span / old;
    chart.span = Some(Duration::from_secs_f64(span));
    chart.back = if chart.back == 0.0 { 0.0 } else { (now - to).clamp(0.0, (now - span).max(0.0)) };
}

fn time_marks(ui: &Ui, time: &TimeAxis, areas: &[Rect; 2]) {
    let palette = Palette::of(ui);
    let painter = ui.painter();
    for area in areas {
        painter.rect(*area, 0.0, palette.background, Stroke::new(theme::HAIRLINE, palette.line), StrokeKind::Outside);
    }
    let small = TextStyle::Small.resolve(ui.style());
    let corner = pos2(areas[1].left() - 5.0, areas[1].bottom() + 2.0);
    painter.text(corner, Align2::RIGHT_TOP, "session", small, palette.weak);
    for mark in time.marks() {
        let x = time.x(mark);
        for area in areas {
            painter.vline(x, area.y_range(), Stroke::new(theme::HAIRLINE, palette.line));
        }
        let font = TextStyle::Small.resolve(ui.style());
        let galley = painter.layout_no_wrap(format::clock(mark), font, palette.weak);
        // The first one would stand below the zero of the other axis.
        let left = (x - galley.size().x / 2.0).max(areas[1].left());
        painter.galley(pos2(left, areas[1].bottom() + 2.0), galley, palette.weak);
    }
}

impl Plot<'_> {
    /// A number of the vertical axis with its line.
    pub(crate) fn mark(&self, ui: &Ui, y: f32, text: &str) {
        self.painter.hline(self.area.x_range(), y, Stroke::new(theme::HAIRLINE, self.palette.line.gamma_multiply(0.6)));
        // The lowest one keeps clear of what stands below the chart.
        let at = pos2(self.area.left() - 5.0, y.min(self.area.bottom() - 6.0));
        ui.painter().text(at, Align2::RIGHT_CENTER, text, self.font.clone(), self.palette.weak);
    }

    /// Stand-stills, as a rail along the edge between both charts: nothing of the curves is covered.
    pub(crate) fn stalls(&self, snapshot: &Snapshot, edge: Align2) {
        let rail = edge.align_size_within_rect(vec2(self.area.width(), RAIL), self.area);
        for stall in &snapshot.history.stalls {
            let to = stall.to.unwrap_or(snapshot.at);
            let (left, right) = (self.time.x(stall.from.secs_f64()), self.time.x(to.secs_f64()));
            let right = right.max(left + 3.0);
            let band = Rect::from_x_y_ranges(left..=right, self.area.y_range());
            self.painter.rect_filled(band, 0.0, self.palette.stall.gamma_multiply(0.07));
            self.painter.rect_filled(Rect::from_x_y_ranges(left..=right, rail.y_range()), 0.0, self.palette.stall);
        }
    }

    /// A curve as it can be seen: one value a point of the screen, and its neighbours just outside of it.
    pub(crate) fn thin<T>(&self, points: impl Iterator<Item = (f64, T)>) -> Vec<(f32, T)> {
        self.time.thin(points)
    }

    /// Whether something between two instants is in sight.
    pub(crate) fn sees(&self, from: f64, to: f64) -> bool {
        to >= self.time.from && from <= self.time.to
    }
}

/// A text with the background of the chart behind it, so that lines do not run through it.
pub(crate) fn label(
    painter: &Painter,
    at: Pos2,
    align: Align2,
    text: String,
    plot: &Plot<'_>,
    color: eframe::egui::Color32,
) {
    let galley = painter.layout_no_wrap(text, plot.font.clone(), color);
    let rect = align.anchor_size(at, galley.size());
    painter.rect_filled(rect.expand2(vec2(2.0, 0.0)), 2.0, plot.palette.background.gamma_multiply(0.8));
    painter.galley(rect.min, galley, color);
}
