//! Which lane may fetch its next segment, and when: the one with less media ahead first, one segment of a lane at a
//! time, and only when there is room for all of it.

use super::cursor::Next;
use super::lane::{Lane, LaneId};
use super::policy::capacity;
use super::{Desk, Loading};
use crate::kinds::TrackKind;
use crate::presentation::Segment;
use crate::session::network::SetupKind;
use crate::session::recovery::UNDISTURBED;
use shared::time::PresentationTime;

impl Loading {
    /// Starts what can be started now, and asks to be woken when something else can.
    pub(in crate::session) fn schedule(&mut self, desk: &mut Desk<'_>) {
        let mut order: Vec<LaneId> = self.lanes.ids().collect();
        order.sort_by_key(|&lane| self.lanes[lane].promised_until());
        for lane in order {
            self.continue_setups(lane, desk);
            self.drop_hindering_replacement(lane, desk);
            self.drop_look_beyond(lane, desk);
            if self.lanes[lane].fetching.is_none() && self.loss.is_none() {
                self.schedule_lane(lane, desk);
            }
        }
    }

    fn schedule_lane(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        if self.lanes[lane].complete {
            return self.consider_replacing(lane, desk);
        }
        if self.waits_for_setup(lane) {
            return;
        }
        if self.lanes[lane].not_before > desk.out.now() {
            desk.out.wake_at(self.lanes[lane].not_before);
            return self.look_beyond(lane, desk);
        }
        if self.waits_to_return(lane, desk) {
            return;
        }
        let Some(segment) = self.next_segment(lane, desk) else { return };
        if self.leads(lane, desk) {
            return;
        }
        if let Some(end) = self.lacks_room(lane, &segment, desk) {
            if let Some(at) = desk.at.clock.time_at(end) {
                desk.out.wake_at(at);
            }
            return self.consider_replacing(lane, desk);
        }
        self.decide(lane, segment.id, desk);
    }

    /// The next segment of a lane. Without one, what leads to it is fetched or waited for.
    pub(super) fn next_segment(&mut self, lane: LaneId, desk: &mut Desk<'_>) -> Option<Segment> {
        let lang = desk.config.audio_lang.as_deref();
        match self.lanes[lane].next_segment(&self.presentation, lang, desk.out.wall()) {
            Next::Segment(segment) => return Some(segment),
            Next::NeedsIndex => self.ensure_some_index(lane, desk),
            Next::NotYet(Some(wall)) => {
                if let Some(at) = desk.out.at_wall(wall) {
                    desk.out.wake_at(at);
                }
            }
            Next::NotYet(None) | Next::NoMore => {}
        }
        None
    }

    /// The indexes of no rung are there: fetch one, of a rung that the link is known to carry, else the lowest.
    fn ensure_some_index(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let choices = self.usable(lane, desk);
        let estimate = desk.network.estimator.cautious().unwrap_or_default();
        let fits = choices.bandwidths.partition_point(|&bandwidth| bandwidth <= estimate).saturating_sub(1);
        match choices.rungs.get(fits) {
            Some(&rung) => self.ensure(SetupKind::Index, rung, desk),
            None => self.out_of_rungs(lane, desk),
        }
    }

    /// Whether a lane is so far ahead of another one that this one comes first: the link is shared, and playback needs
    /// both. While the viewer waits, what is under way is not there yet: who has enough to begin leaves the link to who
    /// has not. What is asked for again is not disturbed the first times, as far as the other one is ahead: a server
    /// that is busy with one answers the next. A lane that waits out a failure holds nobody up, and neither does one
    /// that playback does not need.
    fn leads(&self, lane: LaneId, desk: &Desk<'_>) -> bool {
        let next = self.lanes[lane].next;
        let shares = desk.at.told || self.lanes[lane].ahead(desk.at.position) < desk.at.needed;
        let waits_for = |other: &Lane| {
            let attempts = other.trouble.attempts;
            let reaches = if shares && attempts == 0 { other.promised_until() } else { other.next };
            let due = !other.complete && other.given_up == 0 && other.not_before <= desk.out.now();
            due && next > reaches && (attempts == 0 || UNDISTURBED.contains(&attempts))
        };
        self.lanes.iter().filter(|other| other.kind.row().blocks_playback).any(waits_for)
    }

    /// When there is no room for a segment: the place at which the playhead must be for it to fit.
    pub(super) fn lacks_room(&self, lane: LaneId, segment: &Segment, desk: &Desk<'_>) -> Option<PresentationTime> {
        let next = self.lanes[lane].next;
        let length = segment.time.end.since(segment.time.start.max(next));
        let needed = next + length - capacity(desk, length);
        if self.is_heavy() && next > desk.at.position + length * 2 {
            return self.next_released(desk.at.position);
        }
        (needed > desk.at.position).then_some(needed)
    }

