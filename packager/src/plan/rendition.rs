//! One entry of the plan's list of renditions: what it is called, what it holds, where it comes from and how it is made.

use super::{AudioEncoding, CopiedTrack, Plan, TileSheets, VideoEncoding};
use crate::probe::VideoTrack;
use crate::text::TextInfo;
use serde::{Deserialize, Serialize};
use shared::codec::{self, CodecKind};
use shared::protection::Label;
use shared::time::Timescale;
use std::collections::BTreeMap;

/// One Representation that is to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedRendition {
    /// `Representation@id` and the name of its folder; no other rendition of the plan has it.
    pub id: String,
    /// What it holds.
    pub kind: RenditionKind,
    /// The stream of the master that it is made from.
    pub from: usize,
    /// How it is made.
    pub how: How,
}

/// What a rendition holds, whatever it is made of. What the manifest says of each kind is a row of a table in
/// [`crate::catalogue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RenditionKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Text that is shown for a time.
    Text,
    /// Small pictures for a preview.
    Image,
}

/// How a rendition is made. Each way has its own settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The pictures are decoded, scaled and encoded.
    EncodeVideo(VideoEncoding),
    /// The sound is decoded, resampled and encoded.
    EncodeAudio(AudioEncoding),
    /// The track is taken as it is.
    Copy(CopiedTrack),
    /// The cues of a text become WebVTT, cut where the first rendition is cut.
    ConvertText(TextInfo),
    /// Pictures are made small, and put together to sheets.
    Tiles(TileSheets),
}

impl PlannedRendition {
    /// The label of the keys that it is encrypted with; text and small pictures stay clear. Lines are those of the shorter side: a film in portrait format is not
    /// worth more than the same one lying.
    pub fn label(&self) -> Option<Label> {
        match &self.how {
            How::EncodeVideo(encoding) => Some(Label::of_lines(encoding.rung.width.min(encoding.rung.height))),
            How::EncodeAudio(_) => Some(Label::Audio),
            How::Copy(track) => Some(track.lines.map_or(Label::Audio, Label::of_lines)),
            How::ConvertText(_) | How::Tiles(_) => None,
        }
    }

    /// Sound always can; of pictures, it has to be known which bytes may be encrypted.
    pub fn can_be_encrypted(&self) -> bool {
        match &self.how {
            How::EncodeVideo(_) | How::EncodeAudio(_) | How::ConvertText(_) | How::Tiles(_) => true,
            How::Copy(track) => {
                track.lines.is_none()
                    || matches!(codec::parse(&track.codec).kind(), CodecKind::Avc | CodecKind::Hevc | CodecKind::Av1)
            }
        }
    }
}

impl Plan {
    /// The streams of the master that something is made of.
    pub fn streams(&self) -> Vec<usize> {
        let pictures = self.source.iter().flat_map(VideoTrack::streams);
        pictures.chain(self.own_audio_encodings().flat_map(|(_, encoding)| encoding.track.streams())).collect()
    }

    /// The streams in which pictures or sound of another one go on, and that one.
    pub fn continued(&self) -> BTreeMap<usize, usize> {
        let pictures = self.source.iter().map(|track| (track.stream, &track.goes_on_in));
        let sounds =
            self.own_audio_encodings().map(|(_, encoding)| (encoding.track.stream, &encoding.track.goes_on_in));
        pictures.chain(sounds).flat_map(|(first, later)| later.iter().map(move |one| (*one, first))).collect()
    }

    /// The renditions of encoded pictures: their ids and settings.
    pub fn video_encodings(&self) -> impl Iterator<Item = (&str, &VideoEncoding)> {
        self.renditions.iter().filter_map(|rendition| match &rendition.how {
            How::EncodeVideo(encoding) => Some((rendition.id.as_str(), encoding)),
            How::EncodeAudio(_) | How::Copy(_) | How::ConvertText(_) | How::Tiles(_) => None,
        })
    }

    /// The renditions of encoded sound: their ids and settings.
    pub fn audio_encodings(&self) -> impl Iterator<Item = (&str, &AudioEncoding)> {
        self.renditions.iter().filter_map(|rendition| match &rendition.how {
            How::EncodeAudio(encoding) => Some((rendition.id.as_str(), encoding)),
            How::EncodeVideo(_) | How::Copy(_) | How::ConvertText(_) | How::Tiles(_) => None,
        })
    }

    /// The renditions that are tracks as they are: their ids and where they come from.
    pub fn copied_tracks(&self) -> impl Iterator<Item = (&str, &CopiedTrack)> {
        self.renditions.iter().filter_map(|rendition| match &rendition.how {
            How::Copy(track) => Some((rendition.id.as_str(), track)),
            How::EncodeVideo(_) | How::EncodeAudio(_) | How::ConvertText(_) | How::Tiles(_) => None,
        })
    }

    /// Those of them whose sound is in the master.
    pub fn own_audio_encodings(&self) -> impl Iterator<Item = (&str, &AudioEncoding)> {
        self.audio_encodings().filter(|(_, encoding)| encoding.track.beside.is_none())
    }

    /// The renditions of text: their ids and what they are.
    pub fn text_renditions(&self) -> impl Iterator<Item = (&str, &TextInfo)> {
        self.renditions.iter().filter_map(|rendition| match &rendition.how {
            How::ConvertText(text) => Some((rendition.id.as_str(), text)),
            How::EncodeVideo(_) | How::EncodeAudio(_) | How::Copy(_) | How::Tiles(_) => None,
        })
    }

    /// Ticks a second of text: those of the pictures.
    fn text_timescale(&self) -> Timescale {
        match self.renditions.first().map(|first| &first.how) {
            Some(How::Copy(track)) => track.timescale,
            _ => self.timescale,
        }
    }

    /// The renditions of small pictures: their ids and what they are.
    pub fn tile_sheets(&self) -> impl Iterator<Item = (&str, &TileSheets)> {
        self.renditions.iter().filter_map(|rendition| match &rendition.how {
            How::Tiles(sheets) => Some((rendition.id.as_str(), sheets)),
            How::EncodeVideo(_) | How::EncodeAudio(_) | How::Copy(_) | How::ConvertText(_) => None,
        })
    }

    /// Ticks a second of the segments of a rendition.
    pub fn timescale_of(&self, rendition: &PlannedRendition) -> Timescale {
        match &rendition.how {
            How::EncodeVideo(_) | How::Tiles(_) => self.timescale,
            How::ConvertText(_) => self.text_timescale(),
            How::EncodeAudio(encoding) => encoding.timescale(),
            How::Copy(track) => track.timescale,
        }
    }
}

/// The renditions as one list, each with an id of its own: a second one with the same id becomes `id-2` and so on.
pub(crate) fn with_unique_ids(renditions: impl Iterator<Item = PlannedRendition>) -> Vec<PlannedRendition> {
    let mut unique: Vec<PlannedRendition> = Vec::new();
    for mut rendition in renditions {
        let suffixed = format!("{}-", rendition.id);
        let taken = unique.iter().filter(|other| other.id == rendition.id || other.id.starts_with(&suffixed)).count();
        if taken > 0 {
            rendition.id = format!("{suffixed}{}", taken + 1);
        }
        unique.push(rendition);
    }
    unique
}
