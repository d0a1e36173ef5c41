//! One Representation, read: its track and the facts of each segment. Segments are read one at a time and not kept.

use super::bitstream::{Picture, picture};
use super::encryption::{self, Seen, TrackBoxes, Vectors};
use super::files::{MEDIA_BEGINNING, PackageFiles};
use super::{Check, Depth, Finding, Look, decode, text};
use shared::addressing::{ByteRange, Resource, SegmentIndex, SegmentNumber};
use shared::bmff::{Sample, Track, fragment, init, walk};
use shared::mpd::{Period, Representation};
use shared::protection::{self, KeyId, Locked};
use shared::time::{PresentationTime, Timescale};
use std::ops::Range;
use url::Url;

/// Bound on the segments that are checked: two weeks of four-second segments.
const MAX_SEGMENTS: u64 = 300_000;
/// After this many missing segments in a row, the rest is taken for missing.
const MAX_MISSING: usize = 20;

/// What the files of a Representation hold.
pub(super) struct Loaded<'a> {
    pub(super) representation: &'a Representation,
    /// `None` when the initialization segment cannot be used.
    pub(super) track: Option<Track>,
    /// Those that could be read.
    pub(super) segments: Vec<Segment>,
    /// How many the manifest has.
    pub(super) declared: u64,
    /// Sizes by the index file, when there is one: position and bytes.
    pub(super) index: Option<SegmentIndex>,
    /// From when to when there are media by the word of the manifest, where that is not the whole Period; counted in seconds
    /// from its start.
    pub(super) extent: Option<Range<f64>>,
    /// What the initialization segment says of encryption beside its track.
    pub(super) boxes: TrackBoxes,
    pub(super) encrypted: Encrypted,
    /// A key that was needed and not given.
    pub(super) locked: Option<KeyId>,
}

/// What is encrypted of the segments of a Representation.
#[derive(Default)]
pub(super) struct Encrypted {
    pub(super) samples: usize,
    /// Bytes of these that are protected.
    pub(super) protected: u64,
    pub(super) vectors: Vectors,
}

impl<'a> Loaded<'a> {
    fn nothing(representation: &'a Representation) -> Self {
        Self {
            representation,
            track: None,
            segments: vec![],
            declared: 0,
            index: None,
            extent: None,
            boxes: TrackBoxes::default(),
            encrypted: Encrypted::default(),
            locked: None,
        }
    }

    /// What is known of single samples is most of what is known, and no rule across Representations needs it.
    pub(super) fn forget_samples(&mut self) {
        for segment in &mut self.segments {
            segment.needs = Needs::default();
        }
    }
}

/// Facts of one segment, in ticks of the track, edit list applied.
pub(super) struct Segment {
    /// Its place in the manifest, from 0.
    pub(super) position: u64,
    pub(super) number: SegmentNumber,
    pub(super) file: String,
    pub(super) size: u64,
    /// What the manifest says.
    pub(super) declared: Range<PresentationTime>,
    /// First decoding time, and the end of the last sample in decoding.
    pub(super) decoded: Range<i64>,
    /// Earliest start and latest end in presentation.
    pub(super) presented: Range<i64>,
    pub(super) key_flag: bool,
    pub(super) is_encrypted: bool,
    pub(super) picture: Picture,
    /// A sample that follows the first one is shown before it.
    pub(super) leading: bool,
    pub(super) longest_sample: i64,
    /// Presentation time of each sample and the bytes of the segment up to its end.
    pub(super) needs: Needs,
}

/// By which time which bytes are needed: of all samples of a long film, so in eight bytes each.
#[derive(Default)]
pub(super) struct Needs {
    start: i64,
    /// Ticks behind the start, and bytes.
    samples: Vec<(i32, u32)>,
}

