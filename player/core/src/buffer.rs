//! The account of what has been fetched of one track: which stretch of time, in which rung, in which request's
//! bytes. The bytes themselves are with the shell.

use crate::io::RequestId;
use crate::presentation::{PeriodId, RungId, SegmentId};
use shared::time::PresentationTime;
use shared::units::ByteSize;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Neighbours this near to each other play on without a stop: manifests round their times, and audio segments are
/// cut at whole frames (1024 samples are 21 ms, 2048 at 24 kHz are 85 ms).
pub const SEAM: Duration = Duration::from_millis(100);

/// A segment in the buffer, or a hole: a stretch that cannot be had.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it covers.
    pub time: Range<PresentationTime>,
    /// In which Period.
    pub period: PeriodId,
    /// Absent for a hole.
    pub media: Option<Media>,
    /// Why it is a hole.
    pub missing: Option<Arc<str>>,
    /// Handed to the decoder in this epoch.
    pub fed: bool,
}

/// The media of a part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Media {
    /// Which segment.
    pub segment: SegmentId,
    /// Whose bytes.
    pub request: RequestId,
    /// How many.
    pub size: ByteSize,
    /// Where its earliest sample belongs when that is not where it says.
    pub origin: Option<PresentationTime>,
    /// It took the place of another: never again.
    pub replacement: bool,
    /// The playhead has been in it.
    pub shown: bool,
}

/// How much of a part the playhead has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// In which rung.
    pub rung: RungId,
    /// Where in the presentation the passed stretch begins.
    pub from: PresentationTime,
    /// How much of it was passed this time.
    pub shown: Duration,
    /// How long the part is.
    pub whole: Duration,
}

/// The parts of one track in order of time, without overlap.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Buffer {
    parts: VecDeque<Part>,
}

impl Buffer {
    /// In order of time.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = &Part> + DoubleEndedIterator {
        self.parts.iter()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The end of the last part.
    pub fn end(&self) -> Option<PresentationTime> {
        self.parts.back().map(|part| part.time.end)
    }

    /// Up to where playback can go on from `position` without a stop; `position` itself when there is nothing.
    pub fn playable_until(&self, position: PresentationTime) -> PresentationTime {
        let mut until = position;
        for part in self.parts.iter().skip(self.first_ending_after(position)) {
            if part.time.start > until + SEAM {
                break;
            }
            until = until.max(part.time.end);
        }
        until
    }

    /// Media ahead of `position` without a stop.
    pub fn ahead(&self, position: PresentationTime) -> Duration {
        self.playable_until(position).since(position)
    }

    /// The part at `position`.
    pub fn part_at(&self, position: PresentationTime) -> Option<&Part> {
        self.parts.get(self.first_ending_after(position)).filter(|part| part.time.start <= position + SEAM)
    }

    /// Adds a part behind all others.
    pub fn push(&mut self, part: Part) {
        debug_assert!(self.end().is_none_or(|end| end <= part.time.start + SEAM), "parts come in order");
        self.parts.push_back(part);
    }

    /// Puts `media` in the place of a segment, unless that was fed meanwhile or is not there any more. Gives back the
    /// old media.
    pub fn replace(&mut self, old: SegmentId, media: Media) -> Option<Media> {
        let same = |part: &&mut Part| !part.fed && part.media.is_some_and(|media| media.segment == old);
        self.parts.iter_mut().find(same)?.media.replace(media)
    }

    /// Marks what the playhead passes from `from` up to `to` as shown, and tells how much of each part that was.
    pub fn show(&mut self, from: PresentationTime, to: PresentationTime) -> Vec<Shown> {
        let first = self.first_ending_after(from);
        let passed = self.parts.iter_mut().skip(first).take_while(|part| part.time.start < to);
        let show = |part: &mut Part| {
            let media = part.media.as_mut()?;
            media.shown = true;
            let from = part.time.start.max(from);
            let shown = part.time.end.min(to).since(from);
            let whole = part.time.end.since(part.time.start);
            Some(Shown { rung: media.segment.rung, from, shown, whole })
        };
        passed.filter_map(show).collect()
    }

    /// The first part not yet handed to the decoder.
    pub fn next_to_feed(&self) -> Option<&Part> {
        self.parts.iter().find(|part| !part.fed)
    }

    /// The part that [`Buffer::next_to_feed`] shows has been fed.
    pub fn mark_fed(&mut self) {
        if let Some(part) = self.parts.iter_mut().find(|part| !part.fed) {
            part.fed = true;
        }
    }

    /// After a flush everything from `position` on must be fed again, what lies before it never.
    pub fn rewind(&mut self, position: PresentationTime) {
        for part in &mut self.parts {
            part.fed = part.time.end <= position;
        }
    }

    /// Drops what was fed and ends before `position`, and gives it back.
    pub fn drop_behind(&mut self, position: PresentationTime) -> Vec<Part> {
        let count = self.parts.iter().take_while(|part| part.fed && part.time.end <= position).count();
        self.parts.drain(..count).collect()
    }

