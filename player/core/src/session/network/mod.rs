//! The network as the session uses it: requests under way, how long silence is borne, which locations and rungs are
//! left alone after failures, and what the link has carried. It knows addresses and time; it knows no buffer and no
//! playhead: what depends on a request is told by [`Stakes`].
//!
//! | file | question |
//! |---|---|
//! | `requests` | what is under way, and what came of it? |
//! | `patience` | has a request been silent for too long? |
//! | `retry` | what helps against a failure? |
//! | `exclusions` | which rungs have failed lately? |
//! | `locations` | which location to ask? |

mod exclusions;
mod locations;
mod patience;
mod requests;
mod retry;

pub(super) use exclusions::Exclusions;
use locations::Moved;
pub(super) use locations::{Cushion, Locations, name_of};
pub(super) use patience::Stakes;
pub(super) use requests::{InProgress, RequestPurpose, SetupKind};
pub(super) use retry::{FailureStreak, Jitter, Odds, Remedy, pause, remedy, transient};

use super::outbox::Outbox;
use crate::estimate::{Estimator, Origin, Transfer};
use crate::history::{Delivered, TransferMark};
use crate::io::{Event, Failure, FailureKind, Output, Request, RequestId};
use crate::snapshot::{RequestState, RequestView};
use requests::{Ending, Requests};
use shared::mpd::Location;
use shared::time::SessionTime;
use shared::units::{Bitrate, ByteSize};
use std::sync::Arc;
use std::time::Duration;

/// A body that has been under way for so long says something about the link before it is complete.
const TELLING: Duration = Duration::from_secs(1);

/// The network side of a session.
pub(super) struct Network {
    requests: Requests,
    pub(super) locations: Locations,
    pub(super) exclusions: Exclusions,
    jitter: Jitter,
    pub(super) estimator: Estimator,
    /// The longest that any silence is borne.
    patience: Duration,
    /// Since when nothing has come whole, once the network or a server has failed.
    failing: Option<SessionTime>,
    /// What the last body brought, where it was given up. It is no sample, but it was seen.
    given_up: Option<Bitrate>,
}

impl Network {
    /// Nothing was asked yet. `prior`: what an earlier session measured; `seed`: makes chance repeatable.
    pub(super) fn new(prior: Option<Bitrate>, seed: u64, patience: Duration) -> Self {
        Self {
            requests: Requests::default(),
            locations: Locations::default(),
            exclusions: Exclusions::default(),
            jitter: Jitter::new(seed),
            estimator: Estimator::new(prior),
            patience,
            failing: None,
            given_up: None,
        }
    }

    /// The name of the next request.
    pub(super) fn next_id(&mut self) -> RequestId {
        self.requests.next_id()
    }

    /// A number from 0 to 1, the same in every run.
    pub(super) fn draw(&mut self) -> f64 {
        self.jitter.draw()
    }

    /// A request under way.
    pub(super) fn get(&self, id: RequestId) -> Option<&InProgress> {
        self.requests.get(id)
    }

    /// All requests under way, oldest first.
    pub(super) fn in_progress(&self) -> impl Iterator<Item = &InProgress> {
        self.requests.iter()
    }

    /// What the link shows that is in no estimate yet: by bodies under way, or by one that was given up since the last that
    /// came whole.
    pub(super) fn seen(&self, now: SessionTime) -> Option<Bitrate> {
        [self.running_rate(now), self.given_up].into_iter().flatten().min()
    }

    /// What the link has carried since the oldest body under way began, once that says something.
    fn running_rate(&self, now: SessionTime) -> Option<Bitrate> {
        let bodies = self.requests.iter().filter_map(|running| Some((running.first_byte?, running)));
        let (begun, running) = bodies.min_by_key(|(begun, _)| *begun)?;
        let time = now.since(begun);
        (running.received + running.beside).per(time).filter(|_| time >= TELLING)
    }

    /// Nothing has come for so long that nothing is known of the link any more: what comes then may come over another one.
    pub(super) fn forget_link_after(&mut self, outage: Duration, now: SessionTime) {
        if self.failing.is_some_and(|since| now.since(since) >= outage) {
            self.estimator.forget();
            self.given_up = None;
        }
    }

    /// Another request for the same thing.
    pub(super) fn twin(&self, id: RequestId, purpose: RequestPurpose) -> Option<RequestId> {
        self.requests.twin(id, purpose)
    }

