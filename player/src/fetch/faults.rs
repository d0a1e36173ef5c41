//! The layer that makes one request in so many fail on purpose, in the ways in which servers and networks fail.
//! Manifests that the viewer opens are spared, or nothing could be watched at all; so are files, which have no network
//! to fail.

use super::event::FetchEvent;
use super::failure::{FetchFailure, FetchFailureKind};
use super::request::{FetchRequest, Trust};
use super::running::Sender;
use super::source::{Outcome, Source, Tap};
use player_core::io::{FaultKind, FaultPlan};
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::timeout;

/// Chooses which requests fail, and how. Off at first. Cheap to clone; clones are the same switch.
#[derive(Debug, Clone, Default)]
pub struct FaultSwitch(Arc<Mutex<FaultCount>>);

#[derive(Debug, Default)]
struct FaultCount {
    rule: Option<FaultPlan>,
    /// Requests since the rule was set.
    seen: u32,
}

impl FaultSwitch {
    /// From the next request on; counting begins anew.
    pub fn set(&self, rule: Option<FaultPlan>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = FaultCount { rule, seen: 0 };
    }

    /// What is to happen to this request.
    fn next(&self, request: &FetchRequest) -> Option<FaultKind> {
        let over_network = matches!(request.url.scheme(), "http" | "https");
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = count.rule.filter(|_| over_network && request.trust == Trust::Document)?;
        count.seen = count.seen.wrapping_add(1);
        count.seen.is_multiple_of(rule.every.max(1)).then_some(rule.kind)
    }
}

/// Lets those requests fail that the switch chooses; passes on all others.
#[derive(Debug)]
pub struct Faults<S> {
    inner: S,
    switch: FaultSwitch,
}

impl<S: Source> Faults<S> {
    /// Obeys `switch`.
    pub(super) fn new(inner: S, switch: FaultSwitch) -> Self {
        Self { inner, switch }
    }

    /// The first half of the body, then the connection breaks.
    async fn break_halfway(&self, request: &FetchRequest, events: &Sender) -> FetchFailure {
        let mut whole = Tap::start(|events| self.inner.run(request, events));
        let mut passed = 0;
        let mut enough = u64::MAX;
        while passed == 0 || passed < enough {
            let event = match whole.next().await {
                Ok(Some(event)) => event,
                Ok(None) => break,
                Err(failure) => return failure,
            };
            match &event {
                FetchEvent::Headers(head) => enough = head.length.unwrap_or(0) / 2,
                FetchEvent::Chunk(bytes) => passed += bytes.len() as u64,
                FetchEvent::Unasked(_) | FetchEvent::Done | FetchEvent::Failed(_) => {}
            }
            events.send(event).await;
        }
        let message = format!("{}: the connection broke (a fault made by the player)", request.url);
        FetchFailure::new(FetchFailureKind::Truncated, message)
    }
}

impl<S: Source> Source for Faults<S> {
    async fn run(&self, request: &FetchRequest, events: Sender) -> Outcome {
        match self.switch.next(request) {
            None => self.inner.run(request, events).await,
            Some(FaultKind::Unavailable) => Err(status(request, 503, "Service Unavailable")),
            Some(FaultKind::NotFound) => Err(status(request, 404, "Not Found")),
            Some(FaultKind::Reset) => Err(self.break_halfway(request, &events).await),
            Some(FaultKind::Silence) => {
                let _ = timeout(request.silence, pending::<()>()).await; // always runs out
                Err(request.silent())
            }
        }
    }
}

fn status(request: &FetchRequest, status: u16, words: &str) -> FetchFailure {
    FetchFailure::status(status, format!("{}: {status} {words} (a fault made by the player)", request.url))
}
