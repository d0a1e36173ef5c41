//! The local files of a run: its lock, its ledger and what passes leave for one another. They lie in the package's folder,
//! hidden, and are gone when the package is complete. What players read is put into a [`Store`] and is not known here.
//!
//! Nothing else knows where the workspace is: others are given paths of single files.

mod ledger;
mod spool;

pub use ledger::{ChunkDone, Finished, Ledger, LedgerHeader, ResumeError, RunIdentity};
pub use spool::Spool;

use crate::error::PackagerError;
use crate::layout;
use crate::publish::{Store, StoreError};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// A folder for one run at a time, held alone until this is dropped.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    /// Created by us, so removed by us when nothing was put into it.
    created: bool,
    /// The lock lasts as long as this is open. It is the folder itself, so no lock file is ever left behind.
    _lock: File,
}

impl Workspace {
    /// Opens `root`, creating it when it is not there, and locks it against other packagers.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when it is locked; otherwise what the system says.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let created = !root.exists();
        fs::create_dir_all(root).map_err(StoreError::io("create the folder", root.display()))?;
        let lock = File::open(root).map_err(StoreError::io("open the folder", root.display()))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy(root.display().to_string())),
            // File systems without locks (some network shares) cannot protect, but they can hold a package.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        Ok(Self { root: root.to_owned(), created, _lock: lock })
    }

    /// Whether a run has begun in `root` and has not ended. Needs no lock.
    pub fn is_in_use(root: &Path) -> bool {
        root.join(layout::LEDGER).exists()
    }

    /// Whether a run has not ended here.
    pub fn has_unfinished_run(&self) -> bool {
        Self::is_in_use(self.root())
    }

    /// Whether an unfinished run can be gone on with: one that died before the first line of its ledger was written
    /// has done nothing yet.
    pub fn can_resume(&self) -> bool {
        ledger::read(&self.ledger()).is_ok_and(|text| text.contains(&b'\n'))
    }

    /// Begins the ledger of a run, where there is none.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(&self, run: RunIdentity<'_>) -> Result<Ledger, StoreError> {
        Ledger::begin(&self.ledger(), run)
    }

    /// Opens the ledger of an unfinished run, whose objects are in `store`.
    ///
    /// # Errors
    /// When there is none, or it belongs to something else.
    pub fn resume(&self, run: RunIdentity<'_>, store: &dyn Store) -> Result<(Ledger, Finished), ResumeError> {
        Ledger::resume(&self.ledger(), run, store)
    }

    /// The generation of an unfinished run, when its ledger says it.
    pub fn unfinished_generation(&self) -> Option<String> {
        let text = ledger::read(&self.ledger()).ok()?;
        let header: LedgerHeader = serde_json::from_slice(text.split(|&byte| byte == b'\n').next()?).ok()?;
        Some(header.generation)
    }

    /// Removes the ledger of a run that nobody will continue.
    ///
    /// # Errors
    /// What the system says.
    pub fn forget_unfinished(&self) -> Result<(), PackagerError> {
        let ledger = self.ledger();
        if ledger.symlink_metadata().is_err() {
            return Ok(());
        }
        fs::remove_file(&ledger).map_err(|error| PackagerError::output(&ledger, &error))
    }

    /// Writes the manifest of this path that is to be examined before anybody sees it.
    ///
    /// # Errors
    /// What the system says.
    pub fn write_candidate(&self, path: &str, manifest: &[u8]) -> Result<PathBuf, PackagerError> {
        let place = self.root().join(layout::candidate(path));
        fs::write(&place, manifest).map_err(|error| PackagerError::output(&place, &error))?;
        Ok(place)
    }

    /// Whether a manifest was examined and not taken.
    pub fn has_candidate(&self) -> bool {
        layout::CANDIDATES.iter().any(|name| self.root().join(name).exists())
    }

    /// Removes them. Errors are ignored, because leftovers do no harm.
    pub fn remove_candidates(&self) {
        for name in layout::CANDIDATES {
            let _ = fs::remove_file(self.root().join(name));
        }
    }

    /// The file with the statistics of the first pass over a chunk of a rendition.
    pub fn statistics(&self, representation: &str, chunk: u64) -> PathBuf {
        self.root().join(layout::statistics(representation, chunk))
    }

    /// Creates the folder for the statistics of first passes, anew: what lies there is of an earlier run, or leads elsewhere.
    ///
    /// # Errors
    /// What the system says.
    pub fn make_room_for_statistics(&self) -> Result<(), PackagerError> {
        let place = self.root().join(layout::STATISTICS);
        self.remove_statistics();
        fs::create_dir(&place).map_err(|error| PackagerError::output(&place, &error))
    }

    /// Removes that folder. Errors are ignored, because leftovers do no harm.
    pub fn remove_statistics(&self) {
        let _ = fs::remove_dir_all(self.root().join(layout::STATISTICS));
    }

    fn root(&self) -> &Path {
        &self.root
    }

    fn ledger(&self) -> PathBuf {
        self.root().join(layout::LEDGER)
    }
}

