//! Segments in time: runs of segments of equal duration on a clock. Runs are never expanded, so a repeat count of 2^31
//! needs no more memory than one segment. All arithmetic saturates below 2^63 ticks.

use crate::time::{MediaTime, PresentationTime, Timescale};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// How the ticks of a Representation lie on the presentation axis (5.3.9.2, @presentationTimeOffset).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimelineClock {
    /// Ticks a second.
    pub timescale: Timescale,
    /// The tick at which the Period starts.
    pub offset: u64,
    /// Where the Period starts.
    pub period_start: PresentationTime,
}

impl TimelineClock {
    /// Seconds from the start of the presentation.
    pub const PLAIN: Self = Self { timescale: Timescale::ONE, offset: 0, period_start: PresentationTime::ZERO };

    /// The instant of a tick, rounded to the nearest nanosecond and saturating.
    pub fn at(&self, tick: u64) -> PresentationTime {
        let since_start = signed(tick).saturating_sub(signed(self.offset));
        self.period_start.offset_by_nanos(MediaTime::new(since_start, self.timescale).presentation().nanos())
    }

    /// The tick nearest to an instant; 0 for those before it.
    pub fn tick(&self, time: PresentationTime) -> u64 {
        let since_start =
            PresentationTime::ZERO.offset_by_nanos(time.nanos().saturating_sub(self.period_start.nanos()));
        let tick = self.timescale.ticks_at(since_start).saturating_add(signed(self.offset));
        u64::try_from(tick).unwrap_or(0)
    }

    /// The same clock in other ticks.
    pub fn rescaled(&self, timescale: Timescale) -> Self {
        let offset = MediaTime::new(signed(self.offset), self.timescale).rescaled(timescale).ticks;
        Self { timescale, offset: offset.unsigned_abs(), period_start: self.period_start }
    }
}

fn signed(tick: u64) -> i64 {
    i64::try_from(tick).unwrap_or(i64::MAX)
}

/// A run as a manifest or an index box states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimelineEntry {
    /// Tick of the start; `None`: where the run before ends (the first: tick 0).
    pub start: Option<u64>,
    /// In ticks. Runs of no duration are left out.
    pub duration: u64,
    /// Further segments of this duration; negative: up to the next run, else to the end.
    pub repeat: i64,
}

/// Equal segments without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SegmentRun {
    /// Position of the first segment.
    first: u64,
    start: u64,
    duration: u64,
    count: u64,
}

impl SegmentRun {
    /// Start tick of the segment `within` the run.
    fn start_of(&self, within: u64) -> u64 {
        self.start.saturating_add(within.saturating_mul(self.duration)).min(LAST_TICK)
    }

    fn end(&self) -> u64 {
        self.start_of(self.count)
    }
}

const LAST_TICK: u64 = i64::MAX as u64;

/// A segment that overlaps its Period by less than this does not belong to it: durations in manifests are rounded.
const SLIVER: Duration = Duration::from_millis(1);

/// When the segments of a Representation start and end. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    clock: TimelineClock,
    runs: Arc<[SegmentRun]>,
    /// The segments that belong to the Period.
    window: Range<u64>,
    /// There is no last segment: neither a count nor the end of the Period is known.
    open: bool,
}

impl Timeline {
    /// What a run costs, at most one for each entry.
    pub const RUN_BYTES: usize = size_of::<SegmentRun>();

    /// From what a manifest states, made free of overlaps: a segment that reaches into the next run is cut there; a
    /// run that starts no later than the one before is taken to follow it. `end` is that of the Period, where known.
    pub fn new(
        clock: TimelineClock,
        entries: impl IntoIterator<Item = TimelineEntry>,
        end: Option<PresentationTime>,
    ) -> Self {
        let last_tick = clock.tick(PresentationTime::MAX).min(LAST_TICK);
        let mut runs = Builder { runs: Vec::new(), end: end.map(|end| clock.tick(end)), last_tick, open: false };
        let mut entries = entries.into_iter().filter(|e| e.duration > 0).peekable();
        while let Some(entry) = entries.next() {
            runs.push(entry, entries.peek().and_then(|next| next.start));
        }
        let segments = runs.segments();
        let whole = Self { clock, open: runs.open, runs: runs.runs.into(), window: 0..segments };
        whole.within_period(end)
    }

