//! What must hold whatever foreign bytes say, one function for each thing that is read: no panic, and nothing that the
//! bytes cannot hold. The mutation tests and the fuzz targets feed the same functions.

use super::{FakeProtection, FakeTrack, fake_header};
use crate::addressing::template::Template;
use crate::addressing::timeline::{Timeline, TimelineClock, TimelineEntry};
use crate::addressing::{Availability, Resource, SegmentIndex, SegmentNumber, sidx};
use crate::bmff::Track;
use crate::protection::{self, ContentKey, Pssh, Scheme, clear_key};
use crate::time::{DateTime, PresentationTime, Timescale};
use crate::units::Bitrate;
use crate::{codec, media, mpd, text, webm};
use std::time::Duration;
use url::Url;

/// The head of a WebM file that says where its cues are, as libavformat writes it.
pub const WEBM_HEAD: &[u8] = &[
    0x1A, 0x45, 0xDF, 0xA3, 0x80, 0x18, 0x53, 0x80, 0x67, 0x40, 200, 0x15, 0x49, 0xA9, 0x66, 0x87, 0x44, 0x89, 0x84,
    0x43, 0x16, 0, 0,
];

/// A manifest and the segments that it leads to.
pub fn manifest(bytes: &[u8]) {
    let Ok(url) = Url::parse("https://origin.example/films/manifest.mpd") else { return };
    let Ok((presentation, warnings)) = mpd::read(bytes, &url) else { return };
    assert!(warnings.len() <= bytes.len());
    for period in &presentation.periods {
        for one in period.sets.iter().flat_map(|set| &set.representations) {
            segments(&one.index);
        }
    }
}

const WINDOW: Duration = Duration::from_secs(60);

/// A few segments at the beginning, the end, and where time says.
fn segments(index: &SegmentIndex) {
    let Ok(base) = Url::parse("https://a.example/b") else { return };
    let first = index.first().unwrap_or_default();
    for position in [0, 1, 2, index.len() / 2, index.len().saturating_sub(1), index.len(), u64::MAX] {
        let number = first.saturating_add(position);
        let Some(time) = index.time(number) else { continue };
        assert!(time.start <= time.end && index.contains(number));
        let _ = (index.number_at(time.start), index.size(number));
        let _ = index.resource(number).map(|resource| resource.url(&base));
    }
    let window = Availability { start: DateTime::UNIX_EPOCH, time_shift: Some(WINDOW), offset: Duration::ZERO };
    for wall in [0, 1_000_000_000, i64::MAX].map(DateTime::from_nanos) {
        let available = index.available(&window, wall);
        assert!(available.start <= available.end);
        assert!(index.next_available(&window, wall).is_none_or(|next| next > wall));
    }
    assert_eq!(index.carry(index), *index);
}

/// A URL template and, the same text, a codecs string.
pub fn template(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let template = Template::new(&*text, "id", Bitrate::from_kbps(800));
    assert!(template.expand(SegmentNumber(u64::MAX), u64::MAX).len() <= 64 * (text.len() + 1));
    let _ = codec::parse(&text).to_string();
}

/// A timeline of numbers of eight bytes.
pub fn timeline(bytes: &[u8]) {
    let number = |at: usize| {
        let eight = bytes.get(at..).and_then(|rest| rest.first_chunk());
        eight.map_or(0, |eight| u64::from_le_bytes(*eight))
    };
    let entries = (0..bytes.len() / 24).map(|run| TimelineEntry {
        start: (number(run * 24) & 1 == 1).then(|| number(run * 24)),
        duration: number(run * 24 + 8),
        repeat: number(run * 24 + 16) as i64,
    });
    let Some(timescale) = Timescale::new(number(0) as u32 | 1) else { return };
    let clock =
        TimelineClock { timescale, offset: number(8), period_start: PresentationTime::from_nanos(number(16) as i64) };
    let end = PresentationTime::from_nanos(number(24) as i64);
    let timeline = Timeline::new(clock, entries, (number(32) & 1 == 1).then_some(end));
    for position in [0, 1, timeline.len() / 3, timeline.len().saturating_sub(1)] {
        let Some(time) = timeline.time(position) else { continue };
        assert!(time.start <= time.end);
        let _ = timeline.position_at(time.start);
    }
}

