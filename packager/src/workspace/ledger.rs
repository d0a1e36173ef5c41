//! The ledger: what a run has finished, written as it happens, so that a killed run can go on.
//!
//! A file of JSON lines, only ever appended to. The first line says the format's version and the fingerprint of the
//! plan; each further line is a chunk that is finished, with all its segments. A line is written after its segments'
//! files, so the files that the ledger names exist, unless the machine lost power; [`Ledger::resume`] checks it. If the
//! run died while it wrote a line, the line is incomplete, and its chunk is encoded again.
//!
//! Segments of unfinished chunks may remain; they are overwritten.

use crate::layout;
use crate::mux::{SegmentClosed, Timing};
use crate::protection::KeyRing;
use crate::publish::{Store, StoreError};
use crate::quality::PictureQuality;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Version of the format. A ledger of another version is refused.
const VERSION: u32 = 3;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHeader {
    /// Of the format.
    pub version: u32,
    /// Of the plan: input, ladder, grid, encoders. A ledger of another plan is of no use.
    pub fingerprint: String,
    /// Folder of this run's files.
    pub generation: String,
    /// Tells whether keys are the same: see [`KeyRing::digest`](crate::protection::KeyRing::digest). `None` for a clear package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<String>,
}

/// What must be the same for a run to go on.
#[derive(Debug, Clone, Copy)]
pub struct RunIdentity<'a> {
    /// The fingerprint of its plan.
    pub plan: &'a str,
    /// The folder of its files. One that goes on has that of the run before.
    pub generation: &'a str,
    /// What it encrypts with.
    pub keys: Option<&'a KeyRing>,
}

impl RunIdentity<'_> {
    fn digest(&self, generation: &str) -> Option<String> {
        self.keys.map(|keys| keys.digest(generation))
    }
}

/// A Representation's part of a chunk, finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkDone {
    /// `Representation@id`.
    pub representation: String,
    /// Which chunk, from 0.
    pub chunk: u32,
    /// The axis that its segments were written on; later chunks must use the same.
    pub timing: Timing,
    /// In order.
    pub segments: Vec<SegmentClosed>,
    /// Of its pictures, when it was measured.
    pub quality: Option<PictureQuality>,
}

/// One line after the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LedgerLine {
    Chunk(ChunkDone),
}

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
    /// A chunk has been noted, by this run or the one that it continues.
    has_chunks: bool,
}

/// What an earlier run has left.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Of that run.
    pub header: LedgerHeader,
    /// By Representation: its chunks, all of whose segments are there, in order. Any of them may be missing.
    pub chunks: BTreeMap<String, Vec<ChunkDone>>,
}

