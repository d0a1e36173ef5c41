//! What comes next in a lane: a segment, nothing yet, or nothing more. From Period to Period, with holes where a track
//! ends early or is missing.

use super::lane::Lane;
use crate::buffer::SEAM;
use crate::presentation::{Obtainable, PeriodId, Presentation, RungId, Segment, SegmentId, Track, TrackWish};
use shared::time::{DateTime, PresentationTime};

/// What follows what a lane has.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Next {
    /// This segment.
    Segment(Segment),
    /// Nobody knows before an index of the track was fetched.
    NeedsIndex,
    /// It will be there at this time of the wall clock, or after a newer manifest.
    NotYet(Option<DateTime>),
    /// The end.
    NoMore,
}

impl Lane {
    /// What follows, as the last rung or any other one with an index sees it. Goes on to the next Period where one
    /// ends. `lang`: the language that is asked for where there is a choice.
    pub(super) fn next_segment(
        &mut self,
        presentation: &Presentation,
        lang: Option<&str>,
        wall: Option<DateTime>,
    ) -> Next {
        loop {
            if self.complete {
                return Next::NoMore;
            }
            match self.segment_in_period(presentation) {
                Some(Next::Segment(segment)) => match presentation.reach(segment.id, wall) {
                    Obtainable::There => return Next::Segment(segment),
                    Obtainable::NotBefore(at) => return Next::NotYet(at),
                    Obtainable::Gone(first) => {
                        let first = presentation.segment(SegmentId { number: first, ..segment.id });
                        let Some(first) = first.filter(|first| first.time.start > self.next) else {
                            return Next::NotYet(None);
                        };
                        self.skip_to(first.time.start, "it has left the time shift window");
                    }
                },
                Some(next) => return next,
                None if !self.pass_period(presentation, lang) => return Next::NotYet(None),
                None => {}
            }
        }
    }

    /// What follows in the present Period; `None` when that is nothing.
    fn segment_in_period(&self, presentation: &Presentation) -> Option<Next> {
        let track = self.track_in(presentation)?;
        let ready = |rung: &RungId| presentation.is_indexed(*rung) && presentation.rank(*rung).is_some();
        let mut ladder = track.rungs.iter().map(|rung| rung.id);
        let Some(rung) = self.last_rung.filter(ready).or_else(|| ladder.find(ready)) else {
            let over = presentation.end_of(self.period).is_some_and(|end| self.next + SEAM >= end);
            return (!over).then_some(Next::NeedsIndex);
        };
        let until = presentation.ends_at(self.period, rung).unwrap_or(PresentationTime::MAX);
        // One file may serve several Periods: the segment that fills this one can reach beyond it.
        if self.next >= until {
            return None;
        }
        let mut segment = presentation.segment_from(rung, self.next, self.buffer.is_empty())?;
        if segment.time.start >= until {
            return None;
        }
        segment.time.end = segment.time.end.min(until);
        Some(Next::Segment(segment))
    }

    /// The lane has nothing more in its Period: it goes to the next one, or is complete. Tells whether that is certain:
    /// the last Period of a presentation that grows may grow itself.
    fn pass_period(&mut self, presentation: &Presentation, lang: Option<&str>) -> bool {
        let next = presentation.period_after(self.period);
        let end = presentation.end_of(self.period);
        if next.is_none() && presentation.grows() {
            return false;
        }
        // A track that ends early, or is missing in a Period, leaves a hole before the next one.
        let until = next.map(|period| period.start).or(end.filter(|_| self.track.is_none()));
        if let Some(until) = until.filter(|until| *until > self.next + SEAM) {
            let why = if self.track.is_none() { "its Period cannot be played" } else { "its Period ends early" };
            self.skip_to(until, why);
        }
        match next {
            Some(next) => {
                self.next = self.next.max(next.start);
                self.enter_period(next.id, presentation, lang);
            }
            None => self.complete = true,
        }
        true
    }

