//! The ladder as buttons: what can be had, what is on the screen, who chooses.

use crate::ui::format;
use crate::ui::ladder::LadderView;
use crate::ui::out::Out;
use crate::ui::reading;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Button, Color32, RichText, Stroke, TextStyle, Ui, vec2};
use player_core::io::Command;
use player_core::presentation::Rank;
use player_core::snapshot::{Mode, RungView, Snapshot, TrackView};
use std::time::Duration;

/// What the buttons take in one row; with less they are smaller, so that a ladder of six fits into the narrowest panel.
fn usual_width(ui: &Ui, ladder: LadderView<'_>) -> f32 {
    let font = TextStyle::Button.resolve(ui.style());
    let digit = ui.fonts_mut(|fonts| fonts.glyph_width(&font, '0'));
    let frame = 2.0 * ui.spacing().button_padding.x + ui.spacing().item_spacing.x;
    let letters = 4 + ladder.all().map(|rung| rung.label.len()).sum::<usize>();
    letters as f32 * digit + (ladder.len() + 1) as f32 * frame
}

/// Who chooses, and what is seen next, for the section's heading.
pub(crate) fn heading(ui: &mut Ui, snapshot: &Snapshot) {
    let Some(video) = reading::video(snapshot) else { return };
    let words = match next_change(snapshot, video) {
        Some((rung, within)) => format!("{} · {} in {}", by(video.mode), rung.label, format::seconds(within)),
        None => by(video.mode).to_owned(),
    };
    let heading = ui.label(RichText::new(words).small().color(Palette::of(ui).weak));
    heading.on_hover_text("Who chooses; and what the buffer holds behind that which is on the screen");
}

/// Shows the buttons.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, out: &mut Out) {
    let Some(video) = reading::video(snapshot) else { return };
    let roomy = ui.available_width() > usual_width(ui, LadderView::of(video));
    ui.horizontal_wrapped(|ui| {
        if !roomy {
            ui.spacing_mut().item_spacing.x = 3.0;
            ui.spacing_mut().button_padding.x = 4.5;
            ui.style_mut().override_text_style = Some(TextStyle::Small);
        }
        auto_button(ui, video.mode, out);
        for (rank, rung) in LadderView::of(video).all().enumerate() {
            rung_button(ui, video, Rank(rank), rung, out);
        }
    });
}

fn by(mode: Mode) -> &'static str {
    match mode {
        Mode::Auto => "the policy chooses",
        Mode::Manual(_) => "held by hand",
    }
}

/// What is fetched now is seen when the buffer before it has been played: which rung follows on the screen, and when.
fn next_change<'a>(snapshot: &Snapshot, video: &'a TrackView) -> Option<(&'a RungView, Duration)> {
    let shown = video.shown?;
    let here = snapshot.position;
    let next = video.buffered.iter().find(|part| part.time.start > here && part.rung != shown)?;
    let within = next.time.start.since(here).div_f64(snapshot.rate.max(0.1));
    Some((LadderView::of(video).get(next.rung)?, within)).filter(|_| within <= video.ahead)
}

fn auto_button(ui: &mut Ui, mode: Mode, out: &mut Out) {
    let chosen = mode == Mode::Auto;
    let palette = Palette::of(ui);
    let text = RichText::new("Auto").color(if chosen { palette.on_chosen } else { palette.text });
    let fill = if chosen { palette.chosen } else { palette.raised };
    let button = ui.add(Button::selectable(chosen, text).fill(fill).frame_when_inactive(true));
    if button.on_hover_text("Let the policy choose (Shift+A)").clicked() {
        out.send(Command::Auto);
    }
}

/// Filled when chosen by hand; the mark under the name says what is on the screen.
fn rung_button(ui: &mut Ui, video: &TrackView, rank: Rank, rung: &RungView, out: &mut Out) {
    let palette = Palette::of(ui);
    let color = LadderView::of(video).color(palette, rung.id);
    let chosen = video.mode == Mode::Manual(rank);
    let (fill, text) = if chosen { (color, Palette::on(color)) } else { (palette.raised, text_color(rung, palette)) };
    let button = Button::selectable(chosen, RichText::new(&rung.label).color(text));
    let button = button.fill(fill).frame_when_inactive(true).stroke(Stroke::new(theme::LINE, color));
    let button = ui.add(button);
    if video.shown == Some(rung.id) {
        let mark = button.rect.center_bottom() + vec2(0.0, 4.5);
        ui.painter().circle_filled(mark, 2.5, palette.text);
    }
    let button = button.accessible_name(format!("Take {}", rung.label));
    if button.on_hover_text(details(rung, video.shown == Some(rung.id))).clicked() {
        out.send(Command::Rung(rank));
    }
}

fn text_color(rung: &RungView, palette: &Palette) -> Color32 {
    if rung.excluded { palette.weak } else { palette.text }
}

/// What a rung is, in lines.
fn details(rung: &RungView, on_screen: bool) -> String {
    let size = rung.size.map(|(width, height)| format!("{width}×{height}"));
    let rate = rung.frame_rate.map(|rate| format!("{rate:.5} frames/s").replace(".00000", ""));
    let lines = [
        Some(format!("{} · {}", rung.label, rung.bandwidth)),
        size,
        rate,
        Some(rung.codecs.clone()),
        on_screen.then(|| "on the screen now".to_owned()),
        rung.excluded.then(|| "left out for now, after failures".to_owned()),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}
