//! Where decoded frames go.

use player_core::io::Epoch;
use shared::time::PresentationTime;
use std::ops::Range;

/// What a frame is put out with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTag {
    /// Of which epoch.
    pub epoch: Epoch,
    /// What lies behind it is not put out.
    pub until: Option<PresentationTime>,
}

/// Takes the frames of one track in the order in which they are presented.
pub trait FrameSink<F> {
    /// A new epoch begins at `from`.
    fn begin(&mut self, epoch: Epoch, from: PresentationTime);
    /// An access unit of this time and length is about to be decoded.
    fn announce(&mut self, pts: PresentationTime, end: PresentationTime);
    /// The next frame; waits for room. `false`: it is not wanted any more.
    fn put(&mut self, frame: F, tag: FrameTag) -> bool;
    /// Nothing at `time`.
    fn hole(&mut self, epoch: Epoch, time: Range<PresentationTime>) -> bool;
    /// The decoder is another one from here on.
    fn seam(&mut self);
    /// Nothing more in `epoch`.
    fn finish(&mut self, epoch: Epoch);
}