    /// Whether one of these lanes can fetch what follows only when the playhead is nearer.
    pub(in crate::session) fn waits_for_room(&mut self, kinds: &[TrackKind], desk: &mut Desk<'_>) -> bool {
        let lanes: Vec<LaneId> = kinds.iter().filter_map(|kind| self.lanes.of(*kind)).collect();
        lanes.into_iter().any(|lane| {
            let segment = self.next_segment(lane, desk);
            segment.is_some_and(|segment| self.lacks_room(lane, &segment, desk).is_some())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, Text, Video, config, status};
    use crate::presentation::testing::{AUDIO, Segments, SetText, TEXT, VIDEO, film, live, opened, period, wall};
    use crate::session::Config;
    use std::time::Duration;

    const ONE_FILE: SetText = SetText {
        inside: r#"<BaseURL>one.mp4</BaseURL><SegmentBase indexRange="100-199"/>"#,
        ..VIDEO.segments(Segments::Elsewhere)
    };

    #[test]
    fn before_the_start_each_track_gets_its_first_segment_before_any_gets_its_second() {
        let mut bench = Bench::new(film(20, &[VIDEO, AUDIO]));
        assert_eq!(bench.fetches(), ["v300@0", "a64@0"]);
        bench.arrive("v300@0");
        assert_eq!(bench.fetches(), [""; 0], "the link is for the sound");
        bench.arrive("a64@0");
        assert_eq!(bench.fetches(), ["v300@2", "a64@2"]);
    }

    #[test]
    fn while_it_plays_what_is_under_way_counts_as_there_and_nobody_gets_further_ahead() {
        let mut bench = Bench::new(film(20, &[VIDEO, AUDIO]));
        bench.run(1);
        bench.play(0.0);
        assert_eq!(bench.fetches(), ["v300@2", "a64@2"]);
        bench.arrive("v300@2");
        assert_eq!(bench.fetches(), ["v300@4"]);
        bench.arrive("v300@4");
        assert_eq!(bench.fetches(), [""; 0], "sound is promised up to second 4 only");
        bench.arrive("a64@2");
        assert_eq!(bench.fetches(), ["a64@4", "v300@6"], "who has less comes first");
    }

    #[test]
    fn a_track_gets_one_segment_at_a_time() {
        let mut bench = Bench::new(film(20, &[VIDEO]));
        assert_eq!(bench.fetches(), ["v300@0"]);
        bench.at(1.0);
        assert_eq!(bench.fetches(), [""; 0]);
    }

    #[test]
    fn a_segment_is_asked_for_when_all_of_it_has_room() {
        let config = Config { buffer_target: Duration::from_secs(5), ..config() };
        let mut bench = Bench::with(config, film(20, &[VIDEO]));
        bench.run(2);
        assert_eq!((bench.fetches(), bench.wake), (vec![], None), "a playhead that stands makes no room");
        bench.play(0.0);
        assert_eq!((bench.fetches(), bench.wake), (vec![], Some(1.0)));
        bench.at(1.0);
        assert_eq!(bench.fetches(), ["v300@4"]);
    }

    #[test]
    fn the_smallest_buffer_holds_two_segments() {
        let config = Config { buffer_target: Duration::ZERO, ..config() };
        let mut bench = Bench::with(config, film(20, &[VIDEO]));
        bench.run(5);
        assert_eq!(bench.buffered(Video), ["v300@0", "v300@2"]);
    }

    #[test]
    fn an_index_comes_before_media_and_is_of_the_rung_that_the_link_carries() {
        let check = |kbps: Option<u64>, first: &str, media: &str| {
            let mut bench = Bench::new(film(10, &[ONE_FILE]));
            if let Some(kbps) = kbps {
                bench.expect_rate(kbps);
            }
            assert_eq!(bench.step(), [format!("fetch {first}")]);
            bench.arrive(first);
            assert_eq!(bench.fetches(), [media]);
        };
        check(None, "v300/index", "v300@0");
        check(Some(5000), "v1000/index", "v1000@0");
    }

    #[test]
    fn who_waits_out_a_failure_holds_nobody_up() {
        let mut bench = Bench::new(film(20, &[VIDEO.kbps(&[300]), AUDIO]));
        bench.run(1);
        bench.play(0.0);
        bench.step();
        bench.fail("v300@2", &status(503));
        bench.arrive("a64@2");
        assert_eq!(bench.fetches(), ["a64@4"], "the pictures are asked for later");
        bench.at(1.0);
        bench.arrive("a64@4");
        assert_eq!(bench.fetches(), ["v300@2"], "what is asked for again is not disturbed");
    }

    #[test]
    fn nothing_waits_for_words_and_words_wait_for_pictures() {
        let mut bench = Bench::new(film(40, &[VIDEO, TEXT]));
        assert_eq!(bench.fetches(), ["v300@0", "t1@0"]);
        for start in [0, 2, 4, 6] {
            bench.arrive(&format!("v300@{start}"));
            assert_eq!(bench.fetches(), [format!("v300@{}", start + 2)]);
        }
        bench.arrive("t1@0");
        bench.run(2);
        assert!(bench.lane(Text).next <= bench.lane(Video).promised_until(), "they are not fetched ahead of the film");
    }

    #[test]
    fn a_segment_that_is_not_there_yet_is_asked_for_when_the_wall_clock_says_so() {
        let mut bench = Bench::new(opened(&live(&period(r#"start="PT0S""#, &[VIDEO]))));
        bench.out.set_wall(wall(3));
        assert_eq!(bench.fetches(), ["v300@0"]);
        bench.arrive("v300@0");
        assert_eq!((bench.fetches(), bench.wake), (vec![], Some(1.0)), "at second 4 of the presentation");
        bench.at(1.0);
        assert_eq!(bench.fetches(), ["v300@2"]);
    }

    #[test]
    fn whoever_waits_for_room_is_known_by_it() {
        let mut bench = Bench::with(Config { buffer_target: Duration::ZERO, ..config() }, film(20, &[VIDEO]));
        let waits = |bench: &mut Bench| {
            let (loading, mut desk) = bench.desk();
            loading.waits_for_room(&[Video, Text], &mut desk)
        };
        assert!(!waits(&mut bench));
        bench.run(2);
        assert!(waits(&mut bench));
    }
}