/// An index box, or the head and the cues of a WebM file, as the index of a single file.
pub fn index(bytes: &[u8]) {
    let _ = (sidx::all(bytes), webm::Cues::read(bytes), webm::Head::read(bytes));
    let mut index = SegmentIndex::in_file("a", Resource::whole("a"), TimelineClock::PLAIN, None);
    for next in [bytes, WEBM_HEAD, bytes] {
        let Ok(further) = index.with_sidx(next) else { return };
        index = further;
        if index.pending().is_none() {
            return segments(&index);
        }
    }
}

/// An initialization segment; `segment` is then read by what it says.
pub fn init(bytes: &[u8], segment: &[u8]) {
    if let Ok(track) = media::track(bytes) {
        let _ = track.codec.to_string();
        samples(&track, segment);
    }
}

/// A media segment of a track that is as it should be.
pub fn fragment(bytes: &[u8]) {
    let init = fake_header(FakeTrack::Video { width: 64, height: 36 }, 12_800);
    if let Ok(track) = media::track(&init) {
        samples(&track, bytes);
    }
}

/// A media segment of an encrypted track, of either kind of vectors; keys and licences as text, the same bytes.
pub fn encrypted(bytes: &[u8]) {
    let clear = fake_header(FakeTrack::Video { width: 64, height: 36 }, 12_800);
    for scheme in [Scheme::Cenc, Scheme::Cbcs] {
        let protection = FakeProtection::new(scheme);
        let Ok(track) = media::track(&protection.header(&clear)) else { return };
        let samples = media::samples(&track, bytes, 0).unwrap_or_default();
        let mut segment = bytes.to_vec();
        let _ = protection::clear(&track, &mut segment, 0, &samples, |_| Some(protection.key));
    }
    let _ = (Pssh::all(bytes), clear_key::read_request(bytes), clear_key::read_answer(bytes));
    let _ = ContentKey::read_lines(&String::from_utf8_lossy(bytes));
}

fn samples(track: &Track, segment: &[u8]) {
    let _ = media::check(Some(track), segment, 0);
    let samples = media::samples(track, segment, 0).unwrap_or_default();
    assert!(samples.len() <= segment.len());
    for sample in samples {
        assert!(sample.range.start <= sample.range.end && sample.range.end <= segment.len());
    }
}

/// A text file, or a sample of a text track.
pub fn text(bytes: &[u8]) {
    let decoded = text::encoding::decode(bytes);
    for read in [text::webvtt::read, text::srt::read, text::ass::read, text::ttml::read] {
        let (track, warnings) = read(&decoded);
        assert!(warnings.len() <= bytes.len() + 1);
        assert!(track.cues.iter().all(|cue| cue.start < cue.end && !cue.payload.is_empty()));
        assert!(track.cues.is_sorted_by_key(|cue| cue.start));
        shown(&track);
    }
    let _ = text::read(bytes);
    let (cues, problems) = text::wvtt::read_sample(bytes);
    assert!(cues.len() + problems.len() <= bytes.len() + 1);
    let entry = text::tx3g::Entry::read(bytes);
    let _ = (text::tx3g::cue_text(&entry, bytes), text::ass::Script::read(&decoded).packet(&decoded));
}

/// What is written of a track is read again, and its samples leave no gap.
fn shown(track: &text::TextTrack) {
    let written = text::webvtt::write(track);
    let (again, _) = text::webvtt::read(&written);
    assert!(again.cues.len() <= track.cues.len());
    let tiles = text::wvtt::Tiles::new(track, Timescale::ONE);
    for start in [0, 2, i64::from(u16::MAX)] {
        let pieces = tiles.pieces(start..start + 2);
        assert!(pieces.first().is_some_and(|piece| piece.time.start == start));
        assert!(pieces.last().is_some_and(|piece| piece.time.end == start + 2));
        assert!(pieces.windows(2).all(|pair| pair[0].time.end == pair[1].time.start));
    }
    for cue in &track.cues {
        let payload = text::markup::payload(&text::markup::runs(&cue.payload));
        assert_eq!(text::markup::payload(&text::markup::runs(&payload)), payload);
    }
}
