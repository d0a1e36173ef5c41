//! The contract of every source: what is asked, what comes back, how it fails, how it is cancelled.
//!
//! A running request reports `Headers` once, then any number of `Chunk`s, then exactly one of `Done` and `Failed`.
//! `Failed` may come at any point. What the chunks hold is always the requested range and nothing else.

use bytes::Bytes;
use std::fmt;
use std::future::Future;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use url::Url;

/// Events waiting for a slow reader; when full, the source stops reading and the server feels it.
const PENDING_EVENTS: usize = 8;
/// More than any manifest or index: bodies that are held in memory whole.
pub const MANIFEST_LIMIT: u64 = 16 << 20;
/// More than any segment: eight minutes at 16 Mbit/s.
pub const MEDIA_LIMIT: u64 = 1 << 30;
/// Silence after which a server counts as gone.
pub const SILENCE: Duration = Duration::from_secs(8);

/// Who named the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The viewer: a manifest to open. Its address is as private as the viewer wants, and its folder is open.
    Viewer,
    /// A document from outside: it can send us only where it could have come from itself.
    Document,
}

/// Bytes of a resource, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first byte.
    pub first: u64,
    /// The last byte; `None` for everything from the first on.
    pub last: Option<u64>,
}

impl Range {
    /// How many bytes, if it has an end.
    pub fn length(&self) -> Option<u64> {
        self.last.map(|last| last.saturating_sub(self.first).saturating_add(1))
    }
}

/// As in the header field: `bytes=0-99`, `bytes=100-`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(last) => write!(f, "bytes={}-{last}", self.first),
            None => write!(f, "bytes={}-", self.first),
        }
    }
}

/// What to get.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    /// Where it is; absolute.
    pub url: Url,
    /// Which part of it; everything without one.
    pub range: Option<Range>,
    /// Who named the URL.
    pub trust: Trust,
    /// Keep the body with its validators and ask only whether it changed next time.
    pub cached: bool,
    /// A larger body fails.
    pub max_bytes: u64,
    /// Fails when no byte came for so long.
    pub silence: Duration,
}

impl FetchRequest {
    /// A manifest that the viewer opens.
    pub fn open(url: Url) -> Self {
        Self { trust: Trust::Viewer, cached: true, max_bytes: MANIFEST_LIMIT, ..Self::media(url, None) }
    }

    /// A segment, an init segment or an index that a manifest names.
    pub fn media(url: Url, range: Option<Range>) -> Self {
        Self { url, range, trust: Trust::Document, cached: false, max_bytes: MEDIA_LIMIT, silence: SILENCE }
    }
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum FetchEvent {
    /// The first bytes are here. Not reported for an error status, which is a failure.
    Headers {
        /// 200, 206, or 304 when the cache answers; 200 for sources without status.
        status: u16,
        /// Bytes that will come, if known.
        length: Option<u64>,
        /// Where it was found, after redirects: what relative references are relative to.
        url: Url,
    },
    /// The next bytes, never empty.
    Chunk(Bytes),
    /// All bytes have come.
    Done {
        /// As in `Headers`.
        status: u16,
        /// The server confirmed what was held here already.
        from_cache: bool,
    },
    /// No more will come.
    Failed(Failure),
}

/// Kinds of failure that are told apart because different things help against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The name of the host is unknown.
    Name,
    /// Nobody accepts connections there, or there is no way to it.
    Connect,
    /// No connection within the time for it.
    ConnectTimeout,
    /// The certificate or the encryption is not acceptable.
    Tls,
    /// No byte for too long.
    Silence,
    /// An error status.
    Status,
    /// The connection broke or the body ended before its announced length.
    Truncated,
    /// Not HTTP, or not what was asked for: another range, endless redirects.
    Protocol,
    /// More bytes than accepted.
    TooLarge,
    /// A file that cannot be read.
    File,
    /// Not fetched on principle: scheme, private address, outside the manifest's folder.
    Refused,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// HTTP status, if there was one.
    pub status: Option<u16>,
    /// The server's Retry-After.
    pub retry_after: Option<Duration>,
    /// For people: what failed, on what, what helps.
    pub message: String,
}

impl Failure {
    /// Without a status.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, status: None, retry_after: None, message: message.into() }
    }

    /// Something that is not fetched on principle.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Refused, message)
    }
}

/// A running request. Dropping it cancels the request at once and closes its connection.
#[derive(Debug)]
pub struct Fetch {
    events: mpsc::Receiver<FetchEvent>,
    task: AbortHandle,
}

impl Fetch {
    /// Runs `source` as a task; what it returns becomes the last event.
    pub(super) fn spawn<F>(source: impl FnOnce(Sender) -> F) -> Self
    where
        F: Future<Output = Result<FetchEvent, Failure>> + Send + 'static,
    {
        let (sender, events) = mpsc::channel(PENDING_EVENTS);
        let running = source(Sender(sender.clone()));
        let task = tokio::spawn(async move {
            let last = running.await.unwrap_or_else(FetchEvent::Failed);
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
    pub async fn collect(mut self) -> Result<(Bytes, Url), Failure> {
        let (mut body, mut found) = (Vec::new(), None);
        while let Some(event) = self.next().await {
            match event {
                FetchEvent::Headers { url, .. } => found = Some(url),
                FetchEvent::Chunk(bytes) => body.extend_from_slice(&bytes),
                FetchEvent::Failed(failure) => return Err(failure),
                FetchEvent::Done { .. } => break,
            }
        }
        let lost = || Failure::new(FailureKind::Truncated, "the request ended without an answer");
        found.map(|url| (body.into(), url)).ok_or_else(lost)
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where a source puts its events.
#[derive(Debug, Clone)]
pub struct Sender(mpsc::Sender<FetchEvent>);

impl Sender {
    /// Waits while the reader is busy. A reader that has gone is no failure: its task is about to be aborted.
    pub(super) async fn send(&self, event: FetchEvent) {
        let _ = self.0.send(event).await;
    }

    /// The bytes, if there are any.
    pub(super) async fn chunk(&self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.send(FetchEvent::Chunk(bytes)).await;
        }
    }

    /// A body that is at hand, cut to the range of the request.
    pub(super) async fn whole(&self, request: &FetchRequest, url: Url, body: Bytes) -> Result<FetchEvent, Failure> {
        let total = body.len() as u64;
        let (from, to) = window(request, total)?;
        let status = if request.range.is_some() { 206 } else { 200 };
        self.send(FetchEvent::Headers { status, length: Some(to - from), url }).await;
        self.chunk(body.slice(from as usize..to as usize)).await;
        Ok(FetchEvent::Done { status, from_cache: false })
    }
}

/// The half-open part of a resource of `total` bytes that was asked for; ends are cut as HTTP does it (RFC 9110 14.1.2).
pub(super) fn window(request: &FetchRequest, total: u64) -> Result<(u64, u64), Failure> {
    let range = request.range.unwrap_or(Range { first: 0, last: None });
    let end = range.last.map_or(total, |last| total.min(last.saturating_add(1)));
    if range.first > end || (request.range.is_some() && range.first == end) {
        let message = format!("{}: {range} lies outside of its {total} bytes", request.url);
        return Err(Failure { status: Some(416), ..Failure::new(FailureKind::Status, message) });
    }
    if end - range.first > request.max_bytes {
        return Err(too_large(request));
    }
    Ok((range.first, end))
}

pub(super) fn too_large(request: &FetchRequest) -> Failure {
    let message = format!("{}: more than the {} bytes accepted for it", request.url, request.max_bytes);
    Failure::new(FailureKind::TooLarge, message)
}
