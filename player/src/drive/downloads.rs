//! One task a request. Bytes of media are kept here until they are discarded; the session only counts them.
#![expect(clippy::disallowed_methods, reason = "progress is reported at most every 50 ms of real time")]

use crate::fetch::{self, BodyOrigin, FetchEvent, FetchFailure, FetchFailureKind, FetchRequest, Fetcher, Range};
use bytes::{Bytes, BytesMut};
use player_core::io::{Failure, FailureKind, Request, RequestId, Subject};
use player_core::presentation::RungId;
use shared::bmff::Track;
use shared::media::{self, MediaError};
use shared::units::ByteSize;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use url::Url;

/// Between two reports of progress.
const PROGRESS: Duration = Duration::from_millis(50);
/// News that wait for the session; when full, downloads wait and the servers feel it.
const NEWS: usize = 64;
/// A segment that came damaged so many times is taken as it is: it was published so, like all others probably.
const BELIEVED: u32 = 2;
/// What a body is given room for before it comes, whatever its header says.
const FIRST_ROOM: u64 = 1 << 20;

/// What happens to a request.
#[derive(Debug)]
pub(super) enum News {
    /// Bytes came.
    Progress { received: ByteSize, expected: Option<ByteSize> },
    /// All bytes came.
    Done { body: Bytes, url: Url, cached: bool },
    /// No more will come.
    Failed { received: ByteSize, failure: Failure },
}

/// What must be known of a request when it is over.
pub(super) struct Origin {
    pub(super) subject: Subject,
    /// Where in its file it begins.
    file_offset: u64,
    attempt: u32,
}

/// Requests under way and bytes at hand.
pub(super) struct Downloads {
    fetcher: Fetcher,
    news: mpsc::Sender<(RequestId, News)>,
    running: HashMap<RequestId, (AbortHandle, Origin)>,
    /// Bytes, and where in their file they begin.
    kept: HashMap<RequestId, (Bytes, u64)>,
    /// The tracks of the init segments that have come.
    tracks: HashMap<RungId, Track>,
    /// Nothing has turned out to be published damaged so far.
    suspicious: bool,
}

impl Downloads {
    pub(super) fn new(fetcher: Fetcher) -> (Self, mpsc::Receiver<(RequestId, News)>) {
        let (news, receiver) = mpsc::channel(NEWS);
        let downloads = Self {
            fetcher,
            news,
            running: HashMap::new(),
            kept: HashMap::new(),
            tracks: HashMap::new(),
            suspicious: true,
        };
        (downloads, receiver)
    }

    /// Starts a request; `opened` is the manifest that the viewer asked for.
    pub(super) fn start(&mut self, request: &Request, opened: &Url) {
        let (id, news) = (request.id, self.news.clone());
        let file_offset = request.range.map_or(0, |range| range.first);
        let origin = Origin { subject: request.subject.clone(), file_offset, attempt: request.attempt };
        let fetch = fetch_request(request, opened).map(|wanted| self.fetcher.fetch(wanted));
        let task = tokio::spawn(async move {
            let last = match fetch {
                Ok(fetch) => follow(id, fetch, &news).await,
                Err(failure) => News::Failed { received: ByteSize::ZERO, failure },
            };
            let _ = news.send((id, last)).await; // nobody left to tell
        });
        self.running.insert(id, (task.abort_handle(), origin));
    }

    /// Stops a request and forgets what it brought.
    pub(super) fn abort(&mut self, id: RequestId) {
        if let Some((task, _)) = self.running.remove(&id) {
            task.abort();
        }
        self.kept.remove(&id);
    }

    /// A request is over; what it was, or `None` when it was aborted and its news are late.
    pub(super) fn over(&mut self, id: RequestId) -> Option<Origin> {
        self.running.remove(&id).map(|(_, origin)| origin)
    }

    /// Whether news of it are still wanted.
    pub(super) fn is_running(&self, id: RequestId) -> bool {
        self.running.contains_key(&id)
    }

    /// Keeps the media of a finished request if it is what was published, as far as one can see.
    pub(super) fn keep(&mut self, id: RequestId, body: Bytes, origin: Origin) -> Result<(), Failure> {
        let is_init = matches!(origin.subject, Subject::Init(_));
        let checked = if is_init { self.note_track(&body, &origin) } else { self.check(&body, &origin) };
        match checked {
            Err(_) if origin.attempt >= BELIEVED => self.suspicious &= is_init,
            Err(failure) if self.suspicious => return Err(failure),
            _ => {}
        }
        self.kept.insert(id, (body, origin.file_offset));
        Ok(())
    }

