//! What follows from a segment that has come.

use super::lane::{Aim, Fetching, LaneId};
use super::placing::Placed;
use super::{Desk, Loading};
use crate::buffer::{Media, Part, SEAM};
use crate::estimate::Transfer;
use crate::io::{Event, Output, Severity};
use crate::kinds::TrackKind;
use crate::presentation::SegmentId;
use crate::session::network::InProgress;
use shared::time::PresentationTime;
use std::ops::Range;

impl Loading {
    /// A media segment is complete; its bytes are with the shell.
    pub(in crate::session) fn media_arrived(
        &mut self,
        kind: TrackKind,
        running: &InProgress,
        transfer: &Transfer,
        desk: &mut Desk<'_>,
    ) {
        let lane = self.lanes.of(kind);
        let Some((lane, fetching)) = lane.and_then(|lane| Some((lane, self.lanes[lane].fetching.take()?))) else {
            return desk.out.push(Output::Discard(running.request.id));
        };
        for other in self.lanes.ids().filter(|other| *other != lane) {
            self.lanes[other].answered_beside.get_or_insert(desk.out.now());
        }
        self.last_arrival = Some(desk.out.now());
        if fetching.aim == Aim::Beyond {
            return self.beyond_arrived(lane, running, desk);
        }
        self.end_outage(lane, desk);
        let media = Media {
            segment: fetching.segment,
            request: running.request.id,
            // What a server sends beside the segment is no part of it.
            size: running.request.size.map_or(running.received, |size| size.min(running.received)),
            origin: None,
            replacement: matches!(fetching.aim, Aim::Replace(_)),
            shown: false,
        };
        self.forgive(fetching.segment.rung, desk);
        self.tell_policy(lane, fetching.segment, transfer, desk);
        self.measure_location(lane, &fetching, running, transfer, desk);
        match fetching.aim {
            Aim::Replace(old) => self.put_in_place(lane, old, media, desk),
            Aim::Next | Aim::Beyond => {
                self.append(lane, fetching.time, media, desk);
                self.consider_better_start(lane, desk);
            }
        }
    }

    /// A segment of the rung has come, and its init segment is there: it is as good as the others again.
    fn forgive(&self, rung: crate::presentation::RungId, desk: &mut Desk<'_>) {
        let init = self.presentation.init(rung).is_some();
        if !init || self.setups.init(rung).is_some() {
            desk.network.exclusions.forgive(rung);
        }
    }

    /// The location that a segment came from is measured, and another one may be better from now on.
    fn measure_location(
        &self,
        lane: LaneId,
        fetching: &Fetching,
        running: &InProgress,
        transfer: &Transfer,
        desk: &mut Desk<'_>,
    ) {
        let cushion = self.cushion(lane, desk);
        let Some(rung) = self.presentation.rung(fetching.segment.rung) else { return };
        let locations = &mut desk.network.locations;
        let moved = locations.measured(desk.out.now(), &running.location, &rung.locations, transfer, cushion);
        if let Some(name) = moved {
            let told = format!("fetching from {name} from now on: it answers sooner or faster");
            desk.out.notice(Severity::Info, told);
        }
    }

    /// Why a segment does not follow the one before it. What has left the window of a live presentation is not listed
    /// any more.
    fn why_gap(&self, segment: SegmentId) -> String {
        let slid = self.presentation.grows() && self.presentation.ordinal(segment) == 0;
        let why = if slid { "it has left the time shift window" } else { "the manifest has a gap here" };
        why.to_owned()
    }

    /// Adds a segment that is to cover `announced`; where it was measured, it covers what it really has.
    pub(super) fn append(
        &mut self,
        lane: LaneId,
        announced: Range<PresentationTime>,
        media: Media,
        desk: &mut Desk<'_>,
    ) {
        let segment = media.segment;
        let placed = self.place(lane, media, announced, desk);
        let until = self.presentation.shown_until(self.lanes[lane].period, segment.rung).unwrap_or(placed.time.end);
        let state = &mut self.lanes[lane];
        if state.buffer.is_empty() {
            // After a seek the segment may begin before the target: all of it is there.
            state.next = placed.time.start.min(state.next);
        }
        if placed.time.start > state.next + SEAM {
            self.leave_gap(lane, placed.time.start, &placed, segment, desk);
        }
        let state = &mut self.lanes[lane];
        let end = placed.time.end.min(until).max(state.next);
        let time = state.next..end;
        let media = Media { origin: placed.origin, ..media };
        state.buffer.push(Part { time, period: state.period, media: Some(media), missing: None, fed: false });
        state.next = end;
        state.media_until = end;
        state.last_rung = Some(segment.rung);
        if std::mem::take(&mut state.trouble).attempts > 0 {
            self.last_recovery = Some(desk.out.now());
        }
        let state = &mut self.lanes[lane];
        state.skipped_in_a_row = 0;
        state.given_up = 0;
    }

    /// What lies between a lane's end and its next segment is a hole, told with its reason.
    fn leave_gap(
        &mut self,
        lane: LaneId,
        until: PresentationTime,
        placed: &Placed,
        segment: SegmentId,
        desk: &mut Desk<'_>,
    ) {
        let why = if placed.measured { "the media have a gap here".to_owned() } else { self.why_gap(segment) };
        let state = &mut self.lanes[lane];
        let time = state.next..until;
        state.skip_to(until, &why);
        desk.out.tell(Event::Skipped { track: state.kind, time, reason: why });
    }

