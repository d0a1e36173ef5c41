//! The first stage: what gives the coded packets of a chunk.

use crate::encode::{Coder, SoundCoder};
use crate::error::PackagerError;
use crate::mux::Packet;
use shared::time::Timescale;

/// Coded packets of one chunk of one rendition.
pub(super) trait PacketSource {
    /// Ticks a second of the packets' times.
    fn timescale(&self) -> Timescale;

    /// The `moov` that describes the packets, without anything of CMAF.
    fn header(&self) -> Result<Vec<u8>, PackagerError>;

    /// The next packet in decoding order; `None` until there is more input, and for good after the last one.
    fn receive(&mut self) -> Result<Option<Packet>, PackagerError>;

    /// There is no more input; what is still inside can be received.
    fn finish(&mut self) -> Result<(), PackagerError>;
}

impl PacketSource for Coder {
    fn timescale(&self) -> Timescale {
        Self::timescale(self)
    }

    fn header(&self) -> Result<Vec<u8>, PackagerError> {
        Ok(Self::header(self)?)
    }

    fn receive(&mut self) -> Result<Option<Packet>, PackagerError> {
        Ok(Self::receive(self)?)
    }

    fn finish(&mut self) -> Result<(), PackagerError> {
        Ok(Self::finish(self)?)
    }
}

impl PacketSource for SoundCoder {
    fn timescale(&self) -> Timescale {
        Self::timescale(self)
    }

    fn header(&self) -> Result<Vec<u8>, PackagerError> {
        Ok(Self::header(self)?)
    }

    fn receive(&mut self) -> Result<Option<Packet>, PackagerError> {
        Ok(Self::receive(self)?)
    }

    fn finish(&mut self) -> Result<(), PackagerError> {
        Ok(Self::finish(self)?)
    }
}
