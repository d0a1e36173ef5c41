//! What every source must do, leaf or layer, alone and all together. Each supplies only a fetcher and the URLs of a body
//! and of nothing.

use super::memory::{Memory, fetcher_over};
use super::server::{PATIENCE, Server};
use crate::fetch::reach::Reach;
use crate::fetch::relay::Relay;
use crate::fetch::{
    ByScheme, Cache, FaultSwitch, Faults, Fetch, FetchConfig, FetchEvent, FetchFailureKind, FetchRequest, Fetcher,
    FileSource, Http, HttpConfig, Range, Throttle, Throttled, Trust,
};
use bytes::Bytes;
use std::future::Future;
use std::sync::Arc;
use url::Url;

/// A body over several chunks, different everywhere.
fn body() -> Vec<u8> {
    (0..300_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).take(1_000_003).collect()
}

struct Subject {
    fetcher: Fetcher,
    body: Url,
    missing: Url,
}

pub(in crate::fetch) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, test).await.expect("ends by itself") });
}

/// What a finished request gave: statuses, announced length, bytes.
pub(super) async fn outcome(mut fetch: Fetch) -> Result<(u16, Option<u64>, Vec<u8>), (FetchFailureKind, Option<u16>)> {
    let (mut head, mut bytes) = (None, vec![]);
    loop {
        match fetch.next().await.expect("a last event") {
            FetchEvent::Headers(said) => assert!(head.replace((said.status, said.length)).is_none()),
            FetchEvent::Chunk(chunk) => {
                assert!(head.is_some() && !chunk.is_empty());
                bytes.extend_from_slice(&chunk);
            }
            FetchEvent::Unasked(count) => assert!(head.is_some() && count > 0),
            FetchEvent::Done => {
                let (status, length) = head.expect("headers before the end");
                assert!(fetch.next().await.is_none());
                return Ok((status, length, bytes));
            }
            FetchEvent::Failed(failure) => {
                assert!(fetch.next().await.is_none());
                return Err((failure.kind, failure.status));
            }
        }
    }
}

async fn check(subject: Subject) {
    let Subject { fetcher, body: url, missing } = subject;
    let (whole, total) = (body(), body().len() as u64);
    let open = FetchRequest { trust: Trust::Viewer, ..FetchRequest::media(url.clone(), None) };
    assert_eq!(outcome(fetcher.fetch(open)).await, Ok((200, Some(total), whole.clone())));

    let part = |first, last| FetchRequest::media(url.clone(), Some(Range { first, last }));
    let expected = |from: usize, to: usize| Ok((206, Some((to - from) as u64), whole[from..to].to_vec()));
    assert_eq!(outcome(fetcher.fetch(part(1000, Some(500_000)))).await, expected(1000, 500_001));
    assert_eq!(outcome(fetcher.fetch(part(0, Some(0)))).await, expected(0, 1));
    assert_eq!(outcome(fetcher.fetch(part(999_999, None))).await, expected(999_999, whole.len()));
    assert_eq!(outcome(fetcher.fetch(part(999_999, Some(u64::MAX)))).await, expected(999_999, whole.len()));
    let behind = outcome(fetcher.fetch(part(total, None))).await;
    assert_eq!(behind, Err((FetchFailureKind::Status, Some(416))));

    let small = FetchRequest { max_bytes: 1000, ..FetchRequest::media(url.clone(), None) };
    assert_eq!(outcome(fetcher.fetch(small)).await, Err((FetchFailureKind::TooLarge, None)));
    let absent = outcome(fetcher.fetch(FetchRequest::media(missing, None))).await;
    assert!(
        matches!(absent, Err((FetchFailureKind::Status, Some(404)) | (FetchFailureKind::File, None))),
        "{absent:?}"
    );

    // Dropped in the middle: the next request is none the worse.
    let mut dropped = fetcher.fetch(FetchRequest::media(url.clone(), None));
    assert!(matches!(dropped.next().await, Some(FetchEvent::Headers(_))));
    drop(dropped);
    let (bytes, found) = fetcher.fetch(FetchRequest::media(url.clone(), None)).collect().await.unwrap();
    assert!(bytes == whole && found == url);
}

fn in_memory() -> (Memory, Url, Url) {
    let url = |name: &str| Url::parse(&format!("https://example.com/{name}")).unwrap();
    (Memory::from_iter([(url("body"), Bytes::from(body()))]), url("body"), url("missing"))
}

