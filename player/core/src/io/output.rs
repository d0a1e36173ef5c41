//! What the session wants done. The shell does it and reports back with inputs.

use crate::io::{Event, Request, RequestId};
use crate::kinds::TrackKind;
use crate::presentation::RungId;
use serde::{Deserialize, Serialize};
use shared::time::{PresentationTime, SessionTime};
use std::ops::Range;

/// One thing to do. `poll` gives them in order, until `Wait`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
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

/// Counts flushes. Whatever belongs to an older epoch is dropped wherever it is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

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
    /// Of which rung.
    pub rung: RungId,
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
        /// Where the earliest sample belongs, when that is not where its own time puts it: the others keep their
        /// distance from it.
        origin: Option<PresentationTime>,
    },
}
