//! Keys of encrypted media: which are there, which licences are asked for, and what is done without them. What needs a key
//! that is on its way is not handed to a decoder; what is clear, such as a beginning, is. Keys themselves are with the
//! shell: here are their names.

use super::lane::LaneId;
use super::{Desk, Loading};
use crate::buffer::Part;
use crate::io::{Failure, FailureKind, Request, RequestId, RungRef, Severity, Subject};
use crate::presentation::RungId;
use crate::session::network::{FailureStreak, Odds, Stakes, pause, transient};
use crate::session::recovery::{HOPELESS_STRIKES, LAST_ATTEMPTS};
use shared::protection::KeyId;
use shared::protection::clear_key::MAX_BODY;
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::collections::{BTreeMap, BTreeSet};

/// Segments whose keys are remembered: more than a buffer holds.
const MOST_SEGMENTS: usize = 4096;

/// What is known of keys.
#[derive(Debug, Default)]
pub(super) struct Keys {
    held: BTreeSet<KeyId>,
    /// Keys that will not come or are wrong, and why.
    refused: BTreeMap<KeyId, String>,
    /// The rungs that need them.
    locked: BTreeSet<RungId>,
    /// The keys of what is in the buffers or about to be there, where it is encrypted.
    needed: BTreeMap<RequestId, Vec<KeyId>>,
    licences: BTreeMap<KeyId, Licence>,
}

/// A licence that is being asked for.
#[derive(Debug)]
struct Licence {
    /// When it is asked for again; `None` while the request is under way.
    retry: Option<SessionTime>,
    rung: RungId,
    trouble: FailureStreak,
}

/// A licence that does not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) struct Locked {
    pub(in crate::session) since: SessionTime,
    pub(in crate::session) why: String,
    /// When it is asked for again; `None`: an answer is being waited for.
    pub(in crate::session) next: Option<SessionTime>,
}

impl Licence {
    fn new(rung: RungId) -> Self {
        Self { retry: None, rung, trouble: FailureStreak::default() }
    }
}

impl Keys {
    /// Those that the viewer gave.
    pub(super) fn given(held: &[KeyId]) -> Self {
        Self { held: held.iter().copied().collect(), ..Self::default() }
    }

    /// A segment is encrypted with these.
    pub(super) fn note_needed(&mut self, request: RequestId, ids: Vec<KeyId>) {
        if ids.is_empty() {
            return;
        }
        if self.needed.len() >= MOST_SEGMENTS {
            self.needed.pop_first();
        }
        self.needed.insert(request, ids);
    }

    /// The first key that a segment lacks.
    pub(super) fn lacking(&self, request: RequestId) -> Option<KeyId> {
        self.needed.get(&request)?.iter().copied().find(|id| self.refused.contains_key(id) || !self.held.contains(id))
    }

    /// Whether nothing of a rung can be decrypted.
    pub(super) fn lock(&self, rung: RungId) -> bool {
        self.locked.contains(&rung)
    }

    /// Whether a key that was needed could not be had, or was wrong.
    pub(super) fn any_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    fn is_open(&self, id: KeyId) -> bool {
        !self.held.contains(&id) && !self.refused.contains_key(&id)
    }
}

impl Loading {
    /// Asks for the key of a rung that is being fetched, if it has a name and is not there.
    pub(super) fn ensure_key(&mut self, rung: RungId, desk: &mut Desk<'_>) {
        let lock = self.presentation.rung(rung).and_then(|rung| rung.lock.as_ref());
        if let Some(id) = lock.filter(|lock| lock.licence.is_some()).and_then(|lock| lock.key_id) {
            self.ask_for_key(id, rung, desk);
        }
    }

    fn ask_for_key(&mut self, id: KeyId, rung: RungId, desk: &mut Desk<'_>) {
        if self.keys.is_open(id) && !self.keys.licences.contains_key(&id) {
            self.keys.licences.insert(id, Licence::new(rung));
            self.request_licence(id, desk);
        }
    }

