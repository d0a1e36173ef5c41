//! Pictures and sound of a recording that go on in another stream where their own ends: a broadcaster may change the PID
//! with the programme, and recordings of several are joined.

use super::Survey;
use crate::probe::programme;
use shared::time::PresentationTime;
use shared_av::SourceInfo;

/// Another stream goes on where it begins this much before the end of the first, at the most.
const OVERLAP_SECONDS: f64 = 0.5;
/// Or this much behind it.
const HOLE_SECONDS: f64 = 10.0;

/// A track that goes over several streams, one after the other.
struct Track {
    first: usize,
    last: usize,
    start: PresentationTime,
    end: PresentationTime,
}

/// The streams that are `used`, and in recordings all sound: a stream that comes late may go on with another one.
pub(super) fn with_late_sound(info: &SourceInfo, mut used: Vec<usize>) -> Vec<usize> {
    if is_recording(info) {
        used.extend(own(info, info.audios().map(|(stream, _)| stream.index)));
    }
    used
}

/// Says of every stream of a recording which one it goes on with; notes for the user.
pub(super) fn join(info: &mut SourceInfo, survey: &Survey) -> Vec<String> {
    if !is_recording(info) {
        return vec![];
    }
    let sounds = own(info, info.audios().map(|(stream, _)| stream.index));
    let pictures = own(info, info.videos().map(|(stream, _)| stream.index));
    let mut notes = join_kind(info, extents(&pictures, survey), "the pictures of stream", "go on");
    notes.extend(join_kind(info, extents(&sounds, survey), "the sound of stream", "goes on"));
    notes
}

/// The same of streams of one kind, by their starts.
fn join_kind(info: &mut SourceInfo, streams: Vec<Track>, what: &str, goes_on: &str) -> Vec<String> {
    let mut notes = Vec::new();
    let mut tracks: Vec<Track> = Vec::new();
    for stream in streams {
        let Some(track) = track_before(info, &mut tracks, &stream) else {
            tracks.push(stream);
            continue;
        };
        info.streams[stream.first].continues = Some(track.first);
        let at = stream.start.offset_secs(track.start);
        notes.push(format!("{what} {} {goes_on} in stream {} after {at:.1} s", track.first, stream.first));
        track.last = stream.first;
        track.end = stream.end;
    }
    notes
}

fn is_recording(info: &SourceInfo) -> bool {
    matches!(info.container.as_str(), "mpegts" | "mpeg")
}

/// Those of the streams that may belong to the film.
fn own(info: &SourceInfo, streams: impl Iterator<Item = usize>) -> Vec<usize> {
    let foreign = programme::foreign(info);
    streams.filter(|stream| !foreign.contains(stream)).collect()
}

/// The streams that have something as tracks of their own, by their starts.
fn extents(streams: &[usize], survey: &Survey) -> Vec<Track> {
    let extent = |stream: &usize| {
        let seen = survey.streams.get(stream)?;
        Some(Track { first: *stream, last: *stream, start: seen.start?, end: seen.end? })
    };
    let mut tracks: Vec<Track> = streams.iter().filter_map(extent).collect();
    tracks.sort_by_key(|track| track.start);
    tracks
}

/// The track that ends where a stream begins, and is like it. One that has hardly begun there is another one beside it.
fn track_before<'a>(info: &SourceInfo, tracks: &'a mut [Track], stream: &Track) -> Option<&'a mut Track> {
    let goes_on = |track: &&mut Track| {
        (-OVERLAP_SECONDS..HOLE_SECONDS).contains(&stream.start.offset_secs(track.end))
            && stream.start.offset_secs(track.start) > OVERLAP_SECONDS
            && are_alike(info, track.last, stream.first)
    };
    tracks.iter_mut().filter(goes_on).max_by_key(|track| track.end)
}

/// The same format, as far as it is known, and no other language.
fn are_alike(info: &SourceInfo, before: usize, after: usize) -> bool {
    let (before, after) = (&info.streams[before], &info.streams[after]);
    let languages = before.language.as_ref().zip(after.language.as_ref());
    format(&before.codec) == format(&after.codec) && languages.is_none_or(|(before, after)| before == after)
}

/// Nobody looked into a stream that came late, and the stream type of MPEG-1 audio does not tell its layers apart
/// (ISO/IEC 13818-1 table 2-34).
fn format(codec: &str) -> &str {
    if matches!(codec, "mp1" | "mp2" | "mp3") { "mpeg audio" } else { codec }
}
