//! The picture of the moment, between the presenter's thread and the window's. The lock is held for the exchange of a
//! pointer.

use super::link::{Frames, Waker};
use crate::headless::report::Pictures;
use crate::output::Timed;
use crate::output::present::Screen;
use shared_av::VideoFrame;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Holds one picture: a newer one takes the place of an older one.
pub(super) struct FrameSlot {
    latest: Mutex<Option<Timed<VideoFrame>>>,
    waker: Waker,
}

impl FrameSlot {
    pub(super) fn new(waker: Waker) -> Self {
        Self { latest: Mutex::default(), waker }
    }

    /// The presenter's end of the slot; what it shows is told to `pictures`.
    pub(super) fn screen(self: Arc<Self>, pictures: Option<Pictures>) -> FrameSlotScreen {
        FrameSlotScreen { slot: self, pictures }
    }
}

impl Frames for FrameSlot {
    fn latest(&self) -> Option<Timed<VideoFrame>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Puts pictures into the slot when they are due.
pub(super) struct FrameSlotScreen {
    slot: Arc<FrameSlot>,
    pictures: Option<Pictures>,
}

impl Screen<VideoFrame> for FrameSlotScreen {
    fn show(&mut self, frame: &Timed<VideoFrame>, now: Instant) {
        drop(self.slot.latest.lock().unwrap_or_else(PoisonError::into_inner).replace(frame.clone()));
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
}
