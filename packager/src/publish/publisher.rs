//! A store that records what this run wrote.

use super::{ObjectPart, Store, StoreError};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Puts objects into a store; [`discard`](Self::discard) takes them back.
pub struct Publisher<S> {
    store: S,
    /// Paths put by this run. Locked for one insertion at a time; writing happens outside.
    written: Mutex<BTreeSet<String>>,
}

impl<S: Store> Publisher<S> {
    /// Nothing written yet.
    pub fn new(store: S) -> Self {
        Self { store, written: Mutex::default() }
    }

    /// The store, for reading.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Writes an object.
    ///
    /// # Errors
    /// Those of the store.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.put_parts(path, &[ObjectPart::Bytes(bytes)])
    }

    /// Writes an object made of parts.
    ///
    /// # Errors
    /// Those of the store.
    pub fn put_parts(&self, path: &str, parts: &[ObjectPart<'_>]) -> Result<(), StoreError> {
        self.store.put_parts(path, parts)?;
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
        Ok(())
    }

    /// Removes an object, whoever wrote it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn remove(&self, path: &str) -> Result<(), StoreError> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
        self.store.remove(path)
    }

    /// Removes all that this run wrote, as far as the store lets us. What replaced an older object is gone, too; so
    /// the manifest comes last.
    pub fn discard(&self) {
        let written = std::mem::take(&mut *self.written.lock().unwrap_or_else(PoisonError::into_inner));
        for path in written {
            let _ = self.store.remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::Folder;

    #[test]
    fn discard_takes_back_this_run_and_nothing_else() {
        let outer = tempfile::tempdir().unwrap();
        let folder = Folder::new(outer.path());
        folder.put("old/1.m4s", b"old").unwrap();
        let publisher = Publisher::new(folder);
        publisher.put("new/v/1.m4s", b"1").unwrap();
        publisher.put("new/v/2.m4s", b"2").unwrap();
        publisher.discard();
        assert_eq!(publisher.store().list().unwrap(), ["old/1.m4s"]);
        assert!(!outer.path().join("new").exists());
    }
}