    /// Whether something is under way for this purpose.
    pub(super) fn runs_for(&self, purpose: RequestPurpose) -> bool {
        self.requests.iter().any(|running| running.purpose == purpose)
    }

    /// Sends a request out.
    pub(super) fn send(&mut self, request: Request, location: String, stakes: Stakes, out: &mut Outbox) {
        let running = InProgress::new(request.clone(), location, out.now());
        out.wake_at(out.now() + self.patience_with(&running, stakes, out.now()));
        self.locations.asked(&running.location);
        if let Some(Moved { from, to, reason }) = self.locations.take_moved() {
            out.tell(Event::Location { from, to, reason });
        }
        self.requests.begin(running);
        out.push(Output::Fetch(request.clone()));
        out.tell(Event::Requested(request));
    }

    /// Something has arrived.
    pub(super) fn progress(&mut self, id: RequestId, received: ByteSize, expected: Option<ByteSize>, now: SessionTime) {
        self.requests.progress(now, id, received, expected);
    }

    /// A response is complete. `None` for a request that was aborted while its answer was on the way.
    pub(super) fn finish(&mut self, id: RequestId, cached: bool, out: &mut Outbox) -> Option<(InProgress, Transfer)> {
        let state = if cached { RequestState::Cached } else { RequestState::Done };
        let running = self.end(id, state, None, out)?;
        self.given_up = None;
        self.failing = None;
        self.locations.succeeded(&running.location);
        if let RequestPurpose::Setup(..) = running.purpose {
            self.settle_hedge(&running, out);
        }
        Some(self.measured(running, cached, false, out))
    }

    /// A response will not come; its bytes are wasted.
    pub(super) fn failed(&mut self, id: RequestId, failure: &Failure, out: &mut Outbox) -> Option<InProgress> {
        let running = self.end(id, RequestState::Failed, Some(failure), out)?;
        if transient(failure) {
            self.failing.get_or_insert(running.heard);
        }
        if failure.kind == FailureKind::Intercepted {
            self.requests.was_no_media(&running);
        }
        self.locations.disappointed(&running.location);
        out.journal.wasted(running.received);
        Some(self.measured(running, false, true, out).0)
    }

    /// Stops a request; its bytes are wasted. The caller clears what referred to it.
    pub(super) fn abort(&mut self, id: RequestId, out: &mut Outbox) -> Option<(InProgress, Transfer)> {
        let running = self.end(id, RequestState::Aborted, None, out)?;
        let (running, transfer) = self.measured(running, false, true, out);
        self.given_up = transfer.link_rate().filter(|_| transfer.body_time() >= TELLING / 2);
        out.push(Output::Abort(id));
        out.journal.wasted(running.received);
        out.tell(Event::Aborted { request: id, bytes: running.received });
        Some((running, transfer))
    }

    /// Stops everything.
    pub(super) fn abort_all(&mut self, out: &mut Outbox) {
        let all: Vec<RequestId> = self.requests.iter().map(|running| running.request.id).collect();
        for id in all {
            self.abort(id, out);
        }
    }

    /// Gives up a request that has been silent for too long.
    pub(super) fn give_up_silent(&mut self, id: RequestId, out: &mut Outbox) -> Option<(InProgress, Failure)> {
        let (running, _) = self.abort(id, out)?;
        self.failing.get_or_insert(running.heard);
        self.locations.disappointed(&running.location);
        let silence = out.now().since(running.heard).as_secs_f64();
        let message = format!("no answer from {} for {silence:.1} s", running.request.url);
        let failure = Failure { kind: FailureKind::Timeout, status: None, retry_after: None, message };
        Some((running, failure))
    }

    /// One of two locations has delivered: the other need not, and comes second from now on.
    fn settle_hedge(&mut self, winner: &InProgress, out: &mut Outbox) {
        while let Some(id) = self.requests.twin(winner.request.id, winner.purpose) {
            self.abort(id, out);
            self.locations.delivered_first(out.now(), &winner.location);
        }
    }

    /// Leaves the location alone for a while if there is another; tells whether there is.
    pub(super) fn exclude_location(
        &mut self,
        offered: &[Location],
        failure: &Failure,
        name: &str,
        now: SessionTime,
    ) -> bool {
        let others = self.locations.others(now, offered, name);
        if others && failure.kind != FailureKind::Refused {
            self.locations.failed(now, name);
        }
        others
    }

