//! What the segment strip shows: for each segment of the film, everything that was fetched for it. Worked
//! out again only when a request has ended.

use crate::ui::reading;
use player_core::presentation::{Presentation, RungId};
use player_core::snapshot::{RequestState, RequestView, Snapshot, TrackView};
use shared::time::PresentationTime;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// One segment of the film.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FilmSegment {
    /// What it covers, in seconds.
    pub time: Range<f64>,
    /// Whole copies in the order of their arrival: all but the last were replaced.
    pub copies: Vec<FetchedCopy>,
    /// What was given up, or failed, if nothing came of it since.
    pub lost: Option<FetchedCopy>,
    /// Its size in the highest rung, in bytes: a measure that does not depend on what is being fetched.
    pub expected: u64,
}

/// A copy of a segment, whole or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FetchedCopy {
    pub rung: RungId,
    pub bytes: u64,
}

/// The segments of the film, and what they were worked out from.
#[derive(Debug, Default)]
pub(crate) struct FilmSegments {
    cells: Vec<FilmSegment>,
    most: u64,
    made_from: Option<MadeFrom>,
}

/// The parts of a snapshot that the segments depend on, to see whether anything has changed.
#[derive(Debug)]
struct MadeFrom {
    requests: Arc<Vec<RequestView>>,
    presentation: Option<Arc<Presentation>>,
    segments: usize,
}

impl MadeFrom {
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

impl FilmSegments {
    /// The segments as they are now, and the size of the largest, in bytes.
    pub(crate) fn of(&mut self, snapshot: &Snapshot) -> (&[FilmSegment], u64) {
        let Some(video) = reading::video(snapshot) else { return (&[], 1) };
        if !self.made_from.as_ref().is_some_and(|source| source.is_of(snapshot, video)) {
            self.cells = cells(snapshot, video);
            let weights =
                self.cells.iter().flat_map(|cell| cell.copies.iter().map(|copy| copy.bytes).chain([cell.expected]));
            self.most = weights.max().unwrap_or(1).max(1);
            self.made_from = Some(MadeFrom::of(snapshot, video));
        }
        (&self.cells, self.most)
    }
}

fn cells(snapshot: &Snapshot, video: &TrackView) -> Vec<FilmSegment> {
    let mut cells: BTreeMap<PresentationTime, FilmSegment> = BTreeMap::new();
    for time in video.segments.iter() {
        cells.insert(time.start, cell(time, expected(snapshot, video, time)));
    }
    for request in snapshot.requests.iter().filter(|request| reading::is_video_segment(request)) {
        let Some(segment) = request.subject.media() else { continue };
        let cell = cells.entry(segment.time.start).or_insert_with(|| cell(&segment.time, 0));
        let copy = FetchedCopy { rung: segment.of.rung, bytes: request.received.bytes() };
        match request.state {
            RequestState::Done | RequestState::Cached => {
                cell.copies.push(copy);
                cell.lost = None;
            }
            RequestState::Aborted | RequestState::Failed => cell.lost = Some(copy),
            RequestState::Running => {}
        }
    }
    cells.into_values().collect()
}

fn cell(time: &Range<PresentationTime>, expected: u64) -> FilmSegment {
    let time = time.start.secs_f64()..time.end.secs_f64();
    FilmSegment { time, copies: vec![], lost: None, expected }
}

/// The size in the highest rung: the true one if the package tells it, else what the bandwidth promises.
fn expected(snapshot: &Snapshot, video: &TrackView, time: &Range<PresentationTime>) -> u64 {
    let Some(highest) = video.rungs.last() else { return 0 };
    let known = snapshot.presentation.as_ref().and_then(|presentation| {
        let segment = presentation.segment_from(highest.id, time.start, true)?;
        presentation.size(segment.id)
    });
    known.unwrap_or_else(|| highest.bandwidth.over(time.end.since(time.start))).bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;

    #[test]
    fn copies_and_losses_of_a_segment_are_in_one_cell() {
        let mut snapshot = fixtures::playing();
        let requests = Arc::make_mut(&mut snapshot.requests);
        let better = RequestView { subject: fixtures::segment(3, 4), ..requests[3].clone() };
        let lost = RequestView { state: RequestState::Aborted, ..requests[3].clone() };
        requests.extend([lost, better]);
        let mut strip = FilmSegments::default();
        let cell = strip.of(&snapshot).0[3].clone();
        assert_eq!((cell.copies.len(), cell.copies[1].rung), (2, fixtures::rung(4)));
        assert_eq!(cell.lost, None, "it came after all");
        let requests = Arc::make_mut(&mut snapshot.requests);
        let last = requests.len() - 1;
        requests.swap(last - 1, last);
        assert!(strip.of(&snapshot).0[3].lost.is_some(), "this time it is the last that happened");
    }

    #[test]
    fn the_whole_film_has_cells_and_nothing_is_made_twice() {
        let snapshot = fixtures::playing();
        let mut strip = FilmSegments::default();
        let (first, most) = strip.of(&snapshot);
        assert_eq!((first.len(), first[0].copies.len(), first[80].copies.len()), (90, 1, 0));
        assert!(most > 100_000 && first[80].expected > 0);
        let place = first.as_ptr();
        assert_eq!(strip.of(&snapshot).0.as_ptr(), place);
    }
}
