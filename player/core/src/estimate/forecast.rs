//! What the next transfers may get: a centre and a spread, both learned from how the forecast has done so far.
//!
//! Rates are compared by ratio, so everything is in natural logarithms. Several means with different memories run
//! side by side; each is trusted by its own recent errors (prediction with expert advice: Cesa-Bianchi and Lugosi
//! 2006, ch. 2). On a link that holds its rate until it jumps, the shortest memory wins; on one that jumps at every
//! sample, the longest does. No single memory serves both.

use serde::{Deserialize, Serialize};
use shared::units::Bitrate;
use std::collections::VecDeque;

/// What every older sample still counts, relative to the one after it, in each of the means.
const MEMORIES: [f64; 5] = [0.2, 0.5, 0.8, 0.9, 0.97];
/// How much of the old errors is kept with each new one.
const ERROR_MEMORY: f64 = 0.95;
/// How sharply errors decide between the means.
const SHARPNESS: f64 = 3.0;
/// A sample further away than this (a factor of twelve) counts as this far: an outage must not decide for minutes.
const FARTHEST: f64 = 2.5;
/// An error of so many spreads means that the link itself has changed; what was seen before then counts for little.
/// Without this, a link that has been calm for minutes is believed to be as fast as ever for one segment too long.
const CHANGE: f64 = 3.0;
const KEPT_AFTER_CHANGE: f64 = 0.1;
/// The spread before anything is known, and for how many samples that assumption stands.
const PRIOR_SPREAD: f64 = 0.4;
const PRIOR_WEIGHT: f64 = 10.0;
/// Errors that make up the spread, and what every older one still counts, relative to the one after it.
const ERRORS_KEPT: usize = 20;
const SPREAD_MEMORY: f64 = 0.8;

/// The rate to be expected.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// As likely too high as too low.
    pub rate: Bitrate,
    /// Standard deviation of ln(actual / rate).
    pub spread: f64,
}

impl Forecast {
    /// A rate from elsewhere, about which as little is known as at the beginning.
    pub(crate) fn unproven(rate: Bitrate) -> Self {
        Self { rate, spread: PRIOR_SPREAD }
    }
}

/// The running means and their record.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Forecaster {
    means: [Mean; MEMORIES.len()],
    centre: Option<f64>,
    errors: VecDeque<f64>,
}

impl Forecaster {
    /// Learns from one sample.
    pub(super) fn add(&mut self, rate: Bitrate) {
        let mut sample = (rate.bps().max(1) as f64).ln();
        if let Some(centre) = self.centre {
            let error = (sample - centre).clamp(-FARTHEST, FARTHEST);
            if error.abs() > CHANGE * self.spread() {
                for mean in &mut self.means {
                    mean.forget();
                }
            }
            self.errors.truncate(ERRORS_KEPT - 1);
            self.errors.push_front(error);
            sample = centre + error;
        }
        for (mean, memory) in self.means.iter_mut().zip(MEMORIES) {
            mean.add(sample, memory);
        }
        self.centre = Some(self.weighted_centre());
    }

    /// `None` before the first sample.
    pub(super) fn forecast(&self) -> Option<Forecast> {
        let rate = Bitrate::from_bps_f64(self.centre?.exp());
        Some(Forecast { rate, spread: self.spread() })
    }

    fn weighted_centre(&self) -> f64 {
        let least = self.means.iter().map(|mean| mean.loss).fold(f64::INFINITY, f64::min);
        let trust = |mean: &Mean| (-SHARPNESS * (mean.loss - least)).exp();
        let total: f64 = self.means.iter().map(trust).sum();
        self.means.iter().map(|mean| trust(mean) * mean.value()).sum::<f64>() / total
    }

    fn spread(&self) -> f64 {
        let (mut squares, mut weight, mut trust) = (PRIOR_WEIGHT * PRIOR_SPREAD * PRIOR_SPREAD, PRIOR_WEIGHT, 1.0);
        for error in &self.errors {
            squares += trust * error * error;
            weight += trust;
            trust *= SPREAD_MEMORY;
        }
        (squares / weight).sqrt()
    }
}

/// An exponential mean of logarithms, free of the bias of its empty start, with its discounted squared error.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Mean {
    sum: f64,
    weight: f64,
    loss: f64,
}

impl Mean {
    fn add(&mut self, sample: f64, memory: f64) {
        if self.weight > 0.0 {
            self.loss = ERROR_MEMORY * self.loss + (sample - self.value()).powi(2);
        }
        self.sum = memory * self.sum + sample;
        self.weight = memory * self.weight + 1.0;
    }

    /// Keeps the value, but lets the next sample outweigh it.
    fn forget(&mut self) {
        self.sum *= KEPT_AFTER_CHANGE;
        self.weight *= KEPT_AFTER_CHANGE;
    }

    fn value(&self) -> f64 {
        self.sum / self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(kbps: impl IntoIterator<Item = u64>) -> Forecast {
        let mut forecaster = Forecaster::default();
        kbps.into_iter().for_each(|k| forecaster.add(Bitrate::from_kbps(k)));
        forecaster.forecast().unwrap()
    }

    #[test]
    fn a_steady_link_is_forecast_exactly_and_ever_more_surely() {
        let (early, late) = (after([3000; 2]), after([3000; 20]));
        assert_eq!(early.rate.kbps().round(), 3000.0);
        assert_eq!(late.rate.kbps().round(), 3000.0);
        assert!(late.spread < early.spread && late.spread > 0.0);
    }

    #[test]
    fn on_a_link_of_steps_the_last_sample_counts() {
        let steps = (0..40).flat_map(|level| [if level % 2 == 0 { 500 } else { 4000 }; 6]);
        let rate = after(steps.take(40 * 6 - 5)).rate.kbps(); // one sample into the last level
        assert!(rate > 2000.0, "{rate}");
    }

    #[test]
    fn on_a_link_that_jumps_at_every_sample_the_middle_counts() {
        let rate = after((0..60).map(|n| if n % 2 == 0 { 500 } else { 4000 })).rate.kbps();
        assert!((1100.0..1900.0).contains(&rate), "{rate}");
    }

    #[test]
    fn a_collapse_after_minutes_of_calm_is_believed_at_once() {
        let collapse = after([vec![4000; 40], vec![600]].concat());
        assert!(collapse.rate.kbps() < 1200.0, "{}", collapse.rate);
    }

    #[test]
    fn an_outage_does_not_ruin_the_spread_for_ever() {
        let outage = after([vec![3000; 5], vec![1], vec![3000; 5]].concat());
        assert!(outage.spread < 1.2, "{}", outage.spread);
        assert!(outage.rate.kbps() > 1000.0, "{}", outage.rate);
    }
}
