//! What follows from a segment that has come.

use super::lane::{Fetching, LaneId};
use super::{Desk, Loading};
use crate::buffer::{Media, Part, SEAM};
use crate::estimate::Transfer;
use crate::io::{Event, Output, Severity};
use crate::kinds::TrackKind;
use crate::session::network::{FailureStreak, InProgress};

impl Loading {
    /// A media segment is complete; its bytes are with the shell.
    pub(in crate::session) fn media_arrived(
        &mut self,
        kind: TrackKind,
        running: &InProgress,
        transfer: &Transfer,
        desk: &mut Desk<'_>,
    ) {
        let lane = self.lanes.of(kind);
        let Some((lane, fetching)) = lane.and_then(|lane| Some((lane, self.lanes[lane].fetching.take()?))) else {
            return desk.out.push(Output::Discard(running.request.id));
        };
        for other in self.lanes.ids().filter(|other| *other != lane) {
            self.lanes[other].answered_beside.get_or_insert(desk.out.now());
        }
        self.end_outage(lane, desk);
        let media = Media {
            segment: fetching.segment,
            request: running.request.id,
            size: running.received,
            replacement: fetching.replaces.is_some(),
            shown: false,
        };
        self.forgive(fetching.segment.rung, desk);
        self.tell_policy(lane, fetching.segment, transfer, desk);
        self.measure_location(lane, &fetching, running, transfer, desk);
        match fetching.replaces {
            Some(old) => self.put_in_place(lane, old, media, desk),
            None => self.append(lane, &fetching, media, desk),
        }
    }

    /// A segment of the rung has come, and its init segment is there: it is as good as the others again.
    fn forgive(&self, rung: crate::presentation::RungId, desk: &mut Desk<'_>) {
        let init = self.presentation.rung(rung).is_some_and(|rung| rung.init.is_some());
        if !init || self.setups.init(rung).is_some() {
            desk.network.exclusions.forgive(rung);
        }
    }

    /// The location that a segment came from is measured, and another one may be better from now on.
    fn measure_location(
        &self,
        lane: LaneId,
        fetching: &Fetching,
        running: &InProgress,
        transfer: &Transfer,
        desk: &mut Desk<'_>,
    ) {
        let cushion = self.cushion(lane, desk);
        let Some(rung) = self.presentation.rung(fetching.segment.rung) else { return };
        let locations = &mut desk.network.locations;
        let moved = locations.measured(desk.out.now(), &running.location, &rung.locations, transfer, cushion);
        if let Some(name) = moved {
            let told = format!("fetching from {name} from now on: {} is slower", running.location);
            desk.out.notice(Severity::Info, told);
        }
    }

    fn append(&mut self, lane: LaneId, fetching: &Fetching, media: Media, desk: &mut Desk<'_>) {
        let state = &mut self.lanes[lane];
        if state.buffer.is_empty() {
            // After a seek the segment may begin before the target: all of it is there.
            state.next = fetching.time.start.min(state.next);
        }
        if fetching.time.start > state.next + SEAM {
            let time = state.next..fetching.time.start;
            let reason = "the manifest has a gap here".to_owned();
            state.skip_to(time.end, &reason);
            desk.out.tell(Event::Skipped { track: state.kind, time, reason });
        }
        let until = self.presentation.end_of(state.period).unwrap_or(fetching.time.end);
        let end = fetching.time.end.min(until).max(state.next);
        let time = state.next..end;
        state.buffer.push(Part { time, period: state.period, media: Some(media), missing: None, fed: false });
        state.next = end;
        state.last_rung = Some(fetching.segment.rung);
        state.trouble = FailureStreak::default();
        state.skipped_in_a_row = 0;
    }

    fn put_in_place(&mut self, lane: LaneId, old: crate::presentation::SegmentId, media: Media, desk: &mut Desk<'_>) {
        match self.lanes[lane].buffer.replace(old, media) {
            Some(old) => {
                desk.out.journal.wasted(old.size);
                desk.out.push(Output::Discard(old.request));
                desk.out.tell(Event::Replaced { segment: media.segment, from: old.segment.rung });
            }
            None => {
                desk.out.journal.wasted(media.size);
                desk.out.push(Output::Discard(media.request));
            }
        }
    }
}
