//! The playhead: does it move? It starts with the first segment, stands when a track has run dry, and goes on with a
//! little more than nothing; a viewer's pause is something else. It is told how much there is ([`PlayableLevel`]) and says
//! what follows ([`Move`]); it knows no request and no rung.
//!
//! * this file: clock, start, stall, pause, end;
//! * `gap`: what if there is nothing at it.

mod gap;

use super::config::{ClockSource, Config};
use super::level::PlayableLevel;
use super::outbox::Outbox;
use crate::buffer::SEAM;
use crate::clock::MediaClock;
use crate::io::{Event, Output, Rendering};
use crate::kinds::TrackKind;
use shared::time::{PresentationTime, SessionTime};
use std::ops::Range;
use std::time::Duration;

/// After a seek this much must be there, so that a target at the end of a segment does not stall at once.
const SEEK_MARGIN: Duration = Duration::from_millis(500);

/// What follows from the state of the playhead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Move {
    /// Nothing, or what was done already.
    Stay,
    /// It has begun to move.
    Begun,
    /// To go on behind a hole.
    Leap {
        /// The hole begins here.
        from: PresentationTime,
        /// And ends here.
        to: PresentationTime,
        /// Why there is nothing.
        why: String,
    },
    /// To go on behind a hole, if what follows waits for room in the buffer; else it stands.
    LeapForRoom {
        /// Whose media is awaited.
        awaited: Vec<TrackKind>,
        /// The leap.
        from: PresentationTime,
        /// See [`Move::Leap`].
        to: PresentationTime,
        /// See [`Move::Leap`].
        why: String,
    },
    /// Everything has been played.
    End,
    /// There is nothing to play at all.
    NothingThere,
}

/// A stretch that the playhead has passed.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Passed {
    /// What was seen; empty before the first picture.
    pub(super) stretch: Option<Range<PresentationTime>>,
    /// When it came to the end of what there is.
    pub(super) dry: Option<SessionTime>,
}

/// The playhead and what the viewer sees of it.
#[derive(Debug)]
pub(super) struct Playhead {
    clock: MediaClock,
    /// The viewer wants to play.
    pub(super) wanted: bool,
    /// The output was told to run.
    told: bool,
    /// When the first frame was seen.
    startup: Option<SessionTime>,
    /// Since when it stands still for want of media.
    stall: Option<SessionTime>,
    seeking: bool,
    ended: bool,
    /// Up to where what was shown has been counted.
    counted: PresentationTime,
}

impl Default for Playhead {
    fn default() -> Self {
        Self {
            clock: MediaClock::default(),
            wanted: true,
            told: false,
            startup: None,
            stall: None,
            seeking: false,
            ended: false,
            counted: PresentationTime::ZERO,
        }
    }
}

impl Playhead {
    /// How it moves.
    pub(super) fn clock(&self) -> MediaClock {
        self.clock
    }

    /// Where it is, as far as media allows.
    pub(super) fn position(&self, now: SessionTime) -> PresentationTime {
        self.clock.position(now)
    }

    /// The viewer has seen something.
    pub(super) fn started(&self) -> bool {
        self.startup.is_some()
    }

    /// It stands for want of media.
    pub(super) fn stalled(&self) -> bool {
        self.stall.is_some()
    }

    /// It is on the way to another place.
    pub(super) fn seeking(&self) -> bool {
        self.seeking
    }

    /// The output was told to run.
    pub(super) fn told(&self) -> bool {
        self.told
    }

    /// It stands at the end.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Another speed from now on. Positive.
    pub(super) fn set_rate(&mut self, now: SessionTime, rate: f64) {
        self.clock.set_rate(now, rate);
    }

    /// It is somewhere else from now on, and stands.
    pub(super) fn jump(&mut self, now: SessionTime, to: PresentationTime) {
        self.clock.anchor(now, to, false);
        self.counted = to;
        self.told = false;
        self.ended = false;
    }