    /// Chooses the track in a Period; the rung nearest to the one before is its last rung there.
    pub(super) fn enter_period(&mut self, period: PeriodId, presentation: &Presentation, lang: Option<&str>) {
        let entered = presentation.period(period);
        let wish = TrackWish { lang, like: self.like.as_ref(), by_hand: self.by_hand };
        let track = entered.and_then(|entered| entered.best_track(self.kind, wish));
        self.like = self.like.take().or_else(|| track.map(Track::character));
        let last = self.last_rung.and_then(|rung| presentation.rung(rung)).map(|rung| rung.bandwidth);
        self.last_rung = track.zip(last).and_then(|(track, last)| {
            let above = track.rungs.partition_point(|rung| rung.bandwidth <= last);
            track.rungs.get(above.saturating_sub(1)).map(|rung| rung.id)
        });
        self.period = period;
        self.track = track.map(|track| track.id);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Audio, Text, Video};
    use super::*;
    use crate::buffer::Part;
    use crate::kinds::TrackKind;
    use crate::presentation::testing::{
        AUDIO, Segments, SetText, TEXT, VIDEO, film, films, live, opened, period, wall,
    };
    use crate::presentation::{Naming, TrackNumber};

    fn lane(kind: TrackKind, presentation: &Presentation) -> Lane {
        let first = presentation.periods()[0].id;
        let mut lane = Lane::new(kind, first, presentation.start());
        lane.enter_period(first, presentation, None);
        lane
    }

    /// All that follows for a lane until nothing does, segments as `0-2` and holes as `(2-4)`; and why it stops.
    fn walk(lane: &mut Lane, presentation: &Presentation, wall: Option<DateTime>) -> (Vec<String>, Next) {
        let stop = loop {
            match lane.next_segment(presentation, None, wall) {
                Next::Segment(segment) => {
                    lane.next = segment.time.end;
                    let (time, period) = (segment.time, lane.period);
                    lane.buffer.push(Part { time, period, media: None, missing: None, fed: false });
                }
                stop => break stop,
            }
        };
        let span = |part: &Part| format!("{}-{}", part.time.start.secs_f64(), part.time.end.secs_f64());
        let word = |part: &Part| if part.missing.is_some() { format!("({})", span(part)) } else { span(part) };
        (lane.buffer.parts().map(word).collect(), stop)
    }

    fn check(kind: TrackKind, presentation: &Presentation, expected: &[&str]) {
        let (walked, stop) = walk(&mut lane(kind, presentation), presentation, None);
        assert_eq!((walked, stop), (expected.iter().map(|word| (*word).to_owned()).collect(), Next::NoMore));
    }

    #[test]
    fn periods_follow_each_other_and_cut_what_reaches_beyond_them() {
        check(Video, &films(&[(3, &[VIDEO]), (4, &[VIDEO])]), &["0-2", "2-3", "3-5", "5-7"]);
    }

    #[test]
    fn a_track_that_is_missing_in_a_period_leaves_a_hole() {
        let sound_in_the_middle = films(&[(4, &[VIDEO]), (4, &[VIDEO, AUDIO]), (4, &[VIDEO]), (4, &[VIDEO])]);
        check(Audio, &sound_in_the_middle, &["(0-4)", "4-6", "6-8", "(8-12)", "(12-16)"]);
    }

    #[test]
    fn a_track_that_ends_early_leaves_a_hole_before_the_next_period_and_none_at_the_end() {
        let early = VIDEO.segments(Segments::Listed(&[(0, 2)]));
        check(Video, &films(&[(6, &[early]), (6, &[early])]), &["0-2", "(2-6)", "6-8"]);
    }

    #[test]
    fn a_gap_of_the_manifest_is_not_filled_with_the_segment_behind_it() {
        let gap = VIDEO.segments(Segments::Listed(&[(0, 2), (6, 2)]));
        check(Video, &film(8, &[gap]), &["0-2", "6-8"]);
    }

    #[test]
    fn nobody_knows_what_follows_before_an_index_of_the_track_is_there() {
        let one_file = r#"<BaseURL>one.mp4</BaseURL><SegmentBase indexRange="100-199"/>"#;
        let mut film = film(10, &[SetText { inside: one_file, ..VIDEO.segments(Segments::Elsewhere) }]);
        let mut lane = lane(Video, &film);
        assert_eq!(lane.next_segment(&film, None, None), Next::NeedsIndex);
        // Any rung of the ladder knows when segments begin.
        let high = film.periods()[0].tracks[0].rungs[1].id;
        film.supply_index(high, &super::super::testing::index(2)).unwrap();
        assert_eq!(walk(&mut lane, &film, None).0, ["0-2", "2-4"]);
    }

