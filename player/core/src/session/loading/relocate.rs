//! What of the buffer is kept when the playhead goes elsewhere: what holds the target; the rest is given up and fetched
//! anew.

use super::lane::{Aim, Fetching, LaneId};
use super::release::discard;
use super::{Desk, Loading};
use crate::kinds::TrackKind;
use crate::presentation::{Character, PeriodId, TrackNumber, TrackWish};
use crate::session::network::FailureStreak;
use shared::time::{PresentationTime, SessionTime};

impl Loading {
    /// The lanes that have nothing at a target, or have to begin anew there.
    fn missing(&self, target: PresentationTime, renewed: Option<LaneId>) -> Vec<LaneId> {
        self.lanes.ids().filter(|lane| renewed == Some(*lane) || !self.holds(*lane, target)).collect()
    }

    /// Makes ready for a new epoch that begins at `target`. What a lane has of it is kept, except of the kind that is
    /// `renewed`. Tells whether nothing is missing.
    pub(in crate::session) fn relocate(
        &mut self,
        target: PresentationTime,
        renewed: Option<TrackKind>,
        desk: &mut Desk<'_>,
    ) -> bool {
        let missing = self.missing(target, renewed.and_then(|kind| self.lanes.of(kind)));
        for lane in self.lanes.iter_mut() {
            lane.buffer.rewind(target);
            lane.fed_init = None;
        }
        for lane in &missing {
            self.refill(*lane, target, desk);
        }
        missing.is_empty()
    }

    /// Whether a lane has media at a place, or has ended before it.
    fn holds(&self, lane: LaneId, target: PresentationTime) -> bool {
        let lane = &self.lanes[lane];
        let slack = lane.kind.row().slack;
        lane.buffer.part_at(target).is_some_and(|part| part.time.start <= target + slack)
            || (lane.complete && target >= lane.next && !lane.buffer.is_empty())
    }

    /// Gives up what a lane has and begins anew at `target`. A download that brings the target goes on.
    fn refill(&mut self, lane: LaneId, target: PresentationTime, desk: &mut Desk<'_>) {
        let brings = |f: &Fetching| f.aim == Aim::Next && f.time.contains(&target);
        if !self.lanes[lane].fetching.as_ref().is_some_and(brings) {
            self.stop_fetching(lane, desk);
        }
        discard(self.lanes[lane].buffer.clear(), desk.out);
        let period = self.presentation.period_at(target).map(|period| period.id);
        if let Some(period) = period.filter(|period| *period != self.lanes[lane].period) {
            self.enter(lane, period, desk);
        }
        let state = &mut self.lanes[lane];
        state.next = target;
        state.media_until = target;
        state.complete = false;
        state.lost = false;
        state.given_up = 0;
        state.not_before = desk.out.now();
        state.trouble = FailureStreak::default();
    }

    fn enter(&mut self, lane: LaneId, period: PeriodId, desk: &Desk<'_>) {
        self.lanes[lane].enter_period(period, &self.presentation, desk.config.audio_lang.as_deref());
    }

    /// Nothing is requested before `at`: the playhead is being dragged.
    pub(in crate::session) fn hold_requests_until(&mut self, at: SessionTime) {
        for lane in self.lanes.iter_mut() {
            lane.not_before = lane.not_before.max(at);
        }
    }

    /// What the track with this number at a place is like.
    pub(in crate::session) fn numbered(
        &self,
        kind: TrackKind,
        number: TrackNumber,
        at: PresentationTime,
    ) -> Option<Character> {
        self.lanes.of(kind)?;
        Some(self.presentation.period_at(at)?.nth_track(kind, number)?.character())
    }

    /// What the best track of a language at a place is like.
    pub(in crate::session) fn speaking(&self, kind: TrackKind, lang: &str, at: PresentationTime) -> Option<Character> {
        self.lanes.of(kind)?;
        let wish = TrackWish { lang: Some(lang), ..TrackWish::default() };
        let track = self.presentation.period_at(at)?.best_track(kind, wish)?;
        track.speaks(lang).then(|| track.character())
    }

    /// Another language or camera from now on: what is under way of the former one is given up.
    pub(in crate::session) fn prefer(&mut self, kind: TrackKind, like: Character, desk: &mut Desk<'_>) {
        if let Some(lane) = self.lanes.of(kind) {
            self.lanes[lane].like = Some(like);
            self.lanes[lane].by_hand = true;
            self.stop_fetching(lane, desk);
        }
    }

