//! The whole window put together: which panel gets which part of it.

use super::model::film_scene::{FilmScene, FilmState};
use super::model::osd;
use super::model::window_state::{Tab, WindowState};
use super::out::Out;
use super::panels::{
    adaptation, browse, controls, decisions, dropped, failure, film, guide, headline, help, manifest, messages,
    picture, quality, requests, start, throttle, told, top_bar, totals, transport, watch_line, what_if,
};
use super::surface::Surface;
use super::theme::{self, Palette};
use super::widgets::section;
use super::{chart, keys, reading};
use eframe::egui::{Button, CursorIcon, Pos2, Rect, RichText, Sense, Stroke, Ui, UiBuilder, Vec2, pos2, vec2};
use player_core::io::{Phase, Severity};
use player_core::snapshot::Snapshot;
use shared::time::SessionTime;
use shared_av::VideoFrame;
use std::time::Duration;

/// Side panels higher than this show decisions and totals together.
const ROOM_FOR_BOTH: f32 = 860.0;
/// And higher than this, the requests between them.
const ROOM_FOR_THREE: f32 = 1_300.0;

/// What side panel and charts want at least, and the part of the room that they never go beyond: in a small window that
/// holds, and the wish does not.
const LEAST_SIDE: f32 = 320.0;
const LEAST_CHARTS: f32 = headline::HEIGHT + 190.0;
const MOST_SHARE: f32 = 0.7;

/// What is to be shown.
pub(crate) struct ScreenContent<'a> {
    /// The newest state of the session.
    pub snapshot: &'a Snapshot,
    /// The picture of the moment.
    pub frame: Option<&'a VideoFrame>,
    /// Why no session could be made at all.
    pub refusal: Option<&'a str>,
    /// A film that is to be packaged, or is being packaged.
    pub film: Option<&'a FilmScene>,
    /// It is the report of a session: there is no picture, but there are charts.
    pub over: bool,
}

/// Shows the window, which is cleared to the palette's surface, and listens to the keyboard.
pub(crate) fn show(
    ui: &mut Ui,
    scene: &ScreenContent<'_>,
    surface: &mut dyn Surface,
    view: &mut WindowState,
    out: &mut Out,
) {
    view.observe(scene.snapshot, ui.input(|input| input.time));
    end_cut(ui, scene.snapshot, view, out);
    keys::listen(ui.ctx(), scene.snapshot, view, out);
    let whole = ui.ctx().content_rect();
    ui.set_clip_rect(whole);
    let idle = scene.snapshot.phase == Phase::Idle;
    match scene.refusal {
        None if let Some(film) = unseen(scene) => waiting_for_film(ui, whole, scene, film, view, out),
        None if view.full_screen && !idle => full_screen(ui, whole, scene, surface, view, out),
        Some(cause) => failed(ui, whole, scene, cause, view, out),
        None if scene.snapshot.phase == Phase::Failed && scene.snapshot.tracks.is_empty() => {
            failed(ui, whole, scene, &failure::cause(scene.snapshot), view, out);
        }
        None if idle => {
            ui.painter().rect_filled(whole, 0.0, Palette::of(ui).background);
            inside(ui, whole, 0.0, |ui| start::show(ui, view, out));
        }
        None if view.memory.lab || scene.over => session(ui, whole, scene, surface, view, out),
        None => watch(ui, whole, scene, surface, view, out),
    }
    browse::show(ui, view, out);
    help::show(ui, view);
    guide::show(ui, view);
    dropped::show(ui, out);
    told::show(ui, view);
    if let Some(FilmScene { state: FilmState::Watched(progress), .. }) = scene.film {
        film::overlay(ui, progress);
    }
    view.adaptation.heed(&out.commands);
    view.wishes.heed(&out.commands, scene.snapshot, view.now);
    if let Some(osd) = osd::of(&out.commands, scene.snapshot, view) {
        view.osd = Some(osd);
        ui.ctx().request_repaint();
    }
}

