//! Movies of ISO/IEC 14496-12, with sample tables or in fragments: their tracks, and the samples of one track at a time. No
//! media are read, and nothing is decoded.

use super::edits::Edits;
use super::file::{FileBox, InputFile, instant};
use super::fragments;
use super::table::SampleTable;
use super::track::{self, MovieTrack};
use crate::error::PackagerError;
use shared::bmff::FourCc;
use shared::time::MediaTime;
use std::io::Read;

/// A film of a week at 120 pictures a second.
const MOST_SAMPLES: u32 = 80_000_000;

/// An open movie.
#[derive(Debug)]
pub struct Movie {
    /// Its bytes.
    pub file: InputFile,
    /// Of pictures and sound, in the order of the file.
    pub tracks: Vec<MovieTrack>,
    /// Numbers and handlers of the others.
    pub others: Vec<(u32, FourCc)>,
    /// Outermost boxes.
    outer: Vec<FileBox>,
}

impl Movie {
    /// Reads what it says of its tracks.
    ///
    /// # Errors
    /// 4 when it has no movie box, or one that contradicts itself.
    pub fn open(file: InputFile) -> Result<Self, PackagerError> {
        let outer = file.boxes(0..file.length)?;
        let moov = outer.iter().find(|one| one.kind == b"moov" && one.whole.end <= file.length);
        let moov =
            moov.ok_or_else(|| file.refused("it is cut off at 0.000 s: it has no whole table of its media (`moov`)"))?;
        let children = file.boxes(moov.body.clone())?;
        let find = |kind: &[u8; 4]| children.iter().find(|one| one.kind == *kind);
        let movie = find(b"mvhd").and_then(|one| track::timescale(&file.read(one).ok()?, b"mvhd"));
        let movie = movie.ok_or_else(|| file.refused("its movie box says nothing of its time (`mvhd`)"))?;
        let extends = find(b"mvex").map(|one| file.read(one)).transpose()?.unwrap_or_default();
        let gapless = find(b"udta").and_then(|one| track::priming(&file.read(one).ok()?));
        let mut tracks = vec![];
        let mut others = vec![];
        for trak in children.iter().filter(|one| one.kind == b"trak") {
            match track::read(&file, trak, movie, &extends, gapless)? {
                Ok(track) => tracks.push(track),
                Err(other) => others.push(other),
            }
        }
        Ok(Self { file, tracks, others, outer })
    }

    /// The track with this number.
    ///
    /// # Errors
    /// 4 when there is none: the file is not what it was.
    pub fn track(&self, id: u32) -> Result<&MovieTrack, PackagerError> {
        let found = self.tracks.iter().find(|track| track.id == id);
        found.ok_or_else(|| self.file.refused(format!("its track {id} is gone: the file has changed meanwhile")))
    }

    /// The samples of a track.
    ///
    /// # Errors
    /// 4 when the tables contradict themselves, or media are missing at the end of the file.
    pub fn table(&self, track: &MovieTrack) -> Result<SampleTable, PackagerError> {
        let mut table = self.progressive(track)?;
        for moof in self.outer.iter().filter(|one| one.kind == b"moof") {
            let whole = moof.whole.end <= self.file.length;
            let bytes = if whole { self.file.read(moof)? } else { vec![] };
            let read = fragments::append(&bytes, moof.whole.start, (track.id, track.defaults), &mut table);
            read.ok().filter(|()| whole).ok_or_else(|| self.cut_off(track, &table, table.len()))?;
        }
        self.whole(track, &table)?;
        Ok(table)
    }

    /// Refuses a table whose samples are not all in the file.
    fn whole(&self, track: &MovieTrack, table: &SampleTable) -> Result<(), PackagerError> {
        let is_missing = |at: u64, size: u32| at.saturating_add(size.into()) > self.file.length;
        match table.iter().find(|sample| is_missing(sample.at, sample.size)) {
            Some(first) => Err(self.cut_off(track, table, first.number)),
            None if self.outer.last().is_some_and(|last| last.whole.end > self.file.length)
                && table.has_fragments() =>
            {
                Err(self.cut_off(track, table, table.len()))
            }
            None => Ok(()),
        }
    }

    /// The samples from number `first` on are missing.
    fn cut_off(&self, track: &MovieTrack, table: &SampleTable, first: u32) -> PackagerError {
        let shift = if let Edits::One(presented) = track.edits { presented.shift } else { 0 };
        let missing = table.iter().skip(first as usize).take(64).map(|sample| sample.cts).min();
        let ticks = missing.unwrap_or_else(|| {
            table.iter().map(|sample| sample.cts.saturating_add(sample.duration.into())).max().unwrap_or(0)
        });
        let time = MediaTime::new(ticks.saturating_add(shift), track.timescale).presentation();
        self.file.refused(format!("it is cut off at {}; get the whole file", instant(time)))
    }

    fn progressive(&self, track: &MovieTrack) -> Result<SampleTable, PackagerError> {
        let mut table = SampleTable::default();
        let Some(sizes) = track.tables.get(b"stsz") else {
            let is_compact = track.tables.get(b"stz2").is_some();
            return if is_compact {
                Err(self.file.refused("its sizes are in a form that is not read (`stz2`)"))
            } else {
                Ok(table)
            };
        };
        self.sizes(sizes, &mut table)?;
        if let Some(stts) = track.tables.get(b"stts") {
            self.cells(stts, 8, |[count, delta]| table.push_durations(count, delta))?;
        }
        if let Some(ctts) = track.tables.get(b"ctts") {
            self.cells(ctts, 8, |[count, offset]| table.push_offsets(count, offset.cast_signed()))?;
        }
        let keys = match track.tables.get(b"stss") {
            Some(stss) => {
                let mut keys = vec![];
                self.cells(stss, 8, |[number]| keys.push(number.saturating_sub(1)))?;
                Some(keys)
            }
            None => None,
        };
        self.places(track, &mut table)?;
        Ok(table.with_keys(keys))
    }

