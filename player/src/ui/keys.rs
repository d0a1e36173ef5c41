//! The keyboard as a table: what is pressed, what it does, and the words for the `?` sheet. The keys are
//! those of YouTube, which most people know, with frame step, speed and `i` from mpv; the last rows are our own.

use super::ladder::LadderView;
use super::model::window_state::WindowState;
use super::out::Out;
use super::panels::transport::SPEEDS;
use super::reading;
use eframe::egui::{self, Event, Key, Modifiers};
use player_core::io::{Command, Phase};
use player_core::presentation::Rank;
use player_core::snapshot::Snapshot;

/// One row of the table.
pub(crate) struct Binding {
    /// How the sheet writes it.
    pub shown: &'static str,
    /// What it does, in words.
    pub does: &'static str,
    presses: &'static [(Press, Act)],
}

/// What the arrows seek by, in seconds.
pub(crate) const STEP: f64 = 5.0;

/// What can be pressed.
enum Press {
    /// A key without modifiers.
    Plain(Key),
    /// A key with Shift.
    Shift(Key),
    /// A character, wherever the keyboard has it.
    Typed(&'static str),
}

/// What keys (and some buttons) do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Act {
    PlayPause,
    SeekBy(f64),
    /// In tenths of the film.
    SeekTo(f64),
    Frames(f64),
    Volume(f64),
    Mute,
    FullScreen,
    Leave,
    Speed(isize),
    Rung(isize),
    Auto,
    Throttle,
    ThrottleBy(f64),
    Cut,
    Export,
    Repeat,
    Panels,
    Overlay,
    Sheet,
}

/// The whole keyboard.
pub(crate) const BINDINGS: &[Binding] = &[
    Binding {
        shown: "Space k",
        does: "play or pause",
        presses: &[(Press::Plain(Key::Space), Act::PlayPause), (Press::Plain(Key::K), Act::PlayPause)],
    },
    Binding {
        shown: "← →",
        does: "5 seconds back, forward",
        presses: &[
            (Press::Plain(Key::ArrowLeft), Act::SeekBy(-STEP)),
            (Press::Plain(Key::ArrowRight), Act::SeekBy(STEP)),
        ],
    },
    Binding {
        shown: "j l",
        does: "10 seconds back, forward",
        presses: &[(Press::Plain(Key::J), Act::SeekBy(-10.0)), (Press::Plain(Key::L), Act::SeekBy(10.0))],
    },
    Binding {
        shown: ", .",
        does: "a frame back, forward",
        presses: &[(Press::Plain(Key::Comma), Act::Frames(-1.0)), (Press::Plain(Key::Period), Act::Frames(1.0))],
    },
    Binding {
        shown: "0 … 9",
        does: "to 0 … 90 %",
        presses: &[
            (Press::Plain(Key::Num0), Act::SeekTo(0.0)),
            (Press::Plain(Key::Num1), Act::SeekTo(1.0)),
            (Press::Plain(Key::Num2), Act::SeekTo(2.0)),
            (Press::Plain(Key::Num3), Act::SeekTo(3.0)),
            (Press::Plain(Key::Num4), Act::SeekTo(4.0)),
            (Press::Plain(Key::Num5), Act::SeekTo(5.0)),
            (Press::Plain(Key::Num6), Act::SeekTo(6.0)),
            (Press::Plain(Key::Num7), Act::SeekTo(7.0)),
            (Press::Plain(Key::Num8), Act::SeekTo(8.0)),
            (Press::Plain(Key::Num9), Act::SeekTo(9.0)),
        ],
    },
    Binding {
        shown: "Home End",
        does: "to the start, the end",
        presses: &[(Press::Plain(Key::Home), Act::SeekTo(0.0)), (Press::Plain(Key::End), Act::SeekTo(10.0))],
    },
    Binding {
        shown: "< >",
        does: "slower, faster",
        presses: &[(Press::Typed("<"), Act::Speed(-1)), (Press::Typed(">"), Act::Speed(1))],
    },
    Binding {
        shown: "↑ ↓",
        does: "louder, quieter",
        presses: &[(Press::Plain(Key::ArrowUp), Act::Volume(0.05)), (Press::Plain(Key::ArrowDown), Act::Volume(-0.05))],
    },
    Binding { shown: "r", does: "repeat, or not", presses: &[(Press::Plain(Key::R), Act::Repeat)] },
    Binding { shown: "m", does: "mute", presses: &[(Press::Plain(Key::M), Act::Mute)] },
    Binding { shown: "f", does: "full screen", presses: &[(Press::Plain(Key::F), Act::FullScreen)] },
    Binding { shown: "Esc", does: "leave full screen, close", presses: &[(Press::Plain(Key::Escape), Act::Leave)] },
    Binding {
        shown: "q a",
        does: "a rung up, down",
        presses: &[(Press::Plain(Key::Q), Act::Rung(1)), (Press::Plain(Key::A), Act::Rung(-1))],
    },
    Binding { shown: "Shift+A", does: "quality back to Auto", presses: &[(Press::Shift(Key::A), Act::Auto)] },
    Binding { shown: "t", does: "throttle on or off", presses: &[(Press::Plain(Key::T), Act::Throttle)] },
    Binding {
        shown: "- =",
        does: "throttle down, up",
        presses: &[
            (Press::Plain(Key::Minus), Act::ThrottleBy(0.8)),
            (Press::Plain(Key::Equals), Act::ThrottleBy(1.25)),
            (Press::Typed("+"), Act::ThrottleBy(1.25)),
        ],
    },
    Binding { shown: "x", does: "cut the network for 5 s", presses: &[(Press::Plain(Key::X), Act::Cut)] },
    Binding { shown: "e", does: "export the session", presses: &[(Press::Plain(Key::E), Act::Export)] },
    Binding { shown: "d", does: "hide or show charts and panels", presses: &[(Press::Plain(Key::D), Act::Panels)] },
    Binding { shown: "i", does: "figures on the picture", presses: &[(Press::Plain(Key::I), Act::Overlay)] },
    // egui itself handles these two; they stand here for the sheet.
    Binding { shown: "Ctrl + -", does: "everything larger, smaller", presses: &[] },
    Binding { shown: "Ctrl 0", does: "everything as large as at first", presses: &[] },
    Binding { shown: "?", does: "this list", presses: &[(Press::Typed("?"), Act::Sheet)] },
];

