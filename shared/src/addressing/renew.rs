//! An index after a refresh of the MPD: segments keep their numbers, and what was fetched is not fetched again. Whether
//! two indexes belong to the same Representation (its @id, its locations) is for the caller to know.

use super::SegmentIndex;
use super::in_file::IndexFile;
use super::index::{IndexState, KnownSegments, Places, TrueSizes};
use super::number::SegmentNumber;
use std::sync::Arc;

impl SegmentIndex {
    /// These segments with the numbers that they have in `older`, the index of the MPD before. `$Number$` stands as it
    /// is: it is part of the URL. Elsewhere many services leave @startNumber alone while segments drop out at the
    /// beginning; there a segment is known again by its start. Where none is, all are taken to come after the older
    /// ones. Segments from before the number 0 are left out.
    #[must_use]
    pub fn renumbered(&self, older: &Self) -> Self {
        match (self.known(), older.known()) {
            (Some(new), Some(old)) => Self { state: IndexState::Known(new.renumbered(old)) },
            _ => self.clone(),
        }
    }

    /// [`renumbered`](Self::renumbered), and with what was fetched for `older` as far as it still holds: the parts of a
    /// file whose index is pending here, and the true sizes of segments.
    #[must_use]
    pub fn carry(&self, older: &Self) -> Self {
        match &self.state {
            IndexState::Known(new) => match older.known() {
                Some(old) => Self { state: IndexState::Known(new.renumbered(old).with_sizes_of(old)) },
                None => self.clone(),
            },
            IndexState::Pending(pending) => older.in_the_same(&pending.file).unwrap_or_else(|| self.clone()),
        }
    }

    /// This index if it comes, or is to come, from `file`. Its Period may end at another time by now.
    fn in_the_same(&self, file: &Arc<IndexFile>) -> Option<Self> {
        let fits = |own: &IndexFile| own.is_like(file);
        let state = match &self.state {
            IndexState::Known(known) if known.file.as_deref().is_some_and(fits) => {
                let timeline = known.timeline.clone().ending_at(file.period_end);
                IndexState::Known(KnownSegments { timeline, file: Some(Arc::clone(file)), ..known.clone() })
            }
            IndexState::Pending(pending) if fits(&pending.file) => {
                let mut pending = pending.clone();
                pending.file = Arc::clone(file);
                IndexState::Pending(pending)
            }
            _ => return None,
        };
        Some(Self { state })
    }
}

impl IndexFile {
    /// Whether both describe the same index on the same clock.
    fn is_like(&self, other: &Self) -> bool {
        self.path == other.path && self.index == other.index && self.clock == other.clock
    }
}

impl KnownSegments {
    fn renumbered(&self, old: &Self) -> Self {
        match self.first_number_beside(old) {
            Some(first_number) => self.numbered_from(first_number),
            None => self.clone(),
        }
    }

    fn numbered_from(&self, first_number: i64) -> Self {
        let moved = first_number.saturating_sub(self.first_number);
        let sizes = self
            .sizes
            .clone()
            .map(|sizes| TrueSizes { first_number: sizes.first_number.saturating_add(moved), bytes: sizes.bytes });
        let unnumbered = first_number.min(0).unsigned_abs();
        Self { timeline: self.timeline.clone().without_first(unnumbered), first_number, sizes, ..self.clone() }
    }

    /// Which number ordinal 0 must have; `None` where the numbers are to stand.
    fn first_number_beside(&self, old: &Self) -> Option<i64> {
        if matches!(&self.places, Places::Template(template) if template.has_number()) {
            return None;
        }
        let (position, number) = self.common(old).or_else(|| self.after(old))?;
        let ordinal = self.timeline.skipped().saturating_add(position);
        i64::try_from(i128::from(number.0) - i128::from(ordinal)).ok()
    }

    /// A segment that both have, as position here and number there. The latest is tried first: what comes next counts
    /// on from there.
    fn common(&self, old: &Self) -> Option<(u64, SegmentNumber)> {
        let from_old = |position: u64| {
            let here = self.timeline.starting_at(old.timeline.time(position)?.start)?;
            Some((here, old.number(position)))
        };
        let from_here = |position: u64| {
            let there = old.timeline.starting_at(self.timeline.time(position)?.start)?;
            Some((position, old.number(there)))
        };
        let last_old = old.timeline.len().checked_sub(1)?;
        from_old(last_old).or_else(|| from_here(0)).or_else(|| from_old(0))
    }

    /// The first segment here and its number when it comes after all the older ones. Numbers stay free for the
    /// segments that fit between.
    fn after(&self, old: &Self) -> Option<(u64, SegmentNumber)> {
        let last_position = old.timeline.len().checked_sub(1)?;
        let last = old.timeline.time(last_position)?;
        let start = self.timeline.time(0)?.start;
        if start < last.end {
            return None;
        }
        let length = last.end.since(last.start).as_nanos().max(1);
        let between = (start.since(last.end).as_nanos() + length / 2) / length;
        let between = u64::try_from(between).unwrap_or(u64::MAX);
        Some((0, old.number(last_position).next().saturating_add(between)))
    }

    /// Takes over true sizes that were fetched for `old` if both lead to the same files.
    fn with_sizes_of(self, old: &Self) -> Self {
        let sizes = old.sizes.clone().filter(|_| self.sizes.is_none() && self.has_files_of(old));
        Self { sizes: sizes.or(self.sizes), ..self }
    }

