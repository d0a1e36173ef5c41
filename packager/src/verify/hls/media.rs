//! What a playlist of segments names, read as a Representation of an MPD is.

use super::i_frames;
use super::rates::{Rates, measured, rate};
use super::segments::{Listed, SegmentList};
use super::{Check, Finding, Look, Report, keys};
use crate::verify::encryption;
use crate::verify::media::{self, Loaded};
use crate::verify::{rules, text};
use shared::addressing::timeline::{Timeline, TimelineClock, TimelineEntry};
use shared::addressing::{Places, SegmentIndex, SegmentNumber};
use shared::bmff::entry::MediaKind;
use shared::mpd::{Location, Period, Representation};
use shared::time::{MediaTime, PresentationTime, Timescale};
use shared::units::Bitrate;
use std::sync::Arc;
use url::Url;

/// ISO/IEC 14496-12 Annex I: the type of an access point behind which pictures may follow that cannot be decoded.
const OPEN: u32 = 3;
/// `EXT-X-BITRATE` may be off by so much (draft-pantos-hls-rfc8216bis 4.4.4.8).
const A_TENTH: f64 = 0.1;

/// A playlist of segments.
pub(super) struct Medium {
    /// As it is named; what findings call it.
    pub(super) uri: String,
    pub(super) list: SegmentList,
    period: Period,
    representation: Representation,
}

/// What could be read of it.
pub(super) struct ReadMedium<'a> {
    pub(super) medium: &'a Medium,
    pub(super) loaded: Loaded<'a>,
    /// Where all of its segments could be read.
    pub(super) rates: Option<Rates>,
    /// Pictures a second, where all last equally long.
    pub(super) fps: Option<f64>,
}

impl Medium {
    pub(super) fn new(uri: String, place: Url, list: SegmentList) -> Self {
        let representation = representation(&uri, place, &list);
        let period = Period { id: None, start: PresentationTime::ZERO, duration: None, sets: vec![] };
        Self { uri, list, period, representation }
    }

    /// Its segments are files of WebVTT.
    pub(super) fn is_text(&self) -> bool {
        self.list.map.is_none() && !self.list.segments.is_empty() && self.list.segments.iter().all(is_webvtt)
    }

    /// Its samples are of no container that we read, or cannot be told apart.
    fn is_closed_to_us(&self) -> bool {
        self.list.is_closed_to_us || (self.list.map.is_none() && self.list.segments.iter().any(is_foreign))
    }
}

/// Transport streams and packed sound have no initialization segment.
fn is_foreign(listed: &Listed) -> bool {
    let path = listed.place.path.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".ts", ".aac", ".ac3", ".ec3", ".mp3"].iter().any(|extension| path.ends_with(extension)) || is_webvtt(listed)
}

fn is_webvtt(listed: &Listed) -> bool {
    let path = listed.place.path.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".vtt", ".webvtt"].iter().any(|extension| path.ends_with(extension))
}

impl ReadMedium<'_> {
    pub(super) fn is_segments(&self) -> bool {
        !self.medium.list.is_i_frames
    }

    pub(super) fn is_video(&self) -> bool {
        matches!(self.loaded.track.as_ref().map(|track| &track.kind), Some(MediaKind::Video(_)))
    }
}

/// Microseconds are what `EXTINF` is read in.
fn representation(uri: &str, place: Url, list: &SegmentList) -> Representation {
    let timescale = Timescale::new(1_000_000).unwrap_or(Timescale::ONE);
    let clock = TimelineClock { timescale, ..TimelineClock::PLAIN };
    let entry = |listed: &Listed| TimelineEntry { start: None, duration: listed.micros, repeat: 0 };
    let timeline = Timeline::new(clock, list.segments.iter().map(entry), None);
    let places = Places::List(list.segments.iter().map(|listed| listed.place.clone()).collect());
    let location = Location { base: place, service_location: None, priority: 1, weight: 1 };
    Representation {
        id: uri.to_owned(),
        bandwidth: Bitrate::ZERO,
        codecs: Arc::from(""),
        essential: vec![],
        mime: Arc::from("video/mp4"),
        width: None,
        height: None,
        frame_rate: None,
        sar: None,
        audio_sampling_rate: None,
        channels: None,
        quality_ranking: None,
        dependencies: vec![],
        protection: Arc::from([]),
        locations: Arc::from([location]),
        init: list.map.clone(),
        index: SegmentIndex::new(timeline, places, SegmentNumber(list.first_number)),
        size_index: None,
        starts_with_sap: (!list.is_independent).then_some(OPEN),
    }
}

/// Reads what all of them name; what cannot be read is a finding.
pub(super) fn read_all<'a>(media: &'a [Medium], look: Look<'_>, report: &mut Report) -> Vec<ReadMedium<'a>> {
    let mut read = vec![];
    for medium in media {
        if medium.is_text() {
            texts(medium, look, report);
        } else if medium.is_closed_to_us() {
            report.not_read += 1;
        } else if medium.list.is_i_frames {
            read.push(key_frames(medium, look, report));
        } else {
            read.push(segments(medium, look, report));
        }
    }
    read
}

