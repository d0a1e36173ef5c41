//! The frame rate where the two rates in the container contradict each other: it is measured from the times of the
//! first pictures. Nothing is decoded.

use super::{Master, read};
use crate::error::PackagerError;
use crate::probe;
use shared::time::PresentationTime;
use shared_av::{Rational, SourceInfo, StreamKind, VideoInfo};
use std::ops::ControlFlow;

/// Pictures looked at.
const PICTURES: usize = 240;
/// Packets read for them at most.
const PACKETS: usize = 5000;
/// With fewer pictures nothing is measured.
const LEAST: usize = 8;
/// Times are rounded to milliseconds by some containers.
const ROUNDING_NANOS: i64 = 2_000_000;

/// The description of `input` with measured rates, where the pictures come at a steady rate.
///
/// # Errors
/// When the file cannot be read a second time.
pub fn settled(mut info: SourceInfo, input: &Master) -> Result<SourceInfo, PackagerError> {
    for stream in info.streams.iter_mut().filter(|stream| !stream.attached_picture) {
        let StreamKind::Video(video) = &mut stream.kind else { continue };
        if !is_certain(video)
            && let Some(rate) = steady_rate(times(input, stream.index)?)
        {
            video.base_rate = Some(rate);
            video.average_rate = Some(rate);
        }
    }
    Ok(info)
}

/// Both rates are the same within two parts in a hundred.
fn is_certain(video: &VideoInfo) -> bool {
    let rates = video.base_rate.zip(video.average_rate);
    rates.is_some_and(|(base, average)| (base.value() / average.value() - 1.0).abs() < 0.02)
}

/// When the first pictures are shown, in order.
fn times(input: &Master, stream: usize) -> Result<Vec<PresentationTime>, PackagerError> {
    let mut times = Vec::with_capacity(PICTURES);
    let mut seen = 0;
    read::packets(&mut input.open()?, &[stream], |packet| {
        times.extend(packet.pts);
        seen += 1;
        if times.len() == PICTURES || seen == PACKETS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    times.sort_unstable();
    Ok(times)
}

/// The rate at which nine of ten pictures come, when there is one: the usual one next to it.
fn steady_rate(times: Vec<PresentationTime>) -> Option<Rational> {
    let mut steps: Vec<i64> = times.windows(2).map(|pair| pair[1].nanos().saturating_sub(pair[0].nanos())).collect();
    if steps.len() < LEAST {
        return None;
    }
    steps.sort_unstable();
    let median = steps[steps.len() / 2];
    let steady: Vec<i64> =
        steps.iter().copied().filter(|step| step.abs_diff(median) <= ROUNDING_NANOS.unsigned_abs()).collect();
    let sum: i64 = steady.iter().sum();
    if steady.len() * 10 < steps.len() * 9 || sum <= 0 {
        return None;
    }
    let rate = steady.len() as f64 * 1e9 / sum as f64;
    let milli = Rational::new((rate * 1000.0).round() as u32, 1000)?;
    let uncertain = ROUNDING_NANOS as f64 / sum as f64;
    Some(probe::usual(milli, uncertain.max(0.0005)).unwrap_or(milli))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(nanos: impl Iterator<Item = i64>) -> Option<(u32, u32)> {
        steady_rate(nanos.map(PresentationTime::from_nanos).collect()).map(|rate| (rate.num(), rate.den()))
    }

    #[test]
    fn steady_pictures_have_a_rate_however_their_times_are_rounded() {
        let millis = |rate: f64| (0..200).map(move |n| (f64::from(n) * 1000.0 / rate).round() as i64 * 1_000_000);
        assert_eq!(rate(millis(30.0)), Some((30, 1)));
        assert_eq!(rate(millis(30_000.0 / 1001.0)), Some((30_000, 1001)));
        assert_eq!(rate(millis(9.99)), Some((999, 100)));
        let with_a_hole = millis(25.0).filter(|at| !(1_000_000_000..2_000_000_000).contains(at));
        assert_eq!(rate(with_a_hole), Some((25, 1)));
    }

    #[test]
    fn others_have_none() {
        assert_eq!(rate((0..200).map(|n| n * n * 1_000_000)), None);
        assert_eq!(rate((0..5).map(|n| n * 40_000_000)), None);
        assert_eq!(rate((0..50).map(|_| 0)), None);
    }
}
