//! What helps against a failed request: pure rules, apart from the failure itself. Patience with servers that cannot
//! be reached (the same again, later), less with those that fail on one file (another rung), none with answers that
//! should not change (another rung at once). When all rungs have failed there is another round: also a server that says
//! "not found" may have meant "not now".

use crate::io::{Failure, FailureKind};
use crate::presentation::RungId;
use crate::session::recovery::{
    ATTEMPTS_A_RUNG, BUFFER_PART, FIRST_PAUSE, LAST_ATTEMPTS, LAST_CHANCE, LONGEST_PAUSE, LONGEST_RETRY_AFTER,
    LONGEST_WHEN_DRY, NOTICEABLE, ROUNDS, ROUNDS_WHEN_SHORT, ROUNDS_WHILE_WAITING, SHORT, SOONEST_AGAIN, WISH_PART,
};
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::time::Duration;

/// The failures since the last success with the same thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::session) struct FailureStreak {
    /// When it began.
    pub(in crate::session) since: Option<SessionTime>,
    /// Attempts in all.
    pub(in crate::session) attempts: u32,
    /// Attempts with the present rung.
    pub(in crate::session) attempts_here: u32,
    /// Rungs that cannot deliver this segment.
    pub(in crate::session) given_up: Vec<RungId>,
    /// How often that were all of them.
    pub(in crate::session) rounds: u32,
    /// What the last failure was, for people.
    pub(in crate::session) why: String,
    /// It says that the thing is not there, or is damaged.
    pub(in crate::session) lasting: bool,
    /// After how many attempts what follows it was asked for last.
    pub(in crate::session) looked: u32,
    /// When what follows it came: it is neither the server nor the link.
    pub(in crate::session) beyond: Option<SessionTime>,
}

/// What a pause depends on beside the failure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::session) struct Odds {
    /// Other requests were answered since the trouble began: it is not the server, nor the link.
    pub(in crate::session) alone: bool,
    /// A number from 0 to 1 that spreads the retries of many players.
    pub(in crate::session) jitter: f64,
    /// Media ahead of the playhead: the less there is, the shorter the pause.
    pub(in crate::session) ahead: Duration,
    /// The playhead stands.
    pub(in crate::session) standing: bool,
}

impl Odds {
    /// Those of a manifest: no media are ahead of what it will name, and nothing else is asked of anybody.
    pub(in crate::session) fn of_manifest(jitter: f64, moves: bool) -> Self {
        Self { alone: false, jitter, ahead: Duration::ZERO, standing: !moves }
    }
}

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum Remedy {
    /// At once, from another place.
    Elsewhere,
    /// The same again after a pause.
    Again(Duration),
    /// This resource will not come: another one in its place.
    Otherwise,
}

impl FailureStreak {
    pub(in crate::session) fn note(&mut self, failure: &Failure, now: SessionTime) {
        self.why.clone_from(&failure.message);
        self.lasting = !transient(failure);
        self.since.get_or_insert(now);
        self.attempts += 1;
        self.attempts_here += 1;
    }

    /// An attempt in a streak was given up for another rung before it had brought anything to speak of: it failed, too.
    pub(in crate::session) fn note_abandoned(&mut self, received: ByteSize) {
        if self.attempts > 0 && received < NOTICEABLE {
            self.attempts += 1;
        }
    }

    /// Another rung is tried from now on.
    pub(in crate::session) fn give_up_rung(&mut self, rung: RungId) {
        self.attempts_here = 0;
        if !self.given_up.contains(&rung) {
            self.given_up.push(rung);
        }
    }

    /// All rungs have failed. How long to wait before they get another chance; `None` when they had enough of them.
    pub(in crate::session) fn next_round(&mut self, failure: &Failure, odds: Odds) -> Option<Duration> {
        self.rounds += 1;
        self.given_up.clear();
        let most = match (odds.ahead < SHORT, odds.standing) {
            (false, _) => ROUNDS,
            (true, true) => ROUNDS_WHILE_WAITING,
            (true, false) => ROUNDS_WHEN_SHORT,
        };
        let pause = pause(self.rounds, failure, odds);
        let bearable = if odds.standing { pause } else { pause.min((odds.ahead / BUFFER_PART).max(SHORT)) };
        let lasts = failure.kind == FailureKind::Refused || self.rounds >= most;
        (transient(failure) || !lasts).then_some(bearable)
    }

    /// Whether a file without which no rung is left is worth another attempt.
    pub(in crate::session) fn worth_trying(&self, failure: &Failure) -> bool {
        failure.kind != FailureKind::Refused && self.attempts < LAST_ATTEMPTS
    }

