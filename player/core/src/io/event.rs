//! What happened in a session, for the log, the window and the report. Nothing depends on who listens.

use crate::io::{Cause, Decision, Failure, Request, RequestId};
use crate::kinds::TrackKind;
use crate::presentation::{RungId, SegmentId};
use serde::{Deserialize, Serialize};
use shared::time::PresentationTime;
use shared::units::{Bitrate, ByteSize};
use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum Event {
    /// The manifest was read and something in it can be played.
    Opened {
        /// Length of the presentation.
        duration: Option<Duration>,
        /// The video ladder, lowest first.
        rungs: Vec<String>,
    },
    /// The session is in another phase.
    Phase {
        /// The new one.
        phase: Phase,
        /// Where the playhead is.
        position: PresentationTime,
    },
    /// A download was started.
    Requested(Request),
    /// A download is complete.
    Received {
        /// Which one.
        request: RequestId,
        /// How much.
        bytes: ByteSize,
        /// From the request to the first byte.
        wait: Duration,
        /// From the first byte to the last.
        transfer: Duration,
        /// Not a measure of the network.
        cached: bool,
    },
    /// A download failed.
    Failed {
        /// Which one.
        request: RequestId,
        /// Why.
        failure: Failure,
        /// What is done about it, for people.
        then: String,
    },
    /// A download was given up; its bytes are wasted.
    Aborted {
        /// Which one.
        request: RequestId,
        /// How much had come.
        bytes: ByteSize,
    },
    /// A decision with its reason.
    Decided(Decision),
    /// Playback of the very first frame, this long after the start of the session.
    Started {
        /// From opening to the first frame.
        startup: Duration,
    },
    /// Playback stands still for want of media.
    StallBegan {
        /// Where.
        position: PresentationTime,
        /// Which track has run dry.
        track: TrackKind,
        /// The media is there: this machine is late with it, not the network.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
    },
    /// Playback goes on.
    StallEnded {
        /// How long it stood.
        lasted: Duration,
    },
    /// The picture was late because this machine is too slow for it.
    Late {
        /// Where the playhead is.
        position: PresentationTime,
        /// For how long, since this was last told.
        lasted: Duration,
    },
    /// Another rendition is on the screen (or heard).
    Shown {
        /// Which track.
        track: TrackKind,
        /// Which rung.
        rung: RungId,
        /// Its declared bandwidth.
        bandwidth: Bitrate,
        /// From where on.
        position: PresentationTime,
    },
    /// A segment in better quality took the place of a buffered one.
    Replaced {
        /// The segment in its new rung.
        #[serde(flatten)]
        segment: SegmentId,
        /// The old rung.
        from: RungId,
    },
    /// A stretch of the presentation cannot be had.
    Skipped {
        /// Which track.
        track: TrackKind,
        /// What is missing.
        time: Range<PresentationTime>,
        /// Why.
        reason: String,
    },
    /// A seek was carried out.
    Sought {
        /// Where to.
        to: PresentationTime,
        /// Whether everything needed was in the buffer.
        buffered: bool,
    },
    /// Another of several locations is asked from now on.
    Location {
        /// Name of the one before: its serviceLocation, or its host.
        from: String,
        /// Name of the new one.
        to: String,
        /// Why.
        reason: String,
    },
    /// Something the viewer or the developer should know.
    Notice(Notice),
    /// The session is over; a viewer may still go back and watch again what was played to its end.
    Ended {
        /// Why.
        cause: Cause,
    },
}

/// A message for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// How bad it is.
    pub severity: Severity,
    /// What happened, on what, what can be done.
    pub message: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Playback goes on, something is not as it should be.
    Warning,
    /// Something is missing for the viewer.
    Error,
    /// Nothing can be played (any more).
    Fatal,
}

/// What the session is doing, as the viewer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing was opened yet.
    #[default]
    Idle,
    /// The manifest and the first segments are being fetched.
    Loading,
    /// Pictures move.
    Playing,
    /// Held by the viewer.
    Paused,
    /// Standing still for want of media.
    Stalled,
    /// On the way to another place.
    Seeking,
    /// Everything that was wanted has been played.
    Ended,
    /// Nothing can be played.
    Failed,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "idle",
            Self::Loading => "loading",
            Self::Playing => "playing",
            Self::Paused => "paused",
            Self::Stalled => "stalled",
            Self::Seeking => "seeking",
            Self::Ended => "ended",
            Self::Failed => "failed",
        })
    }
}
