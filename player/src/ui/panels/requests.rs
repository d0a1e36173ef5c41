//! What was asked of the servers, newest first: when, what, how long it took, how it ended. Failures of the same kind
//! that follow each other are one row. A click tells the rest.

use crate::ui::format;
use crate::ui::kind;
use crate::ui::ladder::LadderView;
use crate::ui::model::request_filter::RequestFilter;
use crate::ui::model::request_rows::{self, RequestRow};
use crate::ui::model::window_state::{Explained, WindowState};
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Align2, Color32, Rect, Role, ScrollArea, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};
use player_core::io::Subject;
use player_core::snapshot::{RequestState, RequestView, Snapshot};

const ROW: f32 = 19.0;
/// Where the columns end, as shares of the width; the first two begin at the left.
const ENDS: [f32; 7] = [0.1, 0.33, 0.44, 0.59, 0.705, 0.845, 1.0];
const NAMES: [&str; 7] = ["at", "what", "wait", "transfer", "bit/s", "size", "status"];

/// Shows filter, heading and rows.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState) {
    filter(ui, &mut view.request_filter);
    let wanted = |request: &&RequestView| view.request_filter.accepts(request);
    let newest_first = snapshot.running.iter().rev().chain(snapshot.requests.iter().rev()).filter(wanted);
    let rows = request_rows::rows(newest_first);
    let (heading, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let weak = Palette::of(ui).weak;
    paint_cells(ui, heading, &NAMES.map(str::to_owned), weak, weak);
    let all = rows.len();
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().id_salt("requests").auto_shrink([false, false]).show_rows(ui, ROW, all, |ui, range| {
        for one in rows.get(range).into_iter().flatten() {
            row(ui, snapshot, one, &mut view.selected);
        }
    });
}

fn filter(ui: &mut Ui, filter: &mut RequestFilter) {
    ui.horizontal_wrapped(|ui| {
        for (choice, name) in RequestFilter::all() {
            ui.selectable_value(filter, choice, eframe::egui::RichText::new(name).small());
        }
    });
}

fn row(ui: &mut Ui, snapshot: &Snapshot, row: &RequestRow<'_>, selected: &mut Option<Explained>) {
    let request = row.newest;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let palette = Palette::of(ui);
    let this = Explained::Request(request.id);
    if response.hovered() || *selected == Some(this) {
        ui.painter().rect_filled(rect, theme::ROUNDING, palette.raised);
    }
    let cells = cells(snapshot, row);
    let trouble = matches!(request.state, RequestState::Failed | RequestState::Aborted);
    let status = if trouble { palette.warning } else { palette.text };
    paint_cells(ui, rect, &cells, palette.text, status);
    if row.count == 1 {
        swatch(ui, rect, snapshot, request);
    }
    crate::ui::widgets::frame_focus(ui, &response);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Request {}", cells.join(" "))));
    if response.clicked() {
        *selected = if *selected == Some(this) { None } else { Some(this) };
    }
    response.on_hover_text(format!("{}{}\n{}", since(row), request.location, request.url));
}

/// `14 failed in this way, the first at 1:03`, of a row that is more than one request.
fn since(row: &RequestRow<'_>) -> String {
    let first = format::instant(row.oldest.requested);
    if row.count > 1 { format!("{} failed in this way, the first at {first}\n", row.count) } else { String::new() }
}

/// Texts in the order of [`NAMES`].
fn cells(snapshot: &Snapshot, row: &RequestRow<'_>) -> [String; 7] {
    let request = row.newest;
    let transfer = request.transfer(snapshot.at);
    [
        format::instant(request.requested),
        if row.count > 1 { format!("{} requests", row.count) } else { what(snapshot, request) },
        request.wait().map(format::brief).unwrap_or_default(),
        transfer.map(format::brief).unwrap_or_default(),
        request.rate(snapshot.at).map(format::short_rate).unwrap_or_default(),
        format::short_size(request.received),
        row.status.clone(),
    ]
}

/// `720p 21`, `sound 20`, `init 720p`, `manifest`.
fn what(snapshot: &Snapshot, request: &RequestView) -> String {
    let track = request.subject.track().and_then(|kind| reading::track(snapshot, kind));
    let of = track.zip(request.subject.rung());
    let label = of.and_then(|(track, rung)| LadderView::in_film(snapshot, track).label(rung));
    match &request.subject {
        Subject::Media(segment) => {
            let word = kind::style(segment.of.track).word;
            let name = if word.is_empty() { label.unwrap_or("video") } else { word };
            format!("{name} {}", segment.number)
        }
        Subject::Init(_) => format!("init {}", label.unwrap_or_default()),
        Subject::Index(_) | Subject::Sizes(_) => format!("sizes {}", label.unwrap_or_default()),
        other => other.name().to_owned(),
    }
}

/// The rendition's colour before its name.
fn swatch(ui: &Ui, rect: Rect, snapshot: &Snapshot, request: &RequestView) {
    let track = request.subject.track().filter(|kind| kind::style(*kind).is_colored);
    let track = track.and_then(|kind| reading::track(snapshot, kind));
    if let (Some(track), Some(rung)) = (track, request.subject.rung()) {
        let middle = pos2(rect.left() + rect.width() * ENDS[0] + 8.0, rect.center().y);
        ui.painter().circle_filled(middle, 3.0, LadderView::in_film(snapshot, track).color(Palette::of(ui), rung));
    }
}

fn paint_cells(ui: &Ui, rect: Rect, cells: &[String; 7], color: Color32, last: Color32) {
    let font = TextStyle::Small.resolve(ui.style());
    for (index, text) in cells.iter().enumerate() {
        let begin = if index == 0 { 0.0 } else { ENDS[index - 1] };
        let cell = Rect::from_x_y_ranges(
            rect.left() + rect.width() * begin + 2.0..=rect.left() + rect.width() * ENDS[index] - 3.0,
            rect.y_range(),
        );
        let painter = ui.painter_at(cell.intersect(ui.clip_rect()));
        let color = if index + 1 == cells.len() { last } else { color };
        match index {
            0 => painter.text(cell.left_center(), Align2::LEFT_CENTER, text, font.clone(), Palette::of(ui).weak),
            1 => painter.text(cell.left_center() + vec2(14.0, 0.0), Align2::LEFT_CENTER, text, font.clone(), color),
            _ => painter.text(cell.right_center(), Align2::RIGHT_CENTER, text, font.clone(), color),
        };
    }
}
