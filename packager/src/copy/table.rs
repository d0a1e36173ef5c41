//! The samples of a track in decoding order, compressed: runs of equal durations and offsets, four bytes a size, and a
//! place in the file for every run of samples that lie one behind the other. Ten hours at 60 pictures a second take less
//! than 30 MB. Reading files is not here.

use std::ops::Range;

/// Equal values of samples that follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run<T> {
    count: u32,
    value: T,
}

/// Where samples lie one behind the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    first: u32,
    offset: u64,
}

/// The samples of a track. Times are on the axis of its media, in ticks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SampleTable {
    /// The decoding time of the first sample.
    start: i64,
    durations: Vec<Run<u32>>,
    /// Composition minus decoding time.
    offsets: Vec<Run<i32>>,
    sizes: Vec<u32>,
    places: Vec<Place>,
    /// The numbers of samples that are said to be key frames; all are where there is no list.
    keys: Option<Vec<u32>>,
    /// Where the last sample ends in the file.
    end: u64,
    /// Decoding time behind the last sample, of those in fragments.
    next: i64,
    has_fragments: bool,
}

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSample {
    /// From 0, in decoding order.
    pub number: u32,
    /// When it is decoded.
    pub dts: i64,
    /// When it is composed.
    pub cts: i64,
    /// Until the next one is decoded.
    pub duration: u32,
    /// In bytes.
    pub size: u32,
    /// Where in the file it begins.
    pub at: u64,
    /// The container says that decoding can begin here.
    pub is_key: bool,
}

impl SampleTable {
    /// Without samples, which are to be decoded from `start` on.
    pub fn starting_at(start: i64) -> Self {
        Self { start, ..Self::default() }
    }

    /// With the samples of these numbers as the only key frames.
    #[must_use]
    pub fn with_keys(self, keys: Option<Vec<u32>>) -> Self {
        Self { keys, ..self }
    }

    /// Samples.
    pub fn len(&self) -> u32 {
        u32::try_from(self.sizes.len()).unwrap_or(u32::MAX)
    }

