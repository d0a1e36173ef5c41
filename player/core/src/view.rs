//! What a session is worth to its viewer: the one measure by which the default policy plans and by which sessions are
//! judged. Its unit is a second of the best picture on offer; the sources of its prices stand in `abr/README.md`. It knows
//! no session, no link and no policy.

use shared::units::Bitrate;

/// A stand-still as such, however short: about a tenth of ten minutes (ITU-T P.1203.3 takes 1/9.35 of what is above the
/// floor for every event). The first picture and the one after a seek are waited for, not interrupted: no event.
pub const STALL: f64 = 60.0;
/// A second of standing still: one per cent of the time takes three per cent of the worth, as it takes of the time that
/// people go on watching (Dobrian et al., SIGCOMM 2011). P.1203.3 takes one (1/0.919).
pub const STALLED_SECOND: f64 = 3.0;
/// A second before the first picture or after a seek (P.1203.3 counts a third of it).
pub const AWAITED_SECOND: f64 = STALLED_SECOND / 3.0;
/// A change from one end of the ladder to the other; smaller ones by their size. About a segment of best quality, as in
/// the linear and logarithmic measures of the model-predictive literature (Yin et al., SIGCOMM 2015).
pub const CHANGE: f64 = 6.0;
/// A change against the direction of the last one, whatever their sizes: pictures that go up and down are noticed
/// (P.1203.3 counts the longest stretch without a change and the reversals).
pub const REVERSAL: f64 = 1.2;

/// Perceived quality of a rate in a ladder from `lowest` to `top`: 0 to 1 with the logarithm of the rate, as the eye has
/// it; 1 where there is nothing to choose.
pub fn quality(rate: Bitrate, lowest: Bitrate, top: Bitrate) -> f64 {
    let ln = |rate: Bitrate| (rate.bps().max(1) as f64).ln();
    if top > lowest { ((ln(rate) - ln(lowest)) / (ln(top) - ln(lowest))).clamp(0.0, 1.0) } else { 1.0 }
}

/// What was seen, as it goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Viewing {
    /// Media shown, in seconds.
    seconds: f64,
    /// The same, each second by its quality.
    best: f64,
    changes: f64,
    reversals: u64,
    /// Quality of the last stretch, and whether the last change was upwards.
    last: Option<f64>,
    upwards: Option<bool>,
    stalls: u64,
    stalled: f64,
    awaited: f64,
}

impl Viewing {
    /// So many seconds were shown in this quality.
    pub fn show(&mut self, quality: f64, seconds: f64) {
        self.seconds += seconds;
        self.best += quality * seconds;
        if let Some(last) = self.last.replace(quality).filter(|last| *last != quality) {
            let upwards = quality > last;
            self.changes += (quality - last).abs();
            self.reversals += u64::from(self.upwards.replace(upwards) == Some(!upwards));
        }
    }

    /// Playback stood still for want of media.
    pub fn stall(&mut self, seconds: f64) {
        self.stalls += 1;
        self.stalled += seconds;
    }

    /// A picture was waited for after the start or a seek.
    pub fn wait(&mut self, seconds: f64) {
        self.awaited += seconds;
    }

    /// Its worth in per cent: 100 for the best picture at once and throughout, 0 for the lowest one; below where waiting
    /// spoils more than there was to see. `None` when nothing was shown.
    pub fn worth(&self) -> Option<f64> {
        let waiting = STALL * self.stalls as f64 + STALLED_SECOND * self.stalled + AWAITED_SECOND * self.awaited;
        let changing = CHANGE * self.changes + REVERSAL * self.reversals as f64;
        (self.seconds > 0.0).then(|| 100.0 * (self.best - waiting - changing) / self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(shown: &[(f64, f64)]) -> f64 {
        let mut viewing = Viewing::default();
        for (quality, seconds) in shown {
            viewing.show(*quality, *seconds);
        }
        viewing.worth().unwrap()
    }

    #[test]
    fn quality_grows_with_the_logarithm_of_the_rate() {
        let of = |kbps| quality(Bitrate::from_kbps(kbps), Bitrate::from_kbps(500), Bitrate::from_kbps(8000));
        assert_eq!([of(500), of(2000), of(8000)], [0.0, 0.5, 1.0]);
        assert_eq!([of(100), of(20_000)], [0.0, 1.0], "never outside of the ladder");
        assert_eq!(quality(Bitrate::ZERO, Bitrate::ZERO, Bitrate::ZERO), 1.0, "nothing to choose");
    }

    #[test]
    fn a_whole_film_in_the_best_picture_is_worth_everything_and_in_the_lowest_nothing() {
        assert_eq!(worth(&[(1.0, 600.0)]), 100.0);
        assert_eq!(worth(&[(0.0, 600.0)]), 0.0);
        assert_eq!(Viewing::default().worth(), None);
    }

    #[test]
    fn one_stall_takes_a_tenth_of_ten_minutes_and_the_wait_before_the_start_nearly_nothing() {
        let mut viewing = Viewing::default();
        viewing.show(1.0, 600.0);
        viewing.wait(3.0);
        assert_eq!(viewing.worth(), Some(99.5));
        viewing.stall(0.5);
        assert_eq!(viewing.worth(), Some(89.25));
    }

    #[test]
    fn going_up_once_costs_less_than_up_and_down() {
        let up = worth(&[(0.0, 100.0), (0.5, 100.0), (1.0, 100.0)]);
        let up_and_down = worth(&[(0.5, 100.0), (1.0, 50.0), (0.0, 100.0), (1.0, 50.0)]);
        assert!((up - 100.0 * (150.0 - 6.0) / 300.0).abs() < 1e-9, "{up}");
        assert!((up_and_down - 100.0 * (150.0 - 15.0 - 2.4) / 300.0).abs() < 1e-9, "{up_and_down}");
    }
}
