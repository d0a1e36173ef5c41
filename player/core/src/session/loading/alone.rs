//! A kind of media that fails while the others do not is given up before the viewer has to wait for it: what is near the
//! playhead is passed over, and what lies further ahead is asked for, until something comes again. Nothing is passed over
//! when nobody gets anything: that is an outage, and waited for.

use super::cursor::Next;
use super::lane::{Lane, LaneId};
use super::{Desk, Loading};
use crate::io::{Event, Severity};
use crate::presentation::{RungId, Segment};
use crate::session::network::{FailureStreak, Network, SetupKind};
use crate::session::outbox::Outbox;
use crate::session::recovery::{
    FIRST_LEAP, LAST_CHANCE, LATELY, LEAST_ATTEMPTS, LEAST_ATTEMPTS_AT_A_PICTURE, LEAST_ATTEMPTS_WHILE_WAITING,
    LONG_ENOUGH, LONGEST_LEAP, PATIENCE_WITH_ONE, UNDISTURBED,
};
use shared::time::{PresentationTime, SessionTime};
use std::time::Duration;

impl Loading {
    /// Whether a lane gets nothing and it is neither the server nor the link: another one has got media meanwhile, and
    /// not only just now; or all others have what they want. The picture is not given up for the latter. What follows
    /// the segment that does not come is as good a witness as another lane.
    pub(super) fn fails_alone(&self, lane: LaneId, out: &Outbox) -> bool {
        if self.lanes[lane].trouble.beyond.is_some_and(|at| out.now().since(at) >= PATIENCE_WITH_ONE) {
            return true;
        }
        let needed = |other: &LaneId| *other != lane && self.lanes[*other].kind.row().blocks_playback;
        let others: Vec<LaneId> = self.lanes.ids().filter(needed).collect();
        if others.iter().any(|other| self.fails(*other)) {
            return false;
        }
        let state = &self.lanes[lane];
        let answered = state.answered_beside.is_some_and(|at| out.now().since(at) >= PATIENCE_WITH_ONE);
        let content = |other: &LaneId| self.lanes[*other].complete || self.has_enough_beside(*other, lane);
        answered || (!state.kind.row().essential && !others.is_empty() && others.iter().all(content))
    }

    /// Whether something that a lane needs has failed and did not come since.
    pub(super) fn fails(&self, lane: LaneId) -> bool {
        self.attempts(lane) > 0
    }

    /// What a lane asked for in vain: its media, and the files without which they are of no use.
    pub(super) fn troubles(&self, lane: LaneId) -> impl Iterator<Item = &FailureStreak> {
        let setups: Vec<_> = self.rungs_in_use(lane).iter().flat_map(|rung| self.setups.troubles_of(*rung)).collect();
        let own = std::iter::once(&self.lanes[lane].trouble).filter(|trouble| trouble.attempts > 0);
        own.chain(setups)
    }

    /// The rungs whose files a lane needs now: of what it fetches and of what is to be handed over; where there is
    /// nothing of the kind, because no rung can be used, all.
    fn rungs_in_use(&self, lane: LaneId) -> Vec<RungId> {
        let state = &self.lanes[lane];
        let waiting = state.buffer.parts().filter(|part| !part.fed).filter_map(|part| part.media);
        let fetched = state.fetching.as_ref().map(|fetching| fetching.segment.rung);
        let rungs: Vec<RungId> = waiting.map(|media| media.segment.rung).chain(fetched).collect();
        if rungs.is_empty() && self.lacks_setup(lane) { self.ladder(lane).collect() } else { rungs }
    }

    /// Whether no rung of a lane can be used, because files that all of them need do not come.
    fn lacks_setup(&self, lane: LaneId) -> bool {
        self.ladder(lane).all(|rung| self.setups.troubles_of(rung).next().is_some())
    }

    fn attempts(&self, lane: LaneId) -> u32 {
        self.troubles(lane).map(|trouble| trouble.attempts).max().unwrap_or(0)
    }

    /// When something was last heard of what a lane is fetching; `None` when that is long ago, or nothing is fetched.
    fn hears(&self, lane: LaneId, network: &Network, out: &Outbox) -> Option<SessionTime> {
        let heard = network.get(self.lanes[lane].fetching.as_ref()?.request)?.heard;
        (out.now().since(heard) < PATIENCE_WITH_ONE).then_some(heard)
    }

    /// Whether a lane asks for nothing although `failing` does not hold it up: its buffer is full.
    fn has_enough_beside(&self, lane: LaneId, failing: LaneId) -> bool {
        let held_up = self.lanes[failing].given_up == 0 && self.attempts(failing) < UNDISTURBED.end;
        let ahead = self.lanes[lane].next > self.lanes[failing].next + LAST_CHANCE;
        !held_up && ahead && self.lanes[lane].fetching.is_none()
    }

