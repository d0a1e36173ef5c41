//! What the link has carried so far, and what may be expected of it. One estimator a session: it outlives a change
//! of policy. It decides nothing and knows no ladder.

mod forecast;
mod transfer;

pub use forecast::Forecast;
pub use transfer::{Origin, Transfer};

use forecast::Forecaster;
use serde::{Deserialize, Serialize};
use shared::units::{Bitrate, ByteSize};
use std::collections::VecDeque;
use std::time::Duration;

/// Responses below this say more about latency than about rate (Shaka Player draws the same line). What others carried
/// meanwhile does not count here: progress is told in steps, and a step that falls into a short transfer is not its own.
const LEAST_SAMPLE_BYTES: u64 = 16_000;
/// Smaller ones (manifests, indexes, init segments) are not even counted together.
const LEAST_SMALL_BYTES: u64 = 4_000;
/// A body that arrives faster cannot be timed. It counts as having taken this long: a fast network is believed, but
/// not beyond what was measured. (What our own cache gives is marked; there is no other one between us and the link.)
const LEAST_SAMPLE_TIME: Duration = Duration::from_millis(5);
/// A transfer that took so long is more evidence than a short one, and counts once more, twice more at most: when the
/// rate collapses under a large segment, its transfer is all that is learnt for as long as it lasts.
const LONG: Duration = Duration::from_secs(8);
const MOST_REPEATS: u64 = 2;
/// Samples kept: the longest memory that any policy asks for.
const KEPT: usize = 20;
/// Samples behind the harmonic mean (Yin et al., SIGCOMM 2015).
const HARMONIC: usize = 5;
/// A body that is too small for a sample shows all the same that the link is slow: when it took so long.
const SLOW: Duration = Duration::from_millis(20);

/// One measured transfer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Rate between first and last byte.
    pub rate: Bitrate,
    /// What [`Estimator::expected`] said just before; `None` for the first.
    pub predicted: Option<Bitrate>,
    /// From the first byte to the last.
    pub time: Duration,
    /// From the request to the first byte.
    pub latency: Duration,
}

/// The running estimate of a link.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estimator {
    prior: Option<Bitrate>,
    samples: VecDeque<Measurement>,
    fast: Ewma,
    slow: Ewma,
    forecaster: Forecaster,
    shown: Option<Bitrate>,
    small: Small,
}

/// Responses that are too small to be samples, taken together until they make one: in a film whose lowest rung has
/// only such segments nothing else would ever be learnt.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Small {
    carried: ByteSize,
    own: ByteSize,
    time: Duration,
}

impl Estimator {
    /// `prior`: what an earlier session ended with, used until the first sample.
    pub fn new(prior: Option<Bitrate>) -> Self {
        Self { prior, ..Self::default() }
    }

    /// Takes note of a transfer that ended. Cached and unchanged (304) responses are no samples, small ones only
    /// together; an aborted one is shown, but not a sample either: transfers are aborted when they are slow, so they
    /// would bias it.
    pub fn on_transfer(&mut self, transfer: &Transfer) {
        self.doubt_prior(transfer);
        let Some((rate, time)) = self.measured(transfer) else { return };
        self.shown = Some(rate);
        if transfer.aborted {
            return;
        }
        let latency = transfer.latency();
        let sample = Measurement { rate, predicted: self.expected(), time, latency };
        self.samples.truncate(KEPT - 1);
        self.samples.push_front(sample);
        self.fast.add(rate, time, 3.0);
        self.slow.add(rate, time, 8.0);
        for _ in 0..=(time.as_secs() / LONG.as_secs()).min(MOST_REPEATS) {
            self.forecaster.add(rate);
        }
    }

    /// What was before is believed no further than what came over the link today: also manifests and init segments show
    /// that it is slow.
    fn doubt_prior(&mut self, transfer: &Transfer) {
        let telling = transfer.origin == Origin::Network && transfer.body_time() >= SLOW;
        if let Some(seen) = transfer.link_rate().filter(|rate| telling && *rate > Bitrate::ZERO) {
            self.prior = self.prior.map(|prior| prior.min(seen));
        }
    }

