//! What a package says of each kind of rendition: one row a kind. Nothing else here asks which kind a rendition is.

use super::collect::RenditionSegments;
use super::facts::{RenditionFacts, TileFacts};
use super::mpd::describe::{self, Purposes};
use crate::plan::RenditionKind;
use shared::bmff::entry::{Audio, MediaKind, Video};
use shared::mpd::datatype::AspectRatio;
use shared::mpd::model::{AdaptationSet, Common};

/// One row.
pub(super) struct ContentRow {
    /// `AdaptationSet@contentType`: a top-level media type (RFC 6838).
    pub(super) content_type: &'static str,
    /// `@mimeType` of its segments.
    pub(super) mime_type: &'static str,
    /// A decoder needs an initialization segment before the first media segment.
    pub(super) has_init: bool,
    /// Its segments lie where those of the pictures do, and are media that are described in MP4.
    pub(super) is_media: bool,
    /// The end of the presentation is the end of renditions of this kind.
    pub(super) leads: bool,
    /// What it is to a player of HLS.
    pub(super) hls: HlsRole,
    /// Whom it is for and what it is: `Role` and `Accessibility`.
    pub(super) purposes: fn(&RenditionFacts) -> Purposes,
    /// All segments but the last have exactly the planned length.
    pub(super) is_cut_exactly: bool,
    /// What members of a set have in common, and their extremes.
    pub(super) describe_set: fn(&mut AdaptationSet, &[&RenditionSegments<'_>]),
    /// What a Representation says for itself.
    pub(super) describe_representation: fn(&mut Common, &RenditionFacts),
}

/// What a rendition is to a player of HLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HlsRole {
    /// One of those that it switches between, also to its key frames alone.
    Variant,
    /// A member of groups of alternative sound.
    Audio,
    /// A member of the group of texts, as a file of WebVTT.
    Subtitles,
    /// Sheets of small pictures.
    Images,
}

const VIDEO: ContentRow = ContentRow {
    content_type: "video",
    mime_type: "video/mp4",
    has_init: true,
    is_media: true,
    leads: true,
    hls: HlsRole::Variant,
    purposes: describe::of_sound,
    is_cut_exactly: true,
    describe_set: video_set,
    describe_representation: video_representation,
};

/// Packets of sound do not end where pictures do, so its segments are cut at the packet nearest to the cut.
const AUDIO: ContentRow = ContentRow {
    content_type: "audio",
    mime_type: "audio/mp4",
    has_init: true,
    is_media: true,
    leads: false,
    hls: HlsRole::Audio,
    purposes: describe::of_sound,
    is_cut_exactly: false,
    describe_set: audio_set,
    describe_representation: audio_representation,
};

/// Text is cut where the pictures are. It is in MP4 for the segments' sake; its media type says no more.
const TEXT: ContentRow = ContentRow {
    content_type: "text",
    mime_type: "application/mp4",
    has_init: true,
    is_media: true,
    leads: false,
    hls: HlsRole::Subtitles,
    purposes: describe::of_text,
    is_cut_exactly: true,
    describe_set: |_, _| {},
    describe_representation: |_, _| {},
};

/// Sheets of small pictures cover more time than segments do.
const IMAGE: ContentRow = ContentRow {
    content_type: "image",
    mime_type: "image/jpeg",
    has_init: false,
    is_media: false,
    leads: false,
    hls: HlsRole::Images,
    purposes: |_| Purposes::default(),
    is_cut_exactly: true,
    describe_set: |_, _| {},
    describe_representation: image_representation,
};

pub(super) fn row(kind: RenditionKind) -> &'static ContentRow {
    match kind {
        RenditionKind::Video => &VIDEO,
        RenditionKind::Audio => &AUDIO,
        RenditionKind::Text => &TEXT,
        RenditionKind::Image => &IMAGE,
    }
}

/// Whether a rendition of this kind has an initialization segment.
pub fn has_init(kind: RenditionKind) -> bool {
    row(kind).has_init
}

