//! A download, and what it is for.

use crate::kinds::TrackKind;
use crate::presentation::{RungId, SegmentId};
use serde::{Deserialize, Serialize};
use shared::addressing::{ByteRange, SegmentNumber};
use shared::protection::KeyId;
use shared::time::PresentationTime;
use shared::units::ByteSize;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

/// Names a request within its session; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A download. In JSON one flat object: what the subject says stands beside the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its name.
    pub id: RequestId,
    /// What for.
    #[serde(flatten)]
    pub subject: Subject,
    /// Absolute URL.
    pub url: String,
    /// Part of the resource.
    pub range: Option<ByteRange>,
    /// The most bytes that the body may have: more is a failure.
    pub limit: ByteSize,
    /// Size of the body if it is known beforehand.
    pub size: Option<ByteSize>,
    /// 0 for the first attempt at the same thing.
    pub attempt: u32,
}

/// What a request is for; each kind carries what only it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Subject {
    /// The MPD; answered with `Content::Manifest`.
    Manifest,
    /// An initialization segment; the shell keeps the bytes.
    Init(RungRef),
    /// The sidx of a single-file Representation; answered with `Content::Index`.
    Index(RungRef),
    /// The package's list of true segment sizes; answered with `Content::Index`.
    Sizes(RungRef),
    /// A licence with a key that a rung needs, asked for by POST; answered with `Content::Keys`.
    Key {
        /// The rung that needs it first.
        #[serde(flatten)]
        of: RungRef,
        /// Which key.
        key_id: KeyId,
    },
    /// A media segment; the shell keeps the bytes.
    Media(SegmentOf),
}

/// A rung, as a request names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungRef {
    /// The kind of its track.
    pub track: TrackKind,
    /// Which one.
    pub rung: RungId,
    /// Representation@id.
    pub representation: String,
}

/// A media segment, as a request names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentOf {
    /// In which rung.
    #[serde(flatten)]
    pub of: RungRef,
    /// Its number in the rung.
    pub number: SegmentNumber,
    /// What it covers.
    pub time: Range<PresentationTime>,
}

impl Subject {
    /// The rung that it belongs to; none for the MPD.
    pub fn rung_ref(&self) -> Option<&RungRef> {
        match self {
            Self::Manifest => None,
            Self::Init(of) | Self::Index(of) | Self::Sizes(of) | Self::Key { of, .. } => Some(of),
            Self::Media(segment) => Some(&segment.of),
        }
    }

    /// The kind of track that it belongs to.
    pub fn track(&self) -> Option<TrackKind> {
        self.rung_ref().map(|of| of.track)
    }

    /// The rung that it belongs to.
    pub fn rung(&self) -> Option<RungId> {
        self.rung_ref().map(|of| of.rung)
    }

    /// The name of the media segment, if it is one.
    pub fn segment(&self) -> Option<SegmentId> {
        self.media().map(|segment| SegmentId { rung: segment.of.rung, number: segment.number })
    }

    /// The media segment that it is, if it is one.
    pub fn media(&self) -> Option<&SegmentOf> {
        match self {
            Self::Media(segment) => Some(segment),
            _ => None,
        }
    }

    /// How much media it brings; zero for anything but a media segment.
    pub fn duration(&self) -> Duration {
        self.media().map_or(Duration::ZERO, |segment| segment.time.end.since(segment.time.start))
    }

    /// One word, as in the JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Init(_) => "init",
            Self::Index(_) => "index",
            Self::Sizes(_) => "sizes",
            Self::Key { .. } => "key",
            Self::Media(_) => "media",
        }
    }
}