/// Why a run cannot be resumed.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// Nothing was begun here.
    #[error("there is nothing to resume in {0}: leave out --resume")]
    Nothing(PathBuf),
    /// Made by another version of this program, or not a ledger.
    #[error("{path} is of no use ({problem}): start again with --force")]
    Unusable {
        /// The ledger.
        path: PathBuf,
        /// What it is.
        problem: String,
    },
    /// Other keys, or none.
    #[error("the run in {0} is encrypted with other keys: give the same --key, or start again with --force")]
    OtherKeys(PathBuf),
    /// Keys for what was begun without.
    #[error("the run in {0} is not encrypted: leave out --key, or start again with --force")]
    NoKeys(PathBuf),
    /// Other input, other options or other encoders.
    #[error("the run in {0} had another input or other options: give the same ones, or start again with --force")]
    OtherPlan(PathBuf),
    /// The system refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Ledger {
    /// Begins the ledger of a run at `path`, which must not be there yet.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(path: &Path, run: RunIdentity<'_>) -> Result<Self, StoreError> {
        let failed = || StoreError::io("write", path.display());
        let file = OpenOptions::new().append(true).create_new(true).open(path).map_err(failed())?;
        let mut ledger = Self { path: path.to_owned(), file, has_chunks: false };
        let header = LedgerHeader {
            version: VERSION,
            fingerprint: run.plan.to_owned(),
            generation: run.generation.to_owned(),
            keys: run.digest(run.generation),
        };
        ledger.write(&header)?;
        Ok(ledger)
    }

    /// Notes a chunk, after its segments' files are in place. The line is on the disk when this returns.
    ///
    /// # Errors
    /// What the system says.
    pub fn done(&mut self, chunk: ChunkDone) -> Result<(), StoreError> {
        self.write(&LedgerLine::Chunk(chunk))?;
        self.has_chunks = true;
        Ok(())
    }

    /// A chunk has been noted, by this run or the one that it continues.
    pub fn has_chunks(&self) -> bool {
        self.has_chunks
    }

    fn write(&mut self, line: &impl Serialize) -> Result<(), StoreError> {
        let failed = || StoreError::io("write", self.path.display());
        let mut text = serde_json::to_vec(line).map_err(|error| failed()(io::Error::other(error)))?;
        text.push(b'\n');
        self.file.write_all(&text).and_then(|()| self.file.sync_data()).map_err(failed())
    }

    /// Removes the ledger: the package is complete, or taken back.
    ///
    /// # Errors
    /// What the system says.
    pub fn end(self) -> Result<(), StoreError> {
        fs::remove_file(&self.path).map_err(StoreError::io("remove", self.path.display()))
    }

    /// Opens the ledger at `path` of an earlier run, to go on with it. Chunks whose segments are missing
    /// in `store` or of another size are forgotten.
    ///
    /// # Errors
    /// When there is none, or it belongs to something else.
    pub fn resume(path: &Path, run: RunIdentity<'_>, store: &dyn Store) -> Result<(Self, Finished), ResumeError> {
        let text = match read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ResumeError::Nothing(path.to_owned())),
            read => read.map_err(StoreError::io("read", path.display()))?,
        };
        let (header, lines, good) =
            parse(&text).map_err(|problem| ResumeError::Unusable { path: path.to_owned(), problem })?;
        let digest = run.digest(&header.generation);
        if header.keys != digest {
            let other = if header.keys.is_none() { ResumeError::NoKeys } else { ResumeError::OtherKeys };
            return Err(other(path.to_owned()));
        }
        if header.fingerprint != run.plan {
            return Err(ResumeError::OtherPlan(path.to_owned()));
        }
        let file = OpenOptions::new().append(true).open(path).map_err(StoreError::io("write", path.display()))?;
        // The rest of an incomplete line must not become the beginning of the next one.
        file.set_len(good as u64).map_err(StoreError::io("write", path.display()))?;
        let chunks = in_place(lines, store, &header.generation)?;
        let has_chunks = chunks.values().any(|done| !done.is_empty());
        Ok((Self { path: path.to_owned(), file, has_chunks }, Finished { header, chunks }))
    }
}

/// What the ledger holds. A link or a pipe in its place is none of ours.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
    if path.symlink_metadata()?.is_file() { fs::read(path) } else { Err(refused()) }
}

/// The header, the whole lines, and where they end.
fn parse(text: &[u8]) -> Result<(LedgerHeader, Vec<ChunkDone>, usize), String> {
    let mut lines = text.split_inclusive(|&byte| byte == b'\n');
    let first = lines.next().filter(|line| line.ends_with(b"\n")).ok_or("it is empty")?;
    let header: LedgerHeader = serde_json::from_slice(first).map_err(|_| "it is not a ledger of this program")?;
    if header.version != VERSION {
        return Err(format!("it has version {}, this program writes {VERSION}", header.version));
    }
    let (mut chunks, mut good) = (vec![], first.len());
    for line in lines.filter(|line| line.ends_with(b"\n")) {
        // The torn line of a run before the last one: cut off by it, so this cannot be one. Whatever it is, stop here.
        let Ok(LedgerLine::Chunk(chunk)) = serde_json::from_slice(line) else { break };
        chunks.push(chunk);
        good += line.len();
    }
    Ok((header, chunks, good))
}

