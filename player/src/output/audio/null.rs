//! A sink without a device, paced by time: takes samples as fast as a real one and throws them away.
//!
//! [`NullPacer`] is the arithmetic and gets its time as an argument; [`NullSink`] is the thread that asks the clock.
//! ALSA's own null device is no substitute: it takes samples as fast as they come.
#![expect(clippy::disallowed_methods, reason = "a sink is paced by the real clock")]

use super::sound::Loan;
use super::{AudioOut, Format, Trouble};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How far ahead samples are taken, like the buffer of a device: a late thread does not stop the clock.
const AHEAD: Duration = Duration::from_millis(50);
/// How often samples are taken.
const TICK: Duration = Duration::from_millis(10);
/// A thread that was later than this has lost sound, as with a device.
const LOST: Duration = Duration::from_millis(300);
/// Frames taken at a time.
const PIECE: u64 = 512;

/// Told what leaves the sink: interleaved samples and when the first is heard.
pub type Listener = Box<dyn FnMut(&[f32], Instant) + Send>;

/// Settings of the sink.
#[derive(Default)]
pub struct NullConfig {
    /// The sink plays so much later than it says: a device that lies, for tests of the measurement.
    pub undeclared_delay: Duration,
    /// Hears everything.
    pub listener: Option<Listener>,
}

impl std::fmt::Debug for NullConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NullConfig").field("undeclared_delay", &self.undeclared_delay).finish_non_exhaustive()
    }
}

/// Takes what is due by `now`.
pub struct NullPacer {
    renderer: Loan,
    format: Format,
    config: NullConfig,
    started: Option<Instant>,
    taken: u64,
    scratch: Vec<f32>,
}

impl NullPacer {
    /// Takes from `renderer`.
    pub fn new(renderer: Loan, config: NullConfig) -> Self {
        let format = renderer.format();
        Self { renderer, format, config, started: None, taken: 0, scratch: vec![0.0; format.samples(PIECE)] }
    }

    /// Takes everything that a device would have taken by `now`.
    pub fn advance(&mut self, now: Instant) {
        let started = *self.started.get_or_insert(now);
        let due = self.format.frames(now.saturating_duration_since(started) + AHEAD);
        self.taken = self.taken.max(due.saturating_sub(self.format.frames(LOST + AHEAD)));
        while self.taken < due {
            let frames = PIECE.min(due - self.taken);
            self.piece(started + self.format.time(self.taken), frames);
            self.taken += frames;
        }
    }

    fn piece(&mut self, at: Instant, frames: u64) {
        let out = &mut self.scratch[..self.format.samples(frames)];
        let leaves = at + self.config.undeclared_delay;
        self.renderer.fill(out, at, leaves);
        if let Some(listener) = &mut self.config.listener {
            listener(out, leaves);
        }
    }
}

/// The thread. Dropping it stops it and gives the renderer back.
pub struct NullSink {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<NullConfig>>,
}

impl NullSink {
    /// Starts taking.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(renderer: Loan, config: NullConfig) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let mut pacer = NullPacer::new(renderer, config);
        let run = move || {
            while !stopped.load(Relaxed) {
                pacer.advance(Instant::now());
                std::thread::park_timeout(TICK);
            }
            pacer.config
        };
        let thread = std::thread::Builder::new().name("null audio".into()).spawn(run)?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Stops and returns the settings for the next one.
    pub fn stop(mut self) -> NullConfig {
        self.end().unwrap_or_default()
    }

    fn end(&mut self) -> Option<NullConfig> {
        self.stop.store(true, Relaxed);
        let thread = self.thread.take()?;
        thread.thread().unpark();
        thread.join().ok()
    }
}

impl Drop for NullSink {
    fn drop(&mut self) {
        self.end();
    }
}

impl AudioOut for NullSink {
    fn name(&self) -> &str {
        "no sound device"
    }

    fn trouble(&mut self) -> Option<Trouble> {
        None
    }
}
