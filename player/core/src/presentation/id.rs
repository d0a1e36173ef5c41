//! Names that last: given once when a manifest is first seen and kept when a newer version of it describes the same
//! thing. No index into a list is a name: a window that slides moves every index.

use serde::{Deserialize, Serialize};
use shared::addressing::SegmentNumber;
use std::fmt;

/// Names a Period of a presentation (by its `@id`, else by its start).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeriodId(u32);

/// Names a track in one Period: renditions of the same content (an AdaptationSet, by its `@id`, else by its description).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrackId(u32);

/// Names a rung in one Period (a Representation, by its `@id`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RungId(u32);

/// Names a segment: its rung, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SegmentId {
    /// Of which rung.
    pub rung: RungId,
    /// Which one.
    pub number: SegmentNumber,
}

/// Where a rung stands in its ladder, 0 the lowest. For people, colours and the viewer's wish; it names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rank(pub usize);

/// Where a track stands among those of its kind in its Period, from 0: the entry of a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrackNumber(pub usize);

impl fmt::Display for RungId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Hands out names, each one once. A presentation keeps the one that named its parts, for what is added later.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Naming {
    periods: u32,
    tracks: u32,
    rungs: u32,
}

impl Naming {
    /// A name for a Period.
    pub fn period(&mut self) -> PeriodId {
        PeriodId(next(&mut self.periods))
    }

    /// A name for a track.
    pub fn track(&mut self) -> TrackId {
        TrackId(next(&mut self.tracks))
    }

    /// A name for a rung.
    pub fn rung(&mut self) -> RungId {
        RungId(next(&mut self.rungs))
    }
}

/// Thousands of millions of names are more than any session lives to see.
fn next(counter: &mut u32) -> u32 {
    let name = *counter;
    *counter = counter.saturating_add(1);
    name
}
