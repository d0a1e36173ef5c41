//! When nothing can be played: the cause in words, and a way to try again.

use crate::ui::format;
use crate::ui::out::Out;
use crate::ui::theme::{self, Palette};
use eframe::egui::{Button, RichText, Ui, UiBuilder, vec2};
use player_core::io::{Blame, Cause, Severity};
use player_core::snapshot::Snapshot;

/// The cause as the session tells it.
pub(crate) fn cause(snapshot: &Snapshot) -> String {
    let worst = snapshot.notices.iter().rev().map(|view| &view.notice).max_by_key(|notice| notice.severity);
    let told = worst.filter(|notice| notice.severity >= Severity::Error).map(|notice| notice.message.clone());
    told.or_else(|| snapshot.totals.errors.last().cloned()).unwrap_or_else(|| "Nothing of it can be played.".to_owned())
}

/// What helps, by what is to blame; a refusal says it itself.
pub(crate) fn next_step(snapshot: &Snapshot) -> Option<&'static str> {
    let Some(Cause::Failed { blame, .. }) = &snapshot.ended else { return None };
    Some(match blame {
        Blame::Source if snapshot.url.starts_with("file:") => "Check that the file is where the manifest says.",
        Blame::Source => "Check the address, and whether the server runs and can be reached from here.",
        Blame::Content => "`player inspect` with this address says what it holds.",
        Blame::Decoder => "Other renditions of it may play: `player inspect` with this address lists them.",
        Blame::Licence => "Check whether the licence server runs, or start the player with the key (--key).",
        Blame::Machine => "Close other programs, or raise the limit of open files (ulimit -n).",
    })
}

/// The cause without the address, which stands above it already.
fn without<'a>(url: &str, cause: &'a str) -> &'a str {
    let cause = cause.strip_prefix(&format!("cannot open {url}: ")).unwrap_or(cause);
    cause.strip_prefix(&format!("{url}: ")).unwrap_or(cause)
}

/// Shows the cause of failure of `url` in the middle of the room left.
pub(crate) fn show(ui: &mut Ui, url: &str, (cause, next): (&str, Option<&str>), out: &mut Out) {
    let space = ui.available_rect_before_wrap();
    let width = (space.width() - 4.0 * theme::GAP).clamp(0.0, 560.0);
    let top = space.center_top() + vec2(-width / 2.0, (space.height() * 0.5 - 90.0).max(theme::GAP));
    let rect = eframe::egui::Rect::from_min_size(top, vec2(width, (space.bottom() - top.y).max(0.0)));
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        let palette = Palette::of(ui);
        ui.label(RichText::new("This cannot be played").heading().color(palette.warning));
        ui.label(RichText::new(url).monospace().color(palette.weak));
        ui.add_space(theme::SMALL_GAP);
        ui.label(format::sentence(without(url, cause)));
        if let Some(next) = next {
            ui.label(RichText::new(next).color(palette.weak));
        }
        ui.add_space(theme::GAP);
        if !url.is_empty() && ui.add(Button::new("Retry").min_size(vec2(90.0, 28.0))).clicked() {
            out.open = Some(url.to_owned());
        }
    });
}
