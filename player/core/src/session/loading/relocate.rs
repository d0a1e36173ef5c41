//! What of the buffer is kept when the playhead goes elsewhere: what holds the target; the rest is given up and fetched
//! anew.

use super::lane::{Fetching, LaneId};
use super::release::discard;
use super::{Desk, Loading};
use crate::kinds::TrackKind;
use crate::presentation::{PeriodId, TrackNumber};
use crate::session::network::FailureStreak;
use shared::time::{PresentationTime, SessionTime};

impl Loading {
    /// The lanes that have nothing at a target, or have to begin anew there.
    fn missing(&self, target: PresentationTime, renewed: Option<LaneId>) -> Vec<LaneId> {
        self.lanes.ids().filter(|lane| renewed == Some(*lane) || !self.holds(*lane, target)).collect()
    }

    /// Makes ready for a new epoch that begins at `target`. What a lane has of it is kept, except of the kind that is
    /// `renewed`. Tells whether nothing is missing.
    pub(in crate::session) fn relocate(
        &mut self,
        target: PresentationTime,
        renewed: Option<TrackKind>,
        desk: &mut Desk<'_>,
    ) -> bool {
        let missing = self.missing(target, renewed.and_then(|kind| self.lanes.of(kind)));
        for lane in self.lanes.iter_mut() {
            lane.buffer.rewind(target);
            lane.fed_init = None;
        }
        for lane in &missing {
            self.refill(*lane, target, desk);
        }
        missing.is_empty()
    }

    /// Whether a lane has media at a place, or has ended before it.
    fn holds(&self, lane: LaneId, target: PresentationTime) -> bool {
        let lane = &self.lanes[lane];
        let slack = lane.kind.row().slack;
        lane.buffer.part_at(target).is_some_and(|part| part.time.start <= target + slack)
            || (lane.complete && target >= lane.next && !lane.buffer.is_empty())
    }

    /// Gives up what a lane has and begins anew at `target`. A download that brings the target goes on.
    fn refill(&mut self, lane: LaneId, target: PresentationTime, desk: &mut Desk<'_>) {
        let brings = |f: &Fetching| f.replaces.is_none() && f.time.contains(&target);
        if !self.lanes[lane].fetching.as_ref().is_some_and(brings) {
            self.stop_fetching(lane, desk);
        }
        discard(self.lanes[lane].buffer.clear(), desk.out);
        let period = self.presentation.period_at(target).map(|period| period.id);
        if let Some(period) = period.filter(|period| *period != self.lanes[lane].period) {
            self.enter(lane, period, desk);
        }
        let state = &mut self.lanes[lane];
        state.next = target;
        state.complete = false;
        state.lost = false;
        state.not_before = desk.out.now();
        state.trouble = FailureStreak::default();
    }

    fn enter(&mut self, lane: LaneId, period: PeriodId, desk: &Desk<'_>) {
        self.lanes[lane].enter_period(period, &self.presentation, desk.config.audio_lang.as_deref());
    }

    /// Nothing is requested before `at`: the playhead is being dragged.
    pub(in crate::session) fn hold_requests_until(&mut self, at: SessionTime) {
        for lane in self.lanes.iter_mut() {
            lane.not_before = lane.not_before.max(at);
        }
    }

    /// Whether there is a track with this number at a place.
    pub(in crate::session) fn offers(&self, kind: TrackKind, number: TrackNumber, at: PresentationTime) -> bool {
        let here = self.presentation.period_at(at);
        self.lanes.of(kind).is_some() && here.is_some_and(|period| period.nth_track(kind, number).is_some())
    }

    /// Another language or camera from now on: what is under way of the former one is given up.
    pub(in crate::session) fn prefer(&mut self, kind: TrackKind, number: TrackNumber, desk: &mut Desk<'_>) {
        if let Some(lane) = self.lanes.of(kind) {
            self.lanes[lane].chosen = Some(number);
            self.stop_fetching(lane, desk);
        }
    }

    /// The lane of a kind takes the track that is preferred in its Period.
    pub(in crate::session) fn enter_preferred(&mut self, kind: TrackKind, desk: &Desk<'_>) {
        if let Some(lane) = self.lanes.of(kind) {
            self.enter(lane, self.lanes[lane].period, desk);
        }
    }
}
