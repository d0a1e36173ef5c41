//! Turns what the session feeds into jobs of the decoders: a segment that is there goes over whole; one that still
//! arrives goes over in pieces, each a complete fragment, as they come.

use super::downloads::AtHand;
use crate::decode::{DecodeJob, FedSegment, Piece};
use bytes::Bytes;
use player_core::io::{Feed, FeedKind, RequestId};
use player_core::kinds::TrackKind;
use std::collections::HashMap;

/// A job for the decoder of a track.
pub(super) type TrackJob = (TrackKind, DecodeJob);

/// The segments that were begun to be fed and have not all come. At most as many as there are requests under way.
#[derive(Debug, Default)]
pub(super) struct Feeding {
    open: HashMap<RequestId, OpenFeed>,
}

#[derive(Debug)]
struct OpenFeed {
    track: TrackKind,
    segment: FedSegment,
    /// Where in its file the segment begins.
    file_offset: u64,
    /// Bytes handed over.
    fed: usize,
}

impl OpenFeed {
    fn job(&mut self, data: Bytes, last: bool) -> TrackJob {
        let file_offset = self.file_offset + self.fed as u64;
        self.fed += data.len();
        (self.track, DecodeJob::Media { segment: self.segment.clone(), piece: Piece { data, file_offset, last } })
    }
}

impl Feeding {
    /// The jobs that `feed` makes of what is at hand.
    pub(super) fn feed(&mut self, feed: Feed, at_hand: AtHand) -> Vec<TrackJob> {
        let Feed { request, track, epoch, kind, offset_nanos, .. } = feed;
        match (kind, at_hand) {
            (FeedKind::Init, AtHand::Whole(data, _)) => vec![(track, DecodeJob::Init { epoch, request, data })],
            // Without its bytes it is as good as damaged; the decoder says so.
            (FeedKind::Init, _) => vec![(track, DecodeJob::Init { epoch, request, data: Bytes::new() })],
            (FeedKind::Media { time, until, origin }, at_hand) => {
                let segment = FedSegment { epoch, request, offset_nanos, time, until, origin };
                self.media(track, segment, at_hand)
            }
        }
    }

    fn media(&mut self, track: TrackKind, segment: FedSegment, at_hand: AtHand) -> Vec<TrackJob> {
        let request = segment.request;
        let open = |file_offset| OpenFeed { track, segment, file_offset, fed: 0 };
        match at_hand {
            AtHand::Whole(data, file_offset) => vec![open(file_offset).job(data, true)],
            AtHand::Nothing => vec![open(0).job(Bytes::new(), true)],
            AtHand::Arriving(fragments, file_offset) => {
                let mut feed = open(file_offset);
                let jobs = fragments.into_iter().map(|fragment| feed.job(fragment, false)).collect();
                self.open.insert(request, feed);
                jobs
            }
        }
    }

    /// The next fragment of `request` has come; a job when that is being fed.
    pub(super) fn fragment(&mut self, request: RequestId, fragment: Bytes) -> Option<TrackJob> {
        self.open.get_mut(&request).map(|feed| feed.job(fragment, false))
    }

    /// All of `request` has come: the rest, when it is being fed.
    pub(super) fn complete(&mut self, request: RequestId, body: &Bytes) -> Option<TrackJob> {
        let mut feed = self.open.remove(&request)?;
        let rest = body.slice(feed.fed.min(body.len())..);
        Some(feed.job(rest, true))
    }

    /// Nothing more of `request` will come: the decoder need not wait for it.
    pub(super) fn abandon(&mut self, request: RequestId) -> Option<TrackJob> {
        self.open.remove(&request).map(|mut feed| feed.job(Bytes::new(), true))
    }

