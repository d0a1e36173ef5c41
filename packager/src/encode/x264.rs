//! H.264 by libx264.

use super::{Coder, in_ticks};
use crate::mux::Packet;
use crate::plan::{Plan, VideoJob};
use shared::time::Timescale;
use shared_av::{AvError, EncodedPacket, VideoEncoder, VideoFrame, mp4_header};

/// libx264 for one chunk.
pub struct X264Coder {
    encoder: VideoEncoder,
    timescale: Timescale,
    first: i64,
    ticks: i64,
}

impl X264Coder {
    /// For the chunk that begins with frame `first` of the film.
    ///
    /// # Errors
    /// When libx264 rejects the settings.
    pub fn new(plan: &Plan, job: &VideoJob, first: u64) -> Result<Self, AvError> {
        Ok(Self {
            encoder: VideoEncoder::x264(&plan.video_settings(job), &job.x264())?,
            timescale: plan.timescale,
            first: i64::try_from(first).unwrap_or(i64::MAX),
            ticks: i64::from(plan.frame_ticks),
        })
    }
}

impl Coder for X264Coder {
    fn send(&mut self, frame: &VideoFrame) -> Result<(), AvError> {
        self.encoder.send(frame)
    }

    fn finish(&mut self) -> Result<(), AvError> {
        self.encoder.finish()
    }

    fn receive(&mut self) -> Result<Option<Packet>, AvError> {
        // A frame lasts one slot of the grid; libx264 leaves the last one's duration open.
        let one_slot = |packet| in_ticks(EncodedPacket { duration: 1, ..packet }, self.first, self.ticks);
        Ok(self.encoder.receive()?.map(one_slot))
    }

    fn header(&self) -> Result<Vec<u8>, AvError> {
        mp4_header(&self.encoder, self.timescale)
    }
}