    fn broadcast(from: u64, to: u64) -> Presentation {
        opened(&live(&period(r#"id="p" start="PT0S""#, &[VIDEO.segments(Segments::Window(from, to))])))
    }

    #[test]
    fn a_live_track_is_followed_up_to_the_wall_clock_and_to_the_end_of_what_is_described() {
        let uniform = opened(&live(&period(r#"start="PT0S""#, &[VIDEO])));
        let (walked, stop) = walk(&mut lane(Video, &uniform), &uniform, Some(wall(5)));
        assert_eq!((walked, stop), (vec!["0-2".to_owned(), "2-4".to_owned()], Next::NotYet(Some(wall(6)))));
        let listed = broadcast(0, 2);
        let (walked, stop) = walk(&mut lane(Video, &listed), &listed, Some(wall(19)));
        assert_eq!((walked.len(), stop), (2, Next::NotYet(None)), "only a newer manifest can tell");
    }

    #[test]
    fn what_has_left_the_window_is_a_hole_up_to_what_has_not() {
        let film = broadcast(0, 12);
        let mut lane = lane(Video, &film);
        let (walked, _) = walk(&mut lane, &film, Some(wall(25)));
        assert_eq!(walked[..2], ["(0-4)", "4-6"], "what ends by second 5 is gone");
        let why = lane.buffer.parts().next().and_then(|part| part.missing.clone()).unwrap();
        assert!(why.contains("time shift window"), "{why}");
    }

    #[test]
    fn when_all_that_is_described_has_left_the_window_a_newer_manifest_is_waited_for() {
        let film = broadcast(0, 3);
        let (walked, stop) = walk(&mut lane(Video, &film), &film, Some(wall(60)));
        assert_eq!((walked.len(), stop), (0, Next::NotYet(None)));
    }

    #[test]
    fn the_next_period_is_entered_in_the_rung_nearest_to_the_one_before() {
        let check = |last: usize, second: &'static [u32], expected: usize| {
            let film = films(&[(4, &[VIDEO.kbps(&[300, 1000, 3000])]), (4, &[VIDEO.kbps(second)])]);
            let mut lane = lane(Video, &film);
            lane.last_rung = Some(film.periods()[0].tracks[0].rungs[last].id);
            lane.enter_period(film.periods()[1].id, &film, None);
            assert_eq!(lane.last_rung, Some(film.periods()[1].tracks[0].rungs[expected].id), "{last} in {second:?}");
        };
        check(1, &[300, 1000, 3000], 1);
        check(1, &[200, 900, 2000], 1);
        check(2, &[200, 900], 1);
        check(0, &[500, 900], 0);
    }

    #[test]
    fn a_choice_by_hand_holds_in_every_period_that_has_it() {
        let two = [VIDEO, AUDIO.attributes(r#"lang="en""#), AUDIO.attributes(r#"lang="de""#)];
        let film = films(&[(4, &two), (4, &[VIDEO, AUDIO]), (4, &two)]);
        let mut lane = lane(Audio, &film);
        lane.like = film.periods()[0].nth_track(Audio, TrackNumber(1)).map(Track::character);
        lane.by_hand = true;
        let language = |period: &crate::presentation::Period| {
            lane.enter_period(period.id, &film, Some("en"));
            lane.track_in(&film).and_then(|track| track.lang.clone())
        };
        let languages: Vec<_> = film.periods().iter().map(language).collect();
        assert_eq!(languages, [Some("de".to_owned()), None, Some("de".to_owned())]);
    }

    #[test]
    fn a_track_of_a_kind_that_no_period_has_is_a_hole_throughout() {
        check(Text, &films(&[(4, &[VIDEO]), (4, &[VIDEO, TEXT])]), &["(0-4)", "4-6", "6-8"]);
        let mut nowhere = Lane::new(Text, Naming::default().period(), PresentationTime::ZERO);
        let film = film(4, &[VIDEO]);
        nowhere.enter_period(film.periods()[0].id, &film, None);
        assert_eq!(walk(&mut nowhere, &film, None), (vec!["(0-4)".to_owned()], Next::NoMore));
    }
}
