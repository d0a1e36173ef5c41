//! `Cues`: where clusters begin, in time and in the file.

use super::ebml::{id, walk};
use super::init::MILLISECONDS;
use super::{WebmError, is_head, timescale};
use crate::time::Timescale;

/// Eleven days of one-second clusters.
const MAX_POINTS: usize = 1_000_000;

/// The index of a WebM file, in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cues {
    /// Time in the file's units, and offset of the cluster from the start of the Segment's content.
    pub points: Vec<(u64, u64)>,
}

/// What is needed from the head of a file to interpret its cues.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// Ticks a second.
    pub timescale: Timescale,
    /// In ticks, if stated.
    pub duration: Option<u64>,
    /// Where in the file the content of the Segment begins: cues count from there.
    pub segment_start: u64,
    /// Where it ends, if stated.
    pub segment_end: Option<u64>,
}

impl Cues {
    /// Whether these bytes are cues.
    pub fn is_at(bytes: &[u8]) -> bool {
        bytes.starts_with(&id::CUES.to_be_bytes())
    }

    /// Reads the element that `bytes` begins with.
    ///
    /// # Errors
    /// When there is none, or none with an entry.
    pub fn read(bytes: &[u8]) -> Result<Self, WebmError> {
        const INSIDE: &[u32] = &[id::CUES, id::CUE_TRACK_POSITIONS];
        if !Self::is_at(bytes) {
            return Err(WebmError::new(0, "these are no cues"));
        }
        let points = walk(bytes, INSIDE).filter(|element| element.id == id::CUE_POINT).take(MAX_POINTS);
        let mut points: Vec<_> = points
            .filter_map(|point| {
                let uint = |wanted| walk(point.data, INSIDE).find(|child| child.id == wanted)?.uint();
                Some((uint(id::CUE_TIME)?, uint(id::CUE_CLUSTER_POSITION)?))
            })
            .collect();
        points.sort_unstable();
        points.dedup_by_key(|(_, position)| *position);
        points.dedup_by_key(|(time, _)| *time);
        if points.is_empty() { Err(WebmError::new(0, "the cues have no entry")) } else { Ok(Self { points }) }
    }
}

impl Head {
    /// Reads the first bytes of a file.
    ///
    /// # Errors
    /// When this is no WebM file.
    pub fn read(bytes: &[u8]) -> Result<Self, WebmError> {
        let mut elements = walk(bytes, &[id::SEGMENT, id::INFO]).take_while(|element| element.id != id::CLUSTER);
        let segment = elements.by_ref().find(|element| element.id == id::SEGMENT).filter(|_| is_head(bytes));
        let segment = segment.ok_or_else(|| WebmError::new(0, "this is not the head of a WebM file"))?;
        let segment_start = segment.start as u64;
        let mut scale = MILLISECONDS;
        let mut duration = None;
        for element in elements {
            match element.id {
                id::TIMESTAMP_SCALE => scale = element.uint().unwrap_or(MILLISECONDS),
                id::DURATION => duration = element.float().map(|ticks| ticks.round() as u64),
                _ => {}
            }
        }
        let timescale = timescale(scale).ok_or_else(|| WebmError::new(segment.start, "counts time in odd units"))?;
        let segment_end = segment.size.map(|size| segment_start.saturating_add(size));
        Ok(Self { timescale, duration, segment_start, segment_end })
    }
}