/// Times of cues count from the start of the presentation, whichever segment they are in.
fn texts(medium: &Medium, look: Look<'_>, report: &mut Report) {
    let Some(location) = medium.representation.locations.first() else { return };
    let (mut bytes, mut end) = (0, 0);
    for (listed, number) in medium.list.segments.iter().zip(medium.list.first_number..) {
        end += listed.micros;
        let mut found = |check, file: &str, problem: String| {
            report.findings.push(Finding::new(check, file, format!("{} segment {number}", medium.uri), problem));
        };
        let Ok(url) = listed.place.url(&location.base) else {
            found(Check::Manifest, &listed.place.path, "is no URL".into());
            continue;
        };
        match look.files.read(&url, listed.place.range) {
            Ok(text) => {
                bytes += text.len() as u64;
                for problem in text::file(&text, end) {
                    found(Check::Text, url.as_str(), problem);
                }
            }
            Err(error) => found(Check::Missing, url.as_str(), error.to_string()),
        }
    }
    report.add_read(&medium.uri, medium.list.segments.len() as u64, bytes);
}

fn segments<'a>(medium: &'a Medium, look: Look<'_>, report: &mut Report) -> ReadMedium<'a> {
    let mut loaded = media::load(&medium.period, &medium.representation, look, &mut report.findings);
    report.add(&loaded);
    encryption::against(&keys::described(&medium.list.keys), &loaded, &mut report.findings);
    keys::stand_before(medium, &loaded, &mut report.findings);
    from_its_first_segment(&mut loaded);
    rules::segments(&loaded, &mut report.findings);
    bitrates(medium, &loaded, &mut report.findings);
    let fps = fps(&loaded);
    loaded.forget_samples();
    let sizes: Vec<_> =
        loaded.segments.iter().zip(&medium.list.segments).map(|(one, listed)| (one.size, listed.micros)).collect();
    let is_whole = sizes.len() == medium.list.segments.len();
    let rates = is_whole.then(|| measured(&sizes, medium.list.target?)).flatten();
    ReadMedium { medium, loaded, rates, fps }
}

fn key_frames<'a>(medium: &'a Medium, look: Look<'_>, report: &mut Report) -> ReadMedium<'a> {
    let loaded = media::load_track(&medium.representation, look, &mut report.findings);
    encryption::against(&keys::described(&medium.list.keys), &loaded, &mut report.findings);
    if let Some(track) = &loaded.track {
        i_frames::check(medium, &medium.representation, track, look.files, &mut report.findings);
    }
    report.add(&loaded);
    let sizes: Option<Vec<_>> =
        medium.list.segments.iter().map(|listed| Some((listed.place.range?.length()?, listed.micros))).collect();
    let rates = sizes.and_then(|sizes| measured(&sizes, medium.list.target?));
    ReadMedium { medium, loaded, rates, fps: None }
}

/// A playlist says how long segments are, and not when the first one begins: other times count from there.
fn from_its_first_segment(loaded: &mut Loaded<'_>) {
    let Some(timescale) = loaded.track.as_ref().map(|track| track.timescale) else { return };
    let Some(first) = loaded.segments.first().filter(|first| first.position == 0) else { return };
    let start = MediaTime::new(first.start(timescale), timescale).presentation();
    let late = start.nanos().saturating_sub(first.declared.start.nanos());
    for segment in &mut loaded.segments {
        let time = &segment.declared;
        segment.declared = time.start.offset_by_nanos(late)..time.end.offset_by_nanos(late);
    }
}

/// One finding tells of all.
fn bitrates(medium: &Medium, loaded: &Loaded<'_>, findings: &mut Vec<Finding>) {
    for segment in &loaded.segments {
        let listed = usize::try_from(segment.position).ok().and_then(|position| medium.list.segments.get(position));
        let Some((listed, stated)) = listed.and_then(|listed| Some((listed, listed.kbps? as f64))) else { continue };
        let real = rate(segment.size, listed.micros) / 1000.0;
        if (stated - real).abs() > real * A_TENTH + 1.0 {
            let place = format!("{} segment {}", medium.uri, segment.number);
            let problem = format!("has {real:.0} kbit/s, EXT-X-BITRATE is {stated}");
            findings.push(Finding::new(Check::Bandwidth, &segment.file, place, problem));
            return;
        }
    }
}

fn fps(loaded: &Loaded<'_>) -> Option<f64> {
    let scale = f64::from(loaded.track.as_ref()?.timescale.get());
    let samples: usize = loaded.segments.iter().map(|segment| segment.needs.len()).sum();
    let ticks: i64 = loaded.segments.iter().map(|segment| segment.decoded.end - segment.decoded.start).sum();
    let longest = loaded.segments.iter().map(|segment| segment.longest_sample).max()?;
    let is_constant = i64::try_from(samples).ok()?.checked_mul(longest) == Some(ticks);
    (is_constant && ticks > 0).then(|| samples as f64 * scale / ticks as f64)
}
