//! Requests under way and the bytes at hand. Bytes of media are kept here until they are discarded; the session only
//! counts them.

use super::body::Body;
use super::follow::{DownloadNews, follow, refused};
use crate::decode::KeyRing;
use crate::fetch::{FaultSwitch, FetchRequest, Fetcher, Range, Throttle};
use bytes::Bytes;
use player_core::io::{Failure, FailureKind, Request, RequestId, Subject};
use player_core::presentation::RungId;
use shared::bmff::Track;
use shared::media::{self, MediaError};
use shared::protection::{KeyId, clear_key};
use shared::time::PresentationTime;
use shared::units::ByteSize;
use std::collections::HashMap;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use url::Url;

/// News that wait for the session; when full, downloads wait and the servers feel it.
const NEWS: usize = 64;
/// A segment that was damaged in so many attempts before is taken as it is: it was published so, and others probably too.
const BELIEVED: u32 = 2;

/// What must be known of a request when something of it has come.
#[derive(Debug, Clone)]
pub(super) struct RequestFacts {
    pub(super) subject: Subject,
    /// Where in its file it begins.
    file_offset: u64,
    attempt: u32,
}

impl RequestFacts {
    fn of(request: &Request) -> Self {
        Self {
            subject: request.subject.clone(),
            file_offset: request.range.map_or(0, |range| range.first),
            attempt: request.attempt,
        }
    }
}

/// A request that is not over.
struct RunningRequest {
    task: AbortHandle,
    facts: RequestFacts,
    /// The fragments that have come, up to the first damaged one.
    fragments: Vec<Bytes>,
    /// One of them was damaged: what follows it is shown only when all is there.
    damaged: bool,
}

/// Bytes of media that a decoder could be given.
#[derive(Debug, PartialEq)]
pub(super) enum AtHand {
    /// All bytes of a finished request, and where in their file they begin.
    Whole(Bytes, u64),
    /// The complete fragments, so far, of a request under way, and where in their file they begin.
    Arriving(Vec<Bytes>, u64),
    /// None: the request is unknown or was aborted.
    Nothing,
}

/// Bytes that a decoder may be given later.
struct KeptMedia {
    bytes: Bytes,
    /// Where in their file they begin.
    file_offset: u64,
    /// The rung of a segment whose times are not known yet, because they take an init segment to be read.
    unmeasured: Option<RungId>,
}

/// What the samples of a request say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MeasuredTime {
    pub(super) request: RequestId,
    /// When they are presented, in their own time.
    pub(super) time: std::ops::Range<PresentationTime>,
    /// The keys that they need.
    pub(super) key_ids: Vec<KeyId>,
}

/// Requests under way and bytes at hand.
pub(super) struct Downloads {
    fetcher: Fetcher,
    news: mpsc::Sender<(RequestId, DownloadNews)>,
    running: HashMap<RequestId, RunningRequest>,
    kept: HashMap<RequestId, KeptMedia>,
    /// The tracks of the init segments that have come.
    tracks: HashMap<RungId, Track>,
    keys: KeyRing,
    /// Nothing has turned out to be published damaged so far.
    suspicious: bool,
}

impl Downloads {
    pub(super) fn new(fetcher: Fetcher, keys: KeyRing) -> (Self, mpsc::Receiver<(RequestId, DownloadNews)>) {
        let (news, receiver) = mpsc::channel(NEWS);
        let downloads = Self {
            fetcher,
            news,
            running: HashMap::new(),
            kept: HashMap::new(),
            tracks: HashMap::new(),
            keys,
            suspicious: true,
        };
        (downloads, receiver)
    }

    /// Starts a request; `opened` is the manifest that the viewer asked for.
    pub(super) fn start(&mut self, request: &Request, opened: &Url) {
        let (id, news) = (request.id, self.news.clone());
        let body = Body::for_answer(&request.subject);
        let fetch = fetch_request(request, opened).map(|wanted| self.fetcher.fetch(wanted));
        let task = tokio::spawn(async move {
            let last = match fetch {
                Ok(fetch) => follow(id, body, fetch, &news).await,
                Err(failure) => DownloadNews::Failed { received: ByteSize::ZERO, failure },
            };
            let _ = news.send((id, last)).await; // nobody left to tell
        });
        let facts = RequestFacts::of(request);
        let task = task.abort_handle();
        self.running.insert(id, RunningRequest { task, facts, fragments: vec![], damaged: false });
    }

