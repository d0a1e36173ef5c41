//! What the session wants done. The shell does it and reports back with inputs.

use crate::io::Event;
use serde::{Deserialize, Serialize};
use shared::addressing::ByteRange;
use shared::time::{PresentationTime, SessionTime};
use shared::units::ByteSize;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// One thing to do. `poll` gives them in order, until `Wait`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// Start a download. The shell keeps the bytes of init and media requests until `Discard`.
    Fetch(Request),
    /// Stop a download and throw away what it brought. No further input about it is wanted.
    Abort(RequestId),
    /// Hand the bytes of a finished request to the decoder of its track.
    Feed(Feed),
    /// This stretch of the track cannot be had: the output goes on through it, with the last picture or with
    /// silence. Takes its place in the order of feeds.
    Hole {
        /// Which track.
        track: TrackKind,
        /// Of which epoch.
        epoch: Epoch,
        /// What is missing.
        time: Range<PresentationTime>,
    },
    /// The bytes of this finished request are not needed any more.
    Discard(RequestId),
    /// Throw away everything fed and decoded so far; what follows belongs to `epoch`. Show nothing before `from`.
    /// The output stands until the next `Play`.
    Flush {
        /// The new epoch.
        epoch: Epoch,
        /// The exact place at which output begins.
        from: PresentationTime,
    },
    /// Let the output run.
    Play,
    /// Hold the output where it is: the viewer asked for it, or there is nothing to play.
    Pause,
    /// Change the speed of the output.
    SetRate(f64),
    /// Nothing more will be fed to this track in this epoch: drain the decoder.
    EndOfStream {
        /// Which track.
        track: TrackKind,
        /// Of which epoch.
        epoch: Epoch,
    },
    /// Something worth telling, for log, window and report.
    Event(Event),
    /// The session is over: stop everything.
    Quit,
    /// Nothing more to do until the next input, or until the deadline, which is answered with `Input::Timer`.
    Wait(Option<SessionTime>),
}

/// Names a request within its session; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Counts flushes. Whatever belongs to an older epoch is dropped wherever it is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

/// A kind of media. One track of each is played at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

impl fmt::Display for TrackKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Video => "video",
            Self::Audio => "audio",
        })
    }
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// The MPD; answered with `Content::Manifest`.
    Manifest,
    /// An initialization segment; the shell keeps the bytes.
    Init,
    /// The sidx of a single-file Representation; answered with `Content::Index`.
    Index,
    /// The package's list of true segment sizes; answered with `Content::Index`.
    Sizes,
    /// A media segment; the shell keeps the bytes.
    Media,
}

/// A download.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its name.
    pub id: RequestId,
    /// What for.
    pub kind: RequestKind,
    /// Absolute URL.
    pub url: String,
    /// Part of the resource.
    pub range: Option<ByteRange>,
    /// The most bytes that the body may have: more is a failure.
    pub limit: ByteSize,
    /// The track it belongs to; none for the MPD.
    pub track: Option<TrackKind>,
    /// Rung of the ladder, 0 the lowest.
    pub rung: Option<usize>,
    /// Representation@id.
    pub representation: Option<String>,
    /// Place in the Period of a media segment, from 0.
    pub position: Option<u64>,
    /// Presentation time of a media segment.
    pub time: Option<Range<PresentationTime>>,
    /// Size if known beforehand.
    pub size: Option<ByteSize>,
    /// 0 for the first attempt at the same thing.
    pub attempt: u32,
}

/// Bytes of a finished request on their way to a decoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// Whose bytes.
    pub request: RequestId,
    /// To the decoder of which track.
    pub track: TrackKind,
    /// For which epoch.
    pub epoch: Epoch,
    /// Init or media.
    pub kind: FeedKind,
    /// Rung of the ladder.
    pub rung: usize,
    /// To be added to the media times in the bytes (edit list applied) to get presentation times, in ns:
    /// Period@start minus @presentationTimeOffset.
    pub offset_nanos: i64,
}

/// What a decoder is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedKind {
    /// An init segment: the following media needs a decoder made from it. Always sent when the Representation
    /// changes and after a flush.
    Init,
    /// A media segment. Frames outside of `time` are kept; a Period's end cuts them at `until`.
    Media {
        /// What the manifest says it covers.
        time: Range<PresentationTime>,
        /// End of the Period: what lies behind it is not shown.
        until: Option<PresentationTime>,
    },
}

impl Request {
    /// How much media it brings; zero for anything but a media segment.
    pub fn duration(&self) -> Duration {
        self.time.as_ref().map_or(Duration::ZERO, |time| time.end.since(time.start))
    }
}
