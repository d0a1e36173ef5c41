//! Checks a finished package independently: nothing here uses [`crate::mux`] or [`crate::catalogue`], so that an error
//! there is not repeated here. What the manifest says is compared with what the files hold, to the NAL unit.
//!
//! In the order of the data: `files` reads below the manifest's folder, `media` turns one Representation into facts,
//! `hls` does the same for playlists; `encryption` looks at what is said of it, `text` at cues, `image` at sheets of small
//! pictures, `bitstream` looks for key frames, `decode` decodes every segment by itself, `rules` compare.

mod bitstream;
pub mod command;
mod decode;
mod encryption;
mod files;
mod hls;
mod image;
mod media;
mod rules;
#[cfg(test)]
mod tests;
mod text;

pub use files::{Disk, PackageFiles};

use crate::playlist;
use media::Loaded;
use serde::Serialize;
use shared::mpd::model::Mpd;
use shared::mpd::{self, ContentType, MpdError, Period, Presentation, Representation};
use shared::protection::{ContentKey, Key, KeyId};
use shared::units::ByteSize;
use std::fmt;
use url::Url;

/// The kind of a finding; its name appears in the JSON report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The document itself: mandatory attributes, ids, values.
    Manifest,
    /// A file cannot be read.
    Missing,
    /// A file without a byte.
    Empty,
    /// The boxes of a file.
    Structure,
    /// Samples cannot be decoded, or not without the segment before.
    Damage,
    /// `@codecs` against the configuration.
    Codecs,
    /// Width, height, aspect, frame rate, sampling rate, channels.
    Description,
    /// A segment does not begin with a key frame, by its flag or in the bitstream.
    KeyFrame,
    /// A segment does not begin where the last one ended.
    Gap,
    /// A segment is not where the manifest says in time.
    Time,
    /// A segment is not as long as the manifest says.
    Duration,
    /// The first sample is not presented at the start of the Period.
    Start,
    /// The media do not end with the Period.
    End,
    /// Representations of a set are cut at different times.
    Alignment,
    /// `@bandwidth` is not enough.
    Bandwidth,
    /// The index file does not say what the files are.
    Index,
    /// The cues of a text, and the boxes that they are in.
    Text,
    /// What is said of encryption, by manifests and by files.
    Encryption,
    /// Sheets of small pictures: that they are pictures of the size that is said, and for which time each stands.
    Image,
    /// An entry of an HLS playlist of key frames is no fragment with a key frame alone.
    IFrame,
}

/// All of them, in this order.
const CHECKS: [Check; 19] = [
    Check::Manifest,
    Check::Missing,
    Check::Empty,
    Check::Structure,
    Check::Damage,
    Check::Codecs,
    Check::Description,
    Check::KeyFrame,
    Check::Gap,
    Check::Time,
    Check::Duration,
    Check::Start,
    Check::End,
    Check::Alignment,
    Check::Bandwidth,
    Check::Index,
    Check::Text,
    Check::Encryption,
    Check::Image,
];

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Times, sizes, descriptions and the first picture of every segment: as fast as files are read.
    Structure,
    /// Everything is decoded, too.
    Samples,
}

impl Depth {
    /// What is looked for.
    fn checks(self) -> Vec<Check> {
        let is_made = |check: &Check| *check != Check::Damage || self == Self::Samples;
        CHECKS.into_iter().filter(is_made).collect()
    }
}

/// How to look at a package.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Where files are read.
    pub files: &'a dyn PackageFiles,
    /// How deep.
    pub depth: Depth,
    /// Of what is encrypted; without its key, nothing is decoded.
    pub keys: &'a [ContentKey],
}

impl Look<'_> {
    /// The key of this name.
    fn key(&self, id: KeyId) -> Option<Key> {
        self.keys.iter().find(|key| key.id == id).map(|key| key.key)
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub check: Check,
    /// The file, or the manifest.
    pub file: String,
    /// Representation, and segment where it is about one.
    pub place: String,
    /// What is wrong, with both values.
    pub problem: String,
}

/// What was looked at and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Representations read.
    pub representations: usize,
    /// Others of pictures, sound or text, which are in a container that we do not read (WebM, transport streams, TTML), or
    /// encrypted as whole files.
    pub not_read: usize,
    /// Segments read.
    pub segments: u64,
    /// Their bytes, without initialization segments.
    pub bytes: u64,
    /// What was looked for.
    pub checked: Vec<Check>,
    /// Each Representation that was read.
    pub read: Vec<ReadMedia>,
    /// Those whose key was not given: their samples are not decoded.
    pub locked: Vec<LockedMedia>,
    /// Differences; none in a good package.
    pub findings: Vec<Finding>,
}

/// A Representation that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadMedia {
    /// `Representation@id`.
    pub id: String,
    /// Segments read.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A Representation that is encrypted with a key that was not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockedMedia {
    /// `Representation@id`.
    pub id: String,
    /// The name of the key.
    pub key_id: KeyId,
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The manifest cannot be read.
    #[error("cannot read {url}: {error}")]
    Unreadable {
        /// Which.
        url: Url,
        /// Why.
        error: std::io::Error,
    },
    /// It is called a playlist and is none.
    #[error("{0} is not a playlist that we take: its first line is not {first}", first = playlist::FIRST)]
    NotAPlaylist(Url),
    /// It is not a manifest.
    #[error("{url} is not a manifest that we take: {error}")]
    NotAnMpd {
        /// Which.
        url: Url,
        /// Where in the text, and why.
        error: MpdError,
    },
}

