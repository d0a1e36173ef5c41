//! What does the viewer want? Wishes are obeyed or ignored; none fails.

use super::Session;
use crate::abr;
use crate::io::{Blame, Cause, Command, Epoch, Event, Output, Rendering, Severity};
use crate::kinds::TrackKind;
use crate::presentation::Character;
use crate::session::ClockSource;
use crate::session::playhead::{Move, Stuck};
use crate::snapshot::Mode;
use shared::time::PresentationTime;
use std::time::Duration;

/// Speeds at which sound can still be understood.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.25..=4.0;
/// Buffers beyond this only cost memory.
const MOST_BUFFER: Duration = Duration::from_secs(600);
/// Buffers below this cannot hold a segment.
const LEAST_BUFFER: Duration = Duration::from_secs(1);
/// Who goes to the end sees the end: a picture or two before it. Sound may be a little longer than the pictures.
const LAST_PICTURE: Duration = Duration::from_millis(100);
/// Seeks that follow each other faster than this are a hand that drags: the requests of all but the last are saved. Also
/// inside the buffer: it would be filled at the speed of the hand.
const DRAGGING: Duration = Duration::from_millis(200);

impl Session {
    pub(super) fn on_command(&mut self, command: Command) {
        self.out.journal.wished(self.out.now(), &command);
        match command {
            Command::Play => self.playhead.wanted = true,
            Command::Pause => self.playhead.pause(&mut self.out),
            Command::Seek(target) => self.seek(target),
            Command::Rate(rate) => self.set_rate(rate),
            Command::Repeat(repeat) => self.repeat = repeat,
            Command::Rung(rank) => {
                self.loading.set_mode(Mode::Manual(rank));
                let (loading, mut desk) = self.desk();
                loading.act_on_choice_by_hand(rank, &mut desk);
            }
            Command::Auto => self.loading.set_mode(Mode::Auto),
            Command::Policy(name) => self.choose_policy(&name),
            Command::BufferTarget(target) => {
                self.config.buffer_target = target.clamp(LEAST_BUFFER, MOST_BUFFER);
            }
            Command::Track { kind, number } => {
                let found = self.loading.numbered(kind, number, self.position());
                self.choose_track(kind, found, &format!("{kind} track {}", number.0));
            }
            Command::Language { kind, lang } => {
                let found = self.loading.speaking(kind, &lang, self.position());
                self.choose_track(kind, found, &format!("{kind} in `{lang}`"));
            }
            Command::Retry => self.ask_now(),
            Command::Throttle(_) | Command::Faults(_) | Command::Volume(_) => {}
            Command::SoundDelay(_) | Command::SoundDevice(_) => {}
            Command::Enough => self.close(Cause::Seconds),
            Command::Quit => self.close(Cause::Quit),
        }
    }

    /// Nobody waits for the end of a pause any more.
    fn ask_now(&mut self) {
        let (loading, mut desk) = self.desk();
        loading.ask_now(&mut desk);
        let now = self.out.now();
        self.opening.ask_at(now);
        if let Some(growth) = &mut self.growth {
            growth.ask_at(now);
        }
    }

    fn set_rate(&mut self, rate: f64) {
        if rate.is_finite() {
            let rate = rate.clamp(*SPEEDS.start(), *SPEEDS.end());
            self.playhead.set_rate(self.out.now(), rate);
            self.out.push(Output::SetRate(rate));
        }
    }

    fn choose_policy(&mut self, name: &str) {
        match abr::by_name(name) {
            Ok(policy) => {
                let (loading, desk) = self.desk();
                loading.set_policy(policy, &desk);
                self.config.policy = name.to_owned();
            }
            Err(error) => self.out.notice(Severity::Warning, error.to_string()),
        }
    }

    /// Another language or camera: the track begins anew where the playhead is.
    fn choose_track(&mut self, kind: TrackKind, like: Option<Character>, name: &str) {
        if !self.loading.lanes().iter().any(|lane| lane.kind == kind) {
            return;
        }
        let position = self.position();
        let Some(like) = like else {
            return self.out.notice(Severity::Warning, format!("there is no {name} here"));
        };
        let (loading, mut desk) = self.desk();
        loading.prefer(kind, like, &mut desk);
        self.relocate(position, Some(kind));
        let (loading, desk) = self.desk();
        loading.enter_preferred(kind, &desk);
    }

    /// Goes to `target`, held within the presentation. Inside the buffer without a request.
    pub(super) fn seek(&mut self, target: PresentationTime) {
        if !self.loading.has_begun() {
            self.begin_at = Some(target);
            return;
        }
        let presentation = self.loading.presentation();
        let last = presentation.extent().filter(|end| *end <= target).map(|end| end - LAST_PICTURE);
        let target = last.unwrap_or(target).max(presentation.start());
        let buffered = self.relocate(target, None);
        self.damp_dragging();
        self.out.tell(Event::Sought { to: target, buffered });
    }

    /// Begins a new epoch at `target`: what belongs to the old one is dropped at every hop. Tells whether all that is
    /// needed is in the buffer; the lane of a kind that is `renewed` begins anew in any case.
    fn relocate(&mut self, target: PresentationTime, renewed: Option<TrackKind>) -> bool {
        self.playhead.seek(target, &mut self.out);
        if !self.closed {
            self.ended = None;
        }
        self.epoch = Epoch(self.epoch.0.wrapping_add(1));
        self.out.push(Output::Flush { epoch: self.epoch, from: target });
        let (loading, mut desk) = self.desk();
        loading.relocate(target, renewed, &mut desk)
    }

    fn damp_dragging(&mut self) {
        let now = self.out.now();
        if self.last_seek.replace(now).is_some_and(|last| now.since(last) < DRAGGING) {
            self.loading.hold_requests_until(now + DRAGGING);
        }
    }

    /// A report of the output.
    pub(super) fn on_playback(&mut self, position: PresentationTime, state: Rendering, epoch: Epoch) {
        let own_clock = self.config.clock == ClockSource::Virtual;
        if epoch != self.epoch || own_clock || self.playhead.ended() || !self.loading.has_begun() {
            return;
        }
        let start = self.loading.presentation().start();
        let next = self.playhead.follow(position, state, start, &self.loading.levels(), &mut self.out);
        if next == Move::End {
            self.end();
        }
        let passed = self.playhead.passed(self.out.now());
        self.show(passed);
        if self.playhead.seeking() {
            self.loading.stand(self.position(), &mut self.out);
        }
        self.leave_what_stands(state);
    }

    /// The picture was late although its media was there.
    pub(super) fn on_late(&mut self, lasted: Duration) {
        let position = self.position();
        self.out.tell(Event::Late { position, lasted });
        let (loading, mut desk) = self.desk();
        loading.late(lasted, &mut desk);
    }

    /// An output that has had enough for long and does not move is waited for no longer.
    fn leave_what_stands(&mut self, state: Rendering) {
        match self.playhead.stuck(state, &self.loading.levels(), &self.config, self.out.now()) {
            Some(Stuck::Leap { from, to }) => self.leap(from, to, "nothing of it comes out of the decoders"),
            Some(Stuck::Hopeless { at }) => {
                self.blame = Blame::Decoder;
                self.fail(format!("nothing from {at} on comes out of the decoders"));
            }
            None => {}
        }
    }
}
