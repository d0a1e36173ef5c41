//! Should a running download be given up? The policy is asked at the instants that it named itself.

use super::lane::{Aim, Fetching, LaneId};
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
        if !adapts || fetching.aim != Aim::Next || first {
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
        // A server that ignores ranges sends more than the segment.
        let size = running.request.size.max(running.expected).unwrap_or(nominal);
        InFlight { choice, request: running.made, first_byte: running.first_byte, received: running.received, size }
    }

    fn restart(&mut self, lane: LaneId, fetching: &Fetching, rung: RungId, desk: &mut Desk<'_>) {
        self.lanes[lane].fetching = None;
        let Some((stopped, transfer)) = desk.network.abort(fetching.request, desk.out) else { return };
        self.lanes[lane].trouble.note_abandoned(stopped.received);
        self.tell_policy(lane, fetching.segment, &transfer, desk);
        if self.fetch_next(lane, rung, desk) {
            self.check_abandon(desk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, Puppet, Video, config};
    use super::*;
    use crate::presentation::Rank;
    use crate::presentation::testing::{AUDIO, VIDEO, film};
    use crate::session::Config;

    /// The second segment is under way in the upper of two rungs; the viewer watches the first one.
    fn under_way(config: Config) -> Bench {
        let mut bench = Bench::with(config, film(20, &[VIDEO]));
        bench.loading.policy = Box::new(Puppet { choice: 1, ..Puppet::default() });
        bench.run(1);
        bench.play(0.0);
        assert_eq!(bench.fetches(), ["v1000@2"]);
        bench
    }

    /// From now on the policy would rather have the low rung.
    fn regret(bench: &mut Bench) {
        bench.loading.policy = Box::new(Puppet { restart: Some(0), ..Puppet::default() });
        let lane = bench.loading.lanes.of(Video).unwrap();
        bench.loading.lanes[lane].fetching.as_mut().unwrap().ask_again = Some(bench.out.now());
    }

    #[test]
    fn a_download_that_is_regretted_is_aborted_and_its_segment_asked_for_in_another_rung() {
        let mut bench = under_way(config());
        regret(&mut bench);
        let told = bench.step();
        assert_eq!(told, ["abort v1000@2", "fetch v300/init", "fetch v300@2"]);
        let decisions = bench.out.journal.decisions();
        let action = &decisions.last().unwrap().action;
        assert!(matches!(action, Action::Abandon { segment, .. } if segment.rung == bench.rung("v300")), "{action:?}");
        assert_eq!(bench.step(), [""; 0], "the low rung is as low as it gets");
    }

    #[test]
    fn the_policy_is_asked_when_it_wanted_to_be_and_not_for_ever_at_one_instant() {
        let ask_at = |secs: f64| Some(SessionTime::from_millis_f64(secs * 1e3));
        let mut bench = under_way(config());
        regret(&mut bench);
        bench.loading.policy = Box::new(Puppet { ask_again: ask_at(0.0), ..Puppet::default() });
        bench.step();
        let asked = |bench: &Bench| bench.lane(Video).fetching.as_ref().unwrap().ask_again;
        assert_eq!(asked(&bench), None, "now is no later than now");
        regret(&mut bench);
        bench.loading.policy = Box::new(Puppet { ask_again: ask_at(0.3), ..Puppet::default() });
        bench.step();
        assert_eq!((asked(&bench), bench.wake), (ask_at(0.3), Some(0.3)));
        bench.loading.policy = Box::new(Puppet { restart: Some(0), ..Puppet::default() });
        assert_eq!(bench.step(), [""; 0]);
        bench.at(0.3);
        assert!(bench.step().contains(&"abort v1000@2".to_owned()));
    }

    #[test]
    fn what_nobody_adapts_is_not_given_up() {
        let check = |what: &str, spoil: fn(&mut Bench)| {
            let mut bench = under_way(Config { abandon_first: false, ..config() });
            spoil(&mut bench);
            regret(&mut bench);
            let (loading, mut desk) = bench.desk();
            loading.check_abandon(&mut desk);
            assert_eq!(bench.told(), [""; 0], "{what}");
        };
        check("the viewer chose it", |bench| bench.loading.set_mode(Mode::Manual(Rank(1))));
        check("the first one is to be had", |bench| bench.at.started = false);
        check("a better one of what is there", |bench| {
            let lane = bench.loading.lanes.of(Video).unwrap();
            let fetching = bench.loading.lanes[lane].fetching.as_mut().unwrap();
            fetching.aim = Aim::Replace(fetching.segment);
        });
    }

    #[test]
    fn sound_is_never_given_up() {
        let mut bench = Bench::new(film(20, &[AUDIO]));
        bench.loading.policy = Box::new(Puppet { restart: Some(1), ..Puppet::default() });
        assert_eq!(bench.fetches(), ["a64@0"]);
        assert_eq!(bench.step(), [""; 0]);
    }
}