    /// Asks again for what is due.
    pub(in crate::session) fn continue_licences(&mut self, desk: &mut Desk<'_>) {
        let now = desk.out.now();
        let waiting: Vec<(KeyId, SessionTime)> =
            self.keys.licences.iter().filter_map(|(id, licence)| Some((*id, licence.retry?))).collect();
        for (id, at) in waiting {
            if at <= now {
                self.request_licence(id, desk);
            } else {
                desk.out.wake_at(at);
            }
        }
    }

    fn request_licence(&mut self, id: KeyId, desk: &mut Desk<'_>) {
        let Some(licence) = self.keys.licences.get_mut(&id) else { return };
        licence.retry = None;
        let (rung, attempt) = (licence.rung, licence.trouble.attempts);
        let described = self.presentation.rung(rung);
        let url = described.and_then(|rung| rung.lock.as_ref()?.licence.clone());
        let (Some(url), Some(described)) = (url, described) else {
            self.keys.licences.remove(&id);
            return;
        };
        let Some(track) = self.presentation.track_of(rung).map(|track| track.kind) else { return };
        let of = RungRef { track, rung, representation: described.representation.clone() };
        let request = Request {
            id: desk.network.next_id(),
            subject: Subject::Key { of, key_id: id },
            url,
            range: None,
            limit: ByteSize::from_bytes(MAX_BODY as u64),
            size: None,
            attempt,
        };
        desk.network.send(request, String::new(), Stakes::default(), desk.out);
    }

    /// A licence has come, with these keys.
    pub(in crate::session) fn licence_arrived(&mut self, id: KeyId, rung: RungId, came: &[KeyId], desk: &mut Desk<'_>) {
        for key in came {
            self.keys.held.insert(*key);
            self.keys.licences.remove(key);
        }
        if !came.contains(&id) {
            self.licence_failed(id, rung, &Failure::content("the licence does not have it"), desk);
        }
    }

    /// A licence did not come: it is asked for again for as long as a server may be away, and a few times of one that
    /// refuses it. Returns what is done, for people.
    pub(in crate::session) fn licence_failed(
        &mut self,
        id: KeyId,
        rung: RungId,
        failure: &Failure,
        desk: &mut Desk<'_>,
    ) -> String {
        let now = desk.out.now();
        let standing = !desk.at.clock.running();
        let odds = Odds { standing, ..Odds::of_manifest(desk.network.draw(), !standing) };
        let licence = self.keys.licences.entry(id).or_insert_with(|| Licence::new(rung));
        licence.trouble.note(failure, now);
        let again = transient(failure) || licence.trouble.attempts < LAST_ATTEMPTS;
        if again && failure.kind != FailureKind::Refused {
            let pause = pause(licence.trouble.attempts, failure, odds);
            licence.retry = Some(now + pause);
            desk.out.wake_at(now + pause);
            return format!("asking again in {:.1} s", pause.as_secs_f64());
        }
        self.give_up_key(id, rung, format!("the key {id} is missing: {}", failure.message), desk);
        "going on without the key".to_owned()
    }

    /// Whether a part must wait for a key, which is asked for then.
    pub(super) fn waits_for_key(&mut self, request: RequestId, rung: RungId, desk: &mut Desk<'_>) -> bool {
        let Some(id) = self.keys.lacking(request) else { return false };
        let has_licence =
            self.presentation.rung(rung).and_then(|rung| rung.lock.as_ref()).is_some_and(|lock| lock.licence.is_some());
        if has_licence && self.keys.is_open(id) {
            self.ask_for_key(id, rung, desk);
            return true;
        }
        let known = self.keys.refused.get(&id).cloned();
        let why = known.unwrap_or_else(|| format!("the key {id} is missing: give it with --key {id}:KEY"));
        self.undecodable(request, &why, desk);
        self.give_up_key(id, rung, why, desk);
        desk.out.wake_at(desk.out.now());
        true
    }

