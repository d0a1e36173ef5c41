//! Faults on purpose, in front of the network: what a server or a path does on a bad day, with every so-manieth
//! segment. Manifests that the viewer opens are spared, or nothing could be watched at all.

use super::http::Http;
use super::http_error;
use super::request::{Failure, FailureKind, Fetch, FetchEvent, FetchRequest, Sender, Trust};
use player_core::io::{FaultKind, FaultPlan};
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::timeout;

/// Which requests fail, and how. Off at first. Cheap to clone; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    rule: Option<FaultPlan>,
    /// Requests since the rule was set.
    seen: u32,
}

impl Faults {
    /// From the next request on; counting begins anew.
    pub fn set(&self, rule: Option<FaultPlan>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State { rule, seen: 0 };
    }

    /// What is to happen to this request.
    pub(super) fn next(&self, request: &FetchRequest) -> Option<FaultKind> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = state.rule.filter(|_| request.trust == Trust::Document)?;
        state.seen = state.seen.wrapping_add(1);
        state.seen.is_multiple_of(rule.every.max(1)).then_some(rule.kind)
    }
}

/// Lets a request fail.
pub(super) async fn run(
    kind: FaultKind,
    http: &Http,
    request: FetchRequest,
    events: &Sender,
) -> Result<FetchEvent, Failure> {
    match kind {
        FaultKind::Unavailable => Err(status(&request, 503, "Service Unavailable")),
        FaultKind::NotFound => Err(status(&request, 404, "Not Found")),
        FaultKind::Reset => half(http.clone(), request, events).await,
        FaultKind::Silence => {
            let _ = timeout(request.silence, pending::<()>()).await; // nothing comes
            Err(http_error::silence(&request))
        }
    }
}

fn status(request: &FetchRequest, status: u16, words: &str) -> Failure {
    let message = format!("{}: {status} {words} (a fault made by the player)", request.url);
    Failure { status: Some(status), ..Failure::new(FailureKind::Status, message) }
}

/// The first half of the body, then the connection breaks.
async fn half(http: Http, request: FetchRequest, events: &Sender) -> Result<FetchEvent, Failure> {
    let broken = format!("{}: the connection broke (a fault made by the player)", request.url);
    let mut whole = Fetch::spawn(|inner| async move { http.run(&request, &inner).await });
    let (mut passed, mut enough) = (0, u64::MAX);
    while let Some(event) = whole.next().await {
        match &event {
            FetchEvent::Headers { length, .. } => enough = length.unwrap_or(0) / 2,
            FetchEvent::Chunk(bytes) => passed += bytes.len() as u64,
            FetchEvent::Done { .. } => break,
            FetchEvent::Failed(failure) => return Err(failure.clone()),
        }
        events.send(event).await;
        if passed >= enough && passed > 0 {
            break;
        }
    }
    Err(Failure::new(FailureKind::Truncated, broken))
}
