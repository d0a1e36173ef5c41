//! The keys of a session: given by the viewer or brought by licences. They are shown nowhere.

use shared::protection::{ContentKey, Key, KeyId};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Keys by their names. Clones hold the same ones: licences put them in, decoders look them up.
#[derive(Debug, Clone, Default)]
pub struct KeyRing(Arc<RwLock<BTreeMap<KeyId, Key>>>);

impl KeyRing {
    /// With these keys.
    pub fn new(keys: &[ContentKey]) -> Self {
        let ring = Self::default();
        ring.add(keys);
        ring
    }

    /// Takes further keys; the latest of a name counts.
    pub fn add(&self, keys: &[ContentKey]) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.extend(keys.iter().map(|key| (key.id, key.key)));
    }

    /// The key of this name, if it is there.
    pub fn get(&self, id: KeyId) -> Option<Key> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }
}
