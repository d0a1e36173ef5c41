//! Groups of alternative sound (RFC 8216 4.3.4.1). A group is one way of coding, of which a player takes the best that
//! it can play, and has a member for every track; so a track that was not coded in this way is there in the one nearest
//! to it. What is said of a track is the same in all groups, but for its place and its channels.

use super::tags::Attributes;
use crate::catalogue::RenditionFacts;
use crate::catalogue::collect::{CompletePackage, RenditionSegments};
use crate::catalogue::kind::{self, HlsRole};
use shared::codec::CodecKind;
use shared_av::StreamPurpose;

/// One way of coding with a member for each track, in the order of the tracks.
pub(super) struct Group<'a> {
    pub(super) id: &'a str,
    pub(super) members: Vec<(Track<'a>, &'a RenditionSegments<'a>)>,
}

/// What is said of a track in every group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Track<'a> {
    /// The stream of the master.
    from: usize,
    /// Different from those of all others.
    name: String,
    language: Option<&'a str>,
    /// `CHARACTERISTICS`: a uniform type identifier.
    characteristic: Option<&'static str>,
    pub(super) is_default: bool,
    /// A player may choose it by language and characteristics.
    is_chosen: bool,
}

/// A way of coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Coding {
    codec: Option<CodecKind>,
    channels: u16,
    /// How many renditions of the same track are coded so and better.
    rank: usize,
}

/// The groups in the order in which their renditions are listed. A way of coding that only changes what is no group's
/// choice, as that of the one track of a single channel, makes none.
pub(super) fn groups<'a>(complete: &'a CompletePackage<'a>) -> Vec<Group<'a>> {
    let renditions = renditions(complete);
    let tracks = tracks(&renditions);
    let mut groups: Vec<Group<'a>> = vec![];
    for (coding, one) in &renditions {
        let members = tracks.iter().filter_map(|track| Some((track.clone(), nearest(&renditions, track, *coding)?)));
        let group = Group { id: &one.rendition.id, members: members.collect() };
        if groups.iter().all(|other| other.ids() != group.ids()) {
            groups.push(group);
        }
    }
    groups
}

impl Group<'_> {
    fn ids(&self) -> Vec<&str> {
        self.members.iter().map(|(_, one)| one.rendition.id.as_str()).collect()
    }
}

type Coded<'a> = (Coding, &'a RenditionSegments<'a>);

fn renditions<'a>(complete: &'a CompletePackage<'a>) -> Vec<Coded<'a>> {
    let mut found: Vec<Coded<'a>> = vec![];
    for one in &complete.renditions {
        let rendition = one.rendition;
        if kind::row(rendition.kind).hls == HlsRole::Audio {
            let codec = rendition.track().map(|track| track.codec.kind());
            let channels = kind::audio(rendition).map_or(0, |audio| audio.channels);
            let same = |(coding, other): &&Coded<'a>| {
                other.rendition.from == rendition.from && (coding.codec, coding.channels) == (codec, channels)
            };
            let rank = found.iter().filter(same).count();
            found.push((Coding { codec, channels, rank }, one));
        }
    }
    found
}

/// Of the renditions of a track, the one that is coded most like this.
fn nearest<'a>(renditions: &[Coded<'a>], track: &Track<'_>, wanted: Coding) -> Option<&'a RenditionSegments<'a>> {
    let of_track = renditions.iter().filter(|(_, one)| one.rendition.from == track.from);
    let distance = |coding: &Coding| {
        (coding.codec != wanted.codec, coding.channels.abs_diff(wanted.channels), coding.rank.abs_diff(wanted.rank))
    };
    of_track.min_by_key(|(coding, _)| distance(coding)).map(|(_, one)| *one)
}

/// The tracks in their order. At most one is the default, and of those that are alike to a player it may choose one.
fn tracks<'a>(renditions: &[Coded<'a>]) -> Vec<Track<'a>> {
    let mut firsts: Vec<&'a RenditionFacts> = vec![];
    for (_, one) in renditions {
        if firsts.iter().all(|other| other.from != one.rendition.from) {
            firsts.push(one.rendition);
        }
    }
    let default = firsts.iter().find(|first| first.main).map(|first| first.from);
    let mut tracks: Vec<Track<'a>> = vec![];
    for first in firsts {
        let (language, characteristic) = (first.language.as_deref(), characteristic(first.purpose));
        let is_default = Some(first.from) == default;
        let names: Vec<String> = tracks.iter().map(|track| track.name.clone()).collect();
        let name = unique(name(first), &names);
        tracks.push(Track { from: first.from, name, language, characteristic, is_default, is_chosen: is_default });
    }
    for index in 0..tracks.len() {
        let track = &tracks[index];
        let is_alike = |other: &Track<'_>| {
            other.is_chosen && (other.language, other.characteristic) == (track.language, track.characteristic)
        };
        let is_commentary = renditions
            .iter()
            .any(|(_, one)| one.rendition.from == track.from && one.rendition.purpose == StreamPurpose::Commentary);
        let is_chosen = track.is_chosen || !is_commentary && !tracks.iter().any(is_alike);
        tracks[index].is_chosen = is_chosen;
    }
    tracks
}

/// For a menu: what the master calls it, else its language, else what it is.
fn name(rendition: &RenditionFacts) -> String {
    if let Some(label) = &rendition.label {
        return label.clone();
    }
    let language = rendition.language.as_deref().unwrap_or("Sound");
    match purpose(rendition.purpose) {
        Some(purpose) => format!("{language} ({purpose})"),
        None => language.to_owned(),
    }
}

fn purpose(purpose: StreamPurpose) -> Option<&'static str> {
    match purpose {
        StreamPurpose::Programme => None,
        StreamPurpose::Dub => Some("dub"),
        StreamPurpose::Commentary => Some("commentary"),
        StreamPurpose::Description => Some("description"),
        StreamPurpose::Intelligibility => Some("clear speech"),
    }
}

/// Members of a group have different names.
pub(super) fn unique(name: String, taken: &[String]) -> String {
    let is_free = |wanted: &String| !taken.contains(wanted);
    let numbered = (2..).map(|number| format!("{name} {number}"));
    [name.clone()].into_iter().chain(numbered).find(is_free).unwrap_or(name)
}

/// Of those of draft-pantos-hls-rfc8216bis 4.4.6.1 and of Apple's media characteristics.
fn characteristic(purpose: StreamPurpose) -> Option<&'static str> {
    match purpose {
        StreamPurpose::Description => Some("public.accessibility.describes-video"),
        StreamPurpose::Intelligibility => Some("public.accessibility.enhances-speech-intelligibility"),
        StreamPurpose::Programme | StreamPurpose::Dub | StreamPurpose::Commentary => None,
    }
}

impl Track<'_> {
    /// The tag of this track in group `id`; without a place where its segments are those of the variant.
    pub(super) fn tag(&self, id: &str, one: &RenditionSegments<'_>, uri: Option<&str>) -> String {
        let yes = |yes: bool| if yes { "YES" } else { "NO" };
        let channels = kind::audio(one.rendition).map(|audio| audio.channels.to_string());
        Attributes::default()
            .plain("TYPE", "AUDIO")
            .quoted("GROUP-ID", id)
            .quoted("NAME", &self.name)
            .quoted_if("LANGUAGE", self.language)
            .plain("DEFAULT", yes(self.is_default))
            .plain("AUTOSELECT", yes(self.is_chosen))
            .quoted_if("CHARACTERISTICS", self.characteristic)
            .quoted_if("CHANNELS", channels.as_deref())
            .quoted_if("URI", uri)
            .tag("EXT-X-MEDIA")
    }
}
