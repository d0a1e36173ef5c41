//! Durations of segments, for templates.

use crate::catalogue::collect::RenditionSegments;
use shared::mpd::model::{S, SegmentTimeline};

/// Runs of equal durations. The start is written once: the others follow without a gap.
pub(super) fn timeline(segments: &RenditionSegments<'_>) -> SegmentTimeline {
    let mut entries: Vec<S> = vec![];
    let mut expected = None;
    for closed in &segments.closed {
        let start = (expected != Some(closed.time)).then_some(closed.time);
        expected = closed.time.checked_add(closed.duration);
        match entries.last_mut() {
            Some(run) if start.is_none() && run.d == Some(closed.duration) => {
                run.r = Some(run.r.unwrap_or(0) + 1);
            }
            _ => entries.push(S { t: start, d: Some(closed.duration), ..S::default() }),
        }
    }
    SegmentTimeline { entries }
}
