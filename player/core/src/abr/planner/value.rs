//! The plan: value iteration over the next segments. Pure numbers, no context.
//!
//! The state before each download is (how the link does, buffer level, previous rung). How the link does is one of a few
//! outcomes, and it lasts: a link that is worse than expected mostly stays so, which is what makes buffers run dry.
//! Levels are a grid with linear interpolation between its points. The price of a change is a distance along the ladder,
//! so the maximum over all next rungs is taken in two sweeps instead of by comparing all pairs (the lower envelope of
//! Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", 2012).

use std::time::Duration;

/// Rates that are considered for each download.
pub(in crate::abr) const OUTCOMES: usize = 5;
/// Points of the buffer grid; twice as many give the same scores.
const LEVELS: usize = 26;
/// A download takes up to so much less or more than its outcome says, evenly: whether it comes before the buffer is dry is
/// then no cliff between two points of the grid.
const BLUR: f64 = 0.2;

/// One segment to come.
#[derive(Debug)]
pub(in crate::abr) struct NextSegment {
    /// Real time that it plays for.
    pub(in crate::abr) duration_secs: f64,
    /// What it costs to fetch, by rung.
    pub(in crate::abr) bits: Vec<f64>,
}

/// What things cost, in seconds of a quality of 1.
#[derive(Debug, Clone, Copy)]
pub(in crate::abr) struct Prices {
    /// A stand-still as such.
    pub(in crate::abr) stall: f64,
    /// A second of it.
    pub(in crate::abr) stalled_second: f64,
    /// A change of quality by 1.
    pub(in crate::abr) change: f64,
}

/// What is left in the buffer after the last segment of the plan.
#[derive(Debug, Clone, Copy)]
pub(in crate::abr) struct LeftOver {
    /// What a second of it is worth.
    pub(in crate::abr) second: f64,
    /// What it costs that the buffer is not full, for each squared part of it that is missing.
    pub(in crate::abr) missing: f64,
}

/// What is to be optimised.
#[derive(Debug)]
pub(in crate::abr) struct PlanProblem {
    /// Value of a second by rung, ascending.
    pub(in crate::abr) qualities: Vec<f64>,
    pub(in crate::abr) prices: Prices,
    /// Real time until the buffer is dry.
    pub(in crate::abr) buffer_secs: f64,
    /// The most real time that the buffer may hold.
    pub(in crate::abr) capacity_secs: f64,
    /// From a request to its first byte.
    pub(in crate::abr) latency_secs: f64,
    /// Seconds a bit, with the weight of each case.
    pub(in crate::abr) outcomes: [(f64, f64); OUTCOMES],
    /// How likely the outcome of a download is that of the one before it; otherwise any may follow.
    pub(in crate::abr) lasts: f64,
    /// A download that comes too late may be given up for the lowest rung after so many seconds.
    pub(in crate::abr) give_up_secs: Option<f64>,
    /// The next segments; at least one.
    pub(in crate::abr) stages: Vec<NextSegment>,
    /// Rung of the segment before them.
    pub(in crate::abr) last: Option<usize>,
    /// `None` when the film ends with them.
    pub(in crate::abr) left_over: Option<LeftOver>,
}

impl PlanProblem {
    /// Stalling to be expected when the first segment is fetched in a rung.
    pub(in crate::abr) fn expected_stall(&self, choice: usize) -> Duration {
        let stall =
            |secs_per_bit| (self.download_secs(&self.stages[0], choice, secs_per_bit) - self.buffer_secs).max(0.0);
        let secs: f64 = self.outcomes.iter().map(|(secs_per_bit, weight)| weight * stall(*secs_per_bit)).sum();
        Duration::try_from_secs_f64(secs).unwrap_or(Duration::MAX)
    }

