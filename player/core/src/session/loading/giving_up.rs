//! When nothing helps any more: a segment is passed over, a rung's media is fetched again, a kind of media is lost, and
//! in the end the session.

use super::choice::SOON;
use super::lane::{Lane, LaneId};
use super::{Desk, Loading, Loss};
use crate::buffer::Part;
use crate::io::{Event, Severity};
use crate::presentation::RungId;
use crate::session::network::FailureStreak;
use crate::session::recovery::{LAST_CHANCE, LONGEST_LEAP, MOST_SKIPS};
use shared::time::PresentationTime;

impl Loading {
    /// All rungs are left alone for now, which helps nobody: those that are not hopeless are asked again.
    pub(super) fn out_of_rungs(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        if self.hopeless(lane, desk) {
            return self.lose_lane(lane, "no rendition of it is left", desk);
        }
        for rung in self.ladder(lane).filter(|rung| !desk.network.exclusions.hopeless(*rung)).collect::<Vec<_>>() {
            desk.network.exclusions.recall(rung);
        }
        desk.out.wake_at(desk.out.now() + SOON);
    }

    /// Whether all rungs of a lane's track have failed again and again without a success.
    pub(super) fn hopeless(&self, lane: LaneId, desk: &Desk<'_>) -> bool {
        self.ladder(lane).all(|rung| self.keys.lock(rung) || desk.network.exclusions.hopeless(rung))
    }

    /// All rungs of a lane's track get another chance.
    pub(super) fn forgive_all(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        for rung in self.ladder(lane) {
            desk.network.exclusions.forgive(rung);
        }
    }

    pub(super) fn ladder(&self, lane: LaneId) -> impl Iterator<Item = RungId> {
        let track = self.lanes[lane].track_in(&self.presentation);
        track.into_iter().flat_map(|track| &track.rungs).map(|rung| rung.id)
    }

    /// Goes on behind a segment that cannot be had. Returns what is done, for people.
    pub(super) fn skip_segment(
        &mut self,
        lane: LaneId,
        end: PresentationTime,
        why: &str,
        desk: &mut Desk<'_>,
    ) -> String {
        let state = &mut self.lanes[lane];
        let (kind, time) = (state.kind, state.next..end);
        state.trouble = FailureStreak::default();
        state.skipped_in_a_row += 1;
        let (lost, told) = (state.skipped_in_a_row > MOST_SKIPS, state.given_up > 0);
        state.skip_to(end, why);
        self.forgive_all(lane, desk);
        desk.out.tell(Event::Skipped { track: kind, time, reason: why.to_owned() });
        if !told {
            desk.out.notice(Severity::Error, format!("a segment of the {kind} cannot be had: {why}"));
        }
        if lost && self.can_do_without(lane) {
            self.do_without_for_now(lane, why, desk);
        } else if lost {
            self.lose_lane(lane, why, desk);
        }
        "going on without it".to_owned()
    }

    /// Whether there is something to watch, or to hear, without a lane.
    fn can_do_without(&self, lane: LaneId) -> bool {
        let row = self.lanes[lane].kind.row();
        let left = self.lanes.others(lane).any(|other| other.kind.row().blocks_playback);
        !row.essential && (left || !row.blocks_playback)
    }

    /// Nobody waits for this kind of media any more: it is asked for again further on, and heard when it is back.
    fn do_without_for_now(&mut self, lane: LaneId, why: &str, desk: &mut Desk<'_>) {
        let begun = self.lanes[lane].next;
        self.lanes[lane].given_up = self.lanes[lane].given_up.max(1);
        self.skip_until(lane, begun + LONGEST_LEAP, why, desk);
        self.tell_passed_over(lane, begun, why, desk);
        self.lanes[lane].given_up += 1;
    }

