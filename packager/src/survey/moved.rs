//! Pictures and sound of a recording that go on in another stream where their own ends: a broadcaster may change the PID
//! with the programme, and recordings of several are joined.

use super::{Span, Survey};
use crate::probe::programme;
use shared::time::PresentationTime;
use shared_av::SourceInfo;

/// Another stream goes on where it begins this much before the end of the first, at the most.
const OVERLAP_SECONDS: f64 = 0.5;
/// Or this much behind it.
const HOLE_SECONDS: f64 = 10.0;

/// A track that goes over several streams, by turns.
struct Track {
    first: usize,
    /// From where to where it has something.
    spans: Vec<Span>,
}

impl Track {
    fn start(&self) -> PresentationTime {
        self.spans.first().map_or(PresentationTime::ZERO, |(from, _)| *from)
    }
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
        let (first, later) = (track.first, stream.first);
        info.streams[later].continues = Some(first);
        let format = &info.streams[later].codec;
        let format = if are_of_one_format(info, first, later) { String::new() } else { format!(" ({format})") };
        let at = stream.start().offset_secs(track.start());
        notes.push(format!("{what} {first} {goes_on} in stream {later}{format} after {at:.1} s"));
        track.spans.extend(stream.spans);
        track.spans.sort_unstable();
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
        let spans = survey.streams.get(stream)?.spans();
        (!spans.is_empty()).then_some(Track { first: *stream, spans })
    };
    let mut tracks: Vec<Track> = streams.iter().filter_map(extent).collect();
    tracks.sort_by_key(Track::start);
    tracks
}

/// The track that ends or pauses where a stream begins, has nothing while it is there, and is for the same listeners: one of
/// the same format before others. One that has hardly begun there is another one beside it.
fn track_before<'a>(info: &SourceInfo, tracks: &'a mut [Track], stream: &Track) -> Option<&'a mut Track> {
    let goes_on = |track: &&mut Track| {
        stream.start().offset_secs(track.start()) > OVERLAP_SECONDS
            && stops_before(track, stream.start()).is_some()
            && take_turns(track, stream)
            && can_go_on(info, track.first, stream.first)
    };
    let rank =
        |track: &&mut Track| (are_of_one_format(info, track.first, stream.first), stops_before(track, stream.start()));
    tracks.iter_mut().filter(goes_on).max_by_key(rank)
}

/// Where a track stops at or shortly before a time.
fn stops_before(track: &Track, time: PresentationTime) -> Option<PresentationTime> {
    let is_near = |end: &PresentationTime| (-OVERLAP_SECONDS..HOLE_SECONDS).contains(&time.offset_secs(*end));
    track.spans.iter().map(|(_, end)| *end).rfind(is_near)
}

/// There is never something of both.
fn take_turns(one: &Track, other: &Track) -> bool {
    let mut spans: Vec<Span> = one.spans.iter().chain(&other.spans).copied().collect();
    spans.sort_unstable();
    spans.windows(2).all(|pair| pair[1].0.offset_secs(pair[0].1) > -OVERLAP_SECONDS)
}

/// It can be decoded, and is in no other language.
fn can_go_on(info: &SourceInfo, before: usize, after: usize) -> bool {
    let (before, after) = (&info.streams[before], &info.streams[after]);
    let languages = before.language.as_ref().zip(after.language.as_ref());
    after.fault.is_none() && languages.is_none_or(|(before, after)| before == after)
}

fn are_of_one_format(info: &SourceInfo, before: usize, after: usize) -> bool {
    format(&info.streams[before].codec) == format(&info.streams[after].codec)
}

/// Nobody looked into a stream that came late, and the stream type of MPEG-1 audio does not tell its layers apart
/// (ISO/IEC 13818-1 table 2-34).
fn format(codec: &str) -> &str {
    if matches!(codec, "mp1" | "mp2" | "mp3") { "mpeg audio" } else { codec }
}

#[cfg(test)]
mod tests {
    use super::super::tests::packet;
    use super::*;
    use crate::probe::tests::{source, stream, video};
    use shared_av::{StreamInfo, StreamKind};

    /// Streams of pictures of these formats in seconds, and which one each goes on with.
    fn joined(streams: &[(&str, &[(i64, i64)])]) -> Vec<Option<usize>> {
        let mut survey = Survey::default();
        let mut info = source(vec![]);
        info.container = "mpegts".into();
        for (index, (codec, spans)) in streams.iter().enumerate() {
            let kind = StreamKind::Video(video(640, 360));
            info.streams.push(StreamInfo { codec: (*codec).into(), ..stream(index, kind) });
            for second in spans.iter().flat_map(|(from, to)| *from..*to) {
                survey.packet(index, packet(second * 1000, second * 1000 + 1000));
            }
        }
        let count = join(&mut info, &survey).len();
        let joined: Vec<_> = info.streams.iter().map(|stream| stream.continues).collect();
        assert_eq!(count, joined.iter().flatten().count());
        joined
    }

    #[test]
    fn what_stops_goes_on_where_another_one_begins() {
        assert_eq!(joined(&[("h264", &[(0, 4)]), ("h264", &[(4, 8)])]), [None, Some(0)]);
        assert_eq!(joined(&[("h264", &[(0, 4)]), ("mpeg2video", &[(4, 8)])]), [None, Some(0)], "in another format");
        assert_eq!(joined(&[("h264", &[(0, 8)]), ("h264", &[(4, 8)])]), [None, None], "beside it");
        assert_eq!(joined(&[("h264", &[(0, 4)]), ("h264", &[(30, 40)])]), [None, None], "much later");
    }

    #[test]
    fn streams_take_turns() {
        let (a, b) = (&[(0, 4), (8, 12)][..], &[(4, 8), (12, 16)][..]);
        assert_eq!(joined(&[("h264", a), ("h264", &b[..1])]), [None, Some(0)]);
        assert_eq!(joined(&[("h264", a), ("mpeg2video", b)]), [None, Some(0)]);
        assert_eq!(joined(&[("h264", a), ("h264", &[(4, 12)])]), [None, None]);
    }

    #[test]
    fn of_several_the_one_of_the_same_format_goes_on() {
        let (first, then) = (&[(0, 4)][..], &[(4, 8)][..]);
        let films = [("h264", first), ("mpeg2video", first), ("mpeg2video", then), ("h264", then)];
        assert_eq!(joined(&films), [None, None, Some(1), Some(0)]);
    }
}
