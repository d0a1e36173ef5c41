//! What is under way: requests with what has arrived of them, and the table of recent ones for people.

use super::Session;
use super::setup::SetupKind;
use crate::estimate::Transfer;
use crate::history::Delivered;
use crate::io::{Event, Failure, Output, Request, RequestId, RequestKind};
use crate::presentation::Place;
use crate::snapshot::{RequestState, RequestView};
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Finished requests kept for table and strip: more than an hour of them. When full, the older half is forgotten.
const KEPT: usize = 8192;

/// Less than this is silence: a server that lets a byte drip now and then is of no more use than a silent one.
pub(super) const NOTICEABLE: ByteSize = ByteSize::from_bytes(1024);

/// Segments whose waiting times say what is usual, and how many of them it takes.
const WAITS: usize = 8;
const LEAST_WAITS: usize = 3;

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
    /// When anything to speak of was last heard of it, and how much there was of it then.
    pub(super) heard: SessionTime,
    heard_of: ByteSize,
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
    recent: Arc<Vec<RequestView>>,
    delivered: Delivered,
    /// Until when `delivered` is accounted for.
    accounted: SessionTime,
}

/// How a request ended, for people.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub(super) state: RequestState,
    pub(super) failure: Option<Failure>,
    pub(super) reason: Option<Arc<str>>,
}

impl Requests {
    pub(super) fn next_id(&mut self) -> RequestId {
        self.made += 1;
        RequestId(self.made)
    }

    pub(super) fn get(&self, id: RequestId) -> Option<&Running> {
        self.running.get(&id)
    }

    /// Another request for the same thing.
    pub(super) fn twin(&self, id: RequestId, purpose: Purpose) -> Option<RequestId> {
        let same = |other: &&Running| other.purpose == purpose && other.request.id != id;
        self.running.values().find(same).map(|other| other.request.id)
    }

    /// Whether something is under way for this purpose.
    pub(super) fn running_for(&self, purpose: Purpose) -> bool {
        self.running.values().any(|running| running.purpose == purpose)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Running> {
        self.running.values()
    }

    pub(super) fn running_ids(&self) -> Vec<RequestId> {
        self.running.keys().copied().collect()
    }

    /// Takes note of what has arrived. Bytes of one count as "beside" for all others that have begun.
    fn progress(&mut self, now: SessionTime, id: RequestId, received: ByteSize, expected: Option<ByteSize>) {
        self.account(now);
        let Some(running) = self.running.get_mut(&id) else { return };
        let more = received - running.received;
        running.received = running.received.max(received);
        running.expected = expected.or(running.expected);
        if running.first_byte.is_none() || running.received - running.heard_of >= NOTICEABLE {
            (running.heard, running.heard_of) = (now, running.received);
        }
        running.first_byte.get_or_insert(now);
        self.delivered.bytes += more;
        let others = self.running.values_mut().filter(|other| other.request.id != id && other.first_byte.is_some());
        others.for_each(|other| other.beside += more);
    }

    /// Time passes: it counts as busy when something flows.
    fn account(&mut self, now: SessionTime) {
        if self.running.values().any(|running| running.first_byte.is_some()) {
            self.delivered.busy += now.since(self.accounted);
        }
        self.accounted = now;
    }

    /// What the network has carried until `now`.
    pub(super) fn delivered(&mut self, now: SessionTime) -> Delivered {
        self.account(now);
        self.delivered
    }

    /// Removes a request and remembers how it ended.
    fn end(&mut self, now: SessionTime, id: RequestId, ending: Ending) -> Option<Running> {
        self.account(now);
        let running = self.running.remove(&id)?;
        let recent = Arc::make_mut(&mut self.recent);
        if recent.len() >= KEPT {
            recent.drain(..KEPT / 2);
        }
        recent.push(running.view(Some(now), ending));
        Some(running)
    }

    /// The longest that the last segments took to begin; `None` while there are too few of them.
    pub(super) fn longest_wait(&self) -> Option<Duration> {
        let media = self.recent.iter().rev().filter(|request| request.kind == RequestKind::Media);
        let waits = media.filter_map(|request| Some(request.first_byte?.since(request.requested))).take(WAITS);
        let (count, longest) = waits.fold((0, Duration::ZERO), |(count, longest), wait| (count + 1, longest.max(wait)));
        (count >= LEAST_WAITS).then_some(longest)
    }

    /// The longest that an answer to any of the last requests took to begin.
    pub(super) fn slowest_answer(&self) -> Duration {
        let waits = self.recent.iter().rev().filter_map(|request| Some(request.first_byte?.since(request.requested)));
        waits.take(WAITS).max().unwrap_or_default()
    }

    /// Finished ones, oldest first.
    pub(super) fn recent(&self) -> Arc<Vec<RequestView>> {
        Arc::clone(&self.recent)
    }
}

impl Running {
    fn view(&self, ended: Option<SessionTime>, ending: Ending) -> RequestView {
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
            state: ending.state,
            attempt: request.attempt,
            location: self.location.as_str().into(),
            failure: ending.failure.map(Arc::new),
            reason: ending.reason,
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
            heard_of: ByteSize::ZERO,
            received: ByteSize::ZERO,
            expected: None,
            beside: ByteSize::ZERO,
        };
        self.wake_at(self.now + self.patience(&running));
        self.requests.running.insert(request.id, running);
        self.outbox.push(Output::Fetch(request.clone()));
        self.tell(Event::Requested(request));
    }

    /// Removes a request and remembers how it ended, and why it was made.
    pub(super) fn end_request(
        &mut self,
        id: RequestId,
        state: RequestState,
        failure: Option<&Failure>,
    ) -> Option<Running> {
        let reason = self.reason_of(self.requests.get(id)?);
        self.requests.end(self.now, id, Ending { state, failure: failure.cloned(), reason })
    }

    /// Those under way, oldest first.
    pub(super) fn running_views(&self) -> Vec<RequestView> {
        let ending = |running| Ending { state: RequestState::Running, failure: None, reason: self.reason_of(running) };
        self.requests.iter().map(|running| running.view(None, ending(running))).collect()
    }

    fn reason_of(&self, running: &Running) -> Option<Arc<str>> {
        self.outbox.journal.reason_of(&running.request, running.made)
    }

    pub(super) fn on_progress(&mut self, id: RequestId, received: ByteSize, expected: Option<ByteSize>) {
        self.requests.progress(self.now, id, received, expected);
    }

    /// Stops a request; its bytes are wasted. The caller clears what referred to it.
    pub(super) fn abort(&mut self, id: RequestId) -> Option<(Running, Transfer)> {
        let running = self.end_request(id, RequestState::Aborted, None)?;
        let transfer = self.note_transfer(&running, false, true);
        self.outbox.push(Output::Abort(id));
        self.outbox.journal.wasted(running.received);
        self.tell(Event::Aborted { request: id, bytes: running.received });
        Some((running, transfer))
    }
}
