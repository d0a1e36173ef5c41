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
use crate::snapshot::Mode;
use shared::time::SessionTime;
use std::time::Duration;

/// A rung that takes a share of the link is given up only when this much more would be needed, so that it does not flap.
const PATIENCE: f64 = 1.25;
/// Until what stands in the way now is looked at again.
const SOON: Duration = Duration::from_millis(10);

impl Loading {
    /// Decides on the next segment of a lane and starts it, or waits.
    pub(super) fn decide(&mut self, lane: LaneId, segment: SegmentId, desk: &mut Desk<'_>) {
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
