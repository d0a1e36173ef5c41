//! What a rung needs before its media is of use: an init segment for the decoder, an index where the manifest has
//! none; and what is good to have: true sizes.

use super::lane::LaneId;
use super::{Desk, Loading};
use crate::io::{Failure, Output, Request, RequestId, RungRef, Severity, Subject};
use crate::presentation::{Presentation, Rung, RungId};
use crate::session::network::{
    FailureStreak, InProgress, Remedy, RequestPurpose, SetupKind, Stakes, name_of, pause, remedy, transient,
};
use crate::session::recovery::{HEDGE, HOPELESS_STRIKES, LONGEST_WHEN_DRY};
use shared::addressing::Resource;
use shared::mpd::Location;
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of an init segment or an index: an hour-long sidx has tens of kilobytes.
const LIMIT: ByteSize = ByteSize::from_bytes(16 << 20);

/// The files that were asked for.
#[derive(Debug, Default)]
pub(super) struct Setups {
    states: BTreeMap<(SetupKind, RungId), SetupState>,
    troubles: BTreeMap<(SetupKind, RungId), FailureStreak>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum SetupState {
    Running,
    Retry(SessionTime),
    /// The bytes are with the shell.
    Ready(RequestId),
    /// It will not come; only for what is not needed.
    Missing,
}

impl Setups {
    /// The request that holds the init segment.
    pub(super) fn init(&self, rung: RungId) -> Option<RequestId> {
        match self.states.get(&(SetupKind::Init, rung)) {
            Some(SetupState::Ready(request)) => Some(*request),
            _ => None,
        }
    }

    /// The rung whose init segment this request brought, which is of no use.
    pub(super) fn forget_init(&mut self, request: RequestId) -> Option<RungId> {
        let ready = SetupState::Ready(request);
        let of_it = |((kind, rung), state): (&(SetupKind, RungId), &SetupState)| {
            (*kind == SetupKind::Init && *state == ready).then_some(*rung)
        };
        let rung = self.states.iter().find_map(of_it)?;
        self.states.remove(&(SetupKind::Init, rung));
        Some(rung)
    }

    /// Those that wait for their next attempt.
    fn waiting(&self) -> Vec<(SetupKind, RungId)> {
        let waits = |(_, state): &(&(SetupKind, RungId), &SetupState)| matches!(state, SetupState::Retry(_));
        self.states.iter().filter(waits).map(|(key, _)| *key).collect()
    }

    /// The failures of a file since it was first asked for.
    pub(super) fn trouble(&self, kind: SetupKind, rung: RungId) -> Option<&FailureStreak> {
        self.troubles.get(&(kind, rung))
    }

    /// Whether any file is being asked for.
    pub(super) fn any_runs(&self) -> bool {
        self.states.values().any(|state| *state == SetupState::Running)
    }

    /// When files are asked for again.
    pub(super) fn retries(&self) -> impl Iterator<Item = SessionTime> {
        self.states.values().filter_map(|state| if let SetupState::Retry(at) = state { Some(*at) } else { None })
    }

    /// What failed until now is held against no file, and asked for again at once.
    pub(super) fn forget_troubles(&mut self, now: SessionTime) {
        self.troubles.clear();
        self.ask_at(now);
    }

    /// Those that wait for their next attempt need not wait beyond `at`.
    pub(super) fn ask_at(&mut self, at: SessionTime) {
        for state in self.states.values_mut() {
            if let SetupState::Retry(due) = state {
                *due = at.min(*due);
            }
        }
    }