    /// Whether it began `patience` ago or earlier.
    pub(in crate::session) fn lasts_longer_than(&self, patience: Duration, now: SessionTime) -> bool {
        self.since.is_some_and(|since| now.since(since) >= patience)
    }
}

/// The rule. `trouble` has taken note of the failure; `elsewhere` says whether another place could be asked.
pub(in crate::session) fn remedy(trouble: &FailureStreak, failure: &Failure, elsewhere: bool, odds: Odds) -> Remedy {
    if elsewhere && failure.kind != FailureKind::Refused {
        return Remedy::Elsewhere;
    }
    match failure.kind {
        FailureKind::Connect | FailureKind::Exhausted => Remedy::Again(pause(trouble.attempts, failure, odds)),
        FailureKind::Timeout | FailureKind::Intercepted if !odds.alone => {
            Remedy::Again(pause(trouble.attempts, failure, odds))
        }
        _ if !transient(failure) => Remedy::Otherwise,
        _ if trouble.attempts_here < ATTEMPTS_A_RUNG => Remedy::Again(pause(trouble.attempts, failure, odds)),
        _ => Remedy::Otherwise,
    }
}

/// Whether the same request may succeed later (RFC 9110 15.5, 15.6). Who may not have it (401, 403, 407, 451, 511) may
/// have it when a session is renewed or a login page is passed: that is no word about what is there.
pub(in crate::session) fn transient(failure: &Failure) -> bool {
    match (failure.kind, failure.status) {
        (FailureKind::Connect | FailureKind::Exhausted | FailureKind::Timeout, _) => true,
        (FailureKind::Broken | FailureKind::Intercepted, _) => true,
        (FailureKind::Status, Some(status)) => matches!(status, 401 | 403 | 407 | 408 | 425 | 429 | 451 | 500..=599),
        _ => false,
    }
}

/// After so many attempts, or rounds. Doubles with each, within what the buffer allows; half of it is chance. After
/// silence the next attempt begins early enough to be met with it again while there is time for what follows.
pub(in crate::session) fn pause(times: u32, failure: &Failure, odds: Odds) -> Duration {
    let longest = (odds.ahead / BUFFER_PART).clamp(LONGEST_WHEN_DRY, LONGEST_PAUSE);
    let doubled = FIRST_PAUSE.saturating_mul(1 << times.saturating_sub(1).min(8)).min(longest);
    let hurry = failure.kind == FailureKind::Timeout && odds.ahead > LAST_CHANCE;
    let latest = if hurry { odds.ahead.saturating_sub(LAST_CHANCE + SHORT).max(SOONEST_AGAIN) } else { longest };
    let own = doubled.mul_f64(0.5 + 0.5 * odds.jitter.clamp(0.0, 1.0)).min(latest);
    let bearable = (odds.ahead / WISH_PART).max(LONGEST_WHEN_DRY);
    failure.retry_after.map_or(own, |wish| wish.min(LONGEST_RETRY_AFTER).min(bearable).max(own))
}

/// Chance that is the same in every run: xorshift64* (Vigna, ACM TOMS 2016).
#[derive(Debug)]
pub(in crate::session) struct Jitter(u64);

