//! The default policy: looks some seconds ahead at every decision and gives up a download only when it is late.
//!
//! * *Outlook*: the next transfers get the forecast rate times one of five factors, by the forecast's own spread; bad luck
//!   mostly lasts.
//! * *Plan* (`value`): the best expected worth to the viewer, in the prices of [`crate::view`], over the next segments with
//!   their true sizes, by value iteration over link, buffer level and rung: model-predictive control (Yin et al., SIGCOMM
//!   2015) in its stochastic form.
//! * *Late abort* (`late`): the same plan, asked again while a download is under way. Early aborts waste more than they
//!   save.
//!
//! What was tried and what each part is worth stands in the README beside this module.

mod late;
mod value;

use super::parameters::{CONFIDENCE, PLAN_HORIZON};
use super::{AbandonVerdict, Advice, Context, InFlight, Policy, Reason, Rule, Settings, Standing};
use crate::estimate::{Estimator, Forecast};
use crate::view;
use shared::units::Bitrate;
use std::time::Duration;
use value::LeftOver;
pub(super) use value::{NextSegment, OUTCOMES, PlanProblem, Prices, ValueIteration};

/// Factors of the outlook in spreads, with their weights: five points of a normal distribution.
const OUTLOOK: [(f64, f64); OUTCOMES] = [(-2.2, 0.06), (-1.0, 0.24), (0.0, 0.40), (1.0, 0.24), (2.0, 0.06)];
/// How likely the next transfer has the luck of the one before.
const LASTS: f64 = 0.4;
/// A download that is late can be given up after so many seconds: sooner nothing is seen of it.
const GIVE_UP_SECS: f64 = 2.0;
/// The plan has so many segments, however long they are.
const STAGES: std::ops::RangeInclusive<u64> = 5..=24;
/// What a second of media left at the horizon is worth, and what an empty buffer costs there.
const LEFT_OVER: LeftOver = LeftOver { second: 0.036, missing: 50.0 };
/// A chance of stalling that is worth mentioning as a reason.
const NOTABLE_RISK: f64 = 0.05;

/// See the module.
#[derive(Debug)]
pub(super) struct Planner {
    iteration: ValueIteration,
    watch: late::Watch,
    /// Looked ahead.
    horizon_secs: f64,
    /// The outlook is brighter than the forecast's centre by this many spreads: plans can be revised, so bad luck costs
    /// less than the plan believes.
    confidence: f64,
}

impl Planner {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            iteration: ValueIteration::default(),
            watch: late::Watch::default(),
            horizon_secs: settings.of(&PLAN_HORIZON),
            confidence: settings.of(&CONFIDENCE),
        }
    }

    fn problem(&self, context: &Context<'_>, forecast: Forecast) -> PlanProblem {
        let rate_of = |spreads: f64| forecast.rate.bps().max(1) as f64 * (forecast.spread * spreads).exp();
        let stages = stages(context, self.horizon(context));
        PlanProblem {
            qualities: qualities(context.ladder),
            prices: Prices { stall: view::STALL, stalled_second: view::STALLED_SECOND, change: view::CHANGE },
            buffer_secs: context.dry_in().as_secs_f64(),
            capacity_secs: in_real_time(context, context.capacity),
            latency_secs: context.estimate.latency().unwrap_or_default().as_secs_f64(),
            outcomes: OUTLOOK.map(|(spreads, weight)| (1.0 / rate_of(spreads + self.confidence), weight)),
            lasts: LASTS,
            give_up_secs: Some(GIVE_UP_SECS),
            last: context.last,
            left_over: (left(context) > stages.len() as u64).then_some(LEFT_OVER),
            stages,
        }
    }

    /// In segments like the next one.
    fn horizon(&self, context: &Context<'_>) -> u64 {
        let segment_secs = context.segments.duration(context.ordinal).as_secs_f64();
        ((self.horizon_secs / segment_secs).ceil() as u64).clamp(*STAGES.start(), *STAGES.end())
    }
}

impl Policy for Planner {
    fn estimate(&self, estimator: &Estimator) -> Option<Bitrate> {
        estimator.forecast().map(|forecast| forecast.rate)
    }

    fn decide(&mut self, context: &Context<'_>) -> Advice {
        let known = context.estimate.forecast().filter(|_| !goes_on_unknown(context));
        let Some(forecast) = known else {
            return Advice::fetch(context, 0, Reason::new(Rule::Start, context, None));
        };
        let seen = self.watch.given_up_at(context.ordinal);
        let rate = seen.map_or(forecast.rate, |seen| seen.min(forecast.rate));
        let problem = self.problem(context, Forecast { rate, ..forecast });
        let choice = self.iteration.best(&problem);
        let reason = Reason::new(rule(context, &problem, choice), context, Some(rate));
        Advice::fetch(context, choice, reason.with_stall(problem.expected_stall(choice)))
    }

    fn abandon(&mut self, context: &Context<'_>, in_flight: &InFlight) -> AbandonVerdict {
        self.late(context, in_flight)
    }
}

/// Whether the picture stands after an outage of which one answer is all that is known: the buffer comes before quality.
fn goes_on_unknown(context: &Context<'_>) -> bool {
    context.phase == Standing::Stalled && context.buffer.is_zero() && context.estimate.samples().len() < 2
}

/// Which of the viewer's concerns says most about why `choice` is best.
fn rule(context: &Context<'_>, problem: &PlanProblem, choice: usize) -> Rule {
    let risk = |choice| problem.risk(choice);
    if choice == 0 && context.phase != Standing::Playing && context.buffer.is_zero() {
        Rule::Soonest
    } else if choice == 0 && risk(0) > NOTABLE_RISK {
        Rule::LowestAnyway
    } else if choice + 1 < context.ladder.len() && risk(choice + 1) > risk(choice) + NOTABLE_RISK {
        Rule::HighestSafe
    } else {
        Rule::of_move(context, choice)
    }
}

fn qualities(ladder: &[Bitrate]) -> Vec<f64> {
    ladder.iter().map(|&rate| view::quality(rate, ladder[0], ladder[ladder.len() - 1])).collect()
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
