//! Where to fetch from when there are several places (ISO/IEC 23009-1 5.6.5, ETSI TS 103 285 10.8.2): lowest priority
//! number first; among equals the weights decide by a draw that holds for the session, and where there are none the
//! measured delay does. A place that failed is left alone, longer each time up to a minute, and comes back with one segment
//! at a time: what is asked of it until it has answered is no more than a try.
//!
//! What is measured of a place is the time to its first byte and, of bodies that are large enough, its throughput. The
//! delay decides between places that are about as fast; a much slower one is not made good by it. Places of which little is
//! known are asked for a segment as soon as that can do no harm, and the others now and then again.

use crate::estimate::{Origin, Transfer};
use crate::report::LocationTotals;
use crate::session::recovery::{
    BETTER, FAR_BETTER, FIRST_EXCLUSION, IN_A_ROW, LEARNT, LONGEST_EXCLUSION, MEASURABLE, NEARLY_FULL, SAFE_BUFFER,
    SETTLED, SOONER, TRIAL_AFTER, TRIAL_BUFFER, TRIAL_EVERY,
};
use shared::mpd::Location;
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Position;

/// Half-lives of the two averages of throughput in seconds of transfer; the lower one counts, as in Shaka Player.
const FAST: f64 = 2.0;
const SLOW: f64 = 5.0;

/// What is known of the places, by name.
#[derive(Debug, Default)]
pub(in crate::session) struct Locations {
    known: BTreeMap<String, LocationRecord>,
    /// The one among equals.
    favourite: Option<String>,
    /// Since when it is.
    since: SessionTime,
    /// When a measurement moved us last.
    moved: Option<SessionTime>,
    /// The last change of the favourite, until it is told.
    untold: Option<Moved>,
    /// Which place has been better than the favourite, and how often in a row.
    better: Option<(String, u32)>,
    since_trial: u32,
    /// The first to deliver a file that two places were asked for is the favourite.
    contested: bool,
}

/// Another place is the favourite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) reason: String,
}

#[derive(Debug, Default)]
struct LocationRecord {
    totals: LocationTotals,
    /// In a row.
    failures: u32,
    excluded_until: SessionTime,
    /// Requests that were made and have not ended.
    under_way: u32,
    /// Seconds to the first byte, averaged.
    delay: Option<f64>,
    fast: Average,
    slow: Average,
    segments: u32,
}

/// An exponential average over seconds of transfer, corrected for its beginning at zero.
#[derive(Debug, Clone, Copy, Default)]
struct Average {
    sum: f64,
    weight: f64,
}

impl Average {
    fn add(&mut self, half_life: f64, seconds: f64, value: f64) {
        let keep = 0.5_f64.powf(seconds / half_life);
        self.sum = self.sum * keep + value * (1.0 - keep);
        self.weight = self.weight * keep + (1.0 - keep);
    }

