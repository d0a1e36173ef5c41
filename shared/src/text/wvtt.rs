//! WebVTT as samples of a track (ISO/IEC 14496-30 clause 7). Samples tile the time without a gap: where something is shown
//! a sample has a box `vttc` for each cue, elsewhere one `vtte`. A cue is cut wherever another one begins or ends, and its
//! pieces have the same number. Not here: fragments and tracks ([`crate::bmff`]).

use super::{Cue, CueSettings, TextTrack};
use crate::bmff::walk::{self, BoxRef};
use crate::bmff::write::{boxed, put_u32};
use crate::time::{MediaTime, PresentationTime, Timescale};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::ops::Range;

/// The code of the sample entry, and of the track in a manifest.
pub const CODEC: &str = "wvtt";
/// Cues that are shown at the same time; those that begin later are left out where there are more.
pub const MOST_AT_ONCE: usize = 50;
/// Cues of a sample that are read.
const MOST_READ: usize = 1000;

/// A cue, or a piece of one, in a sample.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SampleCue {
    /// The same in all pieces of a cue; `None` where it is whole.
    pub source: Option<u32>,
    /// What its author calls it; empty for no name.
    pub id: String,
    /// Where it stands.
    pub settings: CueSettings,
    /// WebVTT cue text.
    pub payload: String,
}

/// What is shown in a stretch of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// In ticks.
    pub time: Range<i64>,
    /// Nothing, or some cues.
    pub cues: Vec<SampleCue>,
}

/// A track whose cues have times in ticks, cut into pieces where it is asked for.
#[derive(Debug, Clone)]
pub struct Tiles<'a> {
    /// In the order of starts.
    cues: Vec<TiledCue<'a>>,
    /// The latest end of all cues up to this one.
    ends: Vec<i64>,
}

#[derive(Debug, Clone)]
struct TiledCue<'a> {
    number: u32,
    /// In ticks.
    time: Range<i64>,
    cue: &'a Cue,
    /// Another one with the same text begins where it ends, or the other way round: only a number tells them apart.
    has_twin: bool,
}

impl TiledCue<'_> {
    /// What of it is shown in a stretch.
    fn piece(&self, stretch: &Range<i64>) -> SampleCue {
        let Cue { id, settings, payload, .. } = self.cue.clone();
        SampleCue { source: (self.has_twin || self.time != *stretch).then_some(self.number), id, settings, payload }
    }
}

impl<'a> Tiles<'a> {
    /// Of the cues of a track with this timescale.
    pub fn new(track: &'a TextTrack, timescale: Timescale) -> Self {
        let timed = |(number, cue): (u32, &'a Cue)| {
            let time = timescale.ticks_at(cue.start)..timescale.ticks_at(cue.end);
            TiledCue { number, time, cue, has_twin: false }
        };
        let mut cues: Vec<_> = (0..).zip(&track.cues).map(timed).filter(|one| !one.time.is_empty()).collect();
        let starts: HashSet<(i64, &str)> = cues.iter().map(|one| (one.time.start, one.cue.payload.as_str())).collect();
        let ends: HashSet<(i64, &str)> = cues.iter().map(|one| (one.time.end, one.cue.payload.as_str())).collect();
        let mut latest = i64::MIN;
        let mut all_ends = vec![];
        for one in &mut cues {
            let text = one.cue.payload.as_str();
            one.has_twin = starts.contains(&(one.time.end, text)) || ends.contains(&(one.time.start, text));
            latest = latest.max(one.time.end);
            all_ends.push(latest);
        }
        Self { ends: all_ends, cues }
    }

    /// The samples of a stretch of time, at least one, without a gap.
    pub fn pieces(&self, stretch: Range<i64>) -> Vec<Piece> {
        let first = self.ends.partition_point(|end| *end <= stretch.start);
        let behind = self.cues.partition_point(|one| one.time.start < stretch.end);
        let near = self.cues.get(first..behind).unwrap_or_default();
        let within: Vec<&TiledCue<'_>> = near.iter().filter(|one| one.time.end > stretch.start).collect();
        let mut cuts: Vec<i64> = within.iter().flat_map(|one| [one.time.start, one.time.end]).collect();
        cuts.retain(|cut| stretch.contains(cut));
        cuts.extend([stretch.start, stretch.end]);
        cuts.sort_unstable();
        cuts.dedup();
        let piece = |cut: &[i64]| {
            let time = cut[0]..cut[1];
            let shown = within.iter().filter(|one| one.time.start < time.end && time.start < one.time.end);
            Piece { cues: shown.take(MOST_AT_ONCE).map(|one| one.piece(&time)).collect(), time }
        };
        cuts.windows(2).map(piece).collect()
    }
}

