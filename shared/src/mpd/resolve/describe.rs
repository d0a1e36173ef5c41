//! What a set and a Representation are: codecs, sizes, channels, protection; what the Representation does not say, its
//! set says (ISO/IEC 23009-1 5.3.7).

use super::account::Account;
use super::protection;
use super::{MAX_ADDRESS, SEGMENT_INDEX_SCHEME};
use crate::addressing::{Resource, SegmentIndex};
use crate::mpd::datatype::{AspectRatio, FrameRate};
use crate::mpd::model::{AdaptationSet, Common, Descriptor, Representation};
use crate::mpd::presentation::{self, ContentType, Location, Protection};
use crate::shown::shortened;
use crate::units::Bitrate;
use std::sync::Arc;

/// Longer than any name, label, language, role or scheme; in characters.
const MAX_NAME: usize = 256;
/// Longer than any list of codecs or MIME type; in bytes.
const MAX_CODECS: usize = 1024;
/// Roles that are kept of one set.
const MAX_ROLES: usize = 32;

/// A name for people as it is kept: it is shown, and written to reports, again and again.
pub(super) fn named(text: &str) -> String {
    shortened(text, MAX_NAME).into_owned()
}

/// `None` for a set without Representations.
pub(super) fn set(
    set: &AdaptationSet,
    representations: Vec<presentation::Representation>,
) -> Option<presentation::AdaptationSet> {
    let first = representations.first()?;
    let component = set.content_components.first();
    let stated = set.content_type.as_deref().or_else(|| component?.content_type.as_deref());
    let roles = set.roles.iter().chain(component.iter().flat_map(|component| &component.roles));
    let lang = set.lang.as_deref().or_else(|| component?.lang.as_deref());
    Some(presentation::AdaptationSet {
        id: set.id.as_deref().map(named),
        content: content_type(stated, &first.mime, &first.codecs),
        lang: lang.map(named),
        label: set.common.labels.first().map(|label| named(&label.text)),
        roles: roles.filter_map(|role| role.value.as_deref()).take(MAX_ROLES).map(named).collect(),
        accessibilities: set.accessibilities.clone(),
        essential: set.common.essential_properties.clone(),
        supplemental: set.common.supplemental_properties.clone(),
        priority: set.common.selection_priority.unwrap_or(1),
        par: set.par,
        representations,
    })
}

/// The Representation with what has been resolved for it.
pub(super) fn representation(
    representation: &Representation,
    id: String,
    media: MediaFacts,
    locations: Arc<[Location]>,
    (init, index): (Option<Resource>, SegmentIndex),
) -> presentation::Representation {
    let dependencies = representation.dependency_id.iter().flat_map(|ids| ids.split_whitespace());
    presentation::Representation {
        id,
        bandwidth: bandwidth(representation),
        codecs: media.codecs.unwrap_or_default(),
        essential: representation.common.essential_properties.clone(),
        mime: media.mime.unwrap_or_default(),
        width: media.width,
        height: media.height,
        frame_rate: media.frame_rate,
        sar: media.sar,
        audio_sampling_rate: media.audio_sampling_rate,
        channels: media.channels,
        quality_ranking: representation.quality_ranking,
        dependencies: dependencies.map(str::to_owned).collect(),
        protection: media.protection,
        locations,
        init,
        index,
        size_index: size_index(&representation.common.supplemental_properties),
        starts_with_sap: media.starts_with_sap,
    }
}

/// Zero when missing.
pub(super) fn bandwidth(representation: &Representation) -> Bitrate {
    Bitrate::from_bps(representation.bandwidth.unwrap_or(0).into())
}

/// What the common attributes of one element say of its media. Read once an element; cheap to clone, because that of a
/// set goes to each of its Representations.
#[derive(Debug, Clone, Default)]
pub(super) struct MediaFacts {
    codecs: Option<Arc<str>>,
    mime: Option<Arc<str>>,
    width: Option<u32>,
    height: Option<u32>,
    frame_rate: Option<FrameRate>,
    sar: Option<AspectRatio>,
    audio_sampling_rate: Option<u32>,
    channels: Option<u32>,
    protection: Arc<[Protection]>,
    starts_with_sap: Option<u32>,
}

