//! Where do media really lie? The times that segments carry are the truth within a stretch of them: what goes on where
//! the one before ended follows it, whatever the manifest says. Where they do not fit what is announced, by more than
//! durations may be rounded, the manifest says where a segment belongs and its own times are moved there, all tracks by
//! the same amount if that fits, so that picture and sound stay together.

use super::lane::LaneId;
use super::{Desk, Loading};
use crate::buffer::{Media, Part, SEAM};
use crate::io::{RequestId, Severity};
use crate::presentation::{SegmentId, distance};
use shared::protection::KeyId;
use shared::time::PresentationTime;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Announced starts are believed to be right within this, or within half a segment (ISO/IEC 23009-1 5.3.9.6.4).
const TOLERANCE: Duration = Duration::from_millis(500);
/// Corrections that are remembered; every one of them is told.
const MOST_CORRECTIONS: usize = 8;
/// A segment is not believed to last longer than so many times what is announced,
const MOST_TIMES: u32 = 4;
/// and this.
const AT_LEAST: Duration = Duration::from_secs(10);
/// Requests measured whose media are still to come: one a lane, and a few that were aborted.
const MOST_MEASURED: usize = 64;

/// What has been learned about the clocks of media.
#[derive(Debug, Default)]
pub(super) struct Placing {
    /// Media times, offset of the Period not applied, of what is about to arrive.
    measured: BTreeMap<RequestId, Range<PresentationTime>>,
    /// What was added to media times somewhere, in ns, the latest first.
    corrections: VecDeque<i64>,
    /// How many were told.
    told: usize,
}

/// Where a segment is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed {
    pub(super) time: Range<PresentationTime>,
    /// Where its earliest sample belongs when that is not where it says.
    pub(super) origin: Option<PresentationTime>,
    /// It is known, not only announced.
    pub(super) measured: bool,
}

impl Loading {
    /// The times of a segment are known: before it arrives, or when it waits in the buffer for its init segment.
    pub(in crate::session) fn measured(
        &mut self,
        request: RequestId,
        time: Range<PresentationTime>,
        key_ids: Vec<KeyId>,
        desk: &mut Desk<'_>,
    ) {
        self.keys.note_needed(request, key_ids);
        if self.placing.measured.len() >= MOST_MEASURED {
            self.placing.measured.pop_first();
        }
        self.placing.measured.insert(request, time);
        for lane in self.lanes.ids() {
            self.place_again(lane, request, desk);
        }
    }

    /// Puts what a request brought, and all behind it, where it belongs.
    fn place_again(&mut self, lane: LaneId, request: RequestId, desk: &mut Desk<'_>) {
        let taken = self.lanes[lane].buffer.take_from(request);
        let Some(first) = taken.first() else { return };
        let (period, last_rung) = (self.lanes[lane].period, self.lanes[lane].last_rung);
        self.lanes[lane].next = first.time.start;
        for part in taken {
            self.put_again(lane, part, desk);
        }
        self.lanes[lane].period = period;
        self.lanes[lane].last_rung = last_rung;
    }

    fn put_again(&mut self, lane: LaneId, part: Part, desk: &mut Desk<'_>) {
        self.lanes[lane].period = part.period;
        match part.media {
            Some(media) => {
                let announced = self.presentation.segment(media.segment).map_or(part.time, |segment| segment.time);
                self.append(lane, announced, media, desk);
            }
            None if part.time.end > self.lanes[lane].next => {
                let why = part.missing.unwrap_or_default();
                self.lanes[lane].skip_to(part.time.end, &why);
            }
            None => {}
        }
    }

    /// Where a segment that is announced at `expected` is. Corrects the timeline of its rung.
    pub(super) fn place(
        &mut self,
        lane: LaneId,
        media: Media,
        expected: Range<PresentationTime>,
        desk: &mut Desk<'_>,
    ) -> Placed {
        let Some(own) = self.own_time(media) else { return Placed { time: expected, origin: None, measured: false } };
        let correction = self.correction(lane, &own, &expected);
        let anew = correction != self.lanes[lane].correction;
        if anew {
            self.move_clock(lane, correction, desk);
        }
        let start = own.start.offset_by_nanos(correction);
        let time = start..start + believable(&own, &expected);
        self.follow_clock(lane, media.segment, &time, anew, desk);
        Placed { time, origin: (correction != 0).then_some(start), measured: true }
    }