    /// Without samples.
    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// All their bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes_of(0, self.len())
    }

    /// Appends so many samples of this duration.
    pub fn push_durations(&mut self, count: u32, duration: u32) {
        push(&mut self.durations, count, duration);
    }

    /// Appends so many samples with this offset.
    pub fn push_offsets(&mut self, count: u32, offset: i32) {
        push(&mut self.offsets, count, offset);
    }

    /// Appends a sample of `size` bytes at `at` of the file.
    pub fn push_bytes(&mut self, size: u32, at: u64) {
        self.place(self.len(), at, size.into());
        self.push_size(size);
    }

    /// Appends a sample of `size` bytes, whose place is told otherwise.
    pub fn push_size(&mut self, size: u32) {
        self.sizes.push(size);
    }

    /// Samples from number `first` on take `length` bytes at `offset` of the file.
    pub fn place(&mut self, first: u32, offset: u64, length: u64) {
        if self.places.is_empty() || self.end != offset {
            self.places.push(Place { first, offset });
        }
        self.end = offset.saturating_add(length);
    }

    /// Bytes of so many samples from number `first` on, as far as there are any.
    pub fn bytes_of(&self, first: u32, count: u32) -> u64 {
        let last = (first.saturating_add(count) as usize).min(self.sizes.len());
        self.sizes.get(first as usize..last).unwrap_or_default().iter().map(|size| u64::from(*size)).sum()
    }

    /// The last sample lasts so many ticks longer, or shorter where they are negative, because the next one is decoded then.
    /// `None` where nothing would be left of it.
    fn lengthen_last(&mut self, ticks: i64) -> Option<()> {
        let last = self.durations.last_mut()?;
        let longer = u32::try_from(i64::from(last.value).checked_add(ticks)?).ok().filter(|longer| *longer > 0)?;
        last.count -= 1;
        if last.count == 0 {
            self.durations.pop();
        }
        push(&mut self.durations, 1, longer);
        Some(())
    }

    /// The samples that follow come from fragments.
    pub fn begin_fragments(&mut self) {
        if !self.has_fragments {
            self.has_fragments = true;
            self.next = self.start.saturating_add(self.ticks());
            if self.offsets.is_empty() {
                self.push_offsets(self.len(), 0);
            }
            self.keys = Some(match self.keys.take() {
                Some(keys) => keys,
                None => (0..self.len()).collect(),
            });
        }
    }

    /// Whether any do.
    pub fn has_fragments(&self) -> bool {
        self.has_fragments
    }

    /// The next sample is decoded at `time`; `None` when that is before the last one.
    pub fn go_on_at(&mut self, time: i64) -> Option<()> {
        if self.is_empty() {
            self.start = time;
        } else {
            self.lengthen_last(time.checked_sub(self.next)?)?;
        }
        self.next = time;
        Some(())
    }

    /// Appends a sample of a fragment: its bytes are so many, and begin there.
    pub fn push_fragment_sample(&mut self, duration: u32, offset: i32, (size, at): (u32, u64), is_key: bool) {
        if is_key && let Some(keys) = &mut self.keys {
            keys.push(u32::try_from(self.sizes.len()).unwrap_or(u32::MAX));
        }
        self.push_bytes(size, at);
        self.push_durations(1, duration);
        self.push_offsets(1, offset);
        self.next = self.next.saturating_add(duration.into());
    }

    /// By how much composition precedes decoding at most: 0 where it never does.
    pub fn most_negative_offset(&self) -> i64 {
        self.offsets.iter().map(|run| -i64::from(run.value)).max().unwrap_or(0).max(0)
    }

    /// The duration that most samples have, and whether all but the last have it, up to a tick more or less.
    pub fn usual_duration(&self) -> (u32, bool) {
        let mut counts: std::collections::BTreeMap<u32, u64> = std::collections::BTreeMap::new();
        for run in &self.durations {
            *counts.entry(run.value).or_default() += u64::from(run.count);
        }
        let usual = counts.iter().max_by_key(|(_, count)| **count).map_or(0, |(value, _)| *value);
        let odd: u64 = counts.iter().filter(|(value, _)| value.abs_diff(usual) > 1).map(|(_, count)| count).sum();
        let last = self.durations.last().is_some_and(|last| last.count == 1 && last.value.abs_diff(usual) > 1);
        (usual, odd == u64::from(last))
    }

    /// Ticks of all samples.
    pub fn ticks(&self) -> i64 {
        let ticks = |run: &Run<u32>| i64::from(run.count).saturating_mul(run.value.into());
        self.durations.iter().map(ticks).fold(0, i64::saturating_add)
    }

    /// The samples, one after the other.
    pub fn iter(&self) -> Samples<'_> {
        Samples {
            table: self,
            number: 0,
            dts: self.start,
            durations: Cursor::default(),
            offsets: Cursor::default(),
            place: 0,
            key: 0,
            at: 0,
        }
    }
}

fn push<T: PartialEq>(runs: &mut Vec<Run<T>>, count: u32, value: T) {
    match runs.last_mut() {
        Some(last) if last.value == value && last.count.checked_add(count).is_some() => last.count += count,
        _ if count > 0 => runs.push(Run { count, value }),
        _ => {}
    }
}

/// A place within runs.
#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    run: usize,
    used: u32,
}

impl Cursor {
    /// The value of the next sample; `None` behind the last run.
    fn next<T: Copy>(&mut self, runs: &[Run<T>]) -> Option<T> {
        let run = runs.get(self.run)?;
        self.used += 1;
        if self.used >= run.count {
            self.run += 1;
            self.used = 0;
        }
        Some(run.value)
    }
}

/// Goes through the samples of a table.
#[derive(Debug, Clone)]
pub struct Samples<'a> {
    table: &'a SampleTable,
    number: u32,
    dts: i64,
    durations: Cursor,
    offsets: Cursor,
    place: usize,
    key: usize,
    at: u64,
}

impl Samples<'_> {
    fn is_key(&mut self) -> bool {
        let Some(keys) = &self.table.keys else { return true };
        while keys.get(self.key).is_some_and(|key| *key < self.number) {
            self.key += 1;
        }
        keys.get(self.key) == Some(&self.number)
    }

    fn place(&mut self) -> u64 {
        if let Some(place) = self.table.places.get(self.place).filter(|place| place.first == self.number) {
            self.place += 1;
            self.at = place.offset;
        }
        self.at
    }
}

