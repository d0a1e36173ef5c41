//! Movies of ISO/IEC 14496-12, with sample tables or in fragments: their tracks, and the samples of one track at a time. No
//! media are read, and nothing is decoded.

use super::edits::{self, Edits, Presented};
use super::file::{FileBox, InputFile, instant};
use super::fragments;
use super::table::SampleTable;
use crate::error::PackagerError;
use shared::bmff::entry::{self, SampleEntry};
use shared::bmff::init::SampleDefaults;
use shared::bmff::{BmffError, BoxRef, FourCc, walk};
use shared::time::{MediaTime, Timescale};
use std::io::Read;

/// A film of a week at 120 pictures a second.
const MOST_SAMPLES: u32 = 80_000_000;
/// Where AAC encoders of Apple say how much priming there is, where no edit list does.
const GAPLESS: &[u8] = b"iTunSMPB";

/// An open movie.
#[derive(Debug)]
pub struct Movie {
    /// Its bytes.
    pub file: InputFile,
    /// Of pictures and sound, in the order of the file.
    pub tracks: Vec<MovieTrack>,
    /// Outermost boxes.
    outer: Vec<FileBox>,
}

/// A track.
#[derive(Debug)]
pub struct MovieTrack {
    /// `track_ID`.
    pub id: u32,
    /// Ticks a second.
    pub timescale: Timescale,
    /// In full (BCP 47) or as a code of three letters; `None` where nothing is said.
    pub language: Option<String>,
    /// A title for people.
    pub title: Option<String>,
    /// The file prefers it to others.
    pub is_enabled: bool,
    /// Its first sample entry.
    pub entry: SampleEntry,
    /// How many there are.
    pub entries: usize,
    /// What of it is presented.
    pub edits: Edits,
    /// What describes it, without samples: `tkhd`, `hdlr`, the header of its media and `stsd`.
    pub description: Description,
    defaults: SampleDefaults,
    tables: Tables,
}

/// Boxes of a track as they stand in the file.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// `tkhd`.
    pub track_header: Vec<u8>,
    /// `hdlr`.
    pub handler: Vec<u8>,
    /// `vmhd` or `smhd`.
    pub media_header: Vec<u8>,
    /// `stsd`.
    pub entries: Vec<u8>,
}

/// Where its sample tables lie.
#[derive(Debug, Default)]
struct Tables(Vec<FileBox>);

impl Tables {
    fn get(&self, kind: &[u8; 4]) -> Option<&FileBox> {
        self.0.iter().find(|one| one.kind == *kind)
    }
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
        let movie = find(b"mvhd").and_then(|one| timescale(&file.read(one).ok()?, b"mvhd"));
        let movie = movie.ok_or_else(|| file.refused("its movie box says nothing of its time (`mvhd`)"))?;
        let extends = find(b"mvex").map(|one| file.read(one)).transpose()?.unwrap_or_default();
        let gapless = find(b"udta").and_then(|one| priming(&file.read(one).ok()?));
        let mut tracks = vec![];
        for trak in children.iter().filter(|one| one.kind == b"trak") {
            tracks.extend(track(&file, trak, movie, &extends, gapless)?);
        }
        Ok(Self { file, tracks, outer })
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
        let ticks = missing
            .unwrap_or_else(|| table.iter().map(|sample| sample.cts + i64::from(sample.duration)).max().unwrap_or(0));
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
        let (all, count) = (word(4), word(8));
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

/// `None` for what is neither pictures nor sound.
fn track(
    file: &InputFile,
    trak: &FileBox,
    movie: Timescale,
    extends: &[u8],
    gapless: Option<i64>,
) -> Result<Option<MovieTrack>, PackagerError> {
    let inside = |outer: &FileBox| file.boxes(outer.body.clone());
    let first = |boxes: &[FileBox], kind: &[u8; 4]| boxes.iter().find(|one| one.kind == *kind).cloned();
    let lacks = |kind: &str| file.refused(format!("a track of it has no `{kind}`"));
    let children = inside(trak)?;
    let mdia = inside(&first(&children, b"mdia").ok_or_else(|| lacks("mdia"))?)?;
    let handler = file.read(&first(&mdia, b"hdlr").ok_or_else(|| lacks("hdlr"))?)?;
    let kind = FourCc(handler.get(16..20).and_then(|kind| kind.try_into().ok()).unwrap_or_default());
    let minf = inside(&first(&mdia, b"minf").ok_or_else(|| lacks("minf"))?)?;
    let header = match &kind.0 {
        b"vide" => first(&minf, b"vmhd"),
        b"soun" => first(&minf, b"smhd"),
        _ => return Ok(None),
    };
    let stbl = inside(&first(&minf, b"stbl").ok_or_else(|| lacks("stbl"))?)?;
    let entries = file.read(&first(&stbl, b"stsd").ok_or_else(|| lacks("stsd"))?)?;
    let track_header = file.read(&first(&children, b"tkhd").ok_or_else(|| lacks("tkhd"))?)?;
    let mdhd = file.read(&first(&mdia, b"mdhd").ok_or_else(|| lacks("mdhd"))?)?;
    let broken = |e: BmffError| file.refused(format!("a track of it cannot be read: {e}"));
    let timescale = timescale(&mdhd, b"mdhd").ok_or_else(|| lacks("mdhd"))?;
    let (entry, more) = entry::all(&whole_box(&entries).map_err(broken)?, kind).map_err(broken)?;
    let elst = match first(&children, b"edts") {
        Some(edts) => first(&inside(&edts)?, b"elst").map(|elst| file.read(&elst)).transpose()?,
        None => None,
    };
    let edits = match &elst {
        Some(elst) => edits::read(&whole_box(elst).map_err(broken)?, movie, timescale).map_err(broken)?,
        None => {
            let own = first(&children, b"udta").and_then(|one| priming(&file.read(&one).ok()?));
            let samples = own.or(gapless).filter(|_| kind == b"soun").unwrap_or(0);
            Edits::One(Presented::behind(samples))
        }
    };
    let language = first(&mdia, b"elng").and_then(|one| full_language(&file.read(&one).ok()?));
    let title = first(&children, b"udta").and_then(|udta| first(&inside(&udta).ok()?, b"name"));
    let id = track_id(&track_header).unwrap_or(0);
    Ok(Some(MovieTrack {
        id,
        timescale,
        language: language.or_else(|| packed_language(&mdhd)),
        title: title.and_then(|one| name(&file.read(&one).ok()?)),
        is_enabled: track_header.get(11).is_none_or(|flags| flags & 1 != 0),
        entry,
        entries: 1 + more.len(),
        edits,
        description: Description {
            track_header,
            handler,
            media_header: header.map(|header| file.read(&header)).transpose()?.unwrap_or_default(),
            entries,
        },
        defaults: fragments::defaults(extends, id).map_err(broken)?,
        tables: Tables(stbl),
    }))
}

/// The one box that these bytes are.
fn whole_box(bytes: &[u8]) -> Result<BoxRef<'_>, BmffError> {
    walk::boxes(bytes).next().unwrap_or_else(|| Err(BmffError::new(FourCc::default(), 0, "is empty")))
}

