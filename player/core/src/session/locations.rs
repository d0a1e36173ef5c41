//! Where to fetch from when there are several places (ISO/IEC 23009-1 5.6.5; ETSI TS 103 285 10.8.2 for the order):
//! the order of the manifest, without those that failed lately.

use shared::mpd::Location;
use shared::time::SessionTime;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a place is left alone after its first failure; every further one doubles it.
const FIRST_EXCLUSION: Duration = Duration::from_secs(60);
/// But never longer than this.
const LONGEST_EXCLUSION: Duration = Duration::from_secs(300);

/// What is known of the places, by name.
#[derive(Debug, Default)]
pub(super) struct Locations {
    known: BTreeMap<String, Record>,
}

#[derive(Debug, Default)]
struct Record {
    failures: u32,
    excluded_until: SessionTime,
}

impl Locations {
    /// The place to ask: the first in the manifest's order that is not excluded, else the one that comes back first.
    pub(super) fn choose<'a>(&self, now: SessionTime, offered: &'a [Location]) -> Option<&'a Location> {
        let excluded = |location: &Location| self.excluded_until(location).filter(|until| *until > now);
        // `min_by_key` takes the first of equals.
        offered.iter().min_by_key(|location| (excluded(location).unwrap_or_default(), location.priority))
    }

    /// Whether another place than `name` could be asked now.
    pub(super) fn others(&self, now: SessionTime, offered: &[Location], name: &str) -> bool {
        let usable = |l: &Location| name_of(l) != name && self.excluded_until(l).is_none_or(|until| until <= now);
        offered.iter().any(usable)
    }

    /// A request to the place failed in a way that is the place's fault.
    pub(super) fn failed(&mut self, now: SessionTime, name: &str) {
        let record = self.known.entry(name.to_owned()).or_default();
        let exclusion = FIRST_EXCLUSION.saturating_mul(1 << record.failures.min(8)).min(LONGEST_EXCLUSION);
        record.failures += 1;
        record.excluded_until = now + exclusion;
    }

    /// A request to the place succeeded.
    pub(super) fn succeeded(&mut self, name: &str) {
        self.known.remove(name);
    }

    fn excluded_until(&self, location: &Location) -> Option<SessionTime> {
        self.known.get(&name_of(location)).map(|record| record.excluded_until)
    }
}

/// What Base URLs on the same servers have in common: @serviceLocation, else scheme, host and port.
pub(super) fn name_of(location: &Location) -> String {
    let origin = || location.base.origin().ascii_serialization();
    location.service_location.clone().unwrap_or_else(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(name: &str, priority: u32) -> Location {
        let base = format!("http://{name}.example/").parse().unwrap();
        Location { base, service_location: Some(name.to_owned()), priority, weight: 1 }
    }

    #[test]
    fn a_failed_place_comes_back_after_its_exclusion_which_grows() {
        let offered = [location("b", 2), location("a", 1)];
        let mut locations = Locations::default();
        let at = |secs: u64| SessionTime::from(Duration::from_secs(secs));
        let chosen = |locations: &Locations, secs| name_of(locations.choose(at(secs), &offered).unwrap());
        assert_eq!(chosen(&locations, 0), "a");
        locations.failed(at(0), "a");
        assert_eq!((chosen(&locations, 59), chosen(&locations, 60)), ("b".to_owned(), "a".to_owned()));
        locations.failed(at(60), "a");
        assert_eq!((chosen(&locations, 179), chosen(&locations, 180)), ("b".to_owned(), "a".to_owned()));
        locations.failed(at(61), "b");
        assert!(!locations.others(at(62), &offered, "a"));
        assert_eq!(chosen(&locations, 62), "b", "of two excluded ones the one that comes back first");
    }
}
