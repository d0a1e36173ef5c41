//! The playlist that names the others, read; and what must hold of its text alone.

use super::{Check, Complaints};
use crate::playlist::{Attributes, LineKind, lines};
use crate::verify::media;
use shared::mpd::EXTENT_SCHEME;
use std::collections::BTreeSet;
use std::ops::Range;

/// What is offered to a player.
#[derive(Debug, Default)]
pub(super) struct Multivariant<'a> {
    /// `EXT-X-STREAM-INF`.
    pub(super) variants: Vec<Entry<'a>>,
    /// `EXT-X-MEDIA`.
    pub(super) media: Vec<Entry<'a>>,
    /// `EXT-X-I-FRAME-STREAM-INF`.
    pub(super) i_frames: Vec<Entry<'a>>,
    /// From when to when there are media in a playlist, where that is not as long as the pictures.
    pub(super) extents: Vec<(&'a str, Range<f64>)>,
    /// Every segment of all playlists can be decoded by itself.
    pub(super) is_independent: bool,
    /// `EXT-X-SESSION-KEY`: its line and its attributes.
    pub(super) session_keys: Vec<(usize, &'a str)>,
}

/// A tag with attributes.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) line: usize,
    pub(super) attributes: Attributes<'a>,
    /// Of its playlist.
    pub(super) uri: Option<&'a str>,
}

impl<'a> Multivariant<'a> {
    /// All that may name a playlist.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.variants.iter().chain(&self.media).chain(&self.i_frames)
    }

    /// The members of a group of this type.
    pub(super) fn group<'s>(&'s self, kind: &'s str, id: &'s str) -> impl Iterator<Item = &'s Entry<'a>> {
        self.media.iter().filter(move |one| one.get("TYPE") == Some(kind) && one.get("GROUP-ID") == Some(id))
    }
}

impl<'a> Entry<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.attributes.get(name)
    }
}

/// Quoted strings by RFC 8216 4.3.4; all other values are not.
const QUOTED: [&str; 14] = [
    "AUDIO",
    "ASSOC-LANGUAGE",
    "CHANNELS",
    "CHARACTERISTICS",
    "CODECS",
    "GROUP-ID",
    "INSTREAM-ID",
    "LANGUAGE",
    "NAME",
    "STABLE-RENDITION-ID",
    "STABLE-VARIANT-ID",
    "SUBTITLES",
    "URI",
    "VIDEO",
];
/// Those that name groups, with the type of the group.
pub(super) const GROUPS: [(&str, &str); 3] = [("AUDIO", "AUDIO"), ("SUBTITLES", "SUBTITLES"), ("VIDEO", "VIDEO")];
/// Apple's authoring specification wants `AVERAGE-BANDWIDTH` and `CODECS` always.
const OF_VARIANTS: [&str; 3] = ["BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"];
const OF_MEDIA: [&str; 3] = ["TYPE", "GROUP-ID", "NAME"];
/// Which a stream of key frames has not (RFC 8216 4.3.4.3).
const NOT_OF_I_FRAMES: [&str; 4] = ["FRAME-RATE", "AUDIO", "SUBTITLES", "CLOSED-CAPTIONS"];

pub(super) fn read<'a>(text: &'a str, complaints: &mut Complaints<'_>) -> Multivariant<'a> {
    let mut offered = Multivariant::default();
    let mut awaits_uri = false;
    for line in lines(text) {
        let entry = |value| Entry { line: line.number, attributes: Attributes::read(value), uri: None };
        let named = |value| {
            let entry: Entry<'a> = entry(value);
            Entry { uri: entry.get("URI"), ..entry }
        };
        match line.kind {
            LineKind::Tag("EXT-X-STREAM-INF", value) => offered.variants.push(entry(value)),
            LineKind::Tag("EXT-X-MEDIA", value) => offered.media.push(named(value)),
            LineKind::Tag("EXT-X-I-FRAME-STREAM-INF", value) => offered.i_frames.push(named(value)),
            LineKind::Tag("EXT-X-SESSION-KEY", value) => offered.session_keys.push((line.number, value)),
            LineKind::Tag(name @ ("EXTINF" | "EXT-X-TARGETDURATION" | "EXT-X-MAP"), _) => {
                complaints.at_line(Check::Manifest, line.number, format!("{name} stands beside other playlists"));
            }
            LineKind::Uri(uri) if awaits_uri => {
                if let Some(last) = offered.variants.last_mut() {
                    last.uri = Some(uri);
                }
            }
            LineKind::Uri(uri) => {
                complaints.at_line(Check::Manifest, line.number, format!("`{uri}` belongs to no EXT-X-STREAM-INF"));
            }
            LineKind::Tag("EXT-X-SESSION-DATA", value) => {
                offered.extents.extend(extents(value));
                continue;
            }
            LineKind::Tag("EXT-X-INDEPENDENT-SEGMENTS", _) => {
                offered.is_independent = true;
                continue;
            }
            LineKind::Tag(..) => continue,
        }
        awaits_uri = matches!(line.kind, LineKind::Tag("EXT-X-STREAM-INF", _));
    }
    check(&offered, complaints);
    offered
}