    /// Judged by the first segment that both have.
    fn has_files_of(&self, old: &Self) -> bool {
        let first = self.number(0).max(old.number(0));
        let same_start = self.time(first).zip(old.time(first)).is_some_and(|(a, b)| a.start == b.start);
        same_start && self.resource(first) == old.resource(first)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{clock, listed, secs, template};
    use super::super::sidx::tests::sidx_box;
    use super::super::timeline::{Timeline, TimelineEntry};
    use super::super::{ByteRange, Resource};
    use super::*;

    /// Two-second segments from `start` on, as a live service lists them.
    fn live(media: &str, start: u64, count: i64, first: u64) -> SegmentIndex {
        let entry = TimelineEntry { start: Some(start), duration: 2, repeat: count - 1 };
        SegmentIndex::new(Timeline::new(clock(1, 0), [entry], None), template(media), SegmentNumber(first))
    }

    fn sizes(sizes: &[u32]) -> Vec<u8> {
        sidx_box(1, 0, &sizes.iter().map(|&size| (false, size, 2)).collect::<Vec<_>>())
    }

    #[test]
    fn a_timeline_that_slides_keeps_the_numbers_and_times_of_its_segments() {
        let older = live("$Time$", 10, 3, 1);
        assert_eq!(listed(&older), ["1 10-12 10", "2 12-14 12", "3 14-16 14"]);
        let newer = live("$Time$", 14, 3, 1).renumbered(&older);
        assert_eq!(listed(&newer), ["3 14-16 14", "4 16-18 16", "5 18-20 18"]);
        assert_eq!(newer.number_at(secs(14.0)), older.number_at(secs(14.0)));
        assert_eq!(listed(&live("$Time$", 18, 2, 1).renumbered(&newer)), ["5 18-20 18", "6 20-22 20"]);
    }

    #[test]
    fn a_maintained_start_number_and_numbered_urls_stand() {
        let older = live("$Time$", 10, 3, 7);
        assert_eq!(live("$Time$", 14, 3, 9).renumbered(&older).first(), Some(SegmentNumber(9)));
        let numbered = live("$Number$", 14, 3, 1);
        assert_eq!(numbered.renumbered(&live("$Number$", 10, 3, 1)), numbered);
        assert_eq!(older.renumbered(&SegmentIndex::none()), older);
    }

    #[test]
    fn after_a_pause_numbers_go_on_behind_the_gap() {
        let older = live("$Time$", 10, 3, 1);
        assert_eq!(live("$Time$", 16, 1, 1).renumbered(&older).first(), Some(SegmentNumber(4)));
        assert_eq!(live("$Time$", 20, 1, 1).renumbered(&older).first(), Some(SegmentNumber(6)));
    }

    #[test]
    fn segments_shorter_than_what_may_be_rounded_keep_their_numbers() {
        // A fifth of a millisecond, and a third of a nanosecond.
        for (timescale, duration) in [(90_000, 20), (3_000_000_000, 1)] {
            let entry = TimelineEntry { start: Some(0), duration, repeat: 99 };
            let later = TimelineEntry { start: Some(u64::from(timescale) / 2), duration, repeat: 4 };
            let timeline = Timeline::new(clock(timescale, 0), [entry, later], Some(secs(1.0)));
            let index = SegmentIndex::new(timeline, template("$Time$"), SegmentNumber(1));
            assert_eq!(index.carry(&index), index, "{duration} of {timescale}");
        }
    }

    /// A server that answers with an MPD of before: what it alone has would lie before the first number.
    #[test]
    fn segments_without_a_number_are_left_out() {
        let stale = live("$Time$", 4, 5, 1).renumbered(&live("$Time$", 10, 3, 1));
        assert_eq!(listed(&stale), ["0 8-10 8", "1 10-12 10", "2 12-14 12"]);
        assert!(!stale.contains(SegmentNumber(u64::MAX)));
    }

    #[test]
    fn sizes_stay_with_their_segments() {
        let older = live("$Time$", 10, 4, 1).with_sizes(&sizes(&[100, 200, 300, 400])).unwrap();
        let newer = live("$Time$", 14, 4, 1).carry(&older);
        assert_eq!(listed(&newer), ["3 14-16 14 300", "4 16-18 16 400", "5 18-20 18", "6 20-22 20"]);
        let numbered = live("$Number$", 10, 3, 1).with_sizes(&sizes(&[100, 200, 300])).unwrap();
        assert_eq!(listed(&live("$Number$", 12, 2, 2).carry(&numbered)), ["2 12-14 2 200", "3 14-16 3 300"]);
        let elsewhere = live("new/$Time$", 14, 2, 1).carry(&older);
        assert_eq!(listed(&elsewhere), ["3 14-16 new/14", "4 16-18 new/16"]);
        let renamed = newer.renumbered(&live("$Time$", 14, 4, 21));
        assert_eq!(listed(&renamed)[..2], ["21 14-16 14 300", "22 16-18 16 400"]);
    }

    fn pending(first: u64, period_end: f64) -> SegmentIndex {
        let range = Some(ByteRange { first, last: Some(first + 99) });
        SegmentIndex::in_file("a.mp4", Resource { path: "a.mp4".into(), range }, clock(10, 0), Some(secs(period_end)))
    }

    #[test]
    fn a_fetched_index_is_not_fetched_again() {
        let loaded = pending(1000, 3.0).with_sidx(&sidx_box(10, 0, &[(false, 100, 20), (false, 50, 20)])).unwrap();
        let again = pending(1000, 3.0).carry(&loaded);
        assert_eq!((again.pending(), listed(&again)), (None, listed(&loaded)));
        assert_eq!(pending(1000, 2.0).carry(&loaded).len(), 1, "the Period has become shorter");
        assert_eq!(pending(1000, 3.0).carry(&pending(1000, 2.0).carry(&loaded)).len(), 2, "and longer again");
        assert!(pending(2000, 3.0).carry(&loaded).pending().is_some(), "another index");
        assert!(pending(1000, 3.0).carry(&live("$Time$", 0, 2, 1)).pending().is_some());
    }
}