    /// Where to fetch the next segment: the location that is due, or one that is worth a trial.
    pub(super) fn location_for_media(
        &mut self,
        offered: &[Location],
        cushion: Cushion,
        now: SessionTime,
    ) -> Option<Location> {
        let chosen = self.location_for_file(offered, now)?;
        Some(self.locations.trial(now, offered, cushion).cloned().unwrap_or(chosen))
    }

    /// Where to fetch a file that is not media.
    pub(super) fn location_for_file(&mut self, offered: &[Location], now: SessionTime) -> Option<Location> {
        let jitter = &mut self.jitter;
        self.locations.choose(now, offered, || jitter.draw()).cloned()
    }

    /// What the network has carried until `now`.
    pub(super) fn delivered(&self, now: SessionTime) -> Delivered {
        self.requests.delivered(now)
    }

    /// Bytes of media segments that have come.
    pub(super) fn media(&self) -> ByteSize {
        self.requests.media()
    }

    /// Requests under way for those who look, oldest first.
    pub(super) fn views(&self, out: &Outbox) -> Vec<RequestView> {
        let ending = |running: &InProgress| Ending {
            state: RequestState::Running,
            failure: None,
            reason: out.journal.reason_of(&running.request, running.made),
        };
        self.requests.iter().map(|running| running.view(None, ending(running))).collect()
    }

    /// Requests that have ended, oldest first.
    pub(super) fn recent(&self) -> Arc<Vec<RequestView>> {
        self.requests.recent()
    }

    /// Removes a request and remembers how it ended, and why it was made.
    fn end(
        &mut self,
        id: RequestId,
        state: RequestState,
        failure: Option<&Failure>,
        out: &Outbox,
    ) -> Option<InProgress> {
        let running = self.requests.get(id)?;
        let reason = out.journal.reason_of(&running.request, running.made);
        self.requests.end(out.now(), id, Ending { state, failure: failure.cloned(), reason })
    }