    /// Everything begins anew.
    pub(super) fn flush(&mut self) {
        self.open.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use player_core::io::Epoch;
    use player_core::presentation::Naming;
    use shared::time::PresentationTime;

    const BODY: Bytes = Bytes::from_static(b"firstsecondrest");

    fn feed(request: u64) -> Feed {
        let time = PresentationTime::ZERO..PresentationTime::from_millis(2000);
        let kind = FeedKind::Media { time, until: None, origin: None };
        let request = RequestId(request);
        Feed {
            request,
            track: TrackKind::Video,
            epoch: Epoch(3),
            kind,
            rung: Naming::default().rung(),
            offset_nanos: 5,
        }
    }

    /// Bytes, their place in the file and whether they are the last, of each media job.
    fn pieces(jobs: impl IntoIterator<Item = TrackJob>) -> Vec<(Bytes, u64, bool)> {
        let piece = |(track, job)| match job {
            DecodeJob::Media { segment, piece } => {
                assert_eq!((track, segment.epoch, segment.offset_nanos), (TrackKind::Video, Epoch(3), 5));
                (piece.data, piece.file_offset, piece.last)
            }
            other => panic!("{other:?} is no media"),
        };
        jobs.into_iter().map(piece).collect()
    }

    #[test]
    fn a_finished_segment_goes_over_whole() {
        let mut feeding = Feeding::default();
        let jobs = feeding.feed(feed(1), AtHand::Whole(BODY, 100));
        assert_eq!(pieces(jobs), [(BODY, 100, true)]);
        assert_eq!(feeding.complete(RequestId(1), &BODY), None, "there is nothing left to hand over");
    }

    #[test]
    fn one_that_arrives_goes_over_fragment_by_fragment() {
        let mut feeding = Feeding::default();
        assert_eq!(feeding.fragment(RequestId(1), BODY.slice(..5)), None, "nobody asked for it");
        let jobs = feeding.feed(feed(1), AtHand::Arriving(vec![BODY.slice(..5)], 100));
        assert_eq!(pieces(jobs), [(BODY.slice(..5), 100, false)]);
        let next = feeding.fragment(RequestId(1), BODY.slice(5..11));
        assert_eq!(pieces(next), [(BODY.slice(5..11), 105, false)]);
        let rest = feeding.complete(RequestId(1), &BODY);
        assert_eq!(pieces(rest), [(BODY.slice(11..), 111, true)]);
        assert_eq!(feeding.fragment(RequestId(1), BODY), None);
    }

    #[test]
    fn what_was_held_back_comes_with_the_rest() {
        let mut feeding = Feeding::default();
        assert_eq!(feeding.feed(feed(1), AtHand::Arriving(vec![], 0)), []);
        assert_eq!(pieces(feeding.complete(RequestId(1), &BODY)), [(BODY, 0, true)]);
    }

    #[test]
    fn a_segment_that_will_not_come_is_closed() {
        let mut feeding = Feeding::default();
        feeding.feed(feed(1), AtHand::Arriving(vec![BODY.slice(..5)], 0));
        assert_eq!(pieces(feeding.abandon(RequestId(1))), [(Bytes::new(), 5, true)]);
        assert_eq!(feeding.abandon(RequestId(1)), None);
    }

    #[test]
    fn a_flush_forgets_what_was_begun() {
        let mut feeding = Feeding::default();
        feeding.feed(feed(1), AtHand::Arriving(vec![], 0));
        feeding.flush();
        assert_eq!(feeding.fragment(RequestId(1), BODY), None);
        assert_eq!(feeding.complete(RequestId(1), &BODY), None);
    }

    #[test]
    fn without_bytes_the_decoder_is_asked_all_the_same_and_says_what_is_wrong() {
        let mut feeding = Feeding::default();
        assert_eq!(pieces(feeding.feed(feed(1), AtHand::Nothing)), [(Bytes::new(), 0, true)]);
        let init = Feed { kind: FeedKind::Init, ..feed(2) };
        for (at_hand, expected) in [(AtHand::Whole(BODY, 0), BODY), (AtHand::Nothing, Bytes::new())] {
            let job = DecodeJob::Init { epoch: Epoch(3), request: RequestId(2), data: expected };
            assert_eq!(feeding.feed(init.clone(), at_hand), [(TrackKind::Video, job)]);
        }
    }
}