    /// Segments of `duration` ticks from the start of the Period to its end, at most `limit` of them.
    pub fn uniform(clock: TimelineClock, duration: u64, limit: Option<u64>, end: Option<PresentationTime>) -> Self {
        let repeat = limit.map_or(-1, |limit| signed(limit).saturating_sub(1));
        let entry = TimelineEntry { start: Some(clock.offset), duration, repeat };
        Self::new(clock, (limit != Some(0)).then_some(entry), end)
    }

    /// How ticks lie on the presentation axis.
    pub fn clock(&self) -> TimelineClock {
        self.clock
    }

    /// How many segments belong to the Period.
    pub fn len(&self) -> u64 {
        self.window.end - self.window.start
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many segments come before the first one of the Period (they count for numbers).
    pub fn skipped(&self) -> u64 {
        self.window.start
    }

    /// Start of a segment in ticks of the Representation: `$Time$`.
    pub fn tick(&self, position: u64) -> Option<u64> {
        self.ticks(position).map(|ticks| ticks.start)
    }

    /// From when to when a segment lasts. It may reach beyond the Period, whose ends then cut it.
    pub fn time(&self, position: u64) -> Option<Range<PresentationTime>> {
        let ticks = self.ticks(position)?;
        Some(self.clock.at(ticks.start)..self.clock.at(ticks.end))
    }

    /// The segment that covers `time`; in a gap the one after it; `None` from the end of the last one on.
    pub fn position_at(&self, time: PresentationTime) -> Option<u64> {
        Some(self.ended_by(time)).filter(|position| *position < self.len())
    }

    /// How many segments of the Period end no later than `time`.
    pub fn ended_by(&self, time: PresentationTime) -> u64 {
        let ended = self.count_until(|ticks| self.clock.at(ticks.end) <= time);
        self.within_window(ended)
    }

    /// How many of the first `count` segments that were stated are segments of the Period.
    fn within_window(&self, count: u64) -> u64 {
        count.clamp(self.window.start, self.window.end) - self.window.start
    }

    /// The segment that starts at `time`, but for rounding.
    pub fn starting_at(&self, time: PresentationTime) -> Option<u64> {
        let starts = |position: &u64| {
            let start = self.time(*position).map(|time| time.start);
            start.is_some_and(|start| start <= time + SLIVER && time <= start + SLIVER)
        };
        // The last one that has started by then comes first: there are segments shorter than what may be rounded.
        let started = self.within_window(self.count_until(|ticks| self.clock.at(ticks.start) <= time));
        started.checked_sub(1).filter(starts).or_else(|| Some(started).filter(starts))
    }

    /// Without the first `count` segments that were stated, those before the Period included.
    #[must_use]
    pub fn without_first(mut self, count: u64) -> Self {
        self.window.start = count.clamp(self.window.start, self.window.end);
        self
    }

    /// The same segments for a Period that ends at another time.
    #[must_use]
    pub fn ending_at(mut self, end: Option<PresentationTime>) -> Self {
        self.window = 0..self.runs.last().map_or(0, |run| run.first.saturating_add(run.count));
        self.within_period(end)
    }

    /// Only the first `count` segments that were stated, those before the Period included.
    #[must_use]
    pub fn limited(mut self, count: u64) -> Self {
        self.open &= count >= self.window.end;
        self.window.end = count.clamp(self.window.start, self.window.end);
        self
    }

    /// End of the last segment; `None` when there is no segment, or no last one.
    pub fn end(&self) -> Option<PresentationTime> {
        if self.open {
            return None;
        }
        Some(self.time(self.len().checked_sub(1)?)?.end)
    }

    fn within_period(mut self, end: Option<PresentationTime>) -> Self {
        let start = self.clock.period_start;
        let all = self.window.end;
        let first = self.count_until(|ticks| self.clock.at(ticks.end) < start + SLIVER);
        let last = end.map_or(all, |end| self.count_until(|ticks| self.clock.at(ticks.start) + SLIVER <= end));
        self.window = first..last.max(first);
        self
    }

    /// How many segments from the first stated one on satisfy a condition that, once it fails for a segment, fails for all
    /// later ones: a binary search over the runs, then one within a run.
    fn count_until(&self, holds: impl Fn(Range<u64>) -> bool) -> u64 {
        let of = |run: &SegmentRun, within: u64| run.start_of(within)..run.start_of(within.saturating_add(1));
        let runs = self.runs.partition_point(|run| holds(of(run, 0)));
        let Some(run) = runs.checked_sub(1).and_then(|index| self.runs.get(index)) else { return 0 };
        let mut low = 1;
        let mut high = run.count;
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(of(run, middle)) { low = middle + 1 } else { high = middle }
        }
        run.first.saturating_add(low)
    }

