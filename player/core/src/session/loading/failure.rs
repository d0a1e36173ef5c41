//! What follows from a segment that did not come, or that cannot be decoded: another location, the same later, another
//! rung, a hole; never nothing, and nothing for ever.

use super::lane::{Fetching, LaneId};
use super::{Desk, Loading};
use crate::io::{Event, Failure, FailureKind, Output, RequestId, Severity};
use crate::kinds::TrackKind;
use crate::session::network::{FailureStreak, Odds, Remedy, SetupKind, remedy, transient};
use crate::session::recovery::{LAST_CHANCE, LEAST_ATTEMPTS, LEAST_ATTEMPTS_WHILE_WAITING, OUTAGE};

impl Loading {
    /// A media segment did not come. Returns what is done about it, for people.
    pub(in crate::session) fn media_failed(
        &mut self,
        kind: TrackKind,
        failure: &Failure,
        location: &str,
        desk: &mut Desk<'_>,
    ) -> String {
        let Some(lane) = self.lanes.of(kind) else { return "nothing".to_owned() };
        let Some(fetching) = self.lanes[lane].fetching.take() else { return "nothing".to_owned() };
        if fetching.replaces.is_some() {
            return "keeping what is buffered".to_owned();
        }
        let elsewhere = self.exclude_location(fetching.segment.rung, failure, location, desk);
        if failure.kind == FailureKind::Connect {
            self.forget_old_answers(lane, desk);
        }
        let odds = self.odds(Some(lane), desk);
        let late = odds.alone && desk.at.started && odds.ahead < LAST_CHANCE;
        let least = if odds.standing { LEAST_ATTEMPTS_WHILE_WAITING } else { LEAST_ATTEMPTS };
        let now = desk.out.now();
        let trouble = &mut self.lanes[lane].trouble;
        trouble.note(now);
        let enough = trouble.attempts >= least;
        match remedy(trouble, failure, elsewhere, now, odds) {
            Remedy::Elsewhere => "asking another location".to_owned(),
            Remedy::Again(_) | Remedy::Otherwise if enough && late => self.skip(lane, &fetching, failure, desk),
            Remedy::Again(pause) => {
                self.lanes[lane].not_before = now + pause;
                format!("asking again in {:.1} s", pause.as_secs_f64())
            }
            Remedy::Otherwise => self.without_rung(lane, &fetching, failure, odds, desk),
            Remedy::GiveUp => self.skip(lane, &fetching, failure, desk),
        }
    }

    fn skip(&mut self, lane: LaneId, fetching: &Fetching, failure: &Failure, desk: &mut Desk<'_>) -> String {
        self.skip_segment(lane, fetching.time.end, &failure.message, desk)
    }

    /// The segment will not come in this rung: another one, at once. When none is left all get another chance, and in
    /// the end a hole is what remains.
    fn without_rung(
        &mut self,
        lane: LaneId,
        fetching: &Fetching,
        failure: &Failure,
        odds: Odds,
        desk: &mut Desk<'_>,
    ) -> String {
        let rung = fetching.segment.rung;
        self.lanes[lane].trouble.give_up_rung(rung);
        desk.network.exclusions.suspect(rung, desk.out.now());
        if !self.choices(lane, desk).rungs.is_empty() {
            return "trying another rung".to_owned();
        }
        let state = &mut self.lanes[lane];
        // Where one is missing the next one probably is, too.
        let one_of_many = state.skipped_in_a_row > 0 && !transient(failure);
        if let (false, Some(pause)) = (one_of_many, state.trouble.next_round(failure, odds)) {
            state.not_before = desk.out.now() + pause;
            self.forgive_all(lane, desk);
            return "asking for all rungs again".to_owned();
        }
        self.skip(lane, fetching, failure, desk)
    }

    /// Who cannot be reached now may have answered others before: only answers since the trouble began count.
    fn forget_old_answers(&mut self, lane: LaneId, desk: &Desk<'_>) {
        let since = self.lanes[lane].trouble.since.unwrap_or(desk.out.now());
        let answered = &mut self.lanes[lane].answered_beside;
        *answered = answered.filter(|at| *at > since);
    }

    /// Media comes again after a while in which several lanes got none: the others need not wait for the end of their
    /// pauses, nor for answers to what they asked in vain, and what failed meanwhile is held against nobody.
    pub(super) fn end_outage(&mut self, recovered: LaneId, desk: &mut Desk<'_>) {
        if !self.lanes[recovered].trouble.lasts_longer_than(OUTAGE, desk.out.now()) {
            return;
        }
        for lane in self.lanes.ids().filter(|lane| *lane != recovered) {
            let state = &mut self.lanes[lane];
            if state.trouble.attempts == 0 {
                continue;
            }
            state.trouble = FailureStreak::default();
            state.not_before = desk.out.now();
            let silent = |f: &Fetching| desk.network.get(f.request).is_some_and(|running| running.first_byte.is_none());
            if state.fetching.as_ref().is_some_and(silent) {
                self.stop_fetching(lane, desk);
            }
        }
    }

    /// A decoder could not use a segment: it is a hole from now on, and its rung is left alone.
    pub(in crate::session) fn undecodable(&mut self, request: RequestId, problem: &str, desk: &mut Desk<'_>) {
        if let Some(rung) = self.setups.forget_init(request) {
            desk.out.push(Output::Discard(request));
            desk.out.notice(Severity::Error, format!("an initialization segment is of no use: {problem}"));
            self.do_without(SetupKind::Init, rung, &Failure::content(problem), desk);
            return;
        }
        for lane in self.lanes.iter_mut() {
            let Some(part) = lane.buffer.spoil(request, problem) else { continue };
            let reason = format!("the {} decoder refused it: {problem}", lane.kind);
            desk.out.push(Output::Discard(request));
            desk.out.tell(Event::Skipped { track: lane.kind, time: part.time, reason: reason.clone() });
            desk.out.notice(Severity::Error, format!("a segment is lost: {reason}"));
            if let Some(media) = part.media {
                desk.network.exclusions.exclude(media.segment.rung, desk.out.now());
            }
        }
    }
}
