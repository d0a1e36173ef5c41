//! Times of packets as containers have them, made those of a track: ticks of a timescale in which samples last whole numbers,
//! and decoding times where none are told. Pure.

use shared::time::{PresentationTime, Timescale};
use shared_av::Rational;

/// Media timescales are at least this.
const LEAST_TIMESCALE: u32 = 10_000;
/// A time that is rounded to milliseconds is off by half of one at most.
const ROUNDED: i64 = 500_000;
/// What arithmetic adds to that.
const SLACK: i64 = 20_000;
/// Pictures that are decoded so long before they are shown are none: the clock has gone back.
const LONGEST_REORDERING: i64 = 5;

/// Times in ticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticks {
    /// Of a second.
    pub(super) timescale: Timescale,
    /// In decoding order.
    pub(super) times: Vec<i64>,
    /// Those of one sample.
    pub(super) usual: u32,
}

/// Times in nanoseconds, put on the grid of `rate` where all of them lie within half a millisecond of it; `None` where they do
/// not.
pub(super) fn snapped(times: &[i64], rate: Rational, timescale: Option<Timescale>) -> Option<Ticks> {
    let (scale, length) = match timescale {
        Some(scale) => (scale, scale.get().checked_mul(rate.den())?.checked_div(rate.num())?),
        None => scale_of(rate)?,
    };
    let first = *times.iter().min()?;
    let place = |time: i64| -> i64 {
        let frames = (i128::from(time) - i128::from(first)) * i128::from(rate.num());
        let den = i128::from(rate.den()) * 1_000_000_000;
        i64::try_from((frames + den / 2).div_euclid(den)).unwrap_or(i64::MAX)
    };
    let offset = |place: i64| -> i64 {
        let nanos = i128::from(place) * i128::from(rate.den()) * 1_000_000_000;
        i64::try_from(nanos / i128::from(rate.num())).unwrap_or(i64::MAX)
    };
    let residuals = || times.iter().map(|time| time.saturating_sub(offset(place(*time))));
    let least = residuals().min()?;
    let most = residuals().max()?;
    if most.saturating_sub(least) > 2 * ROUNDED + SLACK || is_doubled(times, place) {
        return None;
    }
    let is_near = |other: i64| other.abs_diff(first) <= (ROUNDED + SLACK).unsigned_abs();
    let is_first_right = is_near(most) && is_near(least);
    let begin = if is_first_right { first } else { i64::midpoint(least, most) };
    let begin = scale.ticks_at(PresentationTime::from_nanos(begin));
    let times = times.iter().map(|time| begin.saturating_add(place(*time).saturating_mul(length.into()))).collect();
    Some(Ticks { timescale: scale, times, usual: length })
}

/// Whether two samples have the same place.
fn is_doubled(times: &[i64], place: impl Fn(i64) -> i64) -> bool {
    let mut places: Vec<i64> = times.iter().map(|time| place(*time)).collect();
    places.sort_unstable();
    places.windows(2).any(|pair| pair[0] == pair[1])
}

/// The rate's numerator, doubled until it is fine enough, and the ticks of a frame.
fn scale_of(rate: Rational) -> Option<(Timescale, u32)> {
    let mut factor = 1u32;
    while rate.num().checked_mul(factor)? < LEAST_TIMESCALE {
        factor *= 2;
    }
    Some((Timescale::new(rate.num() * factor)?, rate.den().checked_mul(factor)?))
}

/// Times in nanoseconds as ticks of this timescale, whatever they are.
pub(super) fn as_told(times: &[i64], timescale: Timescale) -> Ticks {
    let ticks: Vec<i64> = times.iter().map(|time| timescale.ticks_at(PresentationTime::from_nanos(*time))).collect();
    let usual = usual(&ticks);
    Ticks { timescale, times: ticks, usual }
}

/// The most frequent distance of times.
fn usual(ticks: &[i64]) -> u32 {
    let mut sorted = ticks.to_vec();
    sorted.sort_unstable();
    let mut distances: Vec<i64> = sorted.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    distances.sort_unstable();
    distances
        .get(distances.len() / 2)
        .and_then(|middle| u32::try_from(*middle).ok())
        .filter(|one| *one > 0)
        .unwrap_or(1)
}

