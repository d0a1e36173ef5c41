//! `@bandwidth` by its definition (ISO/IEC 23009-1 5.3.5.2): over a link of that constant rate, and starting at any
//! segment, no sample arrives too late if playback begins `minBufferTime` after the first byte. The value is computed
//! from the written segments. It is never below the rate of the largest segment, because adaptation compares that rate
//! with the measured throughput.

use crate::mux::{Demand, SegmentClosed, turns_right};
use shared::time::Timescale;
use std::time::Duration;

/// The least rate in bit/s that satisfies the buffer model from the start of every segment.
///
/// For a start at time s with c bytes before it, each corner (t, b) of the later demand asks for (b − c) / (m + t − s),
/// with m the buffer time. Going from the last segment to the first, the upper hull of all later demand is kept as a
/// stack; the steepest line from (s − m, c) touches it at one corner, found by bisection.
pub fn buffer_model_rate(segments: &[&SegmentClosed], timescale: Timescale, min_buffer: Duration) -> f64 {
    let ticks = f64::from(timescale.get());
    let patience = min_buffer.as_secs_f64() * ticks;
    let mut before: u64 = segments.iter().map(|closed| closed.size.bytes()).sum();
    let (mut hull, mut rate) = (vec![], 0.0_f64);
    for closed in segments.iter().rev() {
        before = before.saturating_sub(closed.size.bytes());
        for corner in closed.demand.iter().rev() {
            prepend(&mut hull, Demand { time: corner.time, bytes: before.saturating_add(corner.bytes) });
        }
        let start = closed.time as f64 - patience;
        rate = rate.max(steepest(&hull, start, before as f64));
    }
    rate * 8.0 * ticks
}

/// The largest rate in bit/s of a segment that is at least half as long as the usual one.
pub fn peak_rate(segments: &[&SegmentClosed], timescale: Timescale) -> f64 {
    let mut lengths: Vec<u64> = segments.iter().map(|closed| closed.duration).collect();
    lengths.sort_unstable();
    let usual = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    let whole = segments.iter().filter(|closed| closed.duration > 0 && closed.duration * 2 >= usual);
    whole
        .map(|closed| closed.size.bits() as f64 * f64::from(timescale.get()) / closed.duration as f64)
        .fold(0.0, f64::max)
}

/// Puts an earlier point in front of the hull; the front is the end of the vector.
fn prepend(hull: &mut Vec<Demand>, point: Demand) {
    while let [.., b, a] = hull[..]
        && !turns_right(point, a, b)
    {
        hull.pop();
    }
    hull.push(point);
}

/// The slope of the steepest line from (`time`, `bytes`) to a corner, in bytes a tick. Slopes to the corners of a
/// concave chain rise to the point of touch and fall behind it.
fn steepest(hull: &[Demand], time: f64, bytes: f64) -> f64 {
    let slope = |corner: &Demand| {
        let length = corner.time as f64 - time;
        if length > 0.0 { (corner.bytes as f64 - bytes) / length } else { 0.0 }
    };
    let (mut low, mut high) = (0, hull.len().saturating_sub(1));
    while low < high {
        let middle = (low + high) / 2;
        if slope(&hull[middle]) < slope(&hull[middle + 1]) { low = middle + 1 } else { high = middle }
    }
    hull.get(low).map_or(0.0, slope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::units::ByteSize;

    fn segment(number: u64, time: u64, duration: u64, sizes: &[u64]) -> SegmentClosed {
        let mut bytes = 0;
        let each = duration / sizes.len() as u64;
        let demand = sizes.iter().enumerate().map(|(n, size)| {
            bytes += size;
            Demand { time: (time + n as u64 * each) as i64, bytes }
        });
        let demand = demand.collect();
        SegmentClosed {
            representation: "v".into(),
            number,
            time,
            duration,
            size: ByteSize::from_bytes(bytes),
            first_sample: 0..sizes[0],
            demand,
        }
    }

    fn film(sizes: &[Vec<u64>]) -> Vec<SegmentClosed> {
        (1..).zip(sizes).map(|(number, sizes)| segment(number, (number - 1) * 600, 600, sizes)).collect()
    }

    /// The definition, applied to all pairs of a start and a sample.
    fn by_definition(film: &[SegmentClosed], patience: f64) -> f64 {
        let before = |n: usize| film[..n].iter().map(|s| s.size.bytes()).sum::<u64>();
        let points: Vec<(f64, u64)> = (0..film.len())
            .flat_map(|n| film[n].demand.iter().map(move |d| (d.time as f64, before(n) + d.bytes)))
            .collect();
        let mut rate = 0.0_f64;
        for (n, start) in film.iter().enumerate() {
            for (time, bytes) in points.iter().filter(|(_, bytes)| *bytes > before(n)) {
                rate = rate.max((*bytes - before(n)) as f64 / (patience * 100.0 + time - start.time as f64));
            }
        }
        rate * 800.0
    }

    #[test]
    fn a_constant_rate_needs_itself_and_a_burst_needs_more() {
        let ts = Timescale::new(100).unwrap();
        let rate = |film: &[SegmentClosed], patience: u64| {
            buffer_model_rate(&film.iter().collect::<Vec<_>>(), ts, Duration::from_secs(patience)).round()
        };
        let even = film(&[vec![100; 6], vec![100; 6]]);
        assert_eq!(rate(&even, 1), 800.0);
        let burst = film(&[vec![100; 6], vec![1000, 0, 0, 0, 0, 0]]);
        assert_eq!(rate(&burst, 1), 8000.0);
        assert_eq!(rate(&burst, 10), 800.0);
    }

    #[test]
    fn the_peak_leaves_out_a_short_tail() {
        let ts = Timescale::new(100).unwrap();
        let film = [segment(1, 0, 600, &[600]), segment(2, 600, 600, &[1200]), segment(3, 1200, 100, &[5000])];
        assert_eq!(peak_rate(&film.iter().collect::<Vec<_>>(), ts), 1600.0);
    }

    proptest! {
        #[test]
        fn the_hull_finds_what_the_definition_says(
            sizes in prop::collection::vec(prop::collection::vec(0u64..10_000, 6), 1..12), patience in 1u64..12,
        ) {
            let film = film(&sizes);
            let all: Vec<_> = film.iter().collect();
            let fast = buffer_model_rate(&all, Timescale::new(100).unwrap(), Duration::from_secs(patience));
            let slow = by_definition(&film, patience as f64);
            prop_assert!((fast - slow).abs() <= 1e-6 * slow.max(1.0), "{} {}", fast, slow);
        }
    }
}
