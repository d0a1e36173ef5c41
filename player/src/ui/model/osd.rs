//! What the picture says for a moment after a key, the wheel or a menu: how loud, how fast, where, in which rendition.

use super::window_state::WindowState;
use crate::ui::format;
use crate::ui::ladder::LadderView;
use crate::ui::reading;
use player_core::io::Command;
use player_core::snapshot::Snapshot;
use shared::time::PresentationTime;

/// How long it stands, in seconds.
const STAND: f64 = 1.2;

/// Words on the picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Osd {
    /// What was changed, in a few words.
    pub words: String,
    /// The same as a bar, 0 to 1.
    pub level: Option<f64>,
    /// Until when, by the window's clock.
    until: f64,
}

impl Osd {
    /// Words that stand from `now` on.
    pub(crate) fn new(words: String, level: Option<f64>, now: f64) -> Self {
        Self { words, level, until: now + STAND }
    }

    /// Words that are to be read and not only seen.
    pub(crate) fn lasting(words: String, now: f64) -> Self {
        Self { words, level: None, until: now + 3.0 * STAND }
    }

    /// How much longer it stands, in seconds.
    pub(crate) fn rest(&self, now: f64) -> f64 {
        self.until - now
    }
}

/// What the last of the commands that has words says.
pub(crate) fn of(commands: &[Command], snapshot: &Snapshot, view: &WindowState) -> Option<Osd> {
    let (words, level) = commands.iter().rev().find_map(|command| said(command, snapshot, view))?;
    Some(Osd::new(words, level, view.now))
}

fn said(command: &Command, snapshot: &Snapshot, view: &WindowState) -> Option<(String, Option<f64>)> {
    match command {
        Command::Volume(_) if view.muted => Some(("Muted".to_owned(), Some(0.0))),
        Command::Volume(volume) => Some((format!("Volume {:.0} %", volume * 100.0), Some(*volume))),
        Command::Rate(rate) => Some((format!("Speed {rate}×"), None)),
        Command::Seek(to) if view.stepping => Some((frame(to.secs_f64(), snapshot), None)),
        Command::Seek(to) => Some((place(*to, snapshot), None)),
        Command::Rung(rank) => {
            let label = &LadderView::of_video(snapshot).at(*rank)?.label;
            Some((format!("{label}, held by hand"), None))
        }
        Command::SoundDelay(millis) => Some((format!("Sound {millis:+} ms"), None)),
        Command::SoundDevice(name) => {
            Some((name.clone().unwrap_or_else(|| "The system's sound device".to_owned()), None))
        }
        Command::Auto => Some(("Auto: the policy chooses".to_owned(), None)),
        Command::Repeat(repeat) => Some((if *repeat { "Repeat" } else { "Repeat off" }.to_owned(), None)),
        _ => None,
    }
}

/// `0:47 / 3:00`.
fn place(to: PresentationTime, snapshot: &Snapshot) -> String {
    let length = snapshot.duration.map(|length| format!(" / {}", format::clock(length.as_secs_f64())));
    format!("{}{}", format::place(to), length.unwrap_or_default())
}

/// `0:42.033 · frame 1261`, counted from 0.
pub(crate) fn frame(seconds: f64, snapshot: &Snapshot) -> String {
    let clock = format::precise(seconds);
    match reading::frame_rate(snapshot) {
        Some(rate) => format!("{clock} · frame {:.0}", (seconds * rate + 1e-3).floor()),
        None => clock,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::model::remembered::Remembered;
    use crate::ui::tests::fixtures;
    use player_core::io::LinkLimit;
    use player_core::presentation::Rank;

    fn words(commands: &[Command], stepping: bool) -> Option<String> {
        let mut view = WindowState::new(String::new(), LinkLimit::Off, Remembered::default());
        view.stepping = stepping;
        of(commands, &fixtures::playing(), &view).map(|osd| osd.words)
    }

    #[test]
    fn each_change_has_its_words() {
        let seek = Command::Seek(PresentationTime::from_millis(42_050));
        assert_eq!(words(&[Command::Volume(0.85)], false).as_deref(), Some("Volume 85 %"));
        assert_eq!(words(&[Command::Rate(1.25)], false).as_deref(), Some("Speed 1.25×"));
        assert_eq!(words(&[seek.clone(), Command::Play], false).as_deref(), Some("0:42 / 3:00"));
        assert_eq!(words(&[seek], true).as_deref(), Some("0:42.050 · frame 1261"));
        assert_eq!(words(&[Command::Rung(Rank(4))], false).as_deref(), Some("720p, held by hand"));
        assert_eq!(words(&[Command::Pause], false), None);
    }
}