    /// How likely the picture stands still because of the first segment when it is fetched in a rung.
    pub(in crate::abr) fn risk(&self, choice: usize) -> f64 {
        let late =
            |secs_per_bit| late_part(self.download_secs(&self.stages[0], choice, secs_per_bit), self.buffer_secs);
        self.outcomes.iter().map(|(secs_per_bit, weight)| weight * late(*secs_per_bit)).sum()
    }

    fn download_secs(&self, segment: &NextSegment, choice: usize, secs_per_bit: f64) -> f64 {
        self.latency_secs + segment.bits[choice] * secs_per_bit
    }

    fn level_secs(&self) -> f64 {
        self.capacity_secs.max(self.stages[0].duration_secs).max(1e-3) / (LEVELS - 1) as f64
    }

    fn value_left_over(&self, secs: f64) -> f64 {
        self.left_over.map_or(0.0, |left_over| {
            let missing = (1.0 - secs / self.capacity_secs.max(1e-3)).max(0.0);
            left_over.second * secs - left_over.missing * missing * missing
        })
    }

    fn price_of_change(&self, from: usize, to: usize) -> f64 {
        self.prices.change * (self.qualities[from] - self.qualities[to]).abs()
    }

    /// Replaces every value by the best that can be reached from it when each step along the ladder has its price.
    fn envelope(&self, values: &mut [f64]) {
        for choice in 1..values.len() {
            values[choice] = values[choice].max(values[choice - 1] - self.price_of_change(choice, choice - 1));
        }
        for choice in (1..values.len()).rev() {
            values[choice - 1] = values[choice - 1].max(values[choice] - self.price_of_change(choice, choice - 1));
        }
    }
}

/// How much of a download that takes `secs` on the whole comes after `buffer_secs`.
fn late_part(secs: f64, buffer_secs: f64) -> f64 {
    let blur = BLUR * secs + 1e-9;
    ((secs + blur - buffer_secs) / (2.0 * blur)).clamp(0.0, 1.0)
}

/// A download in the plan.
#[derive(Clone, Copy)]
struct Planned<'a> {
    segment: &'a NextSegment,
    outcome: usize,
    buffer_secs: f64,
    choice: usize,
    /// How long it takes.
    secs: f64,
}

