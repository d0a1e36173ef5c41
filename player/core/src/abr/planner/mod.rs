//! The default policy: looks a few segments ahead at every decision and gives up a download only when it is late.
//!
//! * *Outlook*: the next transfers get the forecast rate times one of five factors, by the forecast's own spread.
//! * *Plan* (`value`): the best expected utility minus stalls minus switches over the next segments with their true
//!   sizes, by value iteration over buffer level and rung: model-predictive control (Yin et al., SIGCOMM 2015) in
//!   its stochastic form.
//! * *Late abort* (`late`): see there. Early aborts waste more than they save.
//!
//! What was tried and what each part is worth stands in the README beside this module.

mod late;
mod value;

use super::parameters::{CONFIDENCE, PLAN_HORIZON};
use super::{AbandonVerdict, Advice, Context, InFlight, Policy, Reason, Rule, Settings};
use crate::estimate::{Estimator, Forecast};
use shared::units::Bitrate;
use std::time::Duration;
use value::NextSegment;
pub(super) use value::{OUTCOMES, PlanProblem, ValueIteration};

/// Factors of the outlook in spreads, with their weights: five points of a normal distribution.
const OUTLOOK: [(f64, f64); OUTCOMES] = [(-2.0, 0.06), (-1.0, 0.24), (0.0, 0.40), (1.0, 0.24), (2.0, 0.06)];
/// Share of the utility that grows with the logarithm of the bandwidth.
const LOGARITHMIC: f64 = 0.2;
/// A stall that is worth mentioning as a reason.
const NOTABLE_STALL: Duration = Duration::from_millis(100);

/// See the module.
#[derive(Debug)]
pub(super) struct Planner {
    iteration: ValueIteration,
    watch: late::Watch,
    /// Segments looked ahead.
    horizon: u64,
    /// The outlook is brighter than the forecast's centre by this many spreads: plans can be revised and downloads be
    /// aborted, so bad luck costs less than the plan believes.
    confidence: f64,
}

impl Planner {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            iteration: ValueIteration::default(),
            watch: late::Watch::default(),
            horizon: settings.count(&PLAN_HORIZON),
            confidence: settings.of(&CONFIDENCE),
        }
    }
}

impl Policy for Planner {
    fn estimate(&self, estimator: &Estimator) -> Option<Bitrate> {
        estimator.forecast().map(|forecast| forecast.rate)
    }

    fn decide(&mut self, context: &Context<'_>) -> Advice {
        let Some(forecast) = context.estimate.forecast() else {
            return Advice::fetch(context, 0, Reason::new(Rule::Start, context, None));
        };
        let problem = problem(context, forecast, self);
        let choice = self.iteration.best(&problem);
        let stalls = |choice| problem.expected_stall(choice);
        let reason = Reason::new(rule(context, choice, stalls), context, Some(forecast.rate));
        Advice::fetch(context, choice, reason.with_stall(stalls(choice)))
    }

    fn abandon(&mut self, context: &Context<'_>, in_flight: &InFlight) -> AbandonVerdict {
        late::verdict(&mut self.watch, context, in_flight)
    }
}

/// The rule that says most about why `rung` is best.
fn rule(context: &Context<'_>, choice: usize, stalls: impl Fn(usize) -> Duration) -> Rule {
    let higher_stalls = choice + 1 < context.ladder.len() && stalls(choice + 1) > stalls(choice) + NOTABLE_STALL;
    if choice == 0 && stalls(0) > NOTABLE_STALL {
        Rule::LowestAnyway
    } else if higher_stalls {
        Rule::HighestSafe
    } else {
        Rule::of_move(context, choice)
    }
}

fn problem(context: &Context<'_>, forecast: Forecast, planner: &Planner) -> PlanProblem {
    let rate_of = |spreads: f64| forecast.rate.bps().max(1) as f64 * (forecast.spread * spreads).exp();
    PlanProblem {
        utilities: utilities(context),
        buffer_secs: context.dry_in().as_secs_f64(),
        capacity_secs: in_real_time(context, context.capacity),
        latency_secs: context.estimate.latency().unwrap_or_default().as_secs_f64(),
        outcomes: OUTLOOK.map(|(spreads, weight)| (1.0 / rate_of(spreads + planner.confidence), weight)),
        stages: stages(context, planner.horizon),
        last: context.last,
        left_over_counts: left(context) > planner.horizon,
    }
}

/// Mostly linear in bandwidth, partly in its logarithm: that the first steps up the ladder are worth more than their
/// bits keeps the policy away from the lowest rungs at little cost elsewhere. The top rung is worth its bandwidth
/// in Mbit/s either way, and a second of stalling costs as much.
fn utilities(context: &Context<'_>) -> Vec<f64> {
    let bps = |rate: &Bitrate| rate.bps().max(1) as f64;
    let (lowest, top) = (bps(&context.ladder[0]), bps(&context.ladder[context.ladder.len() - 1]));
    let logarithm = |rate| if top > lowest { (bps(rate) / lowest).ln() / (top / lowest).ln() } else { 1.0 };
    let utility = |rate| (1.0 - LOGARITHMIC) * bps(rate) + LOGARITHMIC * top * logarithm(rate);
    context.ladder.iter().map(|rate| utility(rate) / 1e6).collect()
}

/// How many segments there are from this one on; at least one.
fn left(context: &Context<'_>) -> u64 {
    context.segments.count().map_or(u64::MAX, |count| count.saturating_sub(context.ordinal).max(1))
}

/// The next segments, at most `horizon`.
pub(super) fn stages(context: &Context<'_>, horizon: u64) -> Vec<NextSegment> {
    (0..left(context).min(horizon)).map(|ahead| stage(context, context.ordinal.saturating_add(ahead))).collect()
}

fn stage(context: &Context<'_>, ordinal: u64) -> NextSegment {
    let duration = context.segments.duration(ordinal);
    let beside = context.beside.over(duration);
    let bits = |choice| (context.size(ordinal, choice) + beside).bits() as f64;
    NextSegment { duration_secs: in_real_time(context, duration), bits: (0..context.ladder.len()).map(bits).collect() }
}

/// How long media lasts at the present playback rate, in seconds.
fn in_real_time(context: &Context<'_>, media: Duration) -> f64 {
    media.as_secs_f64() / context.speed()
}
