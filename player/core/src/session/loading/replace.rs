//! Should a buffered segment be fetched again in better quality? Only when the link has nothing else to do, only if
//! the new one lands clearly ahead of the playhead, and never the same one twice: players that are less careful
//! fetch a third of their bytes in vain.

use super::lane::{Aim, Fetching, LaneId};
use super::{Desk, Loading};
use crate::abr::{Reason, Rule};
use crate::buffer::{Media, Part};
use crate::io::Action;
use crate::presentation::{Rank, RungId, Segment};
use crate::snapshot::Mode;
use std::time::Duration;

/// What is not at least so many times the bandwidth is not worth the bytes of the old one.
const LEAST_GAIN: f64 = 2.0;
/// The new segment must be there in this part of the time that is left.
const SAFETY: f64 = 0.5;
/// After a choice by hand, what begins this soon after the part that was handed to the decoder stays.
const NEAR: Duration = Duration::from_secs(1);

impl Loading {
    /// Called when there is no room for the next segment, or no next segment.
    pub(super) fn consider_replacing(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let state = &self.lanes[lane];
        let allowed = desk.config.replace && (state.mode != Mode::Auto || self.policy.may_replace());
        if !allowed || !state.kind.row().replaceable || !desk.at.clock.running() {
            return;
        }
        let Some((old, segment)) = self.worst_ahead(lane, desk) else { return };
        let better = segment.id;
        let choices = self.choices(lane, desk);
        let reason = self.ask(lane, better, &choices, desk, |_, context| {
            let estimate = context.estimate.cautious();
            let rung = choices.index_of(better.rung).map(|choice| context.ladder[choice]);
            Reason { rung, ..Reason::new(Rule::Up, context, estimate) }
        });
        if let Some(reason) = reason
            && self.fetch(lane, segment, Aim::Replace(old.segment), desk)
        {
            let action = Action::Replace { from: old.segment.rung, segment: better };
            self.tell_decision(lane, action, &reason, desk);
        }
    }

    /// The first buffered segment below the rung now held that can be replaced in time, and what can take its place.
    fn worst_ahead(&self, lane: LaneId, desk: &Desk<'_>) -> Option<(Media, Segment)> {
        let target = self.held_rung(lane).filter(|rung| !desk.network.exclusions.excluded(*rung, desk.out.now()))?;
        let worth_it = |media: &Media| self.is_worth_replacing(media.segment.rung, target);
        let state = &self.lanes[lane];
        let lower = |part: &&Part| {
            let media = part.media.filter(|media| !media.replacement && worth_it(media));
            media.is_some() && !part.fed && part.period == state.period
        };
        let soon = desk.at.position + desk.config.feed_ahead;
        let in_time = |part: &&Part| {
            let cost = self.time_to_fetch(target, part, desk);
            cost.is_some_and(|cost| part.time.start > soon + cost.div_f64(SAFETY))
        };
        let part = state.buffer.parts().filter(lower).find(in_time)?;
        Some((part.media?, self.presentation.segment_from(target, part.time.start, true)?))
    }

    /// The rung that is fetched now, by whoever chose it.
    fn held_rung(&self, lane: LaneId) -> Option<RungId> {
        match self.lanes[lane].mode {
            Mode::Auto => self.lanes[lane].last_rung,
            Mode::Manual(rank) => {
                let track = self.lanes[lane].track_in(&self.presentation)?;
                track.rungs.get(rank.0).map(|rung| rung.id)
            }
        }
    }

    /// Whether one rung is so much better than another that the bytes of the old segment may be thrown away.
    pub(super) fn is_worth_replacing(&self, old: RungId, better: RungId) -> bool {
        let rate = |rung| self.presentation.rung(rung).map(|rung| rung.bandwidth);
        rate(old).zip(rate(better)).is_some_and(|(old, better)| old < better.scaled(1.0 / LEAST_GAIN))
    }

    pub(super) fn time_to_fetch(&self, rung: RungId, part: &Part, desk: &Desk<'_>) -> Option<Duration> {
        let nominal = self.presentation.rung(rung)?.bandwidth.over(part.time.end.since(part.time.start));
        let ordinal = self.presentation.ordinal(part.media?.segment);
        let stated = self.presentation.nth_segment(rung, ordinal).and_then(|id| self.presentation.size(id));
        let estimator = &desk.network.estimator;
        Some(stated.unwrap_or(nominal).at(estimator.cautious()?)? + estimator.latency().unwrap_or_default())
    }

    /// A replacement gives way when the buffer has become short or its segment is about to be shown.
    pub(super) fn drop_hindering_replacement(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        if self.waits_for_better(lane, desk) {
            return desk.out.wake_at(self.lanes[lane].better_until);
        }
        let state = &self.lanes[lane];
        let replaces = |fetching: &&Fetching| matches!(fetching.aim, Aim::Replace(_));
        let Some(fetching) = state.fetching.as_ref().filter(replaces) else { return };
        let short = !state.complete && state.ahead(desk.at.position) < desk.config.buffer_target / 2;
        let late = fetching.time.start <= desk.at.position + desk.config.feed_ahead;
        if short || late {
            self.stop_fetching(lane, desk);
        }
    }