    /// Stops a request and forgets what it brought.
    pub(super) fn abort(&mut self, id: RequestId) {
        if let Some(in_flight) = self.running.remove(&id) {
            in_flight.task.abort();
        }
        self.kept.remove(&id);
    }

    /// A request is over; what it was, or `None` when it was aborted and its news are late.
    pub(super) fn over(&mut self, id: RequestId) -> Option<RequestFacts> {
        self.running.remove(&id).map(|in_flight| in_flight.facts)
    }

    /// Whether news of it are still wanted.
    pub(super) fn is_running(&self, id: RequestId) -> bool {
        self.running.contains_key(&id)
    }

    /// Takes the next fragment of a request under way; `true` when a decoder may have it before the rest has come. A
    /// fragment that is damaged, or whose key is not there, and everything behind it wait for the end, which decides whether they are fetched again.
    pub(super) fn add_fragment(&mut self, id: RequestId, fragment: &Bytes) -> bool {
        let Some(in_flight) = self.running.get(&id) else { return false };
        let before: usize = in_flight.fragments.iter().map(Bytes::len).sum();
        let offset = in_flight.facts.file_offset + before as u64;
        let rung = in_flight.facts.subject.rung();
        let sound = !in_flight.damaged
            && self.check(fragment, &in_flight.facts, offset).is_ok()
            && self.key_ids(rung, fragment, offset).into_iter().all(|id| self.keys.get(id).is_some());
        if let Some(in_flight) = self.running.get_mut(&id) {
            in_flight.damaged = !sound;
            if sound {
                in_flight.fragments.push(fragment.clone());
            }
        }
        sound
    }

    /// Keeps the media of a finished request if it is what was published, as far as one can see. Tells the times of
    /// what can be measured from now on.
    pub(super) fn keep(
        &mut self,
        id: RequestId,
        body: Bytes,
        facts: &RequestFacts,
    ) -> Result<Vec<MeasuredTime>, Failure> {
        let is_init = matches!(facts.subject, Subject::Init(_));
        let checked = if is_init { self.note_track(&body, facts) } else { self.check(&body, facts, facts.file_offset) };
        match checked {
            Err(_) if facts.attempt >= BELIEVED => self.suspicious &= is_init,
            Err(error) if self.suspicious => return Err(damaged(&error)),
            _ => {}
        }
        let unmeasured = facts.subject.rung().filter(|_| !is_init);
        self.kept.insert(id, KeptMedia { bytes: body, file_offset: facts.file_offset, unmeasured });
        Ok(self.measure(facts.subject.rung()))
    }

    /// The times of the segments of a rung that were not told yet, in the order in which they were asked for.
    fn measure(&mut self, rung: Option<RungId>) -> Vec<MeasuredTime> {
        let track = rung.and_then(|rung| self.tracks.get(&rung));
        let mut measured = vec![];
        for (id, kept) in self.kept.iter().filter(|(_, kept)| rung.is_some() && kept.unmeasured == rung) {
            if let Ok(Some(time)) = media::span(track, &kept.bytes, kept.file_offset) {
                let key_ids = self.key_ids(rung, &kept.bytes, kept.file_offset);
                measured.push(MeasuredTime { request: *id, time, key_ids });
            }
        }
        for MeasuredTime { request, .. } in &measured {
            if let Some(kept) = self.kept.get_mut(request) {
                kept.unmeasured = None;
            }
        }
        measured.sort_by_key(|measured| measured.request);
        measured
    }

    /// The keys that a segment needs, or a part of it; what cannot be read needs none.
    fn key_ids(&self, rung: Option<RungId>, media: &[u8], file_offset: u64) -> Vec<KeyId> {
        let track = rung.and_then(|rung| self.tracks.get(&rung));
        track.and_then(|track| media::key_ids(track, media, file_offset).ok()).unwrap_or_default()
    }

