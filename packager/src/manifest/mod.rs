//! Makes the MPD from the facts of the plan and the [`SegmentClosed`] of every segment, which may come in any order.
//! Pure: nothing here reads or writes files.

mod bandwidth;
mod describe;
mod early;
mod sets;
#[cfg(test)]
mod tests;
mod timeline;

pub use bandwidth::{buffer_model_rate, peak_rate};
pub use early::EarlyTimes;

use crate::layout::Addressing;
use crate::mux::SegmentClosed;
use shared::bmff::Track;
use shared::bmff::entry::MediaKind;
use shared::mpd::datatype::{FrameRate, XsDuration};
use shared::mpd::model::{Mpd, Period, ProgramInformation};
use shared::time::MediaTime;
use shared::units::{Bitrate, ByteSize};
use shared_av::StreamPurpose;
use std::collections::BTreeMap;
use std::time::Duration;

/// What holds for the whole package.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Folder of this run's files, relative to the manifest.
    pub generation: String,
    /// How players find segments.
    pub addressing: Addressing,
    /// Nominal length of a segment; also what players are told to buffer (`minBufferTime`).
    pub segment: Duration,
    /// Of the film.
    pub title: Option<String>,
    /// In the order in which they are to be listed.
    pub renditions: Vec<Rendition>,
}

/// What is known of one Representation.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendition {
    /// `Representation@id`; its folder's name.
    pub id: String,
    /// As its initialization segment describes it.
    pub track: Track,
    /// Bytes of the initialization segment.
    pub init_size: u64,
    /// Of pictures.
    pub frame_rate: Option<FrameRate>,
    /// BCP 47; `None` when unknown.
    pub language: Option<String>,
    /// A label for a menu of tracks.
    pub label: Option<String>,
    /// The default among those of its kind.
    pub main: bool,
    /// Its purpose.
    pub purpose: StreamPurpose,
    /// The encoder's peak rate: its `bandwidth` until all segments are written and it can be computed.
    pub cap: Bitrate,
}

/// Collects segments and writes the MPD.
#[derive(Debug, Clone)]
pub struct Manifest {
    facts: Facts,
    closed: BTreeMap<String, BTreeMap<u64, SegmentClosed>>,
}

/// Why there can be no manifest yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A Representation of the plan without segments.
    #[error("{0} has no segments")]
    Nothing(String),
    /// Numbers must be 1, 2, 3, …
    #[error("segment {number} of {representation} is missing")]
    Missing {
        /// `Representation@id`.
        representation: String,
        /// From 1.
        number: u64,
    },
}

/// The segments of one Representation with its facts.
struct Segments<'a> {
    rendition: &'a Rendition,
    closed: Vec<&'a SegmentClosed>,
    /// More are to come.
    grows: bool,
}

impl Manifest {
    /// Without segments yet.
    pub fn new(facts: Facts) -> Self {
        Self { facts, closed: BTreeMap::new() }
    }

    /// Takes a segment; the last one counts when a number comes twice.
    pub fn apply(&mut self, closed: SegmentClosed) {
        self.closed.entry(closed.representation.clone()).or_default().insert(closed.number, closed);
    }

    /// The segments of one Representation so far, by number.
    pub fn segments(&self, representation: &str) -> Vec<SegmentClosed> {
        self.closed.get(representation).into_iter().flat_map(|numbers| numbers.values().cloned()).collect()
    }

    /// Average and peak rate of one Representation.
    pub fn rates(&self, representation: &str) -> Option<(Bitrate, Bitrate)> {
        let rendition = self.facts.renditions.iter().find(|rendition| rendition.id == representation)?;
        let segments = self.complete_one(rendition).ok()?;
        let size: ByteSize = segments.closed.iter().map(|closed| closed.size).sum();
        let peak = Bitrate::from_bps_f64(peak_rate(&segments.closed, rendition.track.timescale));
        Some((size.per(segments.end())?, peak))
    }

    /// The document of the finished package.
    ///
    /// # Errors
    /// When segments are missing.
    pub fn mpd(&self) -> Result<Mpd, ManifestError> {
        let all = self.complete()?;
        let duration = XsDuration::from(presentation_duration(&all));
        let longest = all.iter().flat_map(Segments::durations).max().unwrap_or_default();
        let period = Period {
            id: Some("0".into()),
            start: Some(XsDuration::from_nanos(0)),
            duration: Some(duration),
            adaptation_sets: sets::adaptation_sets(&self.facts, &all),
            ..Period::default()
        };
        let title = self.facts.title.clone();
        Ok(Mpd {
            profiles: Some(profiles(self.facts.addressing).into()),
            presentation_type: Some("static".into()),
            media_presentation_duration: Some(duration),
            min_buffer_time: Some(XsDuration::from(self.facts.min_buffer())),
            max_segment_duration: Some(XsDuration::from(longest)),
            program_information: title
                .map(|title| ProgramInformation { title: Some(title), ..ProgramInformation::default() })
                .into_iter()
                .collect(),
            periods: vec![period],
            ..Mpd::default()
        })
    }

    fn complete(&self) -> Result<Vec<Segments<'_>>, ManifestError> {
        self.facts.renditions.iter().map(|rendition| self.complete_one(rendition)).collect()
    }

    fn complete_one<'a>(&'a self, rendition: &'a Rendition) -> Result<Segments<'a>, ManifestError> {
        let nothing = || ManifestError::Nothing(rendition.id.clone());
        let numbers = self.closed.get(&rendition.id).ok_or_else(nothing)?;
        if let Some((number, _)) = (1..).zip(numbers.keys()).find(|(expected, number)| expected != *number) {
            return Err(ManifestError::Missing { representation: rendition.id.clone(), number });
        }
        Ok(Segments { rendition, closed: numbers.values().collect(), grows: false })
    }
}

impl Facts {
    /// `minBufferTime`: one segment. A smaller value would make single large frames decide `bandwidth`; a larger one would
    /// delay every start.
    fn min_buffer(&self) -> Duration {
        self.segment
    }
}

/// ISO/IEC 23009-1 8.3 and 8.4; CMAF's profile of clause 8.12.
fn profiles(addressing: Addressing) -> &'static str {
    match addressing {
        Addressing::Timeline | Addressing::Number => {
            "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019"
        }
        Addressing::Base => "urn:mpeg:dash:profile:isoff-on-demand:2011,urn:mpeg:dash:profile:cmaf:2019",
    }
}

impl Segments<'_> {
    fn durations(&self) -> impl Iterator<Item = Duration> {
        self.closed.iter().map(|closed| self.length(closed.duration))
    }

    fn end(&self) -> Duration {
        self.closed.last().map_or(Duration::ZERO, |last| self.length(last.time.saturating_add(last.duration)))
    }

    fn length(&self, ticks: u64) -> Duration {
        MediaTime::new(i64::try_from(ticks).unwrap_or(i64::MAX), self.rendition.track.timescale).duration()
    }

    fn is_video(&self) -> bool {
        matches!(self.rendition.track.kind, MediaKind::Video(_))
    }
}

/// The pictures decide: sound that ends a packet later is cut by the end of the Period, as players expect.
fn presentation_duration(all: &[Segments<'_>]) -> Duration {
    let end = |video: bool| all.iter().filter(|one| one.is_video() == video).map(Segments::end).max();
    end(true).or_else(|| end(false)).unwrap_or_default()
}
