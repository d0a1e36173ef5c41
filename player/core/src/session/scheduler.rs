//! Which track may fetch its next segment, and when: the one with less media ahead first, one segment of a track at
//! a time, and only when there is room for all of it.

use super::Session;
use super::locations::name_of;
use super::requests::Purpose;
use super::setup::SetupKind;
use super::track::Fetching;
use crate::io::{Event, Request, RequestKind};
use crate::presentation::{Place, Segment};
use shared::time::PresentationTime;
use shared::units::ByteSize;
use std::ops::Range;
use std::time::Duration;

/// Attempts at a segment, after the first, during which tracks that are ahead wait.
const UNDISTURBED: Range<u32> = 1..3;
/// A media body may be this many times what its bandwidth promises: more is an attack or a mistake.
const MOST_OVERSIZE: u32 = 4;
/// And at least this is always accepted.
const LEAST_LIMIT: ByteSize = ByteSize::from_bytes(64 << 20);

impl Session {
    /// Starts what can be started now, and asks to be woken when something else can.
    pub(super) fn schedule(&mut self) {
        let mut order: Vec<usize> = (0..self.tracks.len()).collect();
        order.sort_by_key(|&index| self.tracks[index].promised_until());
        for index in order {
            self.continue_setups(index);
            self.drop_hindering_replacement(index);
            if self.tracks[index].fetching.is_none() && !self.failed {
                self.schedule_track(index);
            }
        }
    }

    fn schedule_track(&mut self, index: usize) {
        if self.tracks[index].complete {
            return self.consider_replacing(index);
        }
        if self.tracks[index].not_before > self.now {
            return self.wake_at(self.tracks[index].not_before);
        }
        let Some((position, segment)) = self.next_segment(index) else { return };
        if self.leads(index) {
            return;
        }
        if let Some(end) = self.lacks_room(index, &segment.time) {
            if let Some(at) = self.playback.clock.time_at(end) {
                self.wake_at(at);
            }
            return self.consider_replacing(index);
        }
        self.decide(index, position);
    }

    /// The next segment of a track, as its last rung or any other one with an index sees it. Goes on to the next
    /// Period where one ends; `None` when there is nothing (yet).
    pub(super) fn next_segment(&mut self, index: usize) -> Option<(u64, Segment)> {
        loop {
            let track = &self.tracks[index];
            if track.complete {
                return None;
            }
            let Some(set) = track.set else {
                self.pass_period(index);
                continue;
            };
            let set = self.presentation.as_ref()?.set(track.period, set)?;
            let ready = |rung: &usize| set.rungs.get(*rung).is_some_and(|rung| rung.index.pending().is_none());
            let Some(rung) = track.last_rung.filter(ready).or_else(|| (0..set.rungs.len()).find(ready)) else {
                self.ensure_some_index(index);
                return None;
            };
            let segment = set.segment_from(rung, track.next, track.buffer.is_empty());
            let until = self.period_end(index).unwrap_or(PresentationTime::MAX);
            // One file may serve several Periods: the segment that fills this one can reach beyond it.
            let wanted = track.next < until;
            match segment.filter(|(_, segment)| wanted && segment.time.start < until) {
                Some((position, mut segment)) => {
                    segment.time.end = segment.time.end.min(until);
                    return Some((position, segment));
                }
                None => self.pass_period(index),
            }
        }
    }

    /// Where the Period of a track ends, if it is known.
    pub(super) fn period_end(&self, index: usize) -> Option<PresentationTime> {
        let presentation = self.presentation.as_ref()?;
        let period = self.tracks[index].period;
        let next = presentation.periods.get(period + 1).map(|next| next.start);
        presentation.periods.get(period)?.end.or(next)
    }

    /// The indexes of no rung are there: fetch one, of a rung that the link is known to carry, else the lowest.
    fn ensure_some_index(&mut self, index: usize) {
        let choices = self.usable(index);
        let estimate = self.estimator.cautious().unwrap_or_default();
        let fits = choices.bandwidths.partition_point(|&bandwidth| bandwidth <= estimate).saturating_sub(1);
        match choices.rungs.get(fits).and_then(|&rung| self.tracks[index].place(rung)) {
            Some(place) => self.ensure(SetupKind::Index, place),
            None => self.out_of_rungs(index),
        }
    }

    /// All rungs are left alone for now: wait for the first to come back.
    pub(super) fn out_of_rungs(&mut self, index: usize) {
        match self.next_forgiven(index) {
            Some(at) if !self.hopeless(index) => self.wake_at(at),
            _ => self.lose_track(index, "no rendition of it is left"),
        }
    }

    /// The track has nothing more in its Period.
    fn pass_period(&mut self, index: usize) {
        let next = self.tracks[index].period + 1;
        let start = self.presentation.as_ref().and_then(|p| p.periods.get(next)).map(|period| period.start);
        let end = self.period_end(index);
        let track = &mut self.tracks[index];
        // A track that ends early, or is missing in a Period, leaves a hole before the next one.
        if let Some(until) =
            start.or(end.filter(|_| track.set.is_none())).filter(|s| *s > track.next + crate::buffer::SEAM)
        {
            let why = if track.set.is_none() { "its Period cannot be played" } else { "its Period ends early" };
            track.skip_to(until, u64::MAX, why);
        }
        match start {
            Some(start) => {
                track.next = track.next.max(start);
                self.enter_period(index, next);
            }
            None => track.complete = true,
        }
    }