    /// The lane of a kind takes the track that is preferred in its Period.
    pub(in crate::session) fn enter_preferred(&mut self, kind: TrackKind, desk: &Desk<'_>) {
        if let Some(lane) = self.lanes.of(kind) {
            self.enter(lane, self.lanes[lane].period, desk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Audio, Bench, Text, Video, place, status};
    use super::*;
    use crate::presentation::testing::{AUDIO, TEXT, VIDEO, film, films};

    #[test]
    fn inside_the_buffer_nothing_is_fetched_and_all_from_there_on_is_fed_again() {
        let mut bench = Bench::new(film(10, &[VIDEO, AUDIO]));
        bench.run(6);
        bench.step();
        assert!(bench.seek(5.0));
        let expected = ["v300/init", "v300@4", "v300@6", "v300@8"].map(|name| format!("feed {name}"));
        assert_eq!(bench.step()[..4], expected);
    }

    #[test]
    fn outside_of_it_what_is_there_is_given_up_and_the_target_comes_first() {
        let mut bench = Bench::new(film(100, &[VIDEO, AUDIO]));
        bench.run(2);
        bench.step();
        assert!(!bench.seek(51.0));
        let told = bench.told();
        assert_eq!(told.iter().filter(|line| line.starts_with("abort")).count(), 2);
        assert_eq!(told.iter().filter(|line| line.starts_with("discard")).count(), 4);
        assert_eq!(bench.fetches(), ["v300@50", "a64@50"]);
    }

    #[test]
    fn only_the_tracks_that_lack_the_target_begin_anew() {
        let mut bench = Bench::new(film(100, &[VIDEO, AUDIO]));
        bench.run(2);
        bench.play(0.0);
        bench.step();
        bench.arrive("v300@4");
        assert!(!bench.seek(5.0));
        assert_eq!((bench.buffered(Video).len(), bench.buffered(Audio).len()), (3, 0));
        assert_eq!(bench.running(), ["a64@4"], "what brings the target goes on");
    }

    #[test]
    fn a_picture_has_to_be_the_one_that_was_asked_for_sound_may_begin_a_little_later() {
        let mut bench = Bench::new(film(20, &[VIDEO, AUDIO]));
        bench.seek(10.0);
        bench.run(3);
        let holds = |bench: &Bench, kind, at| {
            let lane = bench.loading.lanes.of(kind).unwrap();
            bench.loading.holds(lane, place(at))
        };
        assert_eq!((holds(&bench, Video, 9.95), holds(&bench, Audio, 9.95)), (false, true));
        assert!(holds(&bench, Video, 10.0));
    }

    #[test]
    fn after_the_end_of_what_there_is_nothing_is_missing() {
        let mut bench = Bench::new(film(4, &[VIDEO]));
        bench.run(3);
        assert!(bench.lane(Video).complete && bench.seek(4.0));
        assert!(bench.seek(1.0), "and the way back is short");
    }

    #[test]
    fn a_seek_ends_pauses_and_forgets_failures() {
        let mut bench = Bench::new(film(100, &[VIDEO.kbps(&[300])]));
        bench.step();
        bench.fail("v300@0", &status(503));
        bench.seek(50.0);
        assert_eq!(bench.fetches(), ["v300@50"]);
        assert_eq!(bench.lane(Video).trouble.attempts, 0);
    }

    #[test]
    fn a_hand_that_drags_asks_for_nothing() {
        let mut bench = Bench::new(film(100, &[VIDEO]));
        bench.seek(30.0);
        bench.loading.hold_requests_until(SessionTime::from_millis_f64(200.0));
        assert_eq!((bench.fetches(), bench.wake), (vec![], Some(0.2)));
        bench.at(0.2);
        assert_eq!(bench.fetches(), ["v300@30"]);
    }

    #[test]
    fn another_period_has_tracks_of_its_own() {
        let mut bench = Bench::new(films(&[(20, &[VIDEO, AUDIO]), (20, &[VIDEO.kbps(&[500]), AUDIO])]));
        bench.run(2);
        bench.seek(30.0);
        assert_eq!(bench.fetches(), ["v500@30", "a64@30"]);
        bench.seek(0.0);
        assert_eq!(bench.fetches(), ["v300@0", "a64@0"]);
    }

    #[test]
    fn another_language_begins_anew_where_the_playhead_is() {
        let german = AUDIO.kbps(&[96]).attributes(r#"lang="de""#);
        let mut bench = Bench::new(film(100, &[VIDEO, AUDIO, german]));
        bench.run(3);
        bench.step();
        let (second, third) = (TrackNumber(1), TrackNumber(2));
        let numbered = |kind, number| bench.loading.numbered(kind, number, place(3.0));
        assert_eq!((numbered(Audio, third), numbered(Text, TrackNumber(0))), (None, None));
        let like = numbered(Audio, second).unwrap();
        assert_eq!(bench.loading.speaking(Audio, "de", place(3.0)), Some(like.clone()));
        assert_eq!(bench.loading.speaking(Audio, "fr", place(3.0)), None);
        bench.stand(3.0);
        let (loading, mut desk) = bench.desk();
        loading.prefer(Audio, like, &mut desk);
        assert!(!loading.relocate(place(3.0), Some(Audio), &mut desk));
        loading.enter_preferred(Audio, &desk);
        assert!(bench.told().contains(&"abort a64@6".to_owned()));
        assert_eq!((bench.fetches(), bench.buffered(Video).len()), (vec!["a96@2".to_owned()], 3));
    }

    #[test]
    fn words_that_are_not_there_do_not_make_a_seek_slow() {
        let mut bench = Bench::new(film(20, &[VIDEO, TEXT]));
        bench.run(3);
        bench.step();
        let (loading, mut desk) = bench.desk();
        loading.relocate(place(5.0), Some(Text), &mut desk);
        assert!(bench.loading.levels().iter().all(|level| level.buffer.part_at(place(5.0)).is_some()));
    }
}
