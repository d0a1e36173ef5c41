//! Inputs of other containers, read packet by packet: once for what is known of them, once for their bytes. The times of all
//! packets are kept as the compressed tables that movies have.

use super::collector::{Collector, codec_kind};
use super::conversion::Conversion;
use super::edits::Presented;
use super::facts::{InputFacts, Origin, TrackFacts};
use super::file::{instant, refused};
use super::starts::Start;
use super::table::{SampleTable, Samples, TableSample};
use super::used::Used;
use crate::error::PackagerError;
use crate::intake::Locks;
use crate::probe::programme;
use crate::survey::Master;
use shared::bmff::Track;
use shared::time::{MediaTime, PresentationTime};
use shared_av::{MediaSource, Packet, SourceInfo, StreamInfo, StreamKind};
use std::borrow::Cow;

/// Containers that are read so, as FFmpeg calls them.
const MATROSKA: &str = "matroska,webm";
const TRANSPORT: &str = "mpegts";
/// An input that is read through libavformat.
#[derive(Debug)]
pub struct Streams {
    name: String,
    origin: Origin,
    tracks: Vec<StreamTrack>,
    left_out: Vec<String>,
    notes: Vec<String>,
}

/// A stream that is copied.
#[derive(Debug)]
pub struct StreamTrack {
    /// Its number.
    pub stream: usize,
    /// When and how large its packets are, as they stand in the package.
    pub table: SampleTable,
    /// `moov`.
    pub header: Vec<u8>,
    /// What is done to its packets.
    pub(super) conversion: Conversion,
    /// What `header` says.
    pub(super) track: Track,
    /// What the container says.
    pub(super) info: StreamInfo,
    /// Where decoding can begin.
    pub(super) starts: Vec<Start>,
    /// What tells its sound from other sound.
    pub(super) identity: u64,
}

impl Streams {
    /// Reads all packets of `master`.
    ///
    /// # Errors
    /// 4 for what cannot be copied, with the place.
    pub fn open(master: &Master, locks: &Locks, allow_damaged: bool) -> Result<Self, PackagerError> {
        let mut source = master.open().map_err(|failure| locks.explain(master.name(), failure))?;
        let info = locks.marked(master.name(), source.info())?;
        if ![MATROSKA, TRANSPORT].contains(&info.container.as_str()) {
            let why = format!("its container ({}) is not copied; package it without --copy", info.container);
            return Err(refused(master.name(), why));
        }
        let mut left_out = vec![];
        let mut collectors = collectors(master.name(), &source, &info, &mut left_out);
        source.keep_only(&collectors.iter().map(|one| one.stream).collect::<Vec<_>>());
        let mut torn = 0u64;
        while let Some(packet) = source.read()? {
            torn += u64::from(packet.is_corrupt());
            if let Some(collector) = collectors.iter_mut().find(|one| one.stream == packet.stream()) {
                collector.packet(&source, &packet);
            }
        }
        let is_broadcast = info.container == TRANSPORT;
        let origin = if is_broadcast { Origin::Anywhere } else { Origin::Nearly };
        let tracks = collectors.into_iter().filter(|collector| !collector.is_empty());
        let tracks: Vec<StreamTrack> =
            tracks.map(|one| one.finish(master.name(), &source, is_broadcast)).collect::<Result<_, _>>()?;
        let streams =
            Self { name: master.name().to_owned(), origin, tracks, left_out, notes: notes(torn + source.damaged()) };
        let is_cut_off = master.ends_early() || is_broadcast && is_torn(master)?;
        streams.whole(is_cut_off, allow_damaged)
    }

    /// What is cut off is refused, or said where that is allowed.
    fn whole(mut self, is_cut_off: bool, allow_damaged: bool) -> Result<Self, PackagerError> {
        if !is_cut_off {
            return Ok(self);
        }
        let why = format!("it is cut off at {}", instant(self.end()));
        if !allow_damaged {
            let remedy = "get the whole file, or package what there is with --allow-damaged";
            return Err(refused(&self.name, format!("{why}; {remedy}")));
        }
        self.notes.push(why);
        Ok(self)
    }

    fn end(&self) -> PresentationTime {
        let ends = self.tracks.iter().map(|track| track.track.timescale).zip(self.tracks.iter().map(|track| {
            track.table.iter().map(|sample| sample.cts.saturating_add(sample.duration.into())).max().unwrap_or(0)
        }));
        let times = ends.map(|(timescale, ticks)| MediaTime::new(ticks, timescale).presentation());
        times.max().unwrap_or(PresentationTime::ZERO)
    }

