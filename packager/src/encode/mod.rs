//! Frames of the grid and samples to packets in the ticks of a rendition.
//!
//! One file a coding library. What they have in common is [`Coder`] for pictures; sound needs no trait, as it is never
//! cut into chunks.

mod aac;
mod x264;

pub use aac::AacCoder;
pub use x264::X264Coder;

use crate::mux::Packet;
use shared_av::{AvError, EncodedPacket, VideoFrame};

/// An encoder of one chunk of one rendition.
pub trait Coder {
    /// Takes the chunk's next frame.
    ///
    /// # Errors
    /// When the encoder fails.
    fn send(&mut self, frame: &VideoFrame) -> Result<(), AvError>;

    /// Nothing follows in this chunk.
    ///
    /// # Errors
    /// When the encoder fails.
    fn finish(&mut self) -> Result<(), AvError>;

    /// The next packet in decoding order, in ticks of the presentation; `None` until more is sent.
    ///
    /// # Errors
    /// When the encoder fails.
    fn receive(&mut self) -> Result<Option<Packet>, AvError>;

    /// The `moov` that describes it.
    ///
    /// # Errors
    /// When libavformat cannot describe it.
    fn header(&self) -> Result<Vec<u8>, AvError>;
}

/// A packet counted in frames or samples of a chunk that begins at `first`, as one in ticks of the presentation.
fn in_ticks(packet: EncodedPacket, first: i64, ticks: i64) -> Packet {
    Packet {
        data: packet.data,
        pts: (first + packet.pts) * ticks,
        dts: (first + packet.dts) * ticks,
        duration: packet.duration * ticks,
        key: packet.key,
    }
}
