//! What the segment that is being fetched, or comes next, would cost in each rung: seconds of the network, against those
//! that are in the buffer. Of what is under way only the rest is counted.

use crate::ui::ladder::LadderView;
use crate::ui::reading;
use player_core::presentation::{Presentation, RungId, SegmentId};
use player_core::snapshot::{RequestView, RungView, Snapshot, TrackView};
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// What takes longer is as bad as if it never came.
const NEVER: Duration = Duration::from_secs(3600);

/// A rung for the segment in question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RungCost {
    /// Which one.
    pub rung: RungId,
    /// Its short name.
    pub label: String,
    /// Bytes that are to come.
    pub size: ByteSize,
    /// How long they take at the present rate.
    pub takes: Duration,
    /// For how much of that the picture would stand still.
    pub stall: Duration,
    /// It is under way.
    pub under_way: bool,
}

/// Lowest rung first; nothing while nobody knows what the network carries.
pub(crate) fn costs(snapshot: &Snapshot) -> Vec<RungCost> {
    let known = || Some((reading::video(snapshot)?, snapshot.presentation.as_deref()?, rate(snapshot)?));
    let Some((video, presentation, rate)) = known() else { return vec![] };
    let Some(segment) = segment(snapshot, video, presentation) else { return vec![] };
    let lasts = lasts(snapshot, video);
    let cost = |rung: &RungView| {
        let running = reading::in_flight(snapshot).filter(|request| request.subject.rung() == Some(rung.id));
        let whole = size(presentation, segment, rung)?;
        let size = running.map_or(whole, |request| rest(request, whole));
        let takes = time(size, rate);
        let stall = takes.saturating_sub(lasts);
        let label = rung.label.clone();
        Some(RungCost { rung: rung.id, label, size, takes, stall, under_way: running.is_some() })
    };
    LadderView::of(video).all().filter_map(cost).collect()
}

/// What arrives now, else what is expected.
pub(crate) fn rate(snapshot: &Snapshot) -> Option<Bitrate> {
    arriving(snapshot).or(snapshot.estimate).filter(|rate| rate.bps() > 0)
}

/// What the download under way brings.
pub(crate) fn arriving(snapshot: &Snapshot) -> Option<Bitrate> {
    reading::in_flight(snapshot).and_then(|request| reading::arriving_of(snapshot, request))
}

/// How long the buffer plays on by itself.
pub(crate) fn lasts(snapshot: &Snapshot, video: &TrackView) -> Duration {
    video.ahead.div_f64(snapshot.rate.max(0.1))
}

/// At a rate; bounded.
pub(crate) fn time(size: ByteSize, rate: Bitrate) -> Duration {
    let seconds = size.bytes() as f64 * 8.0 / rate.bps().max(1) as f64;
    Duration::from_secs_f64(seconds.min(NEVER.as_secs_f64()))
}

/// The one under way, else the one behind the buffer.
fn segment(snapshot: &Snapshot, video: &TrackView, presentation: &Presentation) -> Option<SegmentId> {
    let running = reading::in_flight(snapshot).and_then(|request| request.subject.segment());
    running.or_else(|| {
        let end = video.buffered.last().map_or(snapshot.position, |part| part.time.end);
        let rung = video.loading.or(video.shown)?;
        presentation.segment_from(rung, end, false).map(|segment| segment.id)
    })
}

/// The true size of a segment in a rung, else what the rung's rate says.
fn size(presentation: &Presentation, segment: SegmentId, rung: &RungView) -> Option<ByteSize> {
    let same = presentation.nth_segment(rung.id, presentation.ordinal(segment));
    let nominal = || Some(rung.bandwidth.over(presentation.segment(segment)?.duration()));
    same.and_then(|same| presentation.size(same)).or_else(nominal)
}

fn rest(request: &RequestView, whole: ByteSize) -> ByteSize {
    request.size.unwrap_or(whole) - request.received
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;

    #[test]
    fn every_rung_has_its_price_and_of_what_is_under_way_the_rest_counts() {
        let snapshot = fixtures::stalled();
        let costs = costs(&snapshot);
        assert_eq!(costs.len(), reading::video(&snapshot).unwrap().rungs.len());
        let (below, running): (Vec<&RungCost>, Vec<&RungCost>) = costs.iter().partition(|cost| !cost.under_way);
        assert_eq!(running.len(), 1);
        assert!(below.windows(2).all(|pair| pair[0].takes < pair[1].takes), "{costs:?}");
        let request = reading::in_flight(&snapshot).unwrap();
        assert_eq!(running[0].size.bytes(), request.size.unwrap().bytes() - request.received.bytes());
        assert!(costs.iter().all(|cost| cost.stall <= cost.takes));
    }

    #[test]
    fn a_full_buffer_has_a_price_for_what_comes_next_and_no_stall() {
        let costs = costs(&fixtures::playing());
        assert!(!costs.is_empty() && costs.iter().all(|cost| !cost.under_way && cost.stall == Duration::ZERO));
        assert_eq!(super::costs(&reading::nothing()), []);
    }

    #[test]
    fn what_never_comes_takes_an_hour() {
        assert_eq!(time(ByteSize::from_bytes(u64::MAX), Bitrate::from_bps(0)), NEVER);
    }
}
