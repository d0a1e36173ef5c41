//! Bodies that go on behind a range that has ended. A server that ignores ranges sends everything from the beginning
//! (RFC 9110 14.2): reading on where the last range has ended is cheaper than asking again and leaving all that out once
//! more, as long as it is not left behind that place. A server that has lost its patience meanwhile is asked again.
#![expect(clippy::disallowed_methods, reason = "how long a body was left alone says whether it measures the network")]

use super::super::event::BodyOrigin;
use super::super::request::FetchRequest;
use bytes::Bytes;
use reqwest::{Method, Response};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use url::Url;

/// As many as there are tracks and a rung to change to. Each holds a connection.
const MOST: usize = 4;
/// What comes within so much time while nobody reads is little beside a segment.
const LEFT_ALONE: Duration = Duration::from_millis(50);

/// A body under way.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) response: Response,
    /// What was read of it and not used.
    pub(super) rest: Bytes,
}

impl Incoming {
    pub(super) fn new(response: Response) -> Self {
        Self { response, rest: Bytes::new() }
    }

    /// The next bytes.
    pub(super) async fn next(&mut self) -> reqwest::Result<Option<Bytes>> {
        if self.rest.is_empty() { self.response.chunk().await } else { Ok(Some(std::mem::take(&mut self.rest))) }
    }
}

/// A body that can be read on.
#[derive(Debug)]
pub(super) struct OpenBody {
    /// What was asked for.
    pub(super) url: Url,
    /// Where it stands.
    pub(super) at: u64,
    /// Its whole length, where the server has said so.
    pub(super) total: Option<u64>,
    pub(super) incoming: Incoming,
    /// When it was read last.
    pub(super) read: Instant,
}

impl OpenBody {
    /// The body of a response to a request for `url`, from its beginning.
    pub(super) fn new(url: Url, response: Response) -> Self {
        let total = response.content_length();
        Self { url, at: 0, total, incoming: Incoming::new(response), read: Instant::now() }
    }

    /// Whether what comes next tells how fast the network is. What is left alone for long has filled the buffers between
    /// here and there, and comes at once.
    pub(super) fn origin(&self) -> BodyOrigin {
        if self.read.elapsed() < LEFT_ALONE { BodyOrigin::Network } else { BodyOrigin::ReadOn }
    }
}

/// Those that may be read on, oldest first.
#[derive(Debug, Default)]
pub(super) struct OpenBodies(Mutex<Vec<OpenBody>>);

impl OpenBodies {
    /// One of each file, and not too many.
    pub(super) fn keep(&self, body: OpenBody) {
        let body = OpenBody { read: Instant::now(), ..body };
        let mut open = self.open();
        open.retain(|other| other.url != body.url);
        if open.len() >= MOST {
            open.remove(0);
        }
        open.push(body);
    }

    /// The body that brings what is asked for, if there is one.
    pub(super) fn take(&self, request: &FetchRequest) -> Option<OpenBody> {
        let range = request.range.filter(|_| request.method == Method::GET)?;
        let mut open = self.open();
        let place = open.iter().position(|body| body.url == request.url && body.at <= range.first)?;
        Some(open.remove(place))
    }

    fn open(&self) -> MutexGuard<'_, Vec<OpenBody>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
