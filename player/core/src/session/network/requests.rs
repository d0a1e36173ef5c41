//! What is under way: requests with what has arrived of them, and the table of recent ones for people.

use crate::history::Delivered;
use crate::io::{Failure, Request, RequestId, Subject};
use crate::kinds::TrackKind;
use crate::presentation::RungId;
use crate::session::recovery::{LEAST_WAITS, NOTICEABLE, WAITS};
use crate::snapshot::{RequestState, RequestView};
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Finished requests kept for table and strip: more than an hour of them. When full, the older half is forgotten.
const KEPT: usize = 8192;

/// What a request is for, as the session sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::session) enum RequestPurpose {
    Manifest,
    /// A file that a rung needs.
    Setup(SetupKind, RungId),
    /// The media segment that the track of this kind is fetching.
    Media(TrackKind),
}

/// Which file of a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::session) enum SetupKind {
    Init,
    Index,
    Sizes,
}

/// A request under way.
#[derive(Debug, Clone)]
pub(in crate::session) struct InProgress {
    pub(in crate::session) request: Request,
    pub(in crate::session) purpose: RequestPurpose,
    /// Name of the location asked.
    pub(in crate::session) location: String,
    pub(in crate::session) made: SessionTime,
    pub(in crate::session) first_byte: Option<SessionTime>,
    /// When anything to speak of was last heard of it, and how much there was of it then.
    pub(in crate::session) heard: SessionTime,
    heard_of: ByteSize,
    pub(in crate::session) received: ByteSize,
    pub(in crate::session) expected: Option<ByteSize>,
    /// What other requests received since its first byte.
    pub(in crate::session) beside: ByteSize,
}

/// All requests of a session.
#[derive(Default)]
pub(super) struct Requests {
    made: u64,
    running: BTreeMap<RequestId, InProgress>,
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

    pub(super) fn get(&self, id: RequestId) -> Option<&InProgress> {
        self.running.get(&id)
    }

    /// Another request for the same thing.
    pub(super) fn twin(&self, id: RequestId, purpose: RequestPurpose) -> Option<RequestId> {
        let same = |other: &&InProgress| other.purpose == purpose && other.request.id != id;
        self.running.values().find(same).map(|other| other.request.id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &InProgress> {
        self.running.values()
    }

    /// A request goes out.
    pub(super) fn begin(&mut self, running: InProgress) {
        self.running.insert(running.request.id, running);
    }

    /// Takes note of what has arrived. Bytes of one count as "beside" for all others that have begun.
    pub(super) fn progress(&mut self, now: SessionTime, id: RequestId, received: ByteSize, expected: Option<ByteSize>) {
        self.account(now);
        let Some(running) = self.running.get_mut(&id) else { return };
        let more = received - running.received;
        running.received = running.received.max(received);
        running.expected = expected.or(running.expected);
        if running.first_byte.is_none() || running.received - running.heard_of >= NOTICEABLE {
            running.heard = now;
            running.heard_of = running.received;
        }
        running.first_byte.get_or_insert(now);
        self.delivered.bytes += more;
        for other in self.running.values_mut().filter(|other| other.request.id != id && other.first_byte.is_some()) {
            other.beside += more;
        }
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
    pub(super) fn end(&mut self, now: SessionTime, id: RequestId, ending: Ending) -> Option<InProgress> {
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
        let media = self.recent.iter().rev().filter(|request| matches!(request.subject, Subject::Media(_)));
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

impl RequestPurpose {
    /// What a subject is for.
    fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Manifest => Self::Manifest,
            Subject::Init(of) => Self::Setup(SetupKind::Init, of.rung),
            Subject::Index(of) => Self::Setup(SetupKind::Index, of.rung),
            Subject::Sizes(of) => Self::Setup(SetupKind::Sizes, of.rung),
            Subject::Media(segment) => Self::Media(segment.of.track),
        }
    }
}

impl InProgress {
    /// A request that is made now.
    pub(super) fn new(request: Request, location: String, now: SessionTime) -> Self {
        Self {
            purpose: RequestPurpose::of(&request.subject),
            request,
            location,
            made: now,
            first_byte: None,
            heard: now,
            heard_of: ByteSize::ZERO,
            received: ByteSize::ZERO,
            expected: None,
            beside: ByteSize::ZERO,
        }
    }

    pub(super) fn view(&self, ended: Option<SessionTime>, ending: Ending) -> RequestView {
        let request = &self.request;
        RequestView {
            id: request.id,
            subject: request.subject.clone(),
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
