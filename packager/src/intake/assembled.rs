//! Bytes that lie in parts of several files, read as one, some of them exchanged.

use super::sought;
use shared_av::SourceBytes;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) path: PathBuf,
    pub(super) from: u64,
    pub(super) length: u64,
}

impl Piece {
    /// All of a file.
    pub(super) fn whole(path: PathBuf) -> io::Result<Self> {
        let length = path.metadata()?.len();
        Ok(Self { path, from: 0, length })
    }
}

/// Where the bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Assembled {
    pub(super) pieces: Vec<Piece>,
    /// Bytes in place of those that are there, by their place in the whole; in order, and apart from one another.
    pub(super) patches: Vec<(u64, Vec<u8>)>,
}

impl Assembled {
    /// How many bytes.
    pub(super) fn length(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.length).sum()
    }

    /// A reader from the beginning.
    pub(super) fn open(self: &Arc<Self>) -> io::Result<Box<dyn SourceBytes>> {
        // The first is opened at once, so that what is gone is noticed where it is opened.
        let mut reader = AssembledReader { of: Arc::clone(self), at: 0, open: None };
        reader.piece()?;
        Ok(Box::new(reader))
    }
}

struct AssembledReader {
    of: Arc<Assembled>,
    at: u64,
    /// The file that is open, with the number of its piece.
    open: Option<(usize, File)>,
}

impl AssembledReader {
    /// The file of the piece at the current place, positioned, and how much of it is left; `None` at the end.
    fn piece(&mut self) -> io::Result<Option<(&mut File, u64)>> {
        let mut begin = 0;
        let of = Arc::clone(&self.of);
        for (number, piece) in of.pieces.iter().enumerate() {
            if self.at < begin + piece.length {
                if self.open.as_ref().is_none_or(|(open, _)| *open != number) {
                    self.open = Some((number, File::open(&piece.path)?));
                }
                let Some((_, file)) = &mut self.open else { return Ok(None) };
                file.seek(SeekFrom::Start(piece.from + self.at - begin))?;
                return Ok(Some((file, begin + piece.length - self.at)));
            }
            begin += piece.length;
        }
        Ok(None)
    }

    /// Exchanges what is to be exchanged in bytes that lie at `at`.
    fn patch(&self, at: u64, bytes: &mut [u8]) {
        let end = at + bytes.len() as u64;
        for (place, patch) in &self.of.patches {
            let (from, to) = ((*place).max(at), (place + patch.len() as u64).min(end));
            if from < to {
                let source = &patch[(from - place) as usize..(to - place) as usize];
                bytes[(from - at) as usize..(to - at) as usize].copy_from_slice(source);
            }
        }
    }
}

impl Read for AssembledReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((file, left)) = self.piece()? else { return Ok(0) };
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let count = file.read(&mut buffer[..most])?;
        self.patch(self.at, &mut buffer[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for AssembledReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = sought(to, self.at, || Ok(self.of.length()))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_one_from_any_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str| {
            std::fs::write(folder.path().join(name), content).unwrap();
            folder.path().join(name)
        };
        let (a, b) = (file("a", "0123456789"), file("b", "abcdefghij"));
        let pieces = vec![
            Piece { path: a.clone(), from: 2, length: 3 },
            Piece { path: b, from: 0, length: 10 },
            Piece { path: a, from: 8, length: 2 },
        ];
        let whole = Arc::new(Assembled { pieces, patches: vec![(1, b"XYZ".to_vec()), (14, b"!".to_vec())] });
        let mut reader = whole.open().unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "2XYZbcdefghij8!");
        assert_eq!(reader.seek(SeekFrom::End(-3)).unwrap(), 12);
        text.clear();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "j8!");
        assert_eq!(reader.seek(SeekFrom::Current(-14)).unwrap(), 1);
        let mut three = [0; 2];
        reader.read_exact(&mut three).unwrap();
        assert_eq!(&three, b"XY");
        assert!(reader.seek(SeekFrom::Current(-40)).is_err());
        assert_eq!((reader.seek(SeekFrom::Start(99)).unwrap(), reader.read(&mut three).unwrap()), (99, 0));
    }
}
