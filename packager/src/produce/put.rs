//! The stages behind the cut: protect, mux, put. What is finished is told to whoever listens to the run.

use super::protect::{Protector, protector};
use super::{PipelineEvent, RunContext};
use crate::error::PackagerError;
use crate::layout::{self, Addressing};
use crate::mux::{
    Bitstream, FragmentExtras, FragmentSample, FragmentWriter, PackedSample, Samples, SegmentClosed, SegmentFile,
    Timing, Wrapping, cmaf_init, with_static_hdr,
};
use crate::publish::{Folder, ObjectPart, Publisher, StoreError};
use crate::segment::Group;
use crate::workspace::ChunkDone;
use crossbeam_channel::Sender;
use shared::bmff::Track;
use shared_av::StaticHdr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// What the packets of a rendition are, as far as files say it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TrackForm {
    pub(super) bitstream: Bitstream,
    pub(super) language: Option<String>,
    pub(super) hdr: StaticHdr,
    /// As the source of the packets describes them.
    pub(super) track: Track,
}

/// Where the segments of one rendition go.
pub(super) struct Destination<'a> {
    id: &'a str,
    generation: &'a str,
    wrapping: Wrapping,
    publisher: &'a Publisher<Folder>,
    protector: Option<Box<dyn Protector>>,
    events: Sender<PipelineEvent>,
}

impl<'a> Destination<'a> {
    pub(super) fn new(run: &'a RunContext<'a>, id: &'a str, events: Sender<PipelineEvent>) -> Self {
        let plan = run.plan;
        let wrapping = if plan.addressing == Addressing::Base { Wrapping::Bare } else { Wrapping::Segment };
        Self {
            id,
            generation: &plan.generation,
            wrapping,
            publisher: run.publisher,
            protector: protector(run, id),
            events,
        }
    }

    /// With another protector.
    #[cfg(test)]
    pub(super) fn protected_by(self, protector: Box<dyn Protector>) -> Self {
        Self { protector: Some(protector), ..self }
    }

    /// Writes the initialization segment made of `header`, a `moov`.
    pub(super) fn init(&self, header: &[u8], timing: Timing, form: &TrackForm) -> Result<(), PackagerError> {
        let init = with_static_hdr(cmaf_init(header, timing, form.language.as_deref())?, &form.hdr)?;
        let init = match &self.protector {
            Some(protector) => protector.init(init)?,
            None => init,
        };
        Ok(self.publisher.put(&layout::init(self.generation, self.id), &init)?)
    }

    /// Protects, muxes and writes a segment.
    pub(super) fn segment(
        &self,
        group: &Group,
        form: &TrackForm,
        timing: Timing,
    ) -> Result<SegmentClosed, PackagerError> {
        let mut samples = Samples::pack(form.bitstream, &group.packets);
        let extras = match &self.protector {
            Some(protector) => protector.protect(group.number, &mut samples, &form.track)?,
            None => FragmentExtras::default(),
        };
        let writer = FragmentWriter::new(self.id, timing, form.bitstream, self.wrapping);
        let (SegmentFile { head, payload }, closed) = writer.mux(group.number, samples, extras)?;
        let parts = [ObjectPart::Bytes(&head), ObjectPart::Bytes(&payload)];
        self.publisher.put_parts(&layout::segment(self.generation, self.id, group.number), &parts)?;
        self.tell(PipelineEvent::Closed(closed.clone()));
        Ok(closed)
    }

    /// Protects and writes segment `number` of samples that are presented in this time and stand in `media` as they are. What
    /// stays clear is moved without being read.
    pub(super) fn copied(
        &self,
        (number, samples, presented): (u64, &[FragmentSample], Range<i64>),
        (timing, track): (Timing, &Track),
        media: &[ObjectPart<'_>],
    ) -> Result<SegmentClosed, PackagerError> {
        let Some(protector) = &self.protector else {
            return self.moved((number, samples, presented), timing, FragmentExtras::default(), media);
        };
        let here = read(media).map_err(StoreError::io("read", "the input"))?;
        let mut here = as_packed(samples, here);
        let extras = protector.protect(number, &mut here, track)?;
        self.moved((number, samples, presented), timing, extras, &[ObjectPart::Bytes(&here.payload)])
    }

    fn moved(
        &self,
        (number, samples, presented): (u64, &[FragmentSample], Range<i64>),
        timing: Timing,
        extras: FragmentExtras,
        media: &[ObjectPart<'_>],
    ) -> Result<SegmentClosed, PackagerError> {
        let writer = FragmentWriter::new(self.id, timing, Bitstream::Plain, self.wrapping);
        let (head, closed) = writer.head(number, samples, presented, extras)?;
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
        tell(&self.events, event);
    }
}

/// The parts as one.
fn read(media: &[ObjectPart<'_>]) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    for part in media {
        match part {
            ObjectPart::Bytes(more) => bytes.extend_from_slice(more),
            ObjectPart::File(file, range) => {
                let mut file: &File = file;
                file.seek(SeekFrom::Start(range.start))?;
                let length = range.end.saturating_sub(range.start);
                let read = file.take(length).read_to_end(&mut bytes)?;
                if read as u64 != length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            ObjectPart::Stored(_) => return Err(io::ErrorKind::Unsupported.into()),
        }
    }
    Ok(bytes)
}

/// Samples that stand one behind the other in `payload`.
fn as_packed(samples: &[FragmentSample], payload: Vec<u8>) -> Samples {
    let mut start = 0;
    let mut entries = Vec::with_capacity(samples.len());
    for sample in samples {
        let end = payload.len().min(start + usize::try_from(sample.size).unwrap_or(usize::MAX));
        entries.push(PackedSample { range: start..end, pts: sample.pts, duration: sample.duration, key: sample.key });
        start = end;
    }
    Samples { payload, entries }
}

/// Tells whoever listens to the run, who outlives all senders.
pub(super) fn tell(events: &Sender<PipelineEvent>, event: PipelineEvent) {
    let _ = events.send(event);
}