    /// Chooses the set of a track in a Period; the rung nearest to the one before is its last rung there.
    pub(super) fn enter_period(&mut self, index: usize, period: usize) {
        let set = self.set_in(index, period);
        let Some(presentation) = &self.presentation else { return };
        let track = &mut self.tracks[index];
        let last = track.last_rung.and_then(|rung| track.place(rung)).and_then(|place| presentation.rung(place));
        let entered = set.and_then(|set| presentation.set(period, set)).zip(last);
        track.last_rung = entered
            .map(|(set, last)| set.rungs.partition_point(|rung| rung.bandwidth <= last.bandwidth).saturating_sub(1));
        (track.period, track.set) = (period, set);
    }

    /// Whether a track is so far ahead of another one that this one comes first: the link is shared, and playback
    /// needs both. While the viewer waits, what is under way is not there yet: who has enough to begin leaves the link to
    /// who has not. What is asked for again is not disturbed the first times, as far as the other one is ahead: a server
    /// that is busy with one answers the next. A track that waits out a failure holds nobody up.
    fn leads(&self, index: usize) -> bool {
        let (next, shares) = (self.tracks[index].next, self.playback.told || self.ahead(index) < self.needed());
        let waits_for = |other: &super::track::Track| {
            let attempts = other.trouble.attempts;
            let reaches = if shares && attempts == 0 { other.promised_until() } else { other.next };
            let due = !other.complete && other.not_before <= self.now;
            due && next > reaches && (attempts == 0 || UNDISTURBED.contains(&attempts))
        };
        self.tracks.iter().any(waits_for)
    }

    /// When there is no room for a segment: the place at which the playhead must be for it to fit.
    pub(super) fn lacks_room(&self, index: usize, segment: &Range<PresentationTime>) -> Option<PresentationTime> {
        let track = &self.tracks[index];
        let length = segment.end.since(segment.start.max(track.next));
        let needed = track.next + length - self.capacity(length);
        (needed > self.position()).then_some(needed)
    }

    /// The most media ahead of the playhead: what was asked for, but two segments at least.
    pub(super) fn capacity(&self, segment: Duration) -> Duration {
        self.config.buffer_target.max(segment * 2)
    }

    /// Sends the request for the segment that begins at `from`.
    pub(super) fn fetch(&mut self, index: usize, rung: usize, from: PresentationTime, replaces: bool) -> bool {
        let Some((place, position, segment)) = self.segment_of(index, rung, from, replaces) else { return false };
        self.ensure(SetupKind::Init, place);
        let Some(location) = self.location_for_media(index, place) else { return false };
        let Ok(url) = segment.resource.url(&location.base).map(String::from) else { return false };
        let Some(request) = self.media_request(index, place, position, &segment, url) else { return false };
        let id = request.id;
        let time = segment.time;
        let fetching = Fetching { request: id, place, position, time, replaces, ask_again: Some(self.now) };
        let track = &mut self.tracks[index];
        track.fetching = Some(fetching);
        if track.trouble.attempts == 0 {
            track.answered_beside = None;
        }
        self.send(request, Purpose::Media(index), name_of(&location));
        true
    }

    fn segment_of(
        &self,
        index: usize,
        rung: usize,
        from: PresentationTime,
        exact: bool,
    ) -> Option<(Place, u64, Segment)> {
        let track = &self.tracks[index];
        let place = track.place(rung)?;
        let set = self.presentation.as_ref()?.set(place.period, place.set)?;
        let (position, segment) = set.segment_from(rung, from, exact || track.buffer.is_empty())?;
        Some((place, position, segment))
    }

    fn media_request(
        &mut self,
        index: usize,
        place: Place,
        position: u64,
        segment: &Segment,
        url: String,
    ) -> Option<Request> {
        let rung = self.presentation.as_ref()?.rung(place)?;
        let promised = rung.bandwidth.over(segment.time.end.since(segment.time.start) * MOST_OVERSIZE);
        Some(Request {
            id: self.requests.next_id(),
            kind: RequestKind::Media,
            url,
            range: segment.resource.range,
            limit: promised.max(segment.size.unwrap_or_default()).max(LEAST_LIMIT),
            track: Some(self.tracks[index].kind),
            rung: Some(place.rung),
            representation: Some(rung.id.clone()),
            position: Some(position),
            time: Some(segment.time.clone()),
            size: segment.size,
            attempt: self.tracks[index].trouble.attempts,
        })
    }

    /// Gives up what a track is fetching.
    pub(super) fn stop_fetching(&mut self, index: usize) {
        if let Some(fetching) = self.tracks[index].fetching.take() {
            self.abort(fetching.request);
        }
    }

    /// Tells about a segment that leaves a hole before it.
    pub(super) fn fill_gap(&mut self, index: usize, until: PresentationTime, position: u64) {
        let track = &mut self.tracks[index];
        let (kind, time) = (track.kind, track.next..until);
        let reason = "the manifest has a gap here".to_owned();
        track.skip_to(until, position, &reason);
        self.tell(Event::Skipped { track: kind, time, reason });
    }
}
