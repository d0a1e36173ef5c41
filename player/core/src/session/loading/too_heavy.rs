//! Which pictures are too large for this machine? When they were late for long, those of that height and above are left out
//! for a while, longer each time, as the dropped-frames rules of other players do; a choice by hand stands. The lowest rung
//! is never left out.

use super::lane::LaneId;
use super::policy::Choices;
use super::{Desk, Loading};
use crate::io::Severity;
use crate::kinds::ChosenBy;
use crate::presentation::{Rung, RungId};
use crate::session::recovery::{LATE_ENOUGH, LATE_EXCLUSION, LATE_WITHIN, LONGEST_LATE_EXCLUSION};
use crate::snapshot::{LateView, Mode};
use shared::time::SessionTime;
use shared::units::Bitrate;
use std::collections::VecDeque;
use std::time::Duration;

/// What was too much for this machine.
#[derive(Debug, Default)]
pub(super) struct TooHeavy {
    /// For how long the picture was late, and when that was told, the last few seconds long.
    lately: VecDeque<(SessionTime, Duration)>,
    /// What is left out.
    limit: Option<Limit>,
    /// How often something was.
    times: u32,
}

/// Pictures from this size on are left out.
#[derive(Debug, Clone, Copy)]
struct Limit {
    height: Option<u32>,
    bandwidth: Bitrate,
    until: SessionTime,
}

impl Limit {
    /// Whether a rung is at least as heavy; the rate counts where sizes are not known.
    fn meets(&self, rung: &Rung) -> bool {
        match (self.height, rung.size) {
            (Some(limit), Some((_, height))) => height >= limit,
            _ => rung.bandwidth >= self.bandwidth,
        }
    }
}

impl TooHeavy {
    fn in_force(&self, now: SessionTime) -> Option<&Limit> {
        self.limit.as_ref().filter(|limit| limit.until > now)
    }

    /// Takes note; tells whether it was too much.
    fn note(&mut self, lasted: Duration, now: SessionTime) -> bool {
        self.lately.push_back((now, lasted));
        self.lately.retain(|(at, _)| now.since(*at) < LATE_WITHIN);
        self.late_lately(now) >= LATE_ENOUGH
    }

    fn late_lately(&self, now: SessionTime) -> Duration {
        self.lately.iter().filter(|(at, _)| now.since(*at) < LATE_WITHIN).map(|(_, lasted)| *lasted).sum()
    }

    /// From now on nothing as heavy as `rung` is taken. Tells for how long.
    fn leave_out(&mut self, rung: &Rung, now: SessionTime) -> Duration {
        let pause = LATE_EXCLUSION.saturating_mul(1 << self.times.min(8)).min(LONGEST_LATE_EXCLUSION);
        self.times += 1;
        self.lately.clear();
        let height = rung.size.map(|(_, height)| height);
        self.limit = Some(Limit { height, bandwidth: rung.bandwidth, until: now + pause });
        pause
    }
}

impl Loading {
    /// The picture at the playhead was late for so long.
    pub(in crate::session) fn late(&mut self, lasted: Duration, desk: &mut Desk<'_>) {
        let now = desk.out.now();
        let Some(lane) = self.lanes.measured().filter(|lane| self.adapts(*lane)) else { return };
        if !self.too_heavy.note(lasted, now) {
            return;
        }
        let shown = self.lanes[lane].buffer.part_at(desk.at.position).and_then(|part| part.media);
        let Some(rung) = shown.and_then(|media| self.presentation.rung(media.segment.rung)).cloned() else { return };
        // What the decoder still has of a rung that is left out already is late as a matter of course.
        if self.ladder(lane).next() == Some(rung.id) || self.is_too_heavy(rung.id, now) {
            return;
        }
        let pause = self.too_heavy.leave_out(&rung, now).as_secs();
        let told = format!("this machine is too slow for {0}: {0} and above are left out for {pause} s", rung.label);
        desk.out.notice(Severity::Warning, told);
        self.drop_what_is_too_heavy(lane, desk);
    }

    fn adapts(&self, lane: LaneId) -> bool {
        let lane = &self.lanes[lane];
        lane.mode == Mode::Auto && lane.kind.row().chosen_by == ChosenBy::Policy
    }

    /// What is buffered of it is fetched again, if the link carries that: it would be late, too.
    fn drop_what_is_too_heavy(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let light = self.choices(lane, desk).bandwidths.last().copied().unwrap_or_default();
        let carries = desk.network.estimator.cautious().is_some_and(|rate| rate >= light.scaled(2.0));
        let heavy = |rung: RungId| self.is_too_heavy(rung, desk.out.now());
        let late = |part: &&crate::buffer::Part| !part.fed && part.media.is_some_and(|media| heavy(media.segment.rung));
        let first = self.lanes[lane].buffer.parts().find(late).map(|part| part.time.start);
        if let (true, Some(first)) = (carries, first) {
            self.drop_from(lane, first, desk);
        }
    }

    fn is_too_heavy(&self, rung: RungId, now: SessionTime) -> bool {
        let rung = self.presentation.rung(rung);
        self.too_heavy.in_force(now).zip(rung).is_some_and(|(limit, rung)| limit.meets(rung))
    }