    /// Whether a lane of which nothing came for long is not asked for yet: soon enough to be there in time, and no sooner,
    /// so that it is back soon after it can be had.
    pub(super) fn waits_to_return(&self, lane: LaneId, desk: &mut Desk<'_>) -> bool {
        let state = &self.lanes[lane];
        let due = state.next - (LAST_CHANCE + LONGEST_LEAP);
        let waits = state.skipped_in_a_row > MOST_SKIPS && state.given_up > 0 && due > desk.at.position;
        if let (true, Some(at)) = (waits, desk.at.clock.time_at(due)) {
            desk.out.wake_at(at);
        }
        waits
    }

    /// Goes on without this kind of media. Without one that there is nothing to watch without, or the last one that
    /// playback goes by, the session ends when what is buffered has been played.
    pub(super) fn lose_lane(&mut self, lane: LaneId, why: &str, desk: &mut Desk<'_>) {
        let row = self.lanes[lane].kind.row();
        if !self.can_do_without(lane) {
            return self.play_out(format!("nothing can be played any more: {why}"), desk);
        }
        let how = format!("going on without {}", row.name);
        desk.out.mended(Severity::Error, self.lanes[lane].next, why, &how);
        self.stop_fetching(lane, desk);
        self.lanes[lane].complete = true;
        self.lanes[lane].lost = true;
    }

    /// Ends the session with a reason, but not before the viewer has seen what is there.
    fn play_out(&mut self, why: String, desk: &mut Desk<'_>) {
        let position = desk.at.position;
        let holds = |lane: &Lane| lane.buffer.parts().any(|p| p.media.is_some() && p.time.end > position);
        if !desk.at.started || !self.lanes.iter().any(holds) {
            self.loss = Some(Loss::Now(why));
            return;
        }
        for lane in self.lanes.ids() {
            self.stop_fetching(lane, desk);
            let state = &mut self.lanes[lane];
            state.buffer.trim_holes();
            state.next = state.buffer.end().unwrap_or(state.next).min(state.next);
            state.complete = true;
            state.lost = true;
        }
        self.loss = Some(Loss::AtTheEnd(why));
    }