    fn runs_for(&self, rung: RungId) -> bool {
        self.states.iter().any(|((_, other), state)| *other == rung && *state == SetupState::Running)
    }
}

/// Where a file of a rung is, if there is one.
fn resource(presentation: &Presentation, kind: SetupKind, rung: RungId) -> Option<Resource> {
    match kind {
        SetupKind::Init => presentation.init(rung),
        SetupKind::Index => presentation.index(rung)?.pending().cloned(),
        SetupKind::Sizes => presentation.rung(rung)?.size_index.clone(),
    }
}

impl Loading {
    /// Fetches a file of a rung unless it is there, under way or given up.
    pub(super) fn ensure(&mut self, kind: SetupKind, rung: RungId, desk: &mut Desk<'_>) {
        match self.setups.states.get(&(kind, rung)) {
            None => self.request_setup(kind, rung, None, desk),
            Some(SetupState::Retry(at)) if *at <= desk.out.now() => self.request_setup(kind, rung, None, desk),
            Some(SetupState::Retry(at)) => desk.out.wake_at(*at),
            Some(SetupState::Running | SetupState::Ready(_) | SetupState::Missing) => {}
        }
    }

    /// Goes on with what is due again, then with what is good to have, one file at a time.
    pub(super) fn continue_setups(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        for (kind, rung) in self.setups.waiting() {
            self.ensure(kind, rung, desk);
        }
        if let Some((kind, rung)) = self.good_to_have(lane, desk) {
            self.ensure(kind, rung, desk);
        }
    }

    /// Indexes and true sizes of the whole ladder, once the first segment is there.
    fn good_to_have(&self, lane: LaneId, desk: &Desk<'_>) -> Option<(SetupKind, RungId)> {
        let ladder = &self.lanes[lane].track_in(&self.presentation)?.rungs;
        let busy = ladder.iter().any(|rung| self.setups.runs_for(rung.id));
        if self.lanes[lane].last_rung.is_none() || busy {
            return None;
        }
        let wanted = |rung: &Rung| {
            let pending = !self.presentation.is_indexed(rung.id);
            let kind = if pending { SetupKind::Index } else { SetupKind::Sizes };
            let fresh = !self.setups.states.contains_key(&(kind, rung.id))
                && !desk.network.exclusions.excluded(rung.id, desk.out.now());
            (fresh && (pending || rung.size_index.is_some())).then_some((kind, rung.id))
        };
        ladder.iter().find_map(wanted)
    }

    /// Asks at the location that is due, or at `location`.
    fn request_setup(&mut self, kind: SetupKind, rung: RungId, location: Option<Location>, desk: &mut Desk<'_>) {
        let presentation = Arc::clone(&self.presentation);
        let (Some(described), Some(resource)) = (presentation.rung(rung), resource(&presentation, kind, rung)) else {
            self.setups.states.insert((kind, rung), SetupState::Missing);
            return;
        };
        let attempt = self.setups.troubles.get(&(kind, rung)).map_or(0, |trouble| trouble.attempts);
        let location = location.or_else(|| desk.network.location_for_file(&described.locations, desk.out.now()));
        let located = location.and_then(|l| Some((String::from(resource.url(&l.base).ok()?), name_of(&l))));
        let Some((url, location)) = located else {
            self.do_without(kind, rung, &Failure::content("its address is no URL"), desk);
            return;
        };
        let Some(track) = presentation.track_of(rung).map(|track| track.kind) else { return };
        let of = RungRef { track, rung, representation: described.representation.clone() };
        let request = Request {
            id: desk.network.next_id(),
            subject: match kind {
                SetupKind::Init => Subject::Init(of),
                SetupKind::Index => Subject::Index(of),
                SetupKind::Sizes => Subject::Sizes(of),
            },
            url,
            range: resource.range,
            limit: LIMIT,
            size: resource.range.and_then(|range| range.length()).map(ByteSize::from_bytes),
            attempt,
        };
        self.setups.states.insert((kind, rung), SetupState::Running);
        desk.network.send(request, location, Stakes::default(), desk.out);
        if described.locations.len() > 1 {
            desk.out.wake_at(desk.out.now() + HEDGE);
        }
    }