/// Ends a cut of the network when its time is over; asks for repaints until then, because nothing else may happen. The
/// clock of a session that has ended stands still: nothing is fetched there, so nothing is cut.
fn end_cut(ui: &Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let now = if snapshot.ended.is_some() { SessionTime::MAX } else { snapshot.at };
    if let Some(command) = view.throttle.end_cut(now) {
        out.send(command);
    }
    if view.throttle.cut_until.is_some() {
        ui.ctx().request_repaint_after(Duration::from_millis(100));
    }
}

/// A film of which nothing can be watched yet.
fn unseen<'a>(scene: &ScreenContent<'a>) -> Option<&'a FilmScene> {
    scene.film.filter(|film| !matches!(film.state, FilmState::Watched(_)))
}

fn waiting_for_film(
    ui: &mut Ui,
    whole: Rect,
    scene: &ScreenContent<'_>,
    film: &FilmScene,
    view: &mut WindowState,
    out: &mut Out,
) {
    let (bar, below) = cut_top(whole, theme::TOP_BAR);
    panel(ui, bar, |ui| top_bar::show(ui, scene.snapshot, view, out));
    panel(ui, below, |ui| film::show(ui, film, out));
}

/// Nothing was ever played: the top bar and the cause.
fn failed(ui: &mut Ui, whole: Rect, scene: &ScreenContent<'_>, cause: &str, view: &mut WindowState, out: &mut Out) {
    let (bar, below) = cut_top(whole, theme::TOP_BAR);
    let tried = view.opened.clone();
    panel(ui, bar, |ui| top_bar::show(ui, scene.snapshot, view, out));
    panel(ui, below, |ui| failure::show(ui, &tried, (cause, failure::next_step(scene.snapshot)), out));
}

/// The picture alone, with the controls that come and go.
fn full_screen(
    ui: &mut Ui,
    whole: Rect,
    scene: &ScreenContent<'_>,
    surface: &mut dyn Surface,
    view: &mut WindowState,
    out: &mut Out,
) {
    picture_in(ui, whole, scene, surface, view, out);
    inside(ui, whole, 0.0, |ui| controls::show(ui, whole, scene.snapshot, view, out));
}

/// The picture first: one line of figures below it, controls that come and go on it.
fn watch(
    ui: &mut Ui,
    whole: Rect,
    scene: &ScreenContent<'_>,
    surface: &mut dyn Surface,
    view: &mut WindowState,
    out: &mut Out,
) {
    let (picture, line) = cut_top(whole, whole.height() - theme::WATCH_LINE);
    picture_in(ui, picture, scene, surface, view, out);
    inside(ui, picture, 0.0, |ui| controls::show(ui, picture, scene.snapshot, view, out));
    let inner = line.shrink2(vec2(theme::GAP, 0.0));
    inside(ui, inner, 0.0, |ui| watch_line::show(ui, scene.snapshot, view, out));
}

fn session(
    ui: &mut Ui,
    whole: Rect,
    scene: &ScreenContent<'_>,
    surface: &mut dyn Surface,
    view: &mut WindowState,
    out: &mut Out,
) {
    let areas = Areas::of(whole, view, shape(scene.frame));
    dividers(ui, whole, &areas, view);
    panel(ui, areas.bar, |ui| top_bar::show(ui, scene.snapshot, view, out));
    picture_in(ui, areas.picture, scene, surface, view, out);
    panel(ui, areas.transport, |ui| transport::show(ui, scene.snapshot, view, out));
    let (words, charts) = cut_top(areas.charts, headline::HEIGHT);
    panel(ui, words, |ui| headline::show(ui, scene.snapshot));
    panel(ui, charts, |ui| chart::show(ui, scene.snapshot, &mut view.chart, out));
    let pointed = view.chart.pointed.take();
    panel(ui, areas.side, |ui| side(ui, scene.snapshot, view, out));
    if view.chart.pointed != pointed {
        ui.ctx().request_repaint(); // the charts are painted already
    }
}