    /// Leaves those out of a lane's choices that are too heavy, unless nothing else can be chosen.
    pub(super) fn lighten(&self, lane: LaneId, choices: Choices, now: SessionTime) -> Choices {
        if !self.adapts(lane) || self.too_heavy.in_force(now).is_none() {
            return choices;
        }
        let lowest = self.ladder(lane).next();
        let both = || choices.rungs.iter().copied().zip(choices.bandwidths.iter().copied());
        let (rungs, bandwidths): (Vec<_>, Vec<_>) =
            both().filter(|(rung, _)| lowest == Some(*rung) || !self.is_too_heavy(*rung, now)).unzip();
        if rungs.is_empty() { choices } else { Choices { rungs, bandwidths } }
    }

    /// What this machine was too slow for, for those who look.
    pub(in crate::session) fn late_view(&self, now: SessionTime) -> Option<LateView> {
        let lately = self.too_heavy.late_lately(now);
        let limit = self.too_heavy.in_force(now);
        let heavy = |rung: &&Rung| limit.is_some_and(|limit| limit.meets(rung));
        let lane = self.lanes.measured()?;
        let ladder = self.lanes[lane].track_in(&self.presentation)?.rungs.iter();
        let left_out: Vec<RungId> = ladder.skip(1).filter(heavy).map(|rung| rung.id).collect();
        let view = LateView { lately, left_out, until: limit.map(|limit| limit.until) };
        (limit.is_some() || lately > Duration::ZERO).then_some(view)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, Video};
    use super::*;
    use crate::presentation::testing::{SetText, VIDEO, film};

    const LADDER: SetText = VIDEO.kbps(&[300, 1000, 2000]);

    /// The viewer watches a film in its highest rung on a fast link.
    fn watching() -> Bench {
        let mut bench = Bench::new(film(600, &[LADDER]));
        bench.expect_rate(20_000);
        bench.loading.policy = Box::new(super::super::testing::Puppet { choice: 2, ..Default::default() });
        bench.run(6);
        bench.play(0.0);
        bench.pass(1.0);
        bench
    }

    /// So many quarters of a second were late.
    fn late(bench: &mut Bench, quarters: u32) -> Vec<String> {
        for _ in 0..quarters {
            bench.pass(0.25);
            let (loading, mut desk) = bench.desk();
            loading.late(Duration::from_millis(250), &mut desk);
        }
        bench.told()
    }

    fn choices(bench: &mut Bench) -> usize {
        let lane = bench.loading.lanes.of(Video).unwrap();
        let (loading, desk) = bench.desk();
        loading.choices(lane, &desk).rungs.len()
    }

    #[test]
    fn pictures_that_were_late_for_two_seconds_of_ten_are_left_out_for_a_minute_then_longer() {
        let mut bench = watching();
        assert_eq!((late(&mut bench, 7), choices(&mut bench)), (vec![], 3));
        let told = late(&mut bench, 1);
        assert!(told.iter().any(|line| line.contains("too slow for 2000k") && line.contains("60 s")), "{told:?}");
        assert_eq!(choices(&mut bench), 2);
        assert_eq!(late(&mut bench, 20), [""; 0], "the decoder still has some of it");
        bench.pass(60.0);
        assert_eq!(choices(&mut bench), 3, "it is tried again");
        bench.stand(1.0);
        late(&mut bench, 8);
        bench.pass(60.0);
        assert_eq!(choices(&mut bench), 2);
    }

    #[test]
    fn a_moment_now_and_then_is_borne() {
        let mut bench = watching();
        for _ in 0..20 {
            assert_eq!(late(&mut bench, 4), [""; 0]);
            bench.pass(10.0);
        }
    }

    #[test]
    fn what_was_chosen_by_hand_stands_and_so_does_the_lowest_rung() {
        let mut bench = watching();
        bench.loading.set_mode(Mode::Manual(crate::presentation::Rank(2)));
        late(&mut bench, 20);
        assert_eq!(choices(&mut bench), 3);
        let mut bench = Bench::new(film(600, &[VIDEO.kbps(&[300])]));
        bench.run(4);
        bench.play(0.0);
        assert_eq!((late(&mut bench, 20), choices(&mut bench)), (vec![], 1));
    }

    #[test]
    fn what_is_buffered_of_it_is_fetched_again_where_the_link_carries_that() {
        for (kbps, expected) in [(20_000, "v1000"), (1000, "v2000")] {
            let mut bench = watching();
            bench.config.feed_ahead = Duration::from_secs(1);
            bench.run(4);
            bench.expect_rate(kbps);
            late(&mut bench, 8);
            bench.run(8);
            let last = bench.buffered(Video).into_iter().nth(8).unwrap();
            assert!(last.starts_with(expected), "{kbps}: {:?}", bench.buffered(Video));
        }
    }

    #[test]
    fn it_is_told_what_is_left_out_and_until_when() {
        let mut bench = watching();
        assert_eq!(bench.loading.late_view(bench.out.now()), None);
        late(&mut bench, 4);
        let view = bench.loading.late_view(bench.out.now()).unwrap();
        assert_eq!((view.lately, view.left_out, view.until), (Duration::from_secs(1), vec![], None));
        late(&mut bench, 4);
        let view = bench.loading.late_view(bench.out.now()).unwrap();
        assert_eq!((view.left_out, view.until), (vec![bench.rung("v2000")], Some(bench.out.now() + LATE_EXCLUSION)));
    }
}