    /// Asks a second location for files whose first one has said nothing for a moment.
    pub(in crate::session) fn hedge_setups(&mut self, desk: &mut Desk<'_>) {
        let silent = |running: &&InProgress| {
            matches!(running.purpose, RequestPurpose::Setup(..))
                && running.first_byte.is_none()
                && desk.network.twin(running.request.id, running.purpose).is_none()
        };
        let waiting: Vec<InProgress> = desk.network.in_progress().filter(silent).cloned().collect();
        for running in waiting {
            let RequestPurpose::Setup(kind, rung) = running.purpose else { continue };
            let offered = self.presentation.rung(rung).map(|rung| &*rung.locations).unwrap_or_default();
            let other = desk.network.locations.other(desk.out.now(), offered, &running.location).cloned();
            let Some(other) = other else { continue };
            if running.made + HEDGE > desk.out.now() {
                desk.out.wake_at(running.made + HEDGE);
            } else {
                desk.network.locations.contest(desk.out.now(), offered);
                self.request_setup(kind, rung, Some(other), desk);
            }
        }
    }

    /// An init segment has come; its bytes stay with the shell.
    pub(in crate::session) fn init_arrived(&mut self, rung: RungId, request: RequestId) {
        self.setups.troubles.remove(&(SetupKind::Init, rung));
        self.setups.states.insert((SetupKind::Init, rung), SetupState::Ready(request));
    }

    /// An index or a list of sizes has come.
    pub(in crate::session) fn index_arrived(
        &mut self,
        kind: SetupKind,
        rung: RungId,
        running: &InProgress,
        bytes: &[u8],
        desk: &mut Desk<'_>,
    ) {
        let request = running.request.id;
        self.setups.states.remove(&(kind, rung));
        desk.out.push(Output::Discard(request));
        let presentation = Arc::make_mut(&mut self.presentation);
        let taken = match kind {
            SetupKind::Sizes => presentation.supply_sizes(rung, bytes),
            SetupKind::Index | SetupKind::Init => presentation.supply_index(rung, bytes),
        };
        match taken {
            Ok(()) => {
                self.setups.troubles.remove(&(kind, rung));
                if kind == SetupKind::Sizes {
                    self.setups.states.insert((kind, rung), SetupState::Ready(request));
                }
            }
            Err(error) => {
                let failure = Failure::content(format!("unusable index: {error}"));
                self.setup_failed(kind, rung, &failure, &running.location, desk);
            }
        }
    }

    /// Decides what to do about a file that did not come, and says so.
    pub(in crate::session) fn setup_failed(
        &mut self,
        kind: SetupKind,
        rung: RungId,
        failure: &Failure,
        from: &str,
        desk: &mut Desk<'_>,
    ) -> String {
        let elsewhere = self.exclude_location(rung, failure, from, desk);
        if desk.network.runs_for(RequestPurpose::Setup(kind, rung)) {
            return "it is on its way from another location".to_owned();
        }
        let lane = self.lanes.at(rung, &self.presentation);
        let odds = self.odds(lane, desk);
        let last = kind != SetupKind::Sizes && self.is_last_rung(lane, rung, desk);
        let now = desk.out.now();
        let trouble = self.setups.troubles.entry((kind, rung)).or_default();
        trouble.note(failure, now);
        let (attempts, worth) = (trouble.attempts, transient(failure) || trouble.worth_trying(failure));
        match remedy(trouble, failure, elsewhere, odds) {
            Remedy::Elsewhere => {
                self.setups.states.insert((kind, rung), SetupState::Retry(now));
                "asking another location".to_owned()
            }
            Remedy::Again(pause) => self.ask_again(kind, rung, now, pause),
            Remedy::Otherwise if last && lane.is_some_and(|lane| self.pass_over(lane, desk)) => {
                self.ask_again(kind, rung, now, LONGEST_WHEN_DRY)
            }
            Remedy::Otherwise if last && worth => {
                let pause = pause(attempts, failure, odds);
                self.ask_again(kind, rung, now, pause)
            }
            Remedy::Otherwise => self.do_without(kind, rung, failure, desk),
        }
    }

    fn ask_again(&mut self, kind: SetupKind, rung: RungId, now: SessionTime, pause: Duration) -> String {
        self.setups.states.insert((kind, rung), SetupState::Retry(now + pause));
        format!("asking again in {:.1} s", pause.as_secs_f64())
    }

    /// Whether a lane would have no rung left without this one.
    fn is_last_rung(&self, lane: Option<LaneId>, rung: RungId, desk: &Desk<'_>) -> bool {
        lane.is_some_and(|lane| self.usable(lane, desk).rungs.iter().all(|other| *other == rung))
    }

