//! What is under way: requests with what has arrived of them, and the table of recent ones for people.

use crate::history::Delivered;
use crate::io::{Failure, Request, RequestId, Subject};
use crate::kinds::TrackKind;
use crate::presentation::RungId;
use crate::session::recovery::{LEAST_WAITS, NOTICEABLE, WAITS};
use crate::snapshot::{RequestState, RequestView};
use shared::protection::KeyId;
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
    /// A licence with a key, first needed by this rung.
    Key(KeyId, RungId),
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
    /// Bytes of media segments.
    media: ByteSize,
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
        if let RequestPurpose::Media(_) = running.purpose {
            self.media += more;
        }
        for other in self.running.values_mut().filter(|other| other.request.id != id && other.first_byte.is_some()) {
            other.beside += more;
        }
    }

    /// Time passes.
    fn account(&mut self, now: SessionTime) {
        self.delivered = self.delivered(now);
        self.accounted = now;
    }

    /// What the network has carried until `now`: time counts as busy when something flows.
    pub(super) fn delivered(&self, now: SessionTime) -> Delivered {
        let flows = self.running.values().any(|running| running.first_byte.is_some());
        let more = if flows { now.since(self.accounted) } else { Duration::ZERO };
        Delivered { busy: self.delivered.busy + more, ..self.delivered }
    }

    /// Bytes of media segments that have come.
    pub(super) fn media(&self) -> ByteSize {
        self.media
    }

    /// What came for a request was no media.
    pub(super) fn was_no_media(&mut self, running: &InProgress) {
        if let RequestPurpose::Media(_) = running.purpose {
            self.media = self.media - running.received;
        }
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
            Subject::Key { of, key_id } => Self::Key(*key_id, of.rung),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::network::testing::Wire;

    #[test]
    fn what_others_bring_counts_as_beside_from_the_first_byte_on() {
        let mut wire = Wire::default();
        let ids = [wire.send_media(), wire.send_media()];
        let beside = |wire: &Wire| ids.map(|id| wire.running(id).beside.bytes());
        wire.progress(ids[0], 1000);
        assert_eq!(beside(&wire), [0, 0], "the second one has not begun");
        wire.progress(ids[1], 0);
        wire.progress(ids[0], 5000);
        wire.progress(ids[1], 300);
        assert_eq!(beside(&wire), [300, 4000]);
    }

    #[test]
    fn a_drip_of_less_than_a_kilobyte_is_silence() {
        let mut wire = Wire::default();
        let id = wire.send_media();
        let mut heard = |millis, bytes| {
            wire.at(millis);
            wire.progress(id, bytes);
            wire.running(id).heard.millis_f64()
        };
        assert_eq!(heard(100, 1), 100.0, "the first byte");
        assert_eq!(heard(1000, 500), 100.0);
        assert_eq!(heard(2000, 1024), 100.0, "1023 bytes since then");
        assert_eq!(heard(3000, 1025), 3000.0);
        assert_eq!(heard(4000, 1025), 3000.0);
    }

    #[test]
    fn the_link_counts_as_busy_while_something_flows_and_bytes_count_once() {
        let mut wire = Wire::default();
        let id = wire.send_media();
        let mut carried = |millis, bytes| {
            wire.at(millis);
            wire.progress(id, bytes);
            let delivered = wire.network.delivered(wire.out.now());
            (delivered.bytes.bytes(), delivered.busy.as_millis())
        };
        assert_eq!(carried(500, 100), (100, 0), "waiting for the first byte is not busy");
        assert_eq!(carried(800, 4000), (4000, 300));
        // A shell that counts less than before has not taken anything back.
        assert_eq!(carried(900, 3000), (4000, 400));
        assert_eq!(carried(1000, 4500), (4500, 500));
        wire.finish(id, 4500);
        wire.at(9000);
        assert_eq!(wire.network.delivered(wire.out.now()).busy.as_millis(), 500);
    }

    #[test]
    fn a_report_about_a_stranger_changes_nothing() {
        let mut wire = Wire::default();
        wire.progress(RequestId(99), 1_000_000);
        assert_eq!(wire.network.delivered(wire.out.now()), Delivered::default());
    }

    #[test]
    fn the_table_of_requests_stays_bounded_and_keeps_the_latest() {
        let mut wire = Wire::default();
        let subject = wire.media();
        let mut requests = Requests::default();
        for n in 1..=KEPT as u64 + 1 {
            let mut request = wire.request(subject.clone(), 0);
            request.id = RequestId(n);
            requests.begin(InProgress::new(request, "a".to_owned(), SessionTime::ZERO));
            let ending = Ending { state: RequestState::Done, failure: None, reason: None };
            assert!(requests.end(SessionTime::ZERO, RequestId(n), ending).is_some());
        }
        let kept = requests.recent();
        assert_eq!((kept.len(), kept.last().map(|request| request.id.0)), (KEPT / 2 + 1, Some(KEPT as u64 + 1)));
    }

    #[test]
    fn a_twin_is_for_the_same_file_of_the_same_rung() {
        let mut wire = Wire::default();
        let of = wire.rung();
        let init = wire.send(Subject::Init(of.clone()));
        let purpose = wire.running(init).purpose;
        assert_eq!(wire.network.twin(init, purpose), None);
        let other_rung = Subject::Init(wire.rung());
        for other in [Subject::Index(of.clone()), Subject::Sizes(of.clone()), other_rung] {
            wire.send(other);
        }
        assert_eq!(wire.network.twin(init, purpose), None);
        let second = wire.send(Subject::Init(of));
        assert_eq!((wire.network.twin(init, purpose), wire.network.twin(second, purpose)), (Some(second), Some(init)));
    }
}
