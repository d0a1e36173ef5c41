//! Before anything is open: where to type, what was watched before, a demo, and streams that anybody may play.

use super::{address, guide};
use crate::ui::format;
use crate::ui::icons::{self, Icon};
use crate::ui::model::known_films::KnownFilm;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{frame_focus, icon_button};
use eframe::egui::{
    Align, Button, Color32, Label, Layout, Pos2, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, Vec2, pos2, vec2,
};

/// Cards that are in sight.
const MOST_CARDS: usize = 8;
/// Of a card's picture, and of the words below it.
const PICTURE: Vec2 = vec2(196.0, 110.0);
const WORDS: f32 = 40.0;
const WIDEST: f32 = 4.0 * PICTURE.x + 3.0 * theme::GAP;

/// Streams that their makers offer for tests.
const STREAMS: [(&str, &str); 5] = [
    ("Big Buck Bunny (DASH-IF, ten rungs)", "https://dash.akamaized.net/akamai/bbb_30fps/bbb_30fps.mpd"),
    ("Envivio (DASH-IF)", "https://dash.akamaized.net/envivio/EnvivioDash3/manifest.mpd"),
    ("Sintel (Bitmovin, several sounds)", "https://bitdash-a.akamaihd.net/content/sintel/sintel.mpd"),
    (
        "Tears of Steel (Unified Streaming)",
        "https://demo.unified-streaming.com/k8s/features/stable/video/tears-of-steel/tears-of-steel.ism/.mpd",
    ),
    ("Angel One (Shaka, many languages)", "https://storage.googleapis.com/shaka-demo-assets/angel-one/dash.mpd"),
];

/// Shows the start screen.
pub(crate) fn show(ui: &mut Ui, view: &mut WindowState, out: &mut Out) {
    let space = ui.available_rect_before_wrap();
    let width = (space.width() - 4.0 * theme::GAP).clamp(0.0, WIDEST);
    let top = space.center_top() + vec2(-width / 2.0, (space.height() * 0.12).clamp(theme::GAP, 90.0));
    let rect = Rect::from_min_size(top, vec2(width, (space.bottom() - top.y).max(0.0)));
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ScrollArea::vertical().id_salt("start").auto_shrink([false, false]).show(ui, |ui| {
            title(ui, view);
            field(ui, view, out);
            ui.add_space(theme::GAP);
            known(ui, view, out);
            offers(ui, out);
        });
    });
}

fn title(ui: &mut Ui, view: &mut WindowState) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("DASH player").heading().size(28.0));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| guide::button(ui, view));
    });
    let words = "Watch a player adapt to the network, and see why it does what it does.";
    ui.label(RichText::new(words).color(Palette::of(ui).weak));
    ui.add_space(theme::GAP);
}

fn field(ui: &mut Ui, view: &mut WindowState, out: &mut Out) {
    let row = vec2(ui.available_width(), 34.0);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        let field = address::show(ui, view, out, ui.available_width(), 32.0);
        if ui.memory(|memory| memory.focused().is_none()) {
            field.request_focus();
        }
    });
    let words = "The URL of an MPD, a film, the folder of a package or the report of a session; or drop one here.";
    ui.label(RichText::new(words).small().color(Palette::of(ui).weak));
}

/// The films of before as cards; those that never played are not among them.
fn known(ui: &mut Ui, view: &mut WindowState, out: &mut Out) {
    // While something is being typed, the field offers what fits.
    if view.memory.recent.is_empty() || view.completion.list.is_some() {
        return;
    }
    ui.label(RichText::new("Watched before").strong());
    let recent: Vec<String> = view.memory.recent.iter().take(MOST_CARDS).cloned().collect();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(theme::GAP);
        for address in &recent {
            card(ui, address, view, out);
        }
    });
    ui.add_space(theme::GAP);
}

fn card(ui: &mut Ui, address: &str, view: &mut WindowState, out: &mut Out) {
    let film = view.memory.films.of(address).cloned();
    let name = film.as_ref().map_or(address, |film| film.title.as_str()).to_owned();
    let (rect, response) = ui.allocate_exact_size(PICTURE + vec2(0.0, WORDS), Sense::click());
    let response = response.accessible_name(format!("Play {name}"));
    let picture = Rect::from_min_size(rect.min, PICTURE);
    paint_picture(ui, picture, address, view);
    if let Some(share) = film.as_ref().and_then(KnownFilm::share) {
        paint_position(ui, picture, share);
    }
    paint_words(ui, Rect::from_min_max(picture.left_bottom(), rect.max), &name, film.as_ref());
    frame_focus(ui, &response);
    let removed = (response.hovered() || response.has_focus() || pointed(ui, rect)) && remove(ui, picture, &name);
    if removed {
        view.memory.forget(address);
        view.cards.forget(address);
    } else if response.on_hover_text(address).clicked() {
        out.open = Some(address.to_owned());
    }
}

