//! What follows from a failed request: another location, the same later, another rung, a hole; never nothing, and
//! nothing for ever.

use super::Session;
use super::requests::{NOTICEABLE, Purpose, Running};
use super::retry::{Odds, Remedy, Trouble, remedy, transient};
use super::setup::SetupKind;
use crate::io::{Event, Failure, FailureKind, Output, RequestId, Severity, TrackKind};
use crate::presentation::Place;
use crate::snapshot::RequestState;
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a rung is left alone after it failed; twice as long each further time.
const RUNG_EXCLUSION: Duration = Duration::from_secs(15);
/// A rung that failed so often without a success in between will not come back.
const HOPELESS_STRIKES: u32 = 3;
/// A track of which so many segments in a row cannot be had is given up.
const MOST_SKIPS: u32 = 8;
/// With another location to ask, silence is not borne for longer (or a quarter of the buffer, if that is less).
const IMPATIENCE: Duration = Duration::from_secs(2);
const LEAST_PATIENCE: Duration = Duration::from_millis(500);
/// With a short buffer and nobody else to ask, the first attempt may be silent for this long,
const FIRST_PATIENCE: Duration = Duration::from_secs(3);
/// or for so many times of what the server's answers take to begin, but no less than this.
const USUAL_TIMES: u32 = 10;
const LEAST_FIRST_PATIENCE: Duration = Duration::from_secs(1);
/// And for this long once part of its body has come.
const BODY_PATIENCE: Duration = Duration::from_secs(6);
/// And this long when the server answers other requests meanwhile: it is not the server, nor the link.
const PATIENCE_WITH_ONE: Duration = Duration::from_millis(1500);
/// A link that has brought something so recently is busy.
const BUSY: Duration = Duration::from_secs(1);
/// Trouble of several tracks that lasts longer is neither's own.
const OUTAGE: Duration = Duration::from_secs(3);
/// With less than this to play, a segment that failed so often, and alone, is given up; a viewer who waits already can
/// wait for a few more attempts.
const LAST_CHANCE: Duration = Duration::from_secs(2);
const LEAST_ATTEMPTS: u32 = 3;
const LEAST_ATTEMPTS_WHILE_WAITING: u32 = 6;

/// Rungs that failed.
#[derive(Debug, Default)]
pub(super) struct Exclusions {
    rungs: BTreeMap<Place, Record>,
}

/// What is held against a rung since its last success.
#[derive(Debug, Default)]
struct Record {
    strikes: u32,
    until: SessionTime,
}

impl Session {
    pub(super) fn excluded(&self, place: Place) -> bool {
        self.exclusions.rungs.get(&place).is_some_and(|record| record.until > self.now)
    }

    /// Leaves a rung alone for a while, longer each time.
    pub(super) fn exclude(&mut self, place: Place) {
        let record = self.exclusions.rungs.entry(place).or_default();
        record.until = self.now + RUNG_EXCLUSION.saturating_mul(1 << record.strikes.min(5));
        record.strikes += 1;
    }

    /// A segment of the rung did not come: the first time that may be the segment's fault.
    fn suspect(&mut self, place: Place) {
        let record = self.exclusions.rungs.entry(place).or_default();
        if record.strikes > 0 {
            return self.exclude(place);
        }
        record.strikes = 1;
    }

    /// A segment of the rung has come, and its init segment is there: it is as good as the others again.
    pub(super) fn forgive(&mut self, place: Place) {
        let init = self.presentation.as_ref().and_then(|p| p.rung(place)).is_some_and(|rung| rung.init.is_some());
        if !init || self.setups.init(place).is_some() {
            self.exclusions.rungs.remove(&place);
        }
    }

    /// Whether all rungs of a track's set have failed again and again without a success.
    pub(super) fn hopeless(&self, track: usize) -> bool {
        let set = self.tracks[track].place(0).and_then(|p| self.presentation.as_ref()?.set(p.period, p.set));
        let failed = |rung| {
            let record = self.tracks[track].place(rung).and_then(|place| self.exclusions.rungs.get(&place));
            record.is_some_and(|record| record.strikes >= HOPELESS_STRIKES)
        };
        set.is_none_or(|set| (0..set.rungs.len()).all(failed))
    }

    /// When the first of a track's rungs may be asked again.
    pub(super) fn next_forgiven(&self, track: usize) -> Option<SessionTime> {
        let here = self.tracks[track].place(0)?;
        let same = |place: &Place| (place.period, place.set) == (here.period, here.set);
        let excluded = self.exclusions.rungs.iter().filter(|(place, record)| same(place) && record.until > self.now);
        excluded.map(|(_, record)| record.until).min()
    }

