//! Transport streams whose table of streams changes on the way (ISO/IEC 13818-1 2.4.4.8): recordings that were joined, and
//! broadcasts whose programme changes its format. FFmpeg knows the streams that it finds at the beginning and at the end, and
//! keeps the format that it found first. It is given one table for all of the recording: a stream whose format changes
//! becomes another one, and all are there from the beginning. Not here: which of them go on with which (`survey::moved`).

use super::tables::{self, Section, Stream};
use super::{sought, transport};
use shared_av::{SourceBytes, SourcePart, bytes_at};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Packets that are read at once.
const PACKETS: u64 = 1024;
/// Streams of a table at most.
const MOST: usize = 64;
/// The first of the numbers that are given to streams whose own one is taken; others are below.
const LAST_PID: u16 = 0x1FFE;

/// What is to be changed of a recording while it is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Recording {
    path: PathBuf,
    /// Where the first packet is.
    first: u64,
    /// From one packet to the next.
    step: u64,
    /// The first table of programmes, which stands for all.
    programmes: Vec<u8>,
    /// The table of streams that stands for all, and its PID, by the PID of each.
    tables: BTreeMap<u16, (u16, Vec<u8>)>,
    /// What a PID becomes from some place on, in order.
    numbers: BTreeMap<u16, Vec<(u64, u16)>>,
}

impl Recording {
    /// That of a file, if it is one whose tables change, and whose streams have room in one.
    pub(super) fn of(file: &mut File, path: &Path) -> io::Result<Option<Self>> {
        let Some((first, step)) = transport::found(file)? else { return Ok(None) };
        let mut history = History::default();
        let mut at = first;
        loop {
            let block = bytes_at(file, at, PACKETS * step)?;
            for (place, packet) in (at..).step_by(step as usize).zip(block.chunks(step as usize)) {
                history.packet(place, packet);
            }
            at += PACKETS * step;
            if (block.len() as u64) < PACKETS * step {
                break;
            }
        }
        let Some(tables) = history.tables() else { return Ok(None) };
        let History { programmes, numbers, .. } = history;
        Ok(Some(Self { path: path.to_owned(), first, step, programmes, tables, numbers }))
    }

    /// As a source that is called by this name.
    pub fn part(self: &Arc<Self>, name: &str) -> SourcePart {
        let recording = Arc::clone(self);
        let open = move || -> io::Result<Box<dyn SourceBytes>> {
            let file = File::open(&recording.path)?;
            Ok(Box::new(RecordingReader { of: Arc::clone(&recording), file, at: 0, block: vec![], block_at: 0 }))
        };
        SourcePart { name: name.to_owned(), lasts: None, open: Arc::new(open) }
    }

    /// Changes the packet that begins at `at`.
    fn rewrite(&self, at: u64, packet: &mut [u8]) {
        let Some(pid) = tables::pid(packet) else { return };
        if tables::programmes(packet).is_some() {
            return tables::replace_section(packet, &self.programmes);
        }
        if let Some((number, table)) = self.tables.get(&pid)
            && tables::section(packet).is_some_and(|section| Section::of(section).is_some())
        {
            tables::replace_section(packet, table);
            return tables::set_pid(packet, *number);
        }
        let numbers = self.numbers.get(&pid).map(Vec::as_slice).unwrap_or_default();
        if let Some((_, number)) = numbers.iter().rfind(|(from, _)| *from <= at) {
            tables::set_pid(packet, *number);
        }
    }
}

/// What the tables have said so far.
#[derive(Default)]
struct History {
    /// The first table of programmes.
    programmes: Vec<u8>,
    /// The PIDs of tables of streams, with those in whose place they are: where every part has one programme, that of the
    /// first part.
    tables: BTreeMap<u16, u16>,
    /// The PIDs of those that are valid now.
    current: Vec<u16>,
    /// The last table of each PID.
    last: BTreeMap<u16, Vec<u8>>,
    /// The first table of each PID, and all streams with their numbers in order.
    all: BTreeMap<u16, (Section, Vec<Stream>)>,
    numbers: BTreeMap<u16, Vec<(u64, u16)>>,
    /// The numbers of all streams as they came, with their formats.
    known: BTreeMap<(u16, Vec<u8>), u16>,
    /// A table is longer than a packet, or there are too many streams.
    is_beyond: bool,
    is_changed: bool,
}

