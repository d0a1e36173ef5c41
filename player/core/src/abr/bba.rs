//! The rung is read off the buffer level and nothing else (Huang et al., "A Buffer-Based Approach to Rate
//! Adaptation", SIGCOMM 2014, algorithm BBA-0).
//!
//! Below the reservoir the lowest rung, above the cushion the highest, in between a line from the lowest bandwidth
//! to the highest. The rung changes only when the line passes the neighbouring one.

use super::parameters::{BBA_CUSHION, BBA_RESERVOIR};
use super::{Advice, Context, Policy, Reason, Rule, Settings};

/// Smaller buffers than the paper's: a reservoir of fewer segments cannot outlive the download of one, and a
/// steeper cushion would leap from the lowest rung to the highest.
const LEAST_RESERVOIR_SEGMENTS: f64 = 2.0;
const LEAST_CUSHION_SECS: f64 = 10.0;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bba {
    /// Reservoir and upper end of the cushion as shares of the capacity (90 s and 216 s of 240 s in the paper).
    reservoir: f64,
    cushion_end: f64,
}

impl Bba {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { reservoir: settings.of(&BBA_RESERVOIR), cushion_end: settings.of(&BBA_CUSHION) }
    }

    /// The line's bandwidth at the present level, in bit/s.
    fn mapped_bps(&self, context: &Context<'_>) -> f64 {
        let capacity = context.capacity.as_secs_f64();
        let segment = context.segments.duration(context.ordinal).as_secs_f64();
        let reservoir = (self.reservoir * capacity).max(LEAST_RESERVOIR_SEGMENTS * segment);
        let end = (self.cushion_end * capacity).min(capacity - segment).max(reservoir + LEAST_CUSHION_SECS);
        let share = ((context.buffer.as_secs_f64() - reservoir) / (end - reservoir)).clamp(0.0, 1.0);
        let bandwidth = |choice: usize| context.ladder[choice].bps() as f64;
        let (lowest, highest) = (bandwidth(0), bandwidth(context.ladder.len() - 1));
        lowest + share * (highest - lowest)
    }
}

impl Policy for Bba {
    fn decide(&mut self, context: &Context<'_>) -> Advice {
        let mapped = self.mapped_bps(context);
        let up_to = context.ladder.partition_point(|rate| rate.bps() as f64 <= mapped).saturating_sub(1);
        let from_on = context.ladder.partition_point(|rate| (rate.bps() as f64) < mapped);
        let choice = match context.last {
            Some(last) if up_to <= last && last <= from_on => last,
            Some(last) if from_on < last => from_on,
            _ => up_to,
        };
        Advice::fetch(context, choice, Reason::new(Rule::BufferMap, context, None))
    }
}