    /// Leaves the location alone for a while if there is another; tells whether there is.
    pub(super) fn exclude_location(&mut self, place: Place, failure: &Failure, name: &str) -> bool {
        let offered = self.presentation.as_ref().and_then(|p| p.rung(place)).map(|rung| &rung.locations);
        let others = offered.is_some_and(|offered| self.locations.others(self.now, offered, name));
        if others && failure.kind != FailureKind::Refused {
            self.locations.failed(self.now, name);
        }
        others
    }

    pub(super) fn on_failed(&mut self, id: RequestId, received: ByteSize, failure: Failure) {
        self.on_progress(id, received, None);
        let Some(running) = self.end_request(id, RequestState::Failed, Some(&failure)) else { return };
        self.outbox.journal.wasted(running.received);
        self.note_transfer(&running, false, true);
        self.after_failure(&running, failure);
    }

    fn after_failure(&mut self, running: &Running, failure: Failure) {
        let then = match running.purpose {
            Purpose::Manifest => self.manifest_failed(&failure),
            Purpose::Setup(kind, place) => self.setup_failed(kind, place, &failure, &running.location),
            Purpose::Media(track) => self.media_failed(track, &failure, &running.location),
        };
        self.tell(Event::Failed { request: running.request.id, failure, then });
    }

    /// What a pause depends on, for a track or for all.
    pub(super) fn odds(&mut self, track: Option<usize>) -> Odds {
        let ahead = track.map_or(Duration::ZERO, |track| self.ahead(track));
        let alone = track.is_some_and(|track| self.fails_alone(track));
        Odds { alone, jitter: self.jitter.draw(), ahead, standing: !self.playback.clock.running() }
    }

    /// A media segment did not come. Returns what is done about it.
    fn media_failed(&mut self, index: usize, failure: &Failure, location: &str) -> String {
        let Some(fetching) = self.tracks[index].fetching.take() else { return "nothing".to_owned() };
        if fetching.replaces {
            return "keeping what is buffered".to_owned();
        }
        let elsewhere = self.exclude_location(fetching.place, failure, location);
        if failure.kind == FailureKind::Connect {
            self.forget_old_answers(index);
        }
        let (now, odds) = (self.now, self.odds(Some(index)));
        let late = self.is_late(odds);
        let least = if odds.standing { LEAST_ATTEMPTS_WHILE_WAITING } else { LEAST_ATTEMPTS };
        let track = &mut self.tracks[index];
        track.trouble.note(now);
        let enough = track.trouble.attempts >= least;
        match remedy(&track.trouble, failure, elsewhere, now, odds) {
            Remedy::Elsewhere => "asking another location".to_owned(),
            Remedy::Again(_) | Remedy::Otherwise if enough && late => {
                self.skip_segment(index, fetching.position, fetching.time.end, &failure.message)
            }
            Remedy::Again(pause) => {
                track.not_before = now + pause;
                format!("asking again in {:.1} s", pause.as_secs_f64())
            }
            Remedy::Otherwise => self.without_rung(index, fetching.place, failure, odds),
            Remedy::GiveUp => self.skip_segment(index, fetching.position, fetching.time.end, &failure.message),
        }
    }

    /// The segment will not come in this rung: another one, at once. When none is left all get another chance, and in the
    /// end a hole is what remains.
    fn without_rung(&mut self, index: usize, place: Place, failure: &Failure, odds: Odds) -> String {
        self.tracks[index].trouble.give_up_rung(place.rung);
        self.suspect(place);
        if !self.choices(index).rungs.is_empty() {
            return "trying another rung".to_owned();
        }
        let (now, track) = (self.now, &mut self.tracks[index]);
        // Where one is missing the next one probably is, too.
        let one_of_many = track.skipped_in_a_row > 0 && !transient(failure);
        if let (false, Some(pause)) = (one_of_many, track.trouble.next_round(failure, odds)) {
            track.not_before = now + pause;
            self.forgive_all(index);
            return "asking for all rungs again".to_owned();
        }
        let segment = self.next_segment(index).map(|(position, segment)| (position, segment.time.end));
        match segment {
            Some((position, end)) => self.skip_segment(index, position, end, &failure.message),
            None => "nothing".to_owned(),
        }
    }