/// Carries out what was pressed since the last frame, unless somebody is typing.
pub(crate) fn listen(ctx: &egui::Context, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    if ctx.text_edit_focused() {
        return;
    }
    let widget_has_keyboard = ctx.memory(|memory| memory.focused().is_some());
    let events = ctx.input(|input| input.events.clone());
    for act in events.iter().filter_map(|event| act_of(event, widget_has_keyboard)) {
        perform(act, snapshot, view, out);
    }
}

/// Keys that a focused button or slider needs for itself.
const WIDGET_KEYS: [Key; 5] = [Key::Space, Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];

fn act_of(event: &Event, widget_has_keyboard: bool) -> Option<Act> {
    if let Event::Key { key, .. } = event
        && widget_has_keyboard
        && WIDGET_KEYS.contains(key)
    {
        return None;
    }
    let pressed = |press: &Press| match (press, event) {
        (Press::Typed(wanted), Event::Text(text)) => text == wanted,
        (Press::Plain(wanted), Event::Key { key, pressed: true, modifiers, .. }) => {
            key == wanted && modifiers.is_none()
        }
        (Press::Shift(wanted), Event::Key { key, pressed: true, modifiers, .. }) => {
            key == wanted && modifiers.matches_exact(Modifiers::SHIFT)
        }
        _ => false,
    };
    let mut rows = BINDINGS.iter().flat_map(|binding| binding.presses);
    rows.find(|(press, _)| pressed(press)).map(|(_, act)| *act)
}

