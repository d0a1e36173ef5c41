//! On the picture while nothing comes: what is wrong, since when, when the next try comes, and a way not to wait for it.

use crate::ui::format;
use crate::ui::out::Out;
use crate::ui::theme;
use crate::ui::widgets::plate;
use eframe::egui::{Button, Color32, Label, Rect, RichText, Shape, Ui, UiBuilder, vec2};
use player_core::io::Command;
use player_core::snapshot::{Awaited, OutageView};
use shared::time::SessionTime;

/// In points, where there is so much room.
const SIZE: (f32, f32) = (460.0, 176.0);

/// Shows an outage in the middle of `space`.
pub(crate) fn show(ui: &mut Ui, space: Rect, outage: &OutageView, now: SessionTime, out: &mut Out) {
    let room = (space.size() - vec2(2.0, 2.0) * theme::GAP).max(vec2(0.0, 0.0));
    let rect = Rect::from_center_size(space.center(), room.min(SIZE.into()));
    let behind = ui.painter().add(Shape::Noop);
    let inside = UiBuilder::new().max_rect(rect.shrink(theme::GAP.min(rect.width() / 2.0).min(rect.height() / 2.0)));
    let content = ui.scope_builder(inside, |ui| {
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        ui.vertical_centered(|ui| {
            ui.label(RichText::new(heading(outage.awaited)).heading().color(theme::DARK.stall));
            let (who, why) = cause(&outage.why);
            if let Some(who) = who {
                ui.add(Label::new(RichText::new(who).monospace().color(Color32::LIGHT_GRAY)).truncate());
            }
            ui.add(Label::new(RichText::new(format::sentence(why)).color(Color32::WHITE)).wrap());
            ui.label(RichText::new(times(outage, now)).color(Color32::LIGHT_GRAY));
            ui.add_space(theme::SMALL_GAP);
            if ui.add(Button::new("Retry now").min_size(vec2(90.0, 28.0))).clicked() {
                out.send(Command::Retry);
            }
        });
    });
    let height = (content.response.rect.bottom() + theme::GAP - rect.top()).clamp(0.0, rect.height());
    ui.painter().set(behind, plate(Rect::from_min_size(rect.min, vec2(rect.width(), height))));
}

fn heading(awaited: Awaited) -> &'static str {
    match awaited {
        Awaited::Network => "Waiting for the network",
        Awaited::More => "Waiting for more of the film",
        Awaited::Licence => "Waiting for a key",
    }
}

/// The server, where the cause names an address, and what it did; the path would leave no room for it.
fn cause(why: &str) -> (Option<&str>, &str) {
    let addressed = why.split_once(": ").filter(|(address, _)| address.starts_with("http"));
    let Some((address, cause)) = addressed else { return (None, why) };
    let host = address.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    (host, cause)
}

/// `for 12.0 s · next try in 0.8 s`.
fn times(outage: &OutageView, now: SessionTime) -> String {
    let lasted = format::brief(now.since(outage.since));
    match outage.next_try.filter(|at| *at > now) {
        Some(at) => format!("for {lasted} · next try in {}", format::seconds(at.since(now))),
        None => format!("for {lasted} · asking now"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_names_the_server_and_not_the_path() {
        let told = cause("http://a.example:80/1.m4s: cannot connect: refused");
        assert_eq!(told, (Some("a.example:80"), "cannot connect: refused"));
        assert_eq!(cause("status 503"), (None, "status 503"));
    }

    #[test]
    fn both_times_are_told() {
        let at = |secs| SessionTime::from(std::time::Duration::from_secs(secs));
        let outage =
            |next_try| OutageView { awaited: Awaited::Network, since: at(10), why: "status 503".to_owned(), next_try };
        assert!(times(&outage(Some(at(24))), at(22)).ends_with("next try in 2.0 s"));
        assert!(times(&outage(None), at(22)).ends_with("asking now"));
        assert!(times(&outage(Some(at(21))), at(22)).ends_with("asking now"));
    }
}