    /// Whether another track has got media while this one could not, and not only just now: then it is neither the
    /// server nor the link.
    fn fails_alone(&self, index: usize) -> bool {
        let others_fail = self.tracks.iter().enumerate().any(|(other, t)| other != index && t.trouble.attempts > 0);
        !others_fail && self.tracks[index].answered_beside.is_some_and(|at| self.now.since(at) >= PATIENCE_WITH_ONE)
    }

    /// Who cannot be reached now may have answered others before: only answers since the trouble began count.
    fn forget_old_answers(&mut self, index: usize) {
        let since = self.tracks[index].trouble.since.unwrap_or(self.now);
        let answered = &mut self.tracks[index].answered_beside;
        *answered = answered.filter(|at| *at > since);
    }

    /// Media comes again after a while in which several tracks got none: the others need not wait for the end of their
    /// pauses, nor for answers to what they asked in vain, and what failed meanwhile is held against nobody.
    pub(super) fn end_outage(&mut self, recovered: usize) {
        if !self.tracks[recovered].trouble.lasts_longer_than(OUTAGE, self.now) {
            return;
        }
        for index in (0..self.tracks.len()).filter(|index| *index != recovered) {
            let track = &mut self.tracks[index];
            if track.trouble.attempts == 0 {
                continue;
            }
            (track.trouble, track.not_before) = (Trouble::default(), self.now);
            let silent = |f: &super::track::Fetching| {
                self.requests.get(f.request).is_some_and(|running| running.first_byte.is_none())
            };
            if track.fetching.as_ref().is_some_and(silent) {
                self.stop_fetching(index);
            }
        }
    }

    /// Whether another request is bringing something.
    fn is_busy_beside(&self, running: &Running) -> bool {
        let others = self.requests.iter().filter(|other| other.request.id != running.request.id);
        others.filter(|other| other.first_byte.is_some()).any(|other| self.now.since(other.heard) < BUSY)
    }

    /// Whether trying on would make the viewer wait for a segment that fails alone.
    fn is_late(&self, odds: Odds) -> bool {
        odds.alone && self.playback.startup.is_some() && odds.ahead < LAST_CHANCE
    }

    fn forgive_all(&mut self, index: usize) {
        let here = self.tracks[index].place(0);
        let same = |place: &Place| here.is_some_and(|here| (place.period, place.set) == (here.period, here.set));
        self.exclusions.rungs.retain(|place, _| !same(place));
    }

    /// Goes on behind a segment that cannot be had.
    fn skip_segment(&mut self, index: usize, position: u64, end: shared::time::PresentationTime, why: &str) -> String {
        let track = &mut self.tracks[index];
        let (kind, time) = (track.kind, track.next..end);
        track.trouble = Trouble::default();
        track.skipped_in_a_row += 1;
        let lost = track.skipped_in_a_row > MOST_SKIPS;
        track.skip_to(end, position, why);
        self.forgive_all(index);
        self.tell(Event::Skipped { track: kind, time, reason: why.to_owned() });
        self.notice(Severity::Error, format!("a segment of the {kind} cannot be had: {why}"));
        if lost {
            self.lose_track(index, why);
        }
        "going on without it".to_owned()
    }

    /// Goes on without this kind of media; without any, the session ends when what is buffered has been played.
    pub(super) fn lose_track(&mut self, index: usize, why: &str) {
        let kind = self.tracks[index].kind;
        if self.tracks.len() == 1 || kind == TrackKind::Video {
            return self.play_out(format!("nothing can be played any more: {why}"));
        }
        self.notice(Severity::Error, format!("going on without {kind}: {why}"));
        self.stop_fetching(index);
        let now_complete = &mut self.tracks[index];
        now_complete.complete = true;
    }

    /// Ends the session with a reason, but not before the viewer has seen what is there.
    fn play_out(&mut self, why: String) {
        let position = self.position();
        let holds =
            |track: &super::track::Track| track.buffer.parts().any(|p| p.media.is_some() && p.time.end > position);
        if self.playback.startup.is_none() || !self.tracks.iter().any(holds) {
            return self.fail(why);
        }
        for index in 0..self.tracks.len() {
            self.stop_fetching(index);
            let track = &mut self.tracks[index];
            track.buffer.trim_holes();
            track.next = track.buffer.end().unwrap_or(track.next).min(track.next);
            track.complete = true;
        }
        self.playback.last_words = Some(why);
    }

