//! The cache alone, over a source in memory.

use super::contract::{outcome, run};
use super::memory::Memory;
use crate::fetch::running::Sender;
use crate::fetch::source::Outcome;
use crate::fetch::{BodyOrigin, Cache, FetchEvent, FetchRequest, Fetcher, Range, Source};
use bytes::Bytes;
use std::sync::Arc;
use url::Url;

/// A source that the test and the cache share.
struct Shared(Arc<Memory>);

impl Source for Shared {
    async fn run(&self, request: &FetchRequest, events: Sender) -> Outcome {
        self.0.run(request, events).await
    }
}

fn url() -> Url {
    "https://example.com/manifest.mpd".parse().unwrap()
}

fn memory() -> Memory {
    Memory::from_iter([(url(), Bytes::from_static(b"<MPD/>"))])
}

fn cached(memory: Memory) -> (Arc<Memory>, Fetcher) {
    let memory = Arc::new(memory);
    (Arc::clone(&memory), super::memory::fetcher_over(Cache::new(Shared(memory))))
}

async fn origin(fetcher: &Fetcher, request: FetchRequest) -> BodyOrigin {
    match fetcher.fetch(request).next().await {
        Some(FetchEvent::Headers(head)) => head.origin,
        other => panic!("{other:?} instead of a head"),
    }
}

#[test]
fn what_is_confirmed_comes_from_the_cache_and_says_so() {
    run(async {
        let (memory, fetcher) = cached(memory().with_etag("\"v1\""));
        let open = || FetchRequest::open(url());
        assert_eq!(outcome(fetcher.fetch(open())).await, Ok((200, Some(6), b"<MPD/>".to_vec())));
        assert_eq!(outcome(fetcher.fetch(open())).await, Ok((304, Some(6), b"<MPD/>".to_vec())));
        assert_eq!(origin(&fetcher, open()).await, BodyOrigin::Cache);
        assert_eq!(memory.asked(), 3, "whether it changed is asked each time");
    });
}

#[test]
fn without_a_validator_nothing_is_kept() {
    run(async {
        let (_, fetcher) = cached(memory());
        for _ in 0..2 {
            assert_eq!(outcome(fetcher.fetch(FetchRequest::open(url()))).await, Ok((200, Some(6), b"<MPD/>".to_vec())));
        }
    });
}

#[test]
fn media_and_ranges_pass_through() {
    run(async {
        let (_, fetcher) = cached(memory().with_etag("\"v1\""));
        let range = Some(Range { first: 1, last: Some(3) });
        for _ in 0..2 {
            let media = FetchRequest::media(url(), None);
            assert_eq!(origin(&fetcher, media).await, BodyOrigin::Network);
            let part = FetchRequest { range, ..FetchRequest::open(url()) };
            assert_eq!(outcome(fetcher.fetch(part)).await, Ok((206, Some(3), b"MPD".to_vec())));
        }
    });
}

#[test]
fn a_failure_leaves_what_is_held() {
    run(async {
        let missing: Url = "https://example.com/missing".parse().unwrap();
        let (_, fetcher) = cached(memory().with_etag("\"v1\""));
        assert!(fetcher.fetch(FetchRequest::open(url())).collect().await.is_ok());
        let small = FetchRequest { max_bytes: 1, ..FetchRequest::open(missing) };
        assert!(fetcher.fetch(small).collect().await.is_err());
        assert_eq!(origin(&fetcher, FetchRequest::open(url())).await, BodyOrigin::Cache);
    });
}
