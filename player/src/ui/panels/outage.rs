//! On the picture while nothing comes: what is wrong, since when, when the next try comes, and a way not to wait for it.

use crate::ui::format;
use crate::ui::out::Out;
use crate::ui::theme;
use crate::ui::widgets::plate;
use eframe::egui::{Button, Color32, Label, Rect, RichText, Ui, UiBuilder, vec2};
use player_core::io::Command;
use player_core::snapshot::OutageView;
use shared::time::SessionTime;

/// In points, where there is so much room.
const SIZE: (f32, f32) = (440.0, 140.0);

/// Shows an outage in the middle of `space`.
pub(crate) fn show(ui: &mut Ui, space: Rect, outage: &OutageView, now: SessionTime, out: &mut Out) {
    let room = (space.size() - vec2(2.0, 2.0) * theme::GAP).max(vec2(0.0, 0.0));
    let rect = Rect::from_center_size(space.center(), room.min(SIZE.into()));
    plate(ui.painter(), rect);
    let inside = UiBuilder::new().max_rect(rect.shrink(theme::GAP.min(rect.width() / 2.0).min(rect.height() / 2.0)));
    ui.scope_builder(inside, |ui| {
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        ui.vertical_centered(|ui| {
            ui.label(RichText::new("Waiting for the network").heading().color(theme::DARK.stall));
            let why = RichText::new(format::sentence(without_address(&outage.why))).color(Color32::WHITE);
            ui.add(Label::new(why).truncate());
            ui.label(RichText::new(times(outage, now)).color(Color32::LIGHT_GRAY));
            ui.add_space(theme::SMALL_GAP);
            if ui.add(Button::new("Retry now").min_size(vec2(90.0, 28.0))).clicked() {
                out.send(Command::Retry);
            }
        });
    });
}

/// The cause without the address in front of it, which would leave no room for it.
fn without_address(why: &str) -> &str {
    why.split_once(": ").filter(|(address, _)| address.starts_with("http")).map_or(why, |(_, cause)| cause)
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
    fn the_cause_comes_without_its_address() {
        assert_eq!(without_address("http://a.example:80/1.m4s: cannot connect: refused"), "cannot connect: refused");
        assert_eq!(without_address("status 503"), "status 503");
    }

    #[test]
    fn both_times_are_told() {
        let at = |secs| SessionTime::from(std::time::Duration::from_secs(secs));
        let outage = |next_try| OutageView { since: at(10), why: "status 503".to_owned(), next_try };
        assert!(times(&outage(Some(at(24))), at(22)).ends_with("next try in 2.0 s"));
        assert!(times(&outage(None), at(22)).ends_with("asking now"));
        assert!(times(&outage(Some(at(21))), at(22)).ends_with("asking now"));
    }
}