    /// What is buffered of a rung cannot be decoded: everything from its first unfed segment on is fetched again.
    pub(super) fn refetch_rung(&mut self, place: Place) {
        for index in 0..self.tracks.len() {
            let of_rung = |part: &&crate::buffer::Part| {
                !part.fed && part.period == place.period && part.media.is_some_and(|m| m.rung == place.rung)
            };
            let here = self.tracks[index].place(place.rung) == Some(place);
            let first = self.tracks[index].buffer.parts().find(of_rung).map(|part| part.time.start);
            if let (true, Some(first)) = (here, first) {
                self.drop_from(index, first);
            }
        }
    }

    /// A decoder could not use a segment: it is a hole from now on, and its rung is left alone.
    pub(super) fn on_undecodable(&mut self, request: RequestId, problem: &str) {
        if let Some(place) = self.setups.forget_init(request) {
            self.outbox.push(Output::Discard(request));
            self.notice(Severity::Error, format!("an initialization segment is of no use: {problem}"));
            self.do_without(SetupKind::Init, place, &Self::content_failure(problem));
            return;
        }
        for index in 0..self.tracks.len() {
            let track = &mut self.tracks[index];
            let Some(part) = track.buffer.spoil(request, problem) else { continue };
            let (kind, place) = (track.kind, part.media.and_then(|media| track.place(media.rung)));
            let reason = format!("the {kind} decoder refused it: {problem}");
            self.outbox.push(Output::Discard(request));
            self.tell(Event::Skipped { track: kind, time: part.time, reason: reason.clone() });
            self.notice(Severity::Error, format!("a segment is lost: {reason}"));
            if let Some(place) = place {
                self.exclude(place);
            }
        }
    }

    /// Gives up requests that have been silent for too long.
    pub(super) fn check_patience(&mut self) {
        let deadlines: Vec<_> = self.requests.iter().map(|r| (r.request.id, r.heard + self.patience(r))).collect();
        for (id, deadline) in deadlines {
            if deadline > self.now {
                self.wake_at(deadline);
            } else if let Some((running, _)) = self.abort(id) {
                let message = format!(
                    "no answer from {} for {:.1} s",
                    running.request.url,
                    self.now.since(running.heard).as_secs_f64()
                );
                let failure = Failure { kind: FailureKind::Timeout, status: None, retry_after: None, message };
                self.after_failure(&running, failure);
            }
        }
    }

    /// How long a request may be silent: less with another location to ask, less when the buffer is short, and more
    /// with every attempt, so that slow links get their answer in the end.
    pub(super) fn patience(&self, running: &Running) -> Duration {
        let most = self.config.patience;
        // What has come of a body is lost with it, and a link that is down for a while is the likelier cause.
        let first = if running.received >= NOTICEABLE { BODY_PATIENCE } else { self.first_patience() };
        let growing = first.saturating_mul(1 << running.request.attempt.min(8)).min(most);
        let waiting = if most == Duration::MAX || self.is_busy_beside(running) { most } else { growing };
        let Purpose::Media(index) = running.purpose else { return waiting };
        let ahead = self.ahead(index);
        if running.first_byte.is_none() && self.others_offered(index, &running.location) {
            return (ahead / 4).clamp(LEAST_PATIENCE, IMPATIENCE);
        }
        if self.playback.startup.is_none() {
            return waiting;
        }
        let least = if self.fails_alone(index) {
            PATIENCE_WITH_ONE.max(self.slow_server()).min(waiting)
        } else {
            growing.min(waiting)
        };
        (ahead / 3).clamp(least, waiting)
    }

    /// How long a first attempt may be silent: a server that has been quick so far has probably lost the request.
    fn first_patience(&self) -> Duration {
        let usual = self.requests.longest_wait().map(|wait| wait * USUAL_TIMES);
        usual.map_or(FIRST_PATIENCE, |usual| usual.clamp(LEAST_FIRST_PATIENCE, FIRST_PATIENCE)).max(self.slow_server())
    }

    /// A server that took so long before may do so again.
    fn slow_server(&self) -> Duration {
        self.requests.slowest_answer() * 2
    }

    fn others_offered(&self, index: usize, location: &str) -> bool {
        let place = self.tracks[index].fetching.as_ref().map(|fetching| fetching.place);
        let rung = place.and_then(|place| self.presentation.as_ref()?.rung(place));
        rung.is_some_and(|rung| self.locations.others(self.now, &rung.locations, location))
    }
}
