//! Everything about one segment, or one request: what was asked for, when, how it went, and why.

use crate::ui::format;
use crate::ui::icons::Icon;
use crate::ui::kind;
use crate::ui::ladder::LadderView;
use crate::ui::model::decision_words::why;
use crate::ui::model::window_state::{Explained, WindowState};
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{chip, icon_button};
use eframe::egui::{Align2, Area, Frame, Id, Order, Pos2, RichText, ScrollArea, Ui};
use player_core::io::{Decision, Subject};
use player_core::snapshot::{RequestView, Snapshot};

const WIDTH: f32 = 430.0;
/// The latest attempts are enough.
const MOST_ROWS: usize = 8;

/// Shows the box above `foot` while something is selected.
pub(crate) fn show(ui: &Ui, foot: Pos2, snapshot: &Snapshot, view: &mut WindowState) {
    let Some(selected) = view.selected else { return };
    let requests = about(snapshot, selected);
    let area = Area::new(Id::unique("explain")).order(Order::Foreground).pivot(Align2::LEFT_BOTTOM).fixed_pos(foot);
    let shown = area.show(ui.ctx(), |ui| {
        let palette = Palette::of(ui);
        Frame::popup(ui.style()).fill(palette.surface).show(ui, |ui| {
            ui.set_width(WIDTH);
            let closed = heading(ui, snapshot, selected, &requests);
            ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
                let latest = requests.len().saturating_sub(MOST_ROWS);
                for request in &requests[latest..] {
                    row(ui, snapshot, request);
                }
            });
            closed
        })
    });
    if shown.inner.inner {
        view.selected = None;
    }
}

/// Oldest first.
fn about(snapshot: &Snapshot, selected: Explained) -> Vec<&RequestView> {
    let wanted = |request: &&RequestView| match selected {
        Explained::Segment(start) => {
            let same = |time: &std::ops::Range<_>| start.offset_secs(time.start).abs() < 1e-3;
            let segment = request.subject.media().filter(|segment| segment.of.track == kind::charted());
            segment.is_some_and(|segment| same(&segment.time))
        }
        Explained::Request(id) => request.id == id,
    };
    snapshot.requests.iter().chain(&snapshot.running).filter(wanted).collect()
}

/// Whether it is to be closed.
fn heading(ui: &mut Ui, snapshot: &Snapshot, selected: Explained, requests: &[&RequestView]) -> bool {
    ui.horizontal(|ui| {
        let text = match (selected, requests.first()) {
            (_, Some(request)) => name(request),
            (Explained::Segment(start), None) => format!("Segment at {}", format::place(start)),
            (Explained::Request(id), None) => format!("Request {id}"),
        };
        ui.label(RichText::new(text).strong());
        if requests.is_empty() {
            let future = matches!(selected, Explained::Segment(start) if start > snapshot.position);
            let word = if future { "not fetched yet" } else { "not in the list" };
            ui.label(RichText::new(word).color(Palette::of(ui).weak));
        }
        ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            icon_button(ui, Icon::Close, "Close", "Esc").clicked()
        })
        .inner
    })
    .inner
}

/// `Video segment 21 · 0:40 – 0:42`.
fn name(request: &RequestView) -> String {
    match &request.subject {
        Subject::Manifest => "Manifest".to_owned(),
        Subject::Init(of) => format!("Init segment, {}", of.track),
        Subject::Index(_) | Subject::Sizes(_) => "Segment sizes".to_owned(),
        Subject::Key { key_id, .. } => format!("Key {key_id}"),
        Subject::Media(segment) => {
            let (from, to) = (format::place(segment.time.start), format::place(segment.time.end));
            format!("{} {} · {from} – {to}", kind::style(segment.of.track).segment, segment.number)
        }
        other => other.name().to_owned(),
    }
}

fn row(ui: &mut Ui, snapshot: &Snapshot, request: &RequestView) {
    let palette = Palette::of(ui);
    ui.separator();
    ui.horizontal(|ui| {
        ui.label(RichText::new(format::instant(request.requested)).small().color(palette.weak));
        let track = request.subject.track().and_then(|kind| reading::track(snapshot, kind));
        if let (Some(track), Some(rung)) = (track, request.subject.rung())
            && let Some(label) = LadderView::in_film(snapshot, track).label(rung)
        {
            chip(ui, label, LadderView::in_film(snapshot, track).color(palette, rung));
        }
        ui.label(reading::status(request));
        ui.label(RichText::new(figures(snapshot, request)).color(palette.weak));
    });
    if let Some(reason) = reason(snapshot, request) {
        ui.label(RichText::new(reason).small());
    }
    if let Some(failure) = &request.failure {
        ui.label(RichText::new(&failure.message).small().color(palette.warning));
    }
    ui.label(RichText::new(&*request.url).small().color(palette.weak));
    ui.add_space(theme::SMALL_GAP);
}

/// Why it was asked for, from the decision while that is remembered.
fn reason(snapshot: &Snapshot, request: &RequestView) -> Option<String> {
    let told = request.reason.as_deref()?;
    let segment = request.subject.segment();
    let about = |decision: &&Decision| decision.action.segment() == segment && decision.reason == told;
    let decision = snapshot.decisions.iter().rfind(about);
    Some(decision.map_or_else(|| format::sentence(told), |decision| why(snapshot, decision)))
}

/// `612 kB · wait 38 ms · transfer 1.24 s · 3.9 Mbit/s · attempt 2`; nothing that is not known.
fn figures(snapshot: &Snapshot, request: &RequestView) -> String {
    let transfer = request.transfer(snapshot.at);
    let words = [
        Some(request.received.to_string()),
        request.wait().map(|wait| format!("wait {}", format::brief(wait))),
        transfer.map(|transfer| format!("transfer {}", format::brief(transfer))),
        request.rate(snapshot.at).map(|rate| rate.to_string()),
        (request.attempt > 0).then(|| format!("attempt {}", request.attempt + 1)),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
