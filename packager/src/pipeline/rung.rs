//! The thread of one rendition of the pictures: scale, encode, write; a fresh encoder for every chunk.

use super::Run;
use super::output::{Content, Description, Output};
use crate::encode::{Coder, X264Coder};
use crate::failure::Failure;
use crate::plan::{Plan, VideoJob};
use crossbeam_channel::Receiver;
use shared_av::{PixelFormat, Scaler, VideoFrame};

/// Frames between two reports of progress.
const REPORT_EVERY: u64 = 12;

/// Codes all frames that come, except those of chunks that an earlier run has finished.
pub(super) fn work(
    run: &Run<'_>,
    job: &VideoJob,
    output: Output<'_>,
    frames: &Receiver<VideoFrame>,
) -> Result<(), Failure> {
    let mut rung = Rung::new(run.plan, job, output);
    for (index, frame) in (0..).zip(frames) {
        if run.is_stopped() {
            return Ok(());
        }
        rung.frame(index, &frame)?;
    }
    if run.is_stopped() { Ok(()) } else { rung.end_chunk() }
}

struct Rung<'a> {
    plan: &'a Plan,
    job: &'a VideoJob,
    output: Output<'a>,
    scaler: Scaler,
    /// The open chunk and its encoder.
    chunk: Option<(u64, X264Coder)>,
}

impl<'a> Rung<'a> {
    fn new(plan: &'a Plan, job: &'a VideoJob, output: Output<'a>) -> Self {
        let scaler = Scaler::new(job.rung.width, job.rung.height, PixelFormat::Yuv420p, plan.output_colour());
        Self { plan, job, output, scaler, chunk: None }
    }

    fn frame(&mut self, index: u64, frame: &VideoFrame) -> Result<(), Failure> {
        let chunk = self.plan.chunk_of(index);
        if chunk < self.output.chunks_done() {
            return Ok(());
        }
        if self.chunk.as_ref().is_none_or(|(open, _)| *open != chunk) {
            self.end_chunk()?;
            self.begin_chunk(chunk)?;
        }
        if let Some((_, coder)) = &mut self.chunk {
            coder.send(&self.scaler.scale(frame)?)?;
        }
        if index.is_multiple_of(REPORT_EVERY) {
            self.output.coded(index);
        }
        self.drain()
    }

    fn begin_chunk(&mut self, chunk: u64) -> Result<(), Failure> {
        let coder = X264Coder::new(self.plan, self.job, chunk * self.plan.chunk_frames())?;
        let segment = chunk * u64::from(self.plan.chunk_segments) + 1;
        self.output.begin(Content::Pictures, chunk as u32, segment, self.plan.timescale);
        self.chunk = Some((chunk, coder));
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), Failure> {
        if let Some((_, coder)) = &mut self.chunk {
            coder.finish()?;
            self.drain()?;
            self.output.end(Content::Pictures)?;
        }
        self.chunk = None;
        Ok(())
    }

    fn drain(&mut self) -> Result<(), Failure> {
        let Some((_, coder)) = &mut self.chunk else { return Ok(()) };
        while let Some(packet) = coder.receive()? {
            let describe = || Ok(Description { header: coder.header()?, language: None });
            self.output.packet(packet, Content::Pictures, self.plan.timescale, describe)?;
        }
        Ok(())
    }
}
