//! What one pass over the packets of a master learns, without decoding: where its streams begin and end, where its
//! clock jumps, where decoding can begin. [`read()`] makes the pass, [`extent`] tells what the grid of a plan will hold,
//! [`cut`] where a decoder begins for a stretch of it, [`pace`] measures the rate of the pictures from the first of
//! them.
//!
//! A run that makes the film in one piece learns all of this on the way and needs no survey.

mod cut;
mod extent;
mod master;
pub mod pace;
mod read;

pub use cut::OnePiece;
pub use extent::Extent;
pub use master::Master;
pub use read::read;

use serde::{Deserialize, Serialize};
use shared::time::PresentationTime;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the packets of a master say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Survey {
    /// By the number of the stream in the source.
    pub streams: BTreeMap<usize, StreamSurvey>,
    /// Jumps of the clock that are taken for cuts; the times here are those after the repair.
    pub jumps: u64,
    /// Packets that could not be read or are marked as damaged.
    pub damaged: u64,
}

/// What the packets of one stream say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StreamSurvey {
    /// Packets that say when they are presented.
    pub packets: u64,
    /// Packets that do not.
    pub untimed: u64,
    /// The earliest presentation.
    pub start: Option<PresentationTime>,
    /// The latest presentation.
    pub last: Option<PresentationTime>,
    /// The latest end of a presentation.
    pub end: Option<PresentationTime>,
    /// Where decoding can begin, in the order of the file: the presentation times of key packets.
    pub access_points: Vec<PresentationTime>,
}

impl Survey {
    /// Notes the next packet of a stream in the order of the file.
    fn packet(&mut self, stream: usize, pts: Option<PresentationTime>, lasts: Duration, is_key: bool) {
        let known = self.streams.entry(stream).or_default();
        let Some(pts) = pts else {
            known.untimed += 1;
            return;
        };
        known.packets += 1;
        known.start = Some(known.start.map_or(pts, |start| start.min(pts)));
        known.last = known.last.max(Some(pts));
        known.end = known.end.max(Some(pts + lasts));
        if is_key {
            known.access_points.push(pts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> PresentationTime {
        PresentationTime::from_millis(millis)
    }

    /// Packets of 40 ms of stream 0, `(time, key)`.
    pub(super) fn pictures(packets: &[(i64, bool)]) -> Survey {
        let mut survey = Survey::default();
        for (time, key) in packets {
            survey.packet(0, Some(at(*time)), Duration::from_millis(40), *key);
        }
        survey
    }

    #[test]
    fn the_ends_are_those_of_presentation_whatever_the_order_of_the_file() {
        let survey = pictures(&[(80, true), (200, false), (120, false), (160, false), (240, true)]);
        let stream = &survey.streams[&0];
        assert_eq!((stream.start, stream.last, stream.end), (Some(at(80)), Some(at(240)), Some(at(280))));
        assert_eq!((stream.packets, stream.untimed), (5, 0));
        assert_eq!(stream.access_points, [at(80), at(240)]);
    }

    #[test]
    fn a_packet_without_a_time_is_counted_and_nothing_else() {
        let mut survey = Survey::default();
        survey.packet(3, None, Duration::from_secs(1), true);
        let expected = StreamSurvey { untimed: 1, ..StreamSurvey::default() };
        assert_eq!(survey.streams[&3], expected);
    }
}
