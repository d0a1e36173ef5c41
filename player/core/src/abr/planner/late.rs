//! Giving up a download: late, and only when it pays.
//!
//! A rate measured over the first moments of a download misleads, and every abort pays the latency and the bytes
//! again. So nothing happens for some seconds; then only if the download would outlive the buffer *and* the
//! smallest other rung could not be asked for later just as well.

use super::utilities;
use crate::abr::{AbandonVerdict, Context, InFlight, Reason, Rule};
use shared::time::SessionTime;
use shared::units::{Bitrate, ByteSize};
use std::collections::VecDeque;
use std::time::Duration;

/// How long a body must have flowed before its rate is believed.
const EARLIEST: Duration = Duration::from_millis(2500);
/// How often it is looked at from then on.
const EVERY: Duration = Duration::from_millis(250);
/// The last seconds of a body, which show a collapse before its mean does.
const RECENT: Duration = Duration::from_secs(4);
/// A restart that could still wait for so long is not urgent.
const CAN_WAIT: Duration = Duration::from_secs(3);
/// What a restart must gain, in seconds of stalling.
const LEAST_GAIN_SECS: f64 = 0.3;
/// Longer than any download is worth waiting for; keeps sums of times finite.
const A_DAY: Duration = Duration::from_secs(86_400);

/// What has been seen of the download in flight.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// When it was requested: names it.
    request: Option<SessionTime>,
    /// What had come when, oldest first.
    marks: VecDeque<(SessionTime, ByteSize)>,
}

impl Watch {
    /// The rate to reckon with: over the whole body or its last seconds, whichever is less. A collapse shows early,
    /// a good moment after it is not believed at once.
    fn rate(&mut self, now: SessionTime, in_flight: &InFlight, first: SessionTime) -> Bitrate {
        if self.request != Some(in_flight.request) {
            self.request = Some(in_flight.request);
            self.marks.clear();
        }
        self.marks.push_back((now, in_flight.received));
        while self.marks.get(1).is_some_and(|(at, _)| now.since(*at) >= RECENT) {
            self.marks.pop_front();
        }
        let (at, before) = self.marks.front().copied().unwrap_or((now, ByteSize::ZERO));
        let whole = in_flight.received.per(now.since(first)).unwrap_or_default();
        let recent = (in_flight.received - before).per(now.since(at));
        recent.filter(|_| now.since(at) >= RECENT).map_or(whole, |recent| recent.min(whole)).max(Bitrate::from_bps(1))
    }
}

/// The answer for the download in flight, at this instant.
pub(super) fn verdict(watch: &mut Watch, context: &Context<'_>, in_flight: &InFlight) -> AbandonVerdict {
    if in_flight.choice == 0 {
        return AbandonVerdict::GO_ON;
    }
    let first = in_flight.first_byte.unwrap_or(context.now);
    let rate = watch.rate(context.now, in_flight, first);
    let flowing = context.now.since(first);
    if flowing < EARLIEST {
        return later(context, (EARLIEST - flowing).max(EVERY));
    }
    best_restart(context, in_flight, rate).unwrap_or_else(|| later(context, EVERY))
}

fn later(context: &Context<'_>, pause: Duration) -> AbandonVerdict {
    AbandonVerdict::GoOn { ask_again: Some(context.now + pause) }
}

/// The restart to make now, if there is one.
fn best_restart(context: &Context<'_>, in_flight: &InFlight, rate: Bitrate) -> Option<AbandonVerdict> {
    let left = in_flight.size.saturating_sub(in_flight.received);
    let going_on = time_for(left, rate);
    let smaller =
        || (0..in_flight.choice).map(|choice| (choice, context.size(context.ordinal, choice))).filter(|x| x.1 < left);
    let latency = context.estimate.latency().unwrap_or_default();
    let soonest = latency + time_for(smaller().map(|x| x.1).min()?, rate);
    if going_on <= context.dry_in() || soonest + CAN_WAIT <= context.dry_in() {
        return None;
    }
    let utilities = utilities(context);
    let worth = |choice, time| worth(context, &utilities, choice, time);
    let restarts = smaller().map(|(choice, size)| (choice, worth(choice, latency + time_for(size, rate))));
    let (choice, best) = restarts.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let gain = best - worth(in_flight.choice, going_on);
    (gain > LEAST_GAIN_SECS * stall_price(&utilities)).then(|| restart(context, choice, rate, going_on))
}

fn restart(context: &Context<'_>, choice: usize, rate: Bitrate, going_on: Duration) -> AbandonVerdict {
    let reason = Reason::new(Rule::TooLate, context, Some(rate)).with_stall(going_on.saturating_sub(context.dry_in()));
    AbandonVerdict::Restart { choice, reason: Reason { rung: context.ladder.get(choice).copied(), ..reason } }
}

/// Utility, switch and stall of a segment that arrives in `time`, as the plan counts them.
fn worth(context: &Context<'_>, utilities: &[f64], choice: usize, time: Duration) -> f64 {
    let switch = context.last.map_or(0.0, |last| (utilities[choice] - utilities[last]).abs());
    utilities[choice] - switch - stall_price(utilities) * time.saturating_sub(context.dry_in()).as_secs_f64()
}

fn stall_price(utilities: &[f64]) -> f64 {
    utilities.last().copied().unwrap_or(0.0)
}

fn time_for(size: ByteSize, rate: Bitrate) -> Duration {
    Duration::try_from_secs_f64(size.bits() as f64 / rate.bps().max(1) as f64).unwrap_or(A_DAY).min(A_DAY)
}