    /// Goes on without a file that will not come.
    pub(super) fn do_without(
        &mut self,
        kind: SetupKind,
        rung: RungId,
        failure: &Failure,
        desk: &mut Desk<'_>,
    ) -> String {
        self.setups.troubles.remove(&(kind, rung));
        if kind == SetupKind::Sizes {
            self.setups.states.insert((kind, rung), SetupState::Missing);
            desk.out.notice(Severity::Info, format!("segment sizes are estimated: {}", failure.message));
            return "doing without".to_owned();
        }
        self.setups.states.remove(&(kind, rung));
        if transient(failure) {
            desk.network.exclusions.leave_alone(rung, desk.out.now());
        } else {
            // A file that is not there will not be there in a quarter of a minute: that is as good as all its strikes.
            for _ in 0..HOPELESS_STRIKES {
                desk.network.exclusions.exclude(rung, desk.out.now());
            }
        }
        self.refetch_rung(rung, desk);
        if let Some(lane) = self.lanes.at(rung, &self.presentation).filter(|lane| self.hopeless(*lane, desk)) {
            self.lose_lane(lane, &failure.message, desk);
        }
        "leaving the rung alone for a while".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, Puppet, Video, index, refused_connection, status};
    use super::*;
    use crate::presentation::testing::{Segments, SetText, TWO_LOCATIONS, VIDEO, film, on_demand, opened, period};

    const SIZES: &str = r#"<SupplementalProperty schemeIdUri="tag:dash-packager,2026:segment-index" value="sizes"/>"#;

