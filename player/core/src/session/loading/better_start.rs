//! A better first picture: where the first segment came in no time, it is asked for again, in the rung that is right for
//! this link, before the decoder gets it. Nothing is guessed: the link was measured. The first picture waits for it no
//! longer than nobody notices, so a link that changes its mind just then costs next to nothing.

use super::lane::{Aim, Fetching, LaneId};
use super::{Desk, Loading};
use crate::abr::{Advice, Reason, Step};
use crate::io::Action;
use crate::kinds::ChosenBy;
use crate::presentation::{Segment, SegmentId};
use crate::snapshot::Mode;
use std::time::Duration;

/// The first picture does not wait longer for a better one,
const LONGEST: Duration = Duration::from_millis(250);
/// which must be expected this soon.
const EXPECTED: Duration = Duration::from_millis(200);

impl Loading {
    /// Called when a segment has come.
    pub(super) fn consider_better_start(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        if !self.may_begin_better(lane, desk) {
            return;
        }
        let Some((old, better, reason)) = self.better_start(lane, desk) else { return };
        let action = Action::Replace { from: old.rung, segment: better.id };
        if self.fetch(lane, better, Aim::Replace(old), desk) {
            self.lanes[lane].better_until = desk.out.now() + LONGEST;
            self.tell_decision(lane, action, &reason, desk);
        }
    }

    fn may_begin_better(&self, lane: LaneId, desk: &Desk<'_>) -> bool {
        let state = &self.lanes[lane];
        let first = !desk.at.started && state.buffer.parts().count() == 1;
        let row = state.kind.row();
        let adapts = row.replaceable && row.chosen_by == ChosenBy::Policy && state.mode == Mode::Auto;
        first && adapts && desk.config.replace && self.policy.may_replace()
    }

    /// What is there, and what the policy would rather have now, as far as it can be had at once.
    fn better_start(&mut self, lane: LaneId, desk: &Desk<'_>) -> Option<(SegmentId, Segment, Reason)> {
        let part = self.lanes[lane].buffer.parts().next()?.clone();
        let old = part.media?.segment;
        let choices = self.choices(lane, desk);
        let soon = |rung| self.time_to_fetch(rung, &part, desk).is_some_and(|cost| cost <= EXPECTED);
        let better = |rung| self.is_worth_replacing(old.rung, rung) && soon(rung);
        let best = choices.rungs.iter().rposition(|&rung| better(rung))?;
        let Advice { step, reason } = self.ask(lane, old, &choices, desk, |policy, context| policy.decide(context))?;
        let Step::Fetch { choice } = step else { return None };
        let rung = *choices.rungs.get(best.min(choice)).filter(|rung| self.is_worth_replacing(old.rung, **rung))?;
        let segment = self.presentation.segment_from(rung, part.time.start, true)?;
        let bandwidth = self.presentation.rung(rung)?.bandwidth;
        Some((old, segment, Reason { rung: Some(bandwidth), ..reason }))
    }

    /// Whether the first segment is kept from the decoder for a better one that is under way.
    pub(super) fn waits_for_better(&self, lane: LaneId, desk: &Desk<'_>) -> bool {
        let state = &self.lanes[lane];
        let replaces = |fetching: &Fetching| matches!(fetching.aim, Aim::Replace(_));
        state.fetching.as_ref().is_some_and(replaces) && desk.out.now() < state.better_until
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, Puppet, Video, config, status};
    use crate::presentation::testing::{VIDEO, film};
    use crate::session::Config;

    /// The first segment has come in its lowest rung, over a link of so many kbit/s.
    fn begun(config: Config, kbps: u64) -> Bench {
        let mut bench = Bench::with(config, film(20, &[VIDEO.kbps(&[300, 1000, 20_000])]));
        assert_eq!(bench.fetches(), ["v300@0"]);
        bench.expect_rate(kbps);
        bench.loading.policy = Box::new(Puppet { choice: 2, may_replace: true, ..Puppet::default() });
        bench.arrive("v300/init");
        bench.arrive("v300@0");
        bench
    }

    fn replacing() -> Config {
        Config { replace: true, ..config() }
    }

    #[test]
    fn on_a_fast_link_the_first_segment_is_shown_in_a_better_rung() {
        let mut bench = begun(replacing(), 500_000);
        let told = bench.step();
        assert!(told.contains(&"fetch v20000@0".to_owned()), "{told:?}");
        assert!(!told.iter().any(|line| line.starts_with("feed")), "the decoder waits: {told:?}");
        bench.arrive("v20000/init");
        bench.arrive("v20000@0");
        let told = bench.step();
        assert!(told.contains(&"feed v20000@0".to_owned()), "{told:?}");
        assert_eq!(bench.buffered(Video), ["v20000@0"]);
    }

    #[test]
    fn only_as_good_a_rung_as_can_be_had_at_once() {
        let mut bench = begun(replacing(), 50_000);
        let told = bench.step();
        assert!(told.contains(&"fetch v1000@0".to_owned()), "{told:?}");
    }

    #[test]
    fn the_first_picture_does_not_wait_for_long() {
        let mut bench = begun(replacing(), 500_000);
        bench.step();
        assert_eq!(bench.wake, Some(0.25));
        bench.at(0.25);
        let told = bench.step();
        assert!(told.contains(&"abort v20000@0".to_owned()) && told.contains(&"feed v300@0".to_owned()), "{told:?}");
    }

    #[test]
    fn a_better_one_that_fails_leaves_what_is_there() {
        let mut bench = begun(replacing(), 500_000);
        bench.step();
        bench.fail("v20000@0", &status(404));
        assert!(bench.step().contains(&"feed v300@0".to_owned()));
    }

    #[test]
    fn nothing_better_is_asked_for_where_that_makes_no_sense() {
        let check = |what: &str, mut bench: Bench| {
            let told = bench.step();
            assert!(told.contains(&"feed v300@0".to_owned()), "{what}: {told:?}");
        };
        check("the link is too slow for it", begun(replacing(), 5_000));
        check("nothing is replaced here", begun(Config { replace: false, ..config() }, 500_000));
    }
}
