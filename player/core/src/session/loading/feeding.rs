//! What do the decoders get, and when? As little ahead as is safe, so that the rest can still be replaced.

use super::lane::LaneId;
use super::{Desk, Loading};
use crate::buffer::{Media, Part};
use crate::io::{Epoch, Feed, FeedKind, Output};
use crate::session::network::SetupKind;
use shared::time::PresentationTime;

impl Loading {
    /// Hands over everything that is due.
    pub(in crate::session) fn feed(&mut self, epoch: Epoch, desk: &mut Desk<'_>) {
        for lane in self.lanes.ids() {
            while self.feed_next(lane, epoch, desk) {}
            self.tell_end_of_stream(lane, epoch, desk);
        }
    }

    /// Hands over the next part if it is due and can be; tells whether it did.
    fn feed_next(&mut self, lane: LaneId, epoch: Epoch, desk: &mut Desk<'_>) -> bool {
        let Some(part) = self.lanes[lane].buffer.next_to_feed().cloned() else { return false };
        if self.waits_for_better(lane, desk) {
            return false;
        }
        if let Some(due) = self.not_due_before(lane, &part, desk) {
            if let Some(at) = desk.at.clock.time_at(due) {
                desk.out.wake_at(at);
            }
            return false;
        }
        let fed = match part.media {
            Some(media) => self.feed_media(lane, epoch, &part, media, desk),
            None => {
                let track = self.lanes[lane].kind;
                desk.out.push(Output::Hole { track, epoch, time: part.time });
                true
            }
        };
        if fed {
            self.lanes[lane].buffer.mark_fed();
        }
        fed
    }

    /// Where the playhead must be for a part to be due: a little before it, or in the last part that was handed
    /// over, so that one more is always there.
    fn not_due_before(&self, lane: LaneId, part: &Part, desk: &Desk<'_>) -> Option<PresentationTime> {
        let last_fed = self.lanes[lane].buffer.parts().take_while(|other| other.fed).last()?;
        let due = last_fed.time.start.min(part.time.start - desk.config.feed_ahead);
        (due > desk.at.position).then_some(due)
    }

    /// Init segment first when the decoder has another one. Tells whether the media went out.
    fn feed_media(&mut self, lane: LaneId, epoch: Epoch, part: &Part, media: Media, desk: &mut Desk<'_>) -> bool {
        let rung = media.segment.rung;
        if self.waits_for_key(media.request, rung, desk) {
            return false;
        }
        let Some(index) = self.presentation.index(rung) else { return true };
        let feed = |request, kind| Feed {
            request,
            track: self.lanes[lane].kind,
            epoch,
            kind,
            rung,
            offset_nanos: index.media_zero().nanos(),
        };
        let needs_init = self.presentation.init(rung).is_some() && self.lanes[lane].fed_init != Some(rung);
        if needs_init {
            match self.setups.init(rung) {
                Some(request) => desk.out.push(Output::Feed(feed(request, FeedKind::Init))),
                None => {
                    self.ensure(SetupKind::Init, rung, desk);
                    return false;
                }
            }
        }
        let ends = self.presentation.period(part.period).and_then(|period| period.end);
        let until = ends.and_then(|_| self.presentation.shown_until(part.period, rung));
        let kind = FeedKind::Media { time: part.time.clone(), until, origin: media.origin };
        desk.out.push(Output::Feed(feed(media.request, kind)));
        self.lanes[lane].fed_init = Some(rung);
        true
    }