impl MediaFacts {
    pub(super) fn of(common: &Common, account: &mut Account<'_>) -> Self {
        let mut bounded = |name: &str, text: &Option<String>| {
            let text = text.as_deref()?;
            let end = text.floor_char_boundary(MAX_CODECS);
            if end < text.len() {
                account.complain(format!("has a @{name} of {} bytes, which is cut after {MAX_CODECS}", text.len()));
            }
            Some(text[..end].to_owned())
        };
        let codecs = bounded("codecs", &common.codecs).map(|text| text.split_whitespace().collect::<String>().into());
        let mime = bounded("mimeType", &common.mime_type).map(|text| text.trim().into());
        let rates = bounded("audioSamplingRate", &common.audio_sampling_rate);
        Self {
            codecs,
            mime,
            width: common.width,
            height: common.height,
            frame_rate: common.frame_rate,
            sar: common.sar,
            audio_sampling_rate: rates.and_then(|rates| sampling_rate(&rates)),
            channels: common.audio_channel_configurations.iter().find_map(channels),
            protection: protection::of(common),
            starts_with_sap: common.start_with_sap,
        }
    }

    /// Pictures or sound in an MP4 file.
    pub(super) fn is_mp4(&self) -> bool {
        matches!(self.mime.as_deref(), Some("video/mp4" | "audio/mp4"))
    }

    /// As a Representation of a set that says this of all of them.
    pub(super) fn within(self, set: &Self) -> Self {
        Self {
            codecs: self.codecs.or_else(|| set.codecs.clone()),
            mime: self.mime.or_else(|| set.mime.clone()),
            width: self.width.or(set.width),
            height: self.height.or(set.height),
            frame_rate: self.frame_rate.or(set.frame_rate),
            sar: self.sar.or(set.sar),
            audio_sampling_rate: self.audio_sampling_rate.or(set.audio_sampling_rate),
            channels: self.channels.or(set.channels),
            protection: protection::both(&self.protection, &set.protection),
            starts_with_sap: self.starts_with_sap.or(set.starts_with_sap),
        }
    }

    /// What the highest frame rate of a set says of a Representation that says nothing.
    pub(super) fn at_most(self, frame_rate: Option<FrameRate>) -> Self {
        Self { frame_rate: self.frame_rate.or(frame_rate), ..self }
    }

    /// How many bytes its texts have.
    pub(super) fn weight(&self) -> usize {
        let text = |text: &Option<Arc<str>>| text.as_ref().map_or(0, |text| text.len());
        text(&self.codecs) + text(&self.mime) + self.protection.iter().map(protection::weight).sum::<usize>()
    }
}

/// What an element of a `codecs` attribute is for; `None` when it is not known.
pub fn codec_content(codec: &str) -> Option<ContentType> {
    match codec.split('.').next().unwrap_or_default() {
        "stpp" | "wvtt" | "tx3g" => Some(ContentType::Text),
        "avc1" | "avc3" | "hvc1" | "hev1" | "dvh1" | "dvhe" | "av01" | "vp8" | "vp08" | "vp9" | "vp09" => {
            Some(ContentType::Video)
        }
        "mp4a" | "ac-3" | "ec-3" | "ac-4" | "opus" | "Opus" | "fLaC" | "flac" | "vorbis" => Some(ContentType::Audio),
        _ => None,
    }
}

/// From what is said, most explicit first. `application/mp4` needs the codecs.
fn content_type(stated: Option<&str>, mime: &str, codecs: &str) -> ContentType {
    let named = |name: &str| match name.split('/').next().unwrap_or_default() {
        "video" => Some(ContentType::Video),
        "audio" => Some(ContentType::Audio),
        "text" => Some(ContentType::Text),
        "image" => Some(ContentType::Image),
        _ => None,
    };
    let coded = || match codec_content(codecs.split(',').next().unwrap_or_default()) {
        None if mime.contains("ttml") => Some(ContentType::Text),
        known => known,
    };
    named(stated.unwrap_or_default()).or_else(|| named(mime)).or_else(coded).unwrap_or(ContentType::Other)
}

