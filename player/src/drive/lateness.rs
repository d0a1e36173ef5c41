//! For how long the picture has been late. Time is an argument.

use std::time::{Duration, Instant};

/// What was late and not told yet.
#[derive(Debug, Default)]
pub(super) struct Lateness {
    /// Since when it is late and that is not in `untold`.
    since: Option<Instant>,
    untold: Duration,
}

impl Lateness {
    /// The picture is late, or not, from `now` to the next look.
    pub(super) fn look(&mut self, now: Instant, late: bool) {
        if let Some(since) = self.since.take() {
            self.untold += now.saturating_duration_since(since);
        }
        self.since = late.then_some(now);
    }

    /// For how long it was late since the last time.
    pub(super) fn take(&mut self) -> Option<Duration> {
        Some(std::mem::take(&mut self.untold)).filter(|untold| *untold > Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "an arbitrary start: only distances from it matter")]

    use super::*;

    #[test]
    fn time_counts_from_a_look_that_finds_the_picture_late_to_the_next_one() {
        let (start, mut lateness) = (Instant::now(), Lateness::default());
        let mut look = |millis, late| {
            lateness.look(start + Duration::from_millis(millis), late);
            lateness.take().map(|untold| untold.as_millis())
        };
        let looks = [(0, false), (50, true), (90, true), (140, false), (200, false), (250, true), (260, false)];
        let told = looks.map(|(millis, late)| look(millis, late));
        assert_eq!(told, [None, None, Some(40), Some(50), None, None, Some(10)]);
    }
}
