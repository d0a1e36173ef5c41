//! Work that takes longer than a frame, on a thread of its own. The window looks for the result and never waits.

use eframe::egui::Context;
use std::sync::mpsc::{Receiver, sync_channel};

/// Work under way, with one result.
#[derive(Debug)]
pub(crate) struct Task<T>(Receiver<T>);

impl<T: Send + 'static> Task<T> {
    /// Begins; the window is woken when the result is there. `None` when the machine has no thread to spare.
    pub(crate) fn start(ctx: &Context, name: &str, work: impl FnOnce() -> T + Send + 'static) -> Option<Self> {
        let (tell, told) = sync_channel(1);
        let ctx = ctx.clone();
        let run = move || {
            let _ = tell.send(work()); // nobody listens any more: something else was asked for
            ctx.request_repaint();
        };
        std::thread::Builder::new().name(name.to_owned()).spawn(run).ok().map(|_| Self(told))
    }

    /// The result, once.
    pub(crate) fn poll(&self) -> Option<T> {
        self.0.try_recv().ok()
    }
}
