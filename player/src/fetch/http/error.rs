//! What went wrong with an HTTP request, in the kinds of [`FetchFailureKind`] and in words with a remedy.

use crate::fetch::failure::{FetchFailure, FetchFailureKind};
use crate::fetch::reach::ConnectFailure;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, DATE, HeaderMap, RETRY_AFTER};
use std::error::Error;
use std::time::Duration;
use url::Url;

/// An error status, with the server's Retry-After.
pub(super) fn status(response: &Response) -> FetchFailure {
    let status = response.status();
    FetchFailure {
        kind: FetchFailureKind::Status,
        status: Some(status.as_u16()),
        retry_after: retry_after(response.headers()),
        message: format!("{}: the server answered {status}", response.url()),
    }
}

/// Content codings that change nothing, and what servers mistake for one.
const NO_CODING: [&str; 6] = ["", "identity", "none", "utf-8", "binary", "aws-chunked"];

/// A body that is packed in a way that nobody asked for (RFC 9110 8.4.1). What the client has unpacked says nothing of it
/// any more.
pub(super) fn unread_coding(response: &Response) -> Option<FetchFailure> {
    let codings = response.headers().get(CONTENT_ENCODING)?.to_str().unwrap_or("unreadable");
    codings.split(',').map(str::trim).find(|coding| !NO_CODING.contains(&&*coding.to_ascii_lowercase()))?;
    let url = response.url();
    let message = format!("{url}: it came with the Content-Encoding `{codings}`, which is not read; gzip is");
    Some(FetchFailure::new(FetchFailureKind::Protocol, message))
}

/// Why there was no response, or why it ended early. `cause` is what the relay knows about the connection.
pub(super) fn explain(url: &Url, cause: Option<ConnectFailure>, error: &reqwest::Error) -> FetchFailure {
    match cause {
        Some(cause) => not_connected(url, &cause),
        None => FetchFailure::new(kind(url, error), format!("{url}: {}", chain(error))),
    }
}

fn not_connected(url: &Url, cause: &ConnectFailure) -> FetchFailure {
    let (kind, why) = match cause {
        ConnectFailure::Name(why) => {
            (FetchFailureKind::Name, format!("its host is unknown ({why}); check the name and the network"))
        }
        ConnectFailure::Forbidden(address) => (
            FetchFailureKind::Refused,
            format!("{address} is a private address and the manifest came from elsewhere; --allow-private permits it"),
        ),
        ConnectFailure::Refused(why) => {
            (FetchFailureKind::Connect, format!("cannot connect ({why}); is the server running?"))
        }
        ConnectFailure::Timeout => {
            (FetchFailureKind::ConnectTimeout, "no connection in time; is the address right?".to_owned())
        }
    };
    FetchFailure::new(kind, format!("{url}: {why}"))
}

fn kind(url: &Url, error: &reqwest::Error) -> FetchFailureKind {
    if error.is_connect() {
        // The relay knows of no failure: what failed came after it.
        if url.scheme() == "https" { FetchFailureKind::Tls } else { FetchFailureKind::Connect }
    } else if is_not_http(error) {
        FetchFailureKind::Protocol
    } else {
        FetchFailureKind::Truncated
    }
}

/// hyper's type is not within reach; its texts about an unreadable head are `invalid HTTP version parsed` and the like.
fn is_not_http(error: &reqwest::Error) -> bool {
    let text = chain(error);
    text.contains(" parsed") || text.contains("too large")
}

fn sources(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// The innermost two causes: the outer ones say that a request failed, which is known.
fn chain(error: &reqwest::Error) -> String {
    let mut texts: Vec<String> = sources(error).map(ToString::to_string).collect();
    texts.dedup();
    if texts.is_empty() { error.to_string() } else { texts.split_off(texts.len().saturating_sub(2)).join(": ") }
}

/// In seconds or as a date (RFC 9110 10.2.3); a date counts from the server's own `Date`, so no clock is needed.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(secs) = text.parse() {
        return Some(Duration::from_secs(secs));
    }
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    date(text)?.duration_since(date(headers.get(DATE)?.to_str().ok()?)?).ok()
}
