//! By which time which bytes of a segment must have arrived, reduced to the samples that can decide `bandwidth`.

use super::Demand;

/// The demand of samples `(presentation time, size)` in the order of the file, whose first byte stands at `start`.
///
/// A link of rate R that begins at time t₀ suffices when for every sample (bytes up to its end) ≤ R · (t − t₀). The
/// steepest such line from any point to the left touches a corner of the upper hull, so only those are kept: a
/// handful a segment instead of every frame.
pub(super) fn demand(samples: impl Iterator<Item = (i64, u32)>, start: u64) -> Vec<Demand> {
    let mut end = start;
    let mut points: Vec<Demand> = samples
        .map(|(time, size)| {
            end += u64::from(size);
            Demand { time, bytes: end }
        })
        .collect();
    points.sort_by_key(|point| (point.time, std::cmp::Reverse(point.bytes)));
    upper_hull(&points)
}

/// Corners of the upper hull of points sorted by time (monotone chain).
pub(crate) fn upper_hull(points: &[Demand]) -> Vec<Demand> {
    let mut hull: Vec<Demand> = vec![];
    for &point in points {
        while let [.., a, b] = hull[..]
            && !turns_right(a, b, point)
        {
            hull.pop();
        }
        if hull.last().is_none_or(|last| last.time < point.time) {
            hull.push(point);
        }
    }
    hull
}

/// Whether the way from `a` over `b` to `c` bends down at `b`.
pub(crate) fn turns_right(a: Demand, b: Demand, c: Demand) -> bool {
    let time = |p: Demand| i128::from(p.time) - i128::from(a.time);
    let bytes = |p: Demand| i128::from(p.bytes) - i128::from(a.bytes);
    bytes(b) * time(c) > bytes(c) * time(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn corners_only() {
        let corners = demand([(0, 100), (3, 50), (1, 5), (2, 5), (4, 5)].into_iter(), 10);
        let at = |time, bytes| Demand { time, bytes };
        assert_eq!(corners, [at(0, 110), at(1, 165), at(2, 170), at(4, 175)]);
    }

    proptest! {
        /// From any earlier point, the steepest line is the same with and without the points that were dropped.
        #[test]
        fn the_steepest_line_is_kept(
            samples in prop::collection::vec((0i64..50, 0u32..1000), 1..40), back in 1i64..30, below in 0u64..100,
        ) {
            let mut end = below;
            let all: Vec<Demand> = samples.iter().map(|&(time, size)| { end += u64::from(size); Demand { time, bytes: end } }).collect();
            let kept = demand(samples.into_iter(), below);
            let steepest = |points: &[Demand]| {
                points.iter().map(|p| p.bytes as f64 / (p.time + back) as f64).fold(0.0, f64::max)
            };
            prop_assert!((steepest(&all) - steepest(&kept)).abs() < 1e-9);
        }
    }
}
