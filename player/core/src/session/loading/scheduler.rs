//! Which lane may fetch its next segment, and when: the one with less media ahead first, one segment of a lane at a
//! time, and only when there is room for all of it.

use super::cursor::Next;
use super::lane::{Lane, LaneId};
use super::policy::capacity;
use super::{Desk, Loading};
use crate::kinds::TrackKind;
use crate::presentation::Segment;
use crate::session::network::SetupKind;
use crate::session::recovery::UNDISTURBED;
use shared::time::PresentationTime;

impl Loading {
    /// Starts what can be started now, and asks to be woken when something else can.
    pub(in crate::session) fn schedule(&mut self, desk: &mut Desk<'_>) {
        let mut order: Vec<LaneId> = self.lanes.ids().collect();
        order.sort_by_key(|&lane| self.lanes[lane].promised_until());
        for lane in order {
            self.continue_setups(lane, desk);
            self.drop_hindering_replacement(lane, desk);
            if self.lanes[lane].fetching.is_none() && self.loss.is_none() {
                self.schedule_lane(lane, desk);
            }
        }
    }

    fn schedule_lane(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        if self.lanes[lane].complete {
            return self.consider_replacing(lane, desk);
        }
        if self.lanes[lane].not_before > desk.out.now() {
            return desk.out.wake_at(self.lanes[lane].not_before);
        }
        let Some(segment) = self.next_segment(lane, desk) else { return };
        if self.leads(lane, desk) {
            return;
        }
        if let Some(end) = self.lacks_room(lane, &segment, desk) {
            if let Some(at) = desk.at.clock.time_at(end) {
                desk.out.wake_at(at);
            }
            return self.consider_replacing(lane, desk);
        }
        self.decide(lane, segment.id, desk);
    }

    /// The next segment of a lane. Without one, what leads to it is fetched or waited for.
    pub(super) fn next_segment(&mut self, lane: LaneId, desk: &mut Desk<'_>) -> Option<Segment> {
        let lang = desk.config.audio_lang.as_deref();
        match self.lanes[lane].next_segment(&self.presentation, lang, desk.out.wall()) {
            Next::Segment(segment) => return Some(segment),
            Next::NeedsIndex => self.ensure_some_index(lane, desk),
            Next::NotYet(Some(wall)) => {
                if let Some(at) = desk.out.at_wall(wall) {
                    desk.out.wake_at(at);
                }
            }
            Next::NotYet(None) | Next::NoMore => {}
        }
        None
    }

    /// The indexes of no rung are there: fetch one, of a rung that the link is known to carry, else the lowest.
    fn ensure_some_index(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let choices = self.usable(lane, desk);
        let estimate = desk.network.estimator.cautious().unwrap_or_default();
        let fits = choices.bandwidths.partition_point(|&bandwidth| bandwidth <= estimate).saturating_sub(1);
        match choices.rungs.get(fits) {
            Some(&rung) => self.ensure(SetupKind::Index, rung, desk),
            None => self.out_of_rungs(lane, desk),
        }
    }

    /// Whether a lane is so far ahead of another one that this one comes first: the link is shared, and playback needs
    /// both. While the viewer waits, what is under way is not there yet: who has enough to begin leaves the link to who
    /// has not. What is asked for again is not disturbed the first times, as far as the other one is ahead: a server
    /// that is busy with one answers the next. A lane that waits out a failure holds nobody up, and neither does one
    /// that playback does not need.
    fn leads(&self, lane: LaneId, desk: &Desk<'_>) -> bool {
        let next = self.lanes[lane].next;
        let shares = desk.at.told || self.lanes[lane].ahead(desk.at.position) < desk.at.needed;
        let waits_for = |other: &Lane| {
            let attempts = other.trouble.attempts;
            let reaches = if shares && attempts == 0 { other.promised_until() } else { other.next };
            let due = !other.complete && other.not_before <= desk.out.now();
            due && next > reaches && (attempts == 0 || UNDISTURBED.contains(&attempts))
        };
        self.lanes.iter().filter(|other| other.kind.row().blocks_playback).any(waits_for)
    }

    /// When there is no room for a segment: the place at which the playhead must be for it to fit.
    pub(super) fn lacks_room(&self, lane: LaneId, segment: &Segment, desk: &Desk<'_>) -> Option<PresentationTime> {
        let next = self.lanes[lane].next;
        let length = segment.time.end.since(segment.time.start.max(next));
        let needed = next + length - capacity(desk, length);
        (needed > desk.at.position).then_some(needed)
    }

    /// Whether one of these lanes can fetch what follows only when the playhead is nearer.
    pub(in crate::session) fn waits_for_room(&mut self, kinds: &[TrackKind], desk: &mut Desk<'_>) -> bool {
        let lanes: Vec<LaneId> = kinds.iter().filter_map(|kind| self.lanes.of(*kind)).collect();
        lanes.into_iter().any(|lane| {
            let segment = self.next_segment(lane, desk);
            segment.is_some_and(|segment| self.lacks_room(lane, &segment, desk).is_some())
        })
    }
}
