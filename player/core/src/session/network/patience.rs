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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Output;
    use crate::session::network::testing::Wire;
    use shared::units::ByteSize;

    /// A track that has so many seconds to play, before the eyes of a viewer.
    fn watched(ahead: f64) -> Stakes {
        Stakes { ahead: Some(Duration::from_secs_f64(ahead)), started: true, ..Stakes::default() }
    }

    /// For how many seconds a request for media may be silent: its `attempt`, with `received` bytes of it here.
    fn patience(wire: &mut Wire, attempt: u32, received: u64, stakes: Stakes) -> f64 {
        let subject = wire.media();
        let mut running = InProgress::new(wire.request(subject, attempt), "a".to_owned(), wire.out.now());
        running.received = ByteSize::from_bytes(received);
        running.first_byte = (received > 0).then(|| wire.out.now());
        wire.network.patience_with(&running, stakes, wire.out.now()).as_secs_f64()
    }

    fn check(wire: &mut Wire, cases: &[(&str, u32, u64, Stakes, f64)]) {
        for (what, attempt, received, stakes, expected) in cases {
            assert_eq!(patience(wire, *attempt, *received, *stakes), *expected, "{what}");
        }
    }

    #[test]
    fn patience_grows_with_the_attempts_and_once_a_body_is_under_way() {
        let nothing = Stakes::default();
        check(
            &mut Wire::default(),
            &[
                ("the first attempt", 0, 0, nothing, 3.0),
                ("the second one", 1, 0, nothing, 6.0),
                ("the limit of the session", 2, 0, nothing, 8.0),
                ("any attempt", 30, 0, nothing, 8.0),
                ("part of it is there", 0, 1024, nothing, 6.0),
                ("a drip is nothing", 0, 1023, nothing, 3.0),
            ],
        );
    }

    #[test]
    fn the_shorter_the_buffer_the_shorter_the_patience_within_what_helps() {
        let alone = |ahead| Stakes { alone: true, ..watched(ahead) };
        let elsewhere = |ahead| Stakes { elsewhere: true, ..watched(ahead) };
        let before_the_start = Stakes { started: false, ..alone(0.0) };
        check(
            &mut Wire::default(),
            &[
                ("others fail as well", 0, 0, watched(0.0), 3.0),
                ("the only one that fails, in time", 0, 0, alone(6.0), 2.0),
                ("the only one that fails, nearly dry", 0, 0, alone(1.0), 1.5),
                ("the only one that fails, nothing shown yet", 0, 0, before_the_start, 3.0),
                ("another location, long buffer", 0, 0, elsewhere(60.0), 2.0),
                ("another location, short buffer", 0, 0, elsewhere(4.0), 1.0),
                ("another location, nearly dry", 0, 0, elsewhere(0.1), 0.5),
                ("another location, but this one has begun", 0, 2000, elsewhere(60.0), 6.0),
            ],
        );
    }

    #[test]
    fn while_something_else_arrives_a_request_may_wait_its_turn() {
        let mut wire = Wire::default();
        let beside = wire.send_media();
        wire.progress(beside, 5000);
        let cases = [(30.0, 8.0), (12.0, 4.0), (3.0, 3.0)];
        for (ahead, expected) in cases {
            assert_eq!(patience(&mut wire, 0, 0, watched(ahead)), expected, "{ahead} s ahead");
        }
        wire.at(1000);
        assert_eq!(patience(&mut wire, 0, 0, watched(30.0)), 3.0, "nothing has come for a second");
    }

    #[test]
    fn a_server_is_given_what_it_usually_takes() {
        let mut wire = Wire::default();
        let mut after = |waits: &[u64]| {
            for wait in waits {
                wire.answered_after(*wait);
            }
            patience(&mut wire, 0, 0, Stakes::default())
        };
        assert_eq!(after(&[150, 100]), 3.0, "two answers are not what is usual");
        assert_eq!(after(&[120]), 1.5, "ten times the longest of them");
        assert_eq!(after(&[2500]), 5.0, "it has been slow before");
        assert_eq!(after(&[10; 8]), 1.0, "but that is long ago");
    }

    #[test]
    fn a_session_without_a_limit_waits_for_ever() {
        let mut wire = Wire::default();
        wire.network = Network::new(None, 0, Duration::MAX);
        let ever = Duration::MAX.as_secs_f64();
        check(&mut wire, &[("simulated", 0, 0, Stakes::default(), ever)]);
    }

    #[test]
    fn who_is_silent_for_too_long_is_named_and_for_the_others_a_look_is_asked_for() {
        let mut wire = Wire::default();
        let old = wire.send_media();
        wire.at(1000);
        let young = wire.send_media();
        wire.outputs();
        let stakes = [(old, watched(0.0)), (young, watched(0.0))];
        let mut silent = |millis| {
            wire.at(millis);
            wire.out.forget_wake();
            let silent = wire.network.silent(&stakes, &mut wire.out);
            let Output::Wait(wake) = wire.out.poll() else { panic!("there is nothing to do") };
            (silent, wake.map(|wake| wake.millis_f64()))
        };
        assert_eq!(silent(2999), (vec![], Some(3000.0)));
        assert_eq!(silent(3000), (vec![old], Some(4000.0)));
        assert_eq!(silent(4000), (vec![old, young], None));
    }
}
