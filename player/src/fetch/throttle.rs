//! The emulated link with its clock: the asynchronous shell of [`shared::pacer`]. The one file of `fetch` that reads
//! a clock, beside `http::open_bodies`. It can be changed while bytes are under way; those still waiting then follow the
//! new link.
#![expect(clippy::disallowed_methods, reason = "the link's bytes are released by the real clock")]

use shared::pacer::{Flow, Pacer, Turn};
use shared::trace::Trace;
use shared::units::Bitrate;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// One link for everything that is fetched. Cheap to clone; clones are the same link.
#[derive(Debug, Clone)]
pub struct Throttle(Arc<SharedLink>);

#[derive(Debug)]
struct SharedLink {
    clock: Instant,
    /// Held for arithmetic only, never while waiting.
    pacer: Mutex<Pacer>,
    /// Wakes those who wait in the old link's queue.
    changed: watch::Sender<()>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Throttle {
    /// A link that follows `link` from the first request on; without one everything passes at once.
    pub fn new(link: Option<Trace>) -> Self {
        let (changed, _) = watch::channel(());
        Self(Arc::new(SharedLink { clock: Instant::now(), pacer: Mutex::new(Pacer::new(link)), changed }))
    }

    /// Another link from now on; the same one goes on where it is. Ends a cut.
    pub fn set(&self, link: Option<Trace>) {
        let now_ms = self.now_ms();
        self.pacer().set(now_ms, link);
        self.0.changed.send_replace(());
    }

    /// Nothing comes through until the link is set again. A trace that is followed goes on meanwhile.
    pub fn cut(&self) {
        self.pacer().cut();
        self.0.changed.send_replace(());
    }

    /// What the link carries now; `None` without one.
    pub fn capacity(&self) -> Option<Bitrate> {
        self.pacer().conditions(self.now_ms()).map(|row| Bitrate::from_bps_f64(row.kbps * 1e3))
    }

    /// The trace that is followed, if any.
    pub fn link(&self) -> Option<Trace> {
        self.pacer().link().cloned()
    }

    /// How many bytes to offer at a time; `None` without a link.
    pub(super) fn piece(&self) -> Option<usize> {
        let pacer = self.pacer();
        let now_ms = self.now_ms();
        pacer.conditions(now_ms).map(|_| pacer.piece(now_ms))
    }

    /// A request leaves for the server.
    pub(super) fn request(&self) -> Flow {
        let now_ms = self.now_ms();
        self.pacer().request(now_ms)
    }

    /// Waits until the next `bytes` of the response have come through the link.
    pub(super) async fn pass(&self, flow: &mut Flow, bytes: usize) {
        loop {
            let mut changed = self.0.changed.subscribe();
            // Offered with a copy: if the link changes meanwhile, the piece has not arrived.
            let mut offered = *flow;
            let now_ms = self.now_ms();
            let turn = self.pacer().offer(now_ms, &mut offered, bytes);
            let (at_ms, last) = match turn {
                Turn::Free => return,
                Turn::AskAgain(at_ms) => (at_ms, false),
                Turn::Arrives(at_ms) => (at_ms, true),
            };
            let at = self.instant(at_ms);
            // A wait costs at least a tick of the timer, also when it is over.
            let over = at <= Instant::now() || tokio::time::timeout_at(at.into(), changed.changed()).await.is_err();
            if over && last {
                *flow = offered;
                return;
            }
        }
    }

    fn pacer(&self) -> MutexGuard<'_, Pacer> {
        self.0.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> f64 {
        self.0.clock.elapsed().as_secs_f64() * 1e3
    }

    /// Not before `at_ms`; a year ahead when it is further than that.
    fn instant(&self, at_ms: f64) -> Instant {
        let ahead = Duration::try_from_secs_f64(at_ms.max(0.0) / 1e3).unwrap_or(Duration::MAX);
        self.0.clock + ahead.min(Duration::from_secs(366 * 86_400))
    }
}
