//! The layer that holds bodies with their validators (RFC 9110 8.8, 13.1), in memory: a manifest is asked for again and
//! again, and a server that still has the same one says so in a hundred bytes. It acts on requests that are marked as
//! `cached`; all others pass through, so media is never kept here. It is the outermost layer: what it can answer by
//! itself meets neither faults nor the network.

use super::event::{BodyOrigin, FetchEvent, ResponseHead};
use super::failure::FetchFailure;
use super::request::FetchRequest;
use super::running::Sender;
use super::source::{Outcome, Source, Tap};
use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use url::Url;

/// More documents than a session asks for repeatedly; when full, all are forgotten and asked for once more.
const MOST_BODIES: usize = 32;

/// Answers from memory what the inner source confirms.
#[derive(Debug)]
pub struct Cache<S> {
    inner: S,
    /// Locked for a look-up or an insertion, never while waiting.
    bodies: Mutex<HashMap<Url, CachedBody>>,
}

/// A body as it was received, and the head with its validators.
#[derive(Debug, Clone)]
struct CachedBody {
    head: ResponseHead,
    body: Bytes,
}

impl<S: Source> Source for Cache<S> {
    async fn run(&self, request: &FetchRequest, events: Sender) -> Outcome {
        if !request.cached || request.range.is_some() {
            return self.inner.run(request, events).await;
        }
        match self.held(&request.url) {
            Some(held) => self.revalidate(held, request, events).await,
            None => self.pass(request, &events).await.map(drop),
        }
    }
}

impl<S: Source> Cache<S> {
    /// Holds nothing yet.
    pub(super) fn new(inner: S) -> Self {
        Self { inner, bodies: Mutex::default() }
    }

    /// Asks whether `held` is still the current body, and for the new one if it is not.
    async fn revalidate(&self, held: CachedBody, request: &FetchRequest, events: Sender) -> Outcome {
        let mut conditional = request.clone();
        conditional.headers.extend(held.conditions());
        let confirmed = self.pass(&conditional, &events).await?;
        if confirmed {
            let length = Some(held.body.len() as u64);
            let status = StatusCode::NOT_MODIFIED.as_u16();
            events.head(ResponseHead { status, length, origin: BodyOrigin::Cache, ..held.head }).await;
            events.chunk(held.body).await;
        }
        Ok(())
    }

    /// Passes the answer of the inner source on and keeps it; `true` when it was "not modified", which is not passed on.
    async fn pass(&self, request: &FetchRequest, events: &Sender) -> Result<bool, FetchFailure> {
        let mut answer = Tap::start(|events| self.inner.run(request, events));
        let mut kept = None;
        let mut body = BytesMut::new();
        while let Some(event) = answer.next().await? {
            match &event {
                FetchEvent::Headers(head) if head.status == StatusCode::NOT_MODIFIED => continue,
                FetchEvent::Headers(head) => kept = Some(head.clone()),
                FetchEvent::Chunk(bytes) => body.extend_from_slice(bytes),
                FetchEvent::Unasked(_) | FetchEvent::Done | FetchEvent::Failed(_) => {}
            }
            events.send(event).await;
        }
        let Some(head) = kept else { return Ok(true) };
        self.keep(&request.url, CachedBody { head, body: body.freeze() });
        Ok(false)
    }

    fn held(&self, url: &Url) -> Option<CachedBody> {
        self.bodies().get(url).cloned()
    }

    /// Replaces what is held for `url`; a body without validators could never be confirmed and is not held.
    fn keep(&self, url: &Url, body: CachedBody) {
        let mut bodies = self.bodies();
        bodies.remove(url);
        if body.conditions().is_empty() {
            return;
        }
        if bodies.len() >= MOST_BODIES {
            bodies.clear();
        }
        bodies.insert(url.clone(), body);
    }

    fn bodies(&self) -> MutexGuard<'_, HashMap<Url, CachedBody>> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CachedBody {
    /// The header fields that ask whether this body is still the current one.
    fn conditions(&self) -> HeaderMap {
        let condition = |condition: HeaderName, validator: HeaderName| -> Option<(HeaderName, HeaderValue)> {
            Some((condition, self.head.fields.get(validator)?.clone()))
        };
        let all = [condition(IF_NONE_MATCH, ETAG), condition(IF_MODIFIED_SINCE, LAST_MODIFIED)];
        all.into_iter().flatten().collect()
    }
}
