//! What a set and a Representation are: codecs, sizes, channels, protection; what the Representation does not say, its
//! set says (ISO/IEC 23009-1 5.3.7).

use super::SEGMENT_INDEX_SCHEME;
use crate::addressing::{Resource, SegmentIndex};
use crate::mpd::model::{AdaptationSet, Common, Descriptor, Representation};
use crate::mpd::presentation::{self, ContentType, Location};
use crate::units::Bitrate;

/// Encryption schemes that are kept of one Representation.
const MAX_SCHEMES: usize = 32;

/// `None` for a set without Representations.
pub(super) fn set(
    set: &AdaptationSet,
    representations: Vec<presentation::Representation>,
) -> Option<presentation::AdaptationSet> {
    let first = representations.first()?;
    let component = set.content_components.first();
    let stated = set.content_type.as_deref().or_else(|| component?.content_type.as_deref());
    let roles = set.roles.iter().chain(component.iter().flat_map(|component| &component.roles));
    Some(presentation::AdaptationSet {
        id: set.id.clone(),
        content: content_type(stated, &first.mime, &first.codecs),
        lang: set.lang.clone().or_else(|| component?.lang.clone()),
        label: set.common.labels.first().map(|label| label.text.clone()),
        roles: roles.filter_map(|role| role.value.clone()).collect(),
        accessibilities: set.accessibilities.clone(),
        essential: set.common.essential_properties.clone(),
        supplemental: set.common.supplemental_properties.clone(),
        par: set.par,
        representations,
    })
}

/// The Representation with what has been resolved for it.
pub(super) fn representation(
    set: &AdaptationSet,
    representation: &Representation,
    id: String,
    locations: Vec<Location>,
    (init, index): (Option<Resource>, SegmentIndex),
) -> presentation::Representation {
    let levels = CommonLevels { own: &representation.common, set: &set.common };
    presentation::Representation {
        id,
        bandwidth: bandwidth(representation),
        codecs: levels.text(|common| common.codecs.as_ref()).split_whitespace().collect(),
        mime: levels.text(|common| common.mime_type.as_ref()).trim().to_owned(),
        width: levels.find(|common| common.width),
        height: levels.find(|common| common.height),
        frame_rate: levels.find(|common| common.frame_rate).or(set.max_frame_rate),
        sar: levels.find(|common| common.sar),
        audio_sampling_rate: sampling_rate(levels.text(|common| common.audio_sampling_rate.as_ref())),
        channels: levels.find(|common| common.audio_channel_configurations.iter().find_map(channels)),
        quality_ranking: representation.quality_ranking,
        dependencies: representation
            .dependency_id
            .iter()
            .flat_map(|ids| ids.split_whitespace())
            .map(str::to_owned)
            .collect(),
        protection: protection(&levels),
        locations,
        init,
        index,
        size_index: size_index(&representation.common.supplemental_properties),
    }
}

/// Zero when missing.
pub(super) fn bandwidth(representation: &Representation) -> Bitrate {
    Bitrate::from_bps(representation.bandwidth.unwrap_or(0).into())
}

/// The common attributes of a Representation and of its set.
struct CommonLevels<'a> {
    own: &'a Common,
    set: &'a Common,
}

impl<'a> CommonLevels<'a> {
    fn find<T>(&self, get: impl Fn(&'a Common) -> Option<T>) -> Option<T> {
        get(self.own).or_else(|| get(self.set))
    }

    fn text(&self, get: impl Fn(&'a Common) -> Option<&'a String>) -> &'a str {
        self.find(get).map_or("", String::as_str)
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

fn protection(levels: &CommonLevels<'_>) -> Vec<String> {
    let all = levels.own.content_protections.iter().chain(&levels.set.content_protections);
    let mut schemes: Vec<String> = Vec::new();
    for scheme in all.filter_map(|protection| protection.scheme_id_uri.as_ref()) {
        if schemes.len() < MAX_SCHEMES && !schemes.contains(scheme) {
            schemes.push(scheme.clone());
        }
    }
    schemes
}

/// The file of true segment sizes that our packager announces.
fn size_index(properties: &[Descriptor]) -> Option<Resource> {
    let property = properties.iter().find(|property| property.is(SEGMENT_INDEX_SCHEME))?;
    property.value.clone().map(Resource::whole)
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
