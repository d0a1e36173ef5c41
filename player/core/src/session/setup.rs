//! What a rung needs before its media is of use: an init segment for the decoder, an index where the manifest has
//! none; and what is good to have: true sizes.

use super::Session;
use super::locations::name_of;
use super::requests::{Purpose, Running};
use super::retry::{Remedy, Trouble, pause, remedy, transient};
use crate::io::{Failure, Output, Request, RequestId, RequestKind, Severity};
use crate::presentation::{Place, Rung};
use shared::addressing::Resource;
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of an init segment or an index: an hour-long sidx has tens of kilobytes.
const LIMIT: ByteSize = ByteSize::from_bytes(16 << 20);

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SetupKind {
    Init,
    Index,
    Sizes,
}

/// The files that were asked for.
#[derive(Debug, Default)]
pub(super) struct Setups {
    states: BTreeMap<(SetupKind, Place), State>,
    troubles: BTreeMap<(SetupKind, Place), Trouble>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Running,
    Retry(SessionTime),
    /// The bytes are with the shell.
    Ready(RequestId),
    /// It will not come; only for what is not needed.
    Missing,
}

impl Setups {
    /// The request that holds the init segment.
    pub(super) fn init(&self, place: Place) -> Option<RequestId> {
        match self.states.get(&(SetupKind::Init, place)) {
            Some(State::Ready(request)) => Some(*request),
            _ => None,
        }
    }

    /// The rung whose init segment this request brought, which is of no use.
    pub(super) fn forget_init(&mut self, request: RequestId) -> Option<Place> {
        let of_it = |(key, state): (&(SetupKind, Place), &State)| (*state == State::Ready(request)).then_some(*key);
        let key = self.states.iter().find_map(of_it).filter(|(kind, _)| *kind == SetupKind::Init)?;
        self.states.remove(&key);
        Some(key.1)
    }

    fn running_in_set(&self, place: Place) -> bool {
        let same = |other: Place| (other.period, other.set) == (place.period, place.set);
        self.states.iter().any(|((_, other), state)| same(*other) && *state == State::Running)
    }
}

impl Session {
    /// Fetches a file of a rung unless it is there, under way or given up.
    pub(super) fn ensure(&mut self, kind: SetupKind, place: Place) {
        match self.setups.states.get(&(kind, place)) {
            None => self.request_setup(kind, place),
            Some(State::Retry(at)) if *at <= self.now => self.request_setup(kind, place),
            Some(State::Retry(at)) => self.wake_at(*at),
            Some(State::Running | State::Ready(_) | State::Missing) => {}
        }
    }

    /// Goes on with what is due again, then with what is good to have, one file at a time.
    pub(super) fn continue_setups(&mut self, track: usize) {
        let due: Vec<_> =
            self.setups.states.iter().filter(|(_, s)| matches!(s, State::Retry(_))).map(|(k, _)| *k).collect();
        due.into_iter().for_each(|(kind, place)| self.ensure(kind, place));
        if let Some((kind, place)) = self.good_to_have(track) {
            self.ensure(kind, place);
        }
    }

    /// Indexes and true sizes of the whole ladder, once the first segment is there.
    fn good_to_have(&self, track: usize) -> Option<(SetupKind, Place)> {
        let track = &self.tracks[track];
        let first = track.place(0)?;
        let set = self.presentation.as_ref()?.set(first.period, first.set)?;
        if track.last_rung.is_none() || self.setups.running_in_set(first) {
            return None;
        }
        let wanted = |(rung, place): (&Rung, Place)| {
            let kind = if rung.index.pending().is_some() { SetupKind::Index } else { SetupKind::Sizes };
            let named = kind == SetupKind::Index || rung.size_index.is_some();
            let fresh = !self.setups.states.contains_key(&(kind, place)) && !self.excluded(place);
            (named && fresh).then_some((kind, place))
        };
        set.rungs.iter().enumerate().map(|(rung, r)| (r, Place { rung, ..first })).find_map(wanted)
    }

    fn request_setup(&mut self, kind: SetupKind, place: Place) {
        self.request_setup_at(kind, place, None);
    }

    /// At the place that is due, or at another one than `except`.
    pub(super) fn request_setup_at(&mut self, kind: SetupKind, place: Place, except: Option<&str>) {
        let Some((resource, request_kind)) = self.setup_resource(kind, place) else {
            self.setups.states.insert((kind, place), State::Missing);
            return;
        };
        let attempt = self.setups.troubles.get(&(kind, place)).map_or(0, |trouble| trouble.attempts);
        let location = self.location_for_setup(place, except);
        let located = location.and_then(|l| Some((String::from(resource.url(&l.base).ok()?), name_of(&l))));
        let Some((url, location)) = located else {
            self.do_without(kind, place, &Self::content_failure("its address is no URL"));
            return;
        };
        let request = Request {
            id: self.requests.next_id(),
            kind: request_kind,
            url,
            range: resource.range,
            limit: LIMIT,
            track: self.presentation.as_ref().and_then(|p| p.set(place.period, place.set)).map(|set| set.kind),
            rung: Some(place.rung),
            representation: self.presentation.as_ref().and_then(|p| p.rung(place)).map(|rung| rung.id.clone()),
            position: None,
            time: None,
            size: resource.range.and_then(|range| range.length()).map(ByteSize::from_bytes),
            attempt,
        };
        self.setups.states.insert((kind, place), State::Running);
        self.send(request, Purpose::Setup(kind, place), location);
    }

