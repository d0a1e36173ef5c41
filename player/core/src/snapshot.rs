//! The session at one instant, for those who look: window, headless output, tests. A snapshot is a value; it shares
//! nothing with the session and can be sent anywhere.

use crate::history::History;
use crate::io::{Cause, Decision, Epoch, Failure, Notice, Phase, RequestId, Subject};
use crate::kinds::TrackKind;
use crate::presentation::{LeftOut, Presentation, Rank, RungId, TrackNumber};
use crate::report::Totals;
use crate::session::Config;
use serde::{Deserialize, Serialize};
use shared::mpd;
use shared::time::{PresentationTime, SessionTime};
use shared::units::{Bitrate, ByteSize};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Everything that can be shown of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// When it was taken.
    pub at: SessionTime,
    /// What the session is doing.
    pub phase: Phase,
    /// Why it is over, if it is.
    pub ended: Option<Cause>,
    /// URL of the manifest.
    pub url: String,
    /// Where the playhead is.
    pub position: PresentationTime,
    /// Length of the presentation, as far as it is known: one that is still being made becomes longer.
    pub duration: Option<Duration>,
    /// Speed, 1 is normal.
    pub rate: f64,
    /// Counts flushes.
    pub epoch: Epoch,
    /// The tracks being played; none before the manifest is read.
    pub tracks: Vec<TrackView>,
    /// Expected throughput; absent before the first measurement.
    pub estimate: Option<Bitrate>,
    /// The most media ahead of the playhead.
    pub buffer_target: Duration,
    /// The adaptation policy in charge.
    pub policy: String,
    /// What the session was told before it began.
    pub begun_with: Arc<Config>,
    /// The manifest as it was read.
    pub manifest: Option<Arc<ManifestView>>,
    /// What is played of it, with all segment sizes that are known.
    pub presentation: Option<Arc<Presentation>>,
    /// What keeps media from coming, while nothing comes for any track.
    pub outage: Option<OutageView>,
    /// What this machine is too slow for; absent when no picture was late lately.
    pub late: Option<LateView>,
    /// Requests under way, oldest first.
    pub running: Vec<RequestView>,
    /// Finished requests, oldest first; bounded.
    pub requests: Arc<Vec<RequestView>>,
    /// The last decisions, oldest first; bounded.
    pub decisions: Arc<Vec<Decision>>,
    /// The last messages, oldest first; bounded.
    pub notices: Arc<Vec<NoticeView>>,
    /// Curves for the charts.
    pub history: Arc<History>,
    /// Figures of the whole session.
    pub totals: Totals,
}

/// What this machine is too slow for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateView {
    /// For how long the picture was late by more than 100 ms in the last ten seconds.
    pub lately: Duration,
    /// The rungs that are left out for it.
    pub left_out: Vec<RungId>,
    /// Until when.
    pub until: Option<SessionTime>,
}

/// A message with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeView {
    /// When it was told.
    pub at: SessionTime,
    /// What was told.
    pub notice: Notice,
}

/// One track.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackView {
    /// Its kind.
    pub kind: TrackKind,
    /// Its number among those of its kind that can be played.
    pub number: TrackNumber,
    /// The tracks that can be chosen, for a menu.
    pub options: Arc<Vec<TrackOption>>,
    /// Its ladder, lowest first.
    pub rungs: Arc<Vec<RungView>>,
    /// Who chooses the rung.
    pub mode: Mode,
    /// What is on the screen or heard.
    pub shown: Option<RungId>,
    /// The rung fetched last or being fetched.
    pub loading: Option<RungId>,
    /// The media in the buffer, in order of time, neighbours of the same rung joined.
    pub buffered: Vec<BufferedView>,
    /// It has nothing at the playhead, and nothing will come: a part without pictures, or one that is lost.
    pub blank: bool,
    /// Media ahead of the playhead without a gap.
    pub ahead: Duration,
    /// The segments of the current Period, for a strip: empty when there are too many to show.
    pub segments: Arc<Vec<Range<PresentationTime>>>,
}

/// A track that a viewer may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackOption {
    /// For a menu: label, language or both.
    pub label: String,
    /// RFC 5646 language.
    pub lang: Option<String>,
}