/// Playlists with two numbers of seconds each.
fn extents(attributes: &str) -> Vec<(&str, Range<f64>)> {
    let attributes = Attributes::read(attributes);
    let said = attributes.get("VALUE").filter(|_| attributes.get("DATA-ID") == Some(EXTENT_SCHEME));
    said.into_iter().flat_map(|said| said.split(',')).filter_map(extent).collect()
}

fn extent(text: &str) -> Option<(&str, Range<f64>)> {
    let (uri, range) = text.trim().split_once(' ')?;
    Some((uri, media::extent(range)?))
}

fn check(offered: &Multivariant<'_>, complaints: &mut Complaints<'_>) {
    let mut wrong = |line: usize, problem: String| complaints.at_line(Check::Manifest, line, problem);
    if offered.variants.is_empty() {
        wrong(1, "has no EXT-X-STREAM-INF".into());
    }
    for entry in offered.entries() {
        attributes(entry, &mut wrong);
    }
    for variant in &offered.variants {
        lacks(variant, &OF_VARIANTS, &mut wrong);
        if variant.uri.is_none() {
            wrong(variant.line, "no playlist follows EXT-X-STREAM-INF".into());
        }
        for (name, kind) in GROUPS {
            if let Some(id) = variant.get(name)
                && offered.group(kind, id).next().is_none()
            {
                wrong(variant.line, format!("there is no group {name}=\"{id}\""));
            }
        }
    }
    for stream in &offered.i_frames {
        lacks(stream, &["URI", "BANDWIDTH", "CODECS"], &mut wrong);
        for name in NOT_OF_I_FRAMES.into_iter().filter(|name| stream.get(name).is_some()) {
            wrong(stream.line, format!("{name} is not for EXT-X-I-FRAME-STREAM-INF"));
        }
    }
    for rendition in &offered.media {
        lacks(rendition, &OF_MEDIA, &mut wrong);
        media(rendition, &mut wrong);
    }
    groups(offered, &mut wrong);
    pairs(offered, &mut wrong);
}

fn attributes(entry: &Entry<'_>, wrong: &mut impl FnMut(usize, String)) {
    if let Some(problem) = entry.attributes.malformed() {
        wrong(entry.line, problem.to_owned());
    }
    let mut seen = BTreeSet::new();
    for (name, value, is_quoted) in entry.attributes.iter() {
        if !seen.insert(name) {
            wrong(entry.line, format!("{name} stands twice"));
        }
        if QUOTED.contains(&name) != is_quoted && !name.starts_with("X-") {
            let what = if is_quoted { "must not be quoted" } else { "must be quoted" };
            let is_known = QUOTED.contains(&name) || PLAIN.contains(&name);
            if is_known {
                wrong(entry.line, format!("{name}={value} {what}"));
            }
        }
    }
    for name in ["BANDWIDTH", "AVERAGE-BANDWIDTH"] {
        if let Some(value) = entry.get(name).filter(|value| !value.parse().is_ok_and(|rate: u64| rate > 0)) {
            wrong(entry.line, format!("{name} is `{value}`, which is no rate"));
        }
    }
}

const PLAIN: [&str; 9] = [
    "BANDWIDTH",
    "AVERAGE-BANDWIDTH",
    "RESOLUTION",
    "FRAME-RATE",
    "VIDEO-RANGE",
    "TYPE",
    "DEFAULT",
    "AUTOSELECT",
    "FORCED",
];

fn lacks(entry: &Entry<'_>, names: &[&str], wrong: &mut impl FnMut(usize, String)) {
    for name in names.iter().filter(|name| entry.get(name).is_none_or(str::is_empty)) {
        wrong(entry.line, format!("{name} is missing"));
    }
}

