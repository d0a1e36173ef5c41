//! Everything that can happen to a session. A recording of `(time, Input)` is all that a replay needs.

use crate::io::{Command, Epoch, Notice, RequestId};
use serde::{Deserialize, Serialize};
use shared::protection::KeyId;
use shared::time::{DateTime, PresentationTime};
use shared::units::{Bitrate, ByteSize};
use std::ops::Range;
use std::time::Duration;

/// One thing that happened. Always handed over together with the time at which it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Input {
    /// Open this manifest. The first input of a session.
    Start {
        /// Absolute http(s) or file URL of an MPD.
        url: String,
    },
    /// Bytes of a response arrived. The first one of a request, possibly with nothing received yet, is its first
    /// byte: the shell sends it when the header is there, then at most one every 50 ms.
    Progress {
        /// Whose response.
        request: RequestId,
        /// Body bytes so far; of a server that ignores ranges also those that were not asked for.
        received: ByteSize,
        /// Body size that the header promised, with what comes before a range that is ignored.
        expected: Option<ByteSize>,
    },
    /// A response is complete and good.
    Done {
        /// Whose response.
        request: RequestId,
        /// Body bytes in all, counted as in `Progress`.
        received: ByteSize,
        /// Whether it came from a cache (or was confirmed by 304): no measure of the network.
        cached: bool,
        /// What the session needs to read itself.
        content: Content,
    },
    /// When the samples of a segment are really presented: told before its `Done`, or, where its init segment came later,
    /// before the `Done` of that. The edit list is applied, the offset of the Period is not. What was not measured is
    /// taken to lie where the manifest says.
    Measured {
        /// The request that brings the segment.
        request: RequestId,
        /// From the earliest sample to the end of the latest.
        time: Range<PresentationTime>,
        /// The keys that its samples need; none where they are clear.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        key_ids: Vec<KeyId>,
    },
    /// A request failed; whatever arrived is thrown away by the shell.
    Failed {
        /// Whose response.
        request: RequestId,
        /// Body bytes until then.
        received: ByteSize,
        /// What went wrong.
        failure: Failure,
    },
    /// Where the output is. Sent when its state changes and about ten times a second in between.
    Playback {
        /// Presentation time of what is on the screen, or heard.
        position: PresentationTime,
        /// What the output is doing.
        state: Rendering,
        /// The epoch of what is shown: reports about what was flushed are ignored.
        epoch: Epoch,
    },
    /// A decoder could not use a segment that was fed to it; it counts as missing.
    Undecodable {
        /// The request whose bytes were fed.
        request: RequestId,
        /// What the decoder said.
        problem: String,
    },
    /// What came out of a segment shows that its key is another one. The segment counts as missing.
    WrongKey {
        /// The request whose bytes were fed.
        request: RequestId,
        /// The key that was taken.
        key_id: KeyId,
        /// What the decoder said.
        problem: String,
    },
    /// A decoder has concealed damage that people notice; the segment was shown.
    Concealed {
        /// The request whose bytes were fed.
        request: RequestId,
        /// How much was damaged.
        problem: String,
    },
    /// Since the last time that this was told the picture was late by more than 100 ms for so long, although its media was
    /// there: the decoder, or whatever else this machine does with it, takes too long.
    Late {
        /// How long.
        lasted: Duration,
    },
    /// A wish of the viewer.
    User(Command),
    /// Figures of the shells for display and report; no decision depends on them.
    Figures(Figures),
    /// What the shells have to tell people, so that it stands among what the session tells; no decision depends on it.
    Notice(Notice),
    /// What time it is for people: the wall clock enters as data. Segments of a live presentation appear by it.
    WallClock {
        /// At this instant of the session.
        wall: DateTime,
    },
    /// The deadline of the last `Output::Wait` has passed.
    Timer,
}

/// What a finished response holds, as far as the session reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Media or an init segment: the shell keeps the bytes.
    Media,
    /// An MPD.
    Manifest {
        /// After redirects: what relative URLs are relative to.
        url: String,
        /// The document.
        text: String,
    },
    /// A licence: the shell keeps the keys, here are their names.
    Keys {
        /// All that it has.
        key_ids: Vec<KeyId>,
    },
    /// A segment index (sidx): of the package or within a media file.
    Index {
        /// The bytes of the requested range.
        #[serde(with = "hex")]
        bytes: Vec<u8>,
    },
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// HTTP status, if there was one.
    pub status: Option<u16>,
    /// The server's Retry-After.
    pub retry_after: Option<Duration>,
    /// For people: what failed, on what.
    pub message: String,
}

impl Failure {
    /// Something that came complete but cannot be used.
    pub fn content(message: impl Into<String>) -> Self {
        Self { kind: FailureKind::Content, status: None, retry_after: None, message: message.into() }
    }

    /// The status, else the kind.
    pub fn in_a_word(&self) -> String {
        self.status.map_or_else(|| self.kind.word().to_owned(), |status| status.to_string())
    }
}

/// Kinds of failure that are told apart because different things help against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// No connection: refused, unreachable, name unknown, TLS.
    Connect,
    /// The server answered with an error status.
    Status,
    /// The connection broke, or the body was shorter or longer than promised.
    Broken,
    /// Nothing came for too long.
    Timeout,
    /// Complete, but not what was asked for (unreadable manifest, index or init segment).
    Content,
    /// Complete, and not from whom it was asked of: a network that wants people to log in first answers with a page, an
    /// overloaded server with a message or nothing, both with a good status.
    Intercepted,
    /// We do not fetch this: scheme, private address, too large.
    Refused,
    /// This machine lets us open no more files: nothing is said about what was asked for.
    Exhausted,
}

impl FailureKind {
    fn word(self) -> &'static str {
        match self {
            Self::Connect => "no link",
            Self::Status => "status",
            Self::Broken => "broken",
            Self::Timeout => "time-out",
            Self::Content => "unusable",
            Self::Intercepted => "no media",
            Self::Refused => "refused",
            Self::Exhausted => "no files",
        }
    }
}

/// What the output is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rendering {
    /// The clock runs.
    Playing,
    /// Held, because it was told to.
    Paused,
    /// Has nothing to show or to play although it should.
    Starved,
    /// Has shown the last frame after the end of the stream.
    Finished,
}

/// What only the shells can count.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// What the throttle lets through now; absent without one.
    pub capacity: Option<Bitrate>,
    /// Frames shown.
    pub frames_shown: u64,
    /// Frames that came too late to be shown.
    pub frames_dropped: u64,
    /// Distance of picture and sound at the outputs, in ms; absent without sound.
    pub av_offset_ms: Option<Percentiles>,
    /// CPU time used by the process.
    pub cpu_seconds: f64,
}

/// A distribution in three figures.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half are below.
    pub p50: f64,
    /// 95 of 100 are below.
    pub p95: f64,
    /// The largest.
    pub max: f64,
}

/// Bytes as hexadecimal text: JSON has no bytes, and a list of numbers is four times as long.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::fmt::Write;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], out: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        }
        out.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(input)?;
        let digit = |c: &u8| (*c as char).to_digit(16).map(|d| d as u8);
        let pair = |pair: &[u8]| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
        bytes.ok_or_else(|| D::Error::custom("not hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_survives_json() {
        let input = Input::Done {
            request: RequestId(3),
            received: ByteSize::from_bytes(3),
            cached: false,
            content: Content::Index { bytes: vec![0, 0xab, 0xff] },
        };
        let json = serde_json::to_string(&input).unwrap();
        assert!(json.contains("\"00abff\""), "{json}");
        assert_eq!(serde_json::from_str::<Input>(&json).unwrap(), input);
    }
}
