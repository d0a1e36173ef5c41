//! Sound without gap or overlap: where the next samples belong, and what to put before them or leave out.

use super::audio::TOLERANCE;
use shared::time::PresentationTime;
use std::time::Duration;

/// Counts frames from an anchor, so that rounding does not pile up.
#[derive(Debug, Clone, Copy)]
pub struct Aligner {
    rate: u32,
    anchor: PresentationTime,
    frames: u64,
}

impl Aligner {
    /// The next frame belongs to `from`.
    pub fn new(rate: u32, from: PresentationTime) -> Self {
        Self { rate: rate.max(1), anchor: from, frames: 0 }
    }

    /// Where the next frame lies.
    pub fn next(&self) -> PresentationTime {
        let nanos = u128::from(self.frames) * 1_000_000_000 / u128::from(self.rate);
        self.anchor + Duration::from_nanos(nanos as u64)
    }

    /// For samples that belong to `pts`: frames of silence to put before them, frames of them to leave out. Small
    /// deviations are those of timescales and of the resampler and stay.
    pub fn place(&self, pts: PresentationTime) -> (u64, u64) {
        let next = self.next();
        let frames = |time: Duration| (time.as_nanos() * u128::from(self.rate) / 1_000_000_000) as u64;
        let (gap, overlap) = (pts.since(next), next.since(pts));
        let beyond = |time: Duration| if time > TOLERANCE { frames(time) } else { 0 };
        (beyond(gap), beyond(overlap))
    }

    /// So many frames were laid.
    pub fn advance(&mut self, frames: u64) {
        self.frames += frames;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: i64) -> PresentationTime {
        PresentationTime::from_millis(millis)
    }

    #[test]
    fn gaps_become_silence_overlaps_are_left_out_and_jitter_stays() {
        let mut aligner = Aligner::new(48_000, ms(1000));
        assert_eq!(aligner.place(ms(1000)), (0, 0));
        aligner.advance(480); // 10 ms
        assert_eq!(aligner.place(ms(1013)), (0, 0), "3 ms are no gap");
        assert_eq!(aligner.place(ms(1110)), (4800, 0));
        assert_eq!(aligner.place(ms(960)), (0, 2400));
    }

    #[test]
    fn an_hour_of_odd_rates_does_not_drift() {
        let mut aligner = Aligner::new(44_100, ms(0));
        for _ in 0..3600 * 44_100 / 1024 {
            aligner.advance(1024);
        }
        let exact = (3600 * 44_100 / 1024 * 1024) as f64 / 44_100.0;
        assert!((aligner.next().secs_f64() - exact).abs() < 1e-6);
    }
}