    fn get(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

impl LocationRecord {
    /// Bits a second, once a body was large enough.
    fn rate(&self) -> Option<f64> {
        Some(self.fast.get()?.min(self.slow.get()?).max(1.0))
    }

    /// Seconds that a body of `size` would take, or its first byte where the rate is not known; `None` when nothing is.
    fn score(&self, size: ByteSize) -> Option<f64> {
        Some(self.delay? + self.rate().map_or(0.0, |rate| size.bytes() as f64 * 8.0 / rate))
    }

    /// What part of the time that `other` takes a body of `size` would take from here; the delay alone counts where the
    /// rates are alike or not known.
    fn against(&self, other: &Self, size: ByteSize) -> Option<f64> {
        match (self.rate(), other.rate()) {
            (Some(own), Some(theirs)) if own.min(theirs) < BETTER * own.max(theirs) => {
                Some(self.score(size)? / other.score(size)?)
            }
            _ => {
                let (own, theirs) = (self.delay?, other.delay?);
                Some(if (own - theirs).abs() < SOONER.as_secs_f64() { 1.0 } else { own / theirs })
            }
        }
    }

    /// The first segment from a place pays for the connection to it: the second one says what the place is like.
    fn measure(&mut self, transfer: &Transfer) {
        let delay = transfer.latency().as_secs_f64();
        let known = self.delay.filter(|_| self.segments > LEARNT);
        self.delay = Some(known.map_or(delay, |known| 0.7 * known + 0.3 * delay));
        self.segments += 1;
        if transfer.size >= MEASURABLE {
            self.measure_rate(transfer);
        }
    }

    fn measure_rate(&mut self, transfer: &Transfer) {
        let seconds = transfer.body_time().as_secs_f64().max(0.001);
        let rate = (transfer.size + transfer.beside).bytes() as f64 * 8.0 / seconds;
        self.fast.add(FAST, seconds, rate);
        self.slow.add(SLOW, seconds, rate);
    }
}

/// How much is buffered, as a length and as a part of what was asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::session) struct Cushion {
    pub(in crate::session) ahead: Duration,
    pub(in crate::session) part: f64,
}

impl Locations {
    /// The place to ask: the favourite among those that come first and are not excluded, else the excluded one that
    /// comes back first. `draw` gives a number from 0 to 1.
    pub(in crate::session) fn choose<'a>(
        &mut self,
        now: SessionTime,
        offered: &'a [Location],
        draw: impl FnOnce() -> f64,
    ) -> Option<&'a Location> {
        let equals = self.equals(now, offered);
        let Some(first) = equals.first() else {
            return offered.iter().min_by_key(|location| (self.excluded_until(location), location.priority));
        };
        if let Some(favourite) = equals.iter().find(|l| self.favourite.as_ref() == Some(&name_of(l))) {
            return Some(favourite);
        }
        let chosen = if weighed(&equals) { drawn(&equals, draw()) } else { self.fastest(&equals).unwrap_or(first) };
        let reason = self.why_not_favourite(now, offered);
        self.favour(now, &name_of(chosen), reason);
        Some(chosen)
    }

    /// Why the favourite is not asked although it is offered; where it is not, there is nothing to tell.
    fn why_not_favourite(&self, now: SessionTime, offered: &[Location]) -> Option<&'static str> {
        let favourite = offered.iter().find(|location| self.favourite.as_ref() == Some(&name_of(location)))?;
        Some(if self.is_usable(now, favourite) { "the manifest puts it first" } else { "the other has failed" })
    }

    /// From now on `name` comes first among its equals.
    fn favour(&mut self, now: SessionTime, name: &str, reason: Option<&str>) {
        if self.favourite.as_deref() == Some(name) {
            return;
        }
        let from = self.favourite.replace(name.to_owned());
        let lasted = now.since(std::mem::replace(&mut self.since, now)).as_secs_f64();
        let Some(from) = from else { return };
        self.record(&from).totals.chosen_seconds += lasted;
        if let Some(reason) = reason {
            self.untold = Some(Moved { from, to: name.to_owned(), reason: reason.to_owned() });
        }
    }

    /// The change of the favourite that was not told yet.
    pub(super) fn take_moved(&mut self) -> Option<Moved> {
        self.untold.take()
    }

    fn record(&mut self, name: &str) -> &mut LocationRecord {
        self.known.entry(name.to_owned()).or_default()
    }

    /// A request goes to the place; what has no name, such as a manifest, is at no place.
    pub(super) fn asked(&mut self, name: &str) {
        if !name.is_empty() {
            let record = self.record(name);
            record.totals.requests += 1;
            record.under_way += 1;
        }
    }

    /// A request to the place has ended, with so much of its body.
    pub(super) fn brought(&mut self, name: &str, bytes: ByteSize) {
        if !name.is_empty() {
            let record = self.record(name);
            record.totals.bytes = record.totals.bytes.saturating_add(bytes.bytes());
            record.under_way = record.under_way.saturating_sub(1);
        }
    }

    /// A request to the place has failed, or was not answered in time.
    pub(super) fn disappointed(&mut self, name: &str) {
        if !name.is_empty() {
            self.record(name).totals.failures += 1;
        }
    }

    /// What came from each place that was asked.
    pub(in crate::session) fn totals(&self, now: SessionTime) -> Vec<LocationTotals> {
        let asked = self.known.iter().filter(|(_, record)| record.totals.requests > 0);
        asked.map(|(name, record)| self.totals_of(name, record, now)).collect()
    }

    fn totals_of(&self, name: &str, record: &LocationRecord, now: SessionTime) -> LocationTotals {
        let is_favourite = self.favourite.as_deref() == Some(name);
        let chosen = if is_favourite { now.since(self.since).as_secs_f64() } else { 0.0 };
        LocationTotals {
            name: name.to_owned(),
            first_byte_ms: record.delay.map(|delay| (delay * 1e4).round() / 10.0),
            chosen_seconds: record.totals.chosen_seconds + chosen,
            ..record.totals.clone()
        }
    }

    /// A place other than the favourite that ought to be tried with the next segment.
    pub(in crate::session) fn trial<'a>(
        &mut self,
        now: SessionTime,
        offered: &'a [Location],
        cushion: Cushion,
    ) -> Option<&'a Location> {
        let equals = self.equals(now, offered);
        if equals.len() < 2 || weighed(&equals) {
            return None;
        }
        let favourite = self.favourite.clone()?;
        let own = self.known.get(&favourite).map_or(0, |record| record.segments);
        let others: Vec<_> = equals.iter().filter(|location| name_of(location) != favourite).collect();
        if let Some(new) = others.iter().copied().find(|location| self.is_new(location))
            && own > 0
            && (cushion.ahead >= TRIAL_BUFFER || own >= TRIAL_AFTER)
        {
            return Some(new);
        }
        self.since_trial += 1;
        if self.since_trial < TRIAL_EVERY || cushion.part < NEARLY_FULL {
            return None;
        }
        self.since_trial = 0;
        let others: Vec<&Location> = others.into_iter().copied().collect();
        self.fastest(&others)
    }

    /// A segment came from the place `name`. Moves when another one has been better for long enough; tells where to.
    pub(in crate::session) fn measured(
        &mut self,
        now: SessionTime,
        name: &str,
        offered: &[Location],
        transfer: &Transfer,
        cushion: Cushion,
    ) -> Option<String> {
        if transfer.origin == Origin::Network && !transfer.aborted {
            self.record(name).measure(transfer);
        }
        let equals = self.equals(now, offered);
        let favourite = self.favourite.clone()?;
        // What is not among the equals is asked only until they are back.
        if weighed(&equals) || !equals.iter().any(|location| name_of(location) == favourite) {
            return None;
        }
        let own = self.known.get(&favourite)?;
        let against = |location: &Location| self.known.get(&name_of(location))?.against(own, transfer.size);
        let all = equals.iter().filter_map(|location| Some((name_of(location), against(location)?)));
        let (best, ratio) = all.min_by(|a, b| a.1.total_cmp(&b.1))?;
        let times = if favourite == name { self.count_better(&best, ratio) } else { 0 };
        let settled = self.moved.is_none_or(|moved| now.since(moved) >= SETTLED);
        let safe = cushion.ahead >= SAFE_BUFFER && times >= IN_A_ROW;
        (settled && (safe || ratio < FAR_BETTER)).then(|| self.move_to(now, &best, "it answers sooner or faster"))
    }

    /// How often in a row `best` has been better than the favourite.
    fn count_better(&mut self, best: &str, ratio: f64) -> u32 {
        let before = self.better.take().filter(|_| ratio < BETTER);
        if ratio >= BETTER {
            return 0;
        }
        let times = before.filter(|(name, _)| name == best).map_or(0, |(_, times)| times) + 1;
        self.better = Some((best.to_owned(), times));
        times
    }

    /// Two places are asked for one file. Whether the first to answer is the favourite from then on: not where the manifest
    /// says how to share.
    pub(in crate::session) fn contest(&mut self, now: SessionTime, offered: &[Location]) {
        let equals = self.equals(now, offered);
        self.contested = equals.len() > 1 && !weighed(&equals);
    }

    /// Of two places that were asked for one file `name` was the first to deliver.
    pub(super) fn delivered_first(&mut self, now: SessionTime, name: &str) {
        if self.contested && self.favourite.as_deref() != Some(name) {
            self.move_to(now, name, "it has answered first");
        }
    }

    /// From now on `name` is the favourite.
    fn move_to(&mut self, now: SessionTime, name: &str, reason: &str) -> String {
        self.favour(now, name, Some(reason));
        self.moved = Some(now);
        self.better = None;
        name.to_owned()
    }

    /// Whether another place than `name` could be asked now.
    pub(in crate::session) fn others(&self, now: SessionTime, offered: &[Location], name: &str) -> bool {
        self.other(now, offered, name).is_some()
    }

    /// The first place other than `name` that could be asked now.
    pub(in crate::session) fn other<'a>(
        &self,
        now: SessionTime,
        offered: &'a [Location],
        name: &str,
    ) -> Option<&'a Location> {
        let usable = |l: &&Location| name_of(l) != name && self.is_usable(now, l);
        offered.iter().filter(usable).min_by_key(|location| location.priority)
    }

    /// A request to the place failed in a way that is the place's fault.
    pub(in crate::session) fn failed(&mut self, now: SessionTime, name: &str) {
        let record = self.record(name);
        let exclusion = FIRST_EXCLUSION.saturating_mul(1 << record.failures.min(8)).min(LONGEST_EXCLUSION);
        record.failures += 1;
        record.excluded_until = now + exclusion;
    }

    /// A request to the place succeeded.
    pub(in crate::session) fn succeeded(&mut self, name: &str) {
        if let Some(record) = self.known.get_mut(name) {
            record.failures = 0;
            record.excluded_until = SessionTime::ZERO;
        }
    }

    /// Those that may be asked and come first, one a name, in the order of the manifest.
    fn equals<'a>(&self, now: SessionTime, offered: &'a [Location]) -> Vec<&'a Location> {
        let usable = || offered.iter().filter(|location| self.is_usable(now, location));
        let Some(first) = usable().map(|location| location.priority).min() else { return vec![] };
        let mut equals: Vec<&Location> = vec![];
        for location in usable().filter(|location| location.priority == first) {
            if !equals.iter().any(|known| name_of(known) == name_of(location)) {
                equals.push(location);
            }
        }
        equals
    }

    fn fastest<'a>(&self, among: &[&'a Location]) -> Option<&'a Location> {
        let score = |location: &Location| self.known.get(&name_of(location))?.score(MEASURABLE);
        let known = among.iter().filter_map(|&location| Some((location, score(location)?)));
        known.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(location, _)| location)
    }

    /// Too little is known of the place to judge it: of one that failed, too, whether it is back.
    fn is_new(&self, location: &Location) -> bool {
        let record = self.known.get(&name_of(location));
        record.is_none_or(|record| record.under_way == 0 && (record.segments <= LEARNT || record.failures > 0))
    }

    /// Whether the place may be asked. One that failed and is no longer left alone gets one request at a time until it
    /// has answered.
    fn is_usable(&self, now: SessionTime, location: &Location) -> bool {
        let tried = |record: &LocationRecord| record.failures > 0 && record.under_way > 0;
        self.excluded_until(location) <= now && !self.known.get(&name_of(location)).is_some_and(tried)
    }

    fn excluded_until(&self, location: &Location) -> SessionTime {
        self.known.get(&name_of(location)).map_or(SessionTime::ZERO, |record| record.excluded_until)
    }
}

