//! SODA, smoothness-optimised dynamic adaptation (Chen et al., SIGCOMM 2024): time is cut into equal slots, and
//! over the next slots three costs are weighed: distortion of what is downloaded, distance of the buffer from its
//! target, and changes of rung. Only monotone sequences are searched, which the paper shows to lose next to nothing.

use super::parameters::{SODA_HORIZON, SODA_TARGET};
use super::{Advice, Context, Policy, Reason, Rule, Settings};
use shared::units::Bitrate;

/// First rungs considered on either side of the last one, and steps between slots: bounds the search to about ten
/// thousand slots whatever the ladder.
const REACH: usize = 12;
const STEP: usize = 3;
/// Price of a squared second below the target; above it a part of that.
const BUFFER_PRICE: f64 = 0.1;
const ABOVE_TARGET: f64 = 0.2;
/// Price of a squared change of distortion.
const CHANGE_PRICE: f64 = 4.0;
/// Price of a second for which the buffer would have been empty.
const EMPTY_PRICE: f64 = 10.0;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Soda {
    /// Slots looked ahead; a slot lasts as long as a segment.
    horizon: usize,
    /// Buffer target as a share of the capacity.
    target: f64,
}

impl Soda {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { horizon: settings.count(&SODA_HORIZON) as usize, target: settings.of(&SODA_TARGET) }
    }
}

impl Policy for Soda {
    fn decide(&mut self, context: &Context<'_>) -> Advice {
        let Some(estimate) = context.estimate.cautious() else {
            return Advice::fetch(context, 0, Reason::new(Rule::Start, context, None));
        };
        let outlook = Outlook::new(self, context, estimate);
        let choice = outlook.best(context.buffer.as_secs_f64(), context.last);
        Advice::fetch(context, choice, Reason::new(Rule::of_move(context, choice), context, Some(estimate)))
    }
}

/// The slots to come at a constant rate.
struct Outlook {
    soda: Soda,
    /// ln(highest / bandwidth), scaled to 0..=1.
    distortions: Vec<f64>,
    /// Media seconds that a slot brings, by rung.
    gains: Vec<f64>,
    /// Media seconds that a slot plays.
    slot_secs: f64,
    capacity_secs: f64,
}

/// Which way a sequence may go from here.
#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

impl Outlook {
    fn new(soda: &Soda, context: &Context<'_>, estimate: Bitrate) -> Self {
        let slot_secs = context.segments.duration(context.ordinal).as_secs_f64();
        let rate = estimate.bps().saturating_sub(context.beside.bps()).max(1) as f64 / context.speed();
        let bps = |rate: &Bitrate| rate.bps().max(1) as f64;
        let (lowest, highest) = (bps(&context.ladder[0]), bps(&context.ladder[context.ladder.len() - 1]));
        let range = (highest / lowest).ln().max(1e-6);
        Self {
            soda: *soda,
            distortions: context.ladder.iter().map(|rate| (highest / bps(rate)).ln() / range).collect(),
            gains: context.ladder.iter().map(|bandwidth| slot_secs * rate / bps(bandwidth)).collect(),
            slot_secs,
            capacity_secs: context.capacity.as_secs_f64(),
        }
    }

    fn best(&self, buffer_secs: f64, last: Option<usize>) -> usize {
        let top = self.distortions.len() - 1;
        let around = last.unwrap_or(0).min(top);
        let candidates = around.saturating_sub(REACH)..=(around + REACH).min(top);
        let cost = |choice| {
            let direction = if choice >= around { Direction::Up } else { Direction::Down };
            self.change(last, choice) + self.cost(buffer_secs, choice, direction, self.soda.horizon)
        };
        candidates.map(|choice| (choice, cost(choice))).min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |best| best.0)
    }

    /// The least cost of `slots` slots that begin with `rung` and go on in one direction.
    fn cost(&self, buffer_secs: f64, choice: usize, direction: Direction, slots: usize) -> f64 {
        let gain = self.gains[choice].min(self.capacity_secs + self.slot_secs - buffer_secs).max(0.0);
        let level = buffer_secs + gain - self.slot_secs;
        let here = self.distortions[choice] * gain + self.level_cost(level);
        if slots <= 1 {
            return here;
        }
        let next = match direction {
            Direction::Up => choice..=(choice + STEP).min(self.distortions.len() - 1),
            Direction::Down => choice.saturating_sub(STEP)..=choice,
        };
        let then = |next| self.change(Some(choice), next) + self.cost(level.max(0.0), next, direction, slots - 1);
        here + next.map(then).fold(f64::INFINITY, f64::min)
    }

    fn level_cost(&self, level_secs: f64) -> f64 {
        let off = level_secs - self.soda.target * self.capacity_secs;
        let price = if off < 0.0 { BUFFER_PRICE } else { BUFFER_PRICE * ABOVE_TARGET };
        price * off * off + EMPTY_PRICE * (-level_secs).max(0.0)
    }

    fn change(&self, from: Option<usize>, to: usize) -> f64 {
        from.map_or(0.0, |from| CHANGE_PRICE * (self.distortions[from] - self.distortions[to]).powi(2))
    }
}