    fn setup_resource(&self, kind: SetupKind, place: Place) -> Option<(Resource, RequestKind)> {
        let rung = self.presentation.as_ref()?.rung(place)?;
        let (resource, kind) = match kind {
            SetupKind::Init => (rung.init.as_ref(), RequestKind::Init),
            SetupKind::Index => (rung.index.pending(), RequestKind::Index),
            SetupKind::Sizes => (rung.size_index.as_ref(), RequestKind::Sizes),
        };
        Some((resource?.clone(), kind))
    }

    /// An init segment has come; its bytes stay with the shell.
    pub(super) fn init_arrived(&mut self, place: Place, request: RequestId) {
        self.setups.troubles.remove(&(SetupKind::Init, place));
        self.setups.states.insert((SetupKind::Init, place), State::Ready(request));
    }

    /// An index or a list of sizes has come.
    pub(super) fn index_arrived(&mut self, kind: SetupKind, place: Place, running: &Running, bytes: &[u8]) {
        let request = running.request.id;
        self.setups.states.remove(&(kind, place));
        self.outbox.push(Output::Discard(request));
        let Some(rung) = self.presentation.as_mut().and_then(|p| Arc::make_mut(p).rung_mut(place)) else { return };
        let read = if kind == SetupKind::Sizes { rung.index.with_sizes(bytes) } else { rung.index.with_sidx(bytes) };
        match read {
            Ok(index) => {
                rung.index = index;
                self.setups.troubles.remove(&(kind, place));
                if kind == SetupKind::Sizes {
                    self.setups.states.insert((kind, place), State::Ready(request));
                }
            }
            Err(error) => {
                let failure = Self::content_failure(format!("unusable index: {error}"));
                self.setup_failed(kind, place, &failure, &running.location);
            }
        }
    }

    /// Decides what to do about a file that did not come, and says so.
    pub(super) fn setup_failed(&mut self, kind: SetupKind, place: Place, failure: &Failure, from: &str) -> String {
        let elsewhere = self.exclude_location(place, failure, from);
        if self.requests.running_for(Purpose::Setup(kind, place)) {
            return "it is on its way from another location".to_owned();
        }
        let odds = self.odds(self.track_of(place));
        let last = kind != SetupKind::Sizes && self.is_last_rung(place);
        let trouble = self.setups.troubles.entry((kind, place)).or_default();
        trouble.note(self.now);
        match remedy(trouble, failure, elsewhere, self.now, odds) {
            Remedy::Elsewhere => {
                self.setups.states.insert((kind, place), State::Retry(self.now));
                "asking another location".to_owned()
            }
            Remedy::Again(pause) => self.ask_again(kind, place, pause),
            Remedy::Otherwise if last && trouble.worth_trying(failure) => {
                let pause = pause(trouble.attempts, failure, odds);
                self.ask_again(kind, place, pause)
            }
            Remedy::Otherwise | Remedy::GiveUp => self.do_without(kind, place, failure),
        }
    }

    fn ask_again(&mut self, kind: SetupKind, place: Place, pause: Duration) -> String {
        self.setups.states.insert((kind, place), State::Retry(self.now + pause));
        format!("asking again in {:.1} s", pause.as_secs_f64())
    }

    /// Whether a track would have no rung left without this one.
    fn is_last_rung(&self, place: Place) -> bool {
        self.track_of(place).is_some_and(|track| self.usable(track).rungs.iter().all(|&rung| rung == place.rung))
    }

    /// The track that is at a place now.
    fn track_of(&self, place: Place) -> Option<usize> {
        self.tracks.iter().position(|track| track.place(place.rung) == Some(place))
    }

    pub(super) fn do_without(&mut self, kind: SetupKind, place: Place, failure: &Failure) -> String {
        self.setups.troubles.remove(&(kind, place));
        if kind == SetupKind::Sizes {
            self.setups.states.insert((kind, place), State::Missing);
            self.notice(Severity::Info, format!("segment sizes are estimated: {}", failure.message));
            return "doing without".to_owned();
        }
        self.setups.states.remove(&(kind, place));
        // A file that is not there will not be there in a quarter of a minute: that is as good as three failures.
        let strikes = if transient(failure) { 1 } else { 3 };
        (0..strikes).for_each(|_| self.exclude(place));
        self.refetch_rung(place);
        if let Some(track) = self.track_of(place).filter(|&track| self.hopeless(track)) {
            self.lose_track(track, &failure.message);
        }
        "leaving the rung alone for a while".to_owned()
    }
}
