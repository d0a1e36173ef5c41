//! What the viewer asks for. The window, the script and the keyboard all send these.

use crate::kinds::TrackKind;
use crate::presentation::{Rank, TrackNumber};
use serde::{Deserialize, Serialize};
use shared::time::PresentationTime;
use shared::units::Bitrate;
use std::time::Duration;

/// A wish of the viewer. The session obeys or ignores it; it never fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Command {
    /// Play on.
    Play,
    /// Hold the picture.
    Pause,
    /// Go to an exact place; clamped to the presentation.
    Seek(PresentationTime),
    /// Speed, 1 is normal; clamped to 0.25 - 4.
    Rate(f64),
    /// Begin again whenever the end is reached.
    Repeat(bool),
    /// Take the rung of this rank from now on, in every Period; held within the ladder.
    Rung(Rank),
    /// Give the choice of the rung back to the policy.
    Auto,
    /// Another adaptation policy, by name.
    Policy(String),
    /// The most media ahead of the playhead.
    BufferTarget(Duration),
    /// Another track of a kind: another language, another camera.
    Track {
        /// Which kind.
        kind: TrackKind,
        /// Its number among those of its kind in the present Period.
        #[serde(rename = "set")]
        number: TrackNumber,
    },
    /// The best track of a kind in this language.
    Language {
        /// Which kind.
        kind: TrackKind,
        /// BCP 47.
        lang: String,
    },
    /// Ask again at once for what did not come.
    Retry,
    /// The shell's own: how the network is held back.
    Throttle(LinkLimit),
    /// The shell's own: what goes wrong on purpose; `None` for nothing.
    Faults(Option<FaultPlan>),
    /// The shell's own: loudness, 0 to 1.
    Volume(f64),
    /// The shell's own: how much later than it is played sound is heard, in milliseconds; pictures wait for it.
    SoundDelay(i32),
    /// The shell's own: the sound device, by name; `None` for that of the system.
    SoundDevice(Option<String>),
    /// As much as was asked for has been played: end the session.
    Enough,
    /// End the session.
    Quit,
}

/// How the shell holds the network back. The session only records it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkLimit {
    /// As fast as the network goes.
    Off,
    /// A constant rate.
    Rate(Bitrate),
    /// A trace file or the name of a built-in shape.
    Trace(String),
    /// Like another one, with this much added to each request's wait.
    Delayed {
        /// The other one.
        limit: Box<LinkLimit>,
        /// Added to its latency.
        by: Duration,
    },
    /// Nothing comes through.
    Cut,
}

/// Faults that the shell makes on purpose. The session only records them, and has to cope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultPlan {
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many requests there are from one fault to the next; 1: every request fails.
    pub every: u32,
}

/// What can go wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The server is overloaded: 503.
    Unavailable,
    /// The segment is not there: 404.
    NotFound,
    /// The connection breaks half way.
    Reset,
    /// No answer, until the player loses its patience.
    Silence,
}
