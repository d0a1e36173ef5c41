//! What is asked for: the request of a segment, at the location that is due.

use super::lane::{Aim, Fetching, LaneId};
use super::{Desk, Loading};
use crate::io::{Request, RungRef, SegmentOf, Subject};
use crate::presentation::{RungId, Segment};
use crate::session::network::{Cushion, SetupKind, name_of};
use shared::units::ByteSize;

/// A media body may be this many times what its bandwidth promises: more is an attack or a mistake.
const MOST_OVERSIZE: u32 = 4;
/// And at least this is always accepted.
const LEAST_LIMIT: ByteSize = ByteSize::from_bytes(64 << 20);

impl Loading {
    /// Sends the request for the next segment of a lane in a rung; tells whether that could be done.
    pub(super) fn fetch_next(&mut self, lane: LaneId, rung: RungId, desk: &mut Desk<'_>) -> bool {
        let exact = self.lanes[lane].buffer.is_empty();
        match self.presentation.segment_from(rung, self.lanes[lane].next, exact) {
            Some(segment) => self.fetch(lane, segment, Aim::Next, desk),
            None => false,
        }
    }

    /// Sends the request for a segment; tells whether that could be done.
    pub(super) fn fetch(&mut self, lane: LaneId, segment: Segment, aim: Aim, desk: &mut Desk<'_>) -> bool {
        self.ensure(SetupKind::Init, segment.id.rung, desk);
        self.ensure_key(segment.id.rung, desk);
        let Some((request, location)) = self.media_request(lane, &segment, desk) else { return false };
        let ask_again = Some(desk.out.now());
        let fetching = Fetching { request: request.id, segment: segment.id, time: segment.time, aim, ask_again };
        let state = &mut self.lanes[lane];
        state.fetching = Some(fetching);
        if state.trouble.attempts == 0 {
            state.answered_beside = None;
        }
        let stakes = self.stakes_for(lane, &location, &desk.at, desk.network, desk.out);
        desk.network.send(request, location, stakes, desk.out);
        true
    }

    fn media_request(&self, lane: LaneId, segment: &Segment, desk: &mut Desk<'_>) -> Option<(Request, String)> {
        let rung = self.presentation.rung(segment.id.rung)?;
        let resource = self.presentation.resource(segment.id)?;
        let location = desk.network.location_for_media(&rung.locations, self.cushion(lane, desk), desk.out.now())?;
        let url = resource.url(&location.base).ok()?.into();
        let size = self.presentation.size(segment.id);
        let promised = rung.bandwidth.over(segment.duration() * MOST_OVERSIZE);
        let of = RungRef { track: self.lanes[lane].kind, rung: rung.id, representation: rung.representation.clone() };
        let request = Request {
            id: desk.network.next_id(),
            subject: Subject::Media(SegmentOf { of, number: segment.id.number, time: segment.time.clone() }),
            url,
            range: resource.range,
            limit: promised.max(size.unwrap_or_default()).max(LEAST_LIMIT),
            size,
            attempt: self.lanes[lane].trouble.attempts,
        };
        Some((request, name_of(&location)))
    }

    /// How much of the wished buffer a lane has.
    pub(super) fn cushion(&self, lane: LaneId, desk: &Desk<'_>) -> Cushion {
        let ahead = self.lanes[lane].ahead(desk.at.position);
        Cushion { ahead, part: ahead.as_secs_f64() / desk.config.buffer_target.as_secs_f64().max(0.001) }
    }
}
