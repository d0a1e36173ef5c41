//! The picture with what lies on it: "buffering" after a short grace, an outage, the figures on `i`, the cause of a
//! failure.

use super::{failure, figures_overlay, menu, osd, outage};
use crate::ui::format;
use crate::ui::keys::{self, Act};
use crate::ui::ladder::LadderView;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::reading;
use crate::ui::surface::{Surface, letterbox};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::plate;
use eframe::egui::{
    Align2, Color32, Event, FontId, Id, MouseWheelUnit, Rect, Role, Sense, Shape, Stroke, Ui, UiBuilder, Vec2,
    WidgetInfo, vec2,
};
use player_core::io::Phase;
use player_core::snapshot::Snapshot;
use shared_av::VideoFrame;
use std::time::Duration;

/// How long the picture stands still before that is told: words that flicker disturb more than a short halt.
const GRACE: Duration = Duration::from_millis(300);

/// Shows the picture in all the room there is.
pub(crate) fn show(
    ui: &mut Ui,
    snapshot: &Snapshot,
    frame: Option<&VideoFrame>,
    surface: &mut dyn Surface,
    view: &mut WindowState,
    out: &mut Out,
) {
    let space = ui.available_rect_before_wrap();
    let picture = frame.map(|frame| (letterbox(space, frame, ui.pixels_per_point()), frame));
    let covered = picture.map_or(Rect::NOTHING, |(rect, _)| rect);
    // Each is clipped to itself, so that the bars need not be painted again with every picture.
    for bar in around(space, covered) {
        ui.painter().with_clip_rect(bar).rect_filled(bar, 0.0, Color32::BLACK);
    }
    if let Some((rect, frame)) = picture {
        surface.paint(&ui.painter().with_clip_rect(rect), rect, frame);
    }
    if let Some(words) = frame.is_none().then(|| instead(snapshot)).flatten() {
        ui.painter().text(space.center(), Align2::CENTER_CENTER, words, FontId::proportional(16.0), Color32::GRAY);
    }
    if snapshot.phase == Phase::Failed {
        return on_failure(ui, snapshot, out);
    }
    clicks(ui, space, snapshot, view, out);
    match &snapshot.outage {
        Some(outage) if is_late(snapshot, view) => outage::show(ui, space, outage, snapshot.at, out),
        _ if is_late(snapshot, view) => buffering(ui, space, snapshot),
        _ => {}
    }
    osd::show(ui, space, view);
    if view.overlay {
        figures_overlay::show(ui, space, snapshot, frame);
    }
}

/// Why there is no picture, where there will be none.
fn instead(snapshot: &Snapshot) -> Option<&'static str> {
    match reading::video(snapshot) {
        Some(video) => video.blank.then_some("no picture here"),
        None => (!snapshot.tracks.is_empty()).then_some("sound only"),
    }
}

/// What of `space` the picture leaves: above and below, left and right of it.
fn around(space: Rect, picture: Rect) -> Vec<Rect> {
    if !picture.is_positive() {
        return vec![space];
    }
    let rows = |from: f32, to: f32| Rect::from_x_y_ranges(space.x_range(), from..=to);
    let columns = |from: f32, to: f32| Rect::from_x_y_ranges(from..=to, picture.y_range());
    let bars = [
        rows(space.top(), picture.top()),
        rows(picture.bottom(), space.bottom()),
        columns(space.left(), picture.left()),
        columns(picture.right(), space.right()),
    ];
    bars.into_iter().filter(|bar| bar.is_positive()).collect()
}

/// A click plays or pauses; a double click fills the screen and leaves that as it was; the wheel is the loudness. What
/// happens on the controls that lie on the picture is theirs.
fn clicks(ui: &Ui, space: Rect, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let response = ui.interact(space, Id::unique("picture"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Video, true, "Picture"));
    response.context_menu(|ui| menu::show(ui, snapshot, view, out));
    if response.hover_pos().is_some_and(|pointer| !view.controls.cover(pointer)) {
        wheel(ui, snapshot, view, out);
    }
    if response.interact_pointer_pos().is_some_and(|pointer| view.controls.cover(pointer)) {
        return;
    }
    if response.double_clicked() {
        view.full_screen = !view.full_screen;
        if !view.began_again {
            keys::perform(Act::PlayPause, snapshot, view, out);
        }
    } else if response.clicked() {
        view.began_again = snapshot.phase == Phase::Ended;
        keys::perform(Act::PlayPause, snapshot, view, out);
    }
}