    /// It is somewhere else because somebody wanted that.
    pub(super) fn seek(&mut self, to: PresentationTime, out: &mut Outbox) {
        self.end_stall(out);
        self.jump(out.now(), to);
        self.seeking = self.startup.is_some();
    }

    /// Moves to the present, but not beyond the media. Tells what was passed.
    pub(super) fn advance(&mut self, levels: &[PlayableLevel<'_>], now: SessionTime) -> Passed {
        let Some(limit) = self.playable_until(levels) else { return Passed::default() };
        let position = self.position(now);
        if !self.clock.running() || position <= limit {
            return Passed { stretch: self.pass(position), dry: None };
        }
        let at = self.clock.time_at(limit).unwrap_or(now).min(now);
        self.clock.anchor(at, limit, false);
        Passed { stretch: self.pass(limit), dry: (!all_complete(levels)).then_some(at) }
    }

    /// Counts as shown what lies before `until` and was not counted yet.
    fn pass(&mut self, until: PresentationTime) -> Option<Range<PresentationTime>> {
        // An extrapolated position may have been a little ahead of the one that the output now reports.
        let from = self.counted;
        self.counted = from.max(until);
        (self.startup.is_some() && until > from).then_some(from..until)
    }

    /// Up to where all tracks can go on; the end of the presentation when all is there.
    fn playable_until(&self, levels: &[PlayableLevel<'_>]) -> Option<PresentationTime> {
        let open = levels.iter().filter(|level| !level.complete);
        let dry = open.map(|level| level.buffer.playable_until(self.counted)).min();
        dry.or_else(|| levels.iter().map(|level| level.next).max())
    }

    /// Nothing behind this place can have been shown.
    fn fed_until(&self, levels: &[PlayableLevel<'_>]) -> PresentationTime {
        let fed = |level: &PlayableLevel<'_>| {
            let fed = level.buffer.parts().take_while(|part| part.fed).last();
            fed.map(|part| part.time.end)
        };
        levels.iter().filter_map(fed).max().unwrap_or(self.counted)
    }

    /// Starts, holds or ends playback as the levels demand.
    pub(super) fn control(&mut self, levels: &[PlayableLevel<'_>], config: &Config, out: &mut Outbox) -> Move {
        match self.look_at_hole(levels, out) {
            gap::Hole::None => self.run_or_stand(levels, config, out),
            gap::Hole::Leave(leaving) => leaving,
        }
    }

    /// What follows when the playhead is not in a hole, or not to leave it.
    pub(super) fn run_or_stand(&mut self, levels: &[PlayableLevel<'_>], config: &Config, out: &mut Outbox) -> Move {
        let Some(limit) = self.playable_until(levels) else { return Move::Stay };
        let at_limit = self.position(out.now()) >= limit;
        let complete = all_complete(levels);
        if complete && at_limit && config.clock == ClockSource::Virtual {
            return Move::End;
        }
        if self.clock.running() && at_limit && !complete {
            self.run_dry(levels, out.now(), out);
        }
        let standing = !self.clock.running();
        if self.wanted && !self.told && !self.ended && self.ready(levels, config, out.now()) {
            self.run(config, out);
        }
        if let (true, Some(at)) = (self.clock.running(), self.clock.time_at(limit)) {
            out.wake_at(at);
        }
        if standing && self.clock.running() { Move::Begun } else { Move::Stay }
    }

    /// What every track must have for the playhead to move.
    pub(super) fn needed(&self, config: &Config) -> Duration {
        let needed = match (&self.stall, self.seeking) {
            (Some(_), _) => config.resume_with.min(config.buffer_target / 2),
            (None, true) => config.resume_with.min(SEEK_MARGIN),
            (None, false) => Duration::ZERO,
        };
        needed.max(Duration::from_nanos(1))
    }

    /// Whether every track has enough to start with, and its decoder the beginning of it.
    fn ready(&self, levels: &[PlayableLevel<'_>], config: &Config, now: SessionTime) -> bool {
        let needed = self.needed(config);
        let position = self.position(now);
        levels.iter().all(|level| {
            let fed = level.buffer.part_at(position).map(|part| part.fed);
            let enough = level.complete || level.buffer.ahead(position) >= needed;
            enough && fed.unwrap_or(level.complete)
        })
    }

    fn run(&mut self, config: &Config, out: &mut Outbox) {
        self.told = true;
        out.push(Output::Play);
        if config.clock == ClockSource::Virtual {
            self.clock.anchor(out.now(), self.position(out.now()), true);
            self.moving(out);
        }
    }

    /// It moves: start-up, stall or seek is over.
    fn moving(&mut self, out: &mut Outbox) {
        if self.startup.is_none() {
            self.startup = Some(out.now());
            out.tell(Event::Started { startup: out.now().since(SessionTime::ZERO) });
        }
        self.end_stall(out);
        self.seeking = false;
    }

    fn end_stall(&mut self, out: &mut Outbox) {
        if let Some(since) = self.stall.take() {
            out.tell(Event::StallEnded { lasted: out.now().since(since) });
        }
    }

    /// The viewer has it stand.
    pub(super) fn pause(&mut self, out: &mut Outbox) {
        self.wanted = false;
        self.end_stall(out);
        self.hold(out);
    }

    /// Tells the output to stand.
    pub(super) fn hold(&mut self, out: &mut Outbox) {
        if self.told {
            out.push(Output::Pause);
        }
        self.told = false;
        self.clock.anchor(out.now(), self.position(out.now()), false);
    }

    /// Everything has been played.
    pub(super) fn end(&mut self, out: &mut Outbox) {
        self.hold(out);
        self.end_stall(out);
        self.ended = true;
    }

    /// A track has nothing more to play.
    pub(super) fn run_dry(&mut self, levels: &[PlayableLevel<'_>], at: SessionTime, out: &mut Outbox) {
        self.hold(out);
        self.begin_stall(levels, at, out);
    }

    fn begin_stall(&mut self, levels: &[PlayableLevel<'_>], at: SessionTime, out: &mut Outbox) {
        if self.startup.is_none() || self.seeking || self.stall.is_some() {
            return;
        }
        let position = self.position(out.now());
        let open = levels.iter().filter(|level| !level.complete);
        let driest = open.min_by_key(|level| level.buffer.playable_until(position)).or(levels.first());
        self.stall = Some(at);
        out.journal.stall_began(at, position);
        if let Some(driest) = driest {
            out.tell(Event::StallBegan { position, track: driest.kind });
        }
    }

    /// A report of the output, which has a clock of its own. `start`: of the presentation. Tells what follows, and what
    /// was passed.
    pub(super) fn follow(
        &mut self,
        position: PresentationTime,
        state: Rendering,
        start: PresentationTime,
        levels: &[PlayableLevel<'_>],
        out: &mut Outbox,
    ) -> Move {
        // The priming of sound lies before the start, and the last frame behind the end.
        let position = position.min(self.fed_until(levels) + SEAM).max(start);
        let running = state == Rendering::Playing && self.told;
        self.clock.anchor(out.now(), position, running);
        match state {
            Rendering::Playing if running => self.moving(out),
            Rendering::Starved if self.told => self.begin_stall(levels, out.now(), out),
            Rendering::Finished if all_complete(levels) => return Move::End,
            Rendering::Playing | Rendering::Paused | Rendering::Starved | Rendering::Finished => {}
        }
        Move::Stay
    }

    /// What was passed until now and not told yet.
    pub(super) fn passed(&mut self, now: SessionTime) -> Option<Range<PresentationTime>> {
        let position = self.position(now);
        self.pass(position)
    }
}

/// Whether nothing follows in any track.
fn all_complete(levels: &[PlayableLevel<'_>]) -> bool {
    !levels.is_empty() && levels.iter().all(|level| level.complete)
}