    /// What a decoder made of a segment shows that its key is another one.
    pub(in crate::session) fn wrong_key(&mut self, request: RequestId, id: KeyId, problem: &str, desk: &mut Desk<'_>) {
        let of_request = |part: &&Part| part.media.is_some_and(|media| media.request == request);
        let part = self.lanes.iter().find_map(|lane| lane.buffer.parts().find(of_request));
        let rung = part.and_then(|part| part.media).map(|media| media.segment.rung);
        let why = format!("the key {id} is wrong: {problem}");
        self.undecodable(request, &why, desk);
        if let Some(rung) = rung {
            self.give_up_key(id, rung, why, desk);
        }
    }

    /// Nothing that needs this key can be played any more.
    fn give_up_key(&mut self, id: KeyId, rung: RungId, why: String, desk: &mut Desk<'_>) {
        self.keys.licences.remove(&id);
        let new = self.keys.refused.insert(id, why.clone()).is_none();
        let rungs = self.presentation.tracks().flat_map(|track| &track.rungs);
        let has_key = |lock: &crate::presentation::Lock| lock.key_id == Some(id);
        let same = rungs.filter(|other| other.id == rung || other.lock.as_ref().is_some_and(has_key));
        let locked: Vec<RungId> = same.map(|rung| rung.id).collect();
        if new {
            desk.out.notice(Severity::Error, why.clone());
        }
        for rung in locked {
            self.lock_rung(rung, &why, desk);
        }
    }

    fn lock_rung(&mut self, rung: RungId, why: &str, desk: &mut Desk<'_>) {
        self.keys.locked.insert(rung);
        for _ in 0..HOPELESS_STRIKES {
            desk.network.exclusions.exclude(rung, desk.out.now());
        }
        self.refetch_rung(rung, desk);
        let lane = self.lanes.at(rung, &self.presentation);
        if let Some(lane) = lane.filter(|lane| !self.lanes[*lane].lost && self.hopeless(*lane, desk)) {
            self.lose_lane(lane, why, desk);
        }
    }

    /// Whether a key was needed that could not be had, or was wrong.
    pub(in crate::session) fn lacks_keys(&self) -> bool {
        self.keys.any_refused()
    }

    /// The licence that keeps playback from going on, if one does and has failed already.
    pub(in crate::session) fn licence_awaited(&self) -> Option<Locked> {
        let needed = |lane: &LaneId| self.lanes[*lane].kind.row().blocks_playback;
        let lacking = self.lanes.ids().filter(needed).filter_map(|lane| {
            let media = self.lanes[lane].buffer.next_to_feed()?.media?;
            self.keys.licences.get_key_value(&self.keys.lacking(media.request)?)
        });
        let failing = lacking.filter_map(|(id, licence)| {
            let why = format!("the key {id} is missing: {}", licence.trouble.why);
            Some(Locked { since: licence.trouble.since?, why, next: licence.retry })
        });
        failing.min_by_key(|locked| locked.since)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Audio, Bench, Video, refused_connection, status};
    use super::*;
    use crate::presentation::testing::{AUDIO, SetText, VIDEO, film};

    const ID: KeyId = KeyId([0x11; 16]);
    const LOCKED: SetText = SetText {
        inside: r#"<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"
            cenc:default_KID="11111111-1111-1111-1111-111111111111"/>
            <ContentProtection schemeIdUri="urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e">
            <dashif:Laurl>http://a.example/clearkey</dashif:Laurl></ContentProtection>"#,
        ..VIDEO
    };

    /// The segment of this name, which has come, needs a key.
    fn needs(bench: &mut Bench, name: &str, id: KeyId) {
        let request = bench.id(name);
        bench.loading.keys.note_needed(request, vec![id]);
    }

    /// Init and first segment are there, and the segment is encrypted.
    fn waiting(sets: &[SetText]) -> Bench {
        let mut bench = Bench::new(film(20, sets));
        assert!(bench.step().contains(&"fetch v300/key".to_owned()));
        bench.arrive("v300/init");
        bench.arrive("v300@0");
        needs(&mut bench, "v300@0", ID);
        bench
    }

