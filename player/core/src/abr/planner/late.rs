//! Giving up a download: late, and only when it pays.
//!
//! A rate measured over the first moments of a download misleads, and every abort pays the latency and the bytes
//! again. So nothing happens for three quarters of a second; then only if the download may outlive the buffer *and* the
//! smallest other rung could not be asked for later just as well. Then the plan is asked: is it worth more to go on with
//! what is left, or to begin again in a lower rung?

use super::Planner;
use crate::abr::{AbandonVerdict, Context, InFlight, Reason, Rule, Standing};
use crate::estimate::Forecast;
use shared::time::SessionTime;
use shared::units::{Bitrate, ByteSize};
use std::collections::VecDeque;
use std::time::Duration;

/// How soon a download shows that it is late.
struct Pace {
    /// How long a body must have flowed before it is looked at,
    earliest: Duration,
    /// and when a download of its segment was given up just before: there is no new rate to be learned.
    earliest_again: Duration,
    /// How often it is looked at from then on.
    every: Duration,
    /// What was known before a download weighs as much as so many seconds of it.
    known_before_secs: f64,
}

const USUAL: Pace = Pace {
    earliest: Duration::from_millis(750),
    earliest_again: Duration::from_millis(350),
    every: Duration::from_millis(250),
    known_before_secs: 1.0,
};
/// Somebody waits for the first picture, and what was known of the link may be of yesterday.
const AT_START: Pace = Pace {
    earliest: Duration::from_millis(150),
    earliest_again: Duration::from_millis(150),
    every: Duration::from_millis(50),
    known_before_secs: 0.05,
};
/// The last seconds of a body, which show a collapse before its mean does.
const RECENT: Duration = Duration::from_millis(2500);
/// The rest of a download is less sure than the forecast of a whole one.
const WIDER: f64 = 1.4;
/// A restart that could still wait for so long is not urgent.
const CAN_WAIT_SECS: f64 = 4.0;
/// What a restart must gain, in seconds of the best picture.
const LEAST_GAIN_SECS: f64 = 1.0;
/// Longer than any download is worth waiting for; keeps sums of times finite.
const A_DAY: Duration = Duration::from_secs(86_400);

/// What has been seen of the download in flight.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// When it was requested: names it.
    request: Option<SessionTime>,
    /// What had come when, oldest first.
    marks: VecDeque<(SessionTime, ByteSize)>,
    /// The segment of which a download was given up, and the rate that was reckoned with then.
    given_up: Option<(u64, Bitrate)>,
}

impl Watch {
    /// The rate at which a download of this segment was given up. It says more about the next attempt than what was
    /// before it: otherwise every rung down the ladder would be tried and given up in turn.
    pub(super) fn given_up_at(&self, ordinal: u64) -> Option<Bitrate> {
        self.given_up.filter(|(segment, _)| *segment == ordinal).map(|(_, rate)| rate)
    }

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

impl Planner {
    /// The answer for the download in flight, at this instant.
    pub(super) fn late(&mut self, context: &Context<'_>, in_flight: &InFlight) -> AbandonVerdict {
        if in_flight.choice == 0 {
            return AbandonVerdict::GO_ON;
        }
        let first = in_flight.first_byte.unwrap_or(context.now);
        let running = self.watch.rate(context.now, in_flight, first);
        let flowing = context.now.since(first);
        if flowing < self.earliest(context) {
            return later(context);
        }
        let outlook = self.outlook(context, running, flowing);
        self.restart(context, in_flight, outlook).unwrap_or_else(|| later(context))
    }

    /// How long a body must have flowed to be looked at.
    fn earliest(&self, context: &Context<'_>) -> Duration {
        let Pace { earliest, earliest_again, .. } = pace(context);
        if self.watch.given_up_at(context.ordinal).is_some() { earliest_again } else { earliest }
    }

    /// What the rest of a download may get: less and less what was forecast before it, more and more what it got so far.
    fn outlook(&self, context: &Context<'_>, running: Bitrate, flowing: Duration) -> Forecast {
        let forecast = context.estimate.forecast().unwrap_or(Forecast::unproven(running));
        let before = self.watch.given_up_at(context.ordinal).unwrap_or(forecast.rate);
        let ln = |rate: Bitrate| (rate.bps().max(1) as f64).ln();
        let flowing = flowing.as_secs_f64();
        let known = pace(context).known_before_secs;
        let mean = (known * ln(before) + flowing * ln(running)) / (known + flowing);
        Forecast { rate: Bitrate::from_bps_f64(mean.exp()), spread: forecast.spread * WIDER }
    }

    /// The restart to make now, if there is one.
    fn restart(&mut self, context: &Context<'_>, in_flight: &InFlight, outlook: Forecast) -> Option<AbandonVerdict> {
        let left = in_flight.size.saturating_sub(in_flight.received);
        let dry_in = context.dry_in().as_secs_f64();
        let size = |choice| context.size(context.ordinal, choice);
        let smaller = || (0..in_flight.choice).filter(|&choice| size(choice) < left);
        let slower = outlook.rate.scaled((-outlook.spread).exp());
        let latency = context.estimate.latency().unwrap_or_default();
        let soonest = latency + time_for(smaller().map(size).min()?, outlook.rate);
        if time_for(left, slower).as_secs_f64() <= dry_in || soonest.as_secs_f64() + CAN_WAIT_SECS <= dry_in {
            return None;
        }
        let problem = self.problem(context, outlook);
        let scores = self.iteration.solve(&problem);
        let going_on = self.iteration.first(&problem, in_flight.choice, left.bits() as f64, 0.0);
        // A first picture that was begun in vain is not begun in vain once more.
        let lowest = (context.phase == Standing::Start).then_some(0);
        let choice = lowest.or_else(|| smaller().max_by(|&a, &b| scores[a].total_cmp(&scores[b])))?;
        (scores[choice] - going_on > LEAST_GAIN_SECS).then(|| {
            self.watch.given_up = Some((context.ordinal, outlook.rate));
            let stall = time_for(left, slower).saturating_sub(context.dry_in());
            let reason = Reason::new(Rule::TooLate, context, Some(outlook.rate)).with_stall(stall);
            AbandonVerdict::Restart { choice, reason: Reason { rung: context.ladder.get(choice).copied(), ..reason } }
        })
    }
}

fn later(context: &Context<'_>) -> AbandonVerdict {
    AbandonVerdict::GoOn { ask_again: Some(context.now + pace(context).every) }
}

fn pace(context: &Context<'_>) -> Pace {
    if context.phase == Standing::Start { AT_START } else { USUAL }
}

fn time_for(size: ByteSize, rate: Bitrate) -> Duration {
    Duration::try_from_secs_f64(size.bits() as f64 / rate.bps().max(1) as f64).unwrap_or(A_DAY).min(A_DAY)
}
