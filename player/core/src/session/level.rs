//! How much there is of each kind that playback waits for: what loading tells the playhead.

use crate::buffer::Buffer;
use crate::kinds::TrackKind;
use shared::time::PresentationTime;

/// What there is of one kind that playback waits for.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlayableLevel<'a> {
    pub(super) kind: TrackKind,
    pub(super) buffer: &'a Buffer,
    /// The end of the buffer.
    pub(super) next: PresentationTime,
    /// Nothing follows the buffer.
    pub(super) complete: bool,
}