    /// A choice by hand acts now: what is buffered in other rungs and far enough ahead is fetched again.
    pub(in crate::session) fn act_on_choice_by_hand(&mut self, rank: Rank, desk: &mut Desk<'_>) {
        let replaceable = self.lanes.ids().find(|lane| self.lanes[*lane].kind.row().replaceable);
        let Some(lane) = replaceable.filter(|_| desk.config.replace) else { return };
        let from = desk.at.position + desk.config.feed_ahead + NEAR;
        let differs = |media: Media| self.presentation.rank(media.segment.rung) != Some(rank);
        let other = |part: &&Part| !part.fed && part.time.start >= from && part.media.is_some_and(differs);
        let first = self.lanes[lane].buffer.parts().find(other).map(|part| part.time.start);
        if let Some(first) = first {
            self.drop_from(lane, first, desk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, Puppet, Video, config, place, status};
    use super::*;
    use crate::presentation::testing::{AUDIO, VIDEO, film};
    use crate::session::Config;

    /// Eight seconds in the low rung are there and all there is room for; the link has become fast, and the viewer has
    /// just begun to watch.
    fn filled(config: Config) -> Bench {
        let mut bench = Bench::with(config, film(60, &[VIDEO.kbps(&[300, 1000])]));
        bench.run(4);
        bench.expect_rate(20_000);
        bench.play(0.0);
        bench.loading.policy = Box::new(Puppet { choice: 1, may_replace: true, ..Puppet::default() });
        let lane = bench.loading.lanes.of(Video).unwrap();
        bench.loading.lanes[lane].last_rung = Some(bench.rung("v1000"));
        bench
    }

    fn eight_seconds() -> Config {
        let (buffer_target, feed_ahead) = (Duration::from_secs(8), Duration::from_secs(3));
        Config { buffer_target, feed_ahead, replace: true, ..config() }
    }

    #[test]
    fn a_low_segment_that_was_not_fed_is_fetched_again_when_the_link_has_nothing_else_to_do() {
        let mut bench = filled(eight_seconds());
        assert_eq!(bench.fetches(), ["v1000@4"], "what was fed is past, up to second 3 it is too late");
        bench.arrive("v1000@4");
        let told = bench.told();
        assert_eq!(told, ["discard v300@4", "replaced in v1000"]);
        assert_eq!(bench.wasted(), 75_000, "the bytes of the old one");
        assert_eq!(bench.fetches(), ["v1000@6"]);
        bench.arrive("v1000@6");
        assert_eq!(bench.buffered(Video), ["v300@0", "v300@2", "v1000@4", "v1000@6"]);
        assert_eq!(bench.fetches(), [""; 0], "none is replaced twice");
    }

    #[test]
    fn nothing_is_replaced_where_that_makes_no_sense() {
        let check = |what: &str, spoil: fn(&mut Bench)| {
            let mut bench = filled(eight_seconds());
            spoil(&mut bench);
            assert_eq!(bench.fetches(), [""; 0], "{what}");
        };
        check("the viewer does not want it", |bench| bench.config.replace = false);
        check("the policy does not want it", |bench| bench.loading.policy = Box::new(Puppet::default()));
        check("the picture stands", |bench| bench.stand(0.0));
        check("the link is too slow for it", |bench| bench.expect_rate(700));
        check("nothing is known of the link", |bench| bench.network.estimator = crate::estimate::Estimator::new(None));
        check("the rung has failed", |bench| {
            let rung = bench.rung("v1000");
            bench.network.exclusions.exclude(rung, bench.out.now());
        });
        check("it is hardly better", |bench| {
            let lane = bench.loading.lanes.of(Video).unwrap();
            bench.loading.lanes[lane].last_rung = Some(bench.rung("v300"));
        });
    }

    #[test]
    fn sound_is_good_enough_as_it_is() {
        let mut bench = Bench::with(eight_seconds(), film(60, &[AUDIO]));
        bench.run(4);
        bench.expect_rate(20_000);
        bench.play(0.0);
        assert_eq!(bench.fetches(), [""; 0]);
    }

    #[test]
    fn a_replacement_gives_way_to_what_is_needed_more() {
        let mut bench = filled(eight_seconds());
        bench.step();
        bench.at(0.9);
        assert!(!bench.step().contains(&"abort v1000@4".to_owned()), "there is time");
        bench.at(1.0);
        assert!(bench.step().contains(&"abort v1000@4".to_owned()), "it is about to be fed");
    }

    #[test]
    fn a_replacement_that_comes_after_its_segment_was_fed_is_thrown_away() {
        let mut bench = filled(eight_seconds());
        bench.step();
        let lane = bench.loading.lanes.of(Video).unwrap();
        while bench.loading.lanes[lane].buffer.next_to_feed().is_some() {
            bench.loading.lanes[lane].buffer.mark_fed();
        }
        bench.arrive("v1000@4");
        assert_eq!(bench.told(), ["discard v1000@4"]);
        assert_eq!(bench.buffered(Video)[2], "v300@4");
    }

    #[test]
    fn a_replacement_that_fails_leaves_what_is_there() {
        let mut bench = filled(eight_seconds());
        bench.step();
        assert_eq!(bench.fail("v1000@4", &status(404)), "keeping what is buffered");
        assert_eq!(bench.buffered(Video)[2], "v300@4");
    }

    #[test]
    fn a_choice_by_hand_acts_on_what_is_far_enough_ahead() {
        let by_hand = |config: Config, rank: usize| {
            let mut bench = filled(config);
            bench.loading.set_mode(Mode::Manual(Rank(rank)));
            let (loading, mut desk) = bench.desk();
            loading.act_on_choice_by_hand(Rank(rank), &mut desk);
            bench
        };
        let mut bench = by_hand(eight_seconds(), 1);
        assert_eq!(bench.told(), ["discard v300@4", "discard v300@6"]);
        assert_eq!((bench.lane(Video).next, bench.fetches()), (place(4.0), vec!["v1000@4".to_owned()]));
        assert_eq!(by_hand(eight_seconds(), 0).told(), [""; 0], "it is what was chosen");
        assert_eq!(by_hand(Config { replace: false, ..eight_seconds() }, 1).told(), [""; 0]);
    }
}