    fn sizes(&self, stsz: &FileBox, table: &mut SampleTable) -> Result<(), PackagerError> {
        let head = self.file.bytes(stsz.body.start..stsz.body.end.min(stsz.body.start + 12))?;
        let word = |at: usize| {
            head.get(at..at + 4).map_or(0, |cell| cell.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
        };
        let all = word(4);
        let count = word(8);
        if count > MOST_SAMPLES || all > 0 && u64::from(all) * u64::from(count) > self.file.length {
            return Err(self.file.refused("its sample tables are longer than the file"));
        }
        if all == 0 {
            return self.cells(stsz, 12, |[size]| table.push_size(size));
        }
        for _ in 0..count {
            table.push_size(all);
        }
        Ok(())
    }

    /// Which chunks hold which samples (`stsc`), and where they lie (`stco`, `co64`).
    fn places(&self, track: &MovieTrack, table: &mut SampleTable) -> Result<(), PackagerError> {
        let mut groups: Vec<[u32; 3]> = vec![];
        if let Some(stsc) = track.tables.get(b"stsc") {
            self.cells(stsc, 8, |group| groups.push(group))?;
        }
        let mut layout = ChunkLayout { groups, group: 0, chunk: 0, sample: 0, other_entry: None };
        if let Some(stco) = track.tables.get(b"stco") {
            self.cells(stco, 8, |[offset]| layout.chunk(offset.into(), table))?;
        } else if let Some(co64) = track.tables.get(b"co64") {
            self.cells(co64, 8, |[high, low]| layout.chunk(u64::from(high) << 32 | u64::from(low), table))?;
        }
        if let Some(first) = layout.other_entry {
            let ticks = table.iter().nth(first as usize).map_or(0, |sample| sample.cts);
            let time = MediaTime::new(ticks, track.timescale).presentation();
            let why =
                format!("its track {} is described anew at {} (a second entry in `stsd`)", track.id, instant(time));
            return Err(self.file.refused(why));
        }
        if layout.sample < table.len() {
            return Err(self.cut_off(track, table, layout.sample));
        }
        Ok(())
    }

    /// Calls `each` with the rows of a table behind a header of so many bytes.
    fn cells<const WORDS: usize>(
        &self,
        table: &FileBox,
        header: u64,
        mut each: impl FnMut([u32; WORDS]),
    ) -> Result<(), PackagerError> {
        let begin = table.body.start + header;
        let row = 4 * WORDS as u64;
        let count = self.file.bytes(begin.saturating_sub(4)..begin)?;
        let count = u64::from(u32::from_be_bytes(count.try_into().unwrap_or_default()));
        let rows = count.min(table.body.end.min(self.file.length).saturating_sub(begin) / row);
        let mut reader = self.file.reader(begin..begin + rows * row)?;
        let mut cell = [0; 4];
        for _ in 0..rows {
            let mut words = [0; WORDS];
            for word in &mut words {
                reader.read_exact(&mut cell).map_err(|e| self.file.unread(&e))?;
                *word = u32::from_be_bytes(cell);
            }
            each(words);
        }
        Ok(())
    }
}

/// Goes through the chunks of a track.
struct ChunkLayout {
    /// First chunk (from 1), samples in each, sample entry.
    groups: Vec<[u32; 3]>,
    group: usize,
    chunk: u32,
    sample: u32,
    /// The first sample that has another entry than the first one.
    other_entry: Option<u32>,
}

impl ChunkLayout {
    fn chunk(&mut self, offset: u64, table: &mut SampleTable) {
        self.chunk += 1;
        while self.groups.get(self.group + 1).is_some_and(|next| next[0] <= self.chunk) {
            self.group += 1;
        }
        let Some([_, count, entry]) = self.groups.get(self.group).copied() else { return };
        let count = count.min(table.len() - self.sample);
        if count == 0 {
            return;
        }
        if self.groups.first().is_some_and(|first| first[2] != entry) {
            self.other_entry.get_or_insert(self.sample);
        }
        table.place(self.sample, offset, table.bytes_of(self.sample, count));
        self.sample += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_get_their_samples_by_groups() {
        let mut table = SampleTable::default();
        for size in [10, 10, 10, 10, 10] {
            table.push_size(size);
        }
        table.push_durations(5, 1);
        let groups = vec![[1, 2, 1], [3, 1, 1]];
        let mut layout = ChunkLayout { groups, group: 0, chunk: 0, sample: 0, other_entry: None };
        for offset in [100, 120, 500] {
            layout.chunk(offset, &mut table);
        }
        assert_eq!(table.iter().map(|sample| sample.at).collect::<Vec<_>>(), [100, 110, 120, 130, 500]);
        assert_eq!((layout.sample, layout.other_entry), (5, None));
        let mut two =
            ChunkLayout { groups: vec![[1, 2, 1], [2, 2, 2]], group: 0, chunk: 0, sample: 0, other_entry: None };
        two.chunk(0, &mut table);
        two.chunk(50, &mut table);
        assert_eq!(two.other_entry, Some(2));
    }
}