/// The tables, kept between decisions to spare allocations. `values[(outcome * LEVELS + level) * rungs + previous]`.
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
    pub(in crate::abr) fn solve(&mut self, problem: &PlanProblem) -> Vec<f64> {
        let rungs = problem.qualities.len();
        let at_the_end = |level| vec![problem.value_left_over(level as f64 * problem.level_secs()); rungs];
        self.next = (0..OUTCOMES).flat_map(|_| (0..LEVELS).flat_map(at_the_end)).collect();
        self.values.resize(self.next.len(), 0.0);
        for segment in problem.stages.iter().skip(1).rev() {
            self.step_back(problem, segment);
        }
        let bits = &problem.stages[0].bits;
        (0..rungs).map(|choice| self.first(problem, choice, bits[choice], problem.latency_secs)).collect()
    }

    /// The expected value of a first download in rung `choice` of which `bits` are to come, after [`Self::solve`].
    pub(in crate::abr) fn first(&self, problem: &PlanProblem, choice: usize, bits: f64, latency_secs: f64) -> f64 {
        let (segment, buffer_secs) = (&problem.stages[0], problem.buffer_secs);
        let value = |(outcome, (secs_per_bit, weight)): (usize, &(f64, f64))| {
            let secs = latency_secs + bits * secs_per_bit;
            weight * self.value(problem, Planned { segment, outcome, buffer_secs, choice, secs })
        };
        let expected: f64 = problem.outcomes.iter().enumerate().map(value).sum();
        expected - problem.last.map_or(0.0, |last| problem.price_of_change(last, choice))
    }

    /// Turns the values after `segment` into those before it.
    fn step_back(&mut self, problem: &PlanProblem, segment: &NextSegment) {
        let rungs = problem.qualities.len();
        // Above this level the download waits for room: the value stays what it is at the highest allowed one.
        let most = (problem.capacity_secs - segment.duration_secs).max(0.0);
        for (outcome, (secs_per_bit, _)) in problem.outcomes.iter().enumerate() {
            for level in 0..LEVELS {
                let buffer_secs = (level as f64 * problem.level_secs()).min(most);
                let mut scores = std::mem::take(&mut self.scores);
                scores.clear();
                scores.extend((0..rungs).map(|choice| {
                    let secs = problem.download_secs(segment, choice, *secs_per_bit);
                    self.value(problem, Planned { segment, outcome, buffer_secs, choice, secs })
                }));
                problem.envelope(&mut scores);
                self.values[(outcome * LEVELS + level) * rungs..][..rungs].copy_from_slice(&scores);
                self.scores = scores;
            }
        }
        self.mix(problem);
    }

    /// What is known before a download of how the link will do: mostly that it does as it did.
    fn mix(&mut self, problem: &PlanProblem) {
        let size = self.values.len() / OUTCOMES;
        for place in 0..size {
            let weighted =
                problem.outcomes.iter().enumerate().map(|(k, (_, weight))| weight * self.values[k * size + place]);
            let any: f64 = weighted.sum();
            for outcome in 0..OUTCOMES {
                let same = self.values[outcome * size + place];
                self.next[outcome * size + place] = problem.lasts * same + (1.0 - problem.lasts) * any;
            }
        }
    }

    /// The value of a download and of all that follows, the change to its rung not counted.
    fn value(&self, problem: &PlanProblem, download: Planned<'_>) -> f64 {
        let Planned { segment, buffer_secs, choice, secs, .. } = download;
        let kept = (buffer_secs - secs).max(0.0);
        let gone_on = problem.qualities[choice] * segment.duration_secs + self.after(problem, download, kept)
            - problem.prices.stalled_second * (secs - buffer_secs).max(0.0);
        let late = late_part(secs, buffer_secs);
        if late == 0.0 {
            return gone_on;
        }
        let waited = gone_on - problem.prices.stall;
        let given_up = problem.give_up_secs.filter(|_| choice > 0).map(|after| self.given_up(problem, download, after));
        (1.0 - late) * gone_on + late * given_up.map_or(waited, |given_up| given_up.max(waited))
    }

    /// The value of giving the download up for the lowest rung, as late as that may still come before the buffer is dry,
    /// but not before it shows, `after` so many seconds, how the link does.
    fn given_up(&self, problem: &PlanProblem, download: Planned<'_>, after: f64) -> f64 {
        let Planned { segment, outcome, buffer_secs, choice, .. } = download;
        let lowest = problem.download_secs(segment, 0, problem.outcomes[outcome].0);
        let secs = (buffer_secs - lowest).max(after) + lowest;
        let late = (secs - buffer_secs).max(0.0);
        let kept = (buffer_secs - secs).max(0.0);
        problem.qualities[0] * segment.duration_secs + self.after(problem, Planned { choice: 0, ..download }, kept)
            - problem.prices.stall * (late / (BLUR * lowest + 1e-9)).min(1.0)
            - problem.prices.stalled_second * late
            - problem.price_of_change(choice, 0)
    }

    /// The value of what follows a download after which `kept` seconds and its segment are in the buffer.
    fn after(&self, problem: &PlanProblem, download: Planned<'_>, kept: f64) -> f64 {
        let rungs = problem.qualities.len();
        let place = ((kept + download.segment.duration_secs) / problem.level_secs()).min((LEVELS - 1) as f64);
        let level = (place as usize).min(LEVELS - 2);
        let at = (download.outcome * LEVELS + level) * rungs + download.choice;
        let (below, above) = (self.next[at], self.next[at + rungs]);
        below + (above - below) * (place - level as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(secs_per_bit: f64, buffer_secs: f64) -> PlanProblem {
        let stage = || NextSegment { duration_secs: 2.0, bits: vec![1e6, 2e6, 6e6] };
        PlanProblem {
            qualities: vec![0.0, 0.4, 1.0],
            prices: Prices { stall: 60.0, stalled_second: 1.0, change: 5.0 },
            buffer_secs,
            capacity_secs: 20.0,
            latency_secs: 0.05,
            outcomes: [(secs_per_bit, 0.2); OUTCOMES],
            lasts: 0.5,
            give_up_secs: None,
            stages: (0..8).map(|_| stage()).collect(),
            last: Some(1),
            left_over: Some(LeftOver { second: 0.03, missing: 30.0 }),
        }
    }

    fn best(problem: &PlanProblem) -> usize {
        ValueIteration::default().best(problem)
    }

    #[test]
    fn the_envelope_equals_the_comparison_of_all_pairs() {
        let ladder = PlanProblem { qualities: vec![0.0, 0.3, 0.4, 1.0], ..problem(1e-6, 10.0) };
        let values = [1.0, 7.0, 2.0, 6.5];
        let direct = |from: usize| {
            let reach = |to: usize| values[to] - ladder.price_of_change(from, to);
            (0..values.len()).map(reach).fold(f64::MIN, f64::max)
        };
        let mut swept = values;
        ladder.envelope(&mut swept);
        for (from, value) in swept.into_iter().enumerate() {
            assert!((value - direct(from)).abs() < 1e-12, "{from}");
        }
    }

    #[test]
    fn a_fast_link_is_used_and_a_slow_one_respected() {
        assert_eq!(best(&problem(1.0 / 8e6, 10.0)), 2);
        assert_eq!(best(&problem(1.0 / 1.3e6, 10.0)), 1);
        assert_eq!(best(&problem(1.0 / 0.4e6, 1.0)), 0);
    }

    #[test]
    fn a_full_buffer_pays_for_a_peak() {
        let mut peak = problem(1.0 / 4e6, 18.0);
        peak.last = Some(2);
        peak.stages[0].bits[2] = 12e6; // takes 3 s for 2 s of media
        assert_eq!(best(&peak), 2);
        peak.buffer_secs = 2.5;
        assert!(best(&peak) < 2);
    }

    #[test]
    fn at_the_end_the_reserve_is_spent() {
        let mut end = problem(1.0 / 1.2e6, 8.0);
        end.last = None;
        end.stages.truncate(1);
        let kept = best(&end);
        end.left_over = None;
        assert!(kept < 2);
        assert_eq!(best(&end), 2);
    }

    #[test]
    fn expected_stall_is_the_weighted_excess() {
        let stall = problem(1.0 / 1e6, 1.0).expected_stall(1);
        assert!((stall.as_secs_f64() - 1.05).abs() < 1e-9, "{stall:?}");
    }

    /// One time in ten the link is six times slower.
    fn unsure() -> PlanProblem {
        let (good, bad) = (1.0 / 6e6, 1.0 / 1e6);
        let outcomes = [(bad, 0.1), (good, 0.2), (good, 0.3), (good, 0.2), (good, 0.2)];
        PlanProblem { outcomes, last: Some(2), ..problem(good, 5.0) }
    }

    #[test]
    fn a_download_that_can_be_given_up_in_time_may_be_dared() {
        let mut dared = unsure();
        assert!(best(&dared) < 2, "six seconds with a buffer of five are a stall");
        dared.give_up_secs = Some(2.0);
        assert_eq!(best(&dared), 2, "after two seconds the lowest rung comes in one");
        dared.give_up_secs = Some(4.5);
        assert!(best(&dared) < 2, "too late for that");
    }

    #[test]
    fn what_is_likely_to_come_too_late_is_a_risk() {
        let risks = [0, 1, 2].map(|choice| (unsure().risk(choice) * 100.0).round());
        assert_eq!(risks, [0.0, 0.0, 9.0], "about six seconds one time in ten");
    }
}
