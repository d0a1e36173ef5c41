//! The playlist of a Representation's segments, and that of the key frames with which they begin (RFC 8216 4.3.2 and 4.3.3).

use super::keys;
use super::rates::{Piece, rate};
use super::tags::{Attributes, head};
use super::{PlaylistType, relative, text_file};
use crate::catalogue::collect::{CompletePackage, RenditionSegments};
use crate::catalogue::kind::{self, HlsRole};
use crate::catalogue::{DerivedFile, Facts};
use crate::layout::{self, Addressing};
use crate::mux::SegmentClosed;
use shared::time::Timescale;
use std::fmt::Write;
use std::ops::Range;

/// Key frames are listed when there will be no more of them.
pub(super) fn files(complete: &CompletePackage<'_>, kind: PlaylistType, target: u64) -> Vec<DerivedFile> {
    let facts = complete.facts;
    let mut files = vec![];
    for one in complete.renditions.iter().filter(|one| has_segments(one)) {
        let path = layout::playlist(&facts.generation, &one.rendition.id);
        files.push(text_file(path, segments(facts, one, kind, target)));
        if has_i_frames(one) {
            let path = layout::i_frame_playlist(&facts.generation, &one.rendition.id);
            files.push(text_file(path, i_frames(facts, one, kind, target)));
        }
    }
    files
}

/// Whether its segments are listed as they are.
fn has_segments(one: &RenditionSegments<'_>) -> bool {
    matches!(kind::row(one.rendition.kind).hls, HlsRole::Variant | HlsRole::Audio)
}

/// Whether there is a playlist of its key frames.
pub(super) fn has_i_frames(one: &RenditionSegments<'_>) -> bool {
    kind::row(one.rendition.kind).hls == HlsRole::Variant && !one.grows && one.rendition.is_independent()
}

fn segments(facts: &Facts, one: &RenditionSegments<'_>, kind: PlaylistType, target: u64) -> String {
    let independent = if one.rendition.is_independent() { "#EXT-X-INDEPENDENT-SEGMENTS\n" } else { "" };
    let mut text = beginning(facts, one, kind, target, independent);
    let timescale = one.rendition.timescale;
    let mut kbps = None;
    for (closed, place) in one.closed.iter().zip(places(facts, one)) {
        // The tag holds until the next one, and not for parts of files (draft-pantos-hls-rfc8216bis 4.4.4.8).
        let now = place.range.is_none().then(|| kilobits(closed, timescale));
        if let Some(now) = now.filter(|now| kbps != Some(*now)) {
            line(&mut text, format_args!("#EXT-X-BITRATE:{now}"));
            kbps = Some(now);
        }
        entry(&mut text, closed, timescale, &place);
    }
    ending(text, one)
}

fn i_frames(facts: &Facts, one: &RenditionSegments<'_>, kind: PlaylistType, target: u64) -> String {
    let mut text = beginning(facts, one, kind, target, "#EXT-X-I-FRAMES-ONLY\n");
    for (closed, place) in one.closed.iter().zip(places(facts, one)) {
        let start = place.range.map_or(0, |range| range.start);
        let range = start + closed.first_sample.start..start + closed.first_sample.end;
        entry(&mut text, closed, one.rendition.timescale, &Place { uri: place.uri, range: Some(range) });
    }
    ending(text, one)
}

/// Segments are numbered as their files are, from 1.
fn beginning(
    facts: &Facts,
    one: &RenditionSegments<'_>,
    kind: PlaylistType,
    target: u64,
    what_segments_are: &str,
) -> String {
    let (name, start) = match kind {
        PlaylistType::Vod => ("VOD", ""),
        // Players begin near the end of what grows unless they are told to begin at its beginning.
        PlaylistType::Event => ("EVENT", "#EXT-X-START:TIME-OFFSET=0\n"),
    };
    let mut text = head();
    line(&mut text, format_args!("#EXT-X-TARGETDURATION:{target}"));
    line(&mut text, format_args!("#EXT-X-PLAYLIST-TYPE:{name}"));
    line(&mut text, format_args!("#EXT-X-MEDIA-SEQUENCE:1"));
    text.push_str(start);
    text.push_str(what_segments_are);
    text.push_str(&map(facts, one));
    text.push_str(&keys::of_rendition(facts, one));
    text
}

fn ending(mut text: String, one: &RenditionSegments<'_>) -> String {
    if !one.grows {
        line(&mut text, format_args!("#EXT-X-ENDLIST"));
    }
    text
}

/// The initialization segment; nothing where there is none.
fn map(facts: &Facts, one: &RenditionSegments<'_>) -> String {
    let Some(init) = &one.rendition.init else { return String::new() };
    let (generation, id) = (&facts.generation, &one.rendition.id);
    let attributes = Attributes::default();
    let attributes = match facts.addressing {
        Addressing::Timeline | Addressing::Number => {
            attributes.quoted("URI", &relative(facts, &layout::init(generation, id)))
        }
        Addressing::Base => attributes
            .quoted("URI", &relative(facts, &layout::single(generation, id)))
            .quoted("BYTERANGE", &byte_range(&(0..init.bytes.len() as u64))),
    };
    attributes.tag("EXT-X-MAP")
}

/// Where a segment is.
struct Place {
    uri: String,
    /// Its bytes, where it is not all of the file.
    range: Option<Range<u64>>,
}

/// In the order of the segments.
fn places(facts: &Facts, one: &RenditionSegments<'_>) -> Vec<Place> {
    let (generation, id) = (&facts.generation, &one.rendition.id);
    if facts.addressing != Addressing::Base {
        let path = |closed: &&SegmentClosed| layout::segment(generation, id, closed.number);
        return one.closed.iter().map(|closed| Place { uri: relative(facts, &path(closed)), range: None }).collect();
    }
    let mut start = one.media_offset();
    let mut places = vec![];
    for closed in &one.closed {
        let end = start + closed.size.bytes();
        places.push(Place { uri: relative(facts, &layout::single(generation, id)), range: Some(start..end) });
        start = end;
    }
    places
}

fn entry(text: &mut String, closed: &SegmentClosed, timescale: Timescale, place: &Place) {
    line(text, format_args!("#EXTINF:{},", seconds(closed.duration, timescale)));
    if let Some(range) = &place.range {
        line(text, format_args!("#EXT-X-BYTERANGE:{}", byte_range(range)));
    }
    line(text, format_args!("{}", place.uri));
}

pub(super) fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

/// Length and first byte.
fn byte_range(range: &Range<u64>) -> String {
    format!("{}@{}", range.end - range.start, range.start)
}

/// To the nearest microsecond: readers add them up.
pub(super) fn seconds(ticks: u64, timescale: Timescale) -> String {
    let scale = u128::from(timescale.get());
    let micros = (u128::from(ticks) * 1_000_000 + scale / 2) / scale;
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

fn kilobits(closed: &SegmentClosed, timescale: Timescale) -> u64 {
    let rate = rate(Piece { bytes: closed.size.bytes(), ticks: closed.duration }, timescale);
    (rate + 500) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact_to_the_microsecond() {
        let of = |ticks, scale| seconds(ticks, Timescale::new(scale).unwrap());
        assert_eq!(of(96 * 1001, 24_000), "4.004000");
        assert_eq!((of(1024, 44_100), of(2, 3)), ("0.023220".into(), "0.666667".into()));
    }
}
