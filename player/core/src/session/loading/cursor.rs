//! What comes next in a lane: a segment, nothing yet, or nothing more. From Period to Period, with holes where a track
//! ends early or is missing.

use super::lane::Lane;
use crate::buffer::SEAM;
use crate::presentation::{Obtainable, PeriodId, Presentation, RungId, Segment, SegmentId};
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
            return Some(Next::NeedsIndex);
        };
        let until = presentation.end_of(self.period).unwrap_or(PresentationTime::MAX);
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
        let chosen = self.chosen.and_then(|number| entered?.nth_track(self.kind, number));
        let track = chosen.or_else(|| entered?.best_track(self.kind, lang));
        let last = self.last_rung.and_then(|rung| presentation.rung(rung)).map(|rung| rung.bandwidth);
        self.last_rung = track.zip(last).and_then(|(track, last)| {
            let above = track.rungs.partition_point(|rung| rung.bandwidth <= last);
            track.rungs.get(above.saturating_sub(1)).map(|rung| rung.id)
        });
        self.period = period;
        self.track = track.map(|track| track.id);
    }
}
