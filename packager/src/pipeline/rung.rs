//! The thread of one rendition of the pictures: scale, encode, write; a fresh encoder for every chunk.

use super::output::{Description, RenditionWriter, TrackContent};
use super::{Pass, RunContext};
use crate::encode::{self, Coder};
use crate::error::PackagerError;
use crate::mux::Packet;
use crate::plan::VideoJob;
use crate::quality::QualityMeter;
use crate::scale::Shaper;
use crossbeam_channel::Receiver;
use shared::bmff;
use shared_av::{StaticHdr, VideoFrame};

/// Frames between two reports of progress.
const REPORT_EVERY: u64 = 12;

/// Codes all frames that come, except those of chunks that an earlier run has finished.
pub(super) fn work(
    run: &RunContext<'_>,
    id: &str,
    job: &VideoJob,
    output: RenditionWriter<'_>,
    frames: &Receiver<VideoFrame>,
) -> Result<(), PackagerError> {
    let mut rung = RungWorker { run, id, job, output, shaper: Shaper::new(run.plan, job), chunk: None };
    for (index, frame) in (0..).zip(frames) {
        if run.is_stopped() {
            return Ok(());
        }
        rung.frame(index, &frame)?;
    }
    if run.is_stopped() { Ok(()) } else { rung.end_chunk() }
}

struct RungWorker<'a> {
    run: &'a RunContext<'a>,
    id: &'a str,
    job: &'a VideoJob,
    output: RenditionWriter<'a>,
    shaper: Shaper,
    chunk: Option<ChunkCoder>,
}

/// The open chunk.
struct ChunkCoder {
    number: u64,
    coder: Coder,
    meter: Option<QualityMeter>,
    hdr: StaticHdr,
}

impl RungWorker<'_> {
    fn frame(&mut self, index: u64, frame: &VideoFrame) -> Result<(), PackagerError> {
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
            if let Some(meter) = &mut chunk.meter {
                meter.given(&shaped);
            }
            chunk.coder.send(&shaped)?;
        }
        if index.is_multiple_of(REPORT_EVERY) {
            self.output.coded(index);
        }
        self.drain()
    }

    fn begin_chunk(&mut self, number: u64, frame: &VideoFrame) -> Result<(), PackagerError> {
        let plan = self.run.plan;
        let pass = self.run.pass_over(self.id, self.job, number);
        let first = plan.first_frame(number);
        let hdr = if plan.picture_format(self.job).tone_map { StaticHdr::default() } else { frame.static_hdr() };
        let coder = encode::pictures(plan, self.job, first, pass, hdr)?;
        let meter = if self.run.measures_quality() { Some(quality_meter(&coder)?) } else { None };
        let segment = plan.segments_before(number) + 1;
        self.output.begin(TrackContent::Pictures(self.job.rung.codec), number as u32, segment, plan.timescale);
        self.chunk = Some(ChunkCoder { number, coder, meter, hdr });
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), PackagerError> {
        if let Some(chunk) = &mut self.chunk {
            chunk.coder.finish()?;
            self.drain()?;
            let quality = self.chunk.take().and_then(|chunk| chunk.meter).map(QualityMeter::finish).transpose()?;
            self.output.end(quality)?;
        }
        self.chunk = None;
        Ok(())
    }

    fn drain(&mut self) -> Result<(), PackagerError> {
        while let Some(packet) = self.next_packet()? {
            let Some(chunk) = &mut self.chunk else { return Ok(()) };
            if self.run.pass == Pass::First {
                continue;
            }
            if let Some(meter) = &mut chunk.meter {
                meter.coded(&self.job.rung.codec.bitstream().in_file(&packet.data))?;
            }
            let describe = || Ok(Description { header: chunk.coder.header()?, language: None, hdr: chunk.hdr });
            self.output.packet(packet, self.run.plan.timescale, describe)?;
        }
        Ok(())
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, PackagerError> {
        self.chunk.as_mut().map_or(Ok(None), |chunk| Ok(chunk.coder.receive()?))
    }
}

/// Decodes with the configuration of the initialization segment, as a player does.
fn quality_meter(coder: &Coder) -> Result<QualityMeter, PackagerError> {
    let track = bmff::init::read(&coder.header()?).map_err(crate::mux::MuxError::from)?;
    Ok(QualityMeter::new(coder.codec().decoded_by(), track.config)?)
}
