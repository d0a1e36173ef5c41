//! Value iteration over the next segments: pure numbers, no context, no constants of the link.
//!
//! The state before each download is (buffer level, previous rung). Levels are a grid with linear interpolation
//! between its points. Work is stages x levels x rungs x outcomes: the price of a switch is a distance along the
//! ladder, so the maximum over all next rungs is taken in two sweeps instead of by comparing all pairs (the lower
//! envelope of Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", 2012).

use std::time::Duration;

/// Rates that are considered for each download.
pub(in crate::abr) const OUTCOMES: usize = 5;
/// Points of the buffer grid; twice as many give the same scores.
const LEVELS: usize = 26;
/// What a second of media left at the horizon is worth, in seconds of stalling.
const LEFT_OVER: f64 = 0.012;
/// The level below which more is worth having at the horizon, as a share of the capacity, and the price of
/// falling short of it, in seconds of stalling for each squared second at a capacity of 25 s.
const RESERVE: f64 = 0.95;
const RESERVE_PRICE: f64 = 0.0136;
const RESERVE_CAPACITY_SECS: f64 = 25.0;

/// One segment to come.
#[derive(Debug)]
pub(in crate::abr) struct NextSegment {
    /// Real time that it plays for.
    pub(in crate::abr) duration_secs: f64,
    /// What it costs to fetch, by rung.
    pub(in crate::abr) bits: Vec<f64>,
}

/// What is to be optimised.
#[derive(Debug)]
pub(in crate::abr) struct PlanProblem {
    /// By rung, ascending. The last is also the price of a second of stalling.
    pub(in crate::abr) utilities: Vec<f64>,
    /// Real time until the buffer is dry.
    pub(in crate::abr) buffer_secs: f64,
    /// The most real time that the buffer may hold.
    pub(in crate::abr) capacity_secs: f64,
    /// From a request to its first byte.
    pub(in crate::abr) latency_secs: f64,
    /// Seconds a bit, with the weight of each case.
    pub(in crate::abr) outcomes: [(f64, f64); OUTCOMES],
    /// The next segments; at least one.
    pub(in crate::abr) stages: Vec<NextSegment>,
    /// Rung of the segment before them.
    pub(in crate::abr) last: Option<usize>,
    /// Whether what is left in the buffer after them is worth anything.
    pub(in crate::abr) left_over_counts: bool,
}

impl PlanProblem {
    fn stall_price(&self) -> f64 {
        self.utilities.last().copied().unwrap_or(0.0)
    }

    fn download_secs(&self, bits: f64) -> [f64; OUTCOMES] {
        self.outcomes.map(|(secs_per_bit, _)| self.latency_secs + bits * secs_per_bit)
    }

    /// Stalling to be expected when the first segment is fetched in `rung`.
    pub(in crate::abr) fn expected_stall(&self, choice: usize) -> Duration {
        let times = self.download_secs(self.stages[0].bits[choice]);
        let weighted = |(secs, (_, weight)): (f64, &(f64, f64))| weight * (secs - self.buffer_secs).max(0.0);
        let secs: f64 = times.into_iter().zip(&self.outcomes).map(weighted).sum();
        Duration::try_from_secs_f64(secs).unwrap_or(Duration::MAX)
    }

    fn level_secs(&self) -> f64 {
        self.capacity_secs.max(self.stages[0].duration_secs).max(1e-3) / (LEVELS - 1) as f64
    }

    /// Value of a buffer at the horizon.
    fn left_over(&self, secs: f64) -> f64 {
        if !self.left_over_counts {
            return 0.0;
        }
        let short = (RESERVE * self.capacity_secs - secs).max(0.0);
        let scale = RESERVE_CAPACITY_SECS / self.capacity_secs.max(1e-3);
        self.stall_price() * (LEFT_OVER * secs - RESERVE_PRICE * (scale * short).powi(2))
    }
}

/// The tables, kept between decisions to spare allocations. `values[level * rungs + previous]`.
#[derive(Debug, Default)]
pub(in crate::abr) struct ValueIteration {
    values: Vec<f64>,
    next: Vec<f64>,
    scores: Vec<f64>,
}