fn video_set(set: &mut AdaptationSet, members: &[&RenditionSegments<'_>]) {
    let videos = || members.iter().filter_map(|segments| video(segments.rendition));
    set.max_width = videos().map(|video| u32::from(video.width)).max();
    set.max_height = videos().map(|video| u32::from(video.height)).max();
    set.par = videos().max_by_key(|video| video.height).map(picture_aspect);
    let rates = members.iter().filter_map(|segments| segments.rendition.frame_rate);
    set.max_frame_rate = rates.max_by(|a, b| a.fps().total_cmp(&b.fps()));
    let colour = members.first().and_then(|first| video(first.rendition)).and_then(|video| video.colour);
    let descriptors = describe::colour(colour);
    set.common.essential_properties = descriptors.essential;
    set.common.supplemental_properties = descriptors.supplemental;
}

fn video_representation(common: &mut Common, rendition: &RenditionFacts) {
    let Some(video) = video(rendition) else { return };
    common.width = Some(video.width.into());
    common.height = Some(video.height.into());
    common.frame_rate = rendition.frame_rate;
    let (x, y) = video.sar.unwrap_or((1, 1));
    common.sar = Some(AspectRatio { x, y });
}

fn audio_set(set: &mut AdaptationSet, members: &[&RenditionSegments<'_>]) {
    let first = members.first().and_then(|first| audio(first.rendition));
    set.common.audio_channel_configurations =
        first.map(|audio| describe::channels(audio.channels)).into_iter().collect();
}

fn audio_representation(common: &mut Common, rendition: &RenditionFacts) {
    common.audio_sampling_rate = audio(rendition).map(|audio| audio.rate.to_string());
}

/// Sizes are those of the whole sheet. Some players look for the grid in the Representation alone.
fn image_representation(common: &mut Common, rendition: &RenditionFacts) {
    let Some(TileFacts { sheets, .. }) = rendition.tiles else { return };
    common.width = Some(sheets.columns * sheets.width);
    common.height = Some(sheets.rows * sheets.height);
    common.essential_properties.push(describe::tiles(sheets.columns, sheets.rows));
}

/// What the initialization segment says of the pictures.
pub(super) fn video(rendition: &RenditionFacts) -> Option<&Video> {
    match &rendition.track()?.kind {
        MediaKind::Video(video) => Some(video),
        MediaKind::Audio(_) | MediaKind::Other(_) => None,
    }
}

/// What the initialization segment says of the sound.
pub(super) fn audio(rendition: &RenditionFacts) -> Option<&Audio> {
    match &rendition.track()?.kind {
        MediaKind::Audio(audio) => Some(audio),
        MediaKind::Video(_) | MediaKind::Other(_) => None,
    }
}

/// Width to height of the picture as shown.
fn picture_aspect(video: &Video) -> AspectRatio {
    let (x, y) = video.sar.unwrap_or((1, 1));
    let (width, height) = (u64::from(video.width) * u64::from(x), u64::from(video.height) * u64::from(y));
    let divisor = greatest_common_divisor(width, height).max(1);
    let part = |value: u64| u32::try_from(value / divisor).unwrap_or(u32::MAX);
    AspectRatio { x: part(width), y: part(height) }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rendition_facts;

    #[test]
    fn the_media_type_of_a_row_is_that_of_its_content() {
        for kind in [RenditionKind::Video, RenditionKind::Audio] {
            let row = row(kind);
            assert_eq!(row.mime_type.split_once('/').unwrap().0, row.content_type);
        }
    }

    #[test]
    fn pictures_say_their_size_and_sound_does_not() {
        let pictures = rendition_facts("v");
        let mut common = Common::default();
        (row(RenditionKind::Video).describe_representation)(&mut common, &pictures);
        assert_eq!((common.width, common.height, common.audio_sampling_rate), (Some(64), Some(36), None));
        let without_init = RenditionFacts { init: None, ..pictures };
        let mut common = Common::default();
        (row(RenditionKind::Video).describe_representation)(&mut common, &without_init);
        assert_eq!(common, Common::default(), "nothing is known without an initialization segment");
    }

    #[test]
    fn an_aspect_ratio_has_the_smallest_numbers() {
        let of = |width, height, sar| {
            let plain = rendition_facts("v");
            let video = Video { width, height, sar, ..*video(&plain).unwrap() };
            let AspectRatio { x, y } = picture_aspect(&video);
            (x, y)
        };
        assert_eq!(of(1920, 1080, None), (16, 9));
        assert_eq!(of(720, 576, Some((64, 45))), (16, 9));
        assert_eq!(of(0, 0, None), (0, 0));
    }
}
