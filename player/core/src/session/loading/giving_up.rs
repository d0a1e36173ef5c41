//! When nothing helps any more: a segment is passed over, a rung's media is fetched again, a kind of media is lost, and
//! in the end the session.

use super::lane::{Lane, LaneId};
use super::{Desk, Loading, Loss};
use crate::buffer::Part;
use crate::io::{Event, Severity};
use crate::presentation::RungId;
use crate::session::network::FailureStreak;
use crate::session::recovery::MOST_SKIPS;
use shared::time::PresentationTime;

impl Loading {
    /// All rungs are left alone for now: wait for the first to come back.
    pub(super) fn out_of_rungs(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        match self.next_forgiven(lane, desk) {
            Some(at) if !self.hopeless(lane, desk) => desk.out.wake_at(at),
            _ => self.lose_lane(lane, "no rendition of it is left", desk),
        }
    }

    /// When the first of a lane's rungs may be asked again.
    fn next_forgiven(&self, lane: LaneId, desk: &Desk<'_>) -> Option<shared::time::SessionTime> {
        let until = self.ladder(lane).filter_map(|rung| desk.network.exclusions.until(rung));
        until.filter(|until| *until > desk.out.now()).min()
    }

    /// Whether all rungs of a lane's track have failed again and again without a success.
    pub(super) fn hopeless(&self, lane: LaneId, desk: &Desk<'_>) -> bool {
        self.ladder(lane).all(|rung| desk.network.exclusions.hopeless(rung))
    }

    /// All rungs of a lane's track get another chance.
    pub(super) fn forgive_all(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        for rung in self.ladder(lane) {
            desk.network.exclusions.forgive(rung);
        }
    }

    fn ladder(&self, lane: LaneId) -> impl Iterator<Item = RungId> {
        let track = self.lanes[lane].track_in(&self.presentation);
        track.into_iter().flat_map(|track| &track.rungs).map(|rung| rung.id)
    }

    /// Goes on behind a segment that cannot be had. Returns what is done, for people.
    pub(super) fn skip_segment(
        &mut self,
        lane: LaneId,
        end: PresentationTime,
        why: &str,
        desk: &mut Desk<'_>,
    ) -> String {
        let state = &mut self.lanes[lane];
        let (kind, time) = (state.kind, state.next..end);
        state.trouble = FailureStreak::default();
        state.skipped_in_a_row += 1;
        let lost = state.skipped_in_a_row > MOST_SKIPS;
        state.skip_to(end, why);
        self.forgive_all(lane, desk);
        desk.out.tell(Event::Skipped { track: kind, time, reason: why.to_owned() });
        desk.out.notice(Severity::Error, format!("a segment of the {kind} cannot be had: {why}"));
        if lost {
            self.lose_lane(lane, why, desk);
        }
        "going on without it".to_owned()
    }

    /// Goes on without this kind of media. Without one that there is nothing to watch without, or the last one that
    /// playback goes by, the session ends when what is buffered has been played.
    pub(super) fn lose_lane(&mut self, lane: LaneId, why: &str, desk: &mut Desk<'_>) {
        let row = self.lanes[lane].kind.row();
        let left = self.lanes.others(lane).any(|other| other.kind.row().blocks_playback);
        if row.essential || (row.blocks_playback && !left) {
            return self.play_out(format!("nothing can be played any more: {why}"), desk);
        }
        desk.out.notice(Severity::Error, format!("going on without {}: {why}", row.name));
        self.stop_fetching(lane, desk);
        self.lanes[lane].complete = true;
        self.lanes[lane].lost = true;
    }

    /// Ends the session with a reason, but not before the viewer has seen what is there.
    fn play_out(&mut self, why: String, desk: &mut Desk<'_>) {
        let position = desk.at.position;
        let holds = |lane: &Lane| lane.buffer.parts().any(|p| p.media.is_some() && p.time.end > position);
        if !desk.at.started || !self.lanes.iter().any(holds) {
            self.loss = Some(Loss::Now(why));
            return;
        }
        for lane in self.lanes.ids() {
            self.stop_fetching(lane, desk);
            let state = &mut self.lanes[lane];
            state.buffer.trim_holes();
            state.next = state.buffer.end().unwrap_or(state.next).min(state.next);
            state.complete = true;
            state.lost = true;
        }
        self.loss = Some(Loss::AtTheEnd(why));
    }

    /// What is buffered of a rung cannot be decoded: everything from its first unfed segment on is fetched again.
    pub(super) fn refetch_rung(&mut self, rung: RungId, desk: &mut Desk<'_>) {
        let Some(lane) = self.lanes.at(rung, &self.presentation) else { return };
        let of_rung = |part: &&Part| !part.fed && part.media.is_some_and(|media| media.segment.rung == rung);
        let first = self.lanes[lane].buffer.parts().find(of_rung).map(|part| part.time.start);
        if let Some(first) = first {
            self.drop_from(lane, first, desk);
        }
    }
}