impl Iterator for Samples<'_> {
    type Item = TableSample;

    fn next(&mut self) -> Option<TableSample> {
        let table = self.table;
        let size = *table.sizes.get(usize::try_from(self.number).ok()?)?;
        let duration = self.durations.next(&table.durations).unwrap_or(0);
        let offset = self.offsets.next(&table.offsets).unwrap_or(0);
        let is_key = self.is_key();
        let at = self.place();
        let cts = self.dts.saturating_add(i64::from(offset));
        let sample = TableSample { number: self.number, dts: self.dts, cts, duration, size, at, is_key };
        self.number += 1;
        self.dts = self.dts.saturating_add(i64::from(duration));
        self.at = at.saturating_add(u64::from(size));
        Some(sample)
    }
}

/// Ranges of the file that hold samples of consecutive numbers: adjoining ones are one.
#[derive(Debug, Default)]
pub struct FileRuns(Vec<Range<u64>>);

impl FileRuns {
    /// Adds the bytes of the next sample.
    pub fn push(&mut self, sample: &TableSample) {
        let end = sample.at.saturating_add(u64::from(sample.size));
        match self.0.last_mut() {
            Some(last) if last.end == sample.at => last.end = end,
            _ => self.0.push(sample.at..end),
        }
    }

    /// In the order of the samples.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> SampleTable {
        let mut table = SampleTable::starting_at(-10);
        table.push_durations(3, 10);
        table.push_durations(1, 12);
        for offset in [20, 0, 0, -3] {
            table.push_offsets(1, offset);
        }
        for (size, at) in [(5, 100), (6, 105), (7, 200), (8, 207)] {
            table.push_bytes(size, at);
        }
        table.with_keys(Some(vec![0, 3]))
    }

    #[test]
    fn samples_come_out_as_they_went_in() {
        let seen: Vec<_> = small().iter().map(|s| (s.dts, s.cts, s.duration, s.size, s.at, s.is_key)).collect();
        let expected = [
            (-10, 10, 10, 5, 100, true),
            (0, 0, 10, 6, 105, false),
            (10, 10, 10, 7, 200, false),
            (20, 17, 12, 8, 207, true),
        ];
        assert_eq!(seen, expected);
        assert_eq!((small().len(), small().bytes(), small().ticks()), (4, 26, 42));
        assert_eq!(small().most_negative_offset(), 3);
        assert!(SampleTable::default().iter().next().is_none());
    }

    #[test]
    fn what_lies_together_is_one_run() {
        let table = small();
        assert_eq!((table.places.len(), table.durations.len(), table.offsets.len()), (2, 2, 3));
        let mut runs = FileRuns::default();
        for sample in table.iter() {
            runs.push(&sample);
        }
        assert_eq!(runs.ranges(), [100..111, 200..215]);
    }

    #[test]
    fn the_usual_duration_bears_a_tick_and_an_odd_last_one() {
        let of = |durations: &[(u32, u32)]| {
            let mut table = SampleTable::default();
            for (count, duration) in durations {
                table.push_durations(*count, *duration);
            }
            table.usual_duration()
        };
        assert_eq!(of(&[(20, 33), (10, 34), (1, 50)]), (33, true));
        assert_eq!(of(&[(20, 33), (10, 40), (1, 33)]), (33, false));
        assert_eq!(of(&[]), (0, true));
    }

    #[test]
    fn a_gap_lengthens_the_sample_before_it() {
        let mut table = small();
        table.begin_fragments();
        table.go_on_at(40).unwrap();
        assert_eq!(table.iter().last().map(|last| last.duration), Some(20));
        table.push_fragment_sample(5, 0, (9, 215), true);
        table.push_fragment_sample(5, 0, (9, 224), false);
        table.go_on_at(51).unwrap();
        let runs: Vec<_> = table.durations.iter().map(|run| (run.count, run.value)).collect();
        assert_eq!(runs, [(3, 10), (1, 20), (1, 5), (1, 6)]);
        assert_eq!(table.go_on_at(45), None, "nothing would be left of the last one");
        assert_eq!(table.keys, Some(vec![0, 3, 4]));
    }
}
