//! Opening takes a moment (sound devices, sockets, long reports), closing too (threads end): both happen beside the window.

use super::link::{Opener, Opening, SessionLink};
use crate::cli::target::{self, Target};
use crate::cli::{Code, CommandFailure, load};
use player_core::replay::rebuild;
use player_core::snapshot::Snapshot;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

/// What an address has led to.
pub(crate) enum Arrived {
    /// A presentation that is played.
    Session(SessionLink),
    /// A session that is over: its last state, and its report.
    Report(Arc<Snapshot>, PathBuf),
    /// A film that is no presentation yet.
    Film(PathBuf),
}

/// Something on its way.
pub(crate) struct Arrival(Receiver<Result<Arrived, String>>);

impl Arrival {
    /// Starts opening; the session `before` is ended first, so that two never sound at once.
    ///
    /// # Errors
    /// A sentence for people, when there is no thread to be had.
    pub(crate) fn start(opener: &Opener, opening: Opening, before: Option<SessionLink>) -> Result<Self, String> {
        let (tell, told) = sync_channel(1);
        let waker = opening.waker.clone();
        let opener = opener.clone();
        let run = move || {
            drop(before);
            let _ = tell.send(open(&opener, opening)); // nobody listens any more: the window was closed
            waker(Duration::ZERO);
        };
        let thread = std::thread::Builder::new().name("open".into()).spawn(run);
        thread.map_err(|error| format!("cannot start a thread: {error}")).map(|_| Self(told))
    }

    /// What came of it, once it is known.
    pub(crate) fn poll(&self) -> Option<Result<Arrived, String>> {
        match self.0.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err("opening ended without a word".into())),
        }
    }
}

fn open(opener: &Opener, opening: Opening) -> Result<Arrived, String> {
    match target::of(&opening.address).map_err(|failure| failure.to_string())? {
        Target::Manifest(_) => opener(opening).map(Arrived::Session),
        Target::Film(film) => Ok(Arrived::Film(film)),
        Target::Report(report) => read_report(&report).map_err(|failure| failure.to_string()),
    }
}

fn read_report(path: &Path) -> Result<Arrived, CommandFailure> {
    let text = load::text(path)?;
    let unusable = |e| CommandFailure::new(Code::Unsupported, format!("{} cannot be shown: {e}", path.display()));
    let snapshot = rebuild(text.lines()).map_err(unusable)?;
    Ok(Arrived::Report(Arc::new(snapshot), path.to_owned()))
}