    /// The link is another one, as far as anybody knows: after an outage, say.
    pub fn forget(&mut self) {
        *self = Self { shown: self.shown, ..Self::default() };
    }

    /// Rate and time of a transfer that says something about the link. Bytes that other transfers carried meanwhile
    /// belong to the link's rate too.
    fn measured(&mut self, transfer: &Transfer) -> Option<(Bitrate, Duration)> {
        if transfer.origin != Origin::Network {
            return None;
        }
        let (carried, time) = (transfer.size + transfer.beside, transfer.body_time());
        if transfer.size.bytes() >= LEAST_SAMPLE_BYTES {
            self.small = Small::default();
            return carried.per(time.max(LEAST_SAMPLE_TIME)).zip(Some(time));
        }
        self.small.add(transfer)
    }

    /// The samples, newest first; at most 20.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = &Measurement> + DoubleEndedIterator {
        self.samples.iter()
    }

    /// Centre and spread of what the next transfers may get, or the prior; `None` when nothing is known.
    pub fn forecast(&self) -> Option<Forecast> {
        self.forecaster.forecast().or(self.prior.map(Forecast::unproven))
    }

    /// Harmonic mean of the last five samples, or the prior; `None` when nothing is known.
    pub fn expected(&self) -> Option<Bitrate> {
        let recent = self.samples.iter().take(HARMONIC);
        let count = recent.len();
        if count == 0 {
            return self.prior;
        }
        let inverse: f64 = recent.map(|s| 1.0 / s.rate.bps().max(1) as f64).sum();
        Some(Bitrate::from_bps_f64(count as f64 / inverse))
    }

    /// The smaller of two exponential means with half-lives of 3 s and 8 s of transfer time, or the prior.
    pub fn cautious(&self) -> Option<Bitrate> {
        match (self.fast.value(3.0), self.slow.value(8.0)) {
            (Some(fast), Some(slow)) => Some(fast.min(slow)),
            _ => self.prior,
        }
    }

    /// The newest measured rate, aborted transfers included: for the eye, not for decisions.
    pub fn shown(&self) -> Option<Bitrate> {
        self.shown
    }

    /// Mean time to the first byte over the last five samples; `None` without any.
    pub fn latency(&self) -> Option<Duration> {
        let recent = self.samples.iter().take(HARMONIC);
        let count = recent.len() as u32;
        (count > 0).then(|| recent.map(|s| s.latency).sum::<Duration>() / count)
    }
}

impl Small {
    /// What they have measured, when they are enough.
    fn add(&mut self, transfer: &Transfer) -> Option<(Bitrate, Duration)> {
        if transfer.size.bytes() < LEAST_SMALL_BYTES || transfer.aborted {
            return None;
        }
        self.carried += transfer.size + transfer.beside.min(transfer.size);
        self.own += transfer.size;
        self.time += transfer.body_time().max(LEAST_SAMPLE_TIME);
        if self.own.bytes() < LEAST_SAMPLE_BYTES {
            return None;
        }
        let all = std::mem::take(self);
        all.carried.per(all.time).zip(Some(all.time))
    }
}

impl Measurement {
    /// ln(actual / predicted).
    pub fn error(&self) -> Option<f64> {
        let predicted = self.predicted?.bps().max(1) as f64;
        Some((self.rate.bps().max(1) as f64 / predicted).ln())
    }
}

/// An exponential mean weighted by transfer time, without the bias of its empty start (as in dash.js and Shaka).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Ewma {
    mean: f64,
    total_secs: f64,
}

impl Ewma {
    fn add(&mut self, rate: Bitrate, time: Duration, half_life_secs: f64) {
        let keep = 0.5f64.powf(time.as_secs_f64() / half_life_secs);
        self.mean = keep * self.mean + (1.0 - keep) * rate.bps() as f64;
        self.total_secs += time.as_secs_f64();
    }

