//! The link that all responses share: [`shared::pacer`] with the real clock. The one file of `serve` that reads a
//! clock.
#![expect(clippy::disallowed_methods, reason = "responses are released, and requests timed, by the real clock")]

use shared::pacer::{Flow, Pacer, Turn};
use shared::time::DateTime;
use shared::trace::Trace;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Cheap to clone; clones are the same link.
#[derive(Debug, Clone)]
pub(super) struct ShapedLink {
    clock: Instant,
    /// Held for arithmetic only, never while waiting.
    pacer: Arc<Mutex<Pacer>>,
}

impl ShapedLink {
    /// Without a trace everything passes at once.
    pub(super) fn new(trace: Option<Trace>) -> Self {
        Self { clock: Instant::now(), pacer: Arc::new(Mutex::new(Pacer::new(trace))) }
    }

    /// Since the server started.
    pub(super) fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    /// A request has come. Returns when the first byte of its response may go.
    pub(super) async fn request(&self) -> Flow {
        let now_ms = self.now_ms();
        let flow = self.pacer().request(now_ms);
        self.wait_until(flow.first_byte_ms()).await;
        flow
    }

    /// How many bytes to offer at a time; `None` without a trace.
    pub(super) fn piece(&self) -> Option<usize> {
        let pacer = self.pacer();
        pacer.link().map(|_| pacer.piece(self.now_ms()))
    }

    /// Waits until the next `bytes` of the response have come through the link.
    pub(super) async fn pass(&self, flow: &mut Flow, bytes: usize) {
        loop {
            let now_ms = self.now_ms();
            let turn = self.pacer().offer(now_ms, flow, bytes);
            match turn {
                Turn::Free => return,
                Turn::AskAgain(at_ms) => self.wait_until(at_ms).await,
                Turn::Arrives(at_ms) => return self.wait_until(at_ms).await,
            }
        }
    }

    /// Waits for a time that has nothing to do with the link.
    pub(super) async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn wait_until(&self, at_ms: f64) {
        let at = Duration::try_from_secs_f64(at_ms.max(0.0) / 1e3).unwrap_or(Duration::MAX);
        let at = self.clock + at.min(Duration::from_secs(366 * 86_400));
        // A sleep takes at least one tick of the timer, even if its end has passed.
        if at > Instant::now() {
            tokio::time::sleep_until(at.into()).await;
        }
    }

    fn pacer(&self) -> MutexGuard<'_, Pacer> {
        self.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> f64 {
        self.now().as_secs_f64() * 1e3
    }
}

/// Seconds since 1970, for the log.
pub(super) fn unix_time() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Wall time.
pub(super) fn wall() -> DateTime {
    SystemTime::now().into()
}
