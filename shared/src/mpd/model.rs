//! The MPD as it is written: typed, unresolved, every attribute optional. ISO/IEC 23009-1 clause 5; names as there.
//! What packagers and players need of the fifth edition is here; other elements are skipped in reading. What inherits
//! from where and what it means is not here: [`mod@super::resolve`].
#![expect(missing_docs, reason = "fields are named as in the standard; those that need a word have one")]

use super::datatype::{AspectRatio, ByteRange, FrameRate, XsDuration};
use super::xml::element;
use crate::time::DateTime;

element! {
    /// The document (5.3.1.2).
    Mpd {
        attributes {
            id: String = "id",
            /// Mandatory.
            profiles: String = "profiles",
            /// `static` (also when missing) or `dynamic`.
            presentation_type: String = "type",
            availability_start_time: DateTime = "availabilityStartTime",
            availability_end_time: DateTime = "availabilityEndTime",
            publish_time: DateTime = "publishTime",
            media_presentation_duration: XsDuration = "mediaPresentationDuration",
            minimum_update_period: XsDuration = "minimumUpdatePeriod",
            /// Mandatory.
            min_buffer_time: XsDuration = "minBufferTime",
            time_shift_buffer_depth: XsDuration = "timeShiftBufferDepth",
            suggested_presentation_delay: XsDuration = "suggestedPresentationDelay",
            max_segment_duration: XsDuration = "maxSegmentDuration",
            max_subsegment_duration: XsDuration = "maxSubsegmentDuration",
        }
        children {
            program_information: Vec<ProgramInformation> = "ProgramInformation",
            base_urls: Vec<BaseUrl> = "BaseURL",
            locations: Vec<String> = "Location",
            patch_locations: Vec<PatchLocation> = "PatchLocation",
            service_descriptions: Vec<ServiceDescription> = "ServiceDescription",
            content_protections: Vec<ContentProtection> = "ContentProtection",
            periods: Vec<Period> = "Period",
            essential_properties: Vec<Descriptor> = "EssentialProperty",
            supplemental_properties: Vec<Descriptor> = "SupplementalProperty",
            utc_timings: Vec<Descriptor> = "UTCTiming",
        }
    }
}

element! {
    /// What the presentation is (5.7).
    ProgramInformation {
        attributes { lang: String = "lang", more_information_url: String = "moreInformationURL", }
        children {
            title: Option<String> = "Title",
            source: Option<String> = "Source",
            copyright: Option<String> = "Copyright",
        }
    }
}

element! {
    /// One of several equal places (5.6); DVB (ETSI TS 103 285 10.8.2) adds order and weight.
    BaseUrl {
        attributes {
            service_location: String = "serviceLocation",
            byte_range: String = "byteRange",
            availability_time_offset: f64 = "availabilityTimeOffset",
            availability_time_complete: bool = "availabilityTimeComplete",
            time_shift_buffer_depth: XsDuration = "timeShiftBufferDepth",
            priority: u32 = "dvb:priority",
            weight: u32 = "dvb:weight",
        }
        text {
            /// Relative or absolute.
            url
        }
    }
}

element! {
    /// Where patches of a live MPD are (5.15).
    PatchLocation {
        attributes { ttl: f64 = "ttl", }
        text { url }
    }
}

element! {
    /// What the service is meant to feel like (Annex K).
    ServiceDescription {
        attributes { id: u32 = "id", }
        children {
            scopes: Vec<Descriptor> = "Scope",
            latencies: Vec<Latency> = "Latency",
            playback_rates: Vec<PlaybackRate> = "PlaybackRate",
        }
    }
}

element! {
    /// Latency in milliseconds (K.3.2).
    Latency {
        attributes {
            reference_id: u32 = "referenceId",
            target: u32 = "target",
            max: u32 = "max",
            min: u32 = "min",
        }
    }
}

element! {
    /// Speeds allowed for catching up (K.3.3).
    PlaybackRate {
        attributes { max: f64 = "max", min: f64 = "min", }
    }
}

element! {
    /// A scheme and a value (5.8.2): Role, Accessibility, properties, UTCTiming and others.
    Descriptor {
        attributes { scheme_id_uri: String = "schemeIdUri", value: String = "value", id: String = "id", }
    }
}

