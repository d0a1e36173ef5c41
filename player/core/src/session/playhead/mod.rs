//! The playhead: does it move? It starts with the first segment, stands when a track has run dry, and goes on with a
//! little more than nothing; a viewer's pause is something else. It is told how much there is ([`PlayableLevel`]) and says
//! what follows ([`Move`]); it knows no request and no rung.
//!
//! * this file: clock, start, stall, pause, end;
//! * `gap`: what if there is nothing at it;
//! * `stuck`: what if there is enough, and nothing comes out.

mod gap;
mod stuck;

pub(super) use stuck::Stuck;

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
    /// How long the output has been idle.
    idle: stuck::Idle,
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
            idle: stuck::Idle::default(),
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

    /// It stands, and nobody waits for it to go on.
    pub(super) fn stop(&mut self, out: &mut Outbox) {
        self.hold(out);
        self.end_stall(out);
    }

    /// Everything has been played.
    pub(super) fn end(&mut self, out: &mut Outbox) {
        self.stop(out);
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
        let late = late(levels, position);
        let driest = open.min_by_key(|level| level.buffer.playable_until(position)).or(levels.first());
        self.stall = Some(at);
        out.journal.stall_began(at, position);
        if let Some(driest) = driest {
            out.tell(Event::StallBegan { position, track: driest.kind, late });
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

/// Whether the decoders have everything at a place, and a little beyond it: who stands there waits for this machine.
fn late(levels: &[PlayableLevel<'_>], position: PresentationTime) -> bool {
    let there =
        |at| move |level: &PlayableLevel<'_>| level.complete || level.buffer.part_at(at).is_some_and(|part| part.fed);
    levels.iter().all(there(position)) && levels.iter().all(there(position + SEAM))
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests {
    use super::testing::{Audio, Have::*, TestTrack, Video, at, levels, place, told};
    use super::*;

    /// A playhead with its outbox, and what it goes by.
    struct Theatre {
        playhead: Playhead,
        out: Outbox,
        config: Config,
        tracks: Vec<TestTrack>,
    }

    impl Theatre {
        fn new(clock: ClockSource, tracks: Vec<TestTrack>) -> Self {
            let config = Config { clock, ..Config::default() };
            Self { playhead: Playhead::default(), out: Outbox::default(), config, tracks }
        }

        /// One whose pictures move from second 0 on.
        fn playing(clock: ClockSource, tracks: Vec<TestTrack>) -> Self {
            let mut theatre = Self::new(clock, tracks);
            theatre.step(0.0);
            theatre.report(0.0, 0.0, Rendering::Playing);
            assert!(theatre.playhead.started());
            told(&mut theatre.out);
            theatre
        }

        /// The session's loop, as far as the playhead is concerned.
        fn step(&mut self, secs: f64) -> Move {
            self.out.advance(at(secs));
            let levels = levels(&self.tracks);
            if let Some(dry) = self.playhead.advance(&levels, at(secs)).dry {
                self.playhead.run_dry(&levels, dry, &mut self.out);
            }
            self.playhead.control(&levels, &self.config, &mut self.out)
        }

        fn report(&mut self, secs: f64, position: f64, state: Rendering) -> Move {
            self.out.advance(at(secs));
            if self.config.clock == ClockSource::Virtual {
                return Move::Stay;
            }
            let levels = levels(&self.tracks);
            self.playhead.follow(place(position), state, PresentationTime::ZERO, &levels, &mut self.out)
        }

        fn told(&mut self) -> Vec<String> {
            told(&mut self.out)
        }

        fn position(&self) -> f64 {
            self.playhead.position(self.out.now()).secs_f64()
        }
    }

    #[test]
    fn the_first_picture_waits_for_all_tracks_and_their_decoders_and_for_nothing_more() {
        let video = || TestTrack::new(Video, &[Fed(0.5)]);
        let check = |tracks: Vec<TestTrack>, begins: bool, what: &str| {
            let next = Theatre::new(ClockSource::Virtual, tracks).step(1.0);
            assert_eq!(next, if begins { Move::Begun } else { Move::Stay }, "{what}");
        };
        check(vec![], false, "nothing is known");
        check(vec![TestTrack::new(Video, &[])], false, "nothing is there");
        check(vec![TestTrack::new(Video, &[There(4.0)])], false, "the decoder has nothing");
        check(vec![video()], true, "half a second is enough");
        check(vec![video(), TestTrack::new(Audio, &[])], false, "sound is missing");
        check(vec![video(), TestTrack::new(Audio, &[Nothing(4.0)])], true, "there will be no sound here");
        check(vec![video(), TestTrack::complete(Audio, &[])], true, "there will be no sound at all");
    }

    #[test]
    fn an_output_with_its_own_clock_is_told_to_run_and_begins_when_it_says_so() {
        let mut theatre = Theatre::new(ClockSource::Reported, vec![TestTrack::new(Video, &[Fed(4.0)])]);
        assert_eq!((theatre.step(1.0), theatre.told()), (Move::Stay, vec!["play".to_owned()]));
        assert!(theatre.playhead.told() && !theatre.playhead.started());
        assert_eq!((theatre.step(1.5), theatre.told()), (Move::Stay, vec![]), "told once");
        theatre.report(1.7, 0.0, Rendering::Playing);
        assert_eq!(theatre.told(), ["started after 1.7 s"]);
        theatre.step(2.0);
        assert_eq!((theatre.position(), theatre.told()), (0.3, vec!["wake at 5.7".to_owned()]));
    }

    #[test]
    fn a_track_that_has_run_dry_stops_the_film_at_its_end_and_names_it() {
        let tracks = vec![TestTrack::new(Video, &[Fed(6.0)]), TestTrack::new(Audio, &[Fed(4.0)])];
        let mut theatre = Theatre::playing(ClockSource::Virtual, tracks);
        // Nobody looked at the instant itself.
        theatre.step(4.7);
        assert_eq!(theatre.position(), 4.0);
        assert_eq!(theatre.told(), ["pause", "audio dry at 4"]);
        theatre.tracks[1].push(Fed(5.0));
        theatre.step(5.0);
        assert_eq!((theatre.told(), theatre.playhead.stalled()), (vec![], true), "a second is too little to go on");
        theatre.tracks[1].push(Fed(6.0));
        assert_eq!(theatre.step(6.0), Move::Begun);
        assert_eq!(theatre.told(), ["play", "stood for 2 s", "wake at 8"]);
    }

    #[test]
    fn what_is_complete_cannot_run_dry() {
        let tracks = || vec![TestTrack::new(Video, &[Fed(9.0)]), TestTrack::complete(Audio, &[Fed(4.0)])];
        let mut theatre = Theatre::playing(ClockSource::Virtual, tracks());
        theatre.step(5.0);
        assert_eq!((theatre.position(), theatre.playhead.stalled()), (5.0, false));
        assert_eq!(theatre.told(), ["wake at 9"]);
        // A stall that another track has begun ends although the complete one has nothing ahead.
        theatre.step(9.0);
        assert_eq!(theatre.told(), ["pause", "video dry at 9"]);
        theatre.tracks[0].push(Fed(11.0));
        assert_eq!(theatre.step(9.5), Move::Begun);
    }

    #[test]
    fn a_pause_is_no_stall_and_ends_one() {
        let mut theatre = Theatre::playing(ClockSource::Virtual, vec![TestTrack::new(Video, &[Fed(2.0)])]);
        theatre.step(2.0);
        theatre.out.advance(at(3.0));
        theatre.playhead.pause(&mut theatre.out);
        assert_eq!(theatre.told(), ["pause", "video dry at 2", "stood for 1 s"]);
        theatre.tracks[0].push(Fed(8.0));
        assert_eq!((theatre.step(9.0), theatre.told()), (Move::Stay, vec![]), "the viewer does not want it to");
        theatre.playhead.wanted = true;
        assert_eq!((theatre.step(10.0), theatre.position()), (Move::Begun, 2.0));
    }

    #[test]
    fn after_a_seek_half_a_second_is_enough_and_the_wait_is_no_stall() {
        let mut theatre = Theatre::playing(ClockSource::Virtual, vec![TestTrack::new(Video, &[Fed(4.0)])]);
        theatre.out.advance(at(1.0));
        theatre.playhead.seek(place(3.7), &mut theatre.out);
        assert_eq!((theatre.step(1.0), theatre.told()), (Move::Stay, vec![]), "300 ms are too little");
        assert!(theatre.playhead.seeking() && !theatre.playhead.stalled());
        theatre.tracks[0].push(Fed(4.2));
        assert_eq!((theatre.step(1.5), theatre.playhead.seeking()), (Move::Begun, false));
        assert_eq!(theatre.told(), ["play", "wake at 2"]);
    }

    #[test]
    fn a_seek_before_the_first_picture_belongs_to_the_start() {
        let mut theatre = Theatre::new(ClockSource::Virtual, vec![TestTrack::new(Video, &[Fed(4.0)])]);
        theatre.playhead.seek(place(3.9), &mut theatre.out);
        assert!(!theatre.playhead.seeking());
        assert_eq!(theatre.step(2.0), Move::Begun);
        assert_eq!(theatre.told(), ["play", "started after 2 s", "wake at 2.1"]);
    }

    #[test]
    fn the_end_is_where_everything_has_been_played() {
        let tracks = || vec![TestTrack::complete(Video, &[Fed(4.0)]), TestTrack::complete(Audio, &[Fed(4.1)])];
        let mut by_itself = Theatre::playing(ClockSource::Virtual, tracks());
        assert_eq!(by_itself.step(4.05), Move::Stay, "sound goes on");
        assert_eq!(by_itself.step(4.3), Move::End);
        by_itself.playhead.end(&mut by_itself.out);
        assert!(by_itself.playhead.ended() && by_itself.position() == 4.1);

        let mut reported = Theatre::playing(ClockSource::Reported, tracks());
        assert_eq!(reported.step(4.3), Move::Stay, "the output has not said so");
        assert_eq!(reported.report(4.4, 4.1, Rendering::Finished), Move::End);
        let mut early = Theatre::playing(ClockSource::Reported, vec![TestTrack::new(Video, &[Fed(4.0)])]);
        assert_eq!(early.report(4.0, 4.0, Rendering::Finished), Move::Stay, "more will come");
    }

    #[test]
    fn reports_are_held_within_what_can_have_been_shown() {
        let tracks = vec![TestTrack::new(Video, &[Fed(4.0), There(8.0)])];
        let mut theatre = Theatre::playing(ClockSource::Reported, tracks);
        for (reported, believed) in [(-0.5, 0.0), (2.5, 2.5), (4.08, 4.08), (7.0, 4.1)] {
            theatre.report(2.0, reported, Rendering::Playing);
            assert_eq!(theatre.position(), believed);
        }
    }

    #[test]
    fn an_output_that_starves_stands_until_it_says_that_it_plays() {
        let mut theatre = Theatre::playing(ClockSource::Reported, vec![TestTrack::new(Video, &[Fed(4.0), There(8.0)])]);
        theatre.report(2.0, 1.9, Rendering::Starved);
        assert_eq!((theatre.position(), theatre.told()), (1.9, vec!["video late at 1.9".to_owned()]));
        theatre.report(2.4, 1.9, Rendering::Playing);
        assert_eq!(theatre.told(), ["stood for 0.4 s"]);
        // A report from before the pause arrived late.
        theatre.playhead.pause(&mut theatre.out);
        theatre.report(2.5, 2.0, Rendering::Playing);
        theatre.report(2.6, 2.0, Rendering::Starved);
        theatre.step(9.0);
        assert_eq!((theatre.position(), theatre.told()), (2.0, vec!["pause".to_owned()]));
    }

    #[test]
    fn another_speed_moves_the_instant_at_which_it_runs_dry() {
        let mut theatre = Theatre::playing(ClockSource::Virtual, vec![TestTrack::new(Video, &[Fed(4.0)])]);
        theatre.out.advance(at(1.0));
        theatre.playhead.set_rate(at(1.0), 2.0);
        theatre.step(1.0);
        assert_eq!(theatre.told(), ["wake at 2.5"]);
        let levels = levels(&theatre.tracks);
        assert_eq!(theatre.playhead.advance(&levels, at(9.0)).dry, Some(at(2.5)));
    }

    #[test]
    fn what_was_passed_is_told_once_and_only_after_the_first_picture() {
        let mut unseen = Theatre::new(ClockSource::Virtual, vec![TestTrack::new(Video, &[There(4.0)])]);
        unseen.step(1.0);
        assert_eq!(unseen.playhead.passed(at(1.0)), None);

        let mut theatre = Theatre::playing(ClockSource::Reported, vec![TestTrack::new(Video, &[Fed(4.0)])]);
        assert_eq!(theatre.playhead.passed(at(1.0)), Some(place(0.0)..place(1.0)));
        // The output is a little behind what was extrapolated.
        theatre.report(1.5, 0.9, Rendering::Playing);
        assert_eq!(theatre.playhead.passed(at(1.5)), None);
        assert_eq!(theatre.playhead.passed(at(2.0)), Some(place(1.0)..place(1.4)));
        theatre.playhead.jump(at(2.0), place(3.0));
        assert_eq!(theatre.playhead.passed(at(2.0)), None, "what is leapt over is not shown");
    }
}
