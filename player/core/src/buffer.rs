//! The account of what has been fetched of one track: which stretch of time, in which rung, in which request's
//! bytes. The bytes themselves are with the shell.

use crate::io::RequestId;
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
    /// In which Period, from 0.
    pub period: usize,
    /// Place in its Period, from 0.
    pub position: u64,
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
    /// In which rung.
    pub rung: usize,
    /// Whose bytes.
    pub request: RequestId,
    /// How many.
    pub size: ByteSize,
    /// It took the place of another: never again.
    pub replacement: bool,
    /// The playhead has been in it.
    pub shown: bool,
}

/// How much of a part the playhead has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// In which Period.
    pub period: usize,
    /// In which rung.
    pub rung: usize,
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

    /// Puts `media` in the place of what is there for the same segment, unless that was fed meanwhile. Gives back
    /// the old media.
    pub fn replace(&mut self, period: usize, position: u64, media: Media) -> Option<Media> {
        let same = |part: &&mut Part| (part.period, part.position) == (period, position) && !part.fed;
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
            Some(Shown { period: part.period, rung: media.rung, from, shown, whole })
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
        (part.media, part.missing) = (None, Some(why.into()));
        Some(spoilt)
    }

    fn first_ending_after(&self, position: PresentationTime) -> usize {
        self.parts.partition_point(|part| part.time.end <= position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: f64) -> PresentationTime {
        PresentationTime::from_secs_f64(secs)
    }

    fn part(position: u64, start: f64, end: f64, rung: usize) -> Part {
        let size = ByteSize::from_bytes(1000);
        let media = Media { rung, request: RequestId(position), size, replacement: false, shown: false };
        Part { time: secs(start)..secs(end), period: 0, position, media: Some(media), missing: None, fed: false }
    }

    fn filled() -> Buffer {
        let mut buffer = Buffer::default();
        buffer.push(part(0, 0.0, 4.0, 0));
        buffer.push(part(1, 4.02, 8.0, 1));
        buffer.push(part(2, 10.0, 12.0, 1));
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
        let mut buffer = filled();
        buffer.mark_fed();
        let better = |position| part(position, 0.0, 0.0, 5).media.unwrap();
        assert_eq!(buffer.replace(0, 0, better(7)), None);
        assert_eq!(buffer.replace(0, 1, better(8)).map(|old| old.rung), Some(1));
        assert_eq!(buffer.next_to_feed().and_then(|p| p.media).map(|m| m.rung), Some(5));
    }

    #[test]
    fn shown_time_is_told_by_part() {
        let mut buffer = filled();
        let shown: Vec<_> =
            buffer.show(secs(3.0), secs(11.0)).iter().map(|s| (s.rung, s.shown.as_secs_f64())).collect();
        assert_eq!(shown, [(0, 1.0), (1, 3.98), (1, 1.0)]);
    }

    #[test]
    fn after_a_flush_feeding_begins_at_the_part_that_holds_the_place() {
        let mut buffer = filled();
        (0..3).for_each(|_| buffer.mark_fed());
        buffer.rewind(secs(5.0));
        assert_eq!(buffer.next_to_feed().map(|p| p.position), Some(1));
        assert_eq!(buffer.drop_from(secs(8.0)).len(), 1);
        assert_eq!(buffer.drop_behind(secs(8.0)).len(), 1, "the second part has yet to be fed");
        buffer.mark_fed();
        assert_eq!(buffer.drop_behind(secs(8.0)).len(), 1);
        assert!(buffer.is_empty());
    }
}
