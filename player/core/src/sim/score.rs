//! What a simulated session is worth: to its viewer, and by the measures of the literature; from its log alone.

use super::{Log, Movie};
use crate::view::{Viewing, quality};
use shared::units::Bitrate;

/// A stand-still counts as an event from this on.
const LEAST_STALL_MS: f64 = 1.0;
/// The price of a second in units of quality on the ladder of the model-predictive literature.
const MU_43: f64 = 4.3;

/// The measures of one session.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Metrics {
    /// Mean declared rate.
    pub mean_kbps: f64,
    /// Mean of ln(rate / lowest) as a part of its greatest value.
    pub mean_utility: f64,
    /// Until the first segment is there.
    pub startup_ms: f64,
    /// Stand-stills in all.
    pub stall_ms: f64,
    /// Their number.
    pub stall_events: usize,
    /// Stand-still as a part of stand-still and media.
    pub rebuffer_ratio: f64,
    /// Changes of the rung.
    pub switches: usize,
    /// As a part of what is possible.
    pub switch_rate: f64,
    /// Mean size of a change, over all segments.
    pub mean_change_kbps: f64,
    /// Mbit/s; a second of waiting costs the top of the ladder.
    pub qoe_lin: f64,
    /// Mbit/s; a second of waiting costs 4.3.
    pub qoe_lin43: f64,
    /// ln(rate / lowest); a second of waiting costs its greatest value.
    pub qoe_log: f64,
    /// mean utility - 10 rebuffer ratio - switch rate.
    pub qoe_norm: f64,
    /// Aborted downloads.
    pub abandoned: usize,
    /// What the viewer had of it, in per cent of the best picture throughout ([`crate::view`]).
    pub view: f64,
    /// Stand-stills an hour of media.
    pub stalls_an_hour: f64,
    /// Stand-still beyond that of the same session held at the lowest rung; see [`Metrics::beside_lowest`].
    pub avoidable_stall_ms: f64,
}

impl Metrics {
    /// `None` unless every segment was finished once, in order.
    pub fn of(movie: &Movie, log: &Log) -> Option<Self> {
        let finished: Vec<_> = log.lines.iter().filter(|line| line.stall_ms.is_some()).collect();
        let in_order = finished.iter().enumerate().all(|(place, line)| line.index == place as u64);
        if finished.len() != movie.segments() || !in_order {
            return None;
        }
        let rungs: Vec<usize> = finished.iter().map(|line| line.quality.0).collect();
        let stalls: Vec<f64> = finished.iter().filter_map(|line| line.stall_ms).collect();
        let abandoned = log.lines.len() - finished.len();
        Some(Self { abandoned, ..Self::from_parts(movie, &rungs, &stalls, finished[0].end_ms) })
    }

    /// With what of the stand-still the lowest rung would have avoided on the same link, where it stood still for so long.
    pub fn beside_lowest(self, lowest_stall_ms: f64) -> Self {
        Self { avoidable_stall_ms: (self.stall_ms - lowest_stall_ms).max(0.0), ..self }
    }

    fn from_parts(movie: &Movie, rungs: &[usize], stalls: &[f64], startup_ms: f64) -> Self {
        let n = rungs.len() as f64;
        let media_ms = n * movie.segment.as_secs_f64() * 1e3;
        let stall_ms: f64 = stalls.iter().sum();
        let waiting = (startup_ms + stall_ms) / 1e3;
        let linear: Vec<f64> = movie.kbps.iter().map(|kbps| kbps / 1e3).collect();
        let logarithmic: Vec<f64> = movie.kbps.iter().map(|kbps| (kbps / movie.kbps[0]).ln()).collect();
        let top = |utility: &[f64]| utility.last().copied().unwrap_or(0.0);
        let qoe = |utility: &[f64], mu: f64| (sum(rungs, utility) - mu * waiting - change(rungs, utility)) / n;
        let switches = rungs.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let switch_rate = switches as f64 / (n - 1.0).max(1.0);
        let rebuffer_ratio = stall_ms / (stall_ms + media_ms);
        let greatest = if top(&logarithmic) == 0.0 { 1.0 } else { top(&logarithmic) };
        let mean_utility = sum(rungs, &logarithmic) / n / greatest;
        let stall_events = stalls.iter().filter(|stall| **stall > LEAST_STALL_MS).count();
        Self {
            mean_kbps: sum(rungs, &movie.kbps) / n,
            mean_utility,
            startup_ms,
            stall_ms,
            stall_events,
            rebuffer_ratio,
            switches,
            switch_rate,
            mean_change_kbps: change(rungs, &movie.kbps) / n,
            qoe_lin: qoe(&linear, top(&linear)),
            qoe_lin43: qoe(&linear, MU_43),
            qoe_log: qoe(&logarithmic, top(&logarithmic)),
            qoe_norm: mean_utility - 10.0 * rebuffer_ratio - switch_rate,
            abandoned: 0,
            view: view(movie, rungs, stalls, startup_ms),
            stalls_an_hour: stall_events as f64 / media_ms * 3.6e6,
            avoidable_stall_ms: 0.0,
        }
    }
}

fn view(movie: &Movie, rungs: &[usize], stalls: &[f64], startup_ms: f64) -> f64 {
    let rate = |place: usize| Bitrate::from_bps_f64(movie.kbps[place] * 1e3);
    let top = rate(movie.kbps.len() - 1);
    let mut viewing = Viewing::default();
    viewing.wait(startup_ms / 1e3);
    for (&rung, &stall_ms) in rungs.iter().zip(stalls) {
        if stall_ms > LEAST_STALL_MS {
            viewing.stall(stall_ms / 1e3);
        }
        viewing.show(quality(rate(rung), rate(0), top), movie.segment.as_secs_f64());
    }
    viewing.worth().unwrap_or(0.0)
}

fn sum(rungs: &[usize], value: &[f64]) -> f64 {
    rungs.iter().map(|&rung| value[rung]).sum()
}

fn change(rungs: &[usize], value: &[f64]) -> f64 {
    rungs.windows(2).map(|pair| (value[pair[0]] - value[pair[1]]).abs()).sum()
}
