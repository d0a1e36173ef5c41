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

/// The network side of a session.
pub(super) struct Network {
    requests: Requests,
    pub(super) locations: Locations,
    pub(super) exclusions: Exclusions,
    jitter: Jitter,
    pub(super) estimator: Estimator,
    /// The longest that any silence is borne.
    patience: Duration,
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
        self.locations.succeeded(&running.location);
        if let RequestPurpose::Setup(..) = running.purpose {
            self.settle_hedge(&running, out);
        }
        Some(self.measured(running, cached, false, out))
    }

    /// A response will not come; its bytes are wasted.
    pub(super) fn failed(&mut self, id: RequestId, failure: &Failure, out: &mut Outbox) -> Option<InProgress> {
        let running = self.end(id, RequestState::Failed, Some(failure), out)?;
        out.journal.wasted(running.received);
        Some(self.measured(running, false, true, out).0)
    }

    /// Stops a request; its bytes are wasted. The caller clears what referred to it.
    pub(super) fn abort(&mut self, id: RequestId, out: &mut Outbox) -> Option<(InProgress, Transfer)> {
        let running = self.end(id, RequestState::Aborted, None, out)?;
        let (running, transfer) = self.measured(running, false, true, out);
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
        let silence = out.now().since(running.heard).as_secs_f64();
        let message = format!("no answer from {} for {silence:.1} s", running.request.url);
        let failure = Failure { kind: FailureKind::Timeout, status: None, retry_after: None, message };
        Some((running, failure))
    }

    /// One of two locations has delivered: the other need not, and comes second from now on.
    fn settle_hedge(&mut self, winner: &InProgress, out: &mut Outbox) {
        while let Some(id) = self.requests.twin(winner.request.id, winner.purpose) {
            self.abort(id, out);
            self.locations.move_to(out.now(), &winner.location);
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
    pub(super) fn delivered(&mut self, now: SessionTime) -> Delivered {
        self.requests.delivered(now)
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
        if let (Some(segment), Some(from)) = (running.request.subject.media(), running.first_byte) {
            let rate = if cached { None } else { (transfer.size + transfer.beside).per(transfer.body_time()) };
            let (track, rung) = (segment.of.track, segment.of.rung);
            out.journal.transfer(TransferMark { track, from, to: out.now(), rate, rung, aborted });
        }
        (running, transfer)
    }
}