    /// What is buffered of a rung cannot be decoded: everything from its first unfed segment on is fetched again.
    pub(super) fn refetch_rung(&mut self, rung: RungId, desk: &mut Desk<'_>) {
        let Some(lane) = self.lanes.at(rung, &self.presentation) else { return };
        let of_rung = |part: &&Part| !part.fed && part.media.is_some_and(|media| media.segment.rung == rung);
        let first = self.lanes[lane].buffer.parts().find(of_rung).map(|part| part.time.start);
        if let Some(first) = first {
            self.drop_from(lane, first, desk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Audio, Bench, Text, Video, place, status};
    use crate::presentation::testing::{AUDIO, SetText, TEXT, VIDEO, film};
    use std::time::Duration;

    /// The viewer watches a long film of which the first segments are there.
    fn watching(sets: &[SetText]) -> Bench {
        let mut bench = Bench::new(film(600, sets));
        bench.run(2);
        bench.play(0.0);
        bench
    }

    #[test]
    fn eight_holes_in_a_row_are_borne_and_the_ninth_ends_the_kind() {
        let mut bench = watching(&[VIDEO, AUDIO]);
        let done = bench.fail_all(Audio, &status(404));
        assert_eq!(done.iter().filter(|what| *what == "going on without it").count(), 9);
        let told = bench.told();
        assert!(told.iter().any(|line| line.contains("going on without audio for now")), "{told:?}");
        assert_eq!((bench.loss(), bench.loading.levels()[1].complete), (None, false));
    }

    #[test]
    fn a_kind_that_was_lost_is_asked_for_every_few_seconds_and_comes_back() {
        let mut bench = watching(&[VIDEO, AUDIO.kbps(&[64])]);
        bench.fail_all(Audio, &status(404));
        bench.run(10);
        let (mut asked, mut told) = (vec![], vec![]);
        for _ in 0..120 {
            told.extend(bench.step());
            for name in bench.running() {
                if name.starts_with("a64@") {
                    asked.push(name.clone());
                    bench.fail(&name, &status(404));
                } else {
                    bench.arrive(&name);
                }
            }
            bench.pass(0.5);
        }
        // A segment of two seconds, and a leap of eight.
        assert!((5..=7).contains(&asked.len()), "in a minute: {asked:?}");
        assert!(told.iter().all(|line| !line.starts_with("Error")), "told once: {told:?}");
        for _ in 0..40 {
            bench.run(1);
            bench.pass(0.5);
        }
        let position = bench.at.position;
        assert!(bench.lane(Audio).buffer.part_at(position).is_some_and(|part| part.media.is_some()));
        assert_eq!((bench.lane(Audio).given_up, bench.loss()), (0, None));
    }

    #[test]
    fn a_segment_in_between_begins_the_count_anew() {
        let mut bench = watching(&[VIDEO]);
        bench.stand(0.0);
        for n in 0..20 {
            let (loading, mut desk) = bench.desk();
            let lane = loading.lanes.of(Video).unwrap();
            loading.stop_fetching(lane, &mut desk);
            loading.skip_segment(lane, loading.lanes[lane].next + Duration::from_secs(2), "gone", &mut desk);
            if n % 8 == 7 {
                let position = bench.lane(Video).next.secs_f64();
                bench.stand(position);
                bench.run(1);
            }
        }
        assert_eq!(bench.loss(), None);
    }

    #[test]
    fn without_pictures_there_is_nothing_to_watch_but_what_is_buffered_is() {
        let mut bench = watching(&[VIDEO, AUDIO, TEXT]);
        bench.config.feed_ahead = Duration::ZERO;
        bench.stand(0.0);
        bench.fail_all(Video, &status(404));
        let Some(("at the end", why)) = bench.loss() else { panic!("the film goes on") };
        assert!(why.contains("status 404"), "{why}");
        assert_eq!(bench.buffered(Video), ["v300@0", "v300@2"], "nobody waits for the end of a hole");
        assert_eq!(bench.lane(Video).next, place(4.0));
        assert!(bench.loading.lanes().iter().all(|lane| lane.complete), "nothing more is fetched of any kind");
        assert_eq!(bench.fetches(), [""; 0]);
    }

    #[test]
    fn before_the_first_picture_the_loss_is_told_at_once() {
        let mut bench = Bench::new(film(600, &[VIDEO, AUDIO]));
        bench.fail_all(Video, &status(404));
        assert!(matches!(bench.loss(), Some(("now", _))));
    }

    #[test]
    fn sound_alone_is_all_there_is() {
        let mut bench = watching(&[AUDIO, TEXT]);
        bench.fail_all(Audio, &status(404));
        assert!(matches!(bench.loss(), Some(("at the end", _))));
    }

    #[test]
    fn words_are_lost_alone_even_when_only_sound_is_left_beside_them() {
        for sets in [&[VIDEO, TEXT][..], &[AUDIO, TEXT], &[VIDEO, AUDIO, TEXT]] {
            let mut bench = watching(sets);
            bench.fail_all(Text, &status(404));
            assert_eq!((bench.loss(), bench.lane(Text).given_up), (None, 2));
            assert!(bench.loading.levels().iter().all(|level| !level.complete));
        }
    }

    #[test]
    fn a_kind_that_was_lost_gets_another_chance_where_the_viewer_goes_back() {
        let mut bench = watching(&[VIDEO, AUDIO]);
        bench.config.keep_behind = Duration::ZERO;
        bench.fail_all(Audio, &status(404));
        bench.step();
        assert!(!bench.seek(1.0));
        assert_eq!((bench.lane(Audio).complete, bench.lane(Audio).next), (false, place(1.0)));
        assert!(bench.fetches().iter().any(|name| name.starts_with('a') && name.ends_with("@0")));
    }
}
