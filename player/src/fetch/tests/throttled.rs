//! The emulated link on real sockets: only the upper bound, which no busy machine can break. That it is used fully is
//! shown in virtual time, in `shared::pacer`.
#![expect(clippy::disallowed_methods, reason = "compares what came with what the link could have carried by now")]

use super::contract::{outcome, run};
use super::server::Server;
use crate::fetch::{FetchConfig, FetchEvent, FetchRequest, Fetcher, Throttle};
use shared::trace::{Interval, Trace};
use std::time::{Duration, Instant};
use url::Url;

const ALLOWANCE: f64 = 64.0 * 1024.0;

fn link(rows: &[(f64, f64, f64)]) -> Trace {
    let interval = |&(duration_ms, kbps, latency_ms): &_| Interval { duration_ms, kbps, latency_ms };
    Trace::new("test", rows.iter().map(interval).collect()).unwrap()
}

async fn fetcher(throttle: &Throttle) -> Fetcher {
    let config = FetchConfig { allow_private: true, throttle: throttle.clone(), ..FetchConfig::default() };
    Fetcher::new(config).await.unwrap()
}

#[test]
fn several_responses_never_overtake_the_trace() {
    run(async {
        let trace = link(&[(300.0, 8000.0, 40.0), (200.0, 0.0, 40.0), (300.0, 2000.0, 80.0)]);
        let server = Server::start(vec![7; 4_000_000]).await;
        let fetcher = fetcher(&Throttle::new(Some(trace.clone()))).await;
        let began = Instant::now();
        let mut requests = [(); 3].map(|()| fetcher.fetch(FetchRequest::media(server.url("body"), None)));
        let (mut received, mut first_byte_ms) = ([0; 3], None);
        while began.elapsed() < Duration::from_millis(1500) {
            let [a, b, c] = &mut requests;
            let (index, event) = tokio::select! {
                event = a.next() => (0, event), event = b.next() => (1, event), event = c.next() => (2, event),
            };
            let now_ms = began.elapsed().as_secs_f64() * 1e3;
            first_byte_ms.get_or_insert(now_ms);
            if let Some(FetchEvent::Chunk(chunk)) = event {
                received[index] += chunk.len();
            }
            let total = received.iter().sum::<usize>() as f64;
            assert!(total <= trace.bits_between(0.0, now_ms) / 8.0 + ALLOWANCE, "{total} bytes by {now_ms} ms");
        }
        assert!(first_byte_ms.is_some_and(|ms| ms >= 40.0), "{first_byte_ms:?}");
        assert!(received.iter().all(|&bytes| bytes > 0), "{received:?}");
    });
}

/// A film on this machine is one to watch adaptation with, too.
#[test]
fn a_file_comes_through_the_link_like_everything_else() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("film.mpd");
        std::fs::write(&file, vec![7; 400_000]).unwrap();
        let trace = link(&[(60_000.0, 4000.0, 40.0)]);
        let fetcher = fetcher(&Throttle::new(Some(trace.clone()))).await;
        let began = Instant::now();
        let url = Url::from_file_path(&file).unwrap();
        let came = outcome(fetcher.fetch(FetchRequest::open(url))).await.unwrap().2;
        let carried = trace.bits_between(0.0, began.elapsed().as_secs_f64() * 1e3) / 8.0;
        assert_eq!(came.len(), 400_000);
        assert!(came.len() as f64 <= carried + ALLOWANCE, "the link had carried {carried} bytes");
    });
}

#[test]
fn lifting_the_limit_frees_what_waits() {
    run(async {
        let throttle = Throttle::new(Some(link(&[(1e6, 0.0, 0.0), (1.0, 1.0, 0.0)])));
        let server = Server::start(b"hello".to_vec()).await;
        let fetcher = fetcher(&throttle).await;
        let fetch = fetcher.fetch(FetchRequest::media(server.url("body"), None));
        while server.heads().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(throttle.capacity().map(|rate| rate.bps()), Some(0));
        throttle.set(None);
        assert_eq!(outcome(fetch).await, Ok((200, Some(5), b"hello".to_vec())));
        assert_eq!(throttle.capacity(), None);
    });
}
