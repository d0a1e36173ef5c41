//! RobustMPC (Yin et al., "A Control-Theoretic Approach for Dynamic Adaptive Video Streaming over HTTP",
//! SIGCOMM 2015): the best sequence over the next five segments if the link carries the harmonic mean of the last
//! five, divided by one plus the largest recent error.
//!
//! The paper compares all sequences; the same maximum is found here by value iteration with a single outcome.

use super::parameters::MPC_HORIZON;
use super::planner::{OUTCOMES, PlanProblem, Prices, ValueIteration, stages};
use super::{Advice, Context, Policy, Reason, Rule, Settings};
use crate::estimate::Estimator;
use shared::units::Bitrate;

/// Errors remembered.
const ERRORS: usize = 5;

/// See the module.
#[derive(Debug)]
pub(super) struct RobustMpc {
    iteration: ValueIteration,
    /// Segments looked ahead.
    horizon: u64,
}

impl RobustMpc {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { iteration: ValueIteration::default(), horizon: settings.count(&MPC_HORIZON) }
    }
}

impl Policy for RobustMpc {
    fn estimate(&self, estimator: &Estimator) -> Option<Bitrate> {
        lower_bound(estimator)
    }

    fn decide(&mut self, context: &Context<'_>) -> Advice {
        let Some(rate) = lower_bound(context.estimate) else {
            return Advice::fetch(context, 0, Reason::new(Rule::Start, context, None));
        };
        let problem = problem(context, rate, self.horizon);
        let choice = self.iteration.best(&problem);
        let reason =
            Reason::new(Rule::of_move(context, choice), context, Some(rate)).with_stall(problem.expected_stall(choice));
        Advice::fetch(context, choice, reason)
    }
}

/// The prediction divided by one plus the largest relative error of the last predictions.
fn lower_bound(estimator: &Estimator) -> Option<Bitrate> {
    let errors = estimator.samples().take(ERRORS).filter_map(|sample| {
        let (predicted, actual) = (sample.predicted?.bps() as f64, sample.rate.bps().max(1) as f64);
        Some((predicted - actual).abs() / actual)
    });
    let largest = errors.fold(0.0, f64::max);
    Some(estimator.expected()?.scaled(1.0 / (1.0 + largest)))
}

/// The paper counts by segment: what a change and a second of waiting cost is then worth as many seconds as a segment has.
fn problem(context: &Context<'_>, rate: Bitrate, horizon: u64) -> PlanProblem {
    let qualities: Vec<f64> = context.ladder.iter().map(|rate| rate.mbps()).collect();
    let segment_secs = context.segments.duration(context.ordinal).as_secs_f64() / context.speed();
    let top = qualities.last().copied().unwrap_or(0.0);
    PlanProblem {
        prices: Prices { stall: 0.0, stalled_second: top * segment_secs, change: segment_secs },
        qualities,
        buffer_secs: context.dry_in().as_secs_f64(),
        capacity_secs: context.capacity.as_secs_f64() / context.speed(),
        latency_secs: context.estimate.latency().unwrap_or_default().as_secs_f64(),
        outcomes: [(1.0 / rate.bps().max(1) as f64, 1.0 / OUTCOMES as f64); OUTCOMES],
        lasts: 0.0,
        give_up_secs: None,
        stages: stages(context, horizon),
        last: context.last,
        left_over: None,
    }
}
