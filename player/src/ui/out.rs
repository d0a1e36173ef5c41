//! What panels leave behind: a panel changes nothing but a little state of the window's own; everything else is a value
//! in here, which `app` carries out.

use player_core::io::Command;
use player_core::snapshot::Snapshot;
use shared::time::PresentationTime;
use std::path::PathBuf;

/// What panels leave behind for the application to carry out.
#[derive(Debug, Default)]
pub(crate) struct Out {
    /// For the session, in order.
    pub commands: Vec<Command>,
    /// Another presentation is to be opened.
    pub open: Option<String>,
    /// Another film of the playlist is to be opened, so many further on.
    pub turn: Option<isize>,
    /// The picture is to be written to a file.
    pub screenshot: bool,
    /// A film is to be packaged, and watched meanwhile.
    pub package: Option<PathBuf>,
    /// The demo is to be played.
    pub demo: bool,
    /// The session is to be written to files.
    pub export: bool,
}

impl Out {
    /// A wish for the session.
    pub(crate) fn send(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// A seek within the presentation.
    pub(crate) fn seek(&mut self, snapshot: &Snapshot, seconds: f64) {
        let end = snapshot.duration.map_or(f64::MAX, |duration| duration.as_secs_f64());
        self.send(Command::Seek(PresentationTime::from_secs_f64(seconds.clamp(0.0, end))));
    }
}
