//! The score at the heart of BOLA: (V (utility + gamma p) - buffer) / bandwidth, all in seconds of buffer
//! (Spiteri, Urgaonkar, Sitaraman, "BOLA: Near-Optimal Bitrate Adaptation for Online Videos", INFOCOM 2016), with
//! the parameters that BOLA-E takes from the ladder (MMSys 2018).

use shared::units::Bitrate;

/// Buffer at which the lowest rung gives way, in seconds.
pub(super) const LEAST_BUFFER_SECS: f64 = 10.0;
/// The buffer that the scores are laid out for grows by this with every rung, in seconds.
const BUFFER_PER_RUNG_SECS: f64 = 2.0;

/// Scores of one ladder at one capacity.
#[derive(Debug)]
pub(super) struct Scores {
    /// ln(bandwidth / lowest) + 1.
    utilities: Vec<f64>,
    bandwidths: Vec<f64>,
    gamma: f64,
    v_secs: f64,
}

impl Scores {
    /// For a ladder that is not empty.
    pub(super) fn new(ladder: &[Bitrate], capacity_secs: f64) -> Self {
        let bandwidths: Vec<f64> = ladder.iter().map(|rate| rate.bps().max(1) as f64).collect();
        let utilities: Vec<f64> = bandwidths.iter().map(|rate| (rate / bandwidths[0]).ln() + 1.0).collect();
        let laid_out = (LEAST_BUFFER_SECS + BUFFER_PER_RUNG_SECS * ladder.len() as f64).max(capacity_secs);
        let highest = utilities[utilities.len() - 1];
        // One rung (or equal ones) leaves nothing to weigh: any positive gamma will do.
        let gamma = ((highest - 1.0) / (laid_out / LEAST_BUFFER_SECS - 1.0)).max(1e-6);
        Self { utilities, bandwidths, gamma, v_secs: LEAST_BUFFER_SECS / gamma }
    }

    /// The rung with the best score at this level.
    pub(super) fn best(&self, level_secs: f64) -> usize {
        let score = |choice: usize| (self.ceiling(choice) - level_secs) / self.bandwidths[choice];
        // The lower rung wins a tie.
        (0..self.bandwidths.len()).rev().max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0)
    }

    /// What the score's numerator is at an empty buffer: above this level nothing of this rung should be fetched.
    pub(super) fn ceiling(&self, choice: usize) -> f64 {
        self.v_secs * (self.utilities[choice] + self.gamma)
    }

    /// The level from which on this rung beats all lower ones.
    pub(super) fn floor(&self, choice: usize) -> f64 {
        let (bandwidth, utility) = (self.bandwidths[choice], self.utilities[choice]);
        let against = |lower: usize| {
            let (b, u) = (self.bandwidths[lower], self.utilities[lower]);
            self.v_secs * (self.gamma + (bandwidth * u - b * utility) / (bandwidth - b))
        };
        let lower = (0..choice).filter(|&lower| self.bandwidths[lower] < bandwidth);
        lower.map(against).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder(kbps: &[u64]) -> Vec<Bitrate> {
        kbps.iter().map(|&k| Bitrate::from_kbps(k)).collect()
    }

    #[test]
    fn more_buffer_never_scores_a_lower_rung_best() {
        let scores = Scores::new(&ladder(&[300, 750, 1200, 1850, 2850, 4300]), 25.0);
        let best: Vec<usize> = (0..60).map(|half_secs| scores.best(f64::from(half_secs) / 2.0)).collect();
        assert!(best.is_sorted(), "{best:?}");
        assert_eq!((best[0], best[59]), (0, 5));
    }

    #[test]
    fn a_rung_wins_from_its_floor_on() {
        let scores = Scores::new(&ladder(&[300, 750, 1200, 1850, 2850, 4300]), 25.0);
        for choice in 1..6 {
            assert_eq!(scores.best(scores.floor(choice) + 0.01), choice);
            assert!(scores.best(scores.floor(choice) - 0.01) < choice);
        }
    }

    #[test]
    fn one_rung_is_finite() {
        let scores = Scores::new(&ladder(&[500]), 10.0);
        assert_eq!(scores.best(8.0), 0);
        assert!(scores.ceiling(0).is_finite());
    }
}