/// Of `mvhd` and `mdhd`: behind two times of 4 bytes each, or 8 from version 1 on.
fn timescale(bytes: &[u8], kind: &[u8; 4]) -> Option<Timescale> {
    let found = whole_box(bytes).ok().filter(|found| found.kind == *kind)?;
    let at = if found.body.first() == Some(&0) { 12 } else { 20 };
    Timescale::new(u32::from_be_bytes(found.body.get(at..at + 4)?.try_into().ok()?))
}

fn track_id(tkhd: &[u8]) -> Option<u32> {
    let body = whole_box(tkhd).ok()?.body;
    let at = if body.first() == Some(&0) { 12 } else { 20 };
    Some(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?))
}

/// Three letters of five bits (ISO/IEC 14496-12 8.4.2).
fn packed_language(mdhd: &[u8]) -> Option<String> {
    let body = whole_box(mdhd).ok()?.body;
    let at = if body.first() == Some(&0) { 20 } else { 32 };
    let packed = u16::from_be_bytes(body.get(at..at + 2)?.try_into().ok()?);
    let letters: String = [10, 5, 0].map(|shift| char::from((packed >> shift & 31) as u8 + 0x60)).into_iter().collect();
    (letters != "und" && letters.bytes().all(|letter| letter.is_ascii_lowercase())).then_some(letters)
}

/// 8.4.6: behind version and flags a text that a zero byte ends.
fn full_language(elng: &[u8]) -> Option<String> {
    let text = whole_box(elng).ok()?.body.get(4..)?.split(|byte| *byte == 0).next()?;
    std::str::from_utf8(text).ok().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// QuickTime's name of a track: text, in some files behind version and flags.
fn name(bytes: &[u8]) -> Option<String> {
    let body = whole_box(bytes).ok()?.body;
    let text = body.strip_prefix(&[0; 4]).unwrap_or(body);
    let text = std::str::from_utf8(text).ok()?.trim_end_matches('\0').trim();
    (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
}

/// Samples of priming by `iTunSMPB`: the second of its numbers, which are hexadecimal.
fn priming(user_data: &[u8]) -> Option<i64> {
    let at = user_data.windows(GAPLESS.len()).position(|window| window == GAPLESS)?;
    let behind = user_data.get(at + GAPLESS.len()..user_data.len().min(at + 400))?;
    // The text stands behind a `data` box with its type and locale.
    let data = behind.windows(4).position(|window| window == b"data")?;
    let text = String::from_utf8_lossy(behind.get(data + 12..)?);
    let samples = i64::from_str_radix(text.split_whitespace().nth(1)?, 16).ok()?;
    (0..=48_000).contains(&samples).then_some(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priming_is_read_from_the_words_of_apples_encoders() {
        let words = b"----\0\0\0\x1cmean\0\0\0\0com.apple.iTunes\0\0\0\x14name\0\0\0\0iTunSMPB\0\0\0\x84data\0\0\0\x01\0\0\0\0 \
            00000000 00000840 000001CA 00000000003F31F6 00000000";
        assert_eq!(priming(words), Some(0x840));
        assert_eq!((priming(b"iTunSMPB"), priming(b"nothing")), (None, None));
    }

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
