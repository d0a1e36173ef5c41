//! Representations, and how they are grouped: players switch within an AdaptationSet without asking, so a set holds the
//! same content only (ISO/IEC 23009-1 5.3.3). It is one stream of the master that makes content the same, never a
//! description: two sound streams of one language may be the game and the microphone. Of one stream, pictures of one
//! codec and one kind of colour share a set, and sound of one codec and number of channels; of either, what has one key.

use super::describe;
use super::protect;
use super::timeline::timeline;
use crate::catalogue::bandwidth::{buffer_model_rate, peak_rate};
use crate::catalogue::collect::{RenditionSegments, duration};
use crate::catalogue::facts::{Facts, TileFacts};
use crate::catalogue::kind;
use crate::layout::{self, Addressing};
use crate::plan::RenditionKind;
use shared::codec::CodecKind;
use shared::mpd::datatype::ByteRange;
use shared::mpd::model::{
    AdaptationSet, BaseUrl, Common, Label, MultipleSegmentBase, Representation, SegmentBase, SegmentTemplate,
    SegmentUrlRange,
};
use shared::protection::KeyId;
use shared::time::{PresentationTime, Timescale};

/// What Representations of one set have in common.
#[derive(PartialEq)]
struct Key {
    kind: RenditionKind,
    /// The stream of the master.
    from: usize,
    codec: Option<CodecKind>,
    /// Of pictures: the transfer characteristics of ISO/IEC 23091-2.
    transfer: Option<u16>,
    /// Of sound.
    channels: Option<u16>,
    /// Players get licences by set.
    key_id: Option<KeyId>,
}

pub(super) fn adaptation_sets(facts: &Facts, all: &[RenditionSegments<'_>]) -> Vec<AdaptationSet> {
    let mut groups: Vec<(Key, Vec<&RenditionSegments<'_>>)> = vec![];
    for segments in all {
        let key = key(facts, segments);
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, members)) => members.push(segments),
            None => groups.push((key, vec![segments])),
        }
    }
    let lasts = duration(all);
    let set = |(id, members): (usize, &Vec<&RenditionSegments<'_>>)| {
        let mut set = adaptation_set(facts, id, members);
        let extent = members.iter().find_map(|one| one.extent(lasts));
        set.common.supplemental_properties.extend(extent.map(describe::extent));
        set
    };
    groups.iter().map(|(_, members)| members).enumerate().map(set).collect()
}

fn key(facts: &Facts, segments: &RenditionSegments<'_>) -> Key {
    let rendition = segments.rendition;
    Key {
        kind: rendition.kind,
        from: rendition.from,
        codec: rendition.track().map(|track| track.codec.kind()),
        transfer: kind::video(rendition).and_then(|video| video.colour).map(|colour| colour.transfer),
        channels: kind::audio(rendition).map(|audio| audio.channels),
        key_id: facts.key_id(rendition),
    }
}

