//! What does the viewer want?

use super::Session;
use crate::abr;
use crate::buffer::Part;
use crate::io::{Command, Output, Severity, TrackKind};
use crate::snapshot::Mode;
use std::time::Duration;

/// Speeds at which sound can still be understood.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.25..=4.0;
/// Buffers beyond this only cost memory.
const MOST_BUFFER: Duration = Duration::from_secs(600);
/// What begins this soon after the part that was handed to the decoder stays.
const NEAR: Duration = Duration::from_secs(1);
const LEAST_BUFFER: Duration = Duration::from_secs(1);

impl Session {
    pub(super) fn on_command(&mut self, command: Command) {
        self.outbox.journal.wished(self.now, &command);
        match command {
            Command::Play => self.playback.wanted = true,
            Command::Pause => self.pause(),
            Command::Seek(target) => self.seek(target),
            Command::Rate(rate) => self.set_rate(rate),
            Command::Repeat(repeat) => self.playback.repeat = repeat,
            Command::Rung(rung) => self.choose_rung(rung),
            Command::Auto => self.set_mode(Mode::Auto),
            Command::Policy(name) => self.choose_policy(&name),
            Command::BufferTarget(target) => {
                self.config.buffer_target = target.clamp(LEAST_BUFFER, MOST_BUFFER);
            }
            Command::Track { kind, set } => self.choose_set(kind, set),
            Command::Throttle(_) | Command::Faults(_) | Command::Volume(_) => {}
            Command::Quit => self.quit(),
        }
    }

    fn pause(&mut self) {
        self.playback.wanted = false;
        self.end_stall();
        self.hold();
    }

    fn set_rate(&mut self, rate: f64) {
        if rate.is_finite() {
            let rate = rate.clamp(*SPEEDS.start(), *SPEEDS.end());
            self.playback.clock.set_rate(self.now, rate);
            self.outbox.push(Output::SetRate(rate));
        }
    }

    fn set_mode(&mut self, mode: Mode) {
        let video = self.tracks.iter_mut().filter(|track| track.kind == TrackKind::Video);
        video.for_each(|track| track.mode = mode);
    }

    /// A choice by hand acts now: what is buffered in other rungs and far enough ahead is fetched again.
    fn choose_rung(&mut self, rung: usize) {
        self.set_mode(Mode::Manual(rung));
        if !self.config.replace {
            return;
        }
        let Some(index) = self.tracks.iter().position(|track| track.kind == TrackKind::Video) else { return };
        let from = self.position() + self.config.feed_ahead + NEAR;
        let other = |part: &&Part| part.time.start >= from && part.media.is_some_and(|media| media.rung != rung);
        let first = self.tracks[index].buffer.parts().filter(|part| !part.fed).find(other).map(|part| part.time.start);
        if let Some(first) = first {
            self.drop_from(index, first);
        }
    }

    fn choose_policy(&mut self, name: &str) {
        match abr::by_name(name) {
            Ok(policy) => {
                self.policy = policy;
                self.config.policy = name.to_owned();
                self.tracks.iter_mut().filter(|t| t.trouble.attempts == 0).for_each(|t| t.not_before = self.now);
            }
            Err(error) => self.notice(Severity::Warning, error.to_string()),
        }
    }

    /// Another language or camera: the track begins anew where the playhead is.
    fn choose_set(&mut self, kind: TrackKind, set: usize) {
        let Some(index) = self.tracks.iter().position(|track| track.kind == kind) else { return };
        let position = self.position();
        let available = |p: &crate::presentation::Presentation| {
            p.periods.get(p.period_at(position)).is_some_and(|period| period.sets_of(kind).nth(set).is_some())
        };
        if !self.presentation.as_deref().is_some_and(available) {
            return self.notice(Severity::Warning, format!("there is no {kind} track {set} here"));
        }
        self.tracks[index].chosen_set = Some(set);
        self.stop_fetching(index);
        self.relocate(position, Some(index));
        let period = self.tracks[index].period;
        self.enter_period(index, period);
    }

    fn quit(&mut self) {
        for id in self.requests.running_ids() {
            self.abort(id);
        }
        self.tracks.iter_mut().for_each(|track| track.fetching = None);
        self.hold();
        self.failed = true;
        self.outbox.push(Output::Quit);
    }
}
