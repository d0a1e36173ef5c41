//! Faults on purpose: one request in so many fails in the way that was asked for, the others do not.

use super::contract::run;
use super::server::Server;
use crate::fetch::{FetchConfig, FetchFailureKind, FetchRequest, Fetcher};
use player_core::io::{FaultKind, FaultPlan};
use std::time::Duration;

/// How three requests in a row end, every second one failing so: `None` for good.
fn three(kind: FaultKind) -> Vec<Option<(FetchFailureKind, Option<u16>)>> {
    let mut ends = vec![];
    run(async {
        let server = Server::start(vec![7; 100_000]).await;
        let fetcher = Fetcher::new(FetchConfig { allow_private: true, ..FetchConfig::default() }).await.unwrap();
        fetcher.faults().set(Some(FaultPlan { kind, every: 2 }));
        for _ in 0..3 {
            let request = FetchRequest::media(server.url("body"), None);
            let request = FetchRequest { silence: Duration::from_millis(50), ..request };
            let end = fetcher.fetch(request).collect().await;
            ends.push(end.err().map(|failure| (failure.kind, failure.status)));
        }
        let opened = fetcher.fetch(FetchRequest::open(server.url("body"))).collect().await;
        assert!(opened.is_ok(), "a manifest that is opened is spared");
        fetcher.faults().set(None);
        let request = FetchRequest::media(server.url("body"), None);
        assert!(fetcher.fetch(request).collect().await.is_ok());
    });
    ends
}

#[test]
fn every_second_request_fails_as_asked() {
    let failing = |kind, status| vec![None, Some((kind, status)), None];
    assert_eq!(three(FaultKind::Unavailable), failing(FetchFailureKind::Status, Some(503)));
    assert_eq!(three(FaultKind::NotFound), failing(FetchFailureKind::Status, Some(404)));
    assert_eq!(three(FaultKind::Reset), failing(FetchFailureKind::Truncated, None));
    assert_eq!(three(FaultKind::Silence), failing(FetchFailureKind::Silence, None));
}
