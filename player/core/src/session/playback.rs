//! Does the playhead move? It starts with the first segment, stands when a track has run dry, and goes on with a
//! little more than nothing. A viewer's pause is something else.

use super::track::Track;
use super::{ClockSource, Session};
use crate::buffer::{SEAM, Shown};
use crate::clock::MediaClock;
use crate::history::Point;
use crate::io::{Epoch, Event, Output, Phase, Rendering, Severity, TrackKind};
use crate::presentation::Place;
use shared::time::{PresentationTime, SessionTime};
use std::time::Duration;

/// After a seek this much must be there, so that a target at the end of a segment does not stall at once.
const SEEK_MARGIN: Duration = Duration::from_millis(500);

/// The playhead and what the viewer sees of it.
#[derive(Debug)]
pub(super) struct Playback {
    pub(super) clock: MediaClock,
    /// The viewer wants to play.
    pub(super) wanted: bool,
    /// The output was told to run.
    pub(super) told: bool,
    /// From opening to the first frame.
    pub(super) startup: Option<SessionTime>,
    /// Since when it stands still for want of media, and where.
    pub(super) stall: Option<(SessionTime, PresentationTime)>,
    pub(super) seeking: bool,
    pub(super) ended: bool,
    /// After the end comes the beginning.
    pub(super) repeat: bool,
    /// Up to where what was shown has been counted.
    counted: PresentationTime,
    /// A seek from before the manifest was there.
    pub(super) begin_at: Option<PresentationTime>,
    /// Why it will end before the presentation does.
    pub(super) last_words: Option<String>,
}

impl Default for Playback {
    fn default() -> Self {
        Self {
            clock: MediaClock::default(),
            wanted: true,
            told: false,
            startup: None,
            stall: None,
            seeking: false,
            ended: false,
            repeat: false,
            counted: PresentationTime::ZERO,
            begin_at: None,
            last_words: None,
        }
    }
}

impl Playback {
    /// The playhead is somewhere else from now on, and stands.
    pub(super) fn jump(&mut self, now: SessionTime, to: PresentationTime) {
        self.clock.anchor(now, to, false);
        (self.counted, self.told, self.ended) = (to, false, false);
    }
}

impl Session {
    /// Moves the playhead to the present, but not beyond the media, and counts what was shown on the way.
    pub(super) fn advance_playhead(&mut self) {
        let Some(limit) = self.playable_until() else { return };
        let position = self.position();
        if self.playback.clock.running() && position > limit {
            let at = self.playback.clock.time_at(limit).unwrap_or(self.now).min(self.now);
            self.playback.clock.anchor(at, limit, false);
            self.count_shown(limit);
            if !self.all_complete() {
                self.run_dry(at);
            }
        } else {
            self.count_shown(position);
        }
    }

    fn count_shown(&mut self, until: PresentationTime) {
        // An extrapolated position may have been a little ahead of the one that the output now reports.
        let from = self.playback.counted;
        self.playback.counted = from.max(until);
        if self.playback.startup.is_none() || until <= from {
            return;
        }
        for index in 0..self.tracks.len() {
            for shown in self.tracks[index].buffer.show(from, until) {
                self.show(index, shown);
            }
        }
    }

    fn show(&mut self, index: usize, shown: Shown) {
        let track = &self.tracks[index];
        let Some(set) = self.set_in(index, shown.period) else { return };
        let (period, rung) = (shown.period, shown.rung);
        let place = Place { period, set, rung };
        let Some(on_screen) = self.presentation.as_ref().and_then(|p| p.rung(place)) else { return };
        let (kind, bandwidth, fresh) = (track.kind, on_screen.bandwidth, track.shown != Some(place));
        // Pictures, or sound where there are none.
        if index == 0 {
            self.outbox.journal.shown(&on_screen.id, bandwidth, &shown);
        }
        if fresh {
            self.tracks[index].shown = Some(place);
            let position = shown.from;
            self.tell(Event::Shown { track: kind, rung, bandwidth, position });
        }
    }

