//! What is known of a package before its first segment.

use super::hls::PlaylistType;
use crate::layout::Addressing;
use crate::plan::{RenditionKind, TileSheets};
use crate::protection::Protection;
use crate::text::TextRole;
use shared::bmff::Track;
use shared::mpd::datatype::FrameRate;
use shared::protection::KeyId;
use shared::text::TextTrack;
use shared::time::Timescale;
use shared::units::Bitrate;
use shared_av::{About, StreamPurpose};
use std::time::Duration;

/// What holds for the whole package.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Folder of this run's files, relative to the manifest.
    pub generation: String,
    /// How players find segments.
    pub addressing: Addressing,
    /// Nominal length of a segment; also what players are told to buffer (`minBufferTime`).
    pub segment: Duration,
    /// Which HLS playlists there are beside the manifest; `None` for none.
    pub hls: Option<PlaylistType>,
    /// How it is encrypted; `None` for a clear package.
    pub protection: Option<Protection>,
    /// What is said of the film.
    pub about: About,
    /// In the order in which they are to be listed.
    pub renditions: Vec<RenditionFacts>,
}

/// What is known of one Representation.
#[derive(Debug, Clone, PartialEq)]
pub struct RenditionFacts {
    /// `Representation@id`; its folder's name.
    pub id: String,
    /// What it holds.
    pub kind: RenditionKind,
    /// The stream of the master that it is made of.
    pub from: usize,
    /// Ticks a second of its segments.
    pub timescale: Timescale,
    /// Its initialization segment; `None` when its segments need none.
    pub init: Option<InitSegment>,
    /// Of pictures.
    pub frame_rate: Option<FrameRate>,
    /// BCP 47; `None` when unknown.
    pub language: Option<String>,
    /// A label for a menu of tracks.
    pub label: Option<String>,
    /// The default among those of its kind.
    pub main: bool,
    /// The purpose of sound.
    pub purpose: StreamPurpose,
    /// The type of stream access point that no segment exceeds (ISO/IEC 14496-12 Annex I): 1 for closed groups.
    pub access: u32,
    /// Of text.
    pub text: Option<TextFacts>,
    /// Of small pictures.
    pub tiles: Option<TileFacts>,
    /// The encoder's peak rate: its `bandwidth` until all segments are written and it can be computed.
    pub cap: Bitrate,
}

/// What is known of sheets of small pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileFacts {
    /// What they are.
    pub sheets: TileSheets,
    /// Ticks of the film that a whole sheet covers.
    pub duration: u64,
}

/// What is known of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextFacts {
    /// What it is for.
    pub role: TextRole,
    /// Its cues in the time of the package.
    pub track: TextTrack,
}

/// An initialization segment.
#[derive(Debug, Clone, PartialEq)]
pub struct InitSegment {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it says of the media.
    pub track: Track,
}

impl Facts {
    /// `minBufferTime`: one segment. A smaller value would make single large frames decide `bandwidth`; a larger one
    /// would delay every start.
    pub(super) fn min_buffer(&self) -> Duration {
        self.segment
    }

    /// The key of a rendition that is encrypted.
    pub(super) fn key_id(&self, rendition: &RenditionFacts) -> Option<KeyId> {
        self.protection.as_ref()?.key_id(&rendition.id)
    }
}

impl RenditionFacts {
    /// As the initialization segment describes it.
    pub(super) fn track(&self) -> Option<&Track> {
        self.init.as_ref().map(|init| &init.track)
    }

    /// Each of its segments can be decoded without the one before.
    pub(super) fn is_independent(&self) -> bool {
        self.access <= 2
    }

    /// Bytes of the initialization segment, 0 without one.
    pub(super) fn init_size(&self) -> u64 {
        self.init.as_ref().map_or(0, |init| init.bytes.len() as u64)
    }
}
