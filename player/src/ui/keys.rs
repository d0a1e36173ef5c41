//! The keyboard as a table: what is pressed, what it does, and the words for the `?` sheet. The keys are
//! those of YouTube, which most people know, with frame step, speed and `i` from mpv; the last rows are our own.

use super::ladder::LadderView;
use super::model::window_state::WindowState;
use super::out::Out;
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

/// Speeds of the menus and of the keys `<` and `>`.
pub(crate) const SPEEDS: [f64; 7] = [0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0];
/// Slowest and fastest: beyond them nothing can be understood.
const SPEED_RANGE: std::ops::RangeInclusive<f64> = 0.25..=4.0;

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
    /// Along the list of speeds.
    Speed(isize),
    /// By a tenth, up or down.
    SpeedBy(f64),
    NormalSpeed,
    Screenshot,
    /// So many films further on in the playlist.
    Turn(isize),
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
        shown: "[ ]",
        does: "a tenth slower, faster",
        presses: &[(Press::Typed("["), Act::SpeedBy(1.0 / 1.1)), (Press::Typed("]"), Act::SpeedBy(1.1))],
    },
    Binding { shown: "Backspace", does: "normal speed", presses: &[(Press::Plain(Key::Backspace), Act::NormalSpeed)] },
    Binding {
        shown: "↑ ↓",
        does: "louder, quieter",
        presses: &[(Press::Plain(Key::ArrowUp), Act::Volume(0.05)), (Press::Plain(Key::ArrowDown), Act::Volume(-0.05))],
    },
    Binding { shown: "r", does: "repeat, or not", presses: &[(Press::Plain(Key::R), Act::Repeat)] },
    Binding { shown: "m", does: "mute", presses: &[(Press::Plain(Key::M), Act::Mute)] },
    Binding { shown: "f", does: "full screen", presses: &[(Press::Plain(Key::F), Act::FullScreen)] },
    Binding {
        shown: "Shift+N P",
        does: "next, previous film of the list",
        presses: &[(Press::Shift(Key::N), Act::Turn(1)), (Press::Shift(Key::P), Act::Turn(-1))],
    },
    Binding { shown: "s", does: "screenshot", presses: &[(Press::Plain(Key::S), Act::Screenshot)] },
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
    Binding { shown: "d", does: "lab view, or the picture alone", presses: &[(Press::Plain(Key::D), Act::Panels)] },
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

/// Carries `act` out, from where the wishes before it lead to.
pub(crate) fn perform(act: Act, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let before = out.commands.len();
    act_on(act, snapshot, view, out);
    view.wishes.heed(&out.commands[before..], snapshot, view.now);
}

fn act_on(act: Act, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    match act {
        Act::PlayPause => play_or_pause(snapshot, view, out),
        Act::SeekBy(seconds) => {
            view.stepping = false;
            out.seek(snapshot, view.wishes.place(snapshot) + seconds);
        }
        Act::SeekTo(tenths) => {
            view.stepping = false;
            let length = snapshot.duration.map_or(0.0, |duration| duration.as_secs_f64());
            out.seek(snapshot, length * tenths / 10.0);
        }
        Act::Frames(number) => step(number, snapshot, view, out),
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
        Act::Leave if view.guide.is_some() => view.guide = None,
        Act::Leave if view.told.is_some() => view.told = None,
        Act::Leave if view.chart.brush.is_some() => view.chart.brush = None,
        Act::Leave if view.selected.is_some() => view.selected = None,
        Act::Leave => {
            view.full_screen = false;
            // Escape closes the list of keys first, and the figures on the picture when there is no list.
            view.overlay = view.overlay && view.keys;
            view.keys = false;
        }
        Act::Speed(by) => out.send(Command::Rate(next_speed(view.wishes.rate(snapshot), by))),
        Act::SpeedBy(factor) => out.send(Command::Rate(speed_by(view.wishes.rate(snapshot), factor))),
        Act::NormalSpeed => out.send(Command::Rate(1.0)),
        Act::Screenshot => out.screenshot = true,
        Act::Turn(by) => out.turn = Some(by),
        Act::Rung(by) => rung(by, snapshot, view, out),
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
        Act::Panels => view.memory.lab = !view.memory.lab,
        Act::Overlay => view.overlay = !view.overlay,
        Act::Sheet => view.keys = !view.keys,
    }
}

fn play_or_pause(snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    view.stepping = false;
    if view.wishes.is_running(snapshot) {
        return out.send(Command::Pause);
    }
    if snapshot.phase == Phase::Ended && !view.wishes.is_to_seek() {
        out.seek(snapshot, 0.0);
    }
    out.send(Command::Play);
}

/// Seeks are exact, so a step is a seek by the length of a frame.
fn step(number: f64, snapshot: &Snapshot, view: &mut WindowState, out: &mut Out) {
    let Some(rate) = reading::frame_rate(snapshot) else { return };
    view.stepping = true;
    if view.wishes.is_running(snapshot) {
        out.send(Command::Pause);
    }
    out.seek(snapshot, view.wishes.place(snapshot) + number / rate);
}

/// The next speed of the list, also from between two of them.
fn next_speed(now: f64, by: isize) -> f64 {
    let next = match by {
        1.. => SPEEDS.into_iter().find(|speed| *speed > now),
        _ => SPEEDS.into_iter().rfind(|speed| *speed < now),
    };
    next.unwrap_or(now)
}

/// A tenth more or less, in whole hundredths and never by less.
fn speed_by(now: f64, factor: f64) -> f64 {
    const ROUNDING: f64 = 1e-6;
    let hundredths = now * factor * 100.0;
    let hundredths = if factor > 1.0 { (hundredths - ROUNDING).ceil() } else { (hundredths + ROUNDING).floor() };
    (hundredths / 100.0).clamp(*SPEED_RANGE.start(), *SPEED_RANGE.end())
}

fn rung(by: isize, snapshot: &Snapshot, view: &WindowState, out: &mut Out) {
    let (Some(video), Some(here)) = (reading::video(snapshot), view.wishes.rank(snapshot)) else { return };
    let highest = LadderView::of(video).len().saturating_sub(1);
    out.send(Command::Rung(Rank(here.0.saturating_add_signed(by).min(highest))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_go_step_by_step_and_stop_at_the_ends() {
        assert_eq!(
            [next_speed(1.0, 1), next_speed(1.0, -1), next_speed(3.0, 1), next_speed(0.5, -1), next_speed(1.38, 1)],
            [1.25, 0.75, 3.0, 0.5, 1.5]
        );
    }

    #[test]
    fn a_tenth_is_a_tenth_or_more_both_ways() {
        let speeds: Vec<f64> = std::iter::successors(Some(1.0), |now| Some(speed_by(*now, 1.1))).take(4).collect();
        assert_eq!(speeds, [1.0, 1.1, 1.21, 1.34]);
        assert_eq!([speed_by(1.0, 1.0 / 1.1), speed_by(1.1, 1.0 / 1.1), speed_by(4.0, 1.1)], [0.9, 1.0, 4.0]);
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