    /// Where the earliest sample of a segment belongs that takes the place of a buffered one, if not where it says.
    pub(super) fn origin_in_place(
        &mut self,
        lane: LaneId,
        old: SegmentId,
        media: Media,
        desk: &Desk<'_>,
    ) -> Option<PresentationTime> {
        debug_assert!(desk.config.replace, "nothing takes the place of another");
        let own = self.own_time(media)?;
        let held = |part: &&Part| part.media.is_some_and(|media| media.segment == old);
        let expected = self.lanes[lane].buffer.parts().find(held)?.time.clone();
        let correction = self.correction(lane, &own, &expected);
        (correction != 0).then(|| own.start.offset_by_nanos(correction))
    }

    /// The presentation times that a segment carries itself, if they are known.
    fn own_time(&mut self, media: Media) -> Option<Range<PresentationTime>> {
        let measured = self.placing.measured.remove(&media.request)?;
        let zero = self.presentation.index(media.segment.rung)?.media_zero().nanos();
        Some(measured.start.offset_by_nanos(zero)..measured.end.offset_by_nanos(zero))
    }

    /// What is to be added to a segment's own times.
    fn correction(&self, lane: LaneId, own: &Range<PresentationTime>, expected: &Range<PresentationTime>) -> i64 {
        let lane = &self.lanes[lane];
        let known = || [lane.correction, 0].into_iter().chain(self.placing.corrections.iter().copied());
        let moved = |correction: i64| own.start.offset_by_nanos(correction);
        let follows = |correction: &i64| !lane.buffer.is_empty() && distance(moved(*correction), lane.next) <= SEAM;
        let tolerance = TOLERANCE.max(expected.end.since(expected.start) / 2);
        let fits = |correction: &i64| distance(moved(*correction), expected.start) <= tolerance;
        let found = known().find(follows).or_else(|| known().find(fits));
        found.unwrap_or_else(|| expected.start.nanos().saturating_sub(own.start.nanos()))
    }

    /// From here on a lane's media are moved by another amount. One that nobody has seen yet is told.
    fn move_clock(&mut self, lane: LaneId, correction: i64, desk: &mut Desk<'_>) {
        self.lanes[lane].correction = correction;
        if correction == 0 || self.placing.corrections.contains(&correction) {
            return;
        }
        self.placing.corrections.push_front(correction);
        self.placing.corrections.truncate(MOST_CORRECTIONS);
        self.placing.told += 1;
        if self.placing.told <= MOST_CORRECTIONS {
            let (kind, at) = (self.lanes[lane].kind, self.lanes[lane].next);
            let off = Duration::from_nanos(correction.unsigned_abs()).as_secs_f64();
            let side = if correction < 0 { "later" } else { "earlier" };
            let what = format!("the timestamps of the {kind} at {at} lie {off:.3} s {side} than the manifest says");
            desk.out.mended(Severity::Warning, at, &what, "played where the manifest says");
        }
    }

    /// The timeline of a rung follows its media.
    fn follow_clock(
        &mut self,
        lane: LaneId,
        segment: SegmentId,
        time: &Range<PresentationTime>,
        anew: bool,
        desk: &mut Desk<'_>,
    ) {
        // Asked first, because the presentation is copied where somebody else holds it.
        if self.presentation.is_as_expected(segment, time) {
            return;
        }
        if Arc::make_mut(&mut self.presentation).correct(segment, time, anew) {
            let kind = self.lanes[lane].kind;
            let what = format!("the {kind} does not last as long as the manifest says");
            desk.out.mended(Severity::Warning, time.start, &what, "its own timestamps are followed");
        }
    }
}

/// How long a segment lasts by its own times, unless those are beyond belief.
fn believable(own: &Range<PresentationTime>, expected: &Range<PresentationTime>) -> Duration {
    let (own, announced) = (own.end.since(own.start), expected.end.since(expected.start));
    let believed = !own.is_zero() && own <= (announced * MOST_TIMES).max(AT_LEAST);
    if believed { own } else { announced }
}
