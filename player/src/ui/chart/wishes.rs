//! What the viewer changed, when: a dotted line through both charts with a word at its foot.

use super::{Plot, label};
use crate::ui::format;
use crate::ui::ladder::LadderView;
use crate::ui::theme;
use eframe::egui::{Align2, Shape, Stroke, pos2, vec2};
use player_core::history::WishMark;
use player_core::io::{Command, LinkLimit};
use player_core::snapshot::Snapshot;

/// Draws the lines through both charts; words that would overlap are left to the pointer.
pub(super) fn paint(rates: &Plot<'_>, levels: &Plot<'_>, snapshot: &Snapshot) {
    let mut free = f32::NEG_INFINITY;
    for wish in &snapshot.history.wishes {
        let at = wish.at.secs_f64();
        let Some(words) = words(&wish.command, snapshot).filter(|_| rates.sees(at, at)) else { continue };
        let x = rates.time.x(at);
        for plot in [rates, levels] {
            let line = [pos2(x, plot.area.top()), pos2(x, plot.area.bottom())];
            let stroke = Stroke::new(theme::HAIRLINE, plot.palette.weak);
            plot.painter.extend(Shape::dashed_line(&line, stroke, 2.0, 3.0));
        }
        let width = rates.painter.layout_no_wrap(words.clone(), rates.font.clone(), rates.palette.weak).size().x;
        if x > free && x + width < rates.area.right() {
            let at = pos2(x, rates.area.bottom()) + vec2(3.0, -1.0);
            label(&rates.painter, at, Align2::LEFT_BOTTOM, words, rates, rates.palette.text);
            free = x + width + 8.0;
        }
    }
}

/// What was asked for within `seconds` of `at`, for the pointer.
pub(super) fn near(at: f64, within: f64, snapshot: &Snapshot) -> Option<String> {
    let distance = |wish: &&WishMark| (wish.at.secs_f64() - at).abs();
    let wishes = snapshot.history.wishes.iter().filter(|wish| distance(wish) <= within);
    let nearest = wishes.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    Some(format!("you: {}", words(&nearest.command, snapshot)?))
}

/// In a word or two.
fn words(command: &Command, snapshot: &Snapshot) -> Option<String> {
    Some(match command {
        Command::Play => "play".to_owned(),
        Command::Pause => "pause".to_owned(),
        Command::Seek(to) => format!("to {}", format::place(*to)),
        Command::Rate(rate) => format!("{rate}×"),
        Command::Rung(rank) => LadderView::of_video(snapshot).at(*rank)?.label.clone(),
        Command::Auto => "Auto".to_owned(),
        Command::Policy(name) => name.clone(),
        Command::BufferTarget(target) => format!("buffer {:.0} s", target.as_secs_f64()),
        Command::Track { kind, .. } => format!("other {kind}"),
        Command::Language { kind, lang } => format!("{kind} in {lang}"),
        Command::Throttle(limit) => throttle(limit),
        Command::Faults(faults) => faults.map_or("no faults".to_owned(), |faults| format::faults(&faults)),
        _ => return None,
    })
}

fn throttle(limit: &LinkLimit) -> String {
    match limit {
        LinkLimit::Off => "unthrottled".to_owned(),
        LinkLimit::Rate(rate) => rate.to_string(),
        LinkLimit::Trace(name) => format::file_name(name),
        LinkLimit::Delayed { limit, by } => format!("{} + {} ms", throttle(limit), by.as_millis()),
        LinkLimit::Cut => "cut".to_owned(),
    }
}