fn adaptation_set(facts: &Facts, id: usize, members: &[&RenditionSegments<'_>]) -> AdaptationSet {
    let mut set = AdaptationSet { id: Some(id.to_string()), ..AdaptationSet::default() };
    let Some(first) = members.first() else { return set };
    let rendition = first.rendition;
    let row = kind::row(rendition.kind);
    set.content_type = Some(row.content_type.into());
    set.common.mime_type = Some(row.mime_type.into());
    set.lang = rendition.language.clone();
    set.common.labels = rendition.label.iter().map(|text| Label { text: text.clone(), ..Label::default() }).collect();
    let purposes = (row.purposes)(rendition);
    set.roles = purposes.roles;
    set.accessibilities = purposes.accessibilities;
    if row.is_media {
        access_points(facts, members, &mut set);
    }
    (row.describe_set)(&mut set, members);
    if let Some((protection, key_id)) = facts.protection.as_ref().zip(facts.key_id(rendition)) {
        set.common.content_protections = protect::descriptors(protection, key_id);
    }
    set.segment_template = shared_template(facts, members);
    let own_template = set.segment_template.is_none();
    set.representations = members.iter().map(|segments| representation(facts, segments, own_template)).collect();
    set
}

/// Where decoding can begin: with every segment, and in all Representations at the same time.
fn access_points(facts: &Facts, members: &[&RenditionSegments<'_>], set: &mut AdaptationSet) {
    let access = members.iter().map(|segments| segments.rendition.access).max();
    set.common.start_with_sap = access;
    if facts.addressing == Addressing::Base {
        set.subsegment_alignment = Some(true);
        set.subsegment_starts_with_sap = access;
    } else {
        set.segment_alignment = Some(true);
    }
}

fn representation(facts: &Facts, segments: &RenditionSegments<'_>, own_template: bool) -> Representation {
    let rendition = segments.rendition;
    let codecs = rendition.track().map(|track| track.codec.to_string());
    let mut common = Common { codecs, ..Common::default() };
    (kind::row(rendition.kind).describe_representation)(&mut common, rendition);
    let mut representation = Representation {
        id: Some(rendition.id.clone()),
        bandwidth: Some(bandwidth(facts, segments)),
        common,
        ..Representation::default()
    };
    if rendition.tiles.is_some() {
        representation.segment_template = own_template.then(|| template(facts, segments));
        return representation;
    }
    if facts.addressing == Addressing::Base {
        on_demand(&mut representation, facts, segments);
        return representation;
    }
    representation.segment_template = own_template.then(|| template(facts, segments));
    if !segments.grows {
        let index = layout::index(&facts.generation, &rendition.id);
        representation.common.supplemental_properties.push(describe::segment_index(index));
    }
    representation
}

/// Computed from the segments; while the package is growing, not below the encoder's peak rate.
fn bandwidth(facts: &Facts, segments: &RenditionSegments<'_>) -> u32 {
    let timescale = segments.rendition.timescale;
    let needed = buffer_model_rate(&segments.closed, timescale, facts.min_buffer());
    let measured = needed.max(peak_rate(&segments.closed, timescale)).ceil().max(1.0);
    let cap = if segments.grows { segments.rendition.cap.bps() as f64 } else { 0.0 };
    measured.max(cap) as u32 // saturates
}

/// `SegmentBase` over the Representation's one file, whose parts lie where [`crate::mux::single_file_head`] puts them.
fn on_demand(representation: &mut Representation, facts: &Facts, segments: &RenditionSegments<'_>) {
    let rendition = segments.rendition;
    let url = layout::single(&facts.generation, &rendition.id);
    let init_size = rendition.init_size();
    representation.base_urls = vec![BaseUrl { url, ..BaseUrl::default() }];
    representation.segment_base = Some(SegmentBase {
        timescale: Some(rendition.timescale.get()),
        index_range: ByteRange::of_length(init_size, segments.index_size()),
        index_range_exact: Some(true),
        initialization: rendition
            .init
            .as_ref()
            .map(|_| SegmentUrlRange { range: ByteRange::of_length(0, init_size), ..SegmentUrlRange::default() }),
        ..SegmentBase::default()
    });
}

/// One template for the whole set when all Representations agree, as pictures always do.
fn shared_template(facts: &Facts, members: &[&RenditionSegments<'_>]) -> Option<SegmentTemplate> {
    let (first, rest) = members.split_first()?;
    let has_files = facts.addressing != Addressing::Base || first.rendition.tiles.is_some();
    let template = has_files.then(|| template(facts, first))?;
    rest.iter().all(|other| self::template(facts, other) == template).then_some(template)
}

fn template(facts: &Facts, segments: &RenditionSegments<'_>) -> SegmentTemplate {
    let rendition = segments.rendition;
    if let Some(tiles) = rendition.tiles {
        return sheet_template(facts, rendition.timescale, tiles);
    }
    let by_number = facts.addressing == Addressing::Number;
    SegmentTemplate {
        media: Some(layout::segment_template(&facts.generation)),
        initialization: rendition.init.as_ref().map(|_| layout::init_template(&facts.generation)),
        multiple: MultipleSegmentBase {
            duration: by_number.then(|| nominal(facts, segments)),
            start_number: Some(1),
            end_number: by_number.then(|| u32::try_from(segments.closed.len()).unwrap_or(u32::MAX)),
            timeline: (!by_number).then(|| timeline(segments)),
            base: SegmentBase { timescale: Some(rendition.timescale.get()), ..SegmentBase::default() },
            ..MultipleSegmentBase::default()
        },
        ..SegmentTemplate::default()
    }
}

/// Sheets are files of one duration, however segments are addressed: players know no other way.
fn sheet_template(facts: &Facts, timescale: Timescale, tiles: TileFacts) -> SegmentTemplate {
    SegmentTemplate {
        media: Some(layout::sheet_template(&facts.generation)),
        multiple: MultipleSegmentBase {
            duration: u32::try_from(tiles.duration).ok(),
            start_number: Some(1),
            base: SegmentBase { timescale: Some(timescale.get()), ..SegmentBase::default() },
            ..MultipleSegmentBase::default()
        },
        ..SegmentTemplate::default()
    }
}

/// The nominal length of a segment: the exact one of a kind that is cut exactly, where its segments say it; the plan's
/// otherwise.
fn nominal(facts: &Facts, segments: &RenditionSegments<'_>) -> u32 {
    let rendition = segments.rendition;
    let is_exact = kind::row(rendition.kind).is_cut_exactly && segments.closed.len() > 1;
    let planned = rendition.timescale.ticks_at(PresentationTime::ZERO + facts.segment).max(1);
    let exact = segments.closed.first().filter(|_| is_exact);
    u32::try_from(exact.map_or(planned.unsigned_abs(), |first| first.duration)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, RenditionFacts};
    use crate::testing::{closed, facts, protection, rendition_facts};
    use shared::units::Bitrate;

    fn sets(renditions: Vec<RenditionFacts>) -> Vec<AdaptationSet> {
        let mut catalogue = Catalogue::new(facts(Addressing::Timeline, renditions.clone()));
        for rendition in &renditions {
            catalogue.apply(closed(&rendition.id, 1));
        }
        let complete = catalogue.complete().unwrap();
        adaptation_sets(complete.facts, &complete.renditions)
    }

    fn ids(set: &AdaptationSet) -> Vec<&str> {
        set.representations.iter().filter_map(|one| one.id.as_deref()).collect()
    }

    #[test]
    fn players_switch_between_what_is_alike_and_nothing_else() {
        let another = RenditionFacts { from: 1, ..rendition_facts("c") };
        let audio = RenditionFacts { kind: RenditionKind::Audio, ..rendition_facts("d") };
        let sets = sets(vec![rendition_facts("a"), rendition_facts("b"), another, audio]);
        assert_eq!(sets.iter().map(ids).collect::<Vec<_>>(), [vec!["a", "b"], vec!["c"], vec!["d"]]);
        assert_eq!(sets[0].content_type.as_deref(), Some("video"));
        assert_eq!(
            sets[2].common.mime_type.as_deref(),
            Some("audio/mp4"),
            "a set is what its renditions are said to be"
        );
    }

    #[test]
    fn what_has_another_key_is_a_set_of_its_own() {
        let renditions: Vec<_> = ["a", "b", "c", "d"].map(rendition_facts).into();
        let protection = Some(protection(&[("a", 1), ("b", 1), ("c", 2)]));
        let mut catalogue = Catalogue::new(Facts { protection, ..facts(Addressing::Timeline, renditions.clone()) });
        for rendition in &renditions {
            catalogue.apply(closed(&rendition.id, 1));
        }
        let complete = catalogue.complete().unwrap();
        let sets = adaptation_sets(complete.facts, &complete.renditions);
        assert_eq!(sets.iter().map(ids).collect::<Vec<_>>(), [vec!["a", "b"], vec!["c"], vec!["d"]]);
        let protected: Vec<bool> = sets.iter().map(|set| !set.common.content_protections.is_empty()).collect();
        assert_eq!(protected, [true, true, false]);
    }

    /// The one Representation `v` with two segments of two seconds and a thousand bytes each.
    fn only(addressing: Addressing, grows: bool, cap: Bitrate) -> Representation {
        let mut catalogue = Catalogue::new(facts(addressing, vec![RenditionFacts { cap, ..rendition_facts("v") }]));
        catalogue.apply(closed("v", 1));
        catalogue.apply(closed("v", 2));
        let mut complete = catalogue.complete().unwrap();
        complete.renditions[0].grows = grows;
        adaptation_sets(complete.facts, &complete.renditions).remove(0).representations.remove(0)
    }

    #[test]
    fn the_encoders_cap_counts_until_all_segments_are_measured() {
        let cap = Bitrate::from_kbps(500);
        assert_eq!(only(Addressing::Timeline, true, cap).bandwidth, Some(500_000));
        assert_eq!(only(Addressing::Timeline, false, cap).bandwidth, Some(4000));
        assert_eq!(only(Addressing::Timeline, true, Bitrate::ZERO).bandwidth, Some(4000), "never below what is there");
    }

    #[test]
    fn sizes_are_listed_when_there_will_be_no_more_of_them() {
        let lists_sizes = |grows| {
            let common = only(Addressing::Timeline, grows, Bitrate::ZERO).common;
            common.supplemental_properties.iter().any(|one| one.value == Some(layout::index("g", "v")))
        };
        assert!(lists_sizes(false) && !lists_sizes(true));
    }

    #[test]
    fn a_single_file_has_its_index_behind_its_initialization_segment() {
        let one = only(Addressing::Base, false, Bitrate::ZERO);
        let base = one.segment_base.unwrap();
        let (init, index) = (base.initialization.unwrap().range.unwrap(), base.index_range.unwrap());
        assert_eq!((init.first, init.last.map(|last| last + 1)), (0, Some(index.first)));
        assert_eq!(one.base_urls[0].url, layout::single("g", "v"));
    }

    #[test]
    fn what_has_no_initialization_segment_names_none() {
        let bare = RenditionFacts { init: None, ..rendition_facts("bare") };
        let sets = sets(vec![rendition_facts("a"), bare]);
        let initialization = |set: &AdaptationSet| set.segment_template.clone().unwrap().initialization;
        assert_eq!(initialization(&sets[0]), Some(layout::init_template("g")));
        assert_eq!(initialization(&sets[1]), None, "and it is no rung of those that have one");
        assert_eq!(sets[1].representations[0].common.codecs, None);
    }
}
