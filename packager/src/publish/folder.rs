//! Objects as files of one folder.
//!
//! A file is written under a hidden name beside its place and renamed. Others may be able to write into the folder, too: that
//! name is new and cannot be guessed, and no link leads out of the folder. It is not synced to the disk: that would cost
//! more than it protects, as a power cut loses at most what
//! [`crate::workspace::Ledger::resume`] finds missing or of wrong size.

use super::{ObjectPart, Store, StoreError};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

/// The beginning of names of files that are being written.
const TEMPORARY: &str = ".part-";

/// Named as [`Folder`] names a file that it writes; others may have files with such a beginning.
fn is_temporary(name: &OsStr) -> bool {
    let number = name.to_str().and_then(|name| name.strip_prefix(TEMPORARY));
    number.is_some_and(|number| number.parse::<u64>().is_ok())
}

/// That an object can be read: a link would give away what lies elsewhere, and a pipe never ends.
fn regular(place: &Path) -> io::Result<()> {
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
    if place.symlink_metadata()?.is_file() { Ok(()) } else { Err(refused()) }
}

/// The system copies from file to file where it can, without the bytes passing through here.
fn copy_part(mut from: &File, range: &Range<u64>, to: &mut File) -> io::Result<()> {
    let length = range.end.saturating_sub(range.start);
    from.seek(SeekFrom::Start(range.start))?;
    let copied = io::copy(&mut from.take(length), to)?;
    if copied < length {
        Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the input has become shorter"))
    } else {
        Ok(())
    }
}

/// A folder that is there already.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The objects below `root`. Whether it may be written to is decided by [`crate::workspace::Workspace`].
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Removes what a run that was killed was writing at that moment. Errors are ignored, because leftovers do no harm.
    pub fn sweep(&self) {
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(entry.path());
                } else if is_temporary(&entry.file_name()) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
    }

    fn place(&self, path: &str) -> Result<PathBuf, StoreError> {
        let inside = !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside {
            return Err(StoreError::Path(path.into()));
        }
        let place = self.root.join(path);
        let link = self.folders_of(&place).find(|folder| folder.is_symlink()).map(Path::to_owned);
        link.map_or(Ok(place), |link| Err(StoreError::Link(link)))
    }

    /// The folders between the root and a place below it.
    fn folders_of<'a>(&'a self, place: &'a Path) -> impl Iterator<Item = &'a Path> {
        place.ancestors().skip(1).take_while(|folder| *folder != self.root)
    }

    /// A new file for what is to be at `place`. Somebody else's file, or a link, is never written to.
    fn temporary(&self, folder: &Path) -> io::Result<(PathBuf, File)> {
        // The standard library's hash keys come from the system's random source.
        let path = folder.join(format!("{TEMPORARY}{}", RandomState::new().hash_one(0)));
        OpenOptions::new().write(true).create_new(true).open(&path).map(|file| (path, file))
    }

    fn write(&self, (temporary, mut file): (&Path, File), parts: &[ObjectPart<'_>]) -> Result<(), StoreError> {
        let failed = || StoreError::io("write", temporary.display());
        for part in parts {
            match part {
                ObjectPart::Bytes(bytes) => file.write_all(bytes).map_err(failed())?,
                ObjectPart::Stored(path) => self.copy(path, &mut file)?,
                ObjectPart::File(source, range) => copy_part(source, range, &mut file).map_err(failed())?,
            }
        }
        Ok(())
    }

    fn copy(&self, from: &str, to: &mut File) -> Result<(), StoreError> {
        let from = self.place(from)?;
        regular(&from).map_err(StoreError::io("read", from.display()))?;
        let mut source = File::open(&from).map_err(StoreError::io("read", from.display()))?;
        io::copy(&mut source, to).map(drop).map_err(StoreError::io("copy", from.display()))
    }

    fn remove_empty_parents(&self, place: &Path) {
        for parent in self.folders_of(place) {
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
    }

    fn visit(&self, folder: &Path, found: &mut Vec<String>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if entry.file_type()?.is_dir() {
                self.visit(&entry.path(), found)?;
            } else if !is_temporary(&name)
                && let Ok(relative) = entry.path().strip_prefix(&self.root)
            {
                found.push(relative.to_string_lossy().into_owned());
            }
        }
        Ok(())
    }
}

