//! Opening takes a moment (sound devices, sockets), closing too (threads end): both happen beside the window.

use super::link::{Opener, Opening, SessionLink};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

/// A session on its way.
pub(crate) struct Arrival(Receiver<Result<SessionLink, String>>);

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
            let _ = tell.send(opener(opening)); // nobody listens any more: the window was closed
            waker(Duration::ZERO);
        };
        let thread = std::thread::Builder::new().name("open".into()).spawn(run);
        thread.map_err(|error| format!("cannot start a thread: {error}")).map(|_| Self(told))
    }

    /// What came of it, once it is known.
    pub(crate) fn poll(&self) -> Option<Result<SessionLink, String>> {
        match self.0.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err("opening ended without a word".into())),
        }
    }
}