impl Needs {
    fn of(start: i64, samples: &[Sample]) -> Self {
        let ticks = |ticks: i64| i32::try_from(ticks.saturating_sub(start)).unwrap_or(i32::MAX);
        let need = |sample: &Sample| (ticks(sample.pts.ticks), u32::try_from(sample.range.end).unwrap_or(u32::MAX));
        Self { start, samples: samples.iter().map(need).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    /// In the order of decoding.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, u64)> {
        self.samples.iter().map(|(ticks, bytes)| (self.start.saturating_add((*ticks).into()), u64::from(*bytes)))
    }
}

/// Reads everything; what cannot be read is a finding.
pub(super) fn load<'a>(
    period: &Period,
    representation: &'a Representation,
    look: Look<'_>,
    findings: &mut Vec<Finding>,
) -> Loaded<'a> {
    let mut loaded = Loaded::nothing(representation);
    let mut loader = Loader::new(representation, look, findings);
    let Some(index) = loader.segment_index() else { return loaded };
    loaded.declared = index.len();
    loaded.index = loader.sizes(&index);
    let (track, boxes) = loader.track(&index).unzip();
    loaded.track = track;
    loaded.boxes = boxes.unwrap_or_default();
    if let Some(track) = &loaded.track {
        loaded.segments = loader.segments(period, track, &index);
    }
    loaded.encrypted = loader.encrypted;
    loaded.locked = loader.locked;
    loaded
}

/// Reads the initialization segment alone.
pub(super) fn load_track<'a>(
    representation: &'a Representation,
    look: Look<'_>,
    findings: &mut Vec<Finding>,
) -> Loaded<'a> {
    let read = Loader::new(representation, look, findings).track(&representation.index);
    let (track, boxes) = read.unzip();
    let declared = representation.index.len();
    Loaded { track, boxes: boxes.unwrap_or_default(), declared, ..Loaded::nothing(representation) }
}

/// Two numbers of seconds, as a manifest says an extent.
pub(super) fn extent(text: &str) -> Option<Range<f64>> {
    let (start, end) = text.trim().split_once(' ')?;
    let seconds = |text: &str| text.parse::<f64>().ok().filter(|seconds| seconds.is_finite());
    seconds(start).zip(seconds(end)).map(|(start, end)| start..end)
}

/// A segment as the manifest has it.
struct Declared {
    number: SegmentNumber,
    time: Range<PresentationTime>,
    resource: Resource,
}

impl Declared {
    fn of(index: &SegmentIndex, number: SegmentNumber) -> Option<Self> {
        Some(Self { number, time: index.time(number)?, resource: index.resource(number)? })
    }
}

struct Loader<'a, 'f> {
    representation: &'a Representation,
    look: Look<'f>,
    findings: &'f mut Vec<Finding>,
    encrypted: Encrypted,
    locked: Option<KeyId>,
}

impl<'a, 'f> Loader<'a, 'f> {
    fn new(representation: &'a Representation, look: Look<'f>, findings: &'f mut Vec<Finding>) -> Self {
        Self { representation, look, findings, encrypted: Encrypted::default(), locked: None }
    }

    fn found(&mut self, check: Check, file: &str, place: &str, problem: impl Into<String>) {
        let place = if place.is_empty() {
            self.representation.id.clone()
        } else {
            format!("{} {place}", self.representation.id)
        };
        self.findings.push(Finding::new(check, file, place, problem));
    }

    /// Reads a resource; the name of the file goes along. Complains when it cannot.
    fn fetch(&mut self, resource: &Resource, place: &str) -> Option<(String, Vec<u8>)> {
        self.fetch_by(resource, place, |files, url| files.read(url, resource.range))
    }

    /// The same for a segment: where nothing is decoded, the media are of no interest but for their beginning.
    fn fetch_segment(&mut self, resource: &Resource, place: &str) -> Option<(String, Vec<u8>)> {
        match self.look.depth {
            Depth::Samples => self.fetch(resource, place),
            Depth::Structure => self.fetch_by(resource, place, |files, url| files.read_structure(url, resource.range)),
        }
    }