impl Store for Folder {
    fn put_parts(&self, path: &str, parts: &[ObjectPart<'_>]) -> Result<(), StoreError> {
        let place = self.place(path)?;
        let parent = place.parent().unwrap_or(&self.root);
        // Folders are only created below the root. A root that has vanished was removed by the user and stays away.
        if !self.root.is_dir() {
            let gone = io::Error::from(io::ErrorKind::NotFound);
            return Err(StoreError::io("write into", self.root.display())(gone));
        }
        fs::create_dir_all(parent).map_err(StoreError::io("create the folder", parent.display()))?;
        let (temporary, file) = self.temporary(parent).map_err(StoreError::io("write into", parent.display()))?;
        let written = self
            .write((&temporary, file), parts)
            .and_then(|()| fs::rename(&temporary, &place).map_err(StoreError::io("write", place.display())));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
            self.remove_empty_parents(&place);
        }
        written
    }

    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let place = self.place(path)?;
        match regular(&place).and_then(|_| fs::read(&place)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(StoreError::io("read", place.display())),
        }
    }

    fn size(&self, path: &str) -> Result<Option<u64>, StoreError> {
        let place = self.place(path)?;
        match place.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(|found| Some(found.len())).map_err(StoreError::io("look at", place.display())),
        }
    }

    fn remove(&self, path: &str) -> Result<(), StoreError> {
        let place = self.place(path)?;
        match fs::remove_file(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", place.display())(error))
            }
            _ => {
                self.remove_empty_parents(&place);
                Ok(())
            }
        }
    }

    fn list(&self) -> Result<Vec<String>, StoreError> {
        let mut found = vec![];
        self.visit(&self.root, &mut found).map_err(StoreError::io("list", self.root.display()))?;
        found.sort();
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_being_written_is_swept_and_nothing_else() {
        let outer = tempfile::tempdir().unwrap();
        let folder = Folder::new(outer.path());
        folder.put("g/v/1.m4s", b"1").unwrap();
        let half = outer.path().join("g/v/.part-17");
        let of_others = outer.path().join(".part-of-something");
        fs::write(&half, b"the beginning of a segm").unwrap();
        fs::write(&of_others, b"").unwrap();
        folder.sweep();
        assert!(!half.exists() && of_others.exists());
        fs::remove_file(of_others).unwrap();
        assert_eq!(folder.list().unwrap(), ["g/v/1.m4s"]);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_out_of_the_folder() {
        use std::os::unix::fs::symlink;
        let outer = tempfile::tempdir().unwrap();
        let (inside, outside) = (outer.path().join("package"), outer.path().join("elsewhere"));
        fs::create_dir_all(outside.join("v")).unwrap();
        fs::create_dir(&inside).unwrap();
        fs::write(outside.join("precious"), "precious").unwrap();
        symlink(&outside, inside.join("g")).unwrap();
        symlink(outside.join("precious"), inside.join("manifest")).unwrap();
        symlink(outside.join("precious"), inside.join("to-copy")).unwrap();
        let folder = Folder::new(&inside);
        for path in ["g/1.m4s", "g/v/1.m4s", "g/precious"] {
            let refused = folder.put(path, b"1").unwrap_err().to_string();
            assert!(refused.contains("is a link"), "{refused}");
            assert!(folder.remove(path).is_err() && folder.get(path).is_err() && folder.size(path).is_err(), "{path}");
        }
        assert!(folder.get("manifest").is_err());
        assert!(folder.put_parts("copy", &[ObjectPart::Stored("to-copy")]).is_err());
        folder.put("manifest", b"ours").unwrap();
        assert_eq!(fs::read(inside.join("manifest")).unwrap(), b"ours");
        assert_eq!(fs::read(outside.join("precious")).unwrap(), b"precious");
        assert_eq!(fs::read_dir(outside.join("v")).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_vanishes_is_an_error_and_stays_away() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("gone");
        let folder = Folder::new(&path);
        let error = folder.put("x/1.m4s", b"1").unwrap_err().to_string();
        assert!(error.contains("not there any more"), "{error}");
        assert!(!path.exists());
    }
}
