//! In which rung? The viewer's own choice comes first, then whoever the kind of the lane says: the policy, or a simple
//! rule.

use super::lane::LaneId;
use super::policy::Choices;
use super::{Desk, Loading};
use crate::abr::{Advice, Context, Reason, Rule, Step};
use crate::io::Action;
use crate::kinds::ChosenBy;
use crate::presentation::SegmentId;
use crate::session::network::SetupKind;
use crate::session::recovery::OUTAGE;
use crate::snapshot::Mode;
use shared::time::SessionTime;
use std::time::Duration;

/// A rung that takes a share of the link is given up only when this much more would be needed, so that it does not flap.
const PATIENCE: f64 = 1.25;
/// Until what stands in the way now is looked at again.
pub(super) const SOON: Duration = Duration::from_millis(10);

impl Loading {
    /// Decides on the next segment of a lane and starts it, or waits.
    pub(super) fn decide(&mut self, lane: LaneId, segment: SegmentId, desk: &mut Desk<'_>) {
        self.forget_link_after_outage(lane, desk);
        let choices = self.choices(lane, desk);
        if choices.rungs.is_empty() {
            return self.out_of_choices(lane, desk);
        }
        let Some(answer) = self.choose(lane, segment, &choices, desk) else { return };
        match answer.step {
            Step::Wait { until } => self.wait(lane, until, &answer.reason, desk),
            Step::Fetch { choice } => {
                let Some(rung) = choices.rung(choice) else { return };
                let ordinal = self.presentation.ordinal(segment);
                let segment = self.presentation.nth_segment(rung, ordinal).unwrap_or(segment);
                self.tell_decision(lane, Action::Fetch { segment }, &answer.reason, desk);
                self.start(lane, segment, desk);
            }
        }
    }

    /// What has been away for longer than the buffer lasts is another link when it comes back, as far as anybody knows: the
    /// first rungs are chosen as for one of which nothing is known.
    fn forget_link_after_outage(&self, lane: LaneId, desk: &mut Desk<'_>) {
        let left = self.lanes[lane].ahead(desk.at.position);
        if self.drought().is_some() {
            desk.network.forget_link_after(left.max(OUTAGE), desk.out.now());
        }
    }

    fn start(&mut self, lane: LaneId, segment: SegmentId, desk: &mut Desk<'_>) {
        if self.fetch_next(lane, segment.rung, desk) {
            self.check_abandon(desk);
        } else {
            // The rung has no such segment or no usable address.
            desk.network.exclusions.exclude(segment.rung, desk.out.now());
            desk.out.wake_at(desk.out.now() + SOON);
        }
    }

    fn wait(&mut self, lane: LaneId, until: SessionTime, reason: &Reason, desk: &mut Desk<'_>) {
        let fresh = self.lanes[lane].not_before < desk.out.now();
        self.lanes[lane].not_before = until;
        desk.out.wake_at(until);
        if fresh {
            self.tell_decision(lane, Action::Wait { until }, reason, desk);
        }
    }

    fn choose(&mut self, lane: LaneId, segment: SegmentId, choices: &Choices, desk: &Desk<'_>) -> Option<Advice> {
        let chosen_by = self.lanes[lane].kind.row().chosen_by;
        match (self.lanes[lane].mode, chosen_by) {
            (Mode::Manual(rank), _) => {
                let choice = choices.nearest(rank, &self.presentation);
                self.ask(lane, segment, choices, desk, |_, context| {
                    Advice::fetch(context, choice, Reason::new(Rule::ByHand, context, None))
                })
            }
            (Mode::Auto, ChosenBy::Policy) => self.ask(lane, segment, choices, desk, |policy, c| policy.decide(c)),
            (Mode::Auto, ChosenBy::Share(share)) => {
                self.ask(lane, segment, choices, desk, |_, context| best_within(context, share))
            }
            (Mode::Auto, ChosenBy::Lowest) => self.ask(lane, segment, choices, desk, |_, context| {
                Advice::fetch(context, 0, Reason::new(Rule::Fixed, context, None))
            }),
        }
    }

    /// No rung can be chosen: an index is missing, or all are left alone, or those that are not have been given up for
    /// this segment: these get another chance.
    fn out_of_choices(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let waiting = self.usable(lane, desk).rungs.first().copied();
        let given_up = std::mem::take(&mut self.lanes[lane].trouble.given_up);
        match waiting {
            Some(_) if !given_up.is_empty() => desk.out.wake_at(desk.out.now() + SOON),
            Some(rung) => self.ensure(SetupKind::Index, rung, desk),
            None => self.out_of_rungs(lane, desk),
        }
    }
}