    /// Drops everything from the first part on that starts at or after `position` and was not fed; gives it back.
    pub fn drop_from(&mut self, position: PresentationTime) -> Vec<Part> {
        let keep = self.parts.iter().position(|part| !part.fed && part.time.start >= position);
        self.parts.split_off(keep.unwrap_or(self.parts.len())).into()
    }

    /// Takes the part that a request brought, and all behind it, out of the buffer, if none of them was handed over.
    pub fn take_from(&mut self, request: RequestId) -> Vec<Part> {
        let brought = |part: &Part| !part.fed && part.media.is_some_and(|media| media.request == request);
        let first = self.parts.iter().position(brought);
        first.map_or_else(Vec::new, |first| self.parts.split_off(first).into())
    }

    /// Drops the holes at the end that were not handed over.
    pub fn trim_holes(&mut self) {
        while self.parts.back().is_some_and(|part| part.media.is_none() && !part.fed) {
            self.parts.pop_back();
        }
    }

    /// Drops everything and gives it back.
    pub fn clear(&mut self) -> Vec<Part> {
        self.parts.drain(..).collect()
    }

    /// Turns the media of a request into a hole, because a decoder could not use it.
    pub fn spoil(&mut self, request: RequestId, why: &str) -> Option<Part> {
        let part = self.parts.iter_mut().find(|part| part.media.is_some_and(|media| media.request == request))?;
        let spoilt = part.clone();
        part.media = None;
        part.missing = Some(why.into());
        Some(spoilt)
    }

    fn first_ending_after(&self, position: PresentationTime) -> usize {
        self.parts.partition_point(|part| part.time.end <= position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::Naming;
    use shared::addressing::SegmentNumber;

    fn secs(secs: f64) -> PresentationTime {
        PresentationTime::from_secs_f64(secs)
    }

    /// A Period and two rungs.
    fn names() -> (PeriodId, RungId, RungId) {
        let mut naming = Naming::default();
        (naming.period(), naming.rung(), naming.rung())
    }

    fn media(rung: RungId, number: u64) -> Media {
        let segment = SegmentId { rung, number: SegmentNumber(number) };
        Media {
            segment,
            request: RequestId(number),
            size: ByteSize::from_bytes(1000),
            origin: None,
            replacement: false,
            shown: false,
        }
    }

    fn part(number: u64, start: f64, end: f64, rung: RungId) -> Part {
        let (period, ..) = names();
        Part { time: secs(start)..secs(end), period, media: Some(media(rung, number)), missing: None, fed: false }
    }

    fn filled() -> Buffer {
        let (_, low, high) = names();
        let mut buffer = Buffer::default();
        buffer.push(part(0, 0.0, 4.0, low));
        buffer.push(part(1, 4.02, 8.0, high));
        buffer.push(part(2, 10.0, 12.0, high));
        buffer
    }

    #[test]
    fn seams_are_played_over_and_gaps_are_not() {
        let buffer = filled();
        assert_eq!(buffer.playable_until(secs(1.0)), secs(8.0));
        assert_eq!(buffer.playable_until(secs(4.01)), secs(8.0));
        assert_eq!(buffer.playable_until(secs(9.0)), secs(9.0));
        assert_eq!(buffer.ahead(secs(11.0)), Duration::from_secs(1));
        assert_eq!(buffer.part_at(secs(9.0)), None);
    }

    #[test]
    fn what_was_fed_is_not_replaced() {
        let (_, low, high) = names();
        let mut buffer = filled();
        buffer.mark_fed();
        assert_eq!(buffer.replace(media(low, 0).segment, media(high, 0)), None);
        let old = buffer.replace(media(high, 1).segment, media(low, 1));
        assert_eq!(old.map(|old| old.segment.rung), Some(high));
        assert_eq!(buffer.next_to_feed().and_then(|p| p.media).map(|m| m.segment.rung), Some(low));
    }

    #[test]
    fn shown_time_is_told_by_part() {
        let (_, low, high) = names();
        let mut buffer = filled();
        let shown: Vec<_> =
            buffer.show(secs(3.0), secs(11.0)).iter().map(|s| (s.rung, s.shown.as_secs_f64())).collect();
        assert_eq!(shown, [(low, 1.0), (high, 3.98), (high, 1.0)]);
    }

    #[test]
    fn after_a_flush_feeding_begins_at_the_part_that_holds_the_place() {
        let mut buffer = filled();
        for _ in 0..3 {
            buffer.mark_fed();
        }
        buffer.rewind(secs(5.0));
        assert_eq!(buffer.next_to_feed().and_then(|p| p.media).map(|m| m.request), Some(RequestId(1)));
        assert_eq!(buffer.drop_from(secs(8.0)).len(), 1);
        assert_eq!(buffer.drop_behind(secs(8.0)).len(), 1, "the second part has yet to be fed");
        buffer.mark_fed();
        assert_eq!(buffer.drop_behind(secs(8.0)).len(), 1);
        assert!(buffer.is_empty());
    }
}
