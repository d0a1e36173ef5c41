//! Objects as files of one folder.
//!
//! A file is written under a hidden name beside its place and renamed. It is not synced to the disk: that would cost
//! more than it protects, as a power cut loses at most what
//! [`crate::workspace::Ledger::resume`] finds missing or of wrong size.

use super::{ObjectPart, Store, StoreError};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The beginning of names of files that are being written.
const TEMPORARY: &str = ".part-";

/// Named as [`Folder`] names a file that it writes; others may have files with such a beginning.
fn is_temporary(name: &OsStr) -> bool {
    let number = name.to_str().and_then(|name| name.strip_prefix(TEMPORARY));
    number.is_some_and(|number| number.parse::<u64>().is_ok())
}

/// A folder that is there already.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Tells files apart that are written at the same time.
    counter: AtomicU64,
}

impl Folder {
    /// The objects below `root`. Whether it may be written to is decided by [`crate::workspace::Workspace`].
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), counter: AtomicU64::new(0) }
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
        if inside { Ok(self.root.join(path)) } else { Err(StoreError::Path(path.into())) }
    }

    fn write(&self, temporary: &Path, parts: &[ObjectPart<'_>]) -> Result<(), StoreError> {
        let failed = || StoreError::io("write", temporary.display());
        let mut file = File::create(temporary).map_err(failed())?;
        for part in parts {
            match part {
                ObjectPart::Bytes(bytes) => file.write_all(bytes).map_err(failed())?,
                ObjectPart::Stored(path) => self.copy(path, &mut file)?,
            }
        }
        Ok(())
    }

    fn copy(&self, from: &str, to: &mut File) -> Result<(), StoreError> {
        let from = self.place(from)?;
        let mut source = File::open(&from).map_err(StoreError::io("read", from.display()))?;
        io::copy(&mut source, to).map(drop).map_err(StoreError::io("copy", from.display()))
    }

    fn remove_empty_parents(&self, place: &Path) {
        for parent in place.ancestors().skip(1).take_while(|parent| *parent != self.root) {
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
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let temporary = parent.join(format!("{TEMPORARY}{number}"));
        let written = self
            .write(&temporary, parts)
            .and_then(|()| fs::rename(&temporary, &place).map_err(StoreError::io("write", place.display())));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
            self.remove_empty_parents(&place);
        }
        written
    }

    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let place = self.place(path)?;
        match fs::read(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(StoreError::io("read", place.display())),
        }
    }

    fn size(&self, path: &str) -> Result<Option<u64>, StoreError> {
        let place = self.place(path)?;
        match fs::metadata(&place) {
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
