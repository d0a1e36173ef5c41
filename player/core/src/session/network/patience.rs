//! How long a request may be silent: less with another location to ask, less when the buffer is short, and more with
//! every attempt, so that slow links get their answer in the end.

use super::{InProgress, Network};
use crate::io::RequestId;
use crate::session::outbox::Outbox;
use crate::session::recovery::{
    BODY_PATIENCE, BUSY, FIRST_PATIENCE, IMPATIENCE, LEAST_FIRST_PATIENCE, LEAST_PATIENCE, NOTICEABLE,
    PATIENCE_WITH_ONE, USUAL_TIMES,
};
use shared::time::SessionTime;
use std::time::Duration;

/// What depends on a request.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::session) struct Stakes {
    /// Media ahead of the playhead in the track that it is for; `None` when it brings no media.
    pub(in crate::session) ahead: Option<Duration>,
    /// The viewer has seen something already.
    pub(in crate::session) started: bool,
    /// What its track asks for fails while others get theirs.
    pub(in crate::session) alone: bool,
    /// Another location could be asked.
    pub(in crate::session) elsewhere: bool,
}

impl Network {
    /// The requests that have been silent for too long; for all others a look is asked for in time. `stakes`: of all
    /// requests under way.
    pub(in crate::session) fn silent(&self, stakes: &[(RequestId, Stakes)], out: &mut Outbox) -> Vec<RequestId> {
        let mut silent = vec![];
        for (id, stakes) in stakes {
            let Some(running) = self.get(*id) else { continue };
            let deadline = running.heard + self.patience_with(running, *stakes, out.now());
            if deadline > out.now() {
                out.wake_at(deadline);
            } else {
                silent.push(*id);
            }
        }
        silent
    }

    /// How long a request may be silent.
    pub(super) fn patience_with(&self, running: &InProgress, stakes: Stakes, now: SessionTime) -> Duration {
        let most = self.patience;
        let first = if running.received >= NOTICEABLE { BODY_PATIENCE } else { self.first_patience() };
        let growing = first.saturating_mul(1 << running.request.attempt.min(8)).min(most);
        let waiting = if most == Duration::MAX || self.is_busy_beside(running, now) { most } else { growing };
        let Some(ahead) = stakes.ahead else { return waiting };
        if running.first_byte.is_none() && stakes.elsewhere {
            return (ahead / 4).clamp(LEAST_PATIENCE, IMPATIENCE);
        }
        if !stakes.started {
            return waiting;
        }
        let least =
            if stakes.alone { PATIENCE_WITH_ONE.max(self.slow_server()).min(waiting) } else { growing.min(waiting) };
        (ahead / 3).clamp(least, waiting)
    }

    /// How long a first attempt may be silent: a server that has been quick so far has probably lost the request.
    fn first_patience(&self) -> Duration {
        let usual = self.requests.longest_wait().map(|wait| wait * USUAL_TIMES);
        usual.map_or(FIRST_PATIENCE, |usual| usual.clamp(LEAST_FIRST_PATIENCE, FIRST_PATIENCE)).max(self.slow_server())
    }

    /// A server that took so long before may do so again.
    fn slow_server(&self) -> Duration {
        self.requests.slowest_answer() * 2
    }

    /// Whether another request is bringing something.
    fn is_busy_beside(&self, running: &InProgress, now: SessionTime) -> bool {
        let others = self.in_progress().filter(|other| other.request.id != running.request.id);
        others.filter(|other| other.first_byte.is_some()).any(|other| now.since(other.heard) < BUSY)
    }
}
