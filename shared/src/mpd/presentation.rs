//! The presentation as a player sees it: what was inherited is in its place, times are on one axis, segments are ready
//! to be asked for. Made from the document by [`mod@super::resolve`].

use super::datatype::{AspectRatio, FrameRate};
use super::model::Descriptor;
use crate::addressing::{Availability, Resource, SegmentIndex};
use crate::protection::{KeyId, SystemId};
use crate::time::{DateTime, PresentationTime};
use crate::units::Bitrate;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Everything that can be played under one MPD.
#[derive(Debug, Clone, PartialEq)]
pub struct Presentation {
    /// On demand or growing.
    pub kind: PresentationKind,
    /// `ProgramInformation/Title`.
    pub title: Option<String>,
    /// From the start of the presentation to the end of its last Period; `None` while an index has to be loaded first or
    /// the presentation has no end.
    pub duration: Option<Duration>,
    /// How much has to be buffered for the bandwidths to hold.
    pub min_buffer: Duration,
    /// In the order of time, at least one.
    pub periods: Vec<Period>,
}

/// Whether the presentation is complete.
#[derive(Debug, Clone, PartialEq)]
pub enum PresentationKind {
    /// All segments exist.
    Static,
    /// Segments appear and disappear with wall time.
    Dynamic(Live),
}

impl PresentationKind {
    /// When segments are available whose Representation has this @availabilityTimeOffset. A live presentation that does
    /// not say when it began is taken to list only what is there.
    pub fn availability(&self, offset: Duration) -> Availability {
        let live = match self {
            Self::Static => None,
            Self::Dynamic(live) => live.availability_start.map(|start| (start, live.time_shift_buffer_depth)),
        };
        live.map_or(Availability::ALWAYS, |(start, time_shift)| Availability { start, time_shift, offset })
    }
}

/// What a dynamic manifest says about time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// The wall time of the presentation's start.
    pub availability_start: Option<DateTime>,
    /// When this version was made.
    pub publish_time: Option<DateTime>,
    /// How often to ask for a new version; `None`: never.
    pub minimum_update_period: Option<Duration>,
    /// How far back segments can be had; `None`: to the beginning.
    pub time_shift_buffer_depth: Option<Duration>,
    /// How far behind the live edge to play.
    pub suggested_presentation_delay: Option<Duration>,
    /// Where new versions are; empty: where this one came from.
    pub locations: Vec<String>,
    /// How to learn the server's time.
    pub utc_timings: Vec<Descriptor>,
}

/// A stretch of time with a fixed set of media.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// As written.
    pub id: Option<String>,
    /// Where it begins on the axis of the presentation.
    pub start: PresentationTime,
    /// `None` when only the media knows, or nobody yet.
    pub duration: Option<Duration>,
    /// In the order of the document.
    pub sets: Vec<AdaptationSet>,
}

impl Period {
    /// Where it ends, if known.
    pub fn end(&self) -> Option<PresentationTime> {
        self.duration.map(|duration| self.start + duration)
    }
}

/// What a set of Representations is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentType {
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Subtitles and captions, plain or in segments.
    Text,
    /// Thumbnails.
    Image,
    /// Anything else.
    Other,
}

/// Representations of the same content, between which a player may switch.
#[derive(Debug, Clone, PartialEq)]
pub struct AdaptationSet {
    /// As written.
    pub id: Option<String>,
    /// From `contentType`, the MIME type or the codecs, whichever says it.
    pub content: ContentType,
    /// BCP 47, as written.
    pub lang: Option<String>,
    /// Words for a menu.
    pub label: Option<String>,
    /// Values of all Role descriptors: `main`, `alternate`, `commentary`, `subtitle`, …
    pub roles: Vec<String>,
    /// Accessibility descriptors.
    pub accessibilities: Vec<Descriptor>,
    /// A player that does not know one of these schemes leaves the set alone (5.8.4.8).
    pub essential: Vec<Descriptor>,
    /// May be ignored (5.8.4.9).
    pub supplemental: Vec<Descriptor>,
    /// `@selectionPriority`: of sets that suit alike, the one with the higher number (5.3.7.2); 1 when not said.
    pub priority: u32,
    /// Picture aspect ratio.
    pub par: Option<AspectRatio>,
    /// In the order of the document, at least one.
    pub representations: Vec<Representation>,
}