/// One rung of a ladder.
#[derive(Debug, Clone, PartialEq)]
pub struct RungView {
    /// Its name.
    pub id: RungId,
    /// Short name: `720p`, `128k`.
    pub label: String,
    /// Representation@id.
    pub representation: String,
    /// Declared bandwidth.
    pub bandwidth: Bitrate,
    /// RFC 6381.
    pub codecs: String,
    /// Width and height of pictures.
    pub size: Option<(u32, u32)>,
    /// Pictures a second.
    pub frame_rate: Option<f64>,
    /// Given up after failures, for now.
    pub excluded: bool,
}

/// Who chooses the rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The policy.
    Auto,
    /// The viewer.
    Manual(Rank),
}

/// A stretch of the buffer.
#[derive(Debug, Clone, PartialEq)]
pub struct BufferedView {
    /// What it covers.
    pub time: Range<PresentationTime>,
    /// In which rung.
    pub rung: RungId,
}

/// A manifest, for a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct ManifestView {
    /// Where it came from, after redirects.
    pub url: String,
    /// What it says, inheritance resolved.
    pub presentation: mpd::Presentation,
    /// What is wrong with it, each with its place.
    pub warnings: Vec<mpd::Warning>,
    /// What of it is not played, and why.
    pub left_out: Vec<LeftOut>,
}

/// An outage, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutageView {
    /// What the viewer waits for.
    pub awaited: Awaited,
    /// Since when nothing comes.
    pub since: SessionTime,
    /// What went wrong last.
    pub why: String,
    /// When it is tried again; `None` while an answer is being waited for.
    pub next_try: Option<SessionTime>,
}

/// What a viewer waits for who cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// A network or a server.
    Network,
    /// More of a film that is still being made.
    More,
    /// A licence with the key of what comes next.
    Licence,
}

/// One request, for the table and the segment strip.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestView {
    /// Its name.
    pub id: RequestId,
    /// What for.
    pub subject: Subject,
    /// From where.
    pub url: Arc<str>,
    /// When it was made.
    pub requested: SessionTime,
    /// When its first byte came.
    pub first_byte: Option<SessionTime>,
    /// When it ended.
    pub ended: Option<SessionTime>,
    /// Bytes so far.
    pub received: ByteSize,
    /// Bytes in all, if known.
    pub size: Option<ByteSize>,
    /// How it went.
    pub state: RequestState,
    /// 0 for the first attempt.
    pub attempt: u32,
    /// Name of the location asked: @serviceLocation or the origin.
    pub location: Arc<str>,
    /// Why it failed.
    pub failure: Option<Arc<Failure>>,
    /// The reason of the decision behind it.
    pub reason: Option<Arc<str>>,
}

impl TrackView {
    /// Where a rung stands in the ladder; `None` for one of another Period.
    pub fn rank(&self, rung: RungId) -> Option<Rank> {
        self.rungs.iter().position(|view| view.id == rung).map(Rank)
    }

    /// A rung of the ladder.
    pub fn rung(&self, rung: RungId) -> Option<&RungView> {
        self.rungs.iter().find(|view| view.id == rung)
    }
}

impl RequestView {
    /// From the request to the first byte.
    pub fn wait(&self) -> Option<Duration> {
        Some(self.first_byte?.since(self.requested))
    }

    /// How it went, in a word: `ok`, `cached`, `503`, `time-out`, `given up`; `None` while it is under way.
    pub fn outcome(&self) -> Option<String> {
        let failure = self.failure.as_deref();
        Some(match self.state {
            RequestState::Running => return None,
            RequestState::Done => "ok".to_owned(),
            RequestState::Cached => "cached".to_owned(),
            RequestState::Aborted => "given up".to_owned(),
            RequestState::Failed => failure.map_or_else(|| "failed".to_owned(), Failure::in_a_word),
        })
    }

    /// What it brought a second, from the first byte to the last or until `now`.
    pub fn rate(&self, now: SessionTime) -> Option<Bitrate> {
        self.received.per(self.transfer(now)?)
    }

    /// From the first byte to the last, or until `now`.
    pub fn transfer(&self, now: SessionTime) -> Option<Duration> {
        Some(self.ended.unwrap_or(now).since(self.first_byte?))
    }
}

/// How a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// Under way.
    Running,
    /// Complete.
    Done,
    /// Complete, without the network.
    Cached,
    /// Failed.
    Failed,
    /// Given up.
    Aborted,
}
