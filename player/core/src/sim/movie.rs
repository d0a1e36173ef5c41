//! Segment sizes of a title: all that a simulation needs to know of it.

use crate::kinds::TrackKind;
use crate::presentation::{Audience, Naming, Period, Presentation, Rank, Rung, Track};
use serde::Deserialize;
use shared::addressing::timeline::{Timeline, TimelineClock};
use shared::addressing::{ByteRange, Places, SegmentIndex, SegmentNumber};
use shared::mpd::Location;
use shared::time::{PresentationTime, Timescale};
use shared::units::{Bitrate, ByteSize};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// More sizes than this are refused: two days of seconds in twenty rungs.
const MOST_SIZES: usize = 4_000_000;
/// Ticks of nanoseconds, so that any duration is whole.
const NANOS: u32 = 1_000_000_000;

/// A title: segments of one duration in several rungs.
#[derive(Debug, Clone, PartialEq)]
pub struct Movie {
    /// Every segment lasts this long.
    pub segment: Duration,
    /// The ladder in kbit/s, ascending.
    pub kbps: Vec<f64>,
    /// Bits by segment, then by rung.
    pub sizes: Vec<Vec<f64>>,
    /// What the rungs are called; nothing where they were only described.
    pub names: Vec<RungName>,
}

/// What a rung of a title is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RungName {
    /// Representation@id.
    pub representation: String,
    /// Width and height.
    pub size: Option<(u32, u32)>,
}

/// Why something is not a movie.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum MovieError {
    /// Not the JSON that it should be.
    #[error("not a movie description: {0}")]
    Json(String),
    /// JSON, but not consistent.
    #[error("not a usable movie: {0}")]
    Inconsistent(&'static str),
}

/// As in the file.
#[derive(Deserialize)]
struct MovieFile {
    segment_duration_ms: f64,
    bitrates_kbps: Vec<f64>,
    segment_sizes_bits: Vec<Vec<f64>>,
}

impl Movie {
    /// Reads `{"segment_duration_ms", "bitrates_kbps", "segment_sizes_bits"}`.
    ///
    /// # Errors
    /// When it is not that, or not consistent.
    pub fn parse(json: &str) -> Result<Self, MovieError> {
        let described: MovieFile = serde_json::from_str(json).map_err(|error| MovieError::Json(error.to_string()))?;
        let millis = described.segment_duration_ms;
        if !(1.0..=3.6e6).contains(&millis) {
            return Err(MovieError::Inconsistent("the segment duration is not between 1 ms and an hour"));
        }
        let segment = Duration::from_nanos((millis * 1e6).round() as u64);
        Self { segment, kbps: described.bitrates_kbps, sizes: described.segment_sizes_bits, names: vec![] }.checked()
    }

    /// From the video of a presentation whose segment sizes are known; segments of unknown size get the one that
    /// their bandwidth promises.
    ///
    /// # Errors
    /// When there is no video, or its segments are not known.
    pub fn from_presentation(presentation: &Presentation) -> Result<Self, MovieError> {
        let count = |track: &Track| {
            let indexes = track.rungs.iter().filter_map(|rung| presentation.index(rung.id));
            indexes.map(|index| index.len()).max().unwrap_or(0)
        };
        let adaptive = presentation.tracks().filter(|track| track.kind == TrackKind::adaptive());
        let track = adaptive.max_by_key(|track| count(track)).ok_or(MovieError::Inconsistent("it has no video"))?;
        if count(track) as usize > MOST_SIZES / track.rungs.len().max(1) {
            return Err(MovieError::Inconsistent("it has too many segments"));
        }
        let first = track.rungs.iter().find_map(|rung| presentation.segment(presentation.nth_segment(rung.id, 0)?));
        let segment = first.ok_or(MovieError::Inconsistent("its segments are not known"))?.duration();
        let size = |rung: &Rung, ordinal| {
            let stated = presentation.nth_segment(rung.id, ordinal).and_then(|id| presentation.size(id));
            stated.unwrap_or_else(|| rung.bandwidth.over(segment)).bits() as f64
        };
        let row = |ordinal| track.rungs.iter().map(|rung| size(rung, ordinal)).collect();
        let kbps = track.rungs.iter().map(|rung| rung.bandwidth.kbps()).collect();
        let name = |rung: &Rung| RungName { representation: rung.representation.clone(), size: rung.size };
        let names = track.rungs.iter().map(name).collect();
        Self { segment, kbps, sizes: (0..count(track)).map(row).collect(), names }.checked()
    }

    fn checked(self) -> Result<Self, MovieError> {
        let rungs = self.kbps.len();
        let positive = |value: &f64| *value > 0.0 && value.is_finite();
        let problem = if rungs == 0 || self.sizes.is_empty() {
            Some("no rungs or no segments")
        } else if self.sizes.len().saturating_mul(rungs) > MOST_SIZES {
            Some("too many segments")
        } else if self.sizes.iter().any(|row| row.len() != rungs) {
            Some("a row of sizes is not as long as the ladder")
        } else if !self.kbps.iter().chain(self.sizes.iter().flatten()).all(positive) {
            Some("a rate or a size is not positive")
        } else if !self.kbps.is_sorted() {
            Some("the ladder does not ascend")
        } else {
            None
        };
        problem.map_or(Ok(self), |problem| Err(MovieError::Inconsistent(problem)))
    }

