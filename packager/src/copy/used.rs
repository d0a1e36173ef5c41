//! Which samples of a track are used: an edit list may leave some out at both ends, and pictures begin where decoding can.

use super::edits::Presented;
use super::facts::TrackFacts;
use super::file::instant;
use super::table::{SampleTable, TableSample};
use shared::time::Timescale;
use std::ops::Range;

/// What an edit list leaves out of the end of a track is left out where it is more than this: less is the padding of an
/// encoder.
const WORTH_LEAVING_OUT: f64 = 0.1;

/// Samples between decoding and composition: 16 pictures may be kept back (ITU-T H.264 A.3.1, H.265 A.4.1).
const DEEPEST: u64 = 17;
/// Ticks.
const FURTHEST: i64 = 1 << 58;
/// Seconds of the longest film.
const LONGEST: f64 = 8.0 * 86_400.0;

/// The samples that are used.
pub(super) struct Used {
    samples: Range<u32>,
    presented: Range<i64>,
    decoded_at: i64,
    lasts: i64,
}

impl Used {
    /// Of a track of which nothing else is known than what its samples and its edit say.
    ///
    /// # Errors
    /// In words and with the place: nothing can be shown, or its times are beyond all bounds.
    pub(super) fn of(table: &SampleTable, track: &TrackFacts, edit: Presented) -> Result<Self, String> {
        bounded(table, track)?;
        let first = first(track, edit)?;
        let end = end(table, track, edit);
        let used = || table.iter().filter(|sample| (first..end).contains(&sample.number));
        let pts = |sample: &TableSample| sample.cts.saturating_add(track.shift);
        let from = used().map(|sample| pts(&sample)).min().unwrap_or_default();
        let until = used().map(|sample| pts(&sample).saturating_add(sample.duration.into())).max().unwrap_or_default();
        let decoded_at = used().next().map_or(0, |sample| sample.dts.saturating_add(track.shift));
        if first >= end {
            return Err("its edit list shows nothing".into());
        }
        let lasts = used().map(|sample| i64::from(sample.duration)).sum();
        Ok(Self { samples: first..end, presented: from..until, decoded_at, lasts })
    }

    /// What is left out at both ends.
    pub(super) fn notes(&self, table: &SampleTable, track: &TrackFacts) -> impl Iterator<Item = String> {
        let what = if track.video().is_some() { "pictures" } else { "packets of sound" };
        let (before, behind) = (self.samples.start, table.len() - self.samples.end);
        let note = |count: u32, place: &str| (count > 0).then(|| format!("left out: {count} {what} {place}"));
        let early = note(before, "before the first that is shown and can be decoded by itself");
        [early, note(behind, "behind what its edit list shows")].into_iter().flatten()
    }

    /// The facts of the samples that are used.
    pub(super) fn into_facts(self, table: &SampleTable, track: TrackFacts) -> TrackFacts {
        let count = self.samples.end - self.samples.start;
        let starts = track.starts.into_iter().filter(|start| self.samples.contains(&start.sample)).collect();
        TrackFacts {
            starts,
            bytes: table.bytes_of(self.samples.start, count),
            samples: self.samples,
            presented: self.presented,
            decoded_at: self.decoded_at,
            lasts: self.lasts,
            ..track
        }
    }
}

/// Times of a track that can be computed with: those of a week and more, which may count from any year.
fn bounded(table: &SampleTable, track: &TrackFacts) -> Result<(), String> {
    let times =
        || table.iter().flat_map(|sample| [sample.dts, sample.cts].map(|time| time.saturating_add(track.shift)));
    let first = times().min().unwrap_or(0);
    let last = times().max().unwrap_or(0);
    let is_known = first > -FURTHEST && last < FURTHEST;
    let is_short = is_known && secs(last - first, track.timescale) <= LONGEST;
    if !is_short {
        return Err("the times of its samples are beyond all bounds from 0.000 s on".into());
    }
    let longest = table.iter().map(|sample| u64::from(sample.duration)).max().unwrap_or(0);
    let most = (DEEPEST * longest).max(track.timescale.get().into());
    match table.iter().find(|sample| sample.cts.abs_diff(sample.dts) > most) {
        Some(odd) => {
            let at = instant(track.time(odd.dts.saturating_add(track.shift)));
            Err(format!("the times of a sample contradict each other at {at}"))
        }
        None => Ok(()),
    }
}

/// Pictures begin with the last place at or before the edit at which decoding can begin; it has to be the edit's own, or else
/// pictures would be shown that nobody is to see. Sound before the edit primes the decoder.
fn first(track: &TrackFacts, edit: Presented) -> Result<u32, String> {
    if track.video().is_none() {
        return Ok(0);
    }
    let half = i64::from(track.usual.0) / 2;
    let Some(first) = track.starts.first() else {
        return Err("its pictures have no key frame from 0.000 s on".into());
    };
    let start = track.starts.iter().rfind(|start| start.earliest <= edit.from + half).unwrap_or(first);
    let is_within = start.ticks < edit.from - half.max(1);
    if is_within && start.earliest + i64::from(track.usual.0) <= edit.from {
        let time = track.time(edit.from);
        return Err(format!(
            "its edit list begins within a group of pictures, whose key frame comes {:.3} s earlier; what is shown at {} \
             cannot be had without it",
            secs(edit.from - start.ticks, track.timescale),
            instant(time)
        ));
    }
    Ok(start.sample)
}

/// The number behind the last sample that the edit shows.
fn end(table: &SampleTable, track: &TrackFacts, edit: Presented) -> u32 {
    let Some(until) = edit.until else { return table.len() };
    let pts = |sample: &TableSample| sample.cts.saturating_add(track.shift);
    let media_end = table.iter().map(|sample| pts(&sample) + i64::from(sample.duration)).max().unwrap_or(until);
    if secs(media_end - until, track.timescale) <= WORTH_LEAVING_OUT {
        return table.len();
    }
    let half = i64::from(track.usual.0) / 2;
    table.iter().filter(|sample| pts(sample) + half < until).map(|sample| sample.number + 1).max().unwrap_or(0)
}

fn secs(ticks: i64, timescale: Timescale) -> f64 {
    ticks as f64 / f64::from(timescale.get())
}
