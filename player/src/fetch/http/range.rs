//! Cuts the requested range out of what a server sends: it may ignore `Range` and send everything (RFC 9110 14.2). That is
//! read up to the end of the range, and kept for what follows; asking again would bring the same.

use crate::fetch::failure::{FetchFailure, FetchFailureKind};
use crate::fetch::request::{FetchRequest, Range};
use bytes::Bytes;
use reqwest::header::{CONTENT_RANGE, HeaderMap};
use reqwest::{Response, StatusCode};
use shared::sniff::sniff;

/// What of the body is still to be left out, and what is still to pass.
pub(super) struct Cut {
    skip: u64,
    left: Option<u64>,
    passed: u64,
    ranged: bool,
    /// Where the range ends in a body that goes on behind it.
    goes_on_at: Option<u64>,
    /// What came behind the range.
    rest: Bytes,
    /// How the body begins: a page is no part of what was asked for.
    beginning: Bytes,
}

impl Cut {
    /// For the body of `response`; fails when that is of another range.
    pub(super) fn new(request: &FetchRequest, response: &Response) -> Result<Self, FetchFailure> {
        let whole = Self {
            skip: 0,
            left: None,
            passed: 0,
            ranged: request.range.is_some(),
            goes_on_at: None,
            rest: Bytes::new(),
            beginning: Bytes::new(),
        };
        match (request.range, response.status()) {
            (Some(range), StatusCode::OK) => Ok(Self {
                skip: range.first,
                left: range.length(),
                goes_on_at: range.length().map(|length| range.first.saturating_add(length)),
                ..whole
            }),
            (Some(range), _) if !starts_right(range, response.headers()) => {
                let message = format!("{}: asked for {range}, got another range", request.url);
                Err(FetchFailure::new(FetchFailureKind::Protocol, message))
            }
            (Some(range), _) => Ok(Self { left: range.length(), ..whole }),
            (None, _) => Ok(whole),
        }
    }

    /// So much of the body is already behind us.
    pub(super) fn read_on_from(self, at: u64) -> Self {
        Self { skip: self.skip.saturating_sub(at), ..self }
    }

    /// Where the body goes on, and what came of that, once the range has come; nothing where it ends with the range.
    pub(super) fn goes_on(&mut self, total: Option<u64>) -> Option<(u64, Bytes)> {
        let at = self.goes_on_at.filter(|at| self.is_complete() && total.is_none_or(|total| *at < total))?;
        Some((at, std::mem::take(&mut self.rest)))
    }

    /// How much came behind the range and is of no use.
    pub(super) fn behind(&self) -> u64 {
        self.rest.len() as u64
    }

    /// How much comes before what was asked for.
    pub(super) fn before(&self) -> u64 {
        self.skip
    }

    /// How much will pass, given the length of the whole body.
    pub(super) fn length(&self, body: Option<u64>) -> Option<u64> {
        let rest = body.map(|body| body.saturating_sub(self.skip));
        match (rest, self.left) {
            (Some(rest), Some(left)) => Some(rest.min(left)),
            (rest, left) => rest.or(left),
        }
    }

    /// The reader asked for a range and gets one.
    pub(super) fn status(&self, status: StatusCode) -> u16 {
        if self.ranged { StatusCode::PARTIAL_CONTENT.as_u16() } else { status.as_u16() }
    }

    /// What of the next bytes of the body was asked for.
    pub(super) fn take(&mut self, mut chunk: Bytes) -> Bytes {
        if self.beginning.is_empty() {
            self.beginning = chunk.clone();
        }
        let skipped = self.skip.min(chunk.len() as u64);
        self.skip -= skipped;
        let mut chunk = chunk.split_off(skipped as usize);
        if let Some(left) = &mut self.left {
            self.rest = chunk.split_off((*left).min(chunk.len() as u64) as usize);
            *left -= chunk.len() as u64;
        }
        self.passed += chunk.len() as u64;
        chunk
    }

    /// Bytes that were asked for and have come.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// Nothing more of the body was asked for.
    pub(super) fn is_complete(&self) -> bool {
        self.left == Some(0)
    }

    /// A range that lies behind the end of the whole body, for servers that do not look at ranges; or of a page that came
    /// in place of the body.
    pub(super) fn check_end(&self, request: &FetchRequest) -> Result<(), FetchFailure> {
        if !self.ranged || self.passed > 0 {
            return Ok(());
        }
        Err(match sniff(&self.beginning).filter(|found| found.is_no_media()) {
            Some(found) => FetchFailure::intercepted(&request.url, found),
            None => FetchFailure::status(416, format!("{}: the range lies behind its end", request.url)),
        })
    }
}

/// `Content-Range: bytes 10-19/100` begins where `range` does. A server that does not say is believed.
fn starts_right(range: Range, fields: &HeaderMap) -> bool {
    let said = fields.get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    said.is_none_or(|said| {
        let first = said.strip_prefix("bytes ").and_then(|rest| rest.split('-').next());
        first.and_then(|first| first.parse().ok()) == Some(range.first)
    })
}
