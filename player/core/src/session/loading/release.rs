//! What is not needed any more: downloads that are given up, parts of the buffer that are dropped.

use super::lane::LaneId;
use super::{Desk, Loading};
use crate::buffer::Part;
use crate::io::Output;
use crate::session::outbox::Outbox;
use shared::time::PresentationTime;

/// The most bytes of media that are held, those under way and two segments a lane apart.
const MOST_BYTES: u64 = 192 << 20;

impl Loading {
    /// Gives up what a lane is fetching.
    pub(super) fn stop_fetching(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        if let Some(fetching) = self.lanes[lane].fetching.take() {
            desk.network.abort(fetching.request, desk.out);
        }
    }

    /// No lane fetches anything any more; the requests themselves are somebody else's.
    pub(in crate::session) fn forget_fetching(&mut self) {
        for lane in self.lanes.iter_mut() {
            lane.fetching = None;
        }
    }

    /// Forgets what lies too far behind the playhead; and while all that is held is too much, the oldest of what lies
    /// behind it.
    pub(in crate::session) fn forget_behind(&mut self, desk: &mut Desk<'_>) {
        self.forget_until(desk.at.position - desk.config.keep_behind, desk);
        while self.is_heavy() {
            let Some(oldest) = self.oldest_behind(desk.at.position) else { break };
            self.forget_until(oldest, desk);
        }
    }

    fn forget_until(&mut self, end: PresentationTime, desk: &mut Desk<'_>) {
        for lane in self.lanes.ids() {
            let dropped = self.lanes[lane].buffer.drop_behind(end);
            discard(dropped, desk.out);
        }
    }

    /// The earliest end of a part that lies behind `position` and can be dropped.
    fn oldest_behind(&self, position: PresentationTime) -> Option<PresentationTime> {
        let first = self.lanes.iter().filter_map(|lane| lane.buffer.parts().next());
        first.filter(|part| part.fed).map(|part| part.time.end).filter(|end| *end <= position).min()
    }

    /// Whether all lanes together hold more bytes than a session may: seconds are no bound.
    pub(super) fn is_heavy(&self) -> bool {
        let media = self.lanes.iter().flat_map(|lane| lane.buffer.parts()).filter_map(|part| part.media);
        media.map(|media| media.size.bytes()).sum::<u64>() > MOST_BYTES
    }

    /// Where the playhead must be for the next part to be released.
    pub(super) fn next_released(&self, position: PresentationTime) -> Option<PresentationTime> {
        let ends = self.lanes.iter().flat_map(|lane| lane.buffer.parts()).map(|part| part.time.end);
        ends.filter(|end| *end > position).min()
    }

    /// Drops what was not handed over from `position` on; it is fetched again.
    pub(super) fn drop_from(&mut self, lane: LaneId, position: PresentationTime, desk: &mut Desk<'_>) {
        let dropped = self.lanes[lane].buffer.drop_from(position);
        let Some(first) = dropped.first() else { return };
        let (period, start) = (first.period, first.time.start);
        self.stop_fetching(lane, desk);
        let state = &mut self.lanes[lane];
        state.next = start;
        state.complete = false;
        if state.period != period {
            state.enter_period(period, &self.presentation, desk.config.audio_lang.as_deref());
        }
        discard(dropped, desk.out);
    }
}

/// The bytes of these parts are not needed any more; those never shown are wasted.
pub(super) fn discard(parts: Vec<Part>, out: &mut Outbox) {
    for media in parts.into_iter().filter_map(|part| part.media) {
        if !media.shown {
            out.journal.wasted(media.size);
        }
        out.push(Output::Discard(media.request));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, Video, config, place};
    use crate::presentation::testing::{VIDEO, film, films};
    use crate::session::Config;
    use std::time::Duration;

    #[test]
    fn what_was_seen_is_not_wasted_and_what_was_not_is() {
        let mut bench = Bench::new(film(100, &[VIDEO]));
        bench.run(3);
        bench.loading.show(&(place(0.0)..place(2.5)), &mut bench.out);
        assert_eq!(bench.wasted(), 0);
        bench.seek(60.0);
        assert_eq!(bench.wasted(), 75_000, "of three segments two were shown, one of them in part");
    }

    #[test]
    fn what_lies_far_enough_behind_is_forgotten() {
        let config = Config { keep_behind: Duration::from_secs(4), ..config() };
        let mut bench = Bench::with(config, film(100, &[VIDEO]));
        bench.run(5);
        bench.step();
        bench.stand(7.9);
        assert!(bench.step().contains(&"discard v300@0".to_owned()));
        assert_eq!(bench.buffered(Video)[0], "v300@2");
    }

    #[test]
    fn a_minute_back_is_in_the_buffer() {
        let mut bench =
            Bench::with(Config { buffer_target: Duration::from_secs(20), ..Config::default() }, film(400, &[VIDEO]));
        for second in 0..60 {
            bench.run(2);
            bench.stand(f64::from(second) * 2.0);
            bench.step();
        }
        let behind =
            bench.loading.lanes.iter().filter_map(|lane| lane.buffer.parts().next()).map(|part| part.time.start);
        let first = behind.min().unwrap();
        assert!(first <= place(118.0 - 60.0) && first > place(20.0), "{first}");
    }

    #[test]
    fn what_a_decoder_has_not_got_yet_is_not_forgotten() {
        let config = Config { keep_behind: Duration::ZERO, ..config() };
        let mut bench = Bench::with(config, film(100, &[VIDEO]));
        bench.step();
        bench.arrive("v300@0");
        bench.stand(30.0);
        bench.step();
        assert_eq!(bench.buffered(Video), ["v300@0"], "its init segment is still on the way");
    }

    #[test]
    fn what_is_dropped_is_fetched_again_from_its_own_period_on() {
        let mut bench = Bench::new(films(&[(4, &[VIDEO]), (4, &[VIDEO.kbps(&[500])])]));
        bench.config.feed_ahead = Duration::ZERO;
        bench.run(6);
        assert!(bench.lane(Video).complete);
        let (loading, mut desk) = bench.desk();
        let lane = loading.lanes.of(Video).unwrap();
        let first = loading.presentation.periods()[0].id;
        loading.lanes[lane].buffer.rewind(place(0.0));
        loading.drop_from(lane, place(2.0), &mut desk);
        let state = &bench.lane(Video);
        assert_eq!((state.next, state.complete, state.period), (place(2.0), false, first));
        assert_eq!(bench.fetches(), ["v300@2"]);
    }

    #[test]
    fn stopping_what_does_not_run_does_nothing() {
        let mut bench = Bench::new(film(100, &[VIDEO]));
        let (loading, mut desk) = bench.desk();
        let lane = loading.lanes.of(Video).unwrap();
        loading.stop_fetching(lane, &mut desk);
        assert_eq!(bench.told(), [""; 0]);
    }
}
