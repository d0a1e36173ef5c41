//! A rendition of samples that are in a file already: they are grouped as the plan says, and their bytes are moved from file
//! to file in runs. There is nothing to encode and nothing to hold.

use super::put::{Destination, TrackForm};
use super::{PipelineEvent, RunContext};
use crate::copy::{FileRuns, TableSample};
use crate::error::PackagerError;
use crate::language;
use crate::mux::{Bitstream, FragmentSample, MuxError, SegmentClosed, Timing};
use crate::plan::CopiedTrack;
use crate::publish::ObjectPart;
use crate::workspace::ChunkDone;
use crossbeam_channel::Sender;
use shared::bmff::{Track, init};
use shared_av::StaticHdr;
use std::fs::File;
use std::ops::Range;

/// Makes the segments of one copied track.
pub struct CopyProducer<'a> {
    run: &'a RunContext<'a>,
    track: &'a CopiedTrack,
    to: Destination<'a>,
    timing: Timing,
    /// As the input describes it.
    described: Track,
    /// Of the open segment, from 1.
    number: u64,
    samples: Vec<FragmentSample>,
    media: Media<'a>,
    /// Of the open chunk.
    closed: Vec<SegmentClosed>,
}

/// Where the bytes of the open segment are.
pub enum Media<'a> {
    /// In the input, as they are to stand in the package.
    InFile(&'a File, FileRuns),
    /// Here.
    Here(Vec<u8>),
}

impl<'a> CopyProducer<'a> {
    /// For a rendition whose `header` (a `moov`) describes it.
    ///
    /// # Errors
    /// When its initialization segment cannot be written.
    pub fn new(
        run: &'a RunContext<'a>,
        (id, track): (&'a str, &'a CopiedTrack),
        header: &[u8],
        media: Media<'a>,
        events: Sender<PipelineEvent>,
    ) -> Result<Self, PackagerError> {
        let to = Destination::new(run, id, events);
        let timing = Timing { timescale: track.timescale, reorder: track.delay, priming: 0 };
        let form = TrackForm {
            bitstream: Bitstream::Plain,
            language: track.language.as_deref().and_then(language::three_letters),
            hdr: StaticHdr::default(),
            track: init::read(header).map_err(MuxError::from)?,
        };
        if !run.is_done(id, 0) {
            to.init(header, timing, &form)?;
        }
        Ok(Self { run, track, to, timing, described: form.track, number: 1, samples: vec![], media, closed: vec![] })
    }

    /// Takes the next sample of the track; those before the first segment and behind the last one are of no use. `bytes`
    /// are its own where they are not in a file.
    ///
    /// # Errors
    /// When a segment cannot be written.
    pub fn sample(&mut self, sample: &TableSample, bytes: Option<&[u8]>) -> Result<(), PackagerError> {
        let begins = |segment: usize| self.track.segments.get(segment).map(|segment| segment.first);
        if sample.number >= self.track.end || begins(0).is_none_or(|first| sample.number < first) {
            return Ok(());
        }
        let next = usize::try_from(self.number).unwrap_or(usize::MAX);
        if begins(next) == Some(sample.number) {
            self.close()?;
        }
        if self.is_done() {
            return Ok(());
        }
        let pts = sample.cts.saturating_add(self.track.shift);
        let dts = sample.dts.saturating_add(self.track.shift).saturating_sub(self.track.earlier);
        let key = sample.is_key || self.samples.is_empty();
        self.samples.push(FragmentSample { pts, dts, duration: sample.duration.into(), size: sample.size.into(), key });
        match (&mut self.media, bytes) {
            (Media::InFile(_, runs), _) => runs.push(sample),
            (Media::Here(held), bytes) => held.extend_from_slice(bytes.unwrap_or_default()),
        }
        Ok(())
    }

    /// All samples have come.
    ///
    /// # Errors
    /// When the last segment cannot be written.
    pub fn finish(mut self) -> Result<(), PackagerError> {
        self.close()
    }

    /// An earlier run has made the open segment.
    fn is_done(&self) -> bool {
        self.run.is_done(self.to.id(), self.track.chunk_of(self.number))
    }

    fn close(&mut self) -> Result<(), PackagerError> {
        if !self.is_done() {
            let closed = self.put()?;
            self.closed.push(closed);
            self.close_chunk();
        }
        self.samples.clear();
        self.media.clear();
        self.number += 1;
        Ok(())
    }

    fn put(&self) -> Result<SegmentClosed, PackagerError> {
        let presented = self.presented();
        match &self.media {
            Media::InFile(..) if self.run.leaves_media() => {
                self.to.copied((self.number, &self.samples, presented), (self.timing, &self.described), &[])
            }
            Media::InFile(file, runs) => {
                let media: Vec<_> = runs.ranges().iter().map(|range| ObjectPart::File(file, range)).collect();
                self.to.copied((self.number, &self.samples, presented), (self.timing, &self.described), &media)
            }
            Media::Here(bytes) => {
                let media = [ObjectPart::Bytes(bytes)];
                self.to.copied((self.number, &self.samples, presented), (self.timing, &self.described), &media)
            }
        }
    }

    /// From its first presentation to that of the next segment.
    fn presented(&self) -> Range<i64> {
        let time = |number: u64| {
            let segment = usize::try_from(number).ok().and_then(|number| self.track.segments.get(number));
            segment.map_or(self.track.ends_at, |segment| segment.time)
        };
        time(self.number - 1)..time(self.number)
    }

    /// Tells of a chunk with its last segment.
    fn close_chunk(&mut self) {
        let chunk = self.track.chunk_of(self.number);
        let is_last = self.number >= self.track.segments.len() as u64;
        if is_last || self.track.chunk_of(self.number + 1) != chunk {
            let segments = std::mem::take(&mut self.closed);
            let representation = self.to.id().to_owned();
            self.to.chunk(ChunkDone { representation, chunk, timing: self.timing, segments, quality: None });
        }
    }
}

impl Media<'_> {
    fn clear(&mut self) {
        match self {
            Self::InFile(_, runs) => *runs = FileRuns::default(),
            Self::Here(bytes) => bytes.clear(),
        }
    }
}
