//! A chunk of a rendition, from its first packet to its last file: the one place where it is opened and closed.

use super::put::{Destination, TrackForm};
use super::source::PacketSource;
use crate::error::PackagerError;
use crate::mux::{Packet, SegmentClosed, Timing};
use crate::plan::Plan;
use crate::quality::QualityMeter;
use crate::segment::{CutRule, Cutter};
use crate::workspace::ChunkDone;
use shared::time::Timescale;

/// The number of the chunk with which the film begins. It alone decides about the initialization segment.
const FIRST: u32 = 0;

/// An open chunk.
pub(super) struct Chunk<S> {
    pub(super) number: u32,
    pub(super) source: S,
    /// Compares what was coded with what was given.
    pub(super) meter: Option<QualityMeter>,
    form: TrackForm,
    cutter: Cutter,
    /// Known from the first chunk on, else from the first packet.
    timing: Option<Timing>,
    closed: Vec<SegmentClosed>,
}

impl<S: PacketSource> Chunk<S> {
    /// Chunk `number` (from 0), whose packets come from `source` and are cut by `cutter`. `timing` is that of the first
    /// chunk of the rendition, where it is known.
    pub(super) fn open(number: u32, source: S, form: TrackForm, cutter: Cutter, timing: Option<Timing>) -> Self {
        Self { number, source, meter: None, form, cutter, timing, closed: Vec::new() }
    }

    /// With a comparison of what is coded with what is given.
    pub(super) fn with_meter(self, meter: Option<QualityMeter>) -> Self {
        Self { meter, ..self }
    }

    /// Handles all packets that the source has ready.
    pub(super) fn drain(&mut self, to: &Destination<'_>) -> Result<(), PackagerError> {
        while let Some(packet) = self.source.receive()? {
            if let Some(meter) = &mut self.meter {
                meter.coded(&self.form.bitstream.in_file(&packet.data))?;
            }
            let timing = self.timing(&packet, to)?;
            if let Some(group) = self.cutter.push(packet) {
                self.closed.push(to.segment(&group, &self.form, timing)?);
            }
        }
        Ok(())
    }

    /// Drops all packets that the source has ready.
    pub(super) fn discard(&mut self) -> Result<(), PackagerError> {
        while self.source.receive()?.is_some() {}
        Ok(())
    }

    /// Ends the chunk: there is no more input. Gives the timing of its segments.
    pub(super) fn close(mut self, to: &Destination<'_>) -> Result<Option<Timing>, PackagerError> {
        self.source.finish()?;
        self.drain(to)?;
        let Self { number, meter, form, cutter, timing, closed: mut segments, .. } = self;
        let quality = meter.map(QualityMeter::finish).transpose()?;
        let Some(timing) = timing else { return Ok(None) };
        for group in cutter.finish() {
            segments.push(to.segment(&group, &form, timing)?);
        }
        if !segments.is_empty() {
            to.chunk(ChunkDone { representation: to.id().to_owned(), chunk: number, timing, segments, quality });
        }
        Ok(Some(timing))
    }

    /// The timing of the rendition. The first packet of the film fixes it, and with it the initialization segment.
    fn timing(&mut self, packet: &Packet, to: &Destination<'_>) -> Result<Timing, PackagerError> {
        if let Some(timing) = self.timing {
            return Ok(timing);
        }
        let timing = Timing::from_first(self.source.timescale(), packet);
        if self.number == FIRST {
            to.init(&self.source.header()?, timing, &self.form)?;
        }
        self.timing = Some(timing);
        Ok(timing)
    }
}

/// Cuts a chunk of a rendition with this timescale, whose first segment is `segment` (from 1).
pub(super) fn cutter(plan: &Plan, rule: CutRule, segment: u64, timescale: Timescale) -> Cutter {
    let end = plan.expected_frames.map_or(0, |frames| timescale.ticks_at(plan.time_of(frames)));
    let least_tail = plan.addressing.least_tail(plan.segment_duration());
    Cutter::new(plan.grid(), rule, timescale, segment, least_tail).expecting_end(end)
}
