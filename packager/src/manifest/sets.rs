//! Representations, and how they are grouped: players switch within an AdaptationSet only, so pictures of one codec
//! and one kind of colour share a set, and sound of one codec, language and number of channels.

use super::bandwidth::{buffer_model_rate, peak_rate};
use super::describe::{self, ColourDescriptors};
use super::timeline::timeline;
use super::{Facts, Segments};
use crate::layout::{self, Addressing};
use shared::bmff::entry::{Audio, MediaKind, Video};
use shared::codec::CodecKind;
use shared::mpd::datatype::{AspectRatio, ByteRange, FrameRate};
use shared::mpd::model::{
    AdaptationSet, BaseUrl, Common, Label, MultipleSegmentBase, Representation, SegmentBase, SegmentTemplate,
    SegmentUrlRange,
};
use shared::time::{PresentationTime, Timescale};
use shared_av::StreamPurpose;

/// What Representations of one set have in common.
#[derive(PartialEq)]
enum Key<'a> {
    Video {
        codec: CodecKind,
        transfer: Option<u16>,
    },
    Audio {
        codec: CodecKind,
        language: Option<&'a str>,
        channels: u16,
        label: Option<&'a str>,
        purpose: StreamPurpose,
        main: bool,
    },
}

pub(super) fn adaptation_sets(facts: &Facts, all: &[Segments<'_>]) -> Vec<AdaptationSet> {
    let mut groups: Vec<(Key<'_>, Vec<&Segments<'_>>)> = vec![];
    for segments in all {
        let key = key(segments);
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, members)) => members.push(segments),
            None => groups.push((key, vec![segments])),
        }
    }
    groups.iter().enumerate().map(|(id, (_, members))| adaptation_set(facts, id, members)).collect()
}

fn key<'a>(segments: &Segments<'a>) -> Key<'a> {
    let rendition = segments.rendition;
    let codec = rendition.track.codec.kind();
    match &rendition.track.kind {
        MediaKind::Audio(audio) => Key::Audio {
            codec,
            language: rendition.language.as_deref(),
            channels: audio.channels,
            label: rendition.label.as_deref(),
            purpose: rendition.purpose,
            main: rendition.main,
        },
        MediaKind::Video(Video { colour, .. }) => Key::Video { codec, transfer: colour.map(|colour| colour.transfer) },
        MediaKind::Other(_) => Key::Video { codec, transfer: None },
    }
}

fn adaptation_set(facts: &Facts, id: usize, members: &[&Segments<'_>]) -> AdaptationSet {
    let mut set = AdaptationSet { id: Some(id.to_string()), ..AdaptationSet::default() };
    let Some(first) = members.first() else { return set };
    let rendition = first.rendition;
    set.lang = rendition.language.clone();
    set.common.labels = rendition.label.iter().map(|text| Label { text: text.clone(), ..Label::default() }).collect();
    set.roles = describe::roles(rendition.main, rendition.purpose);
    set.accessibilities = describe::accessibility(rendition.purpose).into_iter().collect();
    set.common.start_with_sap = Some(1);
    if facts.addressing == Addressing::Base {
        set.subsegment_alignment = Some(true);
        set.subsegment_starts_with_sap = Some(1);
    } else {
        set.segment_alignment = Some(true);
    }
    match &rendition.track.kind {
        MediaKind::Audio(audio) => describe_audio(&mut set, audio),
        _ => describe_video(&mut set, members),
    }
    set.segment_template = shared_template(facts, members);
    let own_template = set.segment_template.is_none();
    set.representations = members.iter().map(|segments| representation(facts, segments, own_template)).collect();
    set
}

fn describe_audio(set: &mut AdaptationSet, audio: &Audio) {
    set.content_type = Some("audio".into());
    set.common.mime_type = Some("audio/mp4".into());
    set.common.audio_channel_configurations = vec![describe::channels(audio.channels)];
}

fn describe_video(set: &mut AdaptationSet, members: &[&Segments<'_>]) {
    set.content_type = Some("video".into());
    set.common.mime_type = Some("video/mp4".into());
    let videos = || members.iter().filter_map(|segments| video(segments));
    set.max_width = videos().map(|video| u32::from(video.width)).max();
    set.max_height = videos().map(|video| u32::from(video.height)).max();
    set.par = videos().max_by_key(|video| video.height).map(picture_aspect);
    let rates = members.iter().filter_map(|segments| segments.rendition.frame_rate);
    set.max_frame_rate = rates.max_by(|a, b| a.fps().total_cmp(&b.fps()));
    let ColourDescriptors { essential, supplemental } =
        members.first().map_or_else(ColourDescriptors::none, |first| describe::colour(&first.rendition.track));
    set.common.essential_properties = essential;
    set.common.supplemental_properties = supplemental;
}

fn video<'a>(segments: &Segments<'a>) -> Option<&'a Video> {
    match &segments.rendition.track.kind {
        MediaKind::Video(video) => Some(video),
        _ => None,
    }
}