impl Descriptor {
    /// A scheme with a value.
    pub fn new(scheme_id_uri: impl Into<String>, value: impl Into<String>) -> Self {
        Self { scheme_id_uri: Some(scheme_id_uri.into()), value: Some(value.into()), id: None }
    }

    /// Whether it is of this scheme, whatever the value.
    pub fn is(&self, scheme_id_uri: &str) -> bool {
        self.scheme_id_uri.as_deref() == Some(scheme_id_uri)
    }
}

element! {
    /// How the content is encrypted (5.8.4.1), with the contents that ISO/IEC 23001-7 11.2 adds.
    ContentProtection {
        attributes {
            scheme_id_uri: String = "schemeIdUri",
            value: String = "value",
            id: String = "id",
            robustness: String = "robustness",
            ref_id: String = "refId",
            reference: String = "ref",
            default_kid: String = "cenc:default_KID",
        }
        children {
            /// Base64 of a whole `pssh` box.
            pssh: Vec<String> = "cenc:pssh",
            /// Base64 of a PlayReady object.
            playready: Vec<String> = "mspr:pro",
            license_urls: Vec<String> = "dashif:Laurl",
            other_license_urls: Vec<OtherLicenseUrl> = "ms:laurl",
        }
    }
}

element! {
    /// Where licences are, as older manifests write it: in an attribute or as text.
    OtherLicenseUrl {
        attributes {
            license_url: String = "licenseUrl",
        }
        text {
            text
        }
    }
}

element! {
    /// A stretch of the presentation with a fixed set of media (5.3.2).
    Period {
        attributes {
            href: String = "xlink:href",
            actuate: String = "xlink:actuate",
            id: String = "id",
            start: XsDuration = "start",
            duration: XsDuration = "duration",
            bitstream_switching: bool = "bitstreamSwitching",
        }
        children {
            base_urls: Vec<BaseUrl> = "BaseURL",
            segment_base: Option<SegmentBase> = "SegmentBase",
            segment_list: Option<SegmentList> = "SegmentList",
            segment_template: Option<SegmentTemplate> = "SegmentTemplate",
            asset_identifier: Option<Descriptor> = "AssetIdentifier",
            event_streams: Vec<EventStream> = "EventStream",
            content_protections: Vec<ContentProtection> = "ContentProtection",
            adaptation_sets: Vec<AdaptationSet> = "AdaptationSet",
            supplemental_properties: Vec<Descriptor> = "SupplementalProperty",
            group_labels: Vec<Label> = "GroupLabel",
        }
    }
}

element! {
    /// Timed events in the manifest or announced for the segments (5.10.2).
    EventStream {
        attributes {
            href: String = "xlink:href",
            actuate: String = "xlink:actuate",
            scheme_id_uri: String = "schemeIdUri",
            value: String = "value",
            timescale: u32 = "timescale",
            presentation_time_offset: u64 = "presentationTimeOffset",
        }
        children { events: Vec<Event> = "Event", }
    }
}

element! {
    /// One event; XML content of other namespaces is not kept.
    Event {
        attributes {
            presentation_time: u64 = "presentationTime",
            duration: u64 = "duration",
            id: u32 = "id",
            content_encoding: String = "contentEncoding",
            message_data: String = "messageData",
        }
        text { message }
    }
}

