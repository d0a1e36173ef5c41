//! What the segment strip shows: one cell a segment of the film, with everything that was fetched for it. Made anew
//! only when a request has ended.

use super::reading;
use player_core::io::{RequestKind, TrackKind};
use player_core::presentation::Presentation;
use player_core::snapshot::{RequestState, RequestView, Snapshot, TrackView};
use shared::time::PresentationTime;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// One segment of the film.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    /// What it covers, in seconds.
    pub time: Range<f64>,
    /// Whole copies in the order of their arrival: all but the last were replaced.
    pub copies: Vec<Copy>,
    /// What was given up, or failed.
    pub lost: Option<Copy>,
    /// What it would weigh in the highest rung, in bytes: a measure that stays, whatever is being fetched.
    pub expected: u64,
}

/// Bytes in a rung.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Copy {
    pub rung: usize,
    pub bytes: u64,
}

/// The cells, and what they were made from.
#[derive(Debug, Default)]
pub(crate) struct Strip {
    cells: Vec<Cell>,
    most: u64,
    made_from: Option<Source>,
}

/// Kept to see whether anything has changed.
#[derive(Debug)]
struct Source {
    requests: Arc<Vec<RequestView>>,
    presentation: Option<Arc<Presentation>>,
    segments: usize,
}

impl Source {
    fn of(snapshot: &Snapshot, video: &TrackView) -> Self {
        Self {
            requests: Arc::clone(&snapshot.requests),
            presentation: snapshot.presentation.clone(),
            segments: video.segments.len(),
        }
    }

    fn is_of(&self, snapshot: &Snapshot, video: &TrackView) -> bool {
        let same = match (&self.presentation, &snapshot.presentation) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        same && Arc::ptr_eq(&self.requests, &snapshot.requests) && self.segments == video.segments.len()
    }
}

impl Strip {
    /// The cells as they are now, and the weight of the heaviest.
    pub(crate) fn of(&mut self, snapshot: &Snapshot) -> (&[Cell], u64) {
        let Some(video) = reading::video(snapshot) else { return (&[], 1) };
        if !self.made_from.as_ref().is_some_and(|source| source.is_of(snapshot, video)) {
            self.cells = cells(snapshot, video);
            let weights =
                self.cells.iter().flat_map(|cell| cell.copies.iter().map(|copy| copy.bytes).chain([cell.expected]));
            self.most = weights.max().unwrap_or(1).max(1);
            self.made_from = Some(Source::of(snapshot, video));
        }
        (&self.cells, self.most)
    }
}

fn cells(snapshot: &Snapshot, video: &TrackView) -> Vec<Cell> {
    let mut cells: BTreeMap<PresentationTime, Cell> = BTreeMap::new();
    for (position, time) in video.segments.iter().enumerate() {
        cells.insert(time.start, cell(time, expected(snapshot, video, position as u64)));
    }
    for request in snapshot.requests.iter().filter(|request| of_video(request)) {
        let Some(time) = &request.time else { continue };
        let cell = cells.entry(time.start).or_insert_with(|| cell(time, 0));
        let Some(rung) = request.rung else { continue };
        let copy = Copy { rung, bytes: request.received.bytes() };
        match request.state {
            RequestState::Done | RequestState::Cached => cell.copies.push(copy),
            RequestState::Aborted | RequestState::Failed => cell.lost = Some(copy),
            RequestState::Running => {}
        }
    }
    cells.into_values().collect()
}

fn of_video(request: &RequestView) -> bool {
    request.kind == RequestKind::Media && request.track == Some(TrackKind::Video)
}

fn cell(time: &Range<PresentationTime>, expected: u64) -> Cell {
    let time = time.start.secs_f64()..time.end.secs_f64();
    Cell { time, copies: vec![], lost: None, expected }
}

/// The true size if the package tells it, else what the bandwidth promises.
fn expected(snapshot: &Snapshot, video: &TrackView, position: u64) -> u64 {
    let rung = video.rungs.len().saturating_sub(1);
    let period = snapshot.presentation.as_ref().and_then(|p| p.periods.get(p.period_at(snapshot.position)));
    let set = period.and_then(|period| period.sets_of(TrackKind::Video).nth(video.set)).map(|(_, set)| set);
    let known = set.and_then(|set| set.true_size(rung, position)).map(|size| size.bytes());
    known.or_else(|| promised(video, rung, position)).unwrap_or(0)
}

fn promised(video: &TrackView, rung: usize, position: u64) -> Option<u64> {
    let time = video.segments.get(usize::try_from(position).ok()?)?;
    Some(video.rungs.get(rung)?.bandwidth.over(time.end.since(time.start)).bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;

    #[test]
    fn copies_and_losses_of_a_segment_are_in_one_cell() {
        let mut snapshot = fixtures::playing();
        let requests = Arc::make_mut(&mut snapshot.requests);
        let (mut better, mut lost) = (requests[3].clone(), requests[3].clone());
        (better.rung, lost.state) = (Some(4), RequestState::Aborted);
        requests.extend([lost, better]);
        let mut strip = Strip::default();
        let cell = strip.of(&snapshot).0[3].clone();
        assert_eq!((cell.copies.len(), cell.copies[1].rung), (2, 4));
        assert!(cell.lost.is_some());
    }

    #[test]
    fn the_whole_film_has_cells_and_nothing_is_made_twice() {
        let snapshot = fixtures::playing();
        let mut strip = Strip::default();
        let (first, most) = strip.of(&snapshot);
        assert_eq!((first.len(), first[0].copies.len(), first[80].copies.len()), (90, 1, 0));
        assert!(most > 100_000 && first[80].expected > 0);
        let place = first.as_ptr();
        assert_eq!(strip.of(&snapshot).0.as_ptr(), place);
    }
}
