//! Rungs that failed are left alone for a while, longer each time, and are forgiven by a success.

use crate::presentation::RungId;
use crate::session::recovery::{HOPELESS_STRIKES, RUNG_EXCLUSION};
use shared::time::SessionTime;
use std::collections::BTreeMap;

/// Rungs that failed.
#[derive(Debug, Default)]
pub(in crate::session) struct Exclusions {
    rungs: BTreeMap<RungId, Strikes>,
}

/// What is held against a rung since its last success.
#[derive(Debug, Default)]
struct Strikes {
    count: u32,
    until: SessionTime,
}

impl Exclusions {
    /// Whether a rung is left alone at `now`.
    pub(in crate::session) fn excluded(&self, rung: RungId, now: SessionTime) -> bool {
        self.until(rung).is_some_and(|until| until > now)
    }

    /// Until when a rung is, or was, left alone.
    pub(in crate::session) fn until(&self, rung: RungId) -> Option<SessionTime> {
        self.rungs.get(&rung).map(|strikes| strikes.until)
    }

    /// Leaves a rung alone for a while, longer each time.
    pub(in crate::session) fn exclude(&mut self, rung: RungId, now: SessionTime) {
        let strikes = self.rungs.entry(rung).or_default();
        strikes.until = now + RUNG_EXCLUSION.saturating_mul(1 << strikes.count.min(5));
        strikes.count += 1;
    }

    /// Leaves a rung alone for a while for what is nobody's fault: an outage, however long, makes no rung hopeless.
    pub(in crate::session) fn leave_alone(&mut self, rung: RungId, now: SessionTime) {
        self.rungs.entry(rung).or_default().until = now + RUNG_EXCLUSION;
    }

    /// Nobody waits for it to be as good as the others: there is no other one.
    pub(in crate::session) fn recall(&mut self, rung: RungId) {
        if let Some(strikes) = self.rungs.get_mut(&rung) {
            strikes.until = SessionTime::ZERO;
        }
    }

    /// A segment of the rung did not come: the first time that may be the segment's fault.
    pub(in crate::session) fn suspect(&mut self, rung: RungId, now: SessionTime) {
        let strikes = self.rungs.entry(rung).or_default();
        if strikes.count > 0 {
            return self.exclude(rung, now);
        }
        strikes.count = 1;
    }

    /// It is as good as the others again.
    pub(in crate::session) fn forgive(&mut self, rung: RungId) {
        self.rungs.remove(&rung);
    }

    /// Whether a rung has failed again and again without a success.
    pub(in crate::session) fn hopeless(&self, rung: RungId) -> bool {
        self.rungs.get(&rung).is_some_and(|strikes| strikes.count >= HOPELESS_STRIKES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::Naming;
    use std::time::Duration;

    fn at(secs: u64) -> SessionTime {
        Duration::from_secs(secs).into()
    }

    #[test]
    fn a_rung_that_fails_is_left_alone_twice_as_long_each_time_until_it_is_forgiven() {
        let rung = Naming::default().rung();
        let mut exclusions = Exclusions::default();
        let mut now = at(0);
        for secs in [15, 30, 60] {
            exclusions.exclude(rung, now);
            let back = now + Duration::from_secs(secs);
            assert!(exclusions.excluded(rung, now + Duration::from_secs(secs - 1)));
            assert!(!exclusions.excluded(rung, back));
            now = back;
        }
        assert!(exclusions.hopeless(rung));
        exclusions.forgive(rung);
        assert!(!exclusions.hopeless(rung) && exclusions.until(rung).is_none());
    }

    #[test]
    fn the_first_segment_that_is_missing_is_not_held_against_the_rung() {
        let rung = Naming::default().rung();
        let mut exclusions = Exclusions::default();
        exclusions.suspect(rung, at(1));
        assert!(!exclusions.excluded(rung, at(1)));
        exclusions.suspect(rung, at(2));
        assert!(exclusions.excluded(rung, at(3)));
    }
}
