//! The throughput rule: the highest rung under a part of the cautious estimate (dash.js ThroughputRule; two
//! exponential means as in Shaka Player). Blind to the buffer.

use super::{Choice, Context, Policy, Reason, Rule};
use shared::units::Bitrate;

/// Share of the estimate that is used.
const SAFETY: f64 = 0.9;

/// See the module.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Throughput;

impl Policy for Throughput {
    fn name(&self) -> &str {
        "throughput"
    }

    fn decide(&mut self, context: &Context<'_>) -> Choice {
        let Some(estimate) = context.estimate.cautious() else {
            return Choice::fetch(context, 0, Reason::new(Rule::Start, context, None));
        };
        let share = estimate.scaled(SAFETY).bps().saturating_sub(context.beside.bps());
        let rung = context.highest_under(Bitrate::from_bps(share).scaled(1.0 / context.speed()));
        Choice::fetch(context, rung, Reason::new(Rule::Throughput, context, Some(estimate)))
    }
}