    fn note_track(&mut self, init: &Bytes, facts: &RequestFacts) -> Result<(), MediaError> {
        let track = media::track(init)?;
        if let Some(rung) = facts.subject.rung() {
            self.tracks.insert(rung, track);
        }
        Ok(())
    }

    fn check(&self, media: &Bytes, facts: &RequestFacts, file_offset: u64) -> Result<(), MediaError> {
        let track = facts.subject.rung().and_then(|rung| self.tracks.get(&rung));
        media::check(track, media, file_offset)
    }

    /// What there is of a request; another reference, no copy.
    pub(super) fn at_hand(&self, id: RequestId) -> AtHand {
        if let Some(kept) = self.kept.get(&id) {
            return AtHand::Whole(kept.bytes.clone(), kept.file_offset);
        }
        self.running.get(&id).map_or(AtHand::Nothing, |in_flight| {
            AtHand::Arriving(in_flight.fragments.clone(), in_flight.facts.file_offset)
        })
    }

    /// Forgets the bytes.
    pub(super) fn discard(&mut self, id: RequestId) {
        self.kept.remove(&id);
    }

    /// What is to go wrong on purpose.
    pub(super) fn faults(&self) -> &FaultSwitch {
        self.fetcher.faults()
    }

    /// The link that the viewer chose.
    pub(super) fn throttle(&self) -> &Throttle {
        self.fetcher.throttle()
    }
}

impl Drop for Downloads {
    fn drop(&mut self) {
        for in_flight in self.running.values() {
            in_flight.task.abort();
        }
    }
}

fn fetch_request(request: &Request, opened: &Url) -> Result<FetchRequest, Failure> {
    let unreadable = |error| refused(format!("`{}` is no URL: {error}", request.url));
    let url = Url::parse(&request.url).map_err(unreadable)?;
    let range = request.range.map(|range| Range { first: range.first, last: range.last });
    let wanted = match request.subject {
        Subject::Manifest if url == *opened => FetchRequest::open(url),
        Subject::Key { key_id, .. } => FetchRequest::post_json(url, clear_key::request(&[key_id])),
        _ => FetchRequest::media(url, range),
    };
    Ok(FetchRequest { max_bytes: wanted.max_bytes.min(request.limit.bytes()), ..wanted })
}