    /// Passes over what would make the viewer wait for one kind of media alone; tells whether something was. The picture
    /// is given up only when another attempt at it has failed.
    pub(in crate::session) fn pass_over_what_fails_alone(&mut self, desk: &mut Desk<'_>) -> bool {
        let mut any = false;
        for lane in self.lanes.ids() {
            any |= !self.lanes[lane].kind.row().essential && self.pass_over(lane, desk);
        }
        any
    }

    /// Passes over what is next in a lane, if the viewer would have to wait for it alone; tells whether it did.
    pub(super) fn pass_over(&mut self, lane: LaneId, desk: &mut Desk<'_>) -> bool {
        let state = &self.lanes[lane];
        if !state.kind.row().blocks_playback || state.complete || self.loss.is_some() || !self.fails(lane) {
            return false;
        }
        if let Some(heard) = self.hears(lane, desk.network, desk.out) {
            desk.out.wake_at(heard + PATIENCE_WITH_ONE);
            return false;
        }
        let from = self.usable_until(lane);
        if from > desk.at.position + LAST_CHANCE {
            if let Some(at) = desk.at.clock.time_at(from - LAST_CHANCE) {
                desk.out.wake_at(at);
            }
            return false;
        }
        if !self.failed_enough(lane, desk) || !self.fails_alone(lane, desk.out) {
            return false;
        }
        if self.lanes[lane].trouble.lasting {
            self.skip_what_is_not_there(lane, desk);
        } else {
            self.leap(lane, from, desk);
        }
        true
    }

    /// Up to where what a lane has can be handed over: media without their init segment are of no use.
    fn usable_until(&self, lane: LaneId) -> PresentationTime {
        let state = &self.lanes[lane];
        let useless = |part: &&crate::buffer::Part| {
            let rung = part.media.filter(|_| !part.fed).map(|media| media.segment.rung);
            rung.is_some_and(|rung| state.fed_init != Some(rung) && self.lacks_init(rung))
        };
        state.buffer.parts().find(useless).map_or(state.next, |part| part.time.start)
    }

    fn lacks_init(&self, rung: RungId) -> bool {
        self.presentation.init(rung).is_some() && self.setups.init(rung).is_none()
    }

    /// Whether a lane was given its chances. The picture gets more of them.
    fn failed_enough(&self, lane: LaneId, desk: &mut Desk<'_>) -> bool {
        let (state, attempts) = (&self.lanes[lane], self.attempts(lane));
        let standing = !desk.at.clock.running();
        if state.given_up > 0 {
            return true;
        }
        if state.kind.row().essential {
            let stumbles = self.last_recovery.is_some_and(|at| desk.out.now().since(at) < LATELY);
            let least = match (standing, stumbles && !state.trouble.lasting) {
                (true, _) => LEAST_ATTEMPTS_WHILE_WAITING,
                (false, true) => LEAST_ATTEMPTS_AT_A_PICTURE,
                (false, false) => LEAST_ATTEMPTS,
            };
            return desk.at.started && attempts >= least;
        }
        let since = self.troubles(lane).filter_map(|trouble| trouble.since).min().unwrap_or(desk.out.now());
        let enough = since + LONG_ENOUGH;
        if attempts < LEAST_ATTEMPTS && enough > desk.out.now() {
            desk.out.wake_at(enough);
            return false;
        }
        true
    }

    /// What is not there, or damaged, is one segment's own fault.
    fn skip_what_is_not_there(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let why = self.lanes[lane].trouble.why.clone();
        if let Some(segment) = self.described_next(lane, desk) {
            self.skip_segment(lane, segment.time.end, &why, desk);
        }
    }

    /// What comes next in a lane, as far as that is described: nothing is asked for.
    fn described_next(&mut self, lane: LaneId, desk: &Desk<'_>) -> Option<Segment> {
        let lang = desk.config.audio_lang.as_deref();
        match self.lanes[lane].next_segment(&self.presentation, lang, desk.out.wall()) {
            Next::Segment(segment) => Some(segment),
            Next::NeedsIndex | Next::NotYet(_) | Next::NoMore => None,
        }
    }

    /// Passes over one segment, and more each further time, and asks for what is behind.
    fn leap(&mut self, lane: LaneId, from: PresentationTime, desk: &mut Desk<'_>) {
        let why = self.troubles(lane).last().map(|trouble| trouble.why.clone()).unwrap_or_default();
        self.stop_fetching(lane, desk);
        self.drop_from(lane, from, desk);
        let goal = match self.lanes[lane].given_up {
            0 => from + Duration::from_millis(1),
            times => desk.at.position + LAST_CHANCE + FIRST_LEAP.saturating_mul(1 << times.min(8)).min(LONGEST_LEAP),
        };
        let begun = self.lanes[lane].next;
        self.skip_until(lane, goal, &why, desk);
        self.tell_passed_over(lane, begun, &why, desk);
        let state = &mut self.lanes[lane];
        state.given_up += 1;
        state.trouble = FailureStreak::default();
        state.not_before = desk.out.now();
        self.forgive_all(lane, desk);
    }