    /// Up to where all tracks can go on; the end of the presentation when all is there.
    pub(super) fn playable_until(&self) -> Option<PresentationTime> {
        let position = self.playback.counted;
        let open = self.tracks.iter().filter(|track| !track.complete);
        let dry = open.map(|track| track.buffer.playable_until(position)).min();
        dry.or_else(|| self.tracks.iter().map(|track| track.next).max())
    }

    /// Nothing behind this place can have been shown.
    fn fed_until(&self) -> PresentationTime {
        let fed = |track: &Track| track.buffer.parts().take_while(|part| part.fed).last().map(|part| part.time.end);
        self.tracks.iter().filter_map(fed).max().unwrap_or(self.playback.counted)
    }

    pub(super) fn all_complete(&self) -> bool {
        !self.tracks.is_empty() && self.tracks.iter().all(|track| track.complete)
    }

    /// Starts, holds or ends playback as the state demands; tells whether the playhead began to move.
    pub(super) fn control_playback(&mut self) -> bool {
        if self.leave_hole() {
            return false;
        }
        let Some(limit) = self.playable_until() else { return false };
        let (at_limit, complete) = (self.position() >= limit, self.all_complete());
        if complete && at_limit && self.config.clock == ClockSource::Virtual {
            self.end();
            return false;
        }
        if self.playback.clock.running() && at_limit && !complete {
            self.run_dry(self.now);
        }
        let standing = !self.playback.clock.running();
        if self.playback.wanted && !self.playback.told && !self.playback.ended && self.ready() {
            self.run();
        }
        if let (true, Some(at)) = (self.playback.clock.running(), self.playback.clock.time_at(limit)) {
            self.wake_at(at);
        }
        standing && self.playback.clock.running()
    }

    /// What every track must have for the playhead to move.
    pub(super) fn needed(&self) -> Duration {
        let needed = match (&self.playback.stall, self.playback.seeking) {
            (Some(_), _) => self.config.resume_with.min(self.config.buffer_target / 2),
            (None, true) => self.config.resume_with.min(SEEK_MARGIN),
            (None, false) => Duration::ZERO,
        };
        needed.max(Duration::from_nanos(1))
    }

    /// Whether every track has enough to start with, and its decoder the beginning of it.
    fn ready(&self) -> bool {
        let needed = self.needed();
        let position = self.position();
        self.tracks.iter().all(|track| {
            let fed = track.buffer.part_at(position).map(|part| part.fed);
            let enough = track.complete || track.buffer.ahead(position) >= needed;
            enough && fed.unwrap_or(track.complete)
        })
    }

    fn run(&mut self) {
        self.playback.told = true;
        self.outbox.push(Output::Play);
        if self.config.clock == ClockSource::Virtual {
            self.playback.clock.anchor(self.now, self.position(), true);
            self.moving();
        }
    }

    /// The playhead moves: start-up, stall or seek is over.
    fn moving(&mut self) {
        if self.playback.startup.is_none() {
            self.playback.startup = Some(self.now);
            self.tell(Event::Started { startup: self.now.since(SessionTime::ZERO) });
        }
        self.end_stall();
        self.playback.seeking = false;
    }

    pub(super) fn end_stall(&mut self) {
        if let Some((since, _)) = self.playback.stall.take() {
            self.tell(Event::StallEnded { lasted: self.now.since(since) });
        }
    }

    /// Tells the output to stand.
    pub(super) fn hold(&mut self) {
        if self.playback.told {
            self.outbox.push(Output::Pause);
        }
        self.playback.told = false;
        self.playback.clock.anchor(self.now, self.position(), false);
    }

    /// A track has nothing more to play.
    fn run_dry(&mut self, at: SessionTime) {
        self.hold();
        self.begin_stall(at);
    }