    fn feeds(told: Vec<String>) -> Vec<String> {
        told.into_iter().filter(|line| line.starts_with("feed")).collect()
    }

    #[test]
    fn what_is_encrypted_waits_for_its_key_which_is_asked_for_once() {
        let mut bench = waiting(&[LOCKED]);
        let told = bench.step();
        assert!(!told.iter().any(|line| line.starts_with("feed") || line.contains("/key")), "{told:?}");
        bench.arrive("v300/key");
        assert_eq!(feeds(bench.step()), ["feed v300/init", "feed v300@0"]);
    }

    #[test]
    fn a_clear_beginning_does_not_wait() {
        let mut bench = Bench::new(film(20, &[LOCKED]));
        bench.step();
        bench.arrive("v300/init");
        bench.arrive("v300@0");
        assert_eq!(feeds(bench.step()), ["feed v300/init", "feed v300@0"]);
        bench.arrive("v300@2");
        needs(&mut bench, "v300@2", ID);
        assert_eq!(feeds(bench.step()), [""; 0]);
    }

    #[test]
    fn a_server_that_is_away_is_asked_again_and_waited_for() {
        let mut bench = waiting(&[LOCKED]);
        for _ in 0..20 {
            if bench.running().contains(&"v300/key".to_owned()) {
                let then = bench.fail("v300/key", &refused_connection());
                assert!(then.starts_with("asking again in"), "{then}");
            }
            bench.pass(1.0);
            bench.step();
        }
        let locked = bench.loading.licence_awaited().unwrap();
        assert!(locked.why.contains(&ID.to_string()), "{locked:?}");
        if !bench.running().contains(&"v300/key".to_owned()) {
            bench.pass(8.0);
            bench.step();
        }
        bench.arrive("v300/key");
        assert_eq!(bench.loading.licence_awaited(), None);
        assert_eq!(feeds(bench.step())[..2], ["feed v300/init", "feed v300@0"]);
    }

    #[test]
    fn a_server_that_does_not_give_the_key_ends_what_needs_it() {
        let mut bench = waiting(&[LOCKED]);
        let mut then = vec![];
        while !then.last().is_some_and(|then: &String| then.starts_with("going on")) {
            then.push(bench.fail("v300/key", &status(404)));
            bench.pass(2.0);
            bench.step();
        }
        assert_eq!(then.len(), 4);
        let (when, why) = bench.loss().unwrap();
        assert!(when == "now" && why.contains(&format!("the key {ID} is missing: status 404")), "{why}");
        assert!(bench.loading.lacks_keys());
    }

    #[test]
    fn a_key_that_nobody_offers_is_missing_at_once() {
        let mut bench = waiting(&[LOCKED]);
        bench.arrive("v300/key");
        bench.step();
        let other = KeyId([0x22; 16]);
        bench.arrive("v300@2");
        needs(&mut bench, "v300@2", other);
        let told = bench.step();
        assert!(told.contains(&"fetch v300/key".to_owned()), "the key has changed: {told:?}");
    }

    #[test]
    fn sound_with_a_wrong_key_is_gone_without_and_pictures_are_not() {
        let locked = SetText { inside: LOCKED.inside, ..AUDIO };
        let mut bench = Bench::new(film(20, &[VIDEO, locked]));
        bench.run(2);
        bench.step();
        let request = bench.id("a64@0");
        let (loading, mut desk) = bench.desk();
        loading.wrong_key(request, ID, "noise", &mut desk);
        let told = bench.told();
        assert!(told.iter().any(|line| line.contains(&format!("the key {ID} is wrong: noise"))), "{told:?}");
        assert!(bench.lane(Audio).complete && !bench.lane(Video).complete && bench.loss().is_none());
        let mut bench = waiting(&[LOCKED]);
        let request = bench.id("v300@0");
        let (loading, mut desk) = bench.desk();
        loading.wrong_key(request, ID, "noise", &mut desk);
        assert!(bench.loss().is_some_and(|(_, why)| why.contains("is wrong: noise")));
    }
}