/// Bytes that are not what they should be may be better the next time, or elsewhere.
fn damaged(error: &MediaError) -> Failure {
    Failure { kind: FailureKind::Broken, status: None, retry_after: None, message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::tests::memory::{Memory, Scripted, fetcher_over};
    use crate::fetch::{FetchEvent, Trust};
    use crate::testing::{fragment, fragments, init, sample};
    use player_core::io::{RungRef, SegmentOf};
    use player_core::kinds::TrackKind;
    use player_core::presentation::Naming;
    use shared::addressing::{ByteRange, SegmentNumber};
    use std::future::Future;

    fn url(name: &str) -> Url {
        Url::parse(&format!("https://example.com/{name}")).unwrap()
    }

    /// The only rung there is.
    fn low() -> RungRef {
        RungRef { track: TrackKind::Video, rung: Naming::default().rung(), representation: "low".into() }
    }

    fn init_segment() -> Subject {
        Subject::Init(low())
    }

    fn media_segment() -> Subject {
        let time = PresentationTime::ZERO..PresentationTime::from_millis(160);
        Subject::Media(SegmentOf { of: low(), number: SegmentNumber(1), time })
    }

    fn request(id: u64, subject: Subject, name: &str, attempt: u32) -> Request {
        Request {
            id: RequestId(id),
            subject,
            url: url(name).to_string(),
            range: None,
            limit: ByteSize::from_bytes(1 << 20),
            size: None,
            attempt,
        }
    }

    fn facts(subject: Subject, attempt: u32) -> RequestFacts {
        RequestFacts::of(&request(0, subject, "", attempt))
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(test);
    }

    /// Nothing is fetched: what a test wants to have come it hands over itself.
    fn idle() -> Downloads {
        let (mut downloads, _) = Downloads::new(fetcher_over(Scripted::new(vec![])), KeyRing::default());
        downloads.keep(RequestId(0), init(), &facts(init_segment(), 0)).unwrap();
        downloads
    }

    fn segment() -> Bytes {
        fragments(0, 2).concat().into()
    }

    /// A segment whose samples are not filled by their NAL units.
    fn broken() -> Bytes {
        fragment(0, &[b"\0\0\0\x63 no such length".to_vec()])
    }

    #[test]
    fn a_request_brings_its_bytes_and_they_stay_until_they_are_discarded() {
        run(async {
            let held = Memory::from_iter([(url("init"), init()), (url("1.m4s"), segment())]);
            let (mut downloads, mut news) = Downloads::new(fetcher_over(held), KeyRing::default());
            for (id, subject, name) in [(1, init_segment(), "init"), (2, media_segment(), "1.m4s")] {
                downloads.start(&request(id, subject, name, 0), &url("manifest.mpd"));
                loop {
                    let (id, told) = news.recv().await.unwrap();
                    let DownloadNews::Done { body, .. } = told else { continue };
                    let facts = downloads.over(id).unwrap();
                    downloads.keep(id, body, &facts).unwrap();
                    break;
                }
            }
            assert_eq!(downloads.at_hand(RequestId(1)), AtHand::Whole(init(), 0));
            assert_eq!(downloads.at_hand(RequestId(2)), AtHand::Whole(segment(), 0));
            downloads.discard(RequestId(2));
            assert_eq!(downloads.at_hand(RequestId(2)), AtHand::Nothing);
        });
    }

    #[test]
    fn an_aborted_request_is_forgotten_with_what_it_brought() {
        run(async {
            let (mut downloads, _news) = Downloads::new(fetcher_over(Scripted::new(vec![])), KeyRing::default());
            downloads.start(&request(1, media_segment(), "1.m4s", 0), &url("manifest.mpd"));
            assert!(downloads.is_running(RequestId(1)));
            downloads.abort(RequestId(1));
            assert!(!downloads.is_running(RequestId(1)) && downloads.over(RequestId(1)).is_none());
            downloads.keep(RequestId(2), init(), &facts(init_segment(), 0)).unwrap();
            downloads.abort(RequestId(2));
            assert_eq!(downloads.at_hand(RequestId(2)), AtHand::Nothing);
        });
    }

    #[test]
    fn what_cannot_be_asked_for_fails_without_a_fetch() {
        run(async {
            let (mut downloads, mut news) =
                Downloads::new(fetcher_over(Scripted::new(vec![FetchEvent::Done])), KeyRing::default());
            let unreadable = Request { url: "no url".into(), ..request(1, media_segment(), "", 0) };
            downloads.start(&unreadable, &url("manifest.mpd"));
            let (_, DownloadNews::Failed { failure, .. }) = news.recv().await.unwrap() else { panic!("no failure") };
            assert_eq!(failure.kind, FailureKind::Refused);
            assert!(failure.message.contains("`no url` is no URL"), "{failure:?}");
        });
    }

    #[test]
    fn only_the_manifest_that_the_viewer_opened_is_trusted_and_limits_hold() {
        let opened = url("manifest.mpd");
        let asked = |subject, name| fetch_request(&request(1, subject, name, 0), &opened).unwrap();
        assert_eq!(asked(Subject::Manifest, "manifest.mpd").trust, Trust::Viewer);
        assert_eq!(asked(Subject::Manifest, "other.mpd").trust, Trust::Document);
        assert_eq!(asked(media_segment(), "manifest.mpd").trust, Trust::Document);
        assert_eq!(asked(media_segment(), "1.m4s").max_bytes, 1 << 20);
        let part =
            Request { range: Some(ByteRange { first: 7, last: Some(9) }), ..request(1, media_segment(), "1", 0) };
        let range = fetch_request(&part, &opened).unwrap().range.unwrap();
        assert_eq!((range.first, range.last), (7, Some(9)));
    }

    #[test]
    fn damaged_bytes_are_refused_and_believed_when_they_come_for_the_third_time() {
        let mut downloads = idle();
        let broken_init = Bytes::from_static(b"<html>");
        for (subject, body) in [(init_segment(), broken_init), (media_segment(), broken())] {
            for attempt in 0..2 {
                let failure = downloads.keep(RequestId(9), body.clone(), &facts(subject.clone(), attempt)).unwrap_err();
                assert_eq!(failure.kind, FailureKind::Broken, "{subject:?}, attempt {attempt}");
                assert_eq!(downloads.at_hand(RequestId(9)), AtHand::Nothing);
            }
            assert_eq!(
                downloads.keep(RequestId(9), body.clone(), &facts(subject.clone(), 2)).map(drop),
                Ok(()),
                "{subject:?}"
            );
            assert_eq!(downloads.at_hand(RequestId(9)), AtHand::Whole(body, 0));
            downloads.discard(RequestId(9));
        }
    }

    #[test]
    fn where_one_segment_was_published_damaged_the_next_is_not_fetched_three_times() {
        let mut downloads = idle();
        downloads.keep(RequestId(1), Bytes::from_static(b"<html>"), &facts(init_segment(), 2)).unwrap();
        assert!(downloads.keep(RequestId(2), broken(), &facts(media_segment(), 0)).is_err(), "an init tells nothing");
        downloads.keep(RequestId(2), broken(), &facts(media_segment(), 2)).unwrap();
        assert_eq!(downloads.keep(RequestId(3), broken(), &facts(media_segment(), 0)).map(drop), Ok(()));
    }

    #[test]
    fn fragments_are_at_hand_before_the_end_up_to_the_first_damaged_one() {
        run(async {
            let mut downloads = idle();
            let at = Request {
                range: Some(ByteRange { first: 500, last: None }),
                ..request(1, media_segment(), "1.m4s", 0)
            };
            let id = RequestId(1);
            let all = fragments(0, 3);
            assert!(!downloads.add_fragment(id, &all[0]), "nobody asked for it");
            downloads.start(&at, &url("manifest.mpd"));
            assert_eq!(downloads.at_hand(id), AtHand::Arriving(vec![], 500));
            assert!(downloads.add_fragment(id, &all[0]) && downloads.add_fragment(id, &all[1]));
            assert!(!downloads.add_fragment(id, &broken()));
            assert!(!downloads.add_fragment(id, &all[2]), "what follows waits as well");
            assert_eq!(downloads.at_hand(id), AtHand::Arriving(all[..2].to_vec(), 500));
            let facts = downloads.over(id).unwrap();
            downloads.keep(id, all.concat().into(), &facts).unwrap();
            assert_eq!(downloads.at_hand(id), AtHand::Whole(all.concat().into(), 500));
        });
    }

    #[test]
    fn the_times_of_a_segment_are_told_when_its_init_segment_is_there() {
        let (mut downloads, _) = Downloads::new(fetcher_over(Scripted::new(vec![])), KeyRing::default());
        let facts = [facts(init_segment(), 0), facts(media_segment(), 0)];
        let ms = PresentationTime::from_millis;
        for (id, start) in [(1, 0), (2, 7000)] {
            let told = downloads.keep(RequestId(id), fragments(start, 2).concat().into(), &facts[1]);
            assert_eq!(told, Ok(vec![]), "nobody knows its timescale");
        }
        let told = downloads.keep(RequestId(3), init(), &facts[0]).unwrap();
        let measured = |id, time| MeasuredTime { request: RequestId(id), time, key_ids: vec![] };
        assert_eq!(told, [measured(1, ms(0)..ms(160)), measured(2, ms(7000)..ms(7160))]);
        let told = downloads.keep(RequestId(4), segment(), &facts[1]).unwrap();
        assert_eq!(told, [measured(4, ms(0)..ms(160))], "each once");
    }

    #[test]
    fn a_sample_that_is_whole_but_empty_is_damage_too() {
        let mut downloads = idle();
        let empty = fragment(0, &[]);
        assert!(downloads.keep(RequestId(1), empty, &facts(media_segment(), 0)).is_err());
        let good = fragment(0, &[sample("x")]);
        assert_eq!(downloads.keep(RequestId(1), good, &facts(media_segment(), 0)).map(drop), Ok(()));
    }
}
