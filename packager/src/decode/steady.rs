//! Times of sound that jitter. Recorders of calls and screens write down when a packet arrived, not when it was spoken:
//! single times are off by tens of milliseconds, their mean is right. Sound goes on unbroken until the times of half a
//! second say together that it should not.

use shared::time::PresentationTime;
use std::collections::VecDeque;
use std::time::Duration;

/// Deviations up to this are not heard: containers round.
const TOLERANCE_NANOS: i64 = 40_000_000;
/// At the end of a track fewer than four pieces say nothing of deviations below this.
const FEW: usize = 4;
const SLIGHT_NANOS: i64 = 100_000_000;
/// So much of what follows is looked at before sound is torn.
const AHEAD_NANOS: i64 = 500_000_000;

/// A queue in which times are decided: steady ones, and those behind true gaps.
#[derive(Debug)]
pub struct SteadyTimes<T> {
    queue: VecDeque<SoundPiece<T>>,
    /// The sum of what is queued.
    queued: i64,
    /// Where the next piece begins when sound goes on.
    next: Option<i64>,
}

#[derive(Debug)]
struct SoundPiece<T> {
    at: Option<i64>,
    lasts: i64,
    what: T,
}

impl<T> Default for SteadyTimes<T> {
    fn default() -> Self {
        Self { queue: VecDeque::new(), queued: 0, next: None }
    }
}

impl<T> SteadyTimes<T> {
    /// Takes a piece of sound that says when it begins.
    pub fn push(&mut self, at: Option<PresentationTime>, lasts: Duration, what: T) {
        let lasts = i64::try_from(lasts.as_nanos()).unwrap_or(i64::MAX);
        self.queued = self.queued.saturating_add(lasts);
        self.queue.push_back(SoundPiece { at: at.map(PresentationTime::nanos), lasts, what });
    }

    /// The next piece with its time, when enough is known of what follows, or nothing follows.
    pub fn pop(&mut self, is_end: bool) -> Option<(Option<PresentationTime>, T)> {
        if !is_end && self.queued < AHEAD_NANOS {
            return None;
        }
        let at = self.time();
        let piece = self.queue.pop_front()?;
        self.queued = self.queued.saturating_sub(piece.lasts);
        self.next = at.map(|at| at.saturating_add(piece.lasts));
        Some((at.map(PresentationTime::from_nanos), piece.what))
    }

    /// When the first piece begins.
    fn time(&self) -> Option<i64> {
        let Some(next) = self.next else { return self.queue.front()?.at };
        let off = |piece: &SoundPiece<T>| piece.at.map(|at| at.saturating_sub(next));
        let heard = if self.queue.len() < FEW { SLIGHT_NANOS } else { TOLERANCE_NANOS };
        let is_off = |off: i64| off.saturating_abs() > heard;
        let moved = self.queue.front().and_then(off).filter(|off| is_off(*off)).map(|_| self.deviation(next));
        Some(next.saturating_add(moved.filter(|moved| is_off(*moved)).unwrap_or(0)))
    }

    /// By how much the queued pieces are late if the first one begins at `next`: the median, which single wrong times do
    /// not move.
    fn deviation(&self, next: i64) -> i64 {
        let mut expected = next;
        let mut all = Vec::with_capacity(self.queue.len());
        for piece in &self.queue {
            all.extend(piece.at.map(|at| at.saturating_sub(expected)));
            expected = expected.saturating_add(piece.lasts);
        }
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decided times in milliseconds of pieces of 20 ms.
    fn decided(times: impl IntoIterator<Item = i64>) -> Vec<i64> {
        let mut steady = SteadyTimes::default();
        let mut out = Vec::new();
        let mut take = |steady: &mut SteadyTimes<()>, is_end| {
            while let Some((at, ())) = steady.pop(is_end) {
                out.push(at.unwrap().nanos() / 1_000_000);
            }
        };
        for time in times {
            steady.push(Some(PresentationTime::from_millis(time)), Duration::from_millis(20), ());
            take(&mut steady, false);
        }
        take(&mut steady, true);
        out
    }

    fn unbroken(from: i64, pieces: i64) -> Vec<i64> {
        (0..pieces).map(|n| from + n * 20).collect()
    }

    #[test]
    fn times_that_jitter_do_not_tear_sound() {
        let jitter = [0, 55, -5, 70, 10, -60, 0, 45];
        assert_eq!(decided((0..200).map(|n| n * 20 + jitter[n as usize % 8])), unbroken(0, 200));
        assert_eq!(decided((0..100).map(|n| if n == 50 { 9_000 } else { n * 20 })), unbroken(0, 100), "one wrong time");
    }

    #[test]
    fn gaps_and_overlaps_stay_where_they_are() {
        for gap in [60, 300, 5_000, -200] {
            let times = [unbroken(0, 100), unbroken(2_000 + gap, 100)].concat();
            assert_eq!(decided(times.clone()), times, "{gap} ms");
        }
        let at_the_end = [unbroken(0, 50), unbroken(1_200, 1)].concat();
        assert_eq!(decided(at_the_end.clone()), at_the_end);
    }

    #[test]
    fn drift_is_followed() {
        let drifting: Vec<i64> = (0..5000).map(|n| n * 20 + n / 50).collect();
        let times = decided(drifting.clone());
        assert!(times.iter().zip(&drifting).all(|(time, true_one)| (time - true_one).abs() <= 50));
        assert!(times.windows(2).filter(|pair| pair[1] - pair[0] != 20).count() <= 3);
    }

    #[test]
    fn what_has_no_times_has_none() {
        let mut steady = SteadyTimes::default();
        steady.push(None, Duration::from_millis(20), ());
        assert_eq!(steady.pop(true), Some((None, ())));
        assert_eq!(steady.pop(true), None);
    }
}