/// What HTTP needs beneath it, without a link.
pub(super) async fn relay() -> (Arc<Reach>, Relay) {
    let reach = Arc::new(Reach::new(true));
    let timeout = HttpConfig::default().connect_timeout;
    let relay = Relay::start(Arc::clone(&reach), Throttle::default(), timeout).await.unwrap();
    (reach, relay)
}

pub(super) fn http_through(relay: &Relay, reach: Arc<Reach>) -> Http {
    Http::new(HttpConfig::default(), reach, &relay.proxy_url()).unwrap()
}

#[test]
fn memory() {
    run(async {
        let (memory, body, missing) = in_memory();
        check(Subject { fetcher: fetcher_over(memory), body, missing }).await;
    });
}

#[test]
fn each_layer_over_memory() {
    run(async {
        let (memory, body, missing) = in_memory();
        let fetcher = fetcher_over(Cache::new(memory));
        check(Subject { fetcher, body: body.clone(), missing: missing.clone() }).await;
        let fetcher = fetcher_over(Faults::new(in_memory().0, FaultSwitch::default()));
        check(Subject { fetcher, body: body.clone(), missing: missing.clone() }).await;
        let fetcher = fetcher_over(Throttled::new(in_memory().0, relay().await.1));
        check(Subject { fetcher, body, missing }).await;
    });
}

#[test]
fn the_leaves_alone_and_behind_the_choice_by_scheme() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("body"), body()).unwrap();
        let file = |name: &str| Url::from_file_path(folder.path().join(name)).unwrap();
        let server = Server::start(body()).await;
        let (reach, relay) = relay().await;
        let both = || ByScheme::new(http_through(&relay, Arc::clone(&reach)), Throttle::default());

        let http = fetcher_over(http_through(&relay, Arc::clone(&reach)));
        for fetcher in [http, fetcher_over(both())] {
            check(Subject { fetcher, body: server.url("body"), missing: server.url("missing") }).await;
        }
        for fetcher in [fetcher_over(FileSource::default()), fetcher_over(both())] {
            check(Subject { fetcher, body: file("body"), missing: file("missing") }).await;
        }
    });
}

#[test]
fn all_layers_over_a_file() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("body"), body()).unwrap();
        let url = |name: &str| Url::from_file_path(folder.path().join(name)).unwrap();
        let fetcher = Fetcher::new(FetchConfig::default()).await.unwrap();
        check(Subject { fetcher, body: url("body"), missing: url("missing") }).await;
    });
}

#[test]
fn all_layers_over_http() {
    run(async {
        let server = Server::start(body()).await;
        let fetcher = Fetcher::new(FetchConfig::default()).await.unwrap();
        check(Subject { fetcher, body: server.url("body"), missing: server.url("missing") }).await;
    });
}

#[test]
fn http_from_a_server_that_ignores_ranges() {
    run(async {
        let server = Server::start(body()).await;
        let fetcher = Fetcher::new(FetchConfig::default()).await.unwrap();
        check(Subject { fetcher, body: server.url("whole"), missing: server.url("missing") }).await;
    });
}

#[test]
fn files_only_below_a_manifest_opened_from_disk() {
    run(async {
        let (folder, secret) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
        std::fs::create_dir(folder.path().join("video")).unwrap();
        for name in ["manifest.mpd", "video/1.m4s"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        std::os::unix::fs::symlink(secret.path(), folder.path().join("link")).unwrap();
        let url = |name: &str| Url::from_file_path(folder.path().join(name)).unwrap();
        let fetcher = Fetcher::new(FetchConfig::default()).await.unwrap();
        let media = async |url: Url| outcome(fetcher.fetch(FetchRequest::media(url, None))).await;
        let refused = Err((FetchFailureKind::Refused, None));

        assert_eq!(media(url("video/1.m4s")).await, refused, "before a manifest is open");
        let manifest = fetcher.fetch(FetchRequest::open(url("manifest.mpd")));
        assert!(outcome(manifest).await.is_ok());
        assert!(media(url("video/1.m4s")).await.is_ok());
        assert_eq!(media(Url::from_file_path(secret.path()).unwrap()).await, refused);
        assert_eq!(media(url("link")).await, refused);
        assert_eq!(media(Url::parse("data:text/plain,hello").unwrap()).await, refused);
        let name = secret.path().file_name().unwrap().to_str().unwrap();
        let above = url("video/1.m4s").join(&format!("../../{name}")).unwrap();
        assert_eq!(media(above).await, refused);
    });
}