impl Drop for Workspace {
    /// A folder that was made for nothing goes away again; `remove_dir` refuses when there is something in it.
    fn drop(&mut self) {
        if self.created {
            let _ = fs::remove_dir(&self.root);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::Folder;

    fn run(generation: &str) -> RunIdentity<'_> {
        RunIdentity { plan: "plan", generation, keys: None }
    }

    #[test]
    fn a_second_packager_is_refused_until_the_first_is_done() {
        let outer = tempfile::tempdir().unwrap();
        let first = Workspace::open(outer.path()).unwrap();
        let refused = Workspace::open(outer.path()).unwrap_err().to_string();
        assert!(refused.contains("another packager"), "{refused}");
        drop(first);
        Workspace::open(outer.path()).unwrap();
    }

    #[test]
    fn a_folder_made_for_nothing_goes_away() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("new");
        drop(Workspace::open(&path).unwrap());
        assert!(!path.exists());
        let workspace = Workspace::open(&path).unwrap();
        Folder::new(&path).put("a", b"1").unwrap();
        drop(workspace);
        assert!(path.join("a").exists());
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let outer = tempfile::tempdir().unwrap();
        fs::write(outer.path().join("file"), "").unwrap();
        let error = Workspace::open(&outer.path().join("file")).unwrap_err().to_string();
        assert!(error.contains("file"), "{error}");
    }

    #[test]
    fn a_run_is_unfinished_from_its_first_line_to_its_end() {
        let outer = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(outer.path()).unwrap();
        assert!(!workspace.has_unfinished_run() && !workspace.can_resume());
        assert_eq!(workspace.unfinished_generation(), None);
        workspace.forget_unfinished().unwrap();
        let ledger = workspace.begin(run("0123456789ab")).unwrap();
        assert!(workspace.has_unfinished_run() && workspace.can_resume() && Workspace::is_in_use(outer.path()));
        assert_eq!(workspace.unfinished_generation().as_deref(), Some("0123456789ab"));
        ledger.end().unwrap();
        assert!(!workspace.has_unfinished_run());
    }

    #[test]
    fn a_ledger_without_a_whole_line_is_of_no_use() {
        let outer = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(outer.path()).unwrap();
        fs::write(outer.path().join(layout::LEDGER), "{\"version\"").unwrap();
        assert!(workspace.has_unfinished_run() && !workspace.can_resume());
        workspace.forget_unfinished().unwrap();
        assert!(!workspace.has_unfinished_run());
    }

    #[cfg(unix)]
    #[test]
    fn links_in_the_places_of_a_run_are_not_followed() {
        use std::os::unix::fs::symlink;
        let outer = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), outer.path().join(layout::STATISTICS)).unwrap();
        fs::write(elsewhere.path().join("ledger"), "{\"version\":2,\"fingerprint\":\"plan\",\"generation\":\"g\"}\n")
            .unwrap();
        symlink(elsewhere.path().join("ledger"), outer.path().join(layout::LEDGER)).unwrap();
        let workspace = Workspace::open(outer.path()).unwrap();
        workspace.make_room_for_statistics().unwrap();
        fs::write(workspace.statistics("v", 0), "x").unwrap();
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
        assert!(!workspace.can_resume() && workspace.unfinished_generation().is_none());
        assert!(workspace.resume(run("g"), &Folder::new(outer.path())).is_err());
        workspace.forget_unfinished().unwrap();
        assert!(elsewhere.path().join("ledger").exists());
    }

    #[test]
    fn statistics_have_a_folder_that_can_be_removed_at_any_time() {
        let outer = tempfile::tempdir().unwrap();
        let workspace = Workspace::open(outer.path()).unwrap();
        workspace.remove_statistics();
        workspace.make_room_for_statistics().unwrap();
        fs::write(workspace.statistics("v", 0), "x").unwrap();
        workspace.remove_statistics();
        assert_eq!(Folder::new(outer.path()).list().unwrap(), Vec::<String>::new());
    }
}
