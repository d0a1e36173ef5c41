//! The events of a run, for the manifest, the ledger and the progress display.

use crate::decode::Counts;
use crate::error::PackagerError;
use crate::mux::SegmentClosed;
use crate::workspace::ChunkDone;

/// Something happened.
#[derive(Debug)]
pub enum PipelineEvent {
    /// A rendition has coded so much: frames for pictures, samples for sound.
    Coded {
        /// `Representation@id`.
        representation: String,
        /// From the start of the film.
        position: u64,
    },
    /// A segment has been written.
    Closed(SegmentClosed),
    /// All segments of a chunk have been written.
    Chunk(ChunkDone),
    /// The master has been read to its end.
    Read(Counts),
    /// Something that the user should know, in words.
    Note(String),
    /// A thread cannot go on.
    Failed(PackagerError),
}