/// Of `lowest highest` the higher, which is what a decoder must be ready for.
fn sampling_rate(text: &str) -> Option<u32> {
    text.split_whitespace().filter_map(|rate| rate.parse().ok()).max()
}

/// Loudspeakers of an AudioChannelConfiguration in one of the schemes that occur.
fn channels(descriptor: &Descriptor) -> Option<u32> {
    let value = descriptor.value.as_deref()?.trim();
    let number = || value.parse::<u32>().ok().filter(|count| (1..=64).contains(count));
    match descriptor.scheme_id_uri.as_deref()? {
        // Nominally the table of ISO/IEC 23003-3; in the wild the number of channels, which agrees with it up to 6.
        "urn:mpeg:dash:23003:3:audio_channel_configuration:2011" => number(),
        "urn:dts:dash:audio_channel_configuration:2012" => number(),
        "urn:mpeg:mpegB:cicp:ChannelConfiguration" => cicp_channels(number()?),
        "tag:dolby.com,2014:dash:audio_channel_configuration:2011"
        | "urn:dolby:dash:audio_channel_configuration:2011" => {
            Some(dolby_channels(u16::from_str_radix(value, 16).ok()?))
        }
        _ => None,
    }
}

/// ISO/IEC 23091-3 table 10.
fn cicp_channels(configuration: u32) -> Option<u32> {
    const CHANNELS: [u32; 20] = [1, 2, 3, 4, 5, 6, 8, 2, 3, 4, 7, 8, 24, 8, 12, 10, 12, 14, 12, 14];
    CHANNELS.get(usize::try_from(configuration).ok()?.checked_sub(1)?).copied()
}

/// ETSI TS 102 366 table E.5: one bit a loudspeaker, some bits a pair.
fn dolby_channels(mask: u16) -> u32 {
    const PAIRS: u16 = 0x0674;
    mask.count_ones() + (mask & PAIRS).count_ones()
}

/// The file of true segment sizes that our packager announces.
fn size_index(properties: &[Descriptor]) -> Option<Resource> {
    let property = properties.iter().find(|property| property.is(SEGMENT_INDEX_SCHEME))?;
    property.value.clone().filter(|path| path.len() <= MAX_ADDRESS).map(Resource::whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_content_is_found_wherever_it_is_said() {
        let cases = [
            (Some("audio"), "video/mp4", "", ContentType::Audio),
            (None, "video/webm", "vp9", ContentType::Video),
            (None, "application/mp4", "stpp.ttml.im1t", ContentType::Text),
            (Some("application"), "application/ttml+xml", "", ContentType::Text),
            (None, "", "mp4a.40.2", ContentType::Audio),
            (None, "image/jpeg", "", ContentType::Image),
            (None, "application/octet-stream", "", ContentType::Other),
        ];
        for (stated, mime, codecs, expected) in cases {
            assert_eq!(content_type(stated, mime, codecs), expected, "{stated:?} {mime} {codecs}");
        }
    }

    #[test]
    fn loudspeakers_are_counted_in_each_scheme() {
        let cases = [
            ("urn:mpeg:dash:23003:3:audio_channel_configuration:2011", "6", Some(6)),
            ("urn:mpeg:mpegB:cicp:ChannelConfiguration", "7", Some(8)),
            ("urn:mpeg:mpegB:cicp:ChannelConfiguration", "99", None),
            ("tag:dolby.com,2014:dash:audio_channel_configuration:2011", "F801", Some(6)),
            ("tag:dolby.com,2014:dash:audio_channel_configuration:2011", "FA01", Some(8)),
            ("urn:unknown", "2", None),
        ];
        for (scheme, value, expected) in cases {
            assert_eq!(channels(&Descriptor::new(scheme, value)), expected, "{scheme} {value}");
        }
        assert_eq!(sampling_rate("44100 48000"), Some(48_000));
    }
}