fn representation(facts: &Facts, segments: &Segments<'_>, own_template: bool) -> Representation {
    let rendition = segments.rendition;
    let mut common = Common { codecs: Some(rendition.track.codec.to_string()), ..Common::default() };
    match &rendition.track.kind {
        MediaKind::Video(video) => picture(&mut common, video, rendition.frame_rate),
        MediaKind::Audio(audio) => common.audio_sampling_rate = Some(audio.rate.to_string()),
        MediaKind::Other(_) => {}
    }
    let mut representation = Representation {
        id: Some(rendition.id.clone()),
        bandwidth: Some(bandwidth(facts, segments)),
        common,
        ..Representation::default()
    };
    match facts.addressing {
        Addressing::Base => on_demand(&mut representation, facts, segments),
        _ => {
            if segments.grows {
                representation.segment_template = own_template.then(|| template(facts, segments));
                return representation;
            }
            let index = layout::index(&facts.generation, &rendition.id);
            representation.common.supplemental_properties.push(describe::segment_index(index));
            representation.segment_template = own_template.then(|| template(facts, segments));
        }
    }
    representation
}

fn picture(common: &mut Common, video: &Video, frame_rate: Option<FrameRate>) {
    common.width = Some(video.width.into());
    common.height = Some(video.height.into());
    common.frame_rate = frame_rate;
    let (x, y) = video.sar.unwrap_or((1, 1));
    common.sar = Some(AspectRatio { x, y });
}

/// Computed from the segments; while the package is growing, not below the encoder's peak rate.
fn bandwidth(facts: &Facts, segments: &Segments<'_>) -> u32 {
    let timescale = segments.rendition.track.timescale;
    let needed = buffer_model_rate(&segments.closed, timescale, facts.min_buffer());
    let measured = needed.max(peak_rate(&segments.closed, timescale)).ceil().max(1.0);
    let cap = if segments.grows { segments.rendition.cap.bps() as f64 } else { 0.0 };
    measured.max(cap) as u32 // saturates
}

/// `SegmentBase` over the Representation's one file, whose parts lie where [`crate::mux::single_file_head`] puts them.
fn on_demand(representation: &mut Representation, facts: &Facts, segments: &Segments<'_>) {
    let rendition = segments.rendition;
    let index_size = shared::bmff::Sidx::written_size(segments.closed.len()) as u64;
    let url = layout::single(&facts.generation, &rendition.id);
    representation.base_urls = vec![BaseUrl { url, ..BaseUrl::default() }];
    representation.segment_base = Some(SegmentBase {
        timescale: Some(rendition.track.timescale.get()),
        index_range: ByteRange::of_length(rendition.init_size, index_size),
        index_range_exact: Some(true),
        initialization: Some(SegmentUrlRange {
            range: ByteRange::of_length(0, rendition.init_size),
            ..SegmentUrlRange::default()
        }),
        ..SegmentBase::default()
    });
}

/// One template for the whole set when all Representations agree, as pictures always do.
fn shared_template(facts: &Facts, members: &[&Segments<'_>]) -> Option<SegmentTemplate> {
    let (first, rest) = members.split_first()?;
    let template = (facts.addressing != Addressing::Base).then(|| template(facts, first))?;
    rest.iter().all(|other| self::template(facts, other) == template).then_some(template)
}

fn template(facts: &Facts, segments: &Segments<'_>) -> SegmentTemplate {
    let timescale = segments.rendition.track.timescale;
    let by_number = facts.addressing == Addressing::Number;
    SegmentTemplate {
        media: Some(layout::segment_template(&facts.generation)),
        initialization: Some(layout::init_template(&facts.generation)),
        multiple: MultipleSegmentBase {
            duration: by_number.then(|| nominal(facts, segments, timescale)),
            start_number: Some(1),
            end_number: by_number.then(|| u32::try_from(segments.closed.len()).unwrap_or(u32::MAX)),
            timeline: (!by_number).then(|| timeline(segments)),
            base: SegmentBase { timescale: Some(timescale.get()), ..SegmentBase::default() },
            ..MultipleSegmentBase::default()
        },
        ..SegmentTemplate::default()
    }
}

/// The nominal length of a segment: the pictures' exact one where they say it, the plan's for sound.
fn nominal(facts: &Facts, segments: &Segments<'_>, timescale: Timescale) -> u32 {
    let planned = timescale.ticks_at(PresentationTime::ZERO + facts.segment).max(1);
    let exact = segments.closed.first().filter(|_| segments.is_video() && segments.closed.len() > 1);
    u32::try_from(exact.map_or(planned.unsigned_abs(), |first| first.duration)).unwrap_or(u32::MAX)
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
