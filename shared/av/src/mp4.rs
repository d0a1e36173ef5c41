//! Writes encoded packets into one progressive MP4 file, for masters that we make ourselves.

use crate::header::EncoderRef;
use crate::{AvError, AvStage, EncodedPacket, library};
use ffmpeg_next as ff;
use std::{fs::File, io::BufWriter};

/// Writes packets of several encoders into one file, with the `moov` box behind the samples.
pub struct Mp4Writer {
    output: ff::format::context::Output,
    /// Ticks of each track's encoder.
    bases: Vec<ff::Rational>,
    name: String,
}

impl Mp4Writer {
    /// Begins a file with one track for each encoder, in their order.
    ///
    /// # Errors
    /// [`AvStage::Mux`] when MP4 cannot hold one of them or the file cannot be written.
    pub fn create(file: File, name: &str, tracks: &[EncoderRef<'_>]) -> Result<Self, AvError> {
        library::ready();
        let failed = |e| AvError::library(AvStage::Mux, name, e);
        let io = ff::format::context::StreamIo::from_write_seek(BufWriter::new(file)).map_err(failed)?;
        let mut output = ff::format::output_to_stream(io, None, Some("mp4")).map_err(failed)?;
        for track in tracks {
            let mut stream = output.add_stream_with(track.context()).map_err(failed)?;
            stream.set_time_base(track.context().time_base());
            if let Some(rate) = track.frame_rate() {
                stream.set_avg_frame_rate(rate);
            }
        }
        output.write_header().map_err(failed)?;
        let bases = tracks.iter().map(|track| track.context().time_base()).collect();
        Ok(Self { output, bases, name: name.to_owned() })
    }

    /// Adds a packet to a track. Tracks may run ahead of each other by some packets; they are interleaved here.
    ///
    /// # Errors
    /// [`AvStage::Mux`] when the file cannot be written or there is no such track.
    pub fn write(&mut self, track: usize, packet: &EncodedPacket) -> Result<(), AvError> {
        let base = self.bases.get(track).copied();
        let target = self.output.stream(track).map(|stream| stream.time_base());
        let (Some(base), Some(target)) = (base, target) else {
            return Err(AvError::new(AvStage::Mux, &self.name, format!("it has no track {track}")));
        };
        let mut own = ff::Packet::copy(&packet.data);
        own.set_stream(track);
        own.set_pts(Some(packet.pts));
        own.set_dts(Some(packet.dts));
        own.set_duration(packet.duration);
        own.set_flags(if packet.key { ff::packet::Flags::KEY } else { ff::packet::Flags::empty() });
        own.rescale_ts(base, target);
        own.write_interleaved(&mut self.output).map_err(|e| AvError::library(AvStage::Mux, &self.name, e))
    }

    /// Writes the packets that are still queued, and the `moov` box.
    ///
    /// # Errors
    /// [`AvStage::Mux`] when the file cannot be written.
    pub fn finish(mut self) -> Result<(), AvError> {
        self.output.write_trailer().map_err(|e| AvError::library(AvStage::Mux, &self.name, e))
    }
}