impl History {
    fn packet(&mut self, at: u64, packet: &[u8]) {
        if let Some(programmes) = tables::programmes(packet) {
            self.part(programmes, packet);
        } else if let Some(pid) = tables::pid(packet).filter(|pid| self.current.contains(pid)) {
            self.table(at, pid, packet);
        }
    }

    fn part(&mut self, programmes: Vec<u16>, packet: &[u8]) {
        if self.programmes.is_empty() {
            self.programmes.extend(tables::section(packet).unwrap_or_default());
        }
        let first = self
            .tables
            .values()
            .next()
            .copied()
            .filter(|first| programmes.len() == 1 && self.tables.values().all(|other| other == first));
        for pid in &programmes {
            self.tables.entry(*pid).or_insert(first.unwrap_or(*pid));
        }
        self.current = programmes;
    }

    fn table(&mut self, at: u64, pid: u16, packet: &[u8]) {
        let Some(bytes) = tables::section(packet) else { return };
        if self.last.get(&pid).is_some_and(|last| last == bytes) {
            return;
        }
        self.last.insert(pid, bytes.to_vec());
        match Section::of(bytes) {
            Some(section) => self.section(at, pid, section),
            None => self.is_beyond |= tables::is_longer_than_its_packet(bytes),
        }
    }

    fn section(&mut self, at: u64, pid: u16, section: Section) {
        let place = self.tables.get(&pid).copied().unwrap_or(pid);
        let is_first = !self.all.contains_key(&place);
        self.is_changed |= place != pid;
        let streams = section.streams.clone();
        let (_, all) = self.all.entry(place).or_insert((section, vec![]));
        for stream in streams {
            let key = (stream.pid, stream.format());
            let number = match self.known.get(&key) {
                Some(number) => *number,
                None => free_number(stream.pid, &self.known),
            };
            self.known.insert(key, number);
            let numbers = self.numbers.entry(stream.pid).or_default();
            if numbers.last().is_none_or(|(_, last)| *last != number) {
                numbers.push((if numbers.is_empty() { 0 } else { at }, number));
            }
            let renumbered = Stream { pid: number, ..stream };
            if all.iter().all(|other| (other.pid, other.format()) != (number, renumbered.format())) {
                all.push(renumbered);
                self.is_changed |= !is_first;
                self.is_beyond |= all.len() > MOST;
            }
        }
    }

    /// One table for all, where there were several.
    fn tables(&self) -> Option<BTreeMap<u16, (u16, Vec<u8>)>> {
        if !self.is_changed || self.is_beyond {
            return None;
        }
        let placed = |(pid, place): (&u16, &u16)| {
            let (first, all) = self.all.get(place)?;
            Some((*pid, (*place, first.with(all)?)))
        };
        self.tables.iter().filter(|(_, place)| self.all.contains_key(place)).map(placed).collect()
    }
}

/// The PID itself, or one that no stream has, when it has been that of another format.
fn free_number(pid: u16, known: &BTreeMap<(u16, Vec<u8>), u16>) -> u16 {
    let is_taken = |number: u16| known.iter().any(|((own, _), given)| *own == number || *given == number);
    if known.keys().all(|(own, _)| *own != pid) && !is_taken(pid) {
        return pid;
    }
    (0x20..=LAST_PID).rev().find(|number| *number != pid && !is_taken(*number)).unwrap_or(pid)
}

struct RecordingReader {
    of: Arc<Recording>,
    file: File,
    at: u64,
    /// Bytes that have been changed, and where they begin.
    block: Vec<u8>,
    block_at: u64,
}

impl RecordingReader {
    /// Reads whole packets, or what is before the first.
    fn fill(&mut self) -> io::Result<()> {
        let Recording { first, step, .. } = *self.of;
        let (begin, count) = match self.at.checked_sub(first) {
            None => (0, first),
            Some(behind) => (first + behind / step * step, PACKETS * step),
        };
        self.block = bytes_at(&mut self.file, begin, count)?;
        self.block_at = begin;
        if begin >= first {
            for (place, packet) in (begin..).step_by(step as usize).zip(self.block.chunks_mut(step as usize)) {
                self.of.rewrite(place, packet);
            }
        }
        Ok(())
    }

    fn left(&self) -> &[u8] {
        let place = self.at.checked_sub(self.block_at).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.block.get(place..)).unwrap_or_default()
    }
}

