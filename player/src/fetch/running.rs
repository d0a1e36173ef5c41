//! A request under way as its reader sees it, and the end of its channel that belongs to the source.

use super::event::{FetchEvent, ResponseHead};
use super::failure::{FetchFailure, FetchFailureKind};
use super::source::Outcome;
use bytes::Bytes;
use std::future::Future;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use url::Url;

/// Events waiting for a slow reader; when full, the source stops reading and the server feels it.
const PENDING_EVENTS: usize = 8;

/// A running request. Dropping it cancels the request at once and closes its connection.
#[derive(Debug)]
pub struct Fetch {
    events: mpsc::Receiver<FetchEvent>,
    task: AbortHandle,
}

impl Fetch {
    /// Runs a source as a task; how it ends becomes the last event.
    pub(super) fn spawn<F>(source: impl FnOnce(Sender) -> F) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (sender, events) = mpsc::channel(PENDING_EVENTS);
        let running = source(Sender::new(sender.clone()));
        let task = tokio::spawn(async move {
            let last = running.await.map_or_else(FetchEvent::Failed, |()| FetchEvent::Done);
            // Without a reader nobody wants to know.
            let _ = sender.send(last).await;
        });
        Self { events, task: task.abort_handle() }
    }

    /// The next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<FetchEvent> {
        self.events.recv().await
    }

    /// Everything at once, for small bodies: the bytes, and where they were found.
    ///
    /// # Errors
    /// When the request fails.
    pub async fn collect(mut self) -> Result<(Bytes, Url), FetchFailure> {
        let mut body = Vec::new();
        let mut found = None;
        while let Some(event) = self.next().await {
            match event {
                FetchEvent::Headers(head) => found = Some(head.url),
                FetchEvent::Chunk(bytes) => body.extend_from_slice(&bytes),
                FetchEvent::Unasked(_) => {}
                FetchEvent::Failed(failure) => return Err(failure),
                FetchEvent::Done => break,
            }
        }
        let lost = || FetchFailure::new(FetchFailureKind::Truncated, "the request ended without an answer");
        found.map(|url| (body.into(), url)).ok_or_else(lost)
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where a source puts what it has. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender(mpsc::Sender<FetchEvent>);

impl Sender {
    pub(super) fn new(events: mpsc::Sender<FetchEvent>) -> Self {
        Self(events)
    }

    /// The answer begins.
    pub(super) async fn head(&self, head: ResponseHead) {
        self.send(FetchEvent::Headers(head)).await;
    }

    /// The next bytes, if there are any.
    pub(super) async fn chunk(&self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.send(FetchEvent::Chunk(bytes)).await;
        }
    }

    /// Bytes came that were not asked for, if there are any.
    pub(super) async fn unasked(&self, count: u64) {
        if count > 0 {
            self.send(FetchEvent::Unasked(count)).await;
        }
    }

    /// An event of an inner source as it is. Waits while the reader is busy. A reader that has gone is no failure: its
    /// task is about to be aborted.
    pub(super) async fn send(&self, event: FetchEvent) {
        let _ = self.0.send(event).await;
    }
}