    fn note_track(&mut self, init: &Bytes, origin: &Origin) -> Result<(), Failure> {
        let track = media::track(init).map_err(|error| damaged(&error))?;
        if let Some(rung) = origin.subject.rung() {
            self.tracks.insert(rung, track);
        }
        Ok(())
    }

    fn check(&self, segment: &Bytes, origin: &Origin) -> Result<(), Failure> {
        let track = origin.subject.rung().and_then(|rung| self.tracks.get(&rung));
        media::check(track, segment, origin.file_offset).map_err(|error| damaged(&error))
    }

    /// The kept bytes and where in their file they begin; another reference, no copy.
    pub(super) fn bytes(&self, id: RequestId) -> Option<(Bytes, u64)> {
        self.kept.get(&id).cloned()
    }

    /// Forgets the bytes.
    pub(super) fn discard(&mut self, id: RequestId) {
        self.kept.remove(&id);
    }

    /// What is to go wrong on purpose.
    pub(super) fn faults(&self) -> &fetch::FaultSwitch {
        self.fetcher.faults()
    }

    /// The link that the viewer chose.
    pub(super) fn throttle(&self) -> &fetch::Throttle {
        self.fetcher.throttle()
    }
}

impl Drop for Downloads {
    fn drop(&mut self) {
        self.running.values().for_each(|(task, _)| task.abort());
    }
}

fn fetch_request(request: &Request, opened: &Url) -> Result<FetchRequest, Failure> {
    let unreadable = |error| refused(format!("`{}` is no URL: {error}", request.url));
    let url = Url::parse(&request.url).map_err(unreadable)?;
    let range = request.range.map(|range| Range { first: range.first, last: range.last });
    let wanted = match request.subject {
        Subject::Manifest if url == *opened => FetchRequest::open(url),
        _ => FetchRequest::media(url, range),
    };
    Ok(FetchRequest { max_bytes: wanted.max_bytes.min(request.limit.bytes()), ..wanted })
}

fn refused(message: String) -> Failure {
    Failure { kind: FailureKind::Refused, status: None, retry_after: None, message }
}

/// Bytes that are not what they should be may be better the next time, or elsewhere.
fn damaged(error: &MediaError) -> Failure {
    Failure { kind: FailureKind::Broken, status: None, retry_after: None, message: error.to_string() }
}

/// Follows a request to its end and reports on the way.
async fn follow(id: RequestId, mut fetch: fetch::Fetch, news: &mpsc::Sender<(RequestId, News)>) -> News {
    let mut body = BytesMut::new();
    let (mut found, mut expected, mut cached) = (None, None, false);
    let mut told = Instant::now();
    while let Some(event) = fetch.next().await {
        let due = match event {
            FetchEvent::Headers(head) => {
                body.reserve(head.length.unwrap_or(0).min(FIRST_ROOM) as usize);
                expected = head.length.map(ByteSize::from_bytes);
                cached = head.origin == BodyOrigin::Cache;
                found = Some(head.url);
                true
            }
            FetchEvent::Chunk(bytes) => {
                body.extend_from_slice(&bytes);
                told.elapsed() >= PROGRESS
            }
            FetchEvent::Done => return done(body, found, cached),
            FetchEvent::Failed(failure) => {
                return News::Failed { received: size(&body), failure: failure_of(failure) };
            }
        };
        if due {
            told = Instant::now();
            let _ = news.send((id, News::Progress { received: size(&body), expected })).await;
        }
    }
    News::Failed { received: size(&body), failure: refused("the request ended without an answer".into()) }
}

fn done(body: BytesMut, found: Option<Url>, cached: bool) -> News {
    match found {
        Some(url) => News::Done { body: body.freeze(), url, cached },
        None => News::Failed { received: size(&body), failure: refused("a body came without a header".into()) },
    }
}

fn size(body: &BytesMut) -> ByteSize {
    ByteSize::from_bytes(body.len() as u64)
}

fn failure_of(failure: FetchFailure) -> Failure {
    use FetchFailureKind as Kind;
    let kind = match failure.kind {
        Kind::Name | Kind::Connect | Kind::ConnectTimeout | Kind::Tls => FailureKind::Connect,
        Kind::Silence => FailureKind::Timeout,
        Kind::Status => FailureKind::Status,
        Kind::Truncated => FailureKind::Broken,
        Kind::Protocol => FailureKind::Content,
        Kind::TooLarge | Kind::File | Kind::Refused => FailureKind::Refused,
    };
    Failure { kind, status: failure.status, retry_after: failure.retry_after, message: failure.message }
}