    fn ticks(&self, position: u64) -> Option<Range<u64>> {
        let position = self.window.start.checked_add(position).filter(|position| *position < self.window.end)?;
        let after = self.runs.partition_point(|run| run.first <= position);
        let run = self.runs.get(after.checked_sub(1)?)?;
        let within = position - run.first;
        Some(run.start_of(within)..run.start_of(within.saturating_add(1)))
    }
}

/// Collects runs and keeps them in order, without overlap, and below the last tick that has a presentation time.
struct Builder {
    runs: Vec<SegmentRun>,
    end: Option<u64>,
    /// The last one that has an instant.
    last_tick: u64,
    open: bool,
}

impl Builder {
    fn push(&mut self, entry: TimelineEntry, next_start: Option<u64>) {
        let follow = self.runs.last().map_or(0, SegmentRun::end);
        let backwards = |start: u64| self.runs.last().is_some_and(|run| start <= run.start);
        let start = entry.start.filter(|start| !backwards(*start)).unwrap_or(follow);
        if start < follow {
            self.cut_at(start);
        }
        let room = self.last_tick.saturating_sub(start) / entry.duration;
        let count = match u64::try_from(entry.repeat) {
            Ok(repeat) => repeat.saturating_add(1),
            Err(_) => {
                self.open = next_start.or(self.end).is_none();
                let until = next_start.or(self.end).unwrap_or(self.last_tick);
                until.saturating_sub(start).div_ceil(entry.duration).max(1)
            }
        };
        self.append(start, entry.duration, count.min(room));
    }

    fn append(&mut self, start: u64, duration: u64, count: u64) {
        match self.runs.last_mut() {
            _ if count == 0 => {}
            Some(run) if run.duration == duration && run.end() == start => run.count = run.count.saturating_add(count),
            _ => self.runs.push(SegmentRun { first: self.segments(), start, duration, count }),
        }
    }

    /// Ends the last run at a tick behind its start; the segment across it becomes shorter.
    fn cut_at(&mut self, tick: u64) {
        let Some(run) = self.runs.pop() else { return };
        let whole = (tick - run.start) / run.duration;
        let rest = (tick - run.start) % run.duration;
        self.append(run.start, run.duration, whole);
        if rest > 0 {
            self.append(tick - rest, rest, 1);
        }
    }

    fn segments(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.first.saturating_add(run.count))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{clock, secs};
    use super::*;
    use proptest::prelude::*;

