//! Gets bytes: a request goes in, events come out, the same from every source.
//!
//! ```text
//! FetchRequest ─► Fetcher ─► Cache ─► Faults ─► Throttled ─► ByScheme ─┬─► Http ─► relay ─► network
//!       events ◄─                               (owns the relay)       └─► FileSource ─► disk
//! ```
//!
//! Sources lie in layers. Each is one file with one type that implements [`Source`], and a layer knows of the source
//! within only that it is one:
//!
//! * [`cache`]: bodies with their validators; a 304 is answered from it.
//! * [`faults`]: what goes wrong on purpose.
//! * [`throttled`]: the emulated link, which `relay` and `socks` apply beneath; [`throttle`] is the link and its clock.
//! * [`by_scheme`]: chooses between the leaves [`http`] and [`mod@file`].
//!
//! Around them:
//!
//! * [`source`]: the trait; [`request`], [`event`], [`failure`]: what goes in and what comes out.
//! * [`running`]: [`Fetch`] is a running request; dropping it cancels.
//! * `reach`: which hosts a manifest may send us to, and why a connection failed; `race`: to which address of a host.
//!
//! No retries, no choice among locations and no decision about rates here: these belong to the session.
//!
//! # Example
//!
//! A manifest from disk, over a link that would carry 800 kbit/s:
//!
//! ```
//! use player::fetch::{FetchConfig, FetchRequest, Fetcher, Throttle};
//! use shared::trace::Trace;
//! use shared::units::Bitrate;
//! use std::time::Duration;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("manifest.mpd");
//! # std::fs::write(&path, "<MPD/>")?;
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let throttle = Throttle::new(Some(Trace::constant(Bitrate::from_kbps(800), Duration::ZERO)));
//! let fetcher = Fetcher::new(FetchConfig { throttle, ..FetchConfig::default() }).await?;
//!
//! let manifest = url::Url::from_file_path(&path).expect("an absolute path");
//! let (body, found) = fetcher.fetch(FetchRequest::open(manifest.clone())).collect().await?;
//! assert_eq!((&body[..], found), (&b"<MPD/>"[..], manifest));
//!
//! assert_eq!(fetcher.throttle().capacity(), Some(Bitrate::from_kbps(800)));
//! fetcher.throttle().set(None); // lifted: from now on everything passes at once
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod by_scheme;
pub mod cache;
pub mod event;
pub mod failure;
pub mod faults;
pub mod file;
pub mod http;
mod race;
mod reach;
mod relay;
pub mod request;
pub mod running;
mod socks;
pub mod source;
pub mod throttle;
pub mod throttled;

#[cfg(test)]
pub(crate) mod tests;

pub use by_scheme::ByScheme;
pub use cache::Cache;
pub use event::{BodyOrigin, FetchEvent, ResponseHead};
pub use failure::{FetchFailure, FetchFailureKind};
pub use faults::{FaultSwitch, Faults};
pub use file::FileSource;
pub use http::{Credentials, Http, HttpConfig, MOST_REDIRECTS};
pub use request::{FetchRequest, LeastPace, Range, Trust};
pub use running::Fetch;
pub use source::Source;
pub use throttle::Throttle;
pub use throttled::Throttled;

use reach::Reach;
use relay::Relay;
use std::fmt;
use std::sync::Arc;
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

/// All layers, and the switches of two of them. Cheap to clone; clones share cache, throttle and
/// connections.
#[derive(Clone)]
pub struct Fetcher {
    start: Arc<dyn Fn(FetchRequest) -> Fetch + Send + Sync>,
    throttle: Throttle,
    faults: FaultSwitch,
}

impl Fetcher {
    /// Network and disk. Must be called within a tokio runtime: the relay is one of its tasks and ends with it.
    ///
    /// # Errors
    /// When the relay cannot listen, or the HTTP client not be built.
    pub async fn new(config: FetchConfig) -> Result<Self, FetchError> {
        let FetchConfig { http, allow_private, throttle } = config;
        let faults = FaultSwitch::default();
        let reach = Arc::new(Reach::new(allow_private));
        let relay = Relay::start(Arc::clone(&reach), throttle.clone(), http.connect_timeout).await?;
        let leaves = ByScheme::new(Http::new(http, reach, &relay.proxy_url())?, throttle.clone());
        let layers = Cache::new(Faults::new(Throttled::new(leaves, relay), faults.clone()));
        Ok(Self::over(layers, throttle, faults))
    }

    /// `source`, with the switches that its layers obey.
    fn over<S: Source + 'static>(source: S, throttle: Throttle, faults: FaultSwitch) -> Self {
        let source = Arc::new(source);
        let start = move |request: FetchRequest| {
            let source = Arc::clone(&source);
            Fetch::spawn(|events| async move { source.run(&request, events).await })
        };
        Self { start: Arc::new(start), throttle, faults }
    }

    /// Starts a request on the current tokio runtime.
    pub fn fetch(&self, request: FetchRequest) -> Fetch {
        (self.start)(request)
    }

    /// The emulated link of this fetcher.
    pub fn throttle(&self) -> &Throttle {
        &self.throttle
    }

    /// What goes wrong on purpose with this fetcher's requests.
    pub fn faults(&self) -> &FaultSwitch {
        &self.faults
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("throttle", &self.throttle)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