element! {
    /// What AdaptationSet, Representation and SubRepresentation have in common (5.3.7).
    Common {
        attributes {
            profiles: String = "profiles",
            width: u32 = "width",
            height: u32 = "height",
            /// Sample aspect ratio.
            sar: AspectRatio = "sar",
            frame_rate: FrameRate = "frameRate",
            /// One rate or `lowest highest`.
            audio_sampling_rate: String = "audioSamplingRate",
            mime_type: String = "mimeType",
            segment_profiles: String = "segmentProfiles",
            codecs: String = "codecs",
            container_profiles: String = "containerProfiles",
            maximum_sap_period: f64 = "maximumSAPPeriod",
            start_with_sap: u32 = "startWithSAP",
            max_playout_rate: f64 = "maxPlayoutRate",
            coding_dependency: bool = "codingDependency",
            scan_type: String = "scanType",
            selection_priority: u32 = "selectionPriority",
            tag: String = "tag",
        }
        children {
            frame_packings: Vec<Descriptor> = "FramePacking",
            audio_channel_configurations: Vec<Descriptor> = "AudioChannelConfiguration",
            content_protections: Vec<ContentProtection> = "ContentProtection",
            essential_properties: Vec<Descriptor> = "EssentialProperty",
            supplemental_properties: Vec<Descriptor> = "SupplementalProperty",
            inband_event_streams: Vec<EventStream> = "InbandEventStream",
            switchings: Vec<Switching> = "Switching",
            group_labels: Vec<Label> = "GroupLabel",
            labels: Vec<Label> = "Label",
            producer_reference_times: Vec<ProducerReferenceTime> = "ProducerReferenceTime",
            resyncs: Vec<Resync> = "Resync",
        }
    }
}

element! {
    /// Words for a menu (5.3.10).
    Label {
        attributes { id: u32 = "id", lang: String = "lang", }
        text { text }
    }
}

element! {
    /// Where one may switch to this Representation (5.3.3.4).
    Switching {
        attributes { interval: u32 = "interval", kind: String = "type", }
    }
}

element! {
    /// Wall clock against media time (5.12).
    ProducerReferenceTime {
        attributes {
            id: u32 = "id",
            inband: bool = "inband",
            kind: String = "type",
            application_scheme: String = "applicationScheme",
            wall_clock_time: String = "wallClockTime",
            presentation_time: u64 = "presentationTime",
        }
        children { utc_timing: Option<Descriptor> = "UTCTiming", }
    }
}

element! {
    /// Points of entry inside a segment (5.3.13).
    Resync {
        attributes {
            kind: u32 = "type",
            max_duration: u32 = "dT",
            max_interval: f64 = "dImax",
            min_interval: f64 = "dImin",
            marker: bool = "marker",
        }
    }
}

element! {
    /// Interchangeable versions of the same content (5.3.3).
    AdaptationSet extends common: Common {
        attributes {
            href: String = "xlink:href",
            actuate: String = "xlink:actuate",
            /// A whole number by the schema, a UUID at some packagers.
            id: String = "id",
            group: u32 = "group",
            lang: String = "lang",
            content_type: String = "contentType",
            /// Picture aspect ratio.
            par: AspectRatio = "par",
            min_bandwidth: u32 = "minBandwidth",
            max_bandwidth: u32 = "maxBandwidth",
            min_width: u32 = "minWidth",
            max_width: u32 = "maxWidth",
            min_height: u32 = "minHeight",
            max_height: u32 = "maxHeight",
            min_frame_rate: FrameRate = "minFrameRate",
            max_frame_rate: FrameRate = "maxFrameRate",
            segment_alignment: bool = "segmentAlignment",
            subsegment_alignment: bool = "subsegmentAlignment",
            subsegment_starts_with_sap: u32 = "subsegmentStartsWithSAP",
            bitstream_switching: bool = "bitstreamSwitching",
        }
        children {
            accessibilities: Vec<Descriptor> = "Accessibility",
            roles: Vec<Descriptor> = "Role",
            ratings: Vec<Descriptor> = "Rating",
            viewpoints: Vec<Descriptor> = "Viewpoint",
            content_components: Vec<ContentComponent> = "ContentComponent",
            base_urls: Vec<BaseUrl> = "BaseURL",
            segment_base: Option<SegmentBase> = "SegmentBase",
            segment_list: Option<SegmentList> = "SegmentList",
            segment_template: Option<SegmentTemplate> = "SegmentTemplate",
            representations: Vec<Representation> = "Representation",
        }
    }
}

element! {
    /// One of several contents multiplexed in the same segments (5.3.4).
    ContentComponent {
        attributes {
            id: String = "id",
            lang: String = "lang",
            content_type: String = "contentType",
            par: AspectRatio = "par",
            tag: String = "tag",
        }
        children {
            accessibilities: Vec<Descriptor> = "Accessibility",
            roles: Vec<Descriptor> = "Role",
        }
    }
}

