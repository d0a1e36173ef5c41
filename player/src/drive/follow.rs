//! One request from its start to its end: what the fetch tells, in the words of the session.
#![expect(clippy::disallowed_methods, reason = "progress is reported at most every 50 ms of real time")]

use super::body::Body;
use crate::fetch::{BodyOrigin, Fetch, FetchEvent, FetchFailure, FetchFailureKind, ResponseHead};
use bytes::Bytes;
use player_core::io::{Failure, FailureKind, RequestId};
use shared::units::ByteSize;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use url::Url;

/// Between two reports of progress.
const PROGRESS: Duration = Duration::from_millis(50);

/// What happens to a request.
#[derive(Debug, PartialEq)]
pub(super) enum DownloadNews {
    /// Bytes came.
    Progress { received: ByteSize, expected: Option<ByteSize> },
    /// The next fragment of media is complete.
    Fragment(Bytes),
    /// All bytes came: those of the fragments as well. `received` counts also what was not asked for.
    Done { received: ByteSize, body: Bytes, url: Url, cached: bool },
    /// No more will come.
    Failed { received: ByteSize, failure: Failure },
}

/// Decides when progress is worth a report: at most one in [`PROGRESS`].
#[derive(Debug, Clone, Copy, Default)]
struct Cadence {
    told: Option<Instant>,
}

impl Cadence {
    /// Whether to report at `now`; the answer "yes" counts as done.
    fn is_due(&mut self, now: Instant) -> bool {
        let due = self.told.is_none_or(|told| now.saturating_duration_since(told) >= PROGRESS);
        if due {
            self.told = Some(now);
        }
        due
    }
}

/// Follows a request and reports on the way; `body` is empty at first. Returns the last news. `news` may be full: then the download waits, and the
/// server feels it.
pub(super) async fn follow(
    id: RequestId,
    mut body: Body,
    mut fetch: Fetch,
    news: &mpsc::Sender<(RequestId, DownloadNews)>,
) -> DownloadNews {
    let mut head: Option<ResponseHead> = None;
    let mut cadence = Cadence::default();
    while let Some(event) = fetch.next().await {
        match event {
            FetchEvent::Headers(said) => {
                body.expect(said.length);
                head = Some(said);
            }
            FetchEvent::Chunk(bytes) => {
                for fragment in body.push(&bytes) {
                    let _ = news.send((id, DownloadNews::Fragment(fragment))).await; // nobody left to tell
                }
            }
            FetchEvent::Unasked(count) => body.skip(count),
            FetchEvent::Done => return done(body, head),
            FetchEvent::Failed(failure) => return failed(&body, failure_of(failure)),
        }
        if cadence.is_due(Instant::now()) {
            let progress =
                DownloadNews::Progress { received: body.received(), expected: head.as_ref().and_then(expected) };
            let _ = news.send((id, progress)).await; // nobody left to tell
        }
    }
    failed(&body, refused("the request ended without an answer"))
}

/// How much will come in all.
fn expected(head: &ResponseHead) -> Option<ByteSize> {
    head.length.map(|length| ByteSize::from_bytes(length.saturating_add(head.unasked)))
}

fn done(body: Body, head: Option<ResponseHead>) -> DownloadNews {
    match head {
        Some(head) => {
            let received = body.received();
            // What was here before it was asked for says nothing about the network.
            let cached = matches!(head.origin, BodyOrigin::Cache | BodyOrigin::ReadOn);
            DownloadNews::Done { received, url: head.url, cached, body: body.whole() }
        }
        None => failed(&body, refused("a body came without a header")),
    }
}

fn failed(body: &Body, failure: Failure) -> DownloadNews {
    DownloadNews::Failed { received: body.received(), failure }
}

/// What is not fetched on principle.
pub(super) fn refused(message: impl Into<String>) -> Failure {
    Failure { kind: FailureKind::Refused, status: None, retry_after: None, message: message.into() }
}

