//! The part that all encoders of pictures have in common.

use super::in_ticks;
use crate::codec::VideoCodec;
use crate::mux::Packet;
use crate::plan::Plan;
use shared::time::Timescale;
use shared_av::{AvError, EncodedPacket, VideoEncoder, VideoFrame, mp4_header};

/// An encoder of one chunk of one rendition.
pub struct Coder {
    encoder: VideoEncoder,
    codec: VideoCodec,
    timescale: Timescale,
    first: i64,
    ticks: i64,
}

impl Coder {
    pub(super) fn new(plan: &Plan, codec: VideoCodec, encoder: VideoEncoder, first: u64) -> Self {
        Self {
            encoder,
            codec,
            timescale: plan.timescale,
            first: i64::try_from(first).unwrap_or(i64::MAX),
            ticks: i64::from(plan.frame_ticks),
        }
    }

    /// The format.
    pub fn codec(&self) -> VideoCodec {
        self.codec
    }

    /// Takes the chunk's next frame.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn send(&mut self, frame: &VideoFrame) -> Result<(), AvError> {
        self.encoder.send(frame)
    }

    /// Ends the input of this chunk.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn finish(&mut self) -> Result<(), AvError> {
        self.encoder.finish()
    }

    /// The next packet in decoding order, in ticks of the presentation; `None` until more is sent.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn receive(&mut self) -> Result<Option<Packet>, AvError> {
        // A frame lasts one slot of the grid; encoders leave the last one's duration open. AV1 reorders inside of its
        // packets, which come in the order in which they are shown (AV1 in ISOBMFF 2.4).
        let placed = |packet: EncodedPacket| EncodedPacket {
            duration: 1,
            dts: if self.codec == VideoCodec::Av1 { packet.pts } else { packet.dts },
            ..packet
        };
        Ok(self.encoder.receive()?.map(|packet| in_ticks(placed(packet), self.first, self.ticks)))
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
