//! Should a running download be given up? The policy is asked at the instants that it named itself.

use super::lane::{Fetching, LaneId};
use super::policy::Choices;
use super::{Desk, Loading};
use crate::abr::{AbandonVerdict, InFlight};
use crate::io::Action;
use crate::kinds::ChosenBy;
use crate::presentation::{RungId, SegmentId};
use crate::session::network::InProgress;
use crate::snapshot::Mode;
use shared::time::SessionTime;

impl Loading {
    /// Asks about every download for which it is time.
    pub(in crate::session) fn check_abandon(&mut self, desk: &mut Desk<'_>) {
        for lane in self.lanes.ids() {
            match self.lanes[lane].fetching.as_ref().and_then(|fetching| fetching.ask_again) {
                Some(at) if at <= desk.out.now() => self.ask_whether_to_abandon(lane, desk),
                Some(at) => desk.out.wake_at(at),
                None => {}
            }
        }
    }

    fn ask_whether_to_abandon(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let Some(fetching) = self.lanes[lane].fetching.clone() else { return };
        match self.verdict(lane, &fetching, desk) {
            Some((AbandonVerdict::Restart { choice, reason }, choices)) => {
                let rung = choices.rungs.get(choice).copied().filter(|rung| *rung != fetching.segment.rung);
                let Some(rung) = rung else { return self.ask_at(lane, None, desk) };
                let ordinal = self.presentation.ordinal(fetching.segment);
                let same = SegmentId { rung, number: fetching.segment.number };
                let segment = self.presentation.nth_segment(rung, ordinal).unwrap_or(same);
                let action = Action::Abandon { request: fetching.request, segment };
                self.tell_decision(lane, action, &reason, desk);
                self.restart(lane, &fetching, rung, desk);
            }
            Some((AbandonVerdict::GoOn { ask_again }, _)) => self.ask_at(lane, ask_again, desk),
            None => self.ask_at(lane, None, desk),
        }
    }

    fn ask_at(&mut self, lane: LaneId, at: Option<SessionTime>, desk: &mut Desk<'_>) {
        // A question for the same instant would be asked for ever.
        let at = at.filter(|at| *at > desk.out.now());
        if let Some(fetching) = &mut self.lanes[lane].fetching {
            fetching.ask_again = at;
        }
        if let Some(at) = at {
            desk.out.wake_at(at);
        }
    }

    fn verdict(&mut self, lane: LaneId, fetching: &Fetching, desk: &Desk<'_>) -> Option<(AbandonVerdict, Choices)> {
        let state = &self.lanes[lane];
        let first = !desk.at.started && !desk.config.abandon_first;
        let adapts = state.kind.row().chosen_by == ChosenBy::Policy && state.mode == Mode::Auto;
        if !adapts || fetching.replaces.is_some() || first {
            return None;
        }
        let choices = self.choices(lane, desk);
        let choice = choices.index_of(fetching.segment.rung)?;
        let in_flight = self.in_flight(choice, fetching.segment.rung, desk.network.get(fetching.request)?);
        let verdict =
            self.ask(lane, fetching.segment, &choices, desk, |policy, context| policy.abandon(context, &in_flight))?;
        Some((verdict, choices))
    }

    fn in_flight(&self, choice: usize, rung: RungId, running: &InProgress) -> InFlight {
        let bandwidth = self.presentation.rung(rung).map(|rung| rung.bandwidth).unwrap_or_default();
        let nominal = bandwidth.over(running.request.subject.duration());
        let size = running.request.size.or(running.expected).unwrap_or(nominal);
        InFlight { choice, request: running.made, first_byte: running.first_byte, received: running.received, size }
    }

    fn restart(&mut self, lane: LaneId, fetching: &Fetching, rung: RungId, desk: &mut Desk<'_>) {
        self.lanes[lane].fetching = None;
        let Some((_, transfer)) = desk.network.abort(fetching.request, desk.out) else { return };
        self.tell_policy(lane, fetching.segment, &transfer, desk);
        if self.fetch_next(lane, rung, desk) {
            self.check_abandon(desk);
        }
    }
}