    fn fetch_by(
        &mut self,
        resource: &Resource,
        place: &str,
        read: impl FnOnce(&dyn PackageFiles, &Url) -> std::io::Result<Vec<u8>>,
    ) -> Option<(String, Vec<u8>)> {
        let base = &self.representation.locations.first()?.base;
        let Ok(url) = resource.url(base) else {
            self.found(Check::Manifest, &resource.path, place, "is no URL");
            return None;
        };
        match read(self.look.files, &url) {
            Ok(bytes) if bytes.is_empty() => {
                self.found(Check::Empty, url.as_str(), place, "is empty");
                None
            }
            Ok(bytes) => Some((url.to_string(), bytes)),
            Err(error) => {
                self.found(Check::Missing, url.as_str(), place, error.to_string());
                None
            }
        }
    }

    fn segment_index(&mut self) -> Option<SegmentIndex> {
        let mut index = self.representation.index.clone();
        while let Some(resource) = index.pending().cloned() {
            let (file, bytes) = self.fetch(&resource, "index")?;
            match index.with_sidx(&bytes) {
                Ok(next) => index = next,
                Err(error) => {
                    self.found(Check::Index, &file, "index", error.to_string());
                    return None;
                }
            }
        }
        Some(index)
    }

    fn sizes(&mut self, index: &SegmentIndex) -> Option<SegmentIndex> {
        let resource = self.representation.size_index.clone()?;
        let (file, bytes) = self.fetch(&resource, "index file")?;
        let sized = index.with_sizes(&bytes);
        sized.map_err(|error| self.found(Check::Index, &file, "index file", error.to_string())).ok()
    }

    fn track(&mut self, index: &SegmentIndex) -> Option<(Track, TrackBoxes)> {
        let Some(resource) = index.initialization(self.representation.init.as_ref()) else {
            self.found(Check::Manifest, "the manifest", "", "has no initialization segment");
            return None;
        };
        let (file, bytes) = self.fetch(&resource, "initialization segment")?;
        let place = "initialization segment";
        match init::read(&bytes) {
            Err(error) => {
                self.found(Check::Structure, &file, place, error.to_string());
                None
            }
            Ok(track) => {
                let boxes = encryption::boxes(&bytes, &track);
                for problem in &boxes.problems {
                    self.found(Check::Encryption, &file, place, problem);
                }
                Some((track, boxes))
            }
        }
    }

    fn segments(&mut self, period: &Period, track: &Track, index: &SegmentIndex) -> Vec<Segment> {
        let mut segments = vec![];
        let mut missing = 0;
        for (position, number) in (0..MAX_SEGMENTS).zip(index.numbers()) {
            let Some(declared) = Declared::of(index, number) else { break };
            match self.segment(period, track, position, &declared) {
                Some(segment) => segments.push(segment),
                None => missing += 1,
            }
            if missing >= MAX_MISSING {
                break;
            }
        }
        segments
    }

    fn segment(&mut self, period: &Period, track: &Track, position: u64, declared: &Declared) -> Option<Segment> {
        let place = format!("segment {}", declared.number);
        let (file, mut bytes) = self.fetch_segment(&declared.resource, &place)?;
        let offset = declared.resource.range.map_or(0, |range: ByteRange| range.first);
        let samples = samples(track, &bytes, offset)
            .and_then(
                |samples| if samples.is_empty() { Err("has no samples of its track".into()) } else { Ok(samples) },
            )
            .map_err(|problem| self.found(Check::Structure, &file, &place, problem))
            .ok()?;
        let described = track.described(samples.first()?.entry);
        let seen = self.encryption(track, (&bytes, offset, &samples), declared.number, (&file, &place));
        let bare = Track { protection: None, more: vec![], ..described.clone().into_owned() };
        // Of pictures, the type can be read unless all of them is encrypted.
        let readable = if seen.is_whole { &described } else { &bare };
        let segment = Segment::of(period, readable, position, declared, &bytes, &samples)?;
        let is_encrypted = seen.samples > 0;
        if self.look.depth == Depth::Samples
            && (!is_encrypted || self.decrypt(track, (&mut bytes, offset, &samples), (&file, &place)))
            && let Some(problem) = decode::damage(&bare, &bytes, &samples, segment.picture)
        {
            let after = if is_encrypted { " after decryption: is the key the right one?" } else { "" };
            self.found(Check::Damage, &file, &place, problem + after);
        }
        if let Some(problem) = text::samples(track, &bytes, &samples) {
            self.found(Check::Text, &file, &place, problem);
        }
        Some(Segment { file, is_encrypted, ..segment })
    }