fn pointed(ui: &Ui, rect: Rect) -> bool {
    ui.input(|input| input.pointer.hover_pos().is_some_and(|at| rect.contains(at)))
}

fn paint_picture(ui: &Ui, rect: Rect, address: &str, view: &mut WindowState) {
    let palette = Palette::of(ui);
    let painter = ui.painter();
    painter.rect_filled(rect, theme::ROUNDING, palette.raised);
    match view.cards.of(ui.ctx(), address) {
        Some(texture) => {
            let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
            painter.image(texture.id(), fitted(texture.size_vec2(), rect), whole, Color32::WHITE);
        }
        None => {
            let middle = Rect::from_center_size(rect.center(), Vec2::splat(1.5 * theme::ICON));
            icons::paint(painter, middle, Icon::Play, palette.weak);
        }
    }
}

/// As large as it goes without a part being cut off.
fn fitted(size: Vec2, into: Rect) -> Rect {
    let scale = (into.width() / size.x.max(1.0)).min(into.height() / size.y.max(1.0));
    Rect::from_center_size(into.center(), size * scale)
}

/// How much of it was seen, as a line at the picture's foot.
fn paint_position(ui: &Ui, picture: Rect, share: f32) {
    const LINE: f32 = 3.0;
    let foot = Rect::from_min_max(pos2(picture.left(), picture.bottom() - LINE), picture.max);
    let seen = Rect::from_min_size(foot.min, vec2(foot.width() * share, LINE));
    ui.painter().rect_filled(foot, 0.0, Color32::from_black_alpha(140));
    ui.painter().rect_filled(seen, 0.0, Palette::of(ui).focus);
}

fn paint_words(ui: &mut Ui, rect: Rect, name: &str, film: Option<&KnownFilm>) {
    let weak = Palette::of(ui).weak;
    let below = UiBuilder::new().max_rect(rect.translate(vec2(0.0, 3.0))).layout(Layout::top_down(Align::Min));
    // A child that takes no room: the card has it already.
    let mut ui = ui.new_child(below);
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add(Label::new(format::elided(name, 26)).selectable(false).truncate());
    let times = film.map(times).unwrap_or_default();
    ui.add(Label::new(RichText::new(times).small().color(weak)).selectable(false).truncate());
}

/// `0:41 of 9:56`, `9:56`.
fn times(film: &KnownFilm) -> String {
    let at = format::clock(film.position);
    match film.length.map(format::clock) {
        Some(length) if film.position >= 1.0 => format!("{at} of {length}"),
        Some(length) => length,
        None => at,
    }
}

fn remove(ui: &mut Ui, picture: Rect, name: &str) -> bool {
    let corner = Rect::from_min_size(picture.right_top() - vec2(theme::ICON, 0.0), Vec2::splat(theme::ICON));
    let mut ui = ui.new_child(UiBuilder::new().max_rect(corner));
    icon_button(&mut ui, Icon::Close, &format!("Forget {name}"), "").clicked()
}

/// What there is to play for somebody who has nothing.
fn offers(ui: &mut Ui, out: &mut Out) {
    ui.horizontal(|ui| {
        let demo = ui.add(Button::new(RichText::new("Play the demo").strong()).min_size(vec2(150.0, 34.0)));
        let told = "A film is made and packaged once, and comes over a link that collapses; no server to start";
        if demo.on_hover_text(told).clicked() {
            out.demo = true;
        }
        let words = "Two minutes over a link that collapses: no server and no film needed.";
        ui.label(RichText::new(words).color(Palette::of(ui).weak));
    });
    ui.add_space(theme::GAP);
    ui.label(RichText::new("Public test streams").strong());
    for (name, address) in STREAMS {
        if ui.add(Button::new(name).frame(false)).on_hover_text(address).clicked() {
            out.open = Some(address.to_owned());
        }
    }
}