impl ValueIteration {
    /// The rung for the first stage with the highest expected value; the lower one of equals.
    pub(in crate::abr) fn best(&mut self, problem: &PlanProblem) -> usize {
        let scores = self.solve(problem);
        (0..scores.len()).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0)
    }

    /// The expected value of each rung for the first stage, everything after it chosen best.
    fn solve(&mut self, problem: &PlanProblem) -> &[f64] {
        let rungs = problem.utilities.len();
        self.next =
            (0..LEVELS).flat_map(|level| vec![problem.left_over(level_secs_at(problem, level)); rungs]).collect();
        self.values.resize(self.next.len(), 0.0);
        for stage in problem.stages.iter().skip(1).rev() {
            self.step_back(problem, stage);
        }
        self.score(problem, &problem.stages[0], problem.buffer_secs);
        if let Some(last) = problem.last {
            let here = problem.utilities[last];
            for (score, utility) in self.scores.iter_mut().zip(&problem.utilities) {
                *score -= (utility - here).abs();
            }
        }
        &self.scores
    }

    /// Turns the values after `stage` into those before it.
    fn step_back(&mut self, problem: &PlanProblem, stage: &NextSegment) {
        let rungs = problem.utilities.len();
        let most = problem.capacity_secs - stage.duration_secs;
        for level in 0..LEVELS {
            // Above this level the download waits for room: the value stays what it is at the highest allowed one.
            self.score(problem, stage, level_secs_at(problem, level).min(most.max(0.0)));
            envelope(&mut self.scores, &problem.utilities);
            self.values[level * rungs..][..rungs].copy_from_slice(&self.scores);
        }
        std::mem::swap(&mut self.values, &mut self.next);
    }

    /// The value of each rung for `stage` at this buffer, the switch to it not counted.
    fn score(&mut self, problem: &PlanProblem, stage: &NextSegment, buffer_secs: f64) {
        let rungs = problem.utilities.len();
        let (per_level, price) = (1.0 / problem.level_secs(), problem.stall_price());
        self.scores.clear();
        for choice in 0..rungs {
            let mut score = problem.utilities[choice];
            for (secs, (_, weight)) in problem.download_secs(stage.bits[choice]).into_iter().zip(problem.outcomes) {
                let kept = (buffer_secs - secs).max(0.0);
                let stall = (secs - buffer_secs).max(0.0);
                let place = ((kept + stage.duration_secs) * per_level).min((LEVELS - 1) as f64);
                let level = (place as usize).min(LEVELS - 2);
                let (below, above) = (self.next[level * rungs + choice], self.next[(level + 1) * rungs + choice]);
                score += weight * (below + (above - below) * (place - level as f64) - price * stall);
            }
            self.scores.push(score);
        }
    }
}

fn level_secs_at(problem: &PlanProblem, level: usize) -> f64 {
    level as f64 * problem.level_secs()
}

/// Replaces every value by the best that can be reached from it when each step along the ladder costs the
/// difference of the utilities.
fn envelope(values: &mut [f64], utilities: &[f64]) {
    let gap = |a: usize, b: usize| (utilities[a] - utilities[b]).abs();
    for choice in 1..values.len() {
        values[choice] = values[choice].max(values[choice - 1] - gap(choice, choice - 1));
    }
    for choice in (1..values.len()).rev() {
        values[choice - 1] = values[choice - 1].max(values[choice] - gap(choice, choice - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(secs_per_bit: f64, buffer_secs: f64) -> PlanProblem {
        let stage = || NextSegment { duration_secs: 2.0, bits: vec![1e6, 2e6, 6e6] };
        PlanProblem {
            utilities: vec![0.5, 1.0, 3.0],
            buffer_secs,
            capacity_secs: 20.0,
            latency_secs: 0.05,
            outcomes: [(secs_per_bit, 0.2); OUTCOMES],
            stages: (0..8).map(|_| stage()).collect(),
            last: Some(1),
            left_over_counts: true,
        }
    }

    fn best(problem: &PlanProblem) -> usize {
        ValueIteration::default().best(problem)
    }

    #[test]
    fn the_envelope_equals_the_comparison_of_all_pairs() {
        let (values, utilities) = ([1.0, 7.0, 2.0, 6.5], [0.3, 0.8, 2.0, 4.0]);
        let direct = |from: usize| {
            let reach = |to: usize| values[to] - f64::abs(utilities[to] - utilities[from]);
            (0..values.len()).map(reach).fold(f64::MIN, f64::max)
        };
        let mut swept = values;
        envelope(&mut swept, &utilities);
        assert_eq!(swept, [0, 1, 2, 3].map(direct));
    }

    #[test]
    fn a_fast_link_is_used_and_a_slow_one_respected() {
        assert_eq!(best(&problem(1.0 / 6e6, 10.0)), 2);
        assert_eq!(best(&problem(1.0 / 1.1e6, 10.0)), 1);
        assert_eq!(best(&problem(1.0 / 0.4e6, 1.0)), 0);
    }

    #[test]
    fn a_full_buffer_pays_for_a_peak() {
        let mut peak = problem(1.0 / 3.2e6, 18.0);
        peak.last = Some(2);
        peak.stages[0].bits[2] = 12e6; // takes 3.8 s for 2 s of media
        assert_eq!(best(&peak), 2);
        peak.buffer_secs = 3.0;
        assert!(best(&peak) < 2);
    }

    #[test]
    fn at_the_end_the_reserve_is_spent() {
        let mut end = problem(1.0 / 1.2e6, 8.0);
        end.last = None;
        end.stages.truncate(1);
        let kept = best(&end);
        end.left_over_counts = false;
        assert!(kept < 2);
        assert_eq!(best(&end), 2);
    }

    #[test]
    fn expected_stall_is_the_weighted_excess() {
        let stall = problem(1.0 / 1e6, 1.0).expected_stall(1);
        assert!((stall.as_secs_f64() - 1.05).abs() < 1e-9, "{stall:?}");
    }
}