fn picture_in(
    ui: &mut Ui,
    area: Rect,
    scene: &ScreenContent<'_>,
    surface: &mut dyn Surface,
    view: &mut WindowState,
    out: &mut Out,
) {
    inside(ui, area, 0.0, |ui| picture::show(ui, scene.snapshot, scene.frame, surface, view, out));
}

/// The borders that can be dragged.
fn dividers(ui: &Ui, whole: Rect, areas: &Areas, view: &mut WindowState) {
    let beside = Rect::from_x_y_ranges(areas.side.left() - 3.0..=areas.side.left() + 3.0, areas.side.y_range());
    let response = ui.interact(beside, ui.scope_id().with("divider beside"), Sense::drag());
    let share = view.memory.side - response.drag_delta().x / whole.width().max(1.0);
    view.memory.side = share.clamp(0.15, 0.7);
    response.on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
    let above = Rect::from_x_y_ranges(areas.charts.x_range(), areas.charts.top() - 3.0..=areas.charts.top() + 3.0);
    let response = ui.interact(above, ui.scope_id().with("divider above"), Sense::drag());
    let share = view.memory.charts - response.drag_delta().y / areas.side.height().max(1.0);
    view.memory.charts = share.clamp(0.15, 0.7);
    response.on_hover_and_drag_cursor(CursorIcon::ResizeVertical);
}

/// The side panel: controls above, and below them one of the tabs.
fn side(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let room = ui.available_height();
    if reading::video(snapshot).is_some() {
        if section(ui, &mut view.memory, "QUALITY", |ui| quality::heading(ui, snapshot)) {
            quality::show(ui, snapshot, out);
        }
        ui.add_space(theme::SMALL_GAP);
    }
    throttle_section(ui, snapshot, view, out);
    ui.add_space(theme::SMALL_GAP);
    if !snapshot.policy.is_empty() {
        if section(ui, &mut view.memory, "ADAPTATION", |ui| adaptation::heading(ui, snapshot, out)) {
            adaptation::show(ui, snapshot, view, out);
        }
        ui.add_space(theme::SMALL_GAP);
    }
    tabs(ui, snapshot, view);
    ui.separator();
    match view.tab {
        Tab::Decisions if room > ROOM_FOR_BOTH => together(ui, snapshot, view, out, room > ROOM_FOR_THREE),
        Tab::Decisions => decisions::show(ui, snapshot, view),
        Tab::Requests => requests::show(ui, snapshot, view),
        Tab::Totals => totals::show(ui, snapshot, out),
        Tab::Manifest => manifest::show(ui, snapshot),
        Tab::WhatIf => what_if::show(ui, snapshot, view),
        Tab::Messages => messages::show(ui, snapshot),
    }
}

/// Decisions, requests if there is room for `three`, and totals.
fn together(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out, three: bool) {
    let totals = totals::height(ui, snapshot) + 2.0 * theme::GAP;
    let (above, below) = cut_top(ui.available_rect_before_wrap(), ui.available_height() - totals);
    let (above, between) = cut_top(above, above.height() * if three { 0.5 } else { 1.0 });
    inside(ui, above, 0.0, |ui| decisions::show(ui, snapshot, view));
    if three {
        inside(ui, between, 0.0, |ui| {
            ui.separator();
            requests::show(ui, snapshot, view);
        });
    }
    inside(ui, below, 0.0, |ui| {
        ui.separator();
        totals::show(ui, snapshot, out);
    });
}

/// The controls in its heading need the whole state, so `memory` is taken out of it for the time being.
fn throttle_section(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let mut memory = std::mem::take(&mut view.memory);
    let open = section(ui, &mut memory, "NETWORK THROTTLE", |ui| throttle::heading(ui, snapshot, view, out));
    view.memory = memory;
    if open {
        throttle::show(ui, snapshot, view, out);
    }
}