/// Whether the publisher said how to share: then it is not for us to measure.
fn weighed(equals: &[&Location]) -> bool {
    equals.windows(2).any(|pair| pair[0].weight != pair[1].weight)
}

fn drawn<'a>(equals: &[&'a Location], draw: f64) -> &'a Location {
    let total: f64 = equals.iter().map(|location| f64::from(location.weight)).sum();
    let mut left = draw.clamp(0.0, 1.0) * total;
    let last = equals[equals.len() - 1];
    let hit = equals.iter().find(|location| {
        left -= f64::from(location.weight);
        left < 0.0
    });
    hit.copied().unwrap_or(last)
}

/// What Base URLs on the same servers have in common: @serviceLocation, else the host, with its port unless that is the
/// usual one.
pub(in crate::session) fn name_of(location: &Location) -> String {
    let host = || location.base[Position::BeforeHost..Position::AfterPort].to_owned();
    location.service_location.clone().unwrap_or_else(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Cushion = Cushion { ahead: Duration::from_secs(25), part: 1.0 };
    const SHORT: Cushion = Cushion { ahead: Duration::from_secs(2), part: 0.1 };

    fn location(name: &str, priority: u32) -> Location {
        let base = format!("http://{name}.example/").parse().unwrap();
        Location { base, service_location: Some(name.to_owned()), priority, weight: 1 }
    }

    fn at(secs: u64) -> SessionTime {
        SessionTime::from(Duration::from_secs(secs))
    }

    fn chosen(locations: &mut Locations, offered: &[Location], secs: u64) -> String {
        name_of(locations.choose(at(secs), offered, || 0.0).unwrap())
    }

    /// A megabyte that took so long.
    fn transfer(millis: u64) -> Transfer {
        let request = SessionTime::ZERO;
        Transfer {
            request,
            first_byte: Some(request + Duration::from_millis(10)),
            end: request + Duration::from_millis(10 + millis),
            size: ByteSize::from_bytes(1_000_000),
            beside: ByteSize::ZERO,
            origin: Origin::Network,
            aborted: false,
        }
    }

    #[test]
    fn a_failed_place_comes_back_after_its_exclusion_which_grows() {
        let offered = [location("b", 2), location("a", 1)];
        let mut locations = Locations::default();
        assert_eq!(chosen(&mut locations, &offered, 0), "a");
        let mut now = 0;
        for exclusion in [15, 30, 60, 60, 60] {
            locations.failed(at(now), "a");
            assert_eq!(chosen(&mut locations, &offered, now + exclusion - 1), "b");
            now += exclusion;
            assert_eq!(chosen(&mut locations, &offered, now), "a", "never later than after a minute");
        }
        locations.failed(at(now), "a");
        locations.failed(at(now + 1), "b");
        assert!(!locations.others(at(now + 2), &offered, "a"));
        assert_eq!(
            chosen(&mut locations, &offered, now + 2),
            "b",
            "of two excluded ones the one that comes back first"
        );
    }

    #[test]
    fn one_that_may_be_back_is_asked_once_until_it_has_answered() {
        let offered = [location("a", 1), location("b", 2)];
        let mut locations = Locations::default();
        locations.failed(at(0), "a");
        assert_eq!(chosen(&mut locations, &offered, 15), "a");
        locations.asked("a");
        assert_eq!(chosen(&mut locations, &offered, 15), "b", "for everything else");
        locations.brought("a", ByteSize::ZERO);
        locations.succeeded("a");
        locations.asked("a");
        assert_eq!(chosen(&mut locations, &offered, 16), "a");
    }

    #[test]
    fn among_equals_one_that_failed_is_tried_again_when_its_time_is_over() {
        let offered = [location("a", 1), location("b", 1)];
        let mut locations = Locations::default();
        for name in ["b", "b", "a"] {
            locations.measured(at(0), name, &offered, &transfer(500), FULL);
        }
        chosen(&mut locations, &offered, 0);
        locations.failed(at(1), "a");
        assert_eq!(chosen(&mut locations, &offered, 2), "b");
        assert!(locations.trial(at(15), &offered, FULL).is_none());
        assert_eq!(locations.trial(at(16), &offered, FULL).map(name_of).as_deref(), Some("a"));
        assert!(locations.trial(at(16), &offered, SHORT).is_none(), "there is no time for it");
    }

    #[test]
    fn the_first_segment_pays_for_the_connection_and_is_no_measure() {
        let offered = [location("a", 1), location("b", 1)];
        let mut locations = Locations::default();
        chosen(&mut locations, &offered, 0);
        for delay in [400, 100, 100] {
            locations.measured(at(1), "a", &offered, &after(delay, 2_000), FULL);
        }
        let moved: Vec<_> =
            [120, 30].map(|delay| locations.measured(at(2), "b", &offered, &after(delay, 2_000), FULL)).into();
        assert_eq!(moved, [None, Some("b".to_owned())]);
    }

    #[test]
    fn weights_share_the_viewers_and_a_draw_holds_for_the_session() {
        let mut offered = [location("a", 1), location("b", 1), location("c", 2)];
        (offered[0].weight, offered[1].weight) = (1, 3);
        let first = |draw| {
            let mut locations = Locations::default();
            let first = name_of(locations.choose(at(0), &offered, || draw).unwrap());
            assert_eq!(name_of(locations.choose(at(9), &offered, || 1.0 - draw).unwrap()), first);
            first
        };
        let draws: Vec<_> = (0..100).map(|n| first(f64::from(n) / 100.0)).collect();
        let of = |name: &str| draws.iter().filter(|drawn| *drawn == name).count();
        assert_eq!((of("a"), of("b"), of("c")), (25, 75, 0));
        assert!(Locations::default().trial(at(0), &offered, FULL).is_none(), "the publisher decides");
    }

    #[test]
    fn among_equals_the_faster_one_wins_after_three_measurements() {
        let offered = [location("slow", 1), location("fast", 1)];
        let mut locations = Locations::default();
        assert_eq!(chosen(&mut locations, &offered, 0), "slow");
        assert_eq!(locations.measured(at(1), "slow", &offered, &transfer(1000), FULL), None);
        let tried = name_of(locations.trial(at(1), &offered, FULL).unwrap());
        assert_eq!(tried, "fast", "an unknown place is tried once the buffer allows it");
        assert_eq!(locations.measured(at(2), "fast", &offered, &transfer(500), FULL), None);
        let moves: Vec<_> =
            (3..6).map(|t| locations.measured(at(t), "slow", &offered, &transfer(1000), FULL)).collect();
        assert_eq!(moves, [None, None, Some("fast".to_owned())]);
        assert_eq!(chosen(&mut locations, &offered, 7), "fast");
        // It has become the slower one: not before it has settled.
        let again = |t| (t, Some("slow".to_owned()));
        let found = (8..100).find_map(|t| {
            let moved = locations.measured(at(t), "fast", &offered, &transfer(2000), FULL);
            moved.map(|name| (t, Some(name)))
        });
        assert_eq!(found, Some(again(35)));
    }

    /// A body of `bytes` at 5 Mbit/s, the first of them after so long.
    fn after(delay: u64, bytes: u64) -> Transfer {
        let first = SessionTime::ZERO + Duration::from_millis(delay);
        let end = first + Duration::from_micros(bytes * 8 / 5);
        Transfer { first_byte: Some(first), end, size: ByteSize::from_bytes(bytes), ..transfer(0) }
    }

    #[test]
    fn among_equals_at_the_same_rate_the_nearer_one_is_found_and_kept() {
        let offered = [location("far", 1), location("near", 1)];
        for bytes in [2_000, 100_000, 2_000_000] {
            let mut locations = Locations::default();
            let mut asked = vec![];
            for t in 0..33 {
                let due = chosen(&mut locations, &offered, t);
                let name = locations.trial(at(t), &offered, FULL).map_or(due, name_of);
                let delay = if name == "far" { 180 } else { 15 };
                locations.measured(at(t), &name, &offered, &after(delay, bytes), FULL);
                asked.push(name);
            }
            let far = asked.iter().filter(|name| *name == "far").count();
            let (from, to, reason) = ("far".into(), "near".into(), "it answers sooner or faster".into());
            assert_eq!(locations.take_moved(), Some(Moved { from, to, reason }));
            assert_eq!(locations.take_moved(), None);
            assert!(far <= 4 && asked[4..].iter().filter(|name| *name == "far").count() <= 1, "{bytes}: {asked:?}");
        }
    }

    #[test]
    fn what_came_from_where_is_added_up() {
        let offered = [location("a", 1), location("b", 1)];
        let mut locations = Locations::default();
        for (name, t) in [("a", 0), ("b", 4)] {
            assert_eq!(chosen(&mut locations, &offered, t), name);
            let told = locations.take_moved().map(|moved| moved.reason);
            assert_eq!(told.as_deref(), (name == "b").then_some("the other has failed"));
            locations.asked(name);
            locations.brought(name, ByteSize::from_bytes(1000));
            locations.disappointed(name);
            locations.failed(at(4), "a");
        }
        locations.asked("");
        locations.measured(at(5), "b", &offered, &after(20, 1000), FULL);
        let figures = |name: &str, first_byte_ms, chosen_seconds| LocationTotals {
            name: name.into(),
            requests: 1,
            bytes: 1000,
            first_byte_ms,
            failures: 1,
            chosen_seconds,
        };
        assert_eq!(locations.totals(at(10)), [figures("a", None, 4.0), figures("b", Some(20.0), 6.0)]);
    }

    #[test]
    fn a_few_milliseconds_are_no_reason_and_a_slow_link_is_not_made_good_by_them() {
        let offered = [location("a", 1), location("b", 1)];
        let moved = |own: Transfer, theirs: Transfer| {
            let mut locations = Locations::default();
            chosen(&mut locations, &offered, 0);
            locations.measured(at(0), "b", &offered, &theirs, FULL);
            (1..9).any(|t| locations.measured(at(t), "a", &offered, &own, FULL).is_some())
        };
        assert!(!moved(after(15, 100_000), after(1, 100_000)));
        assert!(moved(after(100, 100_000), after(60, 100_000)));
        let slow = Transfer { end: at(4), ..after(15, 1_000_000) };
        assert!(!moved(after(180, 1_000_000), slow));
    }

    #[test]
    fn a_place_that_starves_us_is_left_at_once() {
        let offered = [location("slow", 1), location("fast", 1)];
        let mut locations = Locations::default();
        assert_eq!(chosen(&mut locations, &offered, 0), "slow");
        for t in 1..=2 {
            locations.measured(at(t), "slow", &offered, &transfer(9000), SHORT);
            assert!(locations.trial(at(t), &offered, SHORT).is_none(), "too short a buffer for an experiment");
        }
        locations.measured(at(3), "slow", &offered, &transfer(9000), SHORT);
        assert_eq!(name_of(locations.trial(at(3), &offered, SHORT).unwrap()), "fast", "nothing to lose any more");
        let moved = locations.measured(at(4), "fast", &offered, &transfer(100), SHORT);
        assert_eq!(moved.as_deref(), Some("fast"));
    }

    #[test]
    fn equal_places_are_compared_again_now_and_then() {
        let offered = [location("a", 1), location("b", 1)];
        let mut locations = Locations::default();
        assert_eq!(chosen(&mut locations, &offered, 0), "a");
        for name in ["a", "b", "a", "b"] {
            locations.measured(at(1), name, &offered, &transfer(500), FULL);
        }
        let trials = (0..100).filter(|_| locations.trial(at(2), &offered, FULL).is_some()).count();
        assert_eq!(trials, 5);
        assert!((0..100).all(|_| locations.trial(at(2), &offered, SHORT).is_none()));
    }
}
