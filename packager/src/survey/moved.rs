//! Sound of a recording that goes on in another stream where its own ends: a broadcaster may change the PID with the
//! programme.

use super::Survey;
use crate::probe::programme;
use shared::time::PresentationTime;
use shared_av::SourceInfo;

/// Sound of another stream goes on where it begins this much before the end of the first, at the most.
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
        used.extend(own_sounds(info));
    }
    used
}

/// Says of every stream of a recording which one it goes on with; notes for the user.
pub(super) fn join(info: &mut SourceInfo, survey: &Survey) -> Vec<String> {
    let mut notes = Vec::new();
    if !is_recording(info) {
        return notes;
    }
    let mut tracks: Vec<Track> = Vec::new();
    for (index, start, end) in sounds(info, survey) {
        match track_before(info, &mut tracks, index, start) {
            Some(track) => {
                info.streams[index].continues = Some(track.first);
                let at = start.offset_secs(track.start);
                notes.push(format!("the sound of stream {} goes on in stream {index} after {at:.1} s", track.first));
                track.last = index;
                track.end = end;
            }
            None => tracks.push(Track { first: index, last: index, start, end }),
        }
    }
    notes
}

fn is_recording(info: &SourceInfo) -> bool {
    matches!(info.container.as_str(), "mpegts" | "mpeg")
}

/// The streams of sound that may belong to the film.
fn own_sounds(info: &SourceInfo) -> Vec<usize> {
    let foreign = programme::foreign(info);
    info.audios().map(|(stream, _)| stream.index).filter(|stream| !foreign.contains(stream)).collect()
}

/// The streams of sound that have something, with its start and its end, by their starts.
fn sounds(info: &SourceInfo, survey: &Survey) -> Vec<(usize, PresentationTime, PresentationTime)> {
    let extent = |index: usize| {
        let seen = survey.streams.get(&index)?;
        Some((index, seen.start?, seen.end?))
    };
    let mut sounds: Vec<_> = own_sounds(info).into_iter().filter_map(extent).collect();
    sounds.sort_by_key(|(_, start, _)| *start);
    sounds
}

/// The track that ends where stream `index` begins, and is like it.
fn track_before<'a>(
    info: &SourceInfo,
    tracks: &'a mut [Track],
    index: usize,
    start: PresentationTime,
) -> Option<&'a mut Track> {
    let goes_on = |track: &&mut Track| {
        (-OVERLAP_SECONDS..HOLE_SECONDS).contains(&start.offset_secs(track.end)) && are_alike(info, track.last, index)
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
