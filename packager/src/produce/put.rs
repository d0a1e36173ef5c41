//! The stages behind the cut: protect, mux, put. What is finished is told to whoever listens to the run.

use super::protect::{Protector, protector};
use super::{PipelineEvent, RunContext};
use crate::error::PackagerError;
use crate::layout::{self, Addressing};
use crate::mux::{
    Bitstream, FragmentSample, FragmentWriter, Samples, SegmentClosed, SegmentFile, Timing, Wrapping, cmaf_init,
    no_boxes, with_static_hdr,
};
use crate::publish::{Folder, ObjectPart, Publisher};
use crate::segment::Group;
use crate::workspace::ChunkDone;
use crossbeam_channel::Sender;
use shared_av::StaticHdr;
use std::ops::Range;

/// What the packets of a rendition are, as far as files say it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TrackForm {
    pub(super) bitstream: Bitstream,
    pub(super) language: Option<String>,
    pub(super) hdr: StaticHdr,
}

/// Where the segments of one rendition go.
pub(super) struct Destination<'a> {
    id: &'a str,
    generation: &'a str,
    wrapping: Wrapping,
    publisher: &'a Publisher<Folder>,
    protector: Box<dyn Protector>,
    events: Sender<PipelineEvent>,
}

impl<'a> Destination<'a> {
    pub(super) fn new(run: &'a RunContext<'a>, id: &'a str, events: Sender<PipelineEvent>) -> Self {
        let plan = run.plan;
        let wrapping = if plan.addressing == Addressing::Base { Wrapping::Bare } else { Wrapping::Segment };
        Self { id, generation: &plan.generation, wrapping, publisher: run.publisher, protector: protector(), events }
    }

    /// With another protector.
    #[cfg(test)]
    pub(super) fn protected_by(self, protector: Box<dyn Protector>) -> Self {
        Self { protector, ..self }
    }

    /// Writes the initialization segment made of `header`, a `moov`.
    pub(super) fn init(&self, header: &[u8], timing: Timing, form: &TrackForm) -> Result<(), PackagerError> {
        let init = with_static_hdr(cmaf_init(header, timing, form.language.as_deref())?, &form.hdr)?;
        let init = self.protector.init(init)?;
        Ok(self.publisher.put(&layout::init(self.generation, self.id), &init)?)
    }

    /// Protects, muxes and writes a segment.
    pub(super) fn segment(
        &self,
        group: &Group,
        bitstream: Bitstream,
        timing: Timing,
    ) -> Result<SegmentClosed, PackagerError> {
        let mut samples = Samples::pack(bitstream, &group.packets);
        let boxes = self.protector.protect(group.number, &mut samples)?;
        let writer = FragmentWriter::new(self.id, timing, bitstream, self.wrapping);
        let (SegmentFile { head, payload }, closed) = writer.mux(group.number, samples, boxes)?;
        let parts = [ObjectPart::Bytes(&head), ObjectPart::Bytes(&payload)];
        self.publisher.put_parts(&layout::segment(self.generation, self.id, group.number), &parts)?;
        self.tell(PipelineEvent::Closed(closed.clone()));
        Ok(closed)
    }

    /// Writes segment `number` of samples that are presented in this time and stand in `media` as they are.
    pub(super) fn copied(
        &self,
        (number, samples, presented): (u64, &[FragmentSample], Range<i64>),
        timing: Timing,
        media: &[ObjectPart<'_>],
    ) -> Result<SegmentClosed, PackagerError> {
        let writer = FragmentWriter::new(self.id, timing, Bitstream::Plain, self.wrapping);
        let (head, closed) = writer.head(number, samples, presented, no_boxes)?;
        let parts = [&[ObjectPart::Bytes(&head)], media].concat();
        self.publisher.put_parts(&layout::segment(self.generation, self.id, number), &parts)?;
        self.tell(PipelineEvent::Closed(closed.clone()));
        Ok(closed)
    }

    /// All segments of a chunk have been written.
    pub(super) fn chunk(&self, chunk: ChunkDone) {
        self.tell(PipelineEvent::Chunk(chunk));
    }

    /// The rendition has coded so much.
    pub(super) fn coded(&self, position: u64) {
        self.tell(PipelineEvent::Coded { representation: self.id.to_owned(), position });
    }

    pub(super) fn id(&self) -> &str {
        self.id
    }

    fn tell(&self, event: PipelineEvent) {
        // The receiver outlives all senders.
        let _ = self.events.send(event);
    }
}