    fn put_in_place(&mut self, lane: LaneId, old: SegmentId, media: Media, desk: &mut Desk<'_>) {
        let media = Media { origin: self.origin_in_place(lane, old, media, desk), ..media };
        match self.lanes[lane].buffer.replace(old, media) {
            Some(old) => {
                desk.out.journal.wasted(old.size);
                desk.out.push(Output::Discard(old.request));
                desk.out.tell(Event::Replaced { segment: media.segment, from: old.segment.rung });
            }
            None => {
                desk.out.journal.wasted(media.size);
                desk.out.push(Output::Discard(media.request));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Audio, Bench, Video, place, status};
    use crate::presentation::testing::{AUDIO, Segments, TWO_LOCATIONS, VIDEO, film, live, on_demand, opened, period};
    use shared::units::ByteSize;

    #[test]
    fn a_gap_of_the_manifest_is_a_hole_with_a_reason() {
        let gap = VIDEO.segments(Segments::Listed(&[(0, 2), (6, 2)]));
        let mut bench = Bench::new(film(8, &[gap]));
        bench.run(1);
        bench.step();
        bench.arrive("v300@6");
        assert_eq!(bench.told(), ["skip video 2-6: the manifest has a gap here"]);
        assert_eq!(bench.buffered(Video), ["v300@0", "hole 2-6", "v300@6"]);
    }

    #[test]
    fn what_is_not_listed_any_more_by_a_live_manifest_has_left_its_window() {
        let window = |from, to| {
            let sets = [VIDEO.segments(Segments::Window(from, to))];
            opened(&live(&period(r#"id="p" start="PT0S""#, &sets)))
        };
        let mut bench = Bench::new(window(0, 1));
        bench.run(1);
        bench.renew(window(4, 5));
        bench.step();
        bench.arrive("v300@8");
        assert_eq!(bench.told(), ["skip video 2-8: it has left the time shift window"]);
    }

    #[test]
    fn a_segment_that_reaches_beyond_its_period_is_there_up_to_its_end() {
        let mut bench = Bench::new(film(3, &[VIDEO]));
        bench.run(3);
        assert_eq!((bench.lane(Video).next, bench.lane(Video).complete), (place(3.0), true));
    }

    #[test]
    fn after_a_seek_into_a_segment_all_of_it_is_there() {
        let mut bench = Bench::new(film(20, &[VIDEO]));
        bench.seek(9.0);
        assert_eq!(bench.fetches(), ["v300@8"]);
        bench.arrive("v300@8");
        let part = bench.lane(Video).buffer.parts().next().map(|part| part.time.clone());
        assert_eq!(part, Some(place(8.0)..place(10.0)));
    }

    #[test]
    fn an_answer_that_nobody_waits_for_is_thrown_away() {
        let mut bench = Bench::new(film(20, &[VIDEO]));
        bench.step();
        bench.loading.forget_fetching();
        bench.arrive("v300@0");
        assert_eq!((bench.told(), bench.buffered(Video)), (vec!["discard v300@0".to_owned()], vec![]));
    }

    #[test]
    fn with_a_segment_the_failures_before_it_are_forgotten() {
        let mut bench = Bench::new(film(20, &[VIDEO.kbps(&[300])]));
        bench.run(1);
        bench.step();
        bench.fail("v300@2", &status(503));
        assert_eq!(bench.lane(Video).trouble.attempts, 1);
        bench.at(1.0);
        assert_eq!(bench.fetches(), ["v300@2"]);
        bench.arrive("v300@2");
        assert_eq!(bench.lane(Video).trouble, crate::session::network::FailureStreak::default());
        assert!(bench.network.exclusions.until(bench.rung("v300")).is_none());
    }

    #[test]
    fn a_rung_is_forgiven_only_when_its_init_segment_is_there_as_well() {
        let mut bench = Bench::new(film(20, &[VIDEO]));
        bench.step();
        let rung = bench.rung("v300");
        bench.network.exclusions.exclude(rung, bench.out.now());
        bench.arrive("v300@0");
        assert!(bench.network.exclusions.excluded(rung, bench.out.now()));
        bench.arrive("v300/init");
        bench.at(60.0);
        assert_eq!(bench.fetches(), ["v300@2"], "its time is over, but it is still held against it");
        bench.arrive("v300@2");
        assert_eq!(bench.network.exclusions.until(rung), None);
    }

    #[test]
    fn others_learn_that_media_comes_while_theirs_does_not() {
        let mut bench = Bench::new(film(20, &[VIDEO, AUDIO]));
        bench.step();
        bench.at(1.0);
        bench.arrive("v300@0");
        assert_eq!(bench.lane(Audio).answered_beside, Some(bench.out.now()));
        bench.at(2.0);
        bench.arrive("a64@0");
        bench.step();
        assert_eq!(bench.lane(Audio).answered_beside, None, "its next segment has just been asked for");
    }

    #[test]
    fn a_location_that_is_better_is_moved_to_and_that_is_told() {
        let film = on_demand("", &(TWO_LOCATIONS.to_owned() + &period(r#"duration="PT60S""#, &[VIDEO])));
        let mut bench = Bench::new(opened(&film));
        let mut told = vec![];
        for n in 0..12 {
            told.extend(bench.step());
            for name in bench.running() {
                // The first location takes half a second for what the other one has at once.
                if !name.ends_with("from b") && name.contains('@') {
                    let id = bench.network.in_progress().last().unwrap().request.id;
                    bench.network.progress(id, ByteSize::ZERO, None, bench.out.now());
                    bench.at(f64::from(n) + 0.5);
                }
                bench.arrive(&name);
            }
            bench.at(f64::from(n) + 1.0);
        }
        assert!(told.iter().any(|line| line.starts_with("Info: fetching from b from now on")), "{told:?}");
    }
}