/// Checks the package of the manifest or the HLS playlist at `url`.
///
/// # Errors
/// Only when there is no manifest to begin with; everything else is a finding.
pub fn verify(url: &Url, look: Look<'_>) -> Result<Report, VerifyError> {
    let unreadable = |error| VerifyError::Unreadable { url: url.clone(), error };
    let text = look.files.read(url, None).map_err(unreadable)?;
    let in_words = String::from_utf8_lossy(&text);
    if playlist::is_playlist(&in_words) {
        return Ok(hls::verify(url, &in_words, look));
    }
    if url.path().to_ascii_lowercase().ends_with(".m3u8") {
        return Err(VerifyError::NotAPlaylist(url.clone()));
    }
    let not_an_mpd = |error| VerifyError::NotAnMpd { url: url.clone(), error };
    let (presentation, warnings) = mpd::read(&text, url).map_err(not_an_mpd)?;
    let document = mpd::parse(&text).map_err(not_an_mpd)?.0;
    let mut report = Report { checked: look.depth.checks(), ..Report::default() };
    for warning in warnings {
        report.findings.push(Finding {
            check: Check::Manifest,
            file: url.to_string(),
            place: warning.place.to_string(),
            problem: warning.problem,
        });
    }
    for (place, period) in presentation.periods.iter().enumerate() {
        check_period((&presentation, &document), (place, period), look, &mut report);
    }
    Ok(report)
}

fn check_period(
    (presentation, document): (&Presentation, &Mpd),
    (place, period): (usize, &Period),
    look: Look<'_>,
    report: &mut Report,
) {
    let longest = document.max_segment_duration.map(|longest| longest.duration());
    let mut all = vec![];
    for set in &period.sets {
        if set.content == ContentType::Image {
            for one in &set.representations {
                image::check(period, (set, one), look.files, report);
            }
        }
        if !matches!(set.content, ContentType::Video | ContentType::Audio | ContentType::Text) {
            continue;
        }
        let (foreign, read): (Vec<_>, Vec<_>) =
            set.representations.iter().partition(|one| is_foreign(set.content, one));
        report.not_read += foreign.len();
        let mut loaded: Vec<Loaded<'_>> = vec![];
        for one in read {
            let described = encryption::of_mpd(document, place, &one.id);
            let mut one = media::load(period, one, look, &mut report.findings);
            let said = set.supplemental.iter().find(|property| property.is(mpd::EXTENT_SCHEME));
            one.extent = said.and_then(|property| media::extent(property.value.as_deref()?));
            report.add(&one);
            rules::representation(presentation, period, longest, &one, &mut report.findings);
            encryption::against(&described, &one, &mut report.findings);
            one.forget_samples();
            loaded.push(one);
        }
        rules::aligned(&loaded.iter().collect::<Vec<_>>(), &mut report.findings);
        all.extend(loaded);
    }
    let all: Vec<&Loaded<'_>> = all.iter().collect();
    rules::together(&all, &mut report.findings);
    encryption::reused(&all, &mut report.findings);
}

/// In a container, or of a kind of text, that is not read here.
fn is_foreign(content: ContentType, one: &Representation) -> bool {
    one.mime.ends_with("/webm") || (content == ContentType::Text && !text::is_read(&one.codecs))
}

impl Report {
    fn add(&mut self, one: &Loaded<'_>) {
        let segments = one.segments.len() as u64;
        let bytes = one.segments.iter().map(|segment| segment.size).sum();
        self.add_read(&one.representation.id, segments, bytes);
        let id = one.representation.id.clone();
        self.locked.extend(one.locked.map(|key_id| LockedMedia { id, key_id }));
    }

    /// Counts what was read.
    fn add_read(&mut self, id: &str, segments: u64, bytes: u64) {
        self.representations += 1;
        self.segments += segments;
        self.bytes += bytes;
        self.read.push(ReadMedia { id: id.to_owned(), segments, bytes });
    }
}

impl Finding {
    /// `check`, of a segment or file of a Representation.
    fn new(check: Check, file: impl Into<String>, place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { check, file: file.into(), place: place.into(), problem: problem.into() }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// `gap: v720 segment 3: … (file …)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, file, place, problem } = self;
        write!(f, "{check}: {place}: {problem} ({file})")
    }
}

/// `  h264-1280x720-2500k: 15 segments, 4.4 MB`.
impl fmt::Display for ReadMedia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segments = if self.segments == 1 { "1 segment".to_owned() } else { format!("{} segments", self.segments) };
        write!(f, "  {}: {segments}, {}", self.id, ByteSize::from_bytes(self.bytes))
    }
}

/// `  h264-1280x720-2500k is encrypted: without the key 0011… its samples are not decoded (--key)`.
impl fmt::Display for LockedMedia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, key_id } = self;
        write!(f, "  {id} is encrypted: without the key {key_id} its samples are not decoded (--key {key_id}:KEY)")
    }
}

/// What was looked at and for, one finding a line, and the verdict.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { representations, not_read, segments, bytes, checked, read, locked, findings } = self;
        for media in read {
            writeln!(f, "{media}")?;
        }
        for media in locked {
            writeln!(f, "{media}")?;
        }
        let names: Vec<String> = checked.iter().map(Check::to_string).collect();
        writeln!(f, "  checked: {}", names.join(", "))?;
        for finding in findings {
            writeln!(f, "{finding}")?;
        }
        let without = if *not_read > 0 { format!(" ({not_read} in other containers not read)") } else { String::new() };
        let size = ByteSize::from_bytes(*bytes);
        let looked = format!("{representations} representations{without}, {segments} segments, {size}");
        match findings.len() {
            0 => write!(f, "{looked}: everything is as the manifest says"),
            count => write!(f, "{looked}: {count} findings"),
        }
    }
}
