//! How the coded packets of a rendition become files:
//!
//! ```text
//! source ─ cut ─ protect ─ mux ─ put
//! ```
//! *source* gives packets in decoding order (an encoder), *cut* groups them into segments, *protect* may change the
//! samples of a segment, *mux* puts boxes around them, *put* hands the file to the store. [`chunk::Chunk`] is the one
//! place where a chunk of a rendition is opened and closed; [`VideoProducer`] and [`AudioProducer`] feed it with
//! pictures and sound. [`CopyProducer`] has samples that are coded already, which it does not look into. Threads, channels and the order of the work are not here.
//!
//! On this way an encoded packet is copied once, from the encoder's buffer into the payload of its segment
//! ([`crate::mux::Samples`]).

mod audio;
mod chunk;
mod context;
mod copied;
mod encryptor;
mod event;
mod protect;
mod put;
mod source;
#[cfg(test)]
mod tests;
mod tiles;
mod video;

pub use audio::AudioProducer;
pub use context::{Pass, RunContext};
pub use copied::{CopyProducer, Media};
pub use event::PipelineEvent;
pub use protect::Protector;
pub use tiles::TilesProducer;
pub(crate) use video::REPORT_EVERY;
pub use video::VideoProducer;

use crate::error::PackagerError;
use shared_av::VideoFrame;

/// Takes the frames of a film.
pub trait FrameSink {
    /// Takes frame `index` of the film; those of a chunk come without gaps. Frames of chunks that an earlier run has
    /// finished are ignored.
    ///
    /// # Errors
    /// When nothing can be made of it, or what was made cannot be written.
    fn frame(&mut self, index: u64, frame: &VideoFrame) -> Result<(), PackagerError>;

    /// No more frames come, or those of another chunk.
    ///
    /// # Errors
    /// When the rest cannot be made or written.
    fn finish(&mut self) -> Result<(), PackagerError>;
}
