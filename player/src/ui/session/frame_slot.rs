//! The picture of the moment, between the presenter's thread and the window's. The lock is held for the exchange of a
//! pointer.
#![expect(clippy::disallowed_methods, reason = "when the window takes a picture is known only to the clock")]

use super::link::{Frames, Waker};
use crate::headless::report::Pictures;
use crate::output::Timed;
use crate::output::present::Screen;
use shared_av::VideoFrame;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A picture may wait for so long to be painted.
const LATE: Duration = Duration::from_millis(100);
/// A window that paints less often than this is hidden, and nobody looks at it.
const HIDDEN: Duration = Duration::from_millis(900);

/// Holds one picture: a newer one takes the place of an older one.
pub(super) struct FrameSlot {
    state: Mutex<SlotState>,
    waker: Waker,
}

#[derive(Default)]
struct SlotState {
    latest: Option<Timed<VideoFrame>>,
    paints: Paints,
}

impl FrameSlot {
    pub(super) fn new(waker: Waker) -> Self {
        Self { state: Mutex::default(), waker }
    }

    /// The presenter's end of the slot; what it shows is told to `pictures`.
    pub(super) fn screen(self: Arc<Self>, pictures: Option<Pictures>) -> FrameSlotScreen {
        FrameSlotScreen { slot: self, pictures }
    }

    fn lock(&self) -> MutexGuard<'_, SlotState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Frames for FrameSlot {
    fn latest(&self) -> Option<Timed<VideoFrame>> {
        let mut state = self.lock();
        state.paints.painted(Instant::now());
        state.latest.clone()
    }
}

/// Puts pictures into the slot when they are due.
pub(super) struct FrameSlotScreen {
    slot: Arc<FrameSlot>,
    pictures: Option<Pictures>,
}

impl Screen<VideoFrame> for FrameSlotScreen {
    fn show(&mut self, frame: &Timed<VideoFrame>, now: Instant) {
        let mut state = self.slot.lock();
        state.paints.put_out(now);
        let older = state.latest.replace(frame.clone());
        drop(state);
        drop(older);
        (self.slot.waker)(Duration::ZERO);
        if let Some(pictures) = &mut self.pictures {
            pictures.show(frame, now);
        }
    }

    fn skip(&mut self, frame: &Timed<VideoFrame>, now: Instant) {
        if let Some(pictures) = &mut self.pictures {
            pictures.skip(frame, now);
        }
    }

    fn unpainted(&mut self) -> Duration {
        std::mem::take(&mut self.slot.lock().paints.late)
    }
}

/// How late pictures are painted. Time is an argument.
#[derive(Debug, Default)]
struct Paints {
    /// Since when a picture waits to be painted.
    waiting: Option<Instant>,
    late: Duration,
}

impl Paints {
    fn put_out(&mut self, now: Instant) {
        self.waiting.get_or_insert(now);
    }

    fn painted(&mut self, now: Instant) {
        let Some(since) = self.waiting.take() else { return };
        let waited = now.saturating_duration_since(since);
        if waited < HIDDEN {
            self.late += waited.saturating_sub(LATE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paint_is_late_when_the_window_is_busy_and_not_when_it_is_hidden() {
        let (start, mut paints) = (Instant::now(), Paints::default());
        let mut paint = |put_out: &[u64], painted: u64| {
            for millis in put_out {
                paints.put_out(start + Duration::from_millis(*millis));
            }
            paints.painted(start + Duration::from_millis(painted));
            std::mem::take(&mut paints.late).as_millis()
        };
        assert_eq!(paint(&[0], 16), 0);
        assert_eq!(paint(&[40, 80, 120, 160, 200], 340), 200, "from the first one that waited");
        assert_eq!(paint(&[], 9000), 0, "nothing waits");
        assert_eq!(paint(&[10_000, 10_040], 11_000), 0, "nobody looks at it");
    }
}
