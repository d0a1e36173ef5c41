//! Writes the packets of one rendition: cuts them into segments, muxes these, puts them into the store.

use super::{PipelineEvent, RunContext};
use crate::codec::VideoCodec;
use crate::error::PackagerError;
use crate::layout::{self, Addressing};
use crate::mux::{
    Bitstream, FragmentWriter, Packet, Samples, SegmentClosed, SegmentFile, Timing, Wrapping, cmaf_init, no_boxes,
    with_static_hdr,
};
use crate::publish::ObjectPart;
use crate::quality::PictureQuality;
use crate::segment::{CutRule, Cutter, Group};
use crate::workspace::ChunkDone;
use crossbeam_channel::Sender;
use shared::time::Timescale;
use shared_av::StaticHdr;

/// What the packets of a rendition hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TrackContent {
    Pictures(VideoCodec),
    Sound,
}

impl TrackContent {
    fn bitstream(self) -> Bitstream {
        match self {
            Self::Pictures(codec) => codec.bitstream(),
            Self::Sound => Bitstream::Plain,
        }
    }

    fn rule(self) -> CutRule {
        if self == Self::Sound { CutRule::Nearest } else { CutRule::Exact }
    }
}

/// The files of one rendition.
pub(super) struct RenditionWriter<'a> {
    run: &'a RunContext<'a>,
    id: &'a str,
    events: Sender<PipelineEvent>,
    /// Known from the first packet of the first chunk on, by this run or an earlier one.
    timing: Option<Timing>,
    open: Option<ChunkOutput>,
}

/// The chunk that is being written.
struct ChunkOutput {
    number: u32,
    bitstream: Bitstream,
    cutter: Cutter,
    closed: Vec<SegmentClosed>,
}

/// What is written into an initialization segment.
pub(super) struct Description {
    pub(super) header: Vec<u8>,
    pub(super) language: Option<String>,
    pub(super) hdr: StaticHdr,
}

impl<'a> RenditionWriter<'a> {
    pub(super) fn new(run: &'a RunContext<'a>, id: &'a str, events: Sender<PipelineEvent>) -> Self {
        let timing = run.chunks_done(id).first().map(|chunk| chunk.timing);
        Self { run, id, events, timing, open: None }
    }

    /// Chunks that an earlier run has finished.
    pub(super) fn chunks_done(&self) -> u64 {
        self.run.chunks_done(self.id).len() as u64
    }

    pub(super) fn coded(&self, position: u64) {
        // The receiver outlives all threads; the same below.
        let _ = self.events.send(PipelineEvent::Coded { representation: self.id.to_owned(), position });
    }

    /// Begins a chunk whose first segment is `segment` (from 1).
    pub(super) fn begin(&mut self, content: TrackContent, number: u32, segment: u64, timescale: Timescale) {
        let plan = self.run.plan;
        let end = plan.expected_frames.map_or(0, |frames| timescale.ticks_at(plan.time_of(frames)));
        let least_tail = plan.addressing.least_tail(plan.segment_duration());
        let cutter = Cutter::new(plan.grid(), content.rule(), timescale, segment, least_tail).expecting_end(end);
        self.open = Some(ChunkOutput { number, bitstream: content.bitstream(), cutter, closed: Vec::new() });
    }

    /// Takes a packet. With the first one of the film the rendition's timing is fixed and its initialization segment is
    /// written, for which `describe` is called.
    pub(super) fn packet(
        &mut self,
        packet: Packet,
        timescale: Timescale,
        describe: impl FnOnce() -> Result<Description, PackagerError>,
    ) -> Result<(), PackagerError> {
        if self.timing.is_none() {
            let timing = Timing::from_first(timescale, &packet);
            let Description { header, language, hdr } = describe()?;
            let init = with_static_hdr(cmaf_init(&header, timing, language.as_deref())?, &hdr)?;
            self.run.publisher.put(&layout::init(&self.run.plan.generation, self.id), &init)?;
            self.timing = Some(timing);
        }
        let Some(chunk) = &mut self.open else { return Ok(()) };
        let Some(group) = chunk.cutter.push(packet) else { return Ok(()) };
        let bitstream = chunk.bitstream;
        let closed = self.put(&group, bitstream)?;
        if let Some(chunk) = &mut self.open {
            chunk.closed.extend(closed);
        }
        Ok(())
    }

    /// The chunk is complete.
    pub(super) fn end(&mut self, quality: Option<PictureQuality>) -> Result<(), PackagerError> {
        let Some(ChunkOutput { number, bitstream, cutter, closed: mut segments }) = self.open.take() else {
            return Ok(());
        };
        for group in cutter.finish() {
            segments.extend(self.put(&group, bitstream)?);
        }
        if let (Some(timing), false) = (self.timing, segments.is_empty()) {
            let chunk = ChunkDone { representation: self.id.to_owned(), chunk: number, timing, segments, quality };
            let _ = self.events.send(PipelineEvent::Chunk(chunk));
        }
        Ok(())
    }

    fn put(&self, group: &Group, bitstream: Bitstream) -> Result<Option<SegmentClosed>, PackagerError> {
        let Some(timing) = self.timing else { return Ok(None) };
        let wrapping = if self.run.plan.addressing == Addressing::Base { Wrapping::Bare } else { Wrapping::Segment };
        let writer = FragmentWriter::new(self.id, timing, bitstream, wrapping);
        let samples = Samples::pack(bitstream, &group.packets);
        let (SegmentFile { head, payload }, closed) = writer.mux(group.number, samples, no_boxes)?;
        let path = layout::segment(&self.run.plan.generation, self.id, group.number);
        self.run.publisher.put_parts(&path, &[ObjectPart::Bytes(&head), ObjectPart::Bytes(&payload)])?;
        let _ = self.events.send(PipelineEvent::Closed(closed.clone()));
        Ok(Some(closed))
    }
}