    /// Looks at what is said of encryption.
    fn encryption(
        &mut self,
        track: &Track,
        (bytes, offset, samples): (&[u8], u64, &[Sample]),
        number: SegmentNumber,
        (file, place): (&str, &str),
    ) -> Seen {
        let begin = samples.first().map_or(0, |first| first.range.start);
        let read = match self.look.depth {
            Depth::Samples => bytes.len(),
            Depth::Structure => bytes.len().min(begin + MEDIA_BEGINNING),
        };
        let mut seen = encryption::look(track, (bytes, read), offset, samples);
        for problem in std::mem::take(&mut seen.problems) {
            self.found(Check::Encryption, file, place, problem);
        }
        self.encrypted.samples += seen.samples;
        self.encrypted.protected += seen.protected;
        self.encrypted.vectors.take(number, &seen.vectors);
        seen
    }

    /// Decrypts samples where they lie; false where the key is not there, or what is said of them is wrong.
    fn decrypt(
        &mut self,
        track: &Track,
        (bytes, offset, samples): (&mut [u8], u64, &[Sample]),
        (file, place): (&str, &str),
    ) -> bool {
        match protection::clear(track, bytes, offset, samples, |id| self.look.key(id)) {
            Ok(_) => return true,
            Err(Locked::NoKey(id)) => drop(self.locked.get_or_insert(id)),
            // What the boxes say has its own finding.
            Err(Locked::Bmff(_)) => {}
            Err(problem) => self.found(Check::Encryption, file, place, problem.to_string()),
        }
        false
    }
}

/// The samples, all of them inside an `mdat`.
fn samples(track: &Track, bytes: &[u8], offset: u64) -> Result<Vec<Sample>, String> {
    let samples = fragment::samples_at(track, bytes, offset).map_err(|error| error.to_string())?;
    let boxes: Vec<_> = walk::boxes(bytes).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let media: Vec<Range<usize>> = boxes.iter().filter(|b| b.kind == b"mdat").map(|b| b.body_range()).collect();
    let inside = |sample: &Sample| media.iter().any(|m| m.start <= sample.range.start && sample.range.end <= m.end);
    match samples.iter().position(|sample| !inside(sample)) {
        Some(stray) => Err(format!("sample {} lies outside the media data", stray + 1)),
        None => Ok(samples),
    }
}

impl Segment {
    fn of(
        period: &Period,
        track: &Track,
        position: u64,
        declared: &Declared,
        bytes: &[u8],
        samples: &[Sample],
    ) -> Option<Self> {
        let (first, last) = (samples.first()?, samples.last()?);
        let end = |sample: &Sample| sample.pts.ticks.saturating_add(sample.duration.ticks);
        let start = samples.iter().map(|sample| sample.pts.ticks).min()?;
        // The Period's own time: what the manifest says is on the axis of the presentation.
        let origin = track.timescale.ticks_at(period.start);
        Some(Self {
            position,
            number: declared.number,
            file: String::new(),
            size: bytes.len() as u64,
            declared: declared.time.clone(),
            decoded: first.dts.ticks..last.dts.ticks.saturating_add(last.duration.ticks),
            presented: start.saturating_add(origin)..samples.iter().map(end).max()?.saturating_add(origin),
            key_flag: first.key,
            is_encrypted: false,
            picture: picture(track, &bytes[first.range.clone()]),
            leading: start < first.pts.ticks,
            longest_sample: samples.iter().map(|sample| sample.duration.ticks).max()?,
            needs: Needs::of(start, samples),
        })
    }

    /// Where presentation begins; priming before the start of the Period is decoded and not presented.
    pub(super) fn start(&self, timescale: Timescale) -> i64 {
        let declared = timescale.ticks_at(self.declared.start);
        let priming = self.position == 0 && self.presented.start < declared && declared < self.presented.end;
        if priming && declared - self.presented.start <= i64::from(timescale.get()) / 5 {
            declared
        } else {
            self.presented.start
        }
    }
}
