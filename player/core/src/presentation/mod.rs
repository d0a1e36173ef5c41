//! What can be played of a manifest: Periods, the sets of each kind, and their ladders, lowest rung first.
//!
//! * `complete`: the files that a manifest only points to;
//! * [`select()`]: from the manifest's presentation to this one, through the filter of what can be decoded;
//! * `label`: names for people;
//! * `segment`: the segments of a rung by their position in its Period.

mod complete;
mod label;
mod segment;
mod select;

pub use complete::Wanted;
pub use segment::Segment;
pub use select::{Selected, Unplayable, select};

use crate::io::TrackKind;
use shared::addressing::{Resource, SegmentIndex};
use shared::mpd::Location;
use shared::time::PresentationTime;
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// A presentation, reduced to what can be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Presentation {
    /// In order of time; at least one.
    pub periods: Vec<Period>,
    /// Length in all, if known beforehand.
    pub duration: Option<Duration>,
    /// Why it ends where the last Period does although the manifest goes on: what follows cannot be played.
    pub cut_short: Option<String>,
}

/// A stretch of time with one set of tracks.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// Where it begins.
    pub start: PresentationTime,
    /// Where it ends, if known.
    pub end: Option<PresentationTime>,
    /// The sets that can be played.
    pub sets: Vec<Set>,
}

/// Renditions of the same content between which the player may switch.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    /// Pictures or sound.
    pub kind: TrackKind,
    /// Language.
    pub lang: Option<String>,
    /// For a menu.
    pub label: String,
    /// Whether the manifest calls it the main one.
    pub main: bool,
    /// At least one, by rising bandwidth.
    pub rungs: Vec<Rung>,
}

/// One rendition.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// Representation@id.
    pub id: String,
    /// Short name: `720p`, `128k`.
    pub label: String,
    /// Declared.
    pub bandwidth: Bitrate,
    /// RFC 6381.
    pub codecs: String,
    /// Width and height.
    pub size: Option<(u32, u32)>,
    /// Pictures a second.
    pub frame_rate: Option<f64>,
    /// Where its files are.
    pub locations: Vec<Location>,
    /// What the decoder needs first.
    pub init: Option<Resource>,
    /// Its segments.
    pub index: SegmentIndex,
    /// A file with the true sizes.
    pub size_index: Option<Resource>,
}

/// Names a rung in the whole presentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Index of the Period.
    pub period: usize,
    /// Index of the set in the Period.
    pub set: usize,
    /// Index of the rung in the set.
    pub rung: usize,
}

impl Presentation {
    /// The rung at a place.
    pub fn rung(&self, place: Place) -> Option<&Rung> {
        self.set(place.period, place.set)?.rungs.get(place.rung)
    }

    /// The rung at a place, to complete its index.
    pub fn rung_mut(&mut self, place: Place) -> Option<&mut Rung> {
        self.periods.get_mut(place.period)?.sets.get_mut(place.set)?.rungs.get_mut(place.rung)
    }

    /// A set.
    pub fn set(&self, period: usize, set: usize) -> Option<&Set> {
        self.periods.get(period)?.sets.get(set)
    }

    /// Where it begins.
    pub fn start(&self) -> PresentationTime {
        self.periods.first().map_or(PresentationTime::ZERO, |period| period.start)
    }

    /// Where it ends, as far as the manifest says.
    pub fn end(&self) -> Option<PresentationTime> {
        let stated = self.duration.map(|duration| PresentationTime::ZERO + duration);
        stated.or_else(|| self.periods.last()?.end)
    }

    /// The Period at `time`: the last one that has begun.
    pub fn period_at(&self, time: PresentationTime) -> usize {
        self.periods.partition_point(|period| period.start <= time).saturating_sub(1)
    }
}

impl Period {
    /// The sets of a kind, with their places.
    pub fn sets_of(&self, kind: TrackKind) -> impl Iterator<Item = (usize, &Set)> {
        self.sets.iter().enumerate().filter(move |(_, set)| set.kind == kind)
    }

    /// The set of a kind that fits best: the language asked for, then the main one, then the first.
    pub fn best_set(&self, kind: TrackKind, lang: Option<&str>) -> Option<usize> {
        let fits = |set: &Set| match (lang, &set.lang) {
            (Some(wanted), Some(lang)) => same_language(wanted, lang),
            _ => false,
        };
        // Of equals `max_by_key` takes the last: count places backwards.
        self.sets_of(kind).max_by_key(|(place, set)| (fits(set), set.main, usize::MAX - place)).map(|(place, _)| place)
    }
}

impl Set {
    /// The segment that holds `time`, or the first one after it. Unless `exact`, one that ends within a seam of
    /// `time` does not count: renditions round their times differently.
    pub fn segment_from(&self, rung: usize, time: PresentationTime, exact: bool) -> Option<(u64, Segment)> {
        let rung = self.rungs.get(rung)?;
        let position = rung.position_at(time)?;
        let segment = rung.segment(position)?;
        let seam = crate::buffer::SEAM.min(segment.time.end.since(segment.time.start) / 2);
        if exact || segment.time.end > time + seam {
            return Some((position, segment));
        }
        let next = position.checked_add(1)?;
        Some((next, rung.segment(next)?))
    }

    /// Size of a segment if it is known.
    pub fn true_size(&self, rung: usize, position: u64) -> Option<ByteSize> {
        self.rungs.get(rung)?.true_size(position)
    }
}

/// RFC 4647 basic filtering on the primary subtag: `en` finds `en-GB`.
fn same_language(wanted: &str, lang: &str) -> bool {
    let primary = |tag: &str| tag.split('-').next().map(str::to_ascii_lowercase);
    primary(wanted) == primary(lang)
}
