//! A film that nobody has packaged: an offer to do it, how far it has come, and a line about it while it is watched.

use crate::cli::target::film_is_no_manifest;
use crate::packaging::program;
use crate::packaging::progress::Progress;
use crate::ui::format;
use crate::ui::model::film_scene::{FilmScene, FilmState};
use crate::ui::out::Out;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Align2, Area, Button, Frame, Id, Order, ProgressBar, Rect, RichText, Ui, UiBuilder, vec2};

/// Of the words in the middle of the window, in points.
const WIDTH: f32 = 560.0;

/// Shows a film that cannot be watched yet, in the middle of the room left.
pub(crate) fn show(ui: &mut Ui, scene: &FilmScene, out: &mut Out) {
    let space = ui.available_rect_before_wrap();
    let width = (space.width() - 4.0 * theme::GAP).clamp(0.0, WIDTH);
    let top = space.center_top() + vec2(-width / 2.0, (space.height() * 0.5 - 110.0).max(theme::GAP));
    let rect = Rect::from_min_size(top, vec2(width, (space.bottom() - top.y).max(0.0)));
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| match &scene.state {
        FilmState::Offered { packager } => offer(ui, scene, *packager, out),
        FilmState::Made => made(ui),
        FilmState::Coming(progress) | FilmState::Watched(progress) => coming(ui, scene, progress),
    });
}

fn offer(ui: &mut Ui, scene: &FilmScene, packager: bool, out: &mut Out) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("This is a film, not a DASH manifest").heading());
    ui.label(RichText::new(scene.name()).color(palette.weak)).on_hover_text(scene.film.display().to_string());
    ui.add_space(theme::GAP);
    if !packager {
        ui.label(format::sentence(program::MISSING));
        return;
    }
    ui.label("Packaging cuts it into segments in several qualities. The film plays while that is done.");
    ui.add_space(theme::GAP);
    let button = Button::new(RichText::new("Package and play").strong()).min_size(vec2(160.0, 34.0));
    let button = ui.add(button);
    if ui.memory(|memory| memory.focused().is_none()) {
        button.request_focus();
    }
    if button.clicked() {
        out.package = Some(scene.film.clone());
    }
    ui.add_space(theme::GAP);
    let by_hand = film_is_no_manifest(&scene.film).message;
    let by_hand = by_hand.lines().skip(1).map(str::trim).collect::<Vec<_>>().join("\n");
    ui.label(RichText::new(by_hand).small().monospace().color(palette.weak));
}

fn made(ui: &mut Ui) {
    ui.label(RichText::new("Making the demo film").heading());
    let words = "Once; it is kept. It comes over a link that collapses now and then: watch what the player does.";
    ui.label(RichText::new(words).color(Palette::of(ui).weak));
    ui.add_space(theme::GAP);
    ui.spinner();
}

fn coming(ui: &mut Ui, scene: &FilmScene, progress: &Progress) {
    ui.label(RichText::new(format!("Packaging {}", scene.name())).heading());
    ui.label(RichText::new("The picture comes with the first segments.").color(Palette::of(ui).weak));
    ui.add_space(theme::GAP);
    bar(ui, progress, ui.available_width());
}

fn bar(ui: &mut Ui, progress: &Progress, width: f32) {
    let share = progress.share().unwrap_or(0.0);
    let fill = Palette::of(ui).focus;
    ui.add(ProgressBar::new(share).desired_width(width).desired_height(8.0).fill(fill));
    ui.label(RichText::new(words(progress)).small().color(Palette::of(ui).weak));
}

/// `packaged 0:24 of 1:40`.
fn words(progress: &Progress) -> String {
    let made = format::clock(progress.seconds());
    match progress.expected {
        Some(expected) => format!("packaged {made} of {}", format::clock(expected)),
        None => format!("packaged {made}"),
    }
}

/// A line at the upper corner of the picture while the film is watched and packaged.
pub(crate) fn overlay(ui: &Ui, progress: &Progress) {
    let top = ui.ctx().content_rect().left_top() + vec2(theme::GAP, theme::TOP_BAR + theme::GAP);
    let area = Area::new(Id::unique("packaging")).order(Order::Foreground).pivot(Align2::LEFT_TOP).fixed_pos(top);
    area.interactable(false).show(ui.ctx(), |ui| {
        Frame::popup(ui.style()).fill(Palette::of(ui).raised).show(ui, |ui| {
            ui.set_width(180.0);
            bar(ui, progress, 180.0);
        });
    });
}
