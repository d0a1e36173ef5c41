//! The one trait of everything that answers requests: leaves that reach a network or a disk, and layers that hold
//! another source and change what passes through them. A layer knows nothing of its inner source but this trait.

use super::event::FetchEvent;
use super::failure::FetchFailure;
use super::request::FetchRequest;
use super::running::Sender;
use std::future::Future;
use std::pin::Pin;
use tokio::sync::mpsc;

/// How a run ends. What it brought went through the [`Sender`] before.
pub type Outcome = Result<(), FetchFailure>;

/// Answers requests. The contract, which `tests::contract` checks for every implementation:
///
/// * `Headers` is sent once, then any number of `Chunk`s and `Unasked`; nothing is sent after the run has ended.
/// * The chunks hold the requested range and nothing else.
/// * A failed run may have sent any part of that before.
/// * Dropping the future cancels the request at once.
pub trait Source: Send + Sync {
    /// Gets what `request` asks for and sends it to `events`.
    fn run(&self, request: &FetchRequest, events: Sender) -> impl Future<Output = Outcome> + Send;
}

/// A run of an inner source within the task of the layer that reads it. Dropping it cancels the inner run.
pub(super) struct Tap<F> {
    run: Pin<Box<F>>,
    events: mpsc::Receiver<FetchEvent>,
    ended: Option<Outcome>,
}

impl<F: Future<Output = Outcome>> Tap<F> {
    /// Begins the run; it makes progress while [`next`](Self::next) is awaited.
    pub(super) fn start(run: impl FnOnce(Sender) -> F) -> Self {
        let (sender, events) = mpsc::channel(1);
        Self { run: Box::pin(run(Sender::new(sender))), events, ended: None }
    }

    /// The next event; `None` at a good end.
    pub(super) async fn next(&mut self) -> Result<Option<FetchEvent>, FetchFailure> {
        loop {
            if let Some(outcome) = &self.ended {
                return match self.events.try_recv() {
                    Ok(event) => Ok(Some(event)),
                    Err(_) => outcome.clone().map(|()| None),
                };
            }
            tokio::select! {
                biased; // what was sent before the end comes before the end
                Some(event) = self.events.recv() => return Ok(Some(event)),
                outcome = &mut self.run => self.ended = Some(outcome),
            }
        }
    }
}