/// RFC 8216 4.3.4.1.
fn media(rendition: &Entry<'_>, wrong: &mut impl FnMut(usize, String)) {
    let kind = rendition.get("TYPE").unwrap_or_default();
    if !["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"].contains(&kind) {
        wrong(rendition.line, format!("TYPE is `{kind}`"));
    }
    for name in ["DEFAULT", "AUTOSELECT", "FORCED"] {
        if let Some(value) = rendition.get(name).filter(|value| !["YES", "NO"].contains(value)) {
            wrong(rendition.line, format!("{name} is `{value}`, neither YES nor NO"));
        }
    }
    if rendition.get("DEFAULT") == Some("YES") && rendition.get("AUTOSELECT") == Some("NO") {
        wrong(rendition.line, "is the default and AUTOSELECT is NO".into());
    }
    if kind == "AUDIO" && rendition.get("CHANNELS").is_none() {
        wrong(rendition.line, "CHANNELS is missing".into());
    }
    if kind == "SUBTITLES" && rendition.uri.is_none() {
        wrong(rendition.line, "URI is missing".into());
    }
    if kind != "SUBTITLES" && rendition.get("FORCED").is_some() {
        wrong(rendition.line, format!("FORCED is not for TYPE={kind}"));
    }
}

/// RFC 8216 4.3.4.1.1: names differ, one is the default at most, and groups of a type have the same members.
fn groups(offered: &Multivariant<'_>, wrong: &mut impl FnMut(usize, String)) {
    let mut first_of_kind: Vec<(&str, &str)> = vec![];
    for rendition in &offered.media {
        let (Some(kind), Some(id)) = (rendition.get("TYPE"), rendition.get("GROUP-ID")) else { continue };
        let before = || offered.group(kind, id).take_while(|other| other.line < rendition.line);
        if before().any(|other| other.get("NAME") == rendition.get("NAME")) {
            let name = rendition.get("NAME").unwrap_or_default();
            wrong(rendition.line, format!("another one of group {id} has the NAME \"{name}\""));
        }
        if rendition.get("DEFAULT") == Some("YES") && before().any(|other| other.get("DEFAULT") == Some("YES")) {
            wrong(rendition.line, format!("is a second default of group {id}"));
        }
        let chosen_by = |one: &Entry<'_>| {
            ["LANGUAGE", "ASSOC-LANGUAGE", "FORCED", "CHARACTERISTICS"].map(|name| one.get(name).map(str::to_owned))
        };
        let is_chosen = |one: &Entry<'_>| one.get("AUTOSELECT") == Some("YES");
        if is_chosen(rendition) && before().any(|other| is_chosen(other) && chosen_by(other) == chosen_by(rendition)) {
            wrong(rendition.line, format!("nothing tells it from another one of group {id} with AUTOSELECT=YES"));
        }
        match first_of_kind.iter().find(|(other, _)| *other == kind) {
            None => first_of_kind.push((kind, id)),
            Some((_, first)) if *first == id || before().next().is_some() => {}
            Some((_, first)) => same_members(offered, kind, (first, id), rendition.line, wrong),
        }
    }
}

fn same_members(
    offered: &Multivariant<'_>,
    kind: &str,
    (first, other): (&str, &str),
    line: usize,
    wrong: &mut impl FnMut(usize, String),
) {
    let members = |id| offered.group(kind, id).map(what_is_said).collect::<BTreeSet<_>>();
    if members(first) != members(other) {
        wrong(line, format!("group {other} has other members than group {first}"));
    }
}

/// All but what may differ from group to group.
fn what_is_said<'a>(rendition: &Entry<'a>) -> Vec<(&'a str, &'a str)> {
    const MAY_DIFFER: [&str; 5] = ["URI", "CHANNELS", "GROUP-ID", "BIT-DEPTH", "SAMPLE-RATE"];
    let mut said: Vec<_> = rendition.attributes.iter().map(|(name, value, _)| (name, value)).collect();
    said.retain(|(name, _)| !MAY_DIFFER.contains(name));
    said.sort_unstable();
    said
}

/// Apple's authoring specification: every playlist of pictures with every group of sound.
fn pairs(offered: &Multivariant<'_>, wrong: &mut impl FnMut(usize, String)) {
    let sound = |variant: &Entry<'_>| variant.get("AUDIO").unwrap_or_default().to_owned();
    let of = |uri| -> BTreeSet<String> { offered.variants.iter().filter(|one| one.uri == uri).map(sound).collect() };
    // Of sound alone each group is a variant of its own.
    let mut pictures = offered.variants.iter().filter(|variant| variant.get("RESOLUTION").is_some());
    let Some(first) = pictures.next() else { return };
    let expected = of(first.uri);
    let mut seen = BTreeSet::from([first.uri]);
    for variant in pictures {
        if seen.insert(variant.uri) && of(variant.uri) != expected {
            let (uri, other) = (variant.uri.unwrap_or_default(), first.uri.unwrap_or_default());
            wrong(variant.line, format!("{uri} is not offered with the same groups of sound as {other}"));
        }
    }
}