/// The chunks all of whose segments are there. The last record of a chunk counts: it may have been coded again.
fn in_place(
    lines: Vec<ChunkDone>,
    store: &dyn Store,
    generation: &str,
) -> Result<BTreeMap<String, Vec<ChunkDone>>, StoreError> {
    let mut last: BTreeMap<(String, u32), ChunkDone> = BTreeMap::new();
    for chunk in lines {
        last.insert((chunk.representation.clone(), chunk.chunk), chunk);
    }
    let mut chunks: BTreeMap<String, Vec<ChunkDone>> = BTreeMap::new();
    for ((representation, _), chunk) in last {
        let kept = chunks.entry(representation).or_default();
        if all_there(&chunk, store, generation)? {
            kept.push(chunk);
        }
    }
    Ok(chunks)
}

fn all_there(chunk: &ChunkDone, store: &dyn Store, generation: &str) -> Result<bool, StoreError> {
    for closed in &chunk.segments {
        let sizes = layout::media(generation, &closed.representation, closed.number).map(|path| store.size(&path));
        let [segment, sheet] = sizes;
        if segment?.or(sheet?) != Some(closed.size.bytes()) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::Folder;
    use shared::protection::{ContentKey, Key, KeyId};
    use shared::time::Timescale;
    use shared::units::ByteSize;

    const SEGMENTS: u64 = 2;

    fn chunk(representation: &str, number: u32) -> ChunkDone {
        let segment = |n| SegmentClosed {
            representation: representation.into(),
            number: u64::from(number) * SEGMENTS + n,
            time: 0,
            duration: 48,
            size: ByteSize::from_bytes(3),
            first_sample: 0..1,
            demand: vec![],
        };
        let timing = Timing { timescale: Timescale::new(24).unwrap(), reorder: 2, priming: 0 };
        ChunkDone {
            representation: representation.into(),
            chunk: number,
            timing,
            segments: (1..=SEGMENTS).map(segment).collect(),
            quality: None,
        }
    }

    fn run<'a>(plan: &'a str, keys: Option<&'a KeyRing>) -> RunIdentity<'a> {
        RunIdentity { plan, generation: "gen", keys }
    }

    /// A run that finished `chunks` and died.
    fn dead_run(folder: &Path, store: &Folder, chunks: &[ChunkDone]) -> PathBuf {
        let path = folder.join("ledger");
        let mut ledger = Ledger::begin(&path, run("plan", None)).unwrap();
        for chunk in chunks {
            for closed in &chunk.segments {
                store.put(&layout::segment("gen", &closed.representation, closed.number), b"abc").unwrap();
            }
            ledger.done(chunk.clone()).unwrap();
        }
        path
    }

    fn resumed(path: &Path, store: &Folder) -> Vec<(String, usize)> {
        chunks_of(path, store).into_iter().map(|(id, chunks)| (id, chunks.len())).collect()
    }

    /// The numbers of the chunks that come back, by Representation.
    fn chunks_of(path: &Path, store: &Folder) -> Vec<(String, Vec<u32>)> {
        let (_, finished) = Ledger::resume(path, run("plan", None), store).unwrap();
        let numbers = |chunks: Vec<ChunkDone>| chunks.iter().map(|chunk| chunk.chunk).collect();
        finished.chunks.into_iter().map(|(id, chunks)| (id, numbers(chunks))).collect()
    }

    #[test]
    fn finished_chunks_come_back() {
        let outer = tempfile::tempdir().unwrap();
        let store = Folder::new(outer.path());
        let path = dead_run(outer.path(), &store, &[chunk("v", 0), chunk("a", 0), chunk("v", 1)]);
        assert_eq!(resumed(&path, &store), [("a".into(), 1), ("v".into(), 2)]);
    }

    /// Killed at every byte of the file: never an error, never more than was written, and one can go on writing.
    #[test]
    fn a_ledger_torn_anywhere_behind_its_first_line_is_read() {
        let outer = tempfile::tempdir().unwrap();
        let store = Folder::new(outer.path());
        let path = dead_run(outer.path(), &store, &[chunk("v", 0), chunk("v", 1)]);
        let whole = fs::read(&path).unwrap();
        let first = whole.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        for cut in first..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let (mut ledger, finished) = Ledger::resume(&path, run("plan", None), &store).unwrap();
            let kept = finished.chunks.get("v").map_or(0, Vec::len);
            assert!(kept < 2);
            ledger.done(chunk("v", kept as u32)).unwrap();
            assert_eq!(resumed(&path, &store), [("v".into(), kept + 1)], "cut at {cut}");
        }
    }

    #[test]
    fn a_segment_that_is_gone_or_short_takes_its_chunk_with_it_and_no_other() {
        let outer = tempfile::tempdir().unwrap();
        let store = Folder::new(outer.path());
        let path = dead_run(outer.path(), &store, &[chunk("v", 0), chunk("v", 1), chunk("v", 2)]);
        store.put(&layout::segment("gen", "v", 4), b"").unwrap();
        assert_eq!(chunks_of(&path, &store), [("v".into(), vec![0, 2])]);
        store.remove(&layout::segment("gen", "v", 1)).unwrap();
        assert_eq!(chunks_of(&path, &store), [("v".into(), vec![2])]);
    }

    #[test]
    fn chunks_may_end_in_any_order() {
        let outer = tempfile::tempdir().unwrap();
        let store = Folder::new(outer.path());
        let path = dead_run(outer.path(), &store, &[chunk("v", 2), chunk("w", 1), chunk("v", 0)]);
        assert_eq!(chunks_of(&path, &store), [("v".into(), vec![0, 2]), ("w".into(), vec![1])]);
    }

    #[test]
    fn a_run_goes_on_with_the_same_keys_alone_and_the_ledger_has_none() {
        let ring = |key| {
            let (id, key) = (KeyId([1; 16]), Key([key; 16]));
            KeyRing::new(vec![ContentKey { id, key, label: None }]).unwrap()
        };
        let (same, other) = (ring(0xab), ring(0xcd));
        for (begun, resumed, refused) in [
            (Some(&same), Some(&same), None),
            (Some(&same), Some(&other), Some("encrypted with other keys")),
            (Some(&same), None, Some("give the same --key")),
            (None, Some(&same), Some("leave out --key")),
        ] {
            let outer = tempfile::tempdir().unwrap();
            let path = outer.path().join("ledger");
            Ledger::begin(&path, run("plan", begun)).unwrap();
            assert!(!fs::read_to_string(&path).unwrap().contains("abab"));
            let error = Ledger::resume(&path, run("plan", resumed), &Folder::new(outer.path())).err();
            let said = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(said.is_empty() == refused.is_none() && said.contains(refused.unwrap_or("")), "{said}");
        }
    }

    #[test]
    fn other_plans_other_versions_and_other_files_are_refused() {
        let outer = tempfile::tempdir().unwrap();
        let store = Folder::new(outer.path());
        let path = dead_run(outer.path(), &store, &[]);
        let error = |fingerprint: &str| {
            Ledger::resume(&path, run(fingerprint, None), &store).map(drop).unwrap_err().to_string()
        };
        assert!(error("other").contains("another input or other options"));
        fs::write(&path, "{\"version\":99,\"fingerprint\":\"plan\",\"generation\":\"g\"}\n").unwrap();
        assert!(error("plan").contains("version 99"));
        fs::write(&path, "hello\n").unwrap();
        assert!(error("plan").contains("not a ledger"));
        fs::write(&path, "").unwrap();
        assert!(error("plan").contains("empty"));
        fs::remove_file(&path).unwrap();
        assert!(error("plan").contains("nothing to resume"));
    }
}
