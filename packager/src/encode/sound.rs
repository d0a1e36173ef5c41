//! The part that all encoders of sound have in common.

use super::in_ticks;
use crate::mux::Packet;
use crate::plan::AudioEncoding;
use shared::time::Timescale;
use shared_av::{AudioEncoder, AvError, EncodedPacket, mp4_header};

/// The encoder of one rendition of a sound track.
pub struct SoundCoder {
    encoder: AudioEncoder,
    timescale: Timescale,
}

impl SoundCoder {
    pub(super) fn new(encoding: &AudioEncoding, encoder: AudioEncoder) -> Self {
        Self { encoder, timescale: encoding.timescale() }
    }

    /// Takes interleaved samples.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn send(&mut self, samples: &[f32]) -> Result<(), AvError> {
        self.encoder.send(samples)
    }

    /// Ends the input.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn finish(&mut self) -> Result<(), AvError> {
        self.encoder.finish()
    }

    /// The next packet, in samples from the start of the film; the first ones are negative.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn receive(&mut self) -> Result<Option<Packet>, AvError> {
        let whole = i64::from(self.encoder.frame_size());
        // The last packet may hold less sound but is decoded to a whole frame like all others.
        let packet = self.encoder.receive()?;
        Ok(packet.map(|packet| in_ticks(EncodedPacket { key: true, duration: whole, ..packet }, 0, 1)))
    }

    /// Ticks a second of its packets.
    pub fn timescale(&self) -> Timescale {
        self.timescale
    }

    /// The `moov` that describes it.
    ///
    /// # Errors
    /// When libavformat cannot describe it.
    pub fn header(&self) -> Result<Vec<u8>, AvError> {
        mp4_header(&self.encoder, self.timescale)
    }
}