impl Jitter {
    pub(in crate::session) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// From 0 to 1.
    pub(in crate::session) fn draw(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENT: Odds = Odds { alone: false, jitter: 1.0, ahead: Duration::from_secs(60), standing: false };

    #[test]
    fn the_last_attempt_begins_in_time_to_fail_before_the_buffer_is_dry() {
        let timeout = failure(FailureKind::Timeout, None);
        let with = |secs| pause(9, &timeout, Odds { ahead: Duration::from_secs_f64(secs), ..PATIENT }).as_secs_f64();
        assert_eq!([with(3.3), with(3.0), with(2.1)], [0.8, 0.5, 0.25]);
        assert_eq!(with(1.9), 1.0, "it is too late for that");
    }

    #[test]
    fn what_is_abandoned_before_it_brought_anything_is_an_attempt_of_a_streak() {
        let mut trouble = FailureStreak::default();
        trouble.note_abandoned(ByteSize::ZERO);
        assert_eq!(trouble.attempts, 0, "nothing had failed");
        trouble.note(&failure(FailureKind::Timeout, None), SessionTime::ZERO);
        trouble.note_abandoned(ByteSize::from_bytes(2));
        trouble.note_abandoned(ByteSize::from_bytes(20_000));
        assert_eq!(trouble.attempts, 2);
    }

    #[test]
    fn a_short_buffer_makes_short_pauses() {
        let with =
            |secs| pause(9, &failure(FailureKind::Connect, None), Odds { ahead: Duration::from_secs(secs), ..PATIENT });
        assert_eq!([with(60), with(9), with(0)].map(|pause| pause.as_secs()), [8, 3, 1]);
    }

    fn failure(kind: FailureKind, status: Option<u16>) -> Failure {
        Failure { kind, status, retry_after: None, message: String::new() }
    }

    /// The remedies for the same failure again and again, up to the first that is no retry.
    fn remedies(failure: &Failure) -> Vec<Remedy> {
        let mut trouble = FailureStreak::default();
        let mut list = vec![];
        let mut now = SessionTime::ZERO;
        loop {
            trouble.note(failure, now);
            let next = remedy(&trouble, failure, false, PATIENT);
            list.push(next);
            let Remedy::Again(pause) = next else { return list };
            now = now + pause;
        }
    }

    #[test]
    fn an_answer_that_will_not_change_is_not_asked_for_again() {
        assert_eq!(remedies(&failure(FailureKind::Status, Some(404))), [Remedy::Otherwise]);
        assert_eq!(remedies(&failure(FailureKind::Content, None)), [Remedy::Otherwise]);
    }

    #[test]
    fn all_rungs_get_further_rounds_before_a_segment_counts_as_missing() {
        let rounds = |status, secs, standing| {
            let (mut trouble, failure) = (FailureStreak::default(), failure(FailureKind::Status, Some(status)));
            let odds = Odds { ahead: Duration::from_secs(secs), standing, ..PATIENT };
            (1..=100).find(|_| trouble.next_round(&failure, odds).is_none())
        };
        assert_eq!([rounds(404, 9, false), rounds(404, 0, true), rounds(404, 0, false)], [Some(7), Some(4), Some(2)]);
        assert_eq!(rounds(503, 0, false), None);
    }

    #[test]
    fn an_error_is_retried_once_before_another_rung() {
        let half = Duration::from_millis(500);
        assert_eq!(remedies(&failure(FailureKind::Status, Some(503))), [Remedy::Again(half), Remedy::Otherwise]);
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_asked_for_ever_with_growing_pauses() {
        let (mut trouble, refused) = (FailureStreak::default(), failure(FailureKind::Connect, None));
        let mut pauses = vec![];
        assert!(transient(&failure(FailureKind::Exhausted, None)));
        for hour in 0..100 {
            trouble.note(&refused, SessionTime::from(Duration::from_secs(hour * 3600)));
            let Remedy::Again(pause) = remedy(&trouble, &refused, false, PATIENT) else { panic!("given up") };
            pauses.push(pause.as_millis());
        }
        assert_eq!(pauses[..6], [500, 1000, 2000, 4000, 8000, 8000]);
        assert!(pauses[6..].iter().all(|pause| *pause == 8000));
    }

    #[test]
    fn who_may_not_have_something_now_may_have_it_later() {
        let later = |status| transient(&failure(FailureKind::Status, Some(status)));
        let lasting = [400, 404, 405, 406, 409, 410, 416];
        let passing = [401, 403, 407, 408, 425, 429, 451, 500, 501, 502, 503, 504, 507, 511, 520, 599];
        assert!(lasting.iter().all(|status| !later(*status)) && passing.iter().all(|status| later(*status)));
    }

    #[test]
    fn one_silent_file_of_a_server_that_answers_is_asked_for_in_another_rung() {
        for kind in [FailureKind::Timeout, FailureKind::Intercepted] {
            let mut trouble = FailureStreak::default();
            let silent = failure(kind, None);
            trouble.note(&silent, SessionTime::ZERO);
            trouble.note(&silent, SessionTime::ZERO);
            let remedy = |alone| remedy(&trouble, &silent, false, Odds { alone, ..PATIENT });
            assert!(matches!((remedy(false), remedy(true)), (Remedy::Again(_), Remedy::Otherwise)), "{kind:?}");
        }
    }

    #[test]
    fn the_servers_wish_is_respected_within_bounds() {
        let mut wish = failure(FailureKind::Status, Some(503));
        wish.retry_after = Some(Duration::from_secs(3600));
        assert_eq!(pause(1, &wish, PATIENT), Duration::from_secs(15));
    }

    #[test]
    fn another_place_is_asked_at_once() {
        let mut trouble = FailureStreak::default();
        let silent = failure(FailureKind::Timeout, None);
        trouble.note(&silent, SessionTime::ZERO);
        let remedy = remedy(&trouble, &silent, true, PATIENT);
        assert_eq!(remedy, Remedy::Elsewhere);
    }

    #[test]
    fn chance_is_the_same_in_every_run_and_within_bounds() {
        let draws = |seed| {
            std::iter::repeat_with({
                let mut jitter = Jitter::new(seed);
                move || jitter.draw()
            })
            .take(100)
            .collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        assert!(draws(0).iter().all(|d| (0.0..1.0).contains(d)));
    }
}