    fn begin_stall(&mut self, at: SessionTime) {
        if self.playback.startup.is_none() || self.playback.seeking || self.playback.stall.is_some() {
            return;
        }
        let position = self.position();
        let driest = self.tracks.iter().filter(|t| !t.complete).min_by_key(|t| t.buffer.playable_until(position));
        let track = driest.map_or(TrackKind::Video, |track| track.kind);
        self.playback.stall = Some((at, position));
        self.outbox.journal.stall_began(at, position);
        self.tell(Event::StallBegan { position, track });
    }

    pub(super) fn end(&mut self) {
        if self.playback.ended {
            return;
        }
        let start = self.presentation.as_ref().map(|presentation| presentation.start());
        if let (true, Some(start), None) = (self.playback.repeat, start, &self.playback.last_words) {
            return self.go_on_at(start);
        }
        self.hold();
        self.end_stall();
        self.playback.ended = true;
        let cut_short = || self.presentation.as_ref().and_then(|presentation| presentation.cut_short.clone());
        match self.playback.last_words.clone().or_else(cut_short).or_else(|| self.nothing_shown()) {
            Some(why) => self.fail(why),
            None => self.tell(Event::Ended),
        }
    }

    /// Why a film that came to its end was not seen at all, if so.
    fn nothing_shown(&self) -> Option<String> {
        let unseen = self.totals().played_seconds == 0.0;
        let error = self.outbox.journal.last_notice().filter(|notice| unseen && notice.severity == Severity::Error)?;
        Some(format!("nothing of it could be shown: {}", error.message))
    }

    /// A seek of our own, in the middle of a step: what follows from it is for the next one.
    pub(super) fn go_on_at(&mut self, place: PresentationTime) {
        self.seek(place);
        self.wake_at(self.now);
    }

    /// A report of the output.
    pub(super) fn on_playback(&mut self, position: PresentationTime, state: Rendering, epoch: Epoch) {
        if epoch != self.epoch || self.config.clock == ClockSource::Virtual || self.playback.ended {
            return;
        }
        let Some(presentation) = &self.presentation else { return };
        // The priming of sound lies before the start, and the last frame behind the end.
        let position = position.min(self.fed_until() + SEAM).max(presentation.start());
        let running = state == Rendering::Playing && self.playback.told;
        self.playback.clock.anchor(self.now, position, running);
        match state {
            Rendering::Playing if running => self.moving(),
            Rendering::Starved if self.playback.told => self.begin_stall(self.now),
            Rendering::Finished if self.all_complete() => self.end(),
            Rendering::Playing | Rendering::Paused | Rendering::Starved | Rendering::Finished => {}
        }
        self.count_shown(self.position());
    }

    fn present_phase(&self) -> Phase {
        let playback = &self.playback;
        if self.failed {
            Phase::Failed
        } else if playback.ended {
            Phase::Ended
        } else if self.url.is_empty() && self.presentation.is_none() {
            Phase::Idle
        } else if !playback.wanted {
            Phase::Paused
        } else if playback.startup.is_none() {
            Phase::Loading
        } else if playback.seeking {
            Phase::Seeking
        } else if playback.stall.is_some() {
            Phase::Stalled
        } else {
            Phase::Playing
        }
    }

    pub(super) fn tell_phase(&mut self) {
        let phase = self.present_phase();
        if phase != self.phase_told {
            self.phase_told = phase;
            let position = self.position();
            self.tell(Event::Phase { phase, position });
        }
    }

    /// A point of the charts.
    pub(super) fn record_point(&mut self) {
        if self.now < self.outbox.journal.next_point() {
            return;
        }
        let level = |kind| self.tracks.iter().position(|track| track.kind == kind).map(|index| self.ahead(index));
        let point = Point {
            at: self.now,
            position: self.position(),
            video: level(TrackKind::Video),
            audio: level(TrackKind::Audio),
            estimate: self.policy.estimate(&self.estimator),
            capacity: None,
            target: self.config.buffer_target,
            delivered: self.requests.delivered(self.now),
        };
        self.outbox.journal.point(point);
    }
}