/// One version of the content.
#[derive(Debug, Clone, PartialEq)]
pub struct Representation {
    /// As written; made from its place when missing.
    pub id: String,
    /// Zero when missing.
    pub bandwidth: Bitrate,
    /// RFC 6381, without white space; empty when missing. Shared with the others that inherit it, as all that an
    /// AdaptationSet says.
    pub codecs: Arc<str>,
    /// As those of the set, which are not repeated here.
    pub essential: Vec<Descriptor>,
    /// MIME type, empty when missing.
    pub mime: Arc<str>,
    /// In samples.
    pub width: Option<u32>,
    /// In samples.
    pub height: Option<u32>,
    /// Constant or highest.
    pub frame_rate: Option<FrameRate>,
    /// Sample aspect ratio.
    pub sar: Option<AspectRatio>,
    /// In Hz; the higher one of two.
    pub audio_sampling_rate: Option<u32>,
    /// Loudspeakers, low-frequency ones included.
    pub channels: Option<u32>,
    /// The publisher's order of quality: less is better.
    pub quality_ranking: Option<u32>,
    /// Representations without which this one cannot be decoded.
    pub dependencies: Vec<String>,
    /// How it is encrypted; empty: in the clear.
    pub protection: Arc<[Protection]>,
    /// Where its files are, at least one; all offer the same.
    pub locations: Arc<[Location]>,
    /// What the decoder needs before the first segment; `None` when the segments bring it along.
    pub init: Option<Resource>,
    /// Its segments; empty and not pending when the manifest leads to none.
    pub index: SegmentIndex,
    /// A file with the true sizes of all segments, for [`SegmentIndex::with_sizes`].
    pub size_index: Option<Resource>,
    /// The type of stream access point that no segment exceeds (ISO/IEC 14496-12 Annex I): from 3 on pictures may follow that
    /// cannot be decoded without the segment before.
    pub starts_with_sap: Option<u32>,
}

/// One `ContentProtection` (5.8.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// Scheme URI.
    pub scheme: String,
    /// Such as `cenc`.
    pub value: Option<String>,
    /// `cenc:default_KID`.
    pub key_id: Option<KeyId>,
    /// Where licences are asked for, as written.
    pub license_url: Option<String>,
}

impl Protection {
    /// The licence system that it is for; none for what only says that there is encryption.
    pub fn system(&self) -> Option<SystemId> {
        SystemId::from_urn(&self.scheme)
    }

    /// What people call it: a licence system, or the scheme of the encryption where nothing more is said.
    pub fn name(&self) -> &str {
        let generic = self.scheme.eq_ignore_ascii_case("urn:mpeg:dash:mp4protection:2011");
        let value = self.value.as_deref().filter(|_| generic);
        self.system().and_then(SystemId::name).or(value).unwrap_or(&self.scheme)
    }
}

impl Representation {
    /// The key that its samples need, if the manifest says so.
    pub fn key_id(&self) -> Option<KeyId> {
        self.protection.iter().find_map(|protection| protection.key_id)
    }

    /// Where a licence of ClearKey is asked for. The URL that stands with another system is for that alone.
    pub fn clear_key_url(&self) -> Option<&str> {
        let clear = [Some(SystemId::CLEARKEY), Some(SystemId::COMMON)];
        self.protection.iter().filter(|one| clear.contains(&one.system())).find_map(|one| one.license_url.as_deref())
    }
}

/// One of several equal places.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// Absolute.
    pub base: Url,
    /// A name for what several Base URLs have in common, such as a CDN.
    pub service_location: Option<String>,
    /// Less comes first (dvb:priority, default 1).
    pub priority: u32,
    /// Share among equal priorities (dvb:weight, default 1).
    pub weight: u32,
}