    /// Number of segments.
    pub fn segments(&self) -> usize {
        self.sizes.len()
    }

    /// The size of a segment in bits, by how many come before it; `None` outside of the movie.
    pub fn bits(&self, ordinal: u64, rank: Rank) -> Option<f64> {
        self.sizes.get(usize::try_from(ordinal).ok()?)?.get(rank.0).copied()
    }

    /// As a presentation with known sizes, for a session. Its bytes are nowhere.
    ///
    /// # Errors
    /// When the movie is too long for the axis of time.
    pub fn presentation(&self) -> Result<Presentation, MovieError> {
        let too_long = MovieError::Inconsistent("it is too long");
        let timescale = Timescale::new(NANOS).ok_or(too_long.clone())?;
        let clock = TimelineClock { timescale, offset: 0, period_start: PresentationTime::ZERO };
        let duration = u64::try_from(self.segment.as_nanos()).map_err(|_| too_long.clone())?;
        let whole = self.segment.checked_mul(self.segments() as u32).ok_or(too_long)?;
        let end = PresentationTime::ZERO + whole;
        let timeline = Timeline::uniform(clock, duration, Some(self.segments() as u64), Some(end));
        let mut naming = Naming::default();
        let rungs = (0..self.kbps.len()).map(|rank| self.rung(Rank(rank), &timeline, &mut naming)).collect();
        let kind = TrackKind::adaptive();
        let label = kind.to_string();
        let (audience, priority) = (Audience::Everybody, 1);
        let id = naming.track();
        let track = Track { id, key: None, kind, lang: None, label, main: true, audience, priority, rungs };
        let start = PresentationTime::ZERO;
        let period = Period { id: naming.period(), key: None, start, end: Some(end), tracks: vec![track] };
        Ok(Presentation::new(naming, vec![period], Some(whole)))
    }

    fn rung(&self, rank: Rank, timeline: &Timeline, naming: &mut Naming) -> Rung {
        let bandwidth = Bitrate::from_bps_f64(self.kbps[rank.0] * 1e3);
        let path: Arc<str> = rank.to_string().into();
        let name = self.names.get(rank.0);
        Rung {
            id: naming.rung(),
            representation: name.map_or_else(|| path.to_string(), |name| name.representation.clone()),
            label: format!("{:.0}k", bandwidth.kbps()),
            bandwidth,
            codecs: String::new(),
            size: name.and_then(|name| name.size),
            frame_rate: None,
            locations: nowhere(),
            init: None,
            index: SegmentIndex::new(timeline.clone(), Places::Parts(path, self.ranges(rank)), SegmentNumber(1)),
            size_index: None,
            lock: None,
        }
    }

    /// Segments as parts of one imagined file: that is how an index states sizes.
    fn ranges(&self, rank: Rank) -> Arc<[ByteRange]> {
        let mut first = 0u64;
        let range = |row: &Vec<f64>| {
            let length = ByteSize::from_bits(row[rank.0].round() as u64).bytes().max(1);
            let range = ByteRange { first, last: Some(first.saturating_add(length - 1)) };
            first = first.saturating_add(length);
            range
        };
        self.sizes.iter().map(range).collect()
    }
}

fn nowhere() -> Arc<[Location]> {
    let base = Url::parse("http://movie.invalid/").ok();
    base.map(|base| Location { base, service_location: None, priority: 1, weight: 1 }).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: &str = r#"{"segment_duration_ms": 2002.5, "bitrates_kbps": [500, 1000],
        "segment_sizes_bits": [[1000001, 2000000], [1100000, 1900000]]}"#;

    #[test]
    fn a_movie_becomes_a_presentation_and_back() {
        let movie = Movie::parse(TINY).unwrap();
        let presentation = movie.presentation().unwrap();
        assert_eq!(presentation.duration(), Some(Duration::from_millis(4005)));
        let back = Movie::from_presentation(&presentation).unwrap();
        assert_eq!((back.segment, &back.kbps), (movie.segment, &movie.kbps));
        assert_eq!(back.sizes, [[1_000_008.0, 2_000_000.0], [1_100_000.0, 1_900_000.0]], "in whole bytes");
    }

    #[test]
    fn what_is_not_a_movie_is_refused_with_its_reason() {
        let error = |json: &str| Movie::parse(json).unwrap_err().to_string();
        assert!(error("{}").contains("segment_duration_ms"));
        assert!(error(&TINY.replace("1100000, ", "")).contains("ladder"));
        assert!(error(&TINY.replace("2002.5", "0")).contains("duration"));
        assert!(error(&TINY.replace("500, 1000", "1000, 500")).contains("ascend"));
        assert!(error(&TINY.replace("1900000", "-1")).contains("positive"));
    }
}
