//! What is under way: requests with what has arrived of them, and the table of recent ones for people.

use super::Session;
use super::setup::SetupKind;
use crate::estimate::Transfer;
use crate::io::{Event, Output, Request, RequestId};
use crate::presentation::Place;
use crate::snapshot::{RequestState, RequestView};
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::collections::{BTreeMap, VecDeque};

/// Finished requests kept for the table.
const RECENT: usize = 300;

/// What a request is for, as the session sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Purpose {
    Manifest,
    Setup(SetupKind, Place),
    /// The media segment that the track at this index is fetching.
    Media(usize),
}

/// A request under way.
#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) request: Request,
    pub(super) purpose: Purpose,
    /// Name of the location asked.
    pub(super) location: String,
    pub(super) made: SessionTime,
    pub(super) first_byte: Option<SessionTime>,
    /// When anything was last heard of it.
    pub(super) heard: SessionTime,
    pub(super) received: ByteSize,
    pub(super) expected: Option<ByteSize>,
    /// What other requests received since its first byte.
    pub(super) beside: ByteSize,
}

/// All requests of a session.
#[derive(Default)]
pub(super) struct Requests {
    made: u64,
    running: BTreeMap<RequestId, Running>,
    recent: VecDeque<RequestView>,
}

impl Requests {
    pub(super) fn next_id(&mut self) -> RequestId {
        self.made += 1;
        RequestId(self.made)
    }

    pub(super) fn get(&self, id: RequestId) -> Option<&Running> {
        self.running.get(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Running> {
        self.running.values()
    }

    pub(super) fn running_ids(&self) -> Vec<RequestId> {
        self.running.keys().copied().collect()
    }

    /// Takes note of what has arrived. Bytes of one count as "beside" for all others that have begun.
    fn progress(&mut self, now: SessionTime, id: RequestId, received: ByteSize, expected: Option<ByteSize>) {
        let Some(running) = self.running.get_mut(&id) else { return };
        let more = received - running.received;
        running.received = running.received.max(received);
        running.expected = expected.or(running.expected);
        if running.first_byte.is_none() || more > ByteSize::ZERO {
            running.heard = now;
        }
        running.first_byte.get_or_insert(now);
        let others = self.running.values_mut().filter(|other| other.request.id != id && other.first_byte.is_some());
        others.for_each(|other| other.beside += more);
    }

    /// Removes a request and remembers how it ended.
    pub(super) fn end(&mut self, now: SessionTime, id: RequestId, state: RequestState) -> Option<Running> {
        let running = self.running.remove(&id)?;
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(running.view(Some(now), state));
        Some(running)
    }

    /// Recent and running ones, oldest first.
    pub(super) fn views(&self) -> Vec<RequestView> {
        let running = self.running.values().map(|running| running.view(None, RequestState::Running));
        self.recent.iter().cloned().chain(running).collect()
    }
}

impl Running {
    fn view(&self, ended: Option<SessionTime>, state: RequestState) -> RequestView {
        let request = &self.request;
        RequestView {
            id: request.id,
            kind: request.kind,
            track: request.track,
            rung: request.rung,
            position: request.position,
            time: request.time.clone(),
            url: request.url.as_str().into(),
            requested: self.made,
            first_byte: self.first_byte,
            ended,
            received: self.received,
            size: request.size.or(self.expected),
            state,
            attempt: request.attempt,
        }
    }
}

impl Session {
    /// Sends a request out.
    pub(super) fn send(&mut self, request: Request, purpose: Purpose, location: String) {
        let running = Running {
            request: request.clone(),
            purpose,
            location,
            made: self.now,
            first_byte: None,
            heard: self.now,
            received: ByteSize::ZERO,
            expected: None,
            beside: ByteSize::ZERO,
        };
        self.wake_at(self.now + self.patience(&running));
        self.requests.running.insert(request.id, running);
        self.outbox.push(Output::Fetch(request.clone()));
        self.tell(Event::Requested(request));
    }

    pub(super) fn on_progress(&mut self, id: RequestId, received: ByteSize, expected: Option<ByteSize>) {
        self.requests.progress(self.now, id, received, expected);
    }

    /// Stops a request; its bytes are wasted. The caller clears what referred to it.
    pub(super) fn abort(&mut self, id: RequestId) -> Option<(Running, Transfer)> {
        let running = self.requests.end(self.now, id, RequestState::Aborted)?;
        let transfer = self.note_transfer(&running, false, true);
        self.outbox.push(Output::Abort(id));
        self.outbox.journal.wasted(running.received);
        self.tell(Event::Aborted { request: id, bytes: running.received });
        Some((running, transfer))
    }
}