    /// Hands a transfer that has ended to the estimator and to the charts.
    fn measured(
        &mut self,
        running: InProgress,
        cached: bool,
        aborted: bool,
        out: &mut Outbox,
    ) -> (InProgress, Transfer) {
        let transfer = Transfer {
            request: running.made,
            first_byte: running.first_byte,
            end: out.now(),
            size: running.received,
            beside: running.beside,
            origin: if cached { Origin::Cache } else { Origin::Network },
            aborted,
        };
        self.estimator.on_transfer(&transfer);
        out.journal.fetched(running.received);
        self.locations.brought(&running.location, running.received);
        if let (Some(segment), Some(from)) = (running.request.subject.media(), running.first_byte) {
            let rate = if cached { None } else { transfer.link_rate() };
            let (track, rung) = (segment.of.track, segment.of.rung);
            out.journal.transfer(TransferMark { track, from, to: out.now(), rate, rung, aborted });
        }
        (running, transfer)
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests {
    use super::testing::Wire;
    use super::*;
    use crate::io::Subject;

    fn failure(kind: FailureKind) -> Failure {
        Failure { kind, status: None, retry_after: None, message: "nobody is there".to_owned() }
    }

    #[test]
    fn bodies_under_way_and_given_up_are_seen_until_one_comes_whole() {
        let mut wire = Wire::default();
        let seen = |wire: &Wire| wire.network.seen(wire.out.now()).map(Bitrate::kbps);
        let first = wire.send_media();
        wire.progress(first, 0);
        wire.at(500);
        wire.progress(first, 50_000);
        assert_eq!(seen(&wire), None, "too soon to tell");
        wire.at(2000);
        wire.progress(first, 100_000);
        assert_eq!(seen(&wire), Some(400.0));
        wire.network.abort(first, &mut wire.out);
        wire.at(9000);
        assert_eq!(seen(&wire), Some(400.0), "it was given up, and nothing has come since");
        let second = wire.send_media();
        wire.finish(second, 100_000);
        assert_eq!(seen(&wire), None);
    }

    #[test]
    fn of_two_locations_that_are_asked_for_one_file_the_first_to_deliver_is_kept() {
        let mut wire = Wire::default();
        let init = Subject::Init(wire.rung());
        let slow = wire.send_to("a", init.clone());
        let offered = [Wire::location("a"), Wire::location("b")];
        wire.network.locations.contest(wire.out.now(), &offered);
        wire.at(200);
        let fast = wire.send_to("b", init);
        wire.progress(slow, 700);
        wire.at(300);
        wire.finish(fast, 800);
        assert!(wire.outputs().contains(&Output::Abort(slow)) && wire.network.get(slow).is_none());
        assert_eq!(wire.out.journal.totals("", SessionTime::MAX).bytes_wasted, 700);
        // The loser is not asked first any more.
        let next = wire.network.location_for_file(&offered, wire.out.now());
        assert_eq!(next.map(|location| name_of(&location)), Some("b".to_owned()));
    }

    #[test]
    fn two_requests_for_different_things_do_not_stop_each_other() {
        let mut wire = Wire::default();
        let of = wire.rung();
        let init = wire.send(Subject::Init(of.clone()));
        let index = wire.send(Subject::Index(of));
        wire.finish(init, 800);
        assert!(wire.network.get(index).is_some());
    }

    #[test]
    fn a_location_that_failed_is_left_alone_only_when_another_one_is_offered() {
        let now = SessionTime::ZERO;
        let both = [Wire::location("a"), Wire::location("b")];
        let check = |offered: &[Location], kind, elsewhere: bool, next: &str| {
            let mut network = Wire::default().network;
            assert_eq!(network.exclude_location(offered, &failure(kind), "a", now), elsewhere, "{kind:?}");
            let chosen = network.location_for_file(offered, now);
            assert_eq!(chosen.map(|location| name_of(&location)).as_deref(), Some(next), "{kind:?}");
        };
        check(&both, FailureKind::Connect, true, "b");
        check(&both[..1], FailureKind::Connect, false, "a");
        // What we do not fetch is no fault of the server.
        check(&both, FailureKind::Refused, true, "a");
    }

    #[test]
    fn an_answer_to_what_was_aborted_is_nobodys() {
        let mut wire = Wire::default();
        let id = wire.send_media();
        wire.progress(id, 300);
        assert!(wire.network.abort(id, &mut wire.out).is_some());
        assert!(wire.network.finish(id, false, &mut wire.out).is_none());
        assert!(wire.network.abort(id, &mut wire.out).is_none(), "once is enough");
        let told = wire.outputs();
        assert_eq!(told.iter().filter(|output| **output == Output::Abort(id)).count(), 1);
        assert!(told.contains(&Output::Event(Event::Aborted { request: id, bytes: ByteSize::from_bytes(300) })));
    }

    #[test]
    fn what_came_from_a_cache_or_was_given_up_says_nothing_about_the_link() {
        let check = |end: fn(&mut Wire, RequestId), samples: usize| {
            let mut wire = Wire::default();
            let id = wire.send_media();
            wire.progress(id, 0);
            wire.at(1000);
            wire.progress(id, 100_000);
            end(&mut wire, id);
            assert_eq!(wire.network.estimator.samples().len(), samples);
        };
        check(|wire, id| assert!(wire.network.finish(id, false, &mut wire.out).is_some()), 1);
        check(|wire, id| assert!(wire.network.finish(id, true, &mut wire.out).is_some()), 0);
        check(|wire, id| assert!(wire.network.abort(id, &mut wire.out).is_some()), 0);
    }

    #[test]
    fn a_silent_request_is_given_up_with_a_reason_that_names_it() {
        let mut wire = Wire::default();
        let id = wire.send_media();
        wire.at(3500);
        let (running, failure) = wire.network.give_up_silent(id, &mut wire.out).unwrap();
        assert_eq!((running.request.id, failure.kind), (id, FailureKind::Timeout));
        assert!(failure.message.contains(&running.request.url) && failure.message.contains("3.5 s"), "{failure:?}");
    }

    #[test]
    fn at_the_end_of_a_session_nothing_stays_under_way() {
        let mut wire = Wire::default();
        let ids = [wire.send_media(), wire.send(Subject::Manifest)];
        wire.network.abort_all(&mut wire.out);
        assert_eq!(wire.network.in_progress().count(), 0);
        let told = wire.outputs();
        assert!(ids.iter().all(|id| told.contains(&Output::Abort(*id))));
        let states: Vec<_> = wire.network.recent().iter().map(|request| request.state).collect();
        assert_eq!(states, [RequestState::Aborted; 2]);
    }
}
