//! What of the end could not be had. A duration may be rounded up by half a segment; more than that is missing.

use super::lane::Lane;
use super::{Lanes, Loading};
use crate::kinds::OutputSink;
use shared::time::PresentationTime;
use std::ops::Range;
use std::time::Duration;

/// A stretch at the end that was announced and never came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) struct MissingEnd {
    pub(in crate::session) time: Range<PresentationTime>,
    /// In words.
    pub(in crate::session) why: String,
}

impl Loading {
    /// What is missing at the end of the pictures, or of the sound where there are none; nothing when it is no more than
    /// half a segment.
    pub(in crate::session) fn missing_end(&self) -> Option<MissingEnd> {
        let lane = leading(&self.lanes).filter(|lane| lane.complete)?;
        let time = lane.media_until..lane.next;
        if time.end.since(time.start) <= self.usual_length(lane)? / 2 {
            return None;
        }
        let hole = lane.buffer.parts().rev().find_map(|part| part.missing.as_deref());
        Some(MissingEnd { time, why: hole.unwrap_or("it is missing").to_owned() })
    }

    /// How long a lane's segments last, as announced: the first one is whole.
    fn usual_length(&self, lane: &Lane) -> Option<Duration> {
        let rung = lane.last_rung.or_else(|| Some(lane.track_in(&self.presentation)?.rungs.first()?.id))?;
        let index = self.presentation.index(rung)?;
        let first = index.time(index.first()?)?;
        Some(first.end.since(first.start))
    }

    /// Whether there are pictures at the end of the film.
    pub(in crate::session) fn has_pictures(&self) -> bool {
        leading(&self.lanes).is_some_and(|lane| lane.kind.row().sink == OutputSink::Screen)
    }
}

/// The first lane that playback goes by and that has a track in its Period.
fn leading(lanes: &Lanes) -> Option<&Lane> {
    lanes.iter().find(|lane| lane.kind.row().blocks_playback && lane.track.is_some())
}

#[cfg(test)]
mod tests {
    use crate::presentation::testing::{Audio, VIDEO, Video, film};
    use crate::session::loading::testing::{Bench, place, status};

    /// Ten seconds in segments of two; the last ones cannot be had.
    fn without_the_last(lost: usize) -> Bench {
        let mut bench = Bench::new(film(10, &[VIDEO.kbps(&[300])]));
        bench.run(5 - lost);
        bench.fail_all(Video, &status(404));
        bench
    }

    #[test]
    fn a_whole_segment_is_more_than_a_rounded_duration() {
        let bench = without_the_last(1);
        let missing = bench.loading.missing_end().unwrap();
        assert_eq!((missing.time, missing.why.as_str()), (place(8.0)..place(10.0), "status 404"));
        assert!(bench.loading.has_pictures() && bench.loading.lanes.of(Audio).is_none());
    }

    #[test]
    fn an_end_that_cannot_be_decoded_is_missing() {
        let mut bench = Bench::new(film(10, &[VIDEO.kbps(&[300])]));
        bench.run(5);
        bench.step();
        assert!(bench.lane(Video).complete);
        bench.undecodable("v300@6");
        assert_eq!(bench.loading.missing_end(), None, "its neighbour is there");
        bench.undecodable("v300@8");
        assert_eq!(bench.loading.missing_end().unwrap().time, place(6.0)..place(10.0));
    }

    #[test]
    fn half_a_segment_may_be_missing() {
        let mut bench = Bench::new(film(9, &[VIDEO.kbps(&[300])]));
        bench.run(4);
        bench.fail_all(Video, &status(404));
        assert_eq!(bench.loading.missing_end(), None);
        let mut whole = Bench::new(film(9, &[VIDEO.kbps(&[300])]));
        whole.run(7);
        assert_eq!(whole.loading.missing_end(), None);
    }
}