    pub(super) fn skip_until(&mut self, lane: LaneId, goal: PresentationTime, why: &str, desk: &mut Desk<'_>) {
        while self.lanes[lane].next < goal {
            let next = self.lanes[lane].next;
            let end = match self.described_next(lane, desk) {
                Some(segment) => segment.time.end,
                // Without an index nobody knows where segments end.
                None => self.presentation.end_of(self.lanes[lane].period).map_or(goal, |end| end.min(goal)),
            };
            if self.lanes[lane].complete || end <= next {
                return;
            }
            self.lanes[lane].skip_to(end, why);
        }
    }

    pub(super) fn tell_passed_over(&mut self, lane: LaneId, from: PresentationTime, why: &str, desk: &mut Desk<'_>) {
        let Lane { kind, next, given_up, .. } = self.lanes[lane];
        if next > from {
            desk.out.tell(Event::Skipped { track: kind, time: from..next, reason: why.to_owned() });
        }
        let told = match given_up {
            0 => format!("a segment of the {kind} cannot be had: {why}"),
            1 => format!("going on without {} for now, which is asked for again: {why}", kind.row().name),
            _ => return,
        };
        desk.out.notice(Severity::Error, told);
    }

    /// Whether it makes no sense to fetch media of a lane that was given up: what they need does not come.
    pub(super) fn waits_for_setup(&self, lane: LaneId) -> bool {
        self.lanes[lane].given_up > 0 && self.lacks_setup(lane)
    }

    /// Since when no lane has got anything, why, and when somebody asks again (`None`: an answer is being waited for).
    pub(in crate::session) fn drought(&self) -> Option<Drought> {
        let needed = |lane: &LaneId| self.lanes[*lane].kind.row().blocks_playback && !self.lanes[*lane].complete;
        let failing: Vec<LaneId> = self.lanes.ids().filter(needed).filter(|lane| self.fails(*lane)).collect();
        let troubles = || failing.iter().flat_map(|lane| self.troubles(*lane));
        let since = troubles().filter_map(|trouble| trouble.since).min()?;
        if self.last_arrival.is_some_and(|at| at > since) {
            return None;
        }
        let why = troubles().last().map(|trouble| trouble.why.clone()).unwrap_or_default();
        let asking = failing.iter().any(|lane| self.lanes[*lane].fetching.is_some()) || self.setups.any_runs();
        let pauses = failing.iter().map(|lane| self.lanes[*lane].not_before);
        let next = pauses.chain(self.setups.retries()).min().filter(|_| !asking);
        Some(Drought { since, why, next })
    }

    /// Whether files that media need have not come since `time` or longer.
    pub(in crate::session) fn setups_fail_since(&self, time: SessionTime) -> bool {
        let needed = self.lanes.ids().filter(|lane| self.lanes[*lane].kind.row().blocks_playback);
        let rungs = needed.flat_map(|lane| self.rungs_in_use(lane));
        let troubles = rungs.flat_map(|rung| self.setups.troubles_of(rung));
        troubles.filter_map(|trouble| trouble.since).any(|since| since <= time)
    }

    /// Whether everything is there that the first picture needs.
    pub(in crate::session) fn can_begin(&self, position: PresentationTime) -> bool {
        let needed = self.lanes.iter().filter(|lane| lane.kind.row().blocks_playback);
        needed.into_iter().all(|lane| lane.buffer.part_at(position).map_or(lane.complete, |part| part.fed))
    }

    /// Asks at once for everything that waits for its next attempt, and anew for what is silent.
    pub(in crate::session) fn ask_now(&mut self, desk: &mut Desk<'_>) {
        let now = desk.out.now();
        for lane in self.lanes.ids().collect::<Vec<_>>() {
            if self.hears(lane, desk.network, desk.out).is_none() {
                self.stop_fetching(lane, desk);
            }
            if self.fails(lane) {
                self.lanes[lane].not_before = now;
            }
        }
        self.setups.ask_at(now);
    }
}

/// Nothing comes for any lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) struct Drought {
    /// Since when.
    pub(in crate::session) since: SessionTime,
    /// What went wrong last, for people.
    pub(in crate::session) why: String,
    /// When somebody asks again.
    pub(in crate::session) next: Option<SessionTime>,
}

impl super::setup::Setups {
    /// What of a rung that is needed was asked for in vain.
    fn troubles_of(&self, rung: RungId) -> impl Iterator<Item = &FailureStreak> {
        [SetupKind::Init, SetupKind::Index].into_iter().filter_map(move |kind| self.trouble(kind, rung))
    }
}