pub(super) fn failure_of(failure: FetchFailure) -> Failure {
    use FetchFailureKind as Kind;
    let kind = match failure.kind {
        Kind::Name | Kind::Connect | Kind::ConnectTimeout | Kind::Tls => FailureKind::Connect,
        Kind::Silence => FailureKind::Timeout,
        Kind::Status => FailureKind::Status,
        Kind::Truncated => FailureKind::Broken,
        Kind::Protocol => FailureKind::Content,
        Kind::Intercepted => FailureKind::Intercepted,
        Kind::Exhausted => FailureKind::Exhausted,
        Kind::TooLarge | Kind::File | Kind::Refused => FailureKind::Refused,
    };
    Failure { kind, status: failure.status, retry_after: failure.retry_after, message: failure.message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::FetchRequest;
    use crate::fetch::tests::memory::{Scripted, fetcher_over};

    const ID: RequestId = RequestId(7);

    fn url() -> Url {
        "https://example.com/1.m4s".parse().unwrap()
    }

    fn head(length: Option<u64>, origin: BodyOrigin) -> FetchEvent {
        let fields = Default::default();
        FetchEvent::Headers(ResponseHead { status: 200, length, unasked: 0, url: url(), origin, fields })
    }

    fn chunk(bytes: &'static [u8]) -> FetchEvent {
        FetchEvent::Chunk(Bytes::from_static(bytes))
    }

    /// All news of a request that is answered with `events`, the last one last.
    fn told(in_fragments: bool, events: Vec<FetchEvent>) -> Vec<DownloadNews> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (news, mut receiver) = mpsc::channel(64);
            let fetch = fetcher_over(Scripted::new(events)).fetch(FetchRequest::media(url(), None));
            let last = follow(ID, Body::new(in_fragments), fetch, &news).await;
            drop(news);
            let mut all = vec![];
            while let Some((id, news)) = receiver.recv().await {
                assert_eq!(id, ID);
                all.push(news);
            }
            all.push(last);
            all
        })
    }

    #[test]
    fn the_head_is_told_at_once_with_what_it_promises() {
        let all = told(false, vec![head(Some(3), BodyOrigin::Network), chunk(b"abc"), FetchEvent::Done]);
        let expected = Some(ByteSize::from_bytes(3));
        assert_eq!(all[0], DownloadNews::Progress { received: ByteSize::ZERO, expected });
        let (received, body) = (ByteSize::from_bytes(3), Bytes::from_static(b"abc"));
        assert_eq!(all.last(), Some(&DownloadNews::Done { received, body, url: url(), cached: false }));
    }

    #[test]
    fn what_was_not_asked_for_counts_as_received_and_belongs_to_no_body() {
        let FetchEvent::Headers(head) = head(Some(3), BodyOrigin::Network) else { panic!("a head") };
        let begins = FetchEvent::Headers(ResponseHead { unasked: 100, ..head });
        let all = told(false, vec![begins, FetchEvent::Unasked(100), chunk(b"abc"), FetchEvent::Done]);
        let (expected, received) = (Some(ByteSize::from_bytes(103)), ByteSize::from_bytes(103));
        assert_eq!(all[0], DownloadNews::Progress { received: ByteSize::ZERO, expected });
        let body = Bytes::from_static(b"abc");
        assert_eq!(all.last(), Some(&DownloadNews::Done { received, body, url: url(), cached: false }));
    }

    #[test]
    fn fragments_are_told_as_soon_as_they_are_complete() {
        let events = vec![
            head(None, BodyOrigin::Network),
            chunk(b"\0\0\0\x08moof\0\0\0\x0amd"),
            chunk(b"atab\0\0\0\x08mo"),
            chunk(b"of\0\0\0\x09mdatc"),
            FetchEvent::Done,
        ];
        let all = told(true, events);
        let fragments: Vec<_> = all.iter().filter(|news| matches!(news, DownloadNews::Fragment(_))).collect();
        let expected: [&[u8]; 2] = [b"\0\0\0\x08moof\0\0\0\x0amdatab", b"\0\0\0\x08moof\0\0\0\x09mdatc"];
        assert_eq!(fragments.len(), 2);
        for (fragment, expected) in fragments.into_iter().zip(expected) {
            assert_eq!(fragment, &DownloadNews::Fragment(Bytes::from_static(expected)));
        }
        assert!(matches!(all.last(), Some(DownloadNews::Done { body, .. }) if *body == expected.concat()));
    }

    #[test]
    fn only_what_the_cache_holds_counts_as_cached() {
        for (origin, expected) in [
            (BodyOrigin::Cache, true),
            (BodyOrigin::ReadOn, true),
            (BodyOrigin::Network, false),
            (BodyOrigin::File, false),
        ] {
            let all = told(false, vec![head(None, origin), FetchEvent::Done]);
            assert!(matches!(all.last(), Some(DownloadNews::Done { cached, .. }) if *cached == expected), "{origin:?}");
        }
    }

    #[test]
    fn a_failure_says_how_much_had_come_and_what_may_help() {
        let gone = FetchFailure { status: Some(503), ..FetchFailure::new(FetchFailureKind::Status, "busy") };
        let all = told(true, vec![head(None, BodyOrigin::Network), chunk(b"ab"), FetchEvent::Failed(gone)]);
        let failure =
            Failure { kind: FailureKind::Status, status: Some(503), retry_after: None, message: "busy".into() };
        assert_eq!(all.last(), Some(&DownloadNews::Failed { received: ByteSize::from_bytes(2), failure }));
    }

    #[test]
    fn every_kind_of_failure_has_a_remedy_of_its_own() {
        let kind = |kind| failure_of(FetchFailure::new(kind, "")).kind;
        assert_eq!(kind(FetchFailureKind::Tls), FailureKind::Connect);
        assert_eq!(kind(FetchFailureKind::Silence), FailureKind::Timeout);
        assert_eq!(kind(FetchFailureKind::Truncated), FailureKind::Broken);
        assert_eq!(kind(FetchFailureKind::Protocol), FailureKind::Content);
        assert_eq!(kind(FetchFailureKind::TooLarge), FailureKind::Refused);
        assert_eq!(kind(FetchFailureKind::Exhausted), FailureKind::Exhausted);
    }

    #[test]
    fn progress_is_told_every_fifty_milliseconds() {
        let start = Instant::now();
        let mut cadence = Cadence::default();
        let due: Vec<u64> = (0..=120).filter(|&ms| cadence.is_due(start + Duration::from_millis(ms))).collect();
        assert_eq!(due, [0, 50, 100]);
    }
}
