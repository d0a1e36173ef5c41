//! Quality of experience of what was shown, while it is being shown: the viewer's measure of [`crate::view`], and the
//! linear one of the model-predictive literature (Yin et al., SIGCOMM 2015), with the top of the ladder as the price of a
//! second of waiting.

use super::Totals;
use crate::view::{Viewing, quality};
use shared::units::Bitrate;
use std::time::Duration;

/// Running sums over the segments shown, in Mbit/s. A segment shown in part counts in part.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QoeMeter {
    lowest: Bitrate,
    top: Bitrate,
    viewing: Viewing,
    segments: f64,
    utility: f64,
    change: f64,
    switches: u64,
    last: Option<f64>,
    bits: f64,
    seconds: f64,
}

impl QoeMeter {
    /// The lowest and the highest rate on offer.
    pub fn set_ladder(&mut self, lowest: Bitrate, top: Bitrate) {
        self.lowest = lowest;
        self.top = top;
    }

    /// `shown` of a segment that lasts `whole` was shown at this declared rate.
    pub fn show(&mut self, bandwidth: Bitrate, shown: Duration, whole: Duration) {
        let rate = bandwidth.mbps();
        let weight = if whole.is_zero() { 0.0 } else { shown.as_secs_f64() / whole.as_secs_f64() };
        self.segments += weight;
        self.utility += weight * rate;
        self.viewing.show(quality(bandwidth, self.lowest, self.top), shown.as_secs_f64());
        self.seconds += shown.as_secs_f64();
        self.bits += shown.as_secs_f64() * rate;
        if let Some(last) = self.last.replace(rate).filter(|last| *last != rate) {
            self.switches += 1;
            self.change += (rate - last).abs();
        }
    }

    /// Writes what follows from the sums into the totals, which know the waiting.
    pub fn fill(&self, totals: &mut Totals) {
        let waiting = totals.startup_seconds.unwrap_or(0.0) + totals.stalls.iter().map(|s| s.seconds).sum::<f64>();
        totals.switches = self.switches;
        if self.seconds > 0.0 {
            totals.mean_bitrate_kbps = self.bits / self.seconds * 1e3;
        }
        if self.segments > 0.0 {
            totals.qoe_lin = (self.utility - self.top.mbps() * waiting - self.change) / self.segments;
        }
        let mut viewing = self.viewing;
        viewing.wait(totals.startup_seconds.unwrap_or(0.0));
        for stall in &totals.stalls {
            viewing.stall(stall.seconds);
        }
        totals.view = viewing.worth().unwrap_or(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Stall;

    /// The worked example of the session model: four segments of 2 s, 500 and 1000 kbit/s, qualities 0, 1, 1, 0.
    #[test]
    fn the_worked_example() {
        let mut quality = QoeMeter::default();
        quality.set_ladder(Bitrate::from_kbps(500), Bitrate::from_kbps(1000));
        let second = Duration::from_secs(1);
        for kbps in [500, 1000, 1000, 500] {
            quality.show(Bitrate::from_kbps(kbps), second, second * 2);
            quality.show(Bitrate::from_kbps(kbps), second, second * 2);
        }
        let stall = Stall { at: 2.0, seconds: 0.05 };
        let mut totals = Totals { startup_seconds: Some(1.05), stalls: vec![stall; 2], ..Totals::default() };
        quality.fill(&mut totals);
        assert!((totals.qoe_lin - 0.2125).abs() < 1e-9, "{}", totals.qoe_lin);
        assert_eq!((totals.switches, totals.mean_bitrate_kbps), (2, 750.0));
        // Half of eight seconds at the best, two stalls, twice across the ladder, once back.
        let lost = 2.0 * 60.0 + 3.0 * 0.1 + 1.05 + 2.0 * 6.0 + 1.2;
        assert!((totals.view - 100.0 * (4.0 - lost) / 8.0).abs() < 1e-9, "{}", totals.view);
    }
}