    fn two_locations() -> Bench {
        let text = on_demand("", &(TWO_LOCATIONS.to_owned() + &period(r#"duration="PT10S""#, &[VIDEO])));
        Bench::new(opened(&text))
    }

    #[test]
    fn media_waits_for_its_init_segment_and_is_fetched_beside_it() {
        let mut bench = Bench::new(film(10, &[VIDEO]));
        assert_eq!(bench.step(), ["fetch v300/init", "fetch v300@0"]);
        bench.arrive("v300@0");
        assert_eq!(bench.step(), ["fetch v300@2"]);
        bench.arrive("v300/init");
        assert_eq!(bench.step(), ["feed v300/init", "feed v300@0"]);
    }

    #[test]
    fn an_init_segment_is_asked_for_once_for_all_segments_of_its_rung() {
        let mut bench = Bench::new(film(10, &[VIDEO]));
        bench.run(5);
        bench.loading.policy = Box::new(Puppet { choice: 1, ..Puppet::default() });
        assert!(bench.seek(0.0) && bench.step().iter().all(|line| !line.contains("fetch")));
        assert_eq!(bench.buffered(Video).len(), 5);
    }

    #[test]
    fn of_two_locations_the_second_is_asked_when_the_first_is_silent_for_a_moment() {
        let mut bench = two_locations();
        bench.step();
        bench.step();
        assert_eq!(bench.wake, Some(0.1));
        bench.at(0.1);
        assert_eq!(bench.step(), ["fetch v300/init from b"]);
        bench.arrive("v300/init from b");
        assert_eq!(bench.told(), ["abort v300/init"]);
        assert_eq!(bench.running(), ["v300@0"], "media is not asked for twice");
        bench.arrive("v300@0");
        assert_eq!(bench.fetches(), ["v300@2 from b"], "the quicker one comes first from now on");
    }

    #[test]
    fn a_location_that_fails_leaves_the_file_to_the_other_one() {
        let mut bench = two_locations();
        bench.step();
        assert_eq!(bench.fail("v300/init", &status(404)), "asking another location");
        assert_eq!(bench.step(), ["fetch v300/init from b"]);
    }

    #[test]
    fn a_file_that_may_come_later_is_asked_for_again() {
        let mut bench = Bench::new(film(10, &[VIDEO]));
        bench.step();
        let then = bench.fail("v300/init", &status(503));
        assert!(then.starts_with("asking again in"), "{then}");
        bench.step();
        let wake = bench.wake.unwrap();
        assert!((0.25..=0.5).contains(&wake), "{wake}");
        bench.at(wake);
        assert_eq!(bench.step(), ["fetch v300/init"]);
    }

    #[test]
    fn a_rung_without_its_init_segment_is_left_alone_and_its_media_fetched_in_another() {
        let mut bench = Bench::new(film(10, &[VIDEO]));
        bench.step();
        bench.arrive("v300@0");
        bench.step();
        assert_eq!(bench.fail("v300/init", &status(404)), "leaving the rung alone for a while");
        assert_eq!(bench.told(), ["abort v300@2", "discard v300@0"]);
        assert_eq!(bench.step(), ["fetch v1000/init", "fetch v1000@0"]);
        assert_eq!(bench.loss(), None);
    }

    #[test]
    fn the_last_rung_is_asked_for_its_init_segment_a_few_times_before_all_is_lost() {
        let mut bench = Bench::new(film(10, &[VIDEO.kbps(&[300])]));
        for attempt in 1..=4 {
            while !bench.running().contains(&"v300/init".to_owned()) {
                bench.pass(0.5);
                bench.step();
            }
            assert_eq!(bench.loss(), None, "attempt {attempt}");
            bench.fail("v300/init", &status(404));
        }
        assert!(matches!(bench.loss(), Some(("now", why)) if why.contains("status 404")));
    }

    #[test]
    fn the_sizes_of_the_ladder_are_good_to_have_after_the_first_segment_one_file_at_a_time() {
        let mut bench = Bench::new(film(10, &[SetText { each: SIZES, ..VIDEO }]));
        assert_eq!(bench.step(), ["fetch v300/init", "fetch v300@0"]);
        bench.arrive("v300/init");
        bench.arrive("v300@0");
        let sizes = |told: Vec<String>| told.into_iter().filter(|line| line.contains("/sizes")).collect::<Vec<_>>();
        assert_eq!(sizes(bench.step()), ["fetch v300/sizes"]);
        bench.arrive_with("v300/sizes", &index(5));
        let second = bench.loading.presentation().nth_segment(bench.rung("v300"), 1).unwrap();
        assert_eq!(bench.loading.presentation().size(second), Some(ByteSize::from_bytes(1001)));
        assert_eq!(sizes(bench.step()), ["discard v300/sizes", "fetch v1000/sizes"]);
    }

    #[test]
    fn sizes_that_cannot_be_had_or_read_are_done_without() {
        let mut bench = Bench::new(film(10, &[SetText { each: SIZES, ..VIDEO }]));
        bench.run(1);
        bench.step();
        bench.arrive_with("v300/sizes", b"nonsense");
        bench.step();
        assert_eq!(bench.fail("v1000/sizes", &status(404)), "doing without");
        let told = bench.step();
        assert!(told.iter().any(|line| line.starts_with("Info: segment sizes are estimated")), "{told:?}");
        bench.run(5);
        assert_eq!(bench.buffered(Video).len(), 5, "all of it plays");
        assert!(!bench.network.exclusions.excluded(bench.rung("v1000"), bench.out.now()));
    }

    #[test]
    fn an_index_that_is_nonsense_costs_its_rung_and_not_the_track() {
        let one_file = r#"<BaseURL>one.mp4</BaseURL><SegmentBase indexRange="100-199"/>"#;
        let mut bench = Bench::new(film(10, &[SetText { inside: one_file, ..VIDEO.segments(Segments::Elsewhere) }]));
        bench.step();
        bench.arrive_with("v300/index", b"nonsense");
        assert_eq!(bench.step(), ["discard v300/index", "fetch v1000/index"]);
        bench.arrive("v1000/index");
        assert_eq!(bench.fetches(), ["v1000@0"]);
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_asked_again_whatever_the_file_is() {
        let mut bench = Bench::new(film(10, &[VIDEO]));
        for _ in 0..6 {
            bench.step();
            let then = bench.fail("v300/init", &refused_connection());
            assert!(then.starts_with("asking again in"), "{then}");
            bench.pass(10.0);
        }
    }
}
