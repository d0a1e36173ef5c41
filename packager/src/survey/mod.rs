//! What one pass over the packets of a master learns: where its streams begin and end, where its
//! clock jumps, where decoding can begin. [`read()`] makes the pass, [`extent`] tells what the grid of a plan will hold,
//! [`cut`] where a decoder begins for a stretch of it, [`pace`] the rate of its pictures. The first [`look()`] is such a
//! pass over masters whose containers have no tables of that; [`whole`] judges whether a file is all there, `moved` joins
//! what goes on in another stream, and `glimpse` decodes the few pictures that tell what packets do not: `fields` asks
//! them, `combing` compares them.
//!
//! A run that makes the film in one piece learns where things end on the way.

mod combing;
mod cropped;
mod cut;
mod extent;
mod fields;
mod glimpse;
mod look;
mod master;
mod moved;
mod once;
pub mod pace;
mod read;
pub mod whole;

pub use cut::OnePiece;
pub use extent::Extent;
pub use look::{FirstLook, look};
pub use master::Master;
pub use read::read;

use crate::probe::VideoTrack;
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
    /// Something was cut out by an edit list, behind which the stream goes on: times need not rise with the file.
    pub is_edited: bool,
    /// Packets behind the first presentation that an edit list cuts away.
    pub trimmed: u64,
    /// Times of which the stream has nothing.
    pub gaps: Vec<Span>,
}

/// From one time to another.
type Span = (PresentationTime, PresentationTime);

/// A longer time than this without a packet is noted.
const GAP_SECONDS: f64 = 1.5;
/// So many are noted at most.
const GAPS: usize = 10_000;

/// What is asked of a packet.
#[derive(Debug, Clone, Copy)]
struct PacketFacts {
    pts: Option<PresentationTime>,
    lasts: Duration,
    is_key: bool,
    /// An edit list cuts it away.
    is_discarded: bool,
}

impl Survey {
    /// The same of some of its streams.
    fn of(mut self, streams: &[usize]) -> Self {
        self.streams.retain(|stream, _| streams.contains(stream));
        self
    }

    /// The streams of a track of pictures as the first of them.
    fn with_pictures_joined(mut self, track: &VideoTrack) -> Self {
        for later in &track.goes_on_in {
            if let Some(later) = self.streams.remove(later) {
                self.streams.entry(track.stream).or_default().go_on(later);
            }
        }
        self
    }

    /// Notes the next packet of a stream in the order of the file.
    fn packet(&mut self, stream: usize, packet: PacketFacts) {
        let known = self.streams.entry(stream).or_default();
        let Some(pts) = packet.pts else {
            known.untimed += 1;
            return;
        };
        if packet.is_key {
            known.access_points.push(pts);
        }
        if packet.is_discarded {
            known.trimmed += u64::from(known.packets > 0);
        } else {
            known.shown(pts, pts + packet.lasts);
        }
    }
}

impl StreamSurvey {
    /// Another stream goes on where this one ends.
    fn go_on(&mut self, later: Self) {
        self.packets += later.packets;
        self.untimed += later.untimed;
        self.start = self.start.or(later.start);
        self.last = self.last.max(later.last);
        self.end = self.end.max(later.end);
        self.access_points.extend(later.access_points);
        self.is_edited |= later.is_edited;
        self.trimmed += later.trimmed;
        self.gaps.extend(later.gaps);
    }

    /// From where to where it has something.
    fn spans(&self) -> Vec<Span> {
        let Some((start, end)) = self.start.zip(self.end) else { return vec![] };
        let begins = std::iter::once(start).chain(self.gaps.iter().map(|(_, to)| *to));
        let ends = self.gaps.iter().map(|(from, _)| *from).chain([end]);
        begins.zip(ends).collect()
    }

    fn shown(&mut self, from: PresentationTime, end: PresentationTime) {
        self.is_edited |= self.trimmed > 0;
        if let Some(before) = self.end.filter(|before| from.offset_secs(*before) > GAP_SECONDS)
            && self.gaps.len() < GAPS
        {
            self.gaps.push((before, from));
        }
        self.packets += 1;
        self.start = Some(self.start.map_or(from, |start| start.min(from)));
        self.last = self.last.max(Some(from));
        self.end = self.end.max(Some(end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> PresentationTime {
        PresentationTime::from_millis(millis)
    }

    /// A packet from one time to another, in milliseconds.
    pub(super) fn packet(from: i64, end: i64) -> PacketFacts {
        let lasts = Duration::from_millis((end - from).unsigned_abs());
        PacketFacts { pts: Some(at(from)), lasts, is_key: true, is_discarded: false }
    }

    /// Packets of 40 ms of stream 0, `(time, key)`.
    pub(super) fn pictures(packets: &[(i64, bool)]) -> Survey {
        let mut survey = Survey::default();
        for (time, is_key) in packets {
            survey.packet(0, PacketFacts { is_key: *is_key, ..packet(*time, *time + 40) });
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
        survey.packet(3, PacketFacts { pts: None, ..packet(0, 1000) });
        let expected = StreamSurvey { untimed: 1, ..StreamSurvey::default() };
        assert_eq!(survey.streams[&3], expected);
    }

    #[test]
    fn what_an_edit_list_cuts_away_is_for_the_decoder_alone() {
        let mut survey = Survey::default();
        let cut = |from| PacketFacts { is_discarded: true, ..packet(from, from + 40) };
        for facts in [cut(-80), cut(-40), packet(0, 40), packet(40, 80), cut(80), cut(120)] {
            survey.packet(0, facts);
        }
        let stream = &survey.streams[&0];
        assert_eq!((stream.start, stream.last, stream.end), (Some(at(0)), Some(at(40)), Some(at(80))));
        assert!(!stream.is_edited && stream.access_points.len() == 6);
        survey.packet(0, packet(80, 120));
        assert!(survey.streams[&0].is_edited, "it goes on behind a cut");
    }

    #[test]
    fn times_without_anything_are_noted() {
        let survey = pictures(&[(0, true), (1500, true), (3041, true)]);
        assert_eq!(survey.streams[&0].gaps, [(at(1540), at(3041))]);
    }
}
