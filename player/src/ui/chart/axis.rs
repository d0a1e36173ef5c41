//! Scales: from seconds and rates to places on the screen, and where the marks of an axis go.

use eframe::egui::Rangef;
use shared::units::Bitrate;

/// Numbers of an axis that are closer together than this cannot be read.
const LEAST_APART: f64 = 10.0;

/// Session time, from left to right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TimeAxis {
    /// Seconds at the left edge.
    pub from: f64,
    /// Seconds at the right edge.
    pub to: f64,
    /// The screen between them.
    pub x: Rangef,
}

impl TimeAxis {
    /// Where an instant is; may lie outside.
    pub(crate) fn x(&self, seconds: f64) -> f32 {
        self.x.min + ((seconds - self.from) / (self.to - self.from)) as f32 * self.x.span()
    }

    /// The instant at a place.
    pub(crate) fn seconds(&self, x: f32) -> f64 {
        self.from + f64::from((x - self.x.min) / self.x.span()) * (self.to - self.from)
    }

    /// A curve as it can be seen: the last value of each point of the screen, and its neighbours just outside of it.
    pub(crate) fn thin<T>(&self, points: impl Iterator<Item = (f64, T)>) -> Vec<(f32, T)> {
        let mut kept: Vec<(f32, T)> = vec![];
        for (seconds, value) in points {
            let x = self.x(seconds);
            match kept.last_mut() {
                Some(last) if x < self.x.min => *last = (x, value),
                // The place stays, else all that follow would fall into it too.
                Some(last) if x - last.0 < 1.0 => last.1 = value,
                _ => kept.push((x, value)),
            }
            if x > self.x.max {
                break;
            }
        }
        kept
    }

    /// Seconds a point on the screen.
    pub(crate) fn per_point(&self) -> f64 {
        (self.to - self.from) / f64::from(self.x.span().max(1.0))
    }

    /// Round instants, at least 60 points apart.
    pub(crate) fn marks(&self) -> Vec<f64> {
        const STEPS: [f64; 12] = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];
        let least = self.per_point() * 60.0;
        let step = STEPS.into_iter().find(|step| *step >= least).unwrap_or(7200.0);
        multiples(step, self.from.max(0.0), self.to)
    }
}

/// Rates on a logarithmic scale: rungs of a ladder are about equally far apart on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RateAxis {
    least: f64,
    most: f64,
    y: Rangef,
}

impl RateAxis {
    /// From `least` at the bottom of `y` to `most` at its top.
    pub(crate) fn new(least: Bitrate, most: Bitrate, y: Rangef) -> Self {
        let least = (least.bps().max(1)) as f64;
        Self { least: least.ln(), most: (most.bps() as f64).max(least * 2.0).ln(), y }
    }

    /// Whether a rate is higher than the chart.
    pub(crate) fn is_above(&self, rate: Bitrate) -> bool {
        (rate.bps().max(1) as f64).ln() > self.most
    }

    /// Where a rate is, held within the chart.
    pub(crate) fn y(&self, rate: Bitrate) -> f32 {
        let share = ((rate.bps().max(1) as f64).ln() - self.least) / (self.most - self.least);
        self.y.max - share.clamp(0.0, 1.0) as f32 * self.y.span()
    }

    /// 1, 2, 5 of each decade that are in sight, or 1 alone where they would stand on each other.
    pub(crate) fn marks(&self) -> Vec<Bitrate> {
        let octave = f64::from(self.y.span()) * std::f64::consts::LN_2 / (self.most - self.least);
        let digits: &[u64] = if octave < LEAST_APART { &[1] } else { &[1, 2, 5] };
        let decades = (3..9).map(|exponent| 10_u64.pow(exponent));
        let all = decades.flat_map(|decade| digits.iter().map(move |digit| Bitrate::from_bps(digit * decade)));
        all.filter(|rate| (self.least..=self.most).contains(&(rate.bps() as f64).ln())).collect()
    }
}

/// Seconds of buffer, from zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LevelAxis {
    most: f64,
    y: Rangef,
}

impl LevelAxis {
    /// From zero at the bottom of `y`; `most` stays far enough below its top for a line of text.
    pub(crate) fn new(most: f64, y: Rangef) -> Self {
        let room = f64::from(y.span() / (y.span() - 24.0).max(8.0));
        Self { most: (most * room).max(5.0), y }
    }

    /// Where a level is, held within the chart.
    pub(crate) fn y(&self, seconds: f64) -> f32 {
        self.y.max - (seconds / self.most).clamp(0.0, 1.0) as f32 * self.y.span()
    }

    /// Round levels, at least 18 points apart.
    pub(crate) fn marks(&self) -> Vec<f64> {
        const STEPS: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 500.0];
        let least = self.most / f64::from(self.y.span().max(1.0)) * 18.0;
        let step = STEPS.into_iter().find(|step| *step >= least).unwrap_or(1000.0);
        multiples(step, 0.0, self.most)
    }
}

fn multiples(step: f64, from: f64, to: f64) -> Vec<f64> {
    let (first, last) = ((from / step).ceil() as i64, (to / step).floor() as i64);
    (first..=last.min(first + 200)).map(|n| n as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_on_a_wide_chart_is_marked_every_five_seconds() {
        let axis = TimeAxis { from: 30.0, to: 90.0, x: Rangef::new(0.0, 800.0) };
        assert_eq!(axis.marks()[..3], [30.0, 35.0, 40.0]);
        assert!((axis.seconds(axis.x(47.5)) - 47.5).abs() < 1e-3);
    }

    #[test]
    fn an_hour_of_a_curve_is_as_many_points_as_the_chart_is_wide() {
        let axis = TimeAxis { from: 1800.0, to: 3600.0, x: Rangef::new(50.0, 850.0) };
        let kept = axis.thin((0..14_400).map(|quarter| (f64::from(quarter) / 4.0, quarter)));
        assert!((700..=802).contains(&kept.len()), "{}", kept.len());
        assert!(kept[0].0 < 51.0 && kept.last().is_some_and(|last| last.0 > 848.0), "from edge to edge");
        assert!(kept.windows(2).all(|pair| pair[1].0 - pair[0].0 < 2.5), "without a gap");
        assert_eq!(kept.last().map(|last| last.1), Some(14_399), "the newest value is the last");
    }

    #[test]
    fn rates_are_marked_by_1_2_5_and_held_within() {
        let axis = RateAxis::new(Bitrate::from_kbps(150), Bitrate::from_kbps(6_000), Rangef::new(10.0, 110.0));
        let marks: Vec<f64> = axis.marks().iter().map(|rate| rate.mbps()).collect();
        assert_eq!(marks, [0.2, 0.5, 1.0, 2.0, 5.0]);
        assert_eq!([axis.y(Bitrate::ZERO), axis.y(Bitrate::from_kbps(90_000))], [110.0, 10.0]);
    }

    #[test]
    fn in_a_low_chart_the_decades_alone_are_marked() {
        let axis = RateAxis::new(Bitrate::from_kbps(80), Bitrate::from_kbps(20_000), Rangef::new(0.0, 60.0));
        let marks: Vec<f64> = axis.marks().iter().map(|rate| rate.mbps()).collect();
        assert_eq!(marks, [0.1, 1.0, 10.0]);
    }

    #[test]
    fn an_empty_span_draws_nothing_and_ends() {
        let axis = TimeAxis { from: 0.0, to: 0.0, x: Rangef::new(0.0, 0.0) };
        assert!(axis.marks().len() <= 1);
    }
}
