//! What follows from a segment that did not come, or that cannot be decoded: another location, the same later, another
//! rung, a hole; never nothing, and nothing for ever.

use super::lane::{Aim, Fetching, LaneId};
use super::{Desk, Loading};
use crate::io::{Event, Failure, FailureKind, Output, RequestId, Severity};
use crate::kinds::TrackKind;
use crate::presentation::RungId;
use crate::session::network::{FailureStreak, Odds, Remedy, SetupKind, remedy, transient};
use crate::session::recovery::OUTAGE;

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
        match fetching.aim {
            Aim::Next => {}
            Aim::Replace(_) => return "keeping what is buffered".to_owned(),
            Aim::Beyond => return "asking for what comes before it".to_owned(),
        }
        let elsewhere = self.exclude_location(fetching.segment.rung, failure, location, desk);
        if failure.kind == FailureKind::Connect {
            self.forget_old_answers(lane, desk);
        }
        let odds = self.odds(Some(lane), desk);
        let now = desk.out.now();
        let trouble = &mut self.lanes[lane].trouble;
        trouble.note(failure, now);
        match remedy(trouble, failure, elsewhere, odds) {
            Remedy::Elsewhere => "asking another location".to_owned(),
            Remedy::Again(_) | Remedy::Otherwise if self.pass_over(lane, desk) => "going on without it".to_owned(),
            Remedy::Again(pause) => {
                self.lanes[lane].not_before = now + pause;
                format!("asking again in {:.1} s", pause.as_secs_f64())
            }
            Remedy::Otherwise => self.without_rung(lane, &fetching, failure, odds, desk),
        }
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
        // As long as it is in the rung that goes on: rungs may be cut a little differently.
        let end = self.next_segment(lane, desk).map_or(fetching.time.end, |segment| segment.time.end);
        self.skip_segment(lane, end, &failure.message, desk)
    }

    /// Who cannot be reached now may have answered others before: only answers since the trouble began count.
    fn forget_old_answers(&mut self, lane: LaneId, desk: &Desk<'_>) {
        let since = self.lanes[lane].trouble.since.unwrap_or(desk.out.now());
        let state = &mut self.lanes[lane];
        state.answered_beside = state.answered_beside.filter(|at| *at > since);
        state.trouble.beyond = None;
    }

    /// Media comes again after a while in which several lanes got none: the others need not wait for the end of their
    /// pauses, nor for answers to what they asked in vain, and what failed meanwhile is held against nobody.
    pub(super) fn end_outage(&mut self, recovered: LaneId, desk: &mut Desk<'_>) {
        if !self.lanes[recovered].trouble.lasts_longer_than(OUTAGE, desk.out.now()) {
            return;
        }
        self.setups.forget_troubles(desk.out.now());
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

    /// A decoder has concealed damage of a segment that was shown: that is told.
    pub(in crate::session) fn concealed(&mut self, request: RequestId, problem: &str, desk: &mut Desk<'_>) {
        for lane in self.lanes.iter() {
            let brought = |part: &&crate::buffer::Part| part.media.is_some_and(|media| media.request == request);
            let Some(part) = lane.buffer.parts().find(brought) else { continue };
            let (kind, time) = (lane.kind, &part.time);
            let what = format!("the {kind} from {} to {} is damaged: {problem}", time.start, time.end);
            desk.out.mended(Severity::Error, time.start, &what, "the decoder conceals them");
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
        let mut spoilt = vec![];
        for lane in self.lanes.iter_mut() {
            let Some(part) = lane.buffer.spoil(request, problem) else { continue };
            let reason = format!("the {} decoder refused it: {problem}", lane.kind);
            desk.out.push(Output::Discard(request));
            desk.out.tell(Event::Skipped { track: lane.kind, time: part.time.clone(), reason: reason.clone() });
            desk.out.notice(Severity::Error, format!("a segment is lost: {reason}"));
            let last = lane.buffer.parts().rev().find(|part| part.media.is_some());
            lane.media_until = last.map_or(part.time.start, |last| last.time.end).min(lane.media_until);
            if let Some(media) = part.media {
                spoilt.push(media.segment.rung);
            }
        }
        for rung in spoilt {
            self.leave_spoilt(rung, desk);
        }
    }

    /// Leaves a rung alone after damage, unless there is no other: what is damaged is skipped, and the next segment is
    /// probably whole.
    fn leave_spoilt(&mut self, rung: RungId, desk: &mut Desk<'_>) {
        let Some(lane) = self.lanes.at(rung, &self.presentation) else { return };
        if self.usable(lane, desk).rungs.iter().any(|other| *other != rung) {
            desk.network.exclusions.exclude(rung, desk.out.now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Audio, Bench, Video, place, refused_connection, status};
    use super::*;
    use crate::presentation::testing::{AUDIO, TWO_LOCATIONS, VIDEO, film, on_demand, opened, period};

    /// The viewer watches; the first segments of picture and sound are there.
    fn watching(mut bench: Bench) -> Bench {
        bench.run(1);
        bench.play(0.0);
        bench.step();
        bench
    }

    #[test]
    fn an_error_of_the_server_is_asked_again_once_then_another_rung_is_tried() {
        let mut bench = watching(Bench::new(film(20, &[VIDEO])));
        let then = bench.fail("v300@2", &status(503));
        assert!(then.starts_with("asking again in"), "{then}");
        assert_eq!(bench.fetches(), [""; 0], "after a pause");
        bench.at(0.5);
        assert_eq!(bench.fetches(), ["v300@2"]);
        assert_eq!(bench.fail("v300@2", &status(503)), "trying another rung");
        assert_eq!(bench.fetches(), ["v1000@2"], "at once");
    }

    #[test]
    fn what_is_not_there_is_asked_for_in_all_rungs_before_any_is_asked_again() {
        let mut bench = watching(Bench::new(film(20, &[VIDEO])));
        assert_eq!(bench.fail("v300@2", &status(404)), "trying another rung");
        assert_eq!(bench.fetches(), ["v1000@2"]);
        assert_eq!(bench.fail("v1000@2", &status(404)), "asking for all rungs again");
        assert_eq!(bench.fetches(), [""; 0], "after a pause");
        bench.at(bench.wake.unwrap());
        assert_eq!(bench.fetches(), ["v300@2"]);
    }

    #[test]
    fn a_segment_that_is_nowhere_becomes_a_hole_with_the_reason_of_the_last_failure() {
        let mut bench = watching(Bench::new(film(20, &[VIDEO])));
        bench.stand(0.0);
        let mut rounds = 0;
        loop {
            let names: Vec<_> = bench.running().into_iter().filter(|name| name.ends_with("@2")).collect();
            for name in names {
                match bench.fail(&name, &status(404)).as_str() {
                    "going on without it" => {
                        assert_eq!(rounds, 6, "seven rounds in all");
                        assert_eq!(bench.buffered(Video), ["v300@0", "hole 2-4"]);
                        assert!(bench.told().contains(&"skip video 2-4: status 404".to_owned()));
                        bench.step();
                        assert!(bench.running().contains(&"v300@4".to_owned()), "both rungs are as good as before");
                        return;
                    }
                    "asking for all rungs again" => rounds += 1,
                    _ => {}
                }
            }
            bench.pass(0.5);
            bench.step();
        }
    }

    #[test]
    fn behind_a_hole_nobody_asks_for_seven_rounds_again() {
        let mut bench = watching(Bench::new(film(20, &[VIDEO])));
        let (loading, mut desk) = bench.desk();
        let lane = loading.lanes.of(Video).unwrap();
        loading.stop_fetching(lane, &mut desk);
        loading.skip_segment(lane, place(4.0), "status 404", &mut desk);
        assert_eq!(bench.fetches(), ["v300@4"]);
        bench.fail("v300@4", &status(404));
        bench.step();
        assert_eq!(bench.fail("v1000@4", &status(404)), "going on without it");
    }

    #[test]
    fn another_location_is_asked_at_once_and_keeps_being_asked() {
        let text = on_demand("", &(TWO_LOCATIONS.to_owned() + &period(r#"duration="PT20S""#, &[VIDEO])));
        let mut bench = watching(Bench::new(opened(&text)));
        assert_eq!(bench.fail("v300@2", &refused_connection()), "asking another location");
        assert_eq!(bench.fetches(), ["v300@2 from b"]);
        bench.arrive("v300@2 from b");
        assert_eq!(bench.fetches(), ["v300@4 from b"]);
        let then = bench.fail("v300@4 from b", &refused_connection());
        assert!(then.starts_with("asking again in"), "there is no third one: {then}");
    }

    #[test]
    fn the_only_one_that_fails_is_passed_over_before_the_viewer_has_to_wait() {
        for (alone, expected) in [(true, "going on without it"), (false, "asking again in")] {
            let mut bench = watching(Bench::new(film(40, &[VIDEO.kbps(&[300]), AUDIO])));
            let lane = bench.loading.lanes.of(Video).unwrap();
            bench.loading.lanes[lane].trouble.attempts = 2;
            bench.at(2.0);
            if alone {
                bench.arrive("a64@2");
            }
            bench.at(3.6);
            bench.play(0.5);
            let silent = Failure { kind: FailureKind::Timeout, ..refused_connection() };
            let then = bench.fail("v300@2", &silent);
            assert!(then.starts_with(expected), "alone: {alone}, {then}");
        }
    }

    #[test]
    fn a_replacement_that_fails_costs_nothing() {
        let mut bench = watching(Bench::new(film(20, &[VIDEO])));
        let lane = bench.loading.lanes.of(Video).unwrap();
        let fetching = bench.loading.lanes[lane].fetching.as_mut().unwrap();
        fetching.aim = Aim::Replace(fetching.segment);
        assert_eq!(bench.fail("v300@2", &status(404)), "keeping what is buffered");
        assert_eq!((bench.lane(Video).trouble.attempts, bench.buffered(Video)), (0, vec!["v300@0".to_owned()]));
    }

    #[test]
    fn after_an_outage_nobody_waits_for_the_end_of_a_pause() {
        let mut bench = watching(Bench::new(film(60, &[VIDEO.kbps(&[300]), AUDIO.kbps(&[64])])));
        let failing = |bench: &mut Bench, until: f64| {
            while bench.out.now().secs_f64() < until {
                for name in bench.running() {
                    bench.fail(&name, &refused_connection());
                }
                bench.pass(0.1);
                bench.step();
            }
        };
        failing(&mut bench, 12.0);
        while !bench.running().contains(&"a64@2".to_owned()) {
            let now = bench.out.now().secs_f64();
            failing(&mut bench, now + 0.1);
        }
        let pausing = bench.lane(Video).not_before > bench.out.now();
        bench.arrive("a64@2");
        assert_eq!((pausing, bench.lane(Video).trouble.attempts), (true, 0), "what failed was the network");
        assert_eq!(bench.fetches(), ["v300@2", "a64@4"]);
    }

    #[test]
    fn what_a_decoder_refuses_is_a_hole_and_its_rung_left_alone() {
        let mut bench = Bench::new(film(20, &[VIDEO]));
        bench.run(3);
        bench.undecodable("v300@2");
        let told = bench.told();
        assert!(told.contains(&"skip video 2-4: the video decoder refused it: nonsense".to_owned()), "{told:?}");
        assert_eq!(bench.buffered(Video), ["v300@0", "hole 2-4", "v300@4"]);
        assert_eq!(bench.fetches(), ["v1000@6"]);
        // The decoder may complain again about what is not there any more.
        bench.undecodable("v300@2");
        assert_eq!(bench.told(), [""; 0]);
    }

    #[test]
    fn damage_locks_no_rung_that_is_the_only_one() {
        let mut bench = Bench::new(film(40, &[VIDEO.kbps(&[300])]));
        bench.run(6);
        for name in ["v300@2", "v300@4", "v300@6"] {
            bench.undecodable(name);
        }
        let expected = ["v300@0", "hole 2-4", "hole 4-6", "hole 6-8", "v300@8", "v300@10"];
        assert_eq!((bench.buffered(Video), bench.loss()), (expected.map(str::to_owned).to_vec(), None));
        assert_eq!(bench.fetches(), ["v300@12"], "at once");
    }

    #[test]
    fn an_init_segment_that_is_of_no_use_costs_its_rung_what_was_not_fed_of_it() {
        let mut bench = Bench::new(film(20, &[VIDEO, AUDIO]));
        bench.config.feed_ahead = std::time::Duration::ZERO;
        bench.run(4);
        assert_eq!(bench.buffered(Video).len(), 4);
        bench.step();
        bench.undecodable("v300/init");
        assert_eq!(bench.buffered(Video), ["v300@0", "v300@2"], "these were fed");
        assert_eq!(bench.buffered(Audio).len(), 4);
        assert_eq!(bench.fetches(), ["v1000@4"]);
    }
}