    fn tell_end_of_stream(&mut self, lane: LaneId, epoch: Epoch, desk: &mut Desk<'_>) {
        let lane = &mut self.lanes[lane];
        if lane.complete && lane.buffer.next_to_feed().is_none() && lane.ended_in != Some(epoch) {
            lane.ended_in = Some(epoch);
            desk.out.push(Output::EndOfStream { track: lane.kind, epoch });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Audio, Bench, Puppet, Video, config};
    use crate::presentation::testing::{AUDIO, VIDEO, film, films};
    use crate::session::Config;
    use std::time::Duration;

    fn feeds(told: Vec<String>) -> Vec<String> {
        told.into_iter().filter(|line| !line.starts_with("fetch") && !line.starts_with("discard")).collect()
    }

    fn ahead(secs: u64) -> Config {
        Config { feed_ahead: Duration::from_secs(secs), ..config() }
    }

    #[test]
    fn a_decoder_gets_an_init_segment_first_and_again_when_the_rung_changes() {
        let mut bench = Bench::new(film(10, &[VIDEO]));
        let mut choose = |choice: usize| {
            bench.loading.policy = Box::new(Puppet { choice, ..Puppet::default() });
            bench.run(1);
            feeds(bench.step())
        };
        assert_eq!(choose(0), ["feed v300/init", "feed v300@0"]);
        assert_eq!(choose(0), ["feed v300@2"]);
        assert_eq!(choose(1), ["feed v300@4"], "it was under way");
        assert_eq!(choose(0), ["feed v1000/init", "feed v1000@6"]);
        assert_eq!(choose(0), ["feed v300/init", "feed v300@8", "end of video"]);
    }

    #[test]
    fn no_more_is_fed_than_is_needed_soon_but_one_part_is_always_waiting() {
        let mut bench = Bench::with(ahead(3), film(20, &[VIDEO]));
        bench.run(8);
        assert_eq!(bench.lane(Video).buffer.parts().filter(|part| part.fed).count(), 2, "up to three seconds");
        bench.play(0.5);
        assert_eq!((feeds(bench.step()), bench.wake), (vec![], Some(0.5)));
        bench.at(0.5);
        assert_eq!(feeds(bench.step()), ["feed v300@4"]);
    }

    #[test]
    fn with_long_segments_the_next_is_fed_when_the_last_one_begins() {
        let mut bench = Bench::with(ahead(0), film(20, &[VIDEO]));
        bench.run(8);
        bench.play(1.9);
        assert_eq!(feeds(bench.step()), [""; 0]);
        bench.play(2.0);
        assert_eq!(feeds(bench.step()), ["feed v300@4"], "the decoder plays what it has: the part from second 2 on");
    }

    #[test]
    fn a_hole_takes_its_place_in_the_order_of_feeds() {
        let mut bench = Bench::new(films(&[(4, &[VIDEO, AUDIO]), (4, &[VIDEO]), (4, &[VIDEO, AUDIO])]));
        let mut told = vec![];
        for _ in 0..9 {
            told.extend(feeds(bench.step()));
            for name in bench.running() {
                bench.arrive(&name);
            }
        }
        let sound: Vec<_> = told.iter().filter(|line| line.contains('a') && !line.contains(" v")).collect();
        let expected = ["feed a64/init", "feed a64@0", "feed a64@2", "hole audio 4-8"];
        assert_eq!(sound[..4], expected);
        assert!(sound[4..].iter().any(|line| *line == "feed a64@8"));
        assert_eq!(sound.last().map(|line| line.as_str()), Some("end of audio"));
    }

    #[test]
    fn the_end_of_a_stream_is_told_once_an_epoch_and_not_before_all_is_fed() {
        let mut bench = Bench::new(film(4, &[VIDEO]));
        bench.step();
        bench.arrive("v300@0");
        bench.step();
        bench.arrive("v300@2");
        assert_eq!(feeds(bench.step()), [""; 0], "the init segment is missing");
        bench.arrive("v300/init");
        assert_eq!(feeds(bench.step()), ["feed v300/init", "feed v300@0", "feed v300@2", "end of video"]);
        assert_eq!(feeds(bench.step()), [""; 0]);
        bench.seek(3.0);
        assert_eq!(feeds(bench.step()), ["feed v300/init", "feed v300@2", "end of video"]);
    }

    #[test]
    fn a_kind_that_is_lost_has_its_end_where_its_media_has() {
        let mut bench = Bench::new(film(600, &[VIDEO, AUDIO]));
        bench.run(2);
        bench.play(0.0);
        let (loading, mut desk) = bench.desk();
        let lane = loading.lanes.of(Audio).unwrap();
        loading.lose_lane(lane, "no rendition of it is left", &mut desk);
        let told = feeds(bench.step());
        assert_eq!(told.last().map(String::as_str), Some("end of audio"), "{told:?}");
    }

    #[test]
    fn the_decoder_learns_where_the_clock_of_the_media_has_its_zero() {
        let mut bench = Bench::new(films(&[(4, &[VIDEO]), (4, &[VIDEO])]));
        let mut offsets = vec![];
        for _ in 0..6 {
            let (loading, mut desk) = bench.desk();
            loading.schedule(&mut desk);
            loading.feed(crate::io::Epoch(1), &mut desk);
            while let Some(output) = Some(bench.out.poll()).filter(|o| !matches!(o, crate::io::Output::Wait(_))) {
                if let crate::io::Output::Feed(feed) = output {
                    offsets.push(feed.offset_nanos / 1_000_000_000);
                }
            }
            for name in bench.running() {
                bench.arrive(&name);
            }
        }
        assert_eq!(offsets, [0, 0, 0, 4, 4, 4], "init and two segments of each Period");
    }
}