    fn value(&self, half_life_secs: f64) -> Option<Bitrate> {
        let seen = 1.0 - 0.5f64.powf(self.total_secs / half_life_secs);
        (seen > 0.0).then(|| Bitrate::from_bps_f64(self.mean / seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::time::SessionTime;
    use shared::units::ByteSize;

    /// Over the network and alone: first byte after 40 ms, the whole body `millis` later.
    fn transfer(bytes: u64, millis: f64) -> Transfer {
        let at = |millis: f64| SessionTime::from_millis_f64(millis);
        Transfer {
            request: at(0.0),
            first_byte: Some(at(40.0)),
            end: at(40.0 + millis),
            size: ByteSize::from_bytes(bytes),
            beside: ByteSize::ZERO,
            origin: Origin::Network,
            aborted: false,
        }
    }

    /// After 500 kB in one second, changed as the case wants.
    fn estimate_after(change: impl Fn(&mut Transfer)) -> Option<f64> {
        let mut transfer = transfer(500_000, 1000.0);
        change(&mut transfer);
        let mut estimator = Estimator::default();
        estimator.on_transfer(&transfer);
        estimator.expected().map(Bitrate::mbps)
    }

    #[test]
    fn latency_is_no_part_of_the_rate_and_bytes_beside_are() {
        assert_eq!(estimate_after(|_| ()), Some(4.0));
        assert_eq!(estimate_after(|t| t.beside = ByteSize::from_bytes(125_000)), Some(5.0));
    }

    #[test]
    fn what_says_nothing_about_the_link_is_no_sample() {
        assert_eq!(estimate_after(|t| t.size = ByteSize::from_bytes(3_000)), None);
        assert_eq!(estimate_after(|t| t.origin = Origin::Cache), None);
        assert_eq!(estimate_after(|t| t.origin = Origin::NotModified), None);
        assert_eq!(estimate_after(|t| t.aborted = true), None);
    }

    #[test]
    fn small_responses_count_together_and_not_by_what_others_carried() {
        let beside = ByteSize::from_bytes(18_000);
        let mut estimator = Estimator::default();
        estimator.on_transfer(&Transfer { beside, ..transfer(400, 8.0) });
        estimator.on_transfer(&transfer(10_000, 100.0));
        assert_eq!(estimator.expected(), None);
        estimator.on_transfer(&transfer(10_000, 100.0));
        assert_eq!(estimator.expected().map(Bitrate::kbps), Some(800.0));
    }

    #[test]
    fn a_slow_transfer_is_believed_the_more_the_longer_it_took_up_to_a_bound() {
        let expected_after = |secs: f64| {
            let mut estimator = Estimator::default();
            (0..5).for_each(|_| estimator.on_transfer(&transfer(2_000_000, 4000.0)));
            estimator.on_transfer(&transfer((secs * 100_000.0) as u64, secs * 1e3));
            estimator.forecast().unwrap().rate
        };
        let [short, long, longer, longest] = [7.0, 9.0, 17.0, 100.0].map(expected_after);
        assert!(short > long && long > longer && longer == longest, "{short} {long} {longer} {longest}");
    }

    #[test]
    fn what_was_before_is_doubted_when_even_a_manifest_takes_its_time() {
        let expected_after = |bytes: u64, millis: f64| {
            let mut estimator = Estimator::new(Some(Bitrate::from_kbps(50_000)));
            estimator.on_transfer(&transfer(bytes, millis));
            estimator.expected().map(Bitrate::kbps)
        };
        assert_eq!(expected_after(5_000, 40.0), Some(1000.0));
        assert_eq!(expected_after(5_000, 2.0), Some(50_000.0), "too fast to tell");
        assert_eq!(expected_after(0, 40.0), Some(50_000.0), "nothing came");
    }

    #[test]
    fn what_is_forgotten_is_unknown_but_was_seen() {
        let mut estimator = Estimator::new(Some(Bitrate::from_kbps(50_000)));
        estimator.on_transfer(&transfer(500_000, 1000.0));
        estimator.forget();
        assert_eq!((estimator.forecast(), estimator.expected(), estimator.cautious()), (None, None, None));
        assert_eq!(estimator.shown().map(Bitrate::mbps), Some(4.0));
    }

    #[test]
    fn a_body_too_fast_to_time_still_shows_a_fast_network() {
        assert_eq!(estimate_after(|t| t.end = SessionTime::from_millis_f64(40.1)), Some(800.0));
    }
}