    /// What is known of its tracks.
    ///
    /// # Errors
    /// 4 for what cannot be copied, with the place.
    pub fn facts(&self) -> Result<InputFacts, PackagerError> {
        let mut notes: Vec<String> = self.notes.iter().map(|note| format!("{}: {note}", self.name)).collect();
        let mut tracks = vec![];
        for one in &self.tracks {
            let facts = one.facts();
            let used = Used::of(&one.table, &facts, Presented { from: i64::MIN / 4, ..Default::default() });
            let used = used.map_err(|why| refused(&self.name, why))?;
            notes.extend(used.notes(&one.table, &facts).map(|note| format!("{}: {note}", self.name)));
            tracks.push(used.into_facts(&one.table, facts));
        }
        let (name, left_out) = (self.name.clone(), self.left_out.clone());
        Ok(InputFacts { name, origin: self.origin, tracks, left_out, notes })
    }

    /// The track that is this stream.
    pub fn track(&self, stream: u32) -> Option<&StreamTrack> {
        self.tracks.iter().find(|track| track.stream == stream as usize)
    }
}

impl StreamTrack {
    /// A packet as it stands in the package.
    pub fn in_file<'a>(&self, data: &'a [u8]) -> Cow<'a, [u8]> {
        self.conversion.in_file(data)
    }

    fn facts(&self) -> TrackFacts {
        TrackFacts {
            track: u32::try_from(self.stream).unwrap_or(u32::MAX),
            timescale: self.track.timescale,
            codec: self.track.codec.clone(),
            media: self.track.kind.clone(),
            language: self.info.language.clone(),
            title: self.info.title.clone(),
            purpose: self.info.purpose,
            is_default: self.info.default,
            shift: 0,
            earlier: self.table.most_negative_offset(),
            decoded_at: 0,
            samples: 0..self.table.len(),
            presented: 0..0,
            lasts: 0,
            bytes: self.table.bytes(),
            usual: self.table.usual_duration(),
            starts: self.starts.clone(),
            identity: self.identity,
        }
    }
}

fn notes(torn: u64) -> Vec<String> {
    (torn > 0).then(|| format!("{torn} packets are damaged and are copied as they are")).into_iter().collect()
}

/// Whether a transport stream ends within a packet (ISO/IEC 13818-1 2.4.3.2; with a time stamp before it, or a code behind).
fn is_torn(master: &Master) -> Result<bool, PackagerError> {
    let length = master.path().metadata().map_err(|e| PackagerError::input(master.path(), &e))?.len();
    Ok([188, 192, 204].iter().all(|packet| length % packet != 0))
}

/// One for each stream that is copied; the others are named.
fn collectors(name: &str, source: &MediaSource, info: &SourceInfo, left_out: &mut Vec<String>) -> Vec<Collector> {
    let foreign = programme::foreign(info);
    let mut found = vec![];
    for stream in &info.streams {
        let why = match (&stream.kind, codec_kind(&stream.codec)) {
            _ if foreign.contains(&stream.index) => "it belongs to another programme".to_owned(),
            _ if stream.attached_picture => "it is a cover".to_owned(),
            // Of text others tell.
            (StreamKind::Subtitle, _) => continue,
            (StreamKind::Video(_) | StreamKind::Audio(_), _) if stream.fault.is_some() => {
                stream.fault.clone().unwrap_or_default()
            }
            (StreamKind::Video(_) | StreamKind::Audio(_), Some(codec)) => {
                found.push(Collector::new(source, stream, codec));
                continue;
            }
            _ => format!("its format ({}) is not copied", stream.codec),
        };
        left_out.push(format!("stream {} of {name}: {why}", stream.index));
    }
    found
}

/// The samples of several tracks, each in its own order.
pub(super) struct Counters<'a>(Vec<(&'a StreamTrack, Samples<'a>)>);

impl<'a> Counters<'a> {
    /// Before the first packet.
    pub(super) fn of(tracks: impl Iterator<Item = &'a StreamTrack>) -> Self {
        Self(tracks.map(|track| (track, track.table.iter())).collect())
    }

    /// The track and the sample of the next packet; `None` for one that none of them has.
    pub(super) fn next(&mut self, packet: &Packet) -> Option<(&'a StreamTrack, TableSample)> {
        let (track, samples) = self.0.iter_mut().find(|(track, _)| track.stream == packet.stream())?;
        if packet.data().is_empty() {
            return None;
        }
        Some((*track, samples.next()?))
    }
}
