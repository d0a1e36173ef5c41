//! The throughput rule: the highest rung that a part of the cautious estimate sustains, capped while the buffer is
//! short; blind to the buffer otherwise (dash.js ThroughputRule, InsufficientBufferRule, AbandonRequestsRule, as
//! studied by Spiteri, Sitaraman, Sparacio, MMSys 2018).

use super::parameters::SAFETY;
use super::rate_rules::{ShortBuffer, abandon, sustainable};
use super::{AbandonVerdict, Advice, Context, InFlight, Policy, Reason, Rule, Settings};

/// See the module.
#[derive(Debug)]
pub(super) struct Throughput {
    safety: f64,
    short_buffer: ShortBuffer,
}

impl Throughput {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { safety: settings.of(&SAFETY), short_buffer: ShortBuffer::default() }
    }
}

impl Policy for Throughput {
    fn decide(&mut self, context: &Context<'_>) -> Advice {
        let Some(estimate) = context.estimate.cautious() else {
            return Advice::fetch(context, 0, Reason::new(Rule::Start, context, None));
        };
        let sustained = sustainable(context, estimate.scaled(self.safety));
        let choice = self.short_buffer.cap(context, estimate, sustained);
        let rule = if choice < sustained { Rule::ShortBuffer } else { Rule::Throughput };
        Advice::fetch(context, choice, Reason::new(rule, context, Some(estimate)))
    }

    fn abandon(&mut self, context: &Context<'_>, in_flight: &InFlight) -> AbandonVerdict {
        abandon(context, in_flight)
    }
}