impl Read for RecordingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left().is_empty() {
            self.fill()?;
        }
        let left = self.left();
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for RecordingReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = sought(to, self.at, || Ok(self.file.metadata()?.len()))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::tests::{packet_of, table};
    use super::*;

    /// Tables, and packets of media in between, of a recording, as they are read.
    fn read(packets: &[Vec<u8>]) -> Option<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.ts");
        std::fs::write(&path, packets.concat()).unwrap();
        let recording = Arc::new(Recording::of(&mut File::open(&path).unwrap(), &path).unwrap()?);
        let mut reader = (recording.part("film").open)().unwrap();
        let mut bytes = vec![];
        reader.read_to_end(&mut bytes).unwrap();
        let mut again = vec![0; 300];
        reader.seek(SeekFrom::Start(100)).unwrap();
        reader.read_exact(&mut again).unwrap();
        assert_eq!(again, bytes[100..400], "from any place");
        Some(bytes)
    }

    fn streams(packet: &[u8]) -> Vec<(u16, u8)> {
        let section = Section::of(tables::section(packet).unwrap()).unwrap();
        section.streams.iter().map(|stream| (stream.pid, stream.format()[0])).collect()
    }

    const PICTURES: u16 = 0x100;
    const SOUND: u16 = 0x101;

    fn programmes() -> Vec<u8> {
        packet_of(0, &table(0, &[(0x20, 0, b"")]))
    }

    /// A table of pictures and of sound of a type, and packets of both.
    fn part(pictures: (u16, u8), sound: (u16, u8)) -> Vec<Vec<u8>> {
        let table = table(2, &[(pictures.0, pictures.1, b""), (sound.0, sound.1, b"")]);
        let media = |pid: u16| packet_of(pid, &[7; 20]);
        vec![programmes(), packet_of(0x20, &table), media(pictures.0), media(sound.0)]
    }

    #[test]
    fn a_stream_of_another_format_becomes_another_one() {
        let (first, then) = (part((PICTURES, 0x1B), (SOUND, 3)), part((PICTURES, 0x1B), (SOUND, 0x0F)));
        let packets = [first.clone(), then, first].concat();
        let bytes = read(&packets).unwrap();
        let read: Vec<&[u8]> = bytes.chunks(188).collect();
        let all = [(PICTURES, 0x1B), (SOUND, 3), (LAST_PID, 0x0F)];
        assert!([1, 5, 9].iter().all(|place| streams(read[*place]) == all));
        let pids: Vec<u16> = [2, 3, 6, 7, 10, 11].iter().filter_map(|place| tables::pid(read[*place])).collect();
        assert_eq!(pids, [PICTURES, SOUND, PICTURES, LAST_PID, PICTURES, SOUND]);
        assert!([0, 4, 8].iter().all(|place| read[*place] == packets[*place]));
    }

    #[test]
    fn streams_that_come_later_are_there_from_the_beginning() {
        let bytes = read(&[part((PICTURES, 0x1B), (SOUND, 3)), part((0x200, 2), (0x201, 3))].concat()).unwrap();
        let all = [(PICTURES, 0x1B), (SOUND, 3), (0x200, 2), (0x201, 3)];
        assert_eq!((streams(&bytes[188..376]), tables::pid(&bytes[188 * 6..])), (all.to_vec(), Some(0x200)));
    }

    #[test]
    fn parts_of_one_programme_each_are_one_programme() {
        let other = |packet: Vec<u8>| match tables::pid(&packet) {
            Some(0) => packet_of(0, &table(0, &[(0x30, 0, b"")])),
            Some(0x20) => packet_of(0x30, tables::section(&packet).unwrap()),
            _ => packet,
        };
        let then: Vec<Vec<u8>> = part((0x200, 2), (0x201, 3)).into_iter().map(other).collect();
        let first = part((PICTURES, 0x1B), (SOUND, 3));
        let bytes = read(&[first.clone(), then].concat()).unwrap();
        let read: Vec<&[u8]> = bytes.chunks(188).collect();
        let all = [(PICTURES, 0x1B), (SOUND, 3), (0x200, 2), (0x201, 3)];
        assert_eq!((read[4], tables::pid(read[5]), streams(read[5])), (&first[0][..], Some(0x20), all.to_vec()));
    }

    #[test]
    fn a_recording_with_one_table_is_read_as_it_is() {
        let one = part((PICTURES, 0x1B), (SOUND, 3));
        assert_eq!(read(&[one.clone(), one.clone()].concat()), None);
        let mut damaged = one.clone();
        damaged[1][20] ^= 1;
        assert_eq!(read(&[one, damaged].concat()), None);
        assert_eq!(read(&[vec![b'a'; 2000]]), None);
    }
}
