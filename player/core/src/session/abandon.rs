//! Should a running download be given up? The policy is asked at the instants that it named itself.

use super::Session;
use super::choice::Choices;
use super::requests::Running;
use super::track::Fetching;
use crate::abr::{InFlight, Verdict};
use crate::io::{Action, TrackKind};
use crate::snapshot::Mode;
use shared::time::SessionTime;

impl Session {
    /// Asks about every download for which it is time.
    pub(super) fn check_abandon(&mut self) {
        for index in 0..self.tracks.len() {
            match self.tracks[index].fetching.as_ref().and_then(|fetching| fetching.ask_again) {
                Some(at) if at <= self.now => self.ask_whether_to_abandon(index),
                Some(at) => self.wake_at(at),
                None => {}
            }
        }
    }

    fn ask_whether_to_abandon(&mut self, index: usize) {
        let Some(fetching) = self.tracks[index].fetching.clone() else { return };
        let verdict = self.verdict(index, &fetching);
        match verdict {
            Some((Verdict::Restart { rung, reason }, choices)) => {
                let Some(&rung) = choices.rungs.get(rung).filter(|&&rung| rung != fetching.place.rung) else {
                    return self.ask_at(index, None);
                };
                let action = Action::Abandon { request: fetching.request, rung, position: fetching.position };
                self.tell_decision(index, action, &reason);
                self.restart(index, &fetching, rung);
            }
            Some((Verdict::GoOn { ask_again }, _)) => self.ask_at(index, ask_again),
            None => self.ask_at(index, None),
        }
    }

    fn ask_at(&mut self, index: usize, at: Option<SessionTime>) {
        // A question for the same instant would be asked for ever.
        let at = at.filter(|at| *at > self.now);
        if let Some(fetching) = &mut self.tracks[index].fetching {
            fetching.ask_again = at;
        }
        if let Some(at) = at {
            self.wake_at(at);
        }
    }

    fn verdict(&mut self, index: usize, fetching: &Fetching) -> Option<(Verdict, Choices)> {
        let track = &self.tracks[index];
        let first = self.playback.startup.is_none() && !self.config.abandon_first;
        if track.kind != TrackKind::Video || track.mode != Mode::Auto || fetching.replaces || first {
            return None;
        }
        let choices = self.choices(index);
        let rung = choices.index_of(fetching.place.rung)?;
        let in_flight = self.in_flight(rung, self.requests.get(fetching.request)?);
        let verdict = self.ask(index, fetching.position, &choices, |policy, c| policy.abandon(c, &in_flight))?;
        Some((verdict, choices))
    }

    fn in_flight(&self, rung: usize, running: &Running) -> InFlight {
        let request = &running.request;
        let place = match running.purpose {
            super::requests::Purpose::Media(index) => self.tracks[index].fetching.as_ref().map(|f| f.place),
            _ => None,
        };
        let bandwidth = place.and_then(|place| self.presentation.as_ref()?.rung(place)).map(|rung| rung.bandwidth);
        let nominal = bandwidth.unwrap_or_default().over(request.duration());
        let size = request.size.or(running.expected).unwrap_or(nominal);
        InFlight { rung, request: running.made, first_byte: running.first_byte, received: running.received, size }
    }

    fn restart(&mut self, index: usize, fetching: &Fetching, rung: usize) {
        self.tracks[index].fetching = None;
        let Some((_, transfer)) = self.abort(fetching.request) else { return };
        self.tell_policy(index, fetching, &transfer);
        if self.fetch(index, rung, self.tracks[index].next, false) {
            self.check_abandon();
        }
    }
}