element! {
    /// One version (5.3.5).
    Representation extends common: Common {
        attributes {
            /// Mandatory, unique in its Period, without white space.
            id: String = "id",
            /// Mandatory, in bit/s: with `minBufferTime` buffered, a link of this rate never starves.
            bandwidth: u32 = "bandwidth",
            quality_ranking: u32 = "qualityRanking",
            dependency_id: String = "dependencyId",
            association_id: String = "associationId",
            association_type: String = "associationType",
            media_stream_structure_id: String = "mediaStreamStructureId",
        }
        children {
            base_urls: Vec<BaseUrl> = "BaseURL",
            sub_representations: Vec<SubRepresentation> = "SubRepresentation",
            segment_base: Option<SegmentBase> = "SegmentBase",
            segment_list: Option<SegmentList> = "SegmentList",
            segment_template: Option<SegmentTemplate> = "SegmentTemplate",
        }
    }
}

element! {
    /// A part of a Representation (5.3.6). Kept, not used.
    SubRepresentation extends common: Common {
        attributes {
            level: u32 = "level",
            dependency_level: String = "dependencyLevel",
            bandwidth: u32 = "bandwidth",
            content_component: String = "contentComponent",
        }
    }
}

element! {
    /// A single segment with its index, and what all three ways of addressing have in common (5.3.9.2).
    SegmentBase {
        attributes {
            timescale: u32 = "timescale",
            ept_delta: i64 = "eptDelta",
            pd_delta: i64 = "pdDelta",
            presentation_time_offset: u64 = "presentationTimeOffset",
            presentation_duration: u64 = "presentationDuration",
            time_shift_buffer_depth: XsDuration = "timeShiftBufferDepth",
            index_range: ByteRange = "indexRange",
            index_range_exact: bool = "indexRangeExact",
            availability_time_offset: f64 = "availabilityTimeOffset",
            availability_time_complete: bool = "availabilityTimeComplete",
        }
        children {
            initialization: Option<SegmentUrlRange> = "Initialization",
            representation_index: Option<SegmentUrlRange> = "RepresentationIndex",
        }
    }
}

element! {
    /// A resource or a part of one (5.3.9.2.2, `URLType`).
    SegmentUrlRange {
        attributes { source_url: String = "sourceURL", range: ByteRange = "range", }
    }
}

element! {
    /// What lists and templates have in common (5.3.9.2).
    MultipleSegmentBase extends base: SegmentBase {
        attributes {
            /// Of each segment, in the timescale.
            duration: u32 = "duration",
            start_number: u32 = "startNumber",
            /// Of the last segment, included.
            end_number: u32 = "endNumber",
        }
        children {
            timeline: Option<SegmentTimeline> = "SegmentTimeline",
            bitstream_switching: Option<SegmentUrlRange> = "BitstreamSwitching",
        }
    }
}

element! {
    /// Segments by name (5.3.9.3).
    SegmentList extends multiple: MultipleSegmentBase {
        attributes { href: String = "xlink:href", actuate: String = "xlink:actuate", }
        children { urls: Vec<SegmentUrl> = "SegmentURL", }
    }
}

element! {
    /// One segment of a list (5.3.9.3.2).
    SegmentUrl {
        attributes {
            media: String = "media",
            media_range: ByteRange = "mediaRange",
            index: String = "index",
            index_range: ByteRange = "indexRange",
        }
    }
}

element! {
    /// Segments by rule (5.3.9.4).
    SegmentTemplate extends multiple: MultipleSegmentBase {
        attributes {
            media: String = "media",
            index: String = "index",
            initialization: String = "initialization",
            bitstream_switching: String = "bitstreamSwitching",
        }
    }
}

element! {
    /// When the segments start and how long they are (5.3.9.6).
    SegmentTimeline {
        children { entries: Vec<S> = "S", }
    }
}

element! {
    /// A run of segments of equal duration.
    S {
        attributes {
            /// Start in ticks; missing: where the run before ends.
            t: u64 = "t",
            /// Number of the first segment.
            n: u64 = "n",
            /// Duration in ticks. Mandatory.
            d: u64 = "d",
            /// Repetitions after the first; negative: up to the next run or the end of the Period.
            r: i64 = "r",
            /// Parts of a segment sequence.
            k: u64 = "k",
        }
    }
}
