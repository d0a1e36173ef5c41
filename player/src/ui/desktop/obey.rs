//! What the desktop asks for, done as if a key had been pressed.

use super::MediaWish;
use crate::ui::keys::{self, Act};
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use eframe::egui::{Context, ViewportCommand};
use player_core::io::Command;
use player_core::snapshot::Snapshot;

/// Carries `wish` out.
pub(crate) fn obey(wish: MediaWish, ctx: &Context, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    match act_of(&wish, view) {
        Some(act) => keys::perform(act, snapshot, view, out),
        None => do_without_key(wish, ctx, snapshot, view, out),
    }
}

/// The key that does the same, if there is one.
fn act_of(wish: &MediaWish, view: &WindowState) -> Option<Act> {
    match wish {
        MediaWish::PlayPause => Some(Act::PlayPause),
        MediaWish::SeekBy(seconds) => Some(Act::SeekBy(*seconds)),
        MediaWish::Repeat(repeat) => (*repeat != view.repeat).then_some(Act::Repeat),
        MediaWish::Next => Some(Act::Turn(1)),
        MediaWish::Previous => Some(Act::Turn(-1)),
        _ => None,
    }
}

fn do_without_key(wish: MediaWish, ctx: &Context, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    match wish {
        MediaWish::Play => run(true, snapshot, view, out),
        MediaWish::Pause => run(false, snapshot, view, out),
        MediaWish::Stop => {
            run(false, snapshot, view, out);
            keys::perform(Act::SeekTo(0.0), snapshot, view, out);
        }
        MediaWish::SeekTo(seconds) => out.seek(snapshot, seconds),
        MediaWish::Volume(volume) if volume.is_finite() => {
            view.volume = volume.clamp(0.0, 1.0);
            view.muted = false;
            out.send(view.loudness());
        }
        MediaWish::Rate(rate) if rate.is_finite() => out.send(Command::Rate(rate.clamp(0.25, 4.0))),
        MediaWish::FullScreen(full_screen) => view.full_screen = full_screen,
        MediaWish::Open(address) => out.open = Some(address),
        MediaWish::Raise => {
            ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
            ctx.send_viewport_cmd(ViewportCommand::Focus);
        }
        MediaWish::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        _ => {}
    }
}

fn run(wanted: bool, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    if view.wishes.is_running(snapshot) != wanted {
        keys::perform(Act::PlayPause, snapshot, view, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::model::remembered::Remembered;
    use crate::ui::tests::fixtures;
    use player_core::io::LinkLimit;
    use shared::time::PresentationTime;

    fn after(wishes: &[MediaWish]) -> (Vec<Command>, WindowState) {
        let mut view = WindowState::new(String::new(), LinkLimit::Off, Remembered::default());
        let mut out = Out::default();
        for wish in wishes {
            obey(wish.clone(), &Context::default(), &fixtures::playing(), &mut view, &mut out);
        }
        (out.commands, view)
    }

    #[test]
    fn a_media_key_is_as_good_as_a_key() {
        let seek = |seconds: f64| Command::Seek(PresentationTime::from_secs_f64(seconds));
        assert_eq!(after(&[MediaWish::Play, MediaWish::Pause, MediaWish::Pause]).0, [Command::Pause]);
        assert_eq!(after(&[MediaWish::Stop]).0, [Command::Pause, seek(0.0)]);
        let here = fixtures::playing().position.secs_f64();
        assert_eq!(after(&[MediaWish::SeekBy(3.0), MediaWish::SeekBy(3.0)]).0[1], seek(here + 6.0));
        let (commands, view) = after(&[MediaWish::Volume(7.0), MediaWish::Rate(f64::NAN), MediaWish::FullScreen(true)]);
        assert_eq!(commands, [Command::Volume(1.0)]);
        assert!(view.full_screen);
    }
}
