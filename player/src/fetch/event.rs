//! What a running request reports: `Headers` once, then any number of `Chunk`s, and of `Unasked` where more comes than was
//! asked for, then exactly one of `Done` and `Failed`. `Failed` may come at any point.

use super::failure::FetchFailure;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use url::Url;

/// What happens to a request.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FetchEvent {
    /// The first bytes are here. Not reported for an error status, which is a failure.
    Headers(ResponseHead),
    /// The next bytes, never empty.
    Chunk(Bytes),
    /// So many bytes came that were not asked for, never 0: a server that ignores ranges sends everything (RFC 9110 14.2).
    Unasked(u64),
    /// All bytes have come.
    Done,
    /// No more will come.
    Failed(FetchFailure),
}

/// What is known when the first bytes are here.
#[derive(Debug, Clone, PartialEq)]
pub struct ResponseHead {
    /// 200, 206, or 304 when a server confirmed what the cache holds; 200 and 206 for sources without status.
    pub status: u16,
    /// Bytes that will come of those that were asked for, if known.
    pub length: Option<u64>,
    /// Bytes that come before those.
    pub unasked: u64,
    /// Where it was found, after redirects: what relative references are relative to.
    pub url: Url,
    /// Who the bytes come from.
    pub origin: BodyOrigin,
    /// The fields of the response; empty for sources without any.
    pub fields: HeaderMap,
}

impl ResponseHead {
    /// For a part of `length` bytes of something that is not fetched over HTTP; `ranged`: a range was asked for.
    pub(super) fn local(url: Url, ranged: bool, length: u64, origin: BodyOrigin) -> Self {
        let status = if ranged { 206 } else { 200 };
        Self { status, length: Some(length), unasked: 0, url, origin, fields: HeaderMap::new() }
    }
}

/// Who the bytes of a body come from. Only those of a network say anything about its throughput.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyOrigin {
    /// A server sent them.
    Network,
    /// They were held here already.
    Cache,
    /// A server went on sending what follows a range that it ignores; much of that had come before it was asked for.
    ReadOn,
    /// A file on this machine.
    File,
}
