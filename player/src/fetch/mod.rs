//! Gets bytes: a request goes in, events come out, the same from every source.
//!
//! ```text
//! FetchRequest ─► Fetcher ─┬─ http ── relay (names, addresses, throttle) ── network     reach: what may be contacted
//!                          │   └── cache (ETag, 304)
//!                          ├─ file    below a manifest opened from disk
//!                          └─ memory  tests
//!                  events ◄─ Headers, Chunk…, Done | Failed
//! ```
//!
//! * [`request`]: the request, the events, the kinds of failure. [`Fetch`] is a running request; dropping it cancels.
//! * [`http`]: status lines, redirects, ranges, timeouts; the client itself is reqwest. `http_error`: its failures in
//!   our words.
//! * [`cache`]: bodies with their validators; a 304 is answered from it.
//! * `reach`: which hosts a manifest may send us to, and why a connection failed.
//! * `relay` and `socks`: the way of every HTTP byte, and with [`throttle`] the emulated link.
//! * [`faults`]: what goes wrong on purpose.
//! * [`mod@file`], [`memory`]: the other two sources.
//!
//! No retries, no choice among locations and no decision about rates here: these belong to the session.

pub mod cache;
pub mod faults;
pub mod file;
pub mod http;
mod http_error;
pub mod memory;
mod reach;
mod relay;
pub mod request;
mod socks;
pub mod throttle;

#[cfg(test)]
mod tests;

pub use cache::Cache;
pub use faults::Faults;
pub use file::FileSource;
pub use http::{Http, HttpConfig, MOST_REDIRECTS};
pub use memory::Memory;
pub use request::{Failure, FailureKind, Fetch, FetchEvent, FetchRequest, Range, Trust};
pub use throttle::Throttle;

use request::Sender;
use thiserror::Error;

/// What fetching needs to know beforehand.
#[derive(Debug, Clone, Default)]
pub struct FetchConfig {
    /// Headers, time-outs.
    pub http: HttpConfig,
    /// Manifests may send us to private, loopback and link-local addresses, wherever they came from.
    pub allow_private: bool,
    /// The emulated link; can be changed while fetching.
    pub throttle: Throttle,
}

/// Fetching could not be set up.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The loopback relay.
    #[error("cannot listen on the loopback interface for the player's own relay: {0}")]
    Relay(#[from] std::io::Error),
    /// The HTTP client.
    #[error("cannot set up the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// `--header` without a colon, or with characters that HTTP does not allow.
    #[error("`{0}` is not a header: expected `Name: value`")]
    Header(String),
}

/// All sources behind one door. Cheap to clone; clones share cache, throttle and connections.
#[derive(Debug, Clone)]
pub struct Fetcher {
    http: Option<Http>,
    files: FileSource,
    memory: Option<Memory>,
    throttle: Throttle,
    faults: Faults,
}

impl Fetcher {
    /// Network and disk. Must be called within a tokio runtime: the relay is one of its tasks and ends with it.
    pub async fn new(config: FetchConfig) -> Result<Self, FetchError> {
        let throttle = config.throttle.clone();
        let http = Http::new(config.http, config.allow_private, throttle.clone()).await?;
        Ok(Self { http: Some(http), files: FileSource::default(), memory: None, throttle, faults: Faults::default() })
    }

    /// Only what `memory` holds; every other URL is refused.
    pub fn from_memory(memory: Memory) -> Self {
        let (throttle, faults) = (Throttle::default(), Faults::default());
        Self { http: None, files: FileSource::default(), memory: Some(memory), throttle, faults }
    }

    /// Starts a request on the current tokio runtime.
    pub fn fetch(&self, request: FetchRequest) -> Fetch {
        let this = self.clone();
        Fetch::spawn(|events| async move { this.run(request, &events).await })
    }

    /// The emulated link of this fetcher.
    pub fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    /// What goes wrong on purpose with this fetcher's requests.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    async fn run(&self, request: FetchRequest, events: &Sender) -> Result<FetchEvent, Failure> {
        if let Some(memory) = &self.memory {
            return memory.run(&request, events).await;
        }
        match (request.url.scheme(), &self.http) {
            ("file", _) => self.files.run(&request, events).await,
            ("http" | "https", Some(http)) => {
                self.files.leave(&request);
                match self.faults.next(&request) {
                    Some(fault) => faults::run(fault, http, request, events).await,
                    None => http.run(&request, events).await,
                }
            }
            (scheme, _) => Err(Failure::refused(format!("{}: `{scheme}` URLs are not fetched", request.url))),
        }
    }
}