    /// Entries as (start, duration, repeat) to `start-end` of each segment in ticks.
    fn laid_out(entries: &[(Option<u64>, u64, i64)], end: Option<f64>) -> String {
        let entries = entries.iter().map(|&(start, duration, repeat)| TimelineEntry { start, duration, repeat });
        let timeline = Timeline::new(clock(1000, 0), entries, end.map(secs));
        let segment = |position| timeline.ticks(position).map(|t| format!("{}-{}", t.start, t.end)).unwrap();
        (0..timeline.len()).map(segment).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn runs_are_laid_out_as_the_standard_says() {
        let cases: [(&str, &[_], Option<f64>, &str); 10] = [
            ("plain", &[(Some(0), 2000, 1), (None, 500, 0)], None, "0-2000 2000-4000 4000-4500"),
            ("no @t at first", &[(None, 2000, 0)], None, "0-2000"),
            ("a gap", &[(Some(0), 2000, 0), (Some(3000), 1000, 0)], None, "0-2000 3000-4000"),
            (
                "open to the next",
                &[(Some(0), 2000, -1), (Some(5000), 1000, 0)],
                None,
                "0-2000 2000-4000 4000-5000 5000-6000",
            ),
            ("open to the end", &[(Some(0), 2000, -1)], Some(5.0), "0-2000 2000-4000 4000-6000"),
            ("beyond the end", &[(Some(0), 2000, 2_147_483_647)], Some(4.0005), "0-2000 2000-4000"),
            ("one too many", &[(Some(0), 2000, 2), (Some(4000), 1000, 0)], None, "0-2000 2000-4000 4000-5000"),
            ("backwards", &[(Some(4000), 1000, 0), (Some(1000), 1000, 0)], None, "4000-5000 5000-6000"),
            ("no duration", &[(Some(0), 0, -1), (None, 1000, 0)], None, "0-1000"),
            ("nothing", &[], None, ""),
        ];
        for (name, entries, end, expected) in cases {
            assert_eq!(laid_out(entries, end), expected, "{name}");
        }
    }

    #[test]
    fn a_period_takes_its_part_of_a_longer_timeline() {
        let second_period = TimelineClock { period_start: secs(10.0), ..clock(1000, 4000) };
        let timeline = Timeline::uniform(clock(1000, 0), 2000, None, None);
        assert_eq!(timeline.position_at(secs(100.0)), Some(50));
        let entries = [TimelineEntry { start: Some(0), duration: 2000, repeat: 9 }];
        let part = Timeline::new(second_period, entries, Some(secs(14.0)));
        assert_eq!((part.skipped(), part.len()), (2, 2));
        assert_eq!(part.time(0), Some(secs(10.0)..secs(12.0)));
        assert_eq!(part.tick(0), Some(4000));
        assert_eq!(part.position_at(secs(0.0)), Some(0));
        assert_eq!(part.position_at(secs(14.0)), None);
    }

    fn entries() -> impl Strategy<Value = Vec<TimelineEntry>> {
        let tick = prop_oneof![0..10_000u64, Just(u64::MAX), proptest::num::u64::ANY];
        let repeat = prop_oneof![-2..50i64, Just(2_147_483_647), Just(i64::MAX), Just(i64::MIN)];
        let entry = (proptest::option::of(tick.clone()), tick, repeat)
            .prop_map(|(start, duration, repeat)| TimelineEntry { start, duration, repeat });
        proptest::collection::vec(entry, 0..20)
    }

    fn clocks() -> impl Strategy<Value = TimelineClock> {
        let scale = prop_oneof![Just(1u32), 1..100_000u32, Just(u32::MAX)];
        let offset = prop_oneof![0..10_000u64, proptest::num::u64::ANY];
        (scale, offset, -1_000_000_000..1_000_000_000_000i64).prop_map(|(scale, offset, start)| TimelineClock {
            period_start: PresentationTime::from_nanos(start),
            ..clock(scale, offset)
        })
    }

    proptest! {
        /// Whatever a manifest says, segments follow each other and the search finds what covers the time.
        #[test]
        fn order_and_search_agree(
            clock in clocks(),
            entries in entries(),
            end in proptest::option::of(0..1_000_000_000_000i64),
            probe in prop_oneof![0..20_000_000_000i64, proptest::num::i64::ANY],
            picked in proptest::num::u64::ANY,
        ) {
            let timeline = Timeline::new(clock, entries, end.map(PresentationTime::from_nanos));
            let probe = PresentationTime::from_nanos(probe);
            match timeline.position_at(probe) {
                Some(position) => {
                    let time = timeline.time(position).unwrap();
                    prop_assert!(probe < time.end);
                    prop_assert!(time.contains(&probe) || position == 0 || timeline.time(position - 1).unwrap().end <= probe);
                }
                None => prop_assert!(timeline.end().is_none_or(|end| end <= probe)),
            }
            prop_assert_eq!(timeline.time(timeline.len()), None);
            if !timeline.is_empty() {
                let position = picked % timeline.len();
                let time = timeline.time(position).unwrap();
                prop_assert!(time.start <= time.end);
                if let Some(next) = timeline.time(position.saturating_add(1)) {
                    prop_assert!(time.end <= next.start);
                }
                if time.start < time.end {
                    prop_assert_eq!(timeline.position_at(time.start), Some(position));
                }
            }
        }
    }
}