/// When samples are decoded that are composed at `composed`: as `told` where that is in order and never too late, else in the
/// order of composition, as early as the deepest reordering needs it.
///
/// # Errors
/// The number of the first sample at which the clock goes back.
pub(super) fn decoding(composed: &[i64], told: Option<&[i64]>, timescale: Timescale) -> Result<Vec<i64>, usize> {
    if let Some(told) = told.filter(|told| is_in_order(composed, told)) {
        return Ok(told.to_vec());
    }
    let mut sorted = composed.to_vec();
    sorted.sort_unstable();
    let late =
        sorted.iter().zip(composed).map(|(decoded, composed)| decoded.saturating_sub(*composed)).max().unwrap_or(0);
    let deepest = LONGEST_REORDERING * i64::from(timescale.get());
    if late > deepest {
        let back = composed.windows(2).position(|pair| pair[1].saturating_add(deepest) < pair[0]);
        return Err(back.map_or(0, |before| before + 1));
    }
    Ok(sorted.into_iter().map(|decoded| decoded.saturating_sub(late)).collect())
}

fn is_in_order(composed: &[i64], told: &[i64]) -> bool {
    told.len() == composed.len()
        && told.windows(2).all(|pair| pair[0] < pair[1])
        && told.iter().zip(composed).all(|(decoded, composed)| decoded <= composed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(num: u32, den: u32) -> Rational {
        Rational::new(num, den).unwrap()
    }

    /// So many frames of a rate, rounded to milliseconds.
    fn rounded(frames: i64, rate: Rational) -> Vec<i64> {
        (0..frames).map(|n| ((n as f64 / rate.value() * 1e3).round() * 1e6) as i64).collect()
    }

    #[test]
    fn rounded_times_become_those_of_the_rate() {
        let ntsc = rate(24_000, 1001);
        let ticks = snapped(&rounded(5000, ntsc), ntsc, None).unwrap();
        assert_eq!((ticks.timescale.get(), ticks.usual), (24_000, 1001));
        assert_eq!(ticks.times, (0..5000).map(|n| n * 1001).collect::<Vec<_>>());
        assert_eq!(snapped(&rounded(5000, ntsc), rate(24, 1), None), None);
        let mut odd = rounded(50, rate(25, 1));
        odd[20] += 2_000_000;
        assert_eq!(snapped(&odd, rate(25, 1), None), None);
        assert_eq!(snapped(&[0, 0], rate(25, 1), None), None, "two pictures at one time");
    }

    #[test]
    fn the_first_time_may_be_the_one_that_is_rounded_most() {
        let times: Vec<i64> = (0..300).map(|n| ((n as f64 * 1024.0 / 48.0 + 7.4).round() * 1e6) as i64).collect();
        let scale = Timescale::new(48_000).unwrap();
        let ticks = snapped(&times, rate(48_000, 1024), Some(scale)).unwrap();
        assert!(ticks.times.windows(2).all(|pair| pair[1] - pair[0] == 1024));
        assert!((ticks.times[0] - 355).abs() <= 24, "{}", ticks.times[0]);
    }

    #[test]
    fn decoding_follows_composition_where_nothing_is_told() {
        let scale = Timescale::new(25).unwrap();
        let composed = [0, 4, 2, 1, 3, 5];
        assert_eq!(decoding(&composed, None, scale), Ok(vec![-2, -1, 0, 1, 2, 3]));
        let told = [-2, -1, 0, 1, 2, 4];
        assert_eq!(decoding(&composed, Some(&told), scale), Ok(told.to_vec()));
        assert_eq!(decoding(&composed, Some(&[0; 6]), scale), Ok(vec![-2, -1, 0, 1, 2, 3]));
        assert_eq!(decoding(&[0, 1, 500, 2, 3], None, Timescale::new(1).unwrap()), Err(3));
    }
}
