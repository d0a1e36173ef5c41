//! One rendition of the pictures: scale, encode, and a fresh encoder for every chunk.

use super::chunk::{Chunk, cutter};
use super::put::{Destination, TrackForm};
use super::{FrameSink, Pass, PipelineEvent, RunContext};
use crate::encode::{self, Coder};
use crate::error::PackagerError;
use crate::mux::{MuxError, Timing};
use crate::plan::VideoEncoding;
use crate::quality::QualityMeter;
use crate::scale::Shaper;
use crate::segment::CutRule;
use crossbeam_channel::Sender;
use shared::bmff;
use shared_av::{PixelFormat, StaticHdr, VideoFrame};

/// Frames between two reports of progress.
pub(crate) const REPORT_EVERY: u64 = 12;

/// Makes one rendition of the pictures.
pub struct VideoProducer<'a> {
    run: &'a RunContext<'a>,
    encoding: &'a VideoEncoding,
    shaper: Shaper,
    to: Destination<'a>,
    timing: Option<Timing>,
    open: Option<Chunk<Coder>>,
}

impl<'a> VideoProducer<'a> {
    /// For the rendition `id`, made as `encoding` says.
    pub fn new(
        run: &'a RunContext<'a>,
        id: &'a str,
        encoding: &'a VideoEncoding,
        events: Sender<PipelineEvent>,
    ) -> Self {
        let to = Destination::new(run, id, events);
        Self { run, encoding, shaper: Shaper::new(run.plan, encoding), to, timing: run.timing(id), open: None }
    }

    fn begin(&self, number: u32, frame: &VideoFrame) -> Result<Chunk<Coder>, PackagerError> {
        let plan = self.run.plan;
        let pass = self.run.pass_over(self.to.id(), self.encoding, number);
        let first = plan.first_frame(number.into());
        let told = plan.source.as_ref().map_or(StaticHdr::default(), |source| source.hdr);
        let is_kept = plan.picture_format(self.encoding).format == PixelFormat::Yuv420p10;
        let hdr = if is_kept { frame.static_hdr().or(told) } else { StaticHdr::default() };
        let coder = encode::pictures(plan, self.encoding, first, pass, hdr)?;
        let meter = self.run.measures_quality().then(|| quality_meter(&coder)).transpose()?;
        let track = bmff::init::read(&coder.header()?).map_err(MuxError::from)?;
        let form = TrackForm { bitstream: self.encoding.rung.codec.bitstream(), language: None, hdr, track };
        let cutter = cutter(plan, CutRule::Exact, plan.segments_before(number.into()) + 1, plan.timescale);
        Ok(Chunk::open(number, coder, form, cutter, self.timing).with_meter(meter))
    }
}

impl FrameSink for VideoProducer<'_> {
    fn frame(&mut self, index: u64, frame: &VideoFrame) -> Result<(), PackagerError> {
        let number = u32::try_from(self.run.plan.chunk_of(index)).unwrap_or(u32::MAX);
        if self.open.as_ref().is_none_or(|open| open.number != number) {
            self.finish()?;
        }
        if self.run.is_done(self.to.id(), number) {
            return Ok(());
        }
        let shaped = self.shaper.shape(frame)?;
        if self.open.is_none() {
            self.open = Some(self.begin(number, frame)?);
        }
        if let Some(chunk) = &mut self.open {
            if let Some(meter) = &mut chunk.meter {
                meter.given(&shaped);
            }
            chunk.source.send(&shaped)?;
        }
        if index.is_multiple_of(REPORT_EVERY) {
            self.to.coded(index);
        }
        match (&mut self.open, self.run.pass) {
            (Some(chunk), Pass::First) => chunk.discard(),
            (Some(chunk), Pass::Last) => chunk.drain(&self.to),
            (None, _) => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), PackagerError> {
        let Some(mut chunk) = self.open.take() else { return Ok(()) };
        if self.run.pass == Pass::First {
            chunk.source.finish()?;
            return chunk.discard();
        }
        let timing = chunk.close(&self.to)?;
        self.timing = self.timing.or(timing);
        Ok(())
    }
}

/// Decodes with the configuration of the initialization segment, as a player does.
fn quality_meter(coder: &Coder) -> Result<QualityMeter, PackagerError> {
    let track = bmff::init::read(&coder.header()?).map_err(MuxError::from)?;
    Ok(QualityMeter::new(coder.codec().decoded_by(), track.config)?)
}