/// Carries `act` out.
pub(crate) fn perform(act: Act, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    match act {
        Act::PlayPause => play_or_pause(snapshot, out),
        Act::SeekBy(seconds) => out.seek(snapshot, snapshot.position.secs_f64() + seconds),
        Act::SeekTo(tenths) => {
            let length = snapshot.duration.map_or(0.0, |duration| duration.as_secs_f64());
            out.seek(snapshot, length * tenths / 10.0);
        }
        Act::Frames(number) => step(number, snapshot, out),
        Act::Volume(by) => {
            let percent = ((view.volume + by) * 100.0).round().clamp(0.0, 100.0);
            view.volume = percent / 100.0;
            view.muted = false;
            out.send(view.loudness());
        }
        Act::Mute => {
            view.muted = !view.muted;
            out.send(view.loudness());
        }
        Act::FullScreen => view.full_screen = !view.full_screen,
        Act::Leave if view.told.is_some() => view.told = None,
        Act::Leave if view.selected.is_some() => view.selected = None,
        Act::Leave => {
            view.full_screen = false;
            // Escape closes the list of keys first, and the figures on the picture when there is no list.
            view.overlay = view.overlay && view.keys;
            view.keys = false;
        }
        Act::Speed(by) => out.send(Command::Rate(next_speed(snapshot.rate, by))),
        Act::Rung(by) => rung(by, snapshot, out),
        Act::Auto => out.send(Command::Auto),
        Act::Throttle => {
            view.throttle.on = !view.throttle.on;
            out.send(view.throttle.command());
        }
        Act::ThrottleBy(factor) => {
            view.throttle.set_rate(view.throttle.rate.scaled(factor));
            out.send(view.throttle.command());
        }
        Act::Cut => {
            view.throttle.cut(snapshot.at);
            out.send(view.throttle.command());
        }
        Act::Export => out.export = true,
        Act::Repeat => {
            view.repeat = !view.repeat;
            out.send(Command::Repeat(view.repeat));
        }
        Act::Panels => view.memory.bare = !view.memory.bare,
        Act::Overlay => view.overlay = !view.overlay,
        Act::Sheet => view.keys = !view.keys,
    }
}

fn play_or_pause(snapshot: &Snapshot, out: &mut Out) {
    match snapshot.phase {
        Phase::Ended => {
            out.seek(snapshot, 0.0);
            out.send(Command::Play);
        }
        phase if reading::is_running(phase) => out.send(Command::Pause),
        _ => out.send(Command::Play),
    }
}

/// Seeks are exact, so a step is a seek by the length of a frame.
fn step(number: f64, snapshot: &Snapshot, out: &mut Out) {
    let shown = reading::video(snapshot).and_then(reading::shown);
    let Some(rate) = shown.and_then(|rung| rung.frame_rate).filter(|rate| *rate > 0.0) else { return };
    if reading::is_running(snapshot.phase) {
        out.send(Command::Pause);
    }
    out.seek(snapshot, snapshot.position.secs_f64() + number / rate);
}

fn next_speed(now: f64, by: isize) -> f64 {
    let here = SPEEDS.iter().position(|speed| *speed >= now).unwrap_or(SPEEDS.len() - 1);
    SPEEDS[here.saturating_add_signed(by).min(SPEEDS.len() - 1)]
}

/// From the rung held by hand, else from the one being fetched.
fn rung(by: isize, snapshot: &Snapshot, out: &mut Out) {
    use player_core::snapshot::Mode;
    let Some(video) = reading::video(snapshot) else { return };
    let here = match video.mode {
        Mode::Manual(rank) => rank,
        Mode::Auto => video.loading.or(video.shown).and_then(|rung| video.rank(rung)).unwrap_or_default(),
    };
    let highest = LadderView::of(video).len().saturating_sub(1);
    out.send(Command::Rung(Rank(here.0.saturating_add_signed(by).min(highest))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_go_step_by_step_and_stop_at_the_ends() {
        assert_eq!(
            [next_speed(1.0, 1), next_speed(1.0, -1), next_speed(3.0, 1), next_speed(0.5, -1)],
            [1.25, 0.75, 3.0, 0.5]
        );
    }

    #[test]
    fn no_press_has_two_meanings() {
        let name = |press: &Press| match press {
            Press::Plain(key) => format!("{key:?}"),
            Press::Shift(key) => format!("Shift {key:?}"),
            Press::Typed(text) => (*text).to_owned(),
        };
        let mut all: Vec<_> = BINDINGS.iter().flat_map(|b| b.presses).map(|(press, _)| name(press)).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
