//! What is asked of a source.

use super::failure::{FetchFailure, FetchFailureKind};
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use std::fmt;
use std::time::Duration;
use url::Url;

/// More than any manifest or index: bodies that are held in memory whole.
pub const MANIFEST_LIMIT: u64 = 16 << 20;
/// More than any segment: eight minutes at 16 Mbit/s.
pub const MEDIA_LIMIT: u64 = 1 << 30;
/// Silence after which a server counts as gone.
pub const SILENCE: Duration = Duration::from_secs(8);

/// The slowest manifest: 8 kbit/s.
pub const PACE: LeastPace = LeastPace { bytes: 15_000, within: Duration::from_secs(15) };

/// What has to come of a body, again and again until its end: a limit for silence alone lets a body last for ever that
/// comes a byte at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeastPace {
    /// So much.
    pub bytes: u64,
    /// In so much time; its head has as long.
    pub within: Duration,
}

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
    /// GET but for what sends a body.
    pub method: Method,
    /// For the origin of `url`. A redirect to another origin carries on only those of them that describe the wanted
    /// body (`http` lists them).
    pub headers: HeaderMap,
    /// What is sent along; empty for GET.
    pub body: Bytes,
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
    /// Fails when it comes slower than this. How long media may take is the session's to decide.
    pub pace: Option<LeastPace>,
}

impl FetchRequest {
    /// A manifest that the viewer opens.
    pub fn open(url: Url) -> Self {
        let media = Self::media(url, None);
        Self {
            headers: HeaderMap::new(),
            trust: Trust::Viewer,
            cached: true,
            max_bytes: MANIFEST_LIMIT,
            pace: Some(PACE),
            ..media
        }
    }

    /// A segment, an init segment or an index that a manifest names. It is asked for without a content coding: media do
    /// not shrink, and a coded body has neither the length nor the byte positions that were asked for.
    pub fn media(url: Url, range: Option<Range>) -> Self {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
        Self {
            url,
            method: Method::GET,
            headers,
            body: Bytes::new(),
            range,
            trust: Trust::Document,
            cached: false,
            max_bytes: MEDIA_LIMIT,
            silence: SILENCE,
            pace: None,
        }
    }

    /// The answer to a question in JSON, whose address a manifest names.
    pub fn post_json(url: Url, question: String) -> Self {
        let fields = [(ACCEPT, "application/json"), (CONTENT_TYPE, "application/json")];
        let headers = HeaderMap::from_iter(fields.map(|(name, value)| (name, HeaderValue::from_static(value))));
        Self { method: Method::POST, headers, body: question.into(), pace: Some(PACE), ..Self::media(url, None) }
    }

    /// The half-open part of a resource of `total` bytes that is asked for; ends are cut as HTTP does it (RFC 9110
    /// 14.1.2).
    pub(super) fn window(&self, total: u64) -> Result<(u64, u64), FetchFailure> {
        let range = self.range.unwrap_or(Range { first: 0, last: None });
        let end = range.last.map_or(total, |last| total.min(last.saturating_add(1)));
        if range.first > end || (self.range.is_some() && range.first == end) {
            let message = format!("{}: {range} lies outside of its {total} bytes", self.url);
            return Err(FetchFailure::status(416, message));
        }
        if end - range.first > self.max_bytes {
            return Err(self.too_large());
        }
        Ok((range.first, end))
    }

    /// More came, or is announced, than `max_bytes`.
    pub(super) fn too_large(&self) -> FetchFailure {
        let message = format!("{}: more than the {} bytes accepted for it", self.url, self.max_bytes);
        FetchFailure::new(FetchFailureKind::TooLarge, message)
    }

    /// It has not come as fast as it has to.
    pub(super) fn slow(&self, pace: LeastPace) -> FetchFailure {
        let rate = pace.bytes as f64 * 8e-3 / pace.within.as_secs_f64();
        let message = format!("{}: slower than {rate} kbit/s for {} s", self.url, pace.within.as_secs_f64());
        FetchFailure::new(FetchFailureKind::Silence, message)
    }

    /// Nothing came for the time of `silence`.
    pub(super) fn silent(&self) -> FetchFailure {
        let message = format!("{}: no byte for {} s", self.url, self.silence.as_secs_f64());
        FetchFailure::new(FetchFailureKind::Silence, message)
    }
}
