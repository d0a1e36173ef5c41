//! What the viewer wished last and the session has not taken up yet. A snapshot is a moment old when it is seen: keys
//! act on the last wish, so that none of several quick ones is lost.

use crate::ui::reading;
use player_core::io::Command;
use player_core::presentation::Rank;
use player_core::snapshot::{Mode, Snapshot};
use shared::time::SessionTime;

/// A wish that was not taken up within this time, in seconds, has been lost with its session.
const PATIENCE: f64 = 3.0;

/// Wishes on their way, at most one a matter.
#[derive(Debug, Default)]
pub(crate) struct Wishes(Vec<Wish>);

#[derive(Debug)]
struct Wish {
    command: Command,
    /// Time of the snapshot that was seen when it was made: the session took it up later.
    since: SessionTime,
    /// The same by the window's clock, in seconds.
    made: f64,
}

/// What a command is about; of each matter the last wish counts.
#[derive(Debug, PartialEq)]
enum Matter {
    Place,
    Motion,
    Speed,
    Rendition,
}

fn matter(command: &Command) -> Option<Matter> {
    match command {
        Command::Seek(_) => Some(Matter::Place),
        Command::Play | Command::Pause => Some(Matter::Motion),
        Command::Rate(_) => Some(Matter::Speed),
        Command::Rung(_) | Command::Auto => Some(Matter::Rendition),
        _ => None,
    }
}

impl Wishes {
    /// Notes what is sent to the session while `snapshot` is on the screen.
    pub(crate) fn heed(&mut self, commands: &[Command], snapshot: &Snapshot, now: f64) {
        for command in commands {
            let Some(about) = matter(command) else { continue };
            self.0.retain(|wish| matter(&wish.command).as_ref() != Some(&about));
            self.0.push(Wish { command: command.clone(), since: snapshot.at, made: now });
        }
    }

    /// Forgets what `snapshot` shows to be taken up.
    pub(crate) fn settle(&mut self, snapshot: &Snapshot, now: f64) {
        self.0.retain(|wish| now - wish.made < PATIENCE && !is_taken_up(wish, snapshot));
    }

    /// Where the viewer wants to be, in seconds.
    pub(crate) fn place(&self, snapshot: &Snapshot) -> f64 {
        let wished = self.0.iter().find_map(|wish| match wish.command {
            Command::Seek(to) => Some(to),
            _ => None,
        });
        wished.unwrap_or(snapshot.position).secs_f64()
    }

    /// Whether the viewer wants the film to run.
    pub(crate) fn is_running(&self, snapshot: &Snapshot) -> bool {
        let wished = self.0.iter().find_map(|wish| match wish.command {
            Command::Play => Some(true),
            Command::Pause => Some(false),
            _ => None,
        });
        wished.unwrap_or_else(|| reading::is_running(snapshot.phase))
    }

    /// Whether the session is on its way to another place.
    pub(crate) fn is_to_seek(&self) -> bool {
        self.0.iter().any(|wish| matches!(wish.command, Command::Seek(_)))
    }

    /// The wanted speed.
    pub(crate) fn rate(&self, snapshot: &Snapshot) -> f64 {
        let wished = self.0.iter().find_map(|wish| match wish.command {
            Command::Rate(rate) => Some(rate),
            _ => None,
        });
        wished.unwrap_or(snapshot.rate)
    }

    /// Who is to choose the rendition, or which one it is to be.
    pub(crate) fn mode(&self, snapshot: &Snapshot) -> Option<Mode> {
        let wished = self.0.iter().find_map(|wish| match wish.command {
            Command::Rung(rank) => Some(Mode::Manual(rank)),
            Command::Auto => Some(Mode::Auto),
            _ => None,
        });
        wished.or_else(|| Some(reading::video(snapshot)?.mode))
    }

    /// The rung held by hand, else the one being fetched.
    pub(crate) fn rank(&self, snapshot: &Snapshot) -> Option<Rank> {
        match self.mode(snapshot)? {
            Mode::Manual(rank) => Some(rank),
            Mode::Auto => {
                let video = reading::video(snapshot)?;
                Some(video.loading.or(video.shown).and_then(|rung| video.rank(rung)).unwrap_or_default())
            }
        }
    }
}

/// The session keeps account of what it was asked for. Whether the film runs is told by its phase, which follows the
/// output and comes a moment later.
fn is_taken_up(wish: &Wish, snapshot: &Snapshot) -> bool {
    let shown = match wish.command {
        Command::Play => reading::is_running(snapshot.phase),
        Command::Pause => !reading::is_running(snapshot.phase),
        // Before the film is loaded its place is not shown.
        Command::Seek(_) => !snapshot.tracks.is_empty(),
        _ => true,
    };
    let same = |mark: &player_core::history::WishMark| mark.at >= wish.since && mark.command == wish.command;
    shown && snapshot.history.wishes.iter().rev().any(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;
    use player_core::history::WishMark;
    use shared::time::PresentationTime;
    use std::sync::Arc;

    fn seek(seconds: f64) -> Command {
        Command::Seek(PresentationTime::from_secs_f64(seconds))
    }

    #[test]
    fn four_quick_steps_add_up() {
        let snapshot = fixtures::playing();
        let mut wishes = Wishes::default();
        let begun = wishes.place(&snapshot);
        for press in 0..4 {
            let to = wishes.place(&snapshot) + 5.0;
            wishes.heed(&[seek(to)], &snapshot, f64::from(press) * 0.02);
            wishes.settle(&snapshot, f64::from(press) * 0.02);
        }
        assert!((wishes.place(&snapshot) - begun - 20.0).abs() < 1e-6);
    }

    #[test]
    fn what_the_session_took_up_is_read_from_the_snapshot() {
        let mut snapshot = fixtures::playing();
        let mut wishes = Wishes::default();
        wishes.heed(&[seek(100.0), Command::Pause], &snapshot, 0.0);
        let mark = |command| WishMark { at: snapshot.at, command };
        let marks = [mark(seek(100.0)), mark(Command::Pause)];
        Arc::make_mut(&mut snapshot.history).wishes.extend(marks);
        wishes.settle(&snapshot, 0.1);
        assert_eq!(wishes.place(&snapshot), snapshot.position.secs_f64());
        assert!(!wishes.is_running(&snapshot), "it is asked to pause and does not stand yet");
        wishes.settle(&snapshot, 5.0);
        assert!(wishes.is_running(&snapshot), "nobody waits for ever");
    }

    #[test]
    fn an_older_wish_of_the_same_kind_is_not_taken_for_the_new_one() {
        let mut snapshot = fixtures::playing();
        let before = SessionTime::ZERO;
        Arc::make_mut(&mut snapshot.history).wishes.push(WishMark { at: before, command: seek(0.0) });
        let mut wishes = Wishes::default();
        wishes.heed(&[seek(0.0)], &snapshot, 0.0);
        wishes.settle(&snapshot, 0.1);
        assert_eq!(wishes.place(&snapshot), 0.0);
    }

    #[test]
    fn of_each_matter_the_last_wish_counts() {
        let snapshot = fixtures::playing();
        let mut wishes = Wishes::default();
        wishes.heed(&[Command::Rung(Rank(4)), Command::Rate(1.25), Command::Auto, Command::Pause], &snapshot, 0.0);
        assert_eq!(wishes.mode(&snapshot), Some(Mode::Auto));
        assert_eq!((wishes.rate(&snapshot), wishes.is_running(&snapshot)), (1.25, false));
    }
}
