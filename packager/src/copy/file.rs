//! An input as a file of boxes (ISO/IEC 14496-12 4.2), of which little is read: tables of a long film are as large as a
//! short one.

use crate::error::{Exit, PackagerError};
use shared::bmff::FourCc;
use shared::time::PresentationTime;
use shared_av::bytes_at;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

/// Boxes that are looked at within another one: a film of a day in fragments of a quarter of a second.
const MOST_BOXES: usize = 1_000_000;
/// A box that is read as a whole is not larger.
const LARGEST: u64 = 16 << 20;
/// Types with which a movie begins.
const FIRST: [&[u8; 4]; 10] =
    [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"sidx"];

/// An open input.
#[derive(Debug)]
pub struct InputFile {
    file: File,
    /// In bytes.
    pub length: u64,
    /// How messages call it.
    pub name: String,
}

/// A box and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileBox {
    /// Its type.
    pub kind: FourCc,
    /// With its header.
    pub whole: Range<u64>,
    /// Without it.
    pub body: Range<u64>,
}

impl InputFile {
    /// Opens it; messages call it `name`.
    ///
    /// # Errors
    /// 3 when the system refuses.
    pub fn open(path: &Path, name: &str) -> Result<Self, PackagerError> {
        let failed = |e| PackagerError::input(path, &e);
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        Ok(Self { file, length, name: name.to_owned() })
    }

    /// The bytes themselves.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Whether it begins as a movie does.
    ///
    /// # Errors
    /// 3 when it cannot be read.
    pub fn is_movie(&self) -> Result<bool, PackagerError> {
        let head = self.bytes(0..8.min(self.length))?;
        Ok(head.get(4..8).is_some_and(|kind| FIRST.iter().any(|first| kind == *first)))
    }

    /// Why it cannot be copied: exit code 4.
    pub fn refused(&self, why: impl std::fmt::Display) -> PackagerError {
        refused(&self.name, why)
    }

    /// The bytes of a part of it, as many as there are.
    ///
    /// # Errors
    /// 3 when they cannot be read.
    pub fn bytes(&self, range: Range<u64>) -> Result<Vec<u8>, PackagerError> {
        bytes_at(&mut &self.file, range.start, range.end.saturating_sub(range.start)).map_err(|e| self.unread(&e))
    }

    /// A reader of a part of it. Only one may be in use at a time: they share the file's position.
    ///
    /// # Errors
    /// 3 when it cannot be read.
    pub fn reader(&self, range: Range<u64>) -> Result<BufReader<io::Take<&File>>, PackagerError> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(range.start)).map_err(|e| self.unread(&e))?;
        Ok(BufReader::with_capacity(1 << 16, file.take(range.end.saturating_sub(range.start))))
    }

    /// 3: the system does not give its bytes.
    pub fn unread(&self, error: &io::Error) -> PackagerError {
        PackagerError::input(Path::new(&self.name), error)
    }

    /// A whole box.
    ///
    /// # Errors
    /// 4 when it is larger than any of its kind.
    pub fn read(&self, one: &FileBox) -> Result<Vec<u8>, PackagerError> {
        if one.whole.end - one.whole.start > LARGEST {
            return Err(self.refused(format!("its box `{}` is too large", one.kind)));
        }
        self.bytes(one.whole.clone())
    }

    /// The boxes in a part of it. One may reach beyond the end of the part: then the file is cut off there, and it is the
    /// last one.
    ///
    /// # Errors
    /// 3 when they cannot be read.
    pub fn boxes(&self, within: Range<u64>) -> Result<Vec<FileBox>, PackagerError> {
        let mut found = vec![];
        let mut at = within.start;
        while at + 8 <= within.end && found.len() < MOST_BOXES {
            let head = self.bytes(at..(at + 16).min(within.end))?;
            let Some(one) = FileBox::of(&head, at, within.end) else { break };
            at = one.whole.end;
            found.push(one);
        }
        Ok(found)
    }
}

/// Why an input cannot be copied: exit code 4.
pub(super) fn refused(name: &str, why: impl std::fmt::Display) -> PackagerError {
    PackagerError::new(Exit::NotMedia, format!("cannot copy {name}: {why}"))
}

/// An instant as messages have it: `7.000 s`.
pub(super) fn instant(time: PresentationTime) -> String {
    format!("{:.3} s", time.secs_f64())
}

impl FileBox {
    /// By its header at `at`; one of size 0 reaches to `end`.
    fn of(head: &[u8], at: u64, end: u64) -> Option<Self> {
        let word = |place: usize| Some(u32::from_be_bytes(head.get(place..place + 4)?.try_into().ok()?));
        let (size, header) = match word(0)? {
            0 => (end - at, 8),
            1 => (u64::from(word(8)?) << 32 | u64::from(word(12)?), 16),
            size => (u64::from(size), 8),
        };
        let kind = FourCc(head.get(4..8)?.try_into().ok()?);
        let whole = at..at.checked_add(size)?;
        (size >= header).then(|| Self { kind, body: at + header..whole.end, whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, InputFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        std::fs::write(&path, bytes).unwrap();
        let file = InputFile::open(&path, "film.mp4").unwrap();
        (folder, file)
    }

    #[test]
    fn boxes_of_all_sizes_are_found_where_they_lie() {
        let bytes = b"\0\0\0\x09free!\0\0\0\x01mdat\0\0\0\0\0\0\0\x12ab\0\0\0\x20moov";
        let (_folder, file) = file(bytes);
        let found = file.boxes(0..file.length).unwrap();
        let seen: Vec<_> = found.iter().map(|one| (one.kind.to_string(), one.body.clone())).collect();
        assert_eq!(seen, [("free".into(), 8..9), ("mdat".into(), 25..27), ("moov".into(), 35..59)]);
        assert!(found[2].whole.end > file.length && file.is_movie().unwrap());
        assert_eq!(file.read(&found[0]).unwrap(), b"\0\0\0\x09free!");
    }

    #[test]
    fn what_is_no_box_ends_the_walk() {
        let (_folder, file) = file(b"\0\0\0\x07moov and more");
        assert_eq!(file.boxes(0..file.length).unwrap(), []);
    }
}
