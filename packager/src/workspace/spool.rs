//! A copy of a master that cannot be read twice, for the time of a run. It is made before there is a plan, so it has a
//! lock of its own.

use crate::error::{Exit, PackagerError};
use crate::layout;
use shared::units::ByteSize;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A copy of what cannot be read twice; gone when this is dropped.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    size: ByteSize,
    /// The folder was created for it.
    created: Option<PathBuf>,
    /// Keeps another packager from removing it.
    _lock: File,
}

impl Spool {
    /// Copies all pieces into the folder `output`.
    ///
    /// # Errors
    /// When another packager does the same, what the system says, or the error among the pieces.
    pub fn fill(
        output: &Path,
        pieces: impl IntoIterator<Item = Result<Vec<u8>, PackagerError>>,
    ) -> Result<Self, PackagerError> {
        let created = (!output.exists()).then(|| output.to_owned());
        fs::create_dir_all(output).map_err(|e| PackagerError::output(output, &e))?;
        Self::remove_old(output);
        let path = output.join(layout::SPOOL);
        let failed = |e: &io::Error| PackagerError::output(&path, e);
        // A new file: what somebody has put in its place, such as a link to another file, is never written to.
        let mut file = match OpenOptions::new().create_new(true).append(true).open(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Err(busy(output)),
            opened => opened.map_err(|e| failed(&e))?,
        };
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(busy(output));
        }
        // From here on it goes away whatever happens.
        let mut spool = Self { path: path.clone(), size: ByteSize::ZERO, created, _lock: lock_of(&file, &path)? };
        for piece in pieces {
            let piece = piece?;
            file.write_all(&piece).map_err(|e| failed(&e))?;
            spool.size += ByteSize::from_bytes(piece.len() as u64);
        }
        Ok(spool)
    }

    /// Removes the copy of this process, which ends without dropping it. Errors are ignored: there is nobody to tell.
    pub fn abandon(output: &Path, was_there: bool) {
        let _ = fs::remove_file(output.join(layout::SPOOL));
        if !was_there {
            let _ = fs::remove_dir(output);
        }
    }

    /// Where the copy is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size.
    pub fn size(&self) -> ByteSize {
        self.size
    }

    /// Removes the copy of a run that was killed, unless it is in use.
    pub fn remove_old(output: &Path) {
        let path = output.join(layout::SPOOL);
        // A link or a pipe is not ours, so nobody uses it; what it leads to is left alone.
        let is_ours = path.symlink_metadata().is_ok_and(|facts| facts.is_file());
        if !is_ours || File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            // Errors are ignored, because leftovers do no harm.
            let _ = fs::remove_file(&path);
        }
    }
}

fn busy(output: &Path) -> PackagerError {
    let what = format!("another packager is writing to {}; wait for it or choose another folder", output.display());
    PackagerError::new(Exit::Output, what)
}

/// The lock belongs to the open file, which is shared by its duplicates.
fn lock_of(file: &File, path: &Path) -> Result<File, PackagerError> {
    file.try_clone().map_err(|e| PackagerError::output(path, &e))
}

impl Drop for Spool {
    fn drop(&mut self) {
        // Errors are ignored: a folder with something in it stays.
        let _ = fs::remove_file(&self.path);
        if let Some(folder) = &self.created {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_lasts_as_long_as_it_is_needed_and_takes_its_folder_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out");
        let spool = Spool::fill(&output, [Ok(b"a film".to_vec())]).unwrap();
        assert_eq!((fs::read(&spool.path).unwrap(), spool.size.bytes()), (b"a film".to_vec(), 6));
        Spool::remove_old(&output);
        assert!(spool.path.exists(), "it is in use");
        let refused = Spool::fill(&output, [Ok(b"another".to_vec())]).unwrap_err();
        assert!(refused.message.contains("another packager"), "{refused}");
        drop(spool);
        assert!(!output.exists());
        let broken = [Ok(b"a film".to_vec()), Err(PackagerError::new(Exit::Input, "it broke off"))];
        assert_eq!(Spool::fill(&output, broken).unwrap_err().exit, Exit::Input);
        assert!(!output.exists());
    }

    #[test]
    fn what_a_killed_run_has_left_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join(layout::SPOOL);
        fs::write(&old, "the beginning of a film").unwrap();
        let spool = Spool::fill(folder.path(), [Ok(b"n".to_vec()), Ok(b"ew".to_vec())]).unwrap();
        assert_eq!(fs::read(&old).unwrap(), b"new");
        drop(spool);
        fs::write(&old, "again").unwrap();
        Spool::remove_old(folder.path());
        assert!(!old.exists() && folder.path().exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "precious").unwrap();
        std::os::unix::fs::symlink(&precious, folder.path().join(layout::SPOOL)).unwrap();
        let spool = Spool::fill(folder.path(), [Ok(b"a film".to_vec())]).unwrap();
        assert_eq!(fs::read(spool.path()).unwrap(), b"a film");
        drop(spool);
        assert_eq!(fs::read(&precious).unwrap(), b"precious");
    }
}
