//! Output. A [`Store`] takes whole objects, each of which appears at once or not at all; [`Publisher`] records what
//! this run wrote, so that it can be removed after an error. [`Folder`] is the only store; another one has to pass the
//! tests in `contract`. What a run keeps for itself is not here ([`crate::workspace`]).

#[cfg(test)]
mod contract;
mod folder;
mod publisher;

pub use folder::Folder;
pub use publisher::Publisher;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

/// A part of an object that is put together.
#[derive(Debug, Clone, Copy)]
pub enum ObjectPart<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// The whole content of an object in the same store.
    Stored(&'a str),
    /// A part of a file that is no object. Of one file, the parts are read one after the other.
    File(&'a File, &'a Range<u64>),
}

/// Objects by relative path (`/` between the parts, no `..`).
pub trait Store: Send + Sync {
    /// Writes `parts` one after the other as the object `path`. Readers see the old object or the new one, never a
    /// part of it.
    ///
    /// # Errors
    /// The old object is left as it was.
    fn put_parts(&self, path: &str, parts: &[ObjectPart<'_>]) -> Result<(), StoreError>;

    /// The content, `None` when there is no such object.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Its size in bytes, `None` when there is no such object.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn size(&self, path: &str) -> Result<Option<u64>, StoreError>;

    /// Removes the object, and the folders that are empty then. Removing what is not there succeeds.
    ///
    /// # Errors
    /// When it is still there afterwards.
    fn remove(&self, path: &str) -> Result<(), StoreError>;

    /// The paths of all objects, sorted.
    ///
    /// # Errors
    /// When the store cannot be listed.
    fn list(&self) -> Result<Vec<String>, StoreError>;

    /// Writes `bytes` as the object `path`, as [`put_parts`](Self::put_parts).
    ///
    /// # Errors
    /// As there.
    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.put_parts(path, &[ObjectPart::Bytes(bytes)])
    }
}

/// The output failed: what was done to which object, and why it did not work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {doing} {place}: {} ({error})", remedy(error))]
    Io {
        /// `write`, `remove`, …
        doing: &'static str,
        /// The file or folder.
        place: String,
        /// What it said.
        error: io::Error,
    },
    /// Another process holds the folder.
    #[error("another packager is writing to {0}; wait for it or choose another folder")]
    Busy(String),
    /// A part of the way to an object leads elsewhere.
    #[error("{} is a link, and nothing is written or read through it; remove it or choose another folder", _0.display())]
    Link(PathBuf),
    /// A path that would leave the store.
    #[error("`{0}` is not a path inside the output folder")]
    Path(String),
}

impl StoreError {
    /// Constructor for `map_err`.
    pub(crate) fn io(doing: &'static str, place: impl std::fmt::Display) -> impl FnOnce(io::Error) -> Self {
        let place = place.to_string();
        move |error| Self::Io { doing, place, error }
    }
}

/// The remedy for the user.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full; free some space",
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only; choose another folder",
        io::ErrorKind::PermissionDenied => "no permission; choose another folder or change its owner",
        io::ErrorKind::NotFound => "the folder is not there any more",
        io::ErrorKind::NotADirectory => "a part of the path is a file, not a folder",
        _ => "the system refused",
    }
}
