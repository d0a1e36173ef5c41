//! What is known of the tracks of an input when they are to become renditions. Plain values, whatever container they come
//! from.

use super::starts::Start;
use crate::plan::RenditionKind;
use shared::bmff::entry::{Audio, MediaKind, Video};
use shared::codec::{Codec, CodecKind};
use shared::time::{MediaTime, PresentationTime, Timescale};
use shared_av::StreamPurpose;
use std::ops::Range;

/// An input.
#[derive(Debug, Clone, PartialEq)]
pub struct InputFacts {
    /// How messages call it.
    pub name: String,
    /// What its times count from.
    pub origin: Origin,
    /// Those that are copied.
    pub tracks: Vec<TrackFacts>,
    /// What the package will not have, in words.
    pub left_out: Vec<String>,
    /// What else is to be known of it.
    pub notes: Vec<String>,
}

/// What the times of an input count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The beginning of the film: edit lists say where each track begins.
    Film,
    /// About the beginning of the film: without edit lists, writers move everything by the priming of sound or by the
    /// reordering of pictures.
    Nearly,
    /// Anything, as in transport streams.
    Anywhere,
}

/// A track.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackFacts {
    /// The input's own number of it.
    pub track: u32,
    /// Ticks a second.
    pub timescale: Timescale,
    /// The codec, with profile and level.
    pub codec: Codec,
    /// Pictures or sound, with what the sample entry says.
    pub media: MediaKind,
    /// As the container spells it.
    pub language: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// Whom it is for.
    pub purpose: StreamPurpose,
    /// The container prefers it to others.
    pub is_default: bool,
    /// What is added to a composition time to make it a presentation time, in ticks.
    pub shift: i64,
    /// By how much composition precedes decoding at most, in ticks.
    pub earlier: i64,
    /// When the first of its samples that are used is decoded, in ticks of presentation.
    pub decoded_at: i64,
    /// The samples that are used.
    pub samples: Range<u32>,
    /// From the first presentation to the end of the last, in ticks.
    pub presented: Range<i64>,
    /// From the first decoding to the end of the last, in ticks.
    pub lasts: i64,
    /// All bytes.
    pub bytes: u64,
    /// The duration that most samples have, in ticks, and whether all have it.
    pub usual: (u32, bool),
    /// Of pictures: where decoding can begin.
    pub starts: Vec<Start>,
    /// What tells a track of sound that is in several inputs: its sizes and first bytes.
    pub identity: u64,
}

impl TrackFacts {
    /// What a rendition of it holds.
    pub fn kind(&self) -> RenditionKind {
        match self.media {
            MediaKind::Video(_) => RenditionKind::Video,
            MediaKind::Audio(_) | MediaKind::Other(_) => RenditionKind::Audio,
        }
    }

    /// Its pictures.
    pub fn video(&self) -> Option<&Video> {
        if let MediaKind::Video(video) = &self.media { Some(video) } else { None }
    }

    /// Its sound.
    pub fn audio(&self) -> Option<&Audio> {
        if let MediaKind::Audio(audio) = &self.media { Some(audio) } else { None }
    }

    /// A tick of its own on the axis of all.
    pub fn time(&self, ticks: i64) -> PresentationTime {
        MediaTime::new(ticks, self.timescale).presentation()
    }

    /// Of a sample as most are, in seconds.
    pub fn sample_secs(&self) -> f64 {
        f64::from(self.usual.0) / f64::from(self.timescale.get())
    }

    /// How long it is presented, in seconds.
    pub fn secs(&self) -> f64 {
        (self.presented.end - self.presented.start) as f64 / f64::from(self.timescale.get())
    }
}

/// How ids and messages call a codec that is copied; `None` for one that is not.
pub(super) fn codec_name(codec: &Codec) -> Option<&'static str> {
    Some(match codec.kind() {
        CodecKind::Avc => "h264",
        CodecKind::Hevc => "hevc",
        CodecKind::Av1 => "av1",
        CodecKind::Vp9 => "vp9",
        CodecKind::Aac => "aac",
        CodecKind::Mp3 => "mp3",
        CodecKind::Opus => "opus",
        CodecKind::Ac3 => "ac3",
        CodecKind::Eac3 => "eac3",
        CodecKind::Flac => "flac",
        CodecKind::Vp8 | CodecKind::Vorbis | CodecKind::Other => return None,
    })
}