fn tabs(ui: &mut Ui, snapshot: &Snapshot, view: &mut WindowState) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 1.0;
        ui.spacing_mut().button_padding.x = 5.0;
        tab(ui, view, Tab::Decisions, "Decisions");
        tab(ui, view, Tab::Requests, "Requests");
        tab(ui, view, Tab::Totals, "Totals");
        tab(ui, view, Tab::Manifest, "MPD");
        tab(ui, view, Tab::WhatIf, "What if");
        let telling = snapshot.notices.iter().filter(|view| view.notice.severity >= Severity::Warning).count();
        if !snapshot.notices.is_empty() {
            let name = if telling > 0 { format!("Log ({telling})") } else { "Log".to_owned() };
            tab(ui, view, Tab::Messages, &name);
        }
    });
}

fn tab(ui: &mut Ui, view: &mut WindowState, tab: Tab, name: &str) {
    let chosen = view.tab == tab;
    let palette = Palette::of(ui);
    let color = if chosen { palette.on_chosen } else { palette.weak };
    if ui.add(Button::selectable(chosen, RichText::new(name).small().color(color))).clicked() {
        view.tab = tab;
    }
}

/// Width by height of the picture as it is shown.
fn shape(frame: Option<&VideoFrame>) -> f32 {
    let of = |frame: &VideoFrame| frame.width() as f32 * frame.sample_aspect().value() as f32 / frame.height() as f32;
    frame.map_or(16.0 / 9.0, of)
}

/// Where everything is.
struct Areas {
    bar: Rect,
    picture: Rect,
    transport: Rect,
    charts: Rect,
    side: Rect,
}

impl Areas {
    /// Charts and side panel have their shares first, the picture gets the rest: the charts matter most here. What a
    /// picture of this `shape` (width by height) cannot use is theirs, too.
    fn of(whole: Rect, view: &WindowState, shape: f32) -> Self {
        let (bar, below) = cut_top(whole, theme::TOP_BAR);
        let side = (whole.width() * view.memory.side).max(LEAST_SIDE).min(whole.width() * MOST_SHARE);
        let split = below.right() - side;
        let left = Rect::from_min_max(below.min, pos2((split - 1.0).max(below.left()), below.bottom()));
        let charts = (left.height() * view.memory.charts).max(LEAST_CHARTS).min(left.height() * MOST_SHARE);
        let filled = left.width() / shape.max(0.1);
        let charts = charts.max(left.height() - theme::TRANSPORT - filled - 2.0 * theme::HAIRLINE);
        let (picture, rest) = cut_top(left, left.height() - charts - theme::TRANSPORT);
        let (transport, charts) = cut_top(rest, theme::TRANSPORT);
        let side = Rect::from_min_max(pos2(split, below.top()), below.max);
        Self { bar, picture, transport, charts, side }
    }
}

/// The upper `height` of `rect`, and the rest below a hairline.
fn cut_top(rect: Rect, height: f32) -> (Rect, Rect) {
    let y = rect.top() + height.min(rect.height()).max(0.0);
    let below: Pos2 = pos2(rect.left(), (y + theme::HAIRLINE).min(rect.bottom()));
    (Rect::from_min_max(rect.min, pos2(rect.right(), y)), Rect::from_min_max(below, rect.max))
}

/// A part of the window with a hairline below and beside it: it is not filled, because the
/// window is cleared to its colour already, and filling would take most of a frame where the CPU draws.
fn panel(ui: &mut Ui, area: Rect, content: impl FnOnce(&mut Ui)) {
    let line = Stroke::new(theme::HAIRLINE, Palette::of(ui).background);
    let half = theme::HAIRLINE / 2.0;
    ui.painter().hline(area.x_range(), area.bottom() + half, line);
    ui.painter().vline(area.left() - half, area.y_range(), line);
    inside(ui, area, theme::GAP, content);
}

fn inside(ui: &mut Ui, area: Rect, margin: f32, content: impl FnOnce(&mut Ui)) {
    let inner = area.shrink2(vec2(margin, margin * 0.6));
    let inner = Rect::from_min_size(inner.min, inner.size().max(Vec2::ZERO));
    ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
        ui.shrink_clip_rect(area);
        content(ui);
    });
}
