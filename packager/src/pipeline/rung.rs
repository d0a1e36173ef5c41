//! The thread of one rendition of the pictures: scale, encode, write; a fresh encoder for every chunk.

use super::output::{Content, Description, Output};
use super::{Pass, Run};
use crate::encode::{self, Coder};
use crate::failure::Failure;
use crate::mux::Packet;
use crate::plan::VideoJob;
use crate::quality::Judge;
use crate::scale::Shaper;
use crossbeam_channel::Receiver;
use shared::bmff;
use shared_av::{StaticHdr, VideoFrame};

/// Frames between two reports of progress.
const REPORT_EVERY: u64 = 12;

/// Codes all frames that come, except those of chunks that an earlier run has finished.
pub(super) fn work(
    run: &Run<'_>,
    job: &VideoJob,
    output: Output<'_>,
    frames: &Receiver<VideoFrame>,
) -> Result<(), Failure> {
    let mut rung = Rung { run, job, output, shaper: Shaper::new(run.plan, job), chunk: None };
    for (index, frame) in (0..).zip(frames) {
        if run.is_stopped() {
            return Ok(());
        }
        rung.frame(index, &frame)?;
    }
    if run.is_stopped() { Ok(()) } else { rung.end_chunk() }
}

struct Rung<'a> {
    run: &'a Run<'a>,
    job: &'a VideoJob,
    output: Output<'a>,
    shaper: Shaper,
    chunk: Option<Chunk>,
}

/// The open chunk.
struct Chunk {
    number: u64,
    coder: Coder,
    judge: Option<Judge>,
    hdr: StaticHdr,
}

impl Rung<'_> {
    fn frame(&mut self, index: u64, frame: &VideoFrame) -> Result<(), Failure> {
        let number = self.run.plan.chunk_of(index);
        if number < self.output.chunks_done() {
            return Ok(());
        }
        let shaped = self.shaper.shape(frame)?;
        if self.chunk.as_ref().is_none_or(|open| open.number != number) {
            self.end_chunk()?;
            self.begin_chunk(number, frame)?;
        }
        if let Some(chunk) = &mut self.chunk {
            if let Some(judge) = &mut chunk.judge {
                judge.given(&shaped);
            }
            chunk.coder.send(&shaped)?;
        }
        if index.is_multiple_of(REPORT_EVERY) {
            self.output.coded(index);
        }
        self.drain()
    }

    fn begin_chunk(&mut self, number: u64, frame: &VideoFrame) -> Result<(), Failure> {
        let plan = self.run.plan;
        let pass = self.run.pass_over(self.job, number);
        let first = plan.first_frame(number);
        let hdr = if plan.look(self.job).tone_map { StaticHdr::default() } else { frame.static_hdr() };
        let coder = encode::pictures(plan, self.job, first, pass, hdr)?;
        let judge = if self.run.measures_quality() { Some(judge(&coder)?) } else { None };
        let segment = plan.segments_before(number) + 1;
        self.output.begin(Content::Pictures(self.job.rung.codec), number as u32, segment, plan.timescale);
        self.chunk = Some(Chunk { number, coder, judge, hdr });
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), Failure> {
        if let Some(chunk) = &mut self.chunk {
            chunk.coder.finish()?;
            self.drain()?;
            let quality = self.chunk.take().and_then(|chunk| chunk.judge).map(Judge::finish).transpose()?;
            self.output.end(quality)?;
        }
        self.chunk = None;
        Ok(())
    }

    fn drain(&mut self) -> Result<(), Failure> {
        while let Some(packet) = self.next_packet()? {
            let Some(chunk) = &mut self.chunk else { return Ok(()) };
            if self.run.pass == Pass::First {
                continue;
            }
            if let Some(judge) = &mut chunk.judge {
                judge.coded(&self.job.rung.codec.bitstream().in_file(&packet.data))?;
            }
            let describe = || Ok(Description { header: chunk.coder.header()?, language: None, hdr: chunk.hdr });
            self.output.packet(packet, self.run.plan.timescale, describe)?;
        }
        Ok(())
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, Failure> {
        self.chunk.as_mut().map_or(Ok(None), |chunk| Ok(chunk.coder.receive()?))
    }
}

/// Decodes with what will stand in the initialization segment.
fn judge(coder: &Coder) -> Result<Judge, Failure> {
    let track = bmff::init::read(&coder.header()?).map_err(crate::mux::MuxError::from)?;
    Ok(Judge::new(coder.codec().decoded_by(), track.config)?)
}
