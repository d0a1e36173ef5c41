//! Whether the controls on the picture are in sight: they come with the pointer, and go with it when it has rested.

use eframe::egui::{Pos2, Rect};

/// How long they stay after the last movement, in seconds.
const STAND: f64 = 3.0;

/// The controls on the picture.
#[derive(Debug, Default)]
pub(crate) struct Controls {
    /// When the viewer stirred last, by the window's clock; absent before the first frame.
    stirred: Option<f64>,
    /// What they covered when they were shown last; nothing while they are out of sight.
    covered: Vec<Rect>,
}

impl Controls {
    /// The viewer moved the pointer, or not, since the last frame. The first frame counts as a movement.
    pub(crate) fn observe(&mut self, stirred: bool, now: f64) {
        if stirred || self.stirred.is_none() {
            self.stirred = Some(now);
        }
    }

    /// How much longer they stay by themselves, in seconds; zero or less when their time is over.
    pub(crate) fn rest(&self, now: f64) -> f64 {
        self.stirred.map_or(0.0, |stirred| stirred + STAND - now)
    }

    /// Whether a place is one of theirs and not the picture's.
    pub(crate) fn cover(&self, place: Pos2) -> bool {
        self.covered.iter().any(|area| area.contains(place))
    }

    /// They were painted there; nowhere when they are out of sight.
    pub(crate) fn shown(&mut self, areas: Vec<Rect>) {
        self.covered = areas;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_go_three_seconds_after_the_pointer_rested_and_come_back_with_it() {
        let mut controls = Controls::default();
        let times = [(0.0, false), (2.9, false), (3.1, false), (7.0, true), (9.9, false), (10.1, false)];
        let seen = times.map(|(now, stirred)| {
            controls.observe(stirred, now);
            controls.rest(now) > 0.0
        });
        assert_eq!(seen, [true, true, false, true, true, false]);
    }
}