/// The bytes of a sample.
pub fn write_sample(cues: &[SampleCue]) -> Vec<u8> {
    let mut out = vec![];
    if cues.is_empty() {
        boxed(&mut out, b"vtte", |_| {});
    }
    for cue in cues {
        boxed(&mut out, b"vttc", |out| cue.write(out));
    }
    out
}

impl SampleCue {
    /// In the order of 7.4.
    fn write(&self, out: &mut Vec<u8>) {
        if let Some(source) = self.source {
            boxed(out, b"vsid", |out| put_u32(out, source));
        }
        let mut text = |kind: &[u8; 4], text: &str| boxed(out, kind, |out| out.extend_from_slice(text.as_bytes()));
        if !self.id.is_empty() {
            text(b"iden", &self.id);
        }
        if !self.settings.is_default() {
            text(b"sttg", &self.settings.to_string());
        }
        text(b"payl", &self.payload);
    }

    fn read(found: &BoxRef<'_>) -> Self {
        let mut cue = Self::default();
        for child in found.children().map_while(Result::ok) {
            let text = || String::from_utf8_lossy(child.body).into_owned();
            match &child.kind.0 {
                // -1 says that it is whole.
                b"vsid" => cue.source = child.fields().u32().ok().filter(|source| *source != u32::MAX),
                b"iden" => cue.id = text(),
                b"sttg" => cue.settings = CueSettings::read(&text()),
                b"payl" => cue.payload = text(),
                _ => {}
            }
        }
        cue
    }
}

/// The cues of a sample, and what is wrong with it.
pub fn read_sample(sample: &[u8]) -> (Vec<SampleCue>, Vec<String>) {
    let mut cues = vec![];
    let mut problems = vec![];
    let mut is_empty = false;
    for found in walk::boxes(sample).take(MOST_READ) {
        match found {
            Ok(found) if found.kind == b"vttc" => cues.push(SampleCue::read(&found)),
            Ok(found) if found.kind == b"vtte" => is_empty = true,
            Ok(found) if found.kind == b"vtta" => {}
            Ok(found) => problems.push(format!("has a box `{}`", found.kind)),
            Err(error) => {
                problems.push(error.to_string());
                break;
            }
        }
    }
    if is_empty != cues.is_empty() {
        problems.push("says that it is empty by a box `vtte` where it is not, or does not where it is".to_owned());
    }
    (cues, problems)
}

/// Puts the pieces of cues together again, which come in the order of time.
#[derive(Debug, Clone, Default)]
pub struct Joiner {
    /// Cues that reach to the end of the last piece.
    open: Vec<(Option<u32>, Cue)>,
    done: Vec<Cue>,
}

impl Joiner {
    /// Takes a sample with these cues. One that follows without a gap, of the same number or the same text where there is
    /// none, goes on.
    pub fn push(&mut self, start: MediaTime, end: MediaTime, cues: Vec<SampleCue>) {
        let (start, end) = (start.presentation(), end.presentation());
        let mut before = std::mem::take(&mut self.open);
        for cue in cues {
            let goes_on = |(source, other): &(Option<u32>, Cue)| {
                other.end == start
                    && *source == cue.source
                    && (&other.payload, &other.settings, &other.id) == (&cue.payload, &cue.settings, &cue.id)
            };
            let joined = match before.iter().position(goes_on) {
                Some(at) => (cue.source, Cue { end, ..before.remove(at).1 }),
                None => (cue.source, Cue { start, end, id: cue.id, settings: cue.settings, payload: cue.payload }),
            };
            self.open.push(joined);
        }
        self.done.extend(before.into_iter().map(|(_, cue)| cue));
    }

    /// The cues that are over, in the order of their ends; those of the last sample may go on.
    pub fn take(&mut self) -> Vec<Cue> {
        std::mem::take(&mut self.done)
    }

    /// All cues in the order of their starts.
    pub fn finish(mut self) -> Vec<Cue> {
        self.done.extend(self.open.into_iter().map(|(_, cue)| cue));
        self.done.sort_by_key(|cue| cue.start);
        self.done
    }
}

/// The most cues of a track that are shown at the same time, and when that is first.
pub fn most_at_once(track: &TextTrack) -> (usize, PresentationTime) {
    let mut ends: BinaryHeap<Reverse<PresentationTime>> = BinaryHeap::new();
    let mut most = (0, PresentationTime::ZERO);
    for cue in &track.cues {
        while ends.peek().is_some_and(|Reverse(end)| *end <= cue.start) {
            ends.pop();
        }
        ends.push(Reverse(cue.end));
        if ends.len() > most.0 {
            most = (ends.len(), cue.start);
        }
    }
    most
}
