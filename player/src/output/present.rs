//! Shows pictures without a window: takes each from the mailbox when it is due and hands it to a screen, which may be
//! nothing at all. The window does the same in its own paint loop.
#![expect(clippy::disallowed_methods, reason = "pictures are shown by the real clock")]

use super::sync::SyncLog;
use super::{Due, Mailbox, OutputClock, Timed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest wait, because the clock may be started, stopped or moved at any time.
const LOOK: Duration = Duration::from_millis(10);
/// The shortest wait: a picture may be shown this much too late.
const SHORTEST: Duration = Duration::from_micros(500);

/// Where pictures go.
pub trait Screen<F>: Send {
    /// `frame` is shown at `now`.
    fn show(&mut self, frame: &Timed<F>, now: Instant);
    /// `frame` came too late.
    fn skip(&mut self, frame: &Timed<F>, now: Instant);
    /// For how long what was shown has been painted too late since the last time, where somebody else does that.
    fn unpainted(&mut self) -> Duration {
        Duration::ZERO
    }
}

/// Shows nothing.
#[derive(Debug)]
pub struct NoScreen;

impl<F> Screen<F> for NoScreen {
    fn show(&mut self, _: &Timed<F>, _: Instant) {}
    fn skip(&mut self, _: &Timed<F>, _: Instant) {}
}

/// Moves due pictures from the mailbox to a screen and keeps the figures.
pub struct Presenter<F> {
    mailbox: Arc<Mailbox<F>>,
    clock: OutputClock,
    log: Arc<Mutex<SyncLog>>,
    screen: Box<dyn Screen<F>>,
}

impl<F: Send + 'static> Presenter<F> {
    /// Shows on `screen`; `log` is read by others.
    pub fn new(
        mailbox: Arc<Mailbox<F>>,
        clock: OutputClock,
        log: Arc<Mutex<SyncLog>>,
        screen: Box<dyn Screen<F>>,
    ) -> Self {
        Self { mailbox, clock, log, screen }
    }

    /// Shows what is due at `now`; gives how long nothing will be.
    pub fn advance(&mut self, now: Instant) -> Duration {
        let position = self.clock.position(now);
        let Due { shown, skipped } = self.mailbox.take_due(position);
        for frame in &skipped {
            self.screen.skip(frame, now);
        }
        if shown.is_some() || !skipped.is_empty() {
            // The first picture of an epoch may be shown before its time because there is none for the time: no fault of ours.
            let early = shown.as_ref().is_some_and(|frame| frame.pts > position);
            let heard = if self.clock.runs() && !early { self.clock.sound_leaving(now) } else { None };
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            log.skipped += skipped.len() as u64;
            if let Some(frame) = &shown {
                log.record(frame.pts, heard);
            }
        }
        if let Some(frame) = &shown {
            self.screen.show(frame, now);
            self.log.lock().unwrap_or_else(PoisonError::into_inner).unpainted += self.screen.unpainted();
        }
        self.mailbox.next_pts().map_or(LOOK, |pts| pts.since(position).clamp(SHORTEST, LOOK))
    }

    /// Runs in a thread of its own until the mailbox is closed.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(mut self) -> std::io::Result<JoinHandle<()>> {
        let run = move || {
            loop {
                let idle = self.advance(Instant::now());
                if self.mailbox.is_closed() {
                    return;
                }
                std::thread::park_timeout(idle);
            }
        };
        std::thread::Builder::new().name("presenter".into()).spawn(run)
    }
}