/// The best rung that takes no more than its share of the link.
fn best_within(context: &Context<'_>, share: f64) -> Advice {
    let estimate = context.estimate.cautious();
    let share = estimate.unwrap_or_default().scaled(share);
    let best = context.highest_under(share);
    let kept = context.last.filter(|&last| last > best && context.ladder[last] <= share.scaled(PATIENCE));
    let rule = if estimate.is_none() { Rule::Start } else { Rule::Throughput };
    Advice::fetch(context, kept.unwrap_or(best), Reason::new(rule, context, estimate))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, Puppet};
    use super::*;
    use crate::presentation::Rank;
    use crate::presentation::testing::{AUDIO, TEXT, VIDEO, film};
    use shared::time::SessionTime;

    fn ladder() -> Bench {
        Bench::new(film(20, &[VIDEO.kbps(&[300, 1000, 2000])]))
    }

    fn exclude(bench: &mut Bench, representation: &str) {
        let rung = bench.rung(representation);
        bench.network.exclusions.exclude(rung, bench.out.now());
    }

    #[test]
    fn a_choice_by_hand_is_taken_as_far_as_it_can_be() {
        let check = |rank: usize, excluded: &[&str], expected: &str| {
            let mut bench = ladder();
            for representation in excluded {
                exclude(&mut bench, representation);
            }
            bench.loading.set_mode(Mode::Manual(Rank(rank)));
            assert_eq!(bench.fetches(), [expected], "rank {rank} without {excluded:?}");
        };
        check(1, &[], "v1000@0");
        check(9, &[], "v2000@0");
        check(1, &["v1000"], "v300@0");
        check(2, &["v1000"], "v2000@0");
        check(0, &["v300"], "v1000@0");
    }

    #[test]
    fn the_policy_chooses_again_when_the_viewer_does_not() {
        let mut bench = ladder();
        bench.loading.set_mode(Mode::Manual(Rank(2)));
        bench.run(1);
        bench.loading.set_mode(Mode::Auto);
        assert_eq!(bench.fetches(), ["v300@2"]);
    }

    #[test]
    fn sound_takes_a_share_of_the_link_and_does_not_flap() {
        let mut bench = Bench::new(film(20, &[AUDIO.kbps(&[64, 128, 256])]));
        let mut at = 0;
        let mut chosen = |kbps: u64| {
            bench.expect_rate(kbps);
            let [name] = bench.fetches().try_into().unwrap();
            for running in bench.running() {
                bench.arrive(&running);
            }
            at += 2;
            name.split('@').next().unwrap_or_default().to_owned()
        };
        // A share of 15 %: 150, 105, 60 and 300 kbit/s.
        assert_eq!([1000, 700, 400, 2000].map(&mut chosen), ["a128", "a128", "a64", "a256"]);
    }

    #[test]
    fn without_an_estimate_sound_begins_with_its_lowest_rung_and_words_never_take_another() {
        let mut bench = Bench::new(film(20, &[VIDEO, AUDIO, TEXT]));
        assert_eq!(bench.fetches(), ["v300@0", "a64@0", "t1@0"]);
        bench.expect_rate(1_000_000);
        for name in bench.running() {
            bench.arrive(&name);
        }
        bench.expect_rate(1_000_000);
        assert_eq!(bench.fetches(), ["v300@2", "a128@2", "t1@2"]);
    }

    #[test]
    fn a_policy_that_waits_is_asked_again_when_it_says_so() {
        let mut bench = ladder();
        bench.at(1.0);
        let until = SessionTime::from_millis_f64(3000.0);
        bench.loading.policy = Box::new(Puppet { choice: 1, wait: Some(until), ..Puppet::default() });
        assert_eq!((bench.fetches(), bench.wake), (vec![], Some(3.0)));
        bench.at(2.0);
        assert_eq!((bench.fetches(), bench.wake), (vec![], Some(3.0)));
        assert_eq!(bench.out.journal.decisions().len(), 1, "told once");
        bench.at(3.0);
        assert_eq!(bench.fetches(), ["v1000@0"]);
    }

    #[test]
    fn another_policy_does_not_wait_for_what_the_former_one_said() {
        let mut bench = ladder();
        let wait = Some(SessionTime::from_millis_f64(60_000.0));
        bench.loading.policy = Box::new(Puppet { wait, ..Puppet::default() });
        bench.step();
        let (loading, desk) = bench.desk();
        loading.set_policy(Box::new(Puppet::default()), &desk);
        assert_eq!(bench.fetches(), ["v300@0"]);
    }

    #[test]
    fn when_all_rungs_are_left_alone_nobody_waits_for_the_first_that_comes_back() {
        let mut bench = ladder();
        for (secs, representation) in [(0.0, "v1000"), (1.0, "v300"), (2.0, "v2000")] {
            bench.at(secs);
            exclude(&mut bench, representation);
        }
        assert_eq!((bench.fetches(), bench.wake), (vec![], Some(2.01)));
        bench.at(2.01);
        assert_eq!((bench.fetches(), bench.loss()), (vec!["v300@0".to_owned()], None));
    }
}