/// Five per cent a notch; a touchpad's small movements add up.
fn wheel(ui: &Ui, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    const POINTS_A_NOTCH: f32 = 40.0;
    let notches: f32 = ui.input(|input| input.events.iter().map(notches_of).sum::<f32>());
    view.wheel += notches;
    let whole = view.wheel.trunc();
    view.wheel -= whole;
    if whole != 0.0 {
        keys::perform(Act::Volume(f64::from(whole) * 0.05), snapshot, view, out);
    }

    fn notches_of(event: &Event) -> f32 {
        match event {
            Event::MouseWheel { unit: MouseWheelUnit::Point, delta, modifiers, .. } if modifiers.is_none() => {
                delta.y / POINTS_A_NOTCH
            }
            Event::MouseWheel { delta, modifiers, .. } if modifiers.is_none() => delta.y,
            _ => 0.0,
        }
    }
}

fn is_late(snapshot: &Snapshot, view: &WindowState) -> bool {
    view.waiting_since.is_some_and(|since| snapshot.at.since(since) >= GRACE)
}

fn buffering(ui: &mut Ui, space: Rect, snapshot: &Snapshot) {
    let (word, color) = match snapshot.phase {
        Phase::Stalled => ("buffering", theme::DARK.stall),
        Phase::Seeking => ("seeking", Color32::WHITE),
        _ => ("loading", Color32::WHITE),
    };
    let text = detail(snapshot).map_or(word.to_owned(), |detail| format!("{word} · {detail}"));
    let galley = ui.painter().layout_no_wrap(text, FontId::proportional(16.0), color);
    let size = galley.size() + vec2(3.0 * theme::GAP + 24.0, 2.0 * theme::GAP);
    let box_ = Rect::from_center_size(space.center(), size);
    ui.painter().add(plate(box_));
    let spinner = Rect::from_min_size(box_.left_top() + vec2(theme::GAP, 0.0), vec2(24.0, box_.height()));
    spin(ui, spinner, color);
    ui.painter().galley(
        Align2::LEFT_CENTER.anchor_size(spinner.right_center() + vec2(theme::GAP, 0.0), galley.size()).min,
        galley,
        color,
    );
}

/// An arc that turns once a second in ten steps. The spinner of egui repaints as often as the screen can.
fn spin(ui: &Ui, space: Rect, color: Color32) {
    const STEP: Duration = Duration::from_millis(100);
    let turn = ui.input(|input| input.time.fract()) as f32 * std::f32::consts::TAU;
    let at = |step: u8| space.center() + 9.0 * Vec2::angled(turn + f32::from(step) * 0.22);
    ui.painter().add(Shape::line((0..=20).map(at).collect(), Stroke::new(2.5, color)));
    ui.ctx().request_repaint_after(STEP);
}

/// What is being waited for: `480p segment 43 %`.
fn detail(snapshot: &Snapshot) -> Option<String> {
    let request = reading::in_flight(snapshot)?;
    let label = LadderView::of_video(snapshot).label(request.subject.rung()?)?;
    let share = format::percent(request.received.bytes(), request.size.map(|size| size.bytes()))?;
    Some(format!("{label} segment {share}"))
}

fn on_failure(ui: &mut Ui, snapshot: &Snapshot, out: &mut Out) {
    let space = ui.available_rect_before_wrap();
    let fill = Palette::of(ui).surface;
    ui.painter().rect_filled(space, 0.0, fill);
    ui.scope_builder(UiBuilder::new().max_rect(space), |ui| {
        failure::show(ui, &snapshot.url, (&failure::cause(snapshot), failure::next_step(snapshot)), out);
    });
}
