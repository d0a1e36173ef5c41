//! Checks a finished package independently: nothing here uses [`crate::mux`] or [`crate::catalogue`], so that an error
//! there is not repeated here. What the manifest says is compared with what the files hold, to the NAL unit.
//!
//! In the order of the data: `files` reads below the manifest's folder, `media` turns one Representation into facts,
//! `bitstream` looks for key frames, `decode` decodes every segment by itself, `rules` compare.

mod bitstream;
pub mod command;
mod decode;
mod files;
mod media;
mod rules;
#[cfg(test)]
mod tests;

pub use files::{Disk, PackageFiles};

use media::Loaded;
use serde::Serialize;
use shared::mpd::{self, ContentType, MpdError, Period, Presentation};
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
}

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Times, sizes, descriptions and the first picture of every segment: as fast as files are read.
    Structure,
    /// Everything is decoded, too.
    Samples,
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
    /// Others of pictures or sound, which are in a container that we do not read (WebM).
    pub not_read: usize,
    /// Segments read.
    pub segments: u64,
    /// Their bytes, without initialization segments.
    pub bytes: u64,
    /// Differences; none in a good package.
    pub findings: Vec<Finding>,
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
    /// It is not a manifest.
    #[error("{url} is not a manifest that we take: {error}")]
    NotAnMpd {
        /// Which.
        url: Url,
        /// Where in the text, and why.
        error: MpdError,
    },
}

/// Checks the package of the manifest at `url`, reading through `files`.
///
/// # Errors
/// Only when there is no manifest to begin with; everything else is a finding.
pub fn verify(url: &Url, files: &dyn PackageFiles, depth: Depth) -> Result<Report, VerifyError> {
    let unreadable = |error| VerifyError::Unreadable { url: url.clone(), error };
    let text = files.read(url, None).map_err(unreadable)?;
    let not_an_mpd = |error| VerifyError::NotAnMpd { url: url.clone(), error };
    let (presentation, warnings) = mpd::read(&text, url).map_err(not_an_mpd)?;
    let longest = mpd::parse(&text).map_err(not_an_mpd)?.0.max_segment_duration.map(|longest| longest.duration());
    let mut report = Report::default();
    for warning in warnings {
        report.findings.push(Finding {
            check: Check::Manifest,
            file: url.to_string(),
            place: warning.place.to_string(),
            problem: warning.problem,
        });
    }
    for period in &presentation.periods {
        check_period(&presentation, period, longest, (files, depth), &mut report);
    }
    Ok(report)
}

fn check_period(
    presentation: &Presentation,
    period: &Period,
    longest: Option<std::time::Duration>,
    (files, depth): (&dyn PackageFiles, Depth),
    report: &mut Report,
) {
    let mut all = vec![];
    for set in &period.sets {
        if !matches!(set.content, ContentType::Video | ContentType::Audio) {
            continue;
        }
        let (webm, read): (Vec<_>, Vec<_>) = set.representations.iter().partition(|one| one.mime.ends_with("/webm"));
        report.not_read += webm.len();
        let mut loaded: Vec<Loaded<'_>> = vec![];
        for one in read {
            let mut one = media::load(period, one, (files, depth), &mut report.findings);
            report.representations += 1;
            report.segments += one.segments.len() as u64;
            report.bytes += one.segments.iter().map(|segment| segment.size).sum::<u64>();
            rules::representation(presentation, period, longest, &one, &mut report.findings);
            one.forget_samples();
            loaded.push(one);
        }
        rules::aligned(&loaded, &mut report.findings);
        all.extend(loaded);
    }
    rules::together(&all, &mut report.findings);
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

/// One finding a line and the verdict.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let Self { representations, not_read, segments, bytes, findings } = self;
        let without = if *not_read > 0 { format!(" ({not_read} in WebM not read)") } else { String::new() };
        let looked = format!("{representations} representations{without}, {segments} segments, {bytes} bytes");
        match findings.len() {
            0 => write!(f, "{looked}: everything is as the manifest says"),
            count => write!(f, "{looked}: {count} findings"),
        }
    }
}
