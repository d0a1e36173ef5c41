//! The keys of a run. They are shown and written nowhere; what a ledger keeps of them is a digest.

use crate::error::PackagerError;
use sha2::{Digest, Sha256};
use shared::protection::{ContentKey, Key, KeyId, Label};

/// Bytes of a digest.
const DIGEST: usize = 8;

/// All keys that were given, at most one a label.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyRing(Vec<ContentKey>);

impl KeyRing {
    /// Of these keys.
    ///
    /// # Errors
    /// 2 when two are for the same, or one name has two keys.
    pub fn new(keys: Vec<ContentKey>) -> Result<Self, PackagerError> {
        for (at, key) in keys.iter().enumerate() {
            let before = &keys[..at];
            if before.iter().any(|other| other.label == key.label) {
                let what = key.label.map_or_else(|| "everything".to_owned(), |label| label.to_string());
                return Err(PackagerError::usage(format!("two keys are for {what}: give each its own label")));
            }
            if before.iter().any(|other| other.id == key.id && other.key != key.key) {
                return Err(PackagerError::usage(format!("the key id {} has two different keys", key.id)));
            }
        }
        Ok(Self(keys))
    }

    /// The key for renditions of this kind: their own, or the one for everything.
    pub fn for_label(&self, label: Label) -> Option<&ContentKey> {
        let of = |wanted| self.0.iter().find(|key| key.label == wanted);
        of(Some(label)).or_else(|| of(None))
    }

    /// The key of this name.
    pub fn find(&self, id: KeyId) -> Option<Key> {
        self.0.iter().find(|key| key.id == id).map(|key| key.key)
    }

    /// Tells whether a run that is continued had the same keys. It says no more of them than the package does: whoever
    /// guesses a key can try it on either. `salt` differs from run to run.
    pub fn digest(&self, salt: &str) -> String {
        let mut sorted: Vec<_> = self.0.iter().map(|key| (key.id.0, key.key.0)).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut hash = Sha256::new();
        hash.update(salt.as_bytes());
        for (id, key) in sorted {
            hash.update(id);
            hash.update(key);
        }
        hash.finalize().iter().take(DIGEST).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u8, key: u8, label: Option<Label>) -> ContentKey {
        ContentKey { id: KeyId([id; 16]), key: Key([key; 16]), label }
    }

    #[test]
    fn a_label_comes_before_everything() {
        let ring = KeyRing::new(vec![key(1, 1, None), key(2, 2, Some(Label::Audio))]).unwrap();
        let id = |label| ring.for_label(label).unwrap().id.0[0];
        assert_eq!([Label::Audio, Label::Sd, Label::Uhd].map(id), [2, 1, 1]);
        let sound_alone = KeyRing::new(vec![key(2, 2, Some(Label::Audio))]).unwrap();
        assert_eq!(sound_alone.for_label(Label::Hd), None);
    }

    #[test]
    fn contradictions_are_refused() {
        let message = |keys| KeyRing::new(keys).unwrap_err().message;
        assert!(message(vec![key(1, 1, None), key(2, 2, None)]).contains("two keys are for everything"));
        let twice = Some(Label::Sd);
        assert!(message(vec![key(1, 1, twice), key(2, 2, twice)]).contains("two keys are for SD"));
        let named_twice = message(vec![key(1, 0xab, None), key(1, 0xcd, Some(Label::Hd))]);
        assert!(named_twice.contains("0101") && !named_twice.contains("abab"), "{named_twice}");
        KeyRing::new(vec![key(1, 1, Some(Label::Sd)), key(1, 1, Some(Label::Hd))]).unwrap();
    }

    #[test]
    fn other_keys_have_another_digest_and_the_order_does_not_matter() {
        let ring = |keys| KeyRing::new(keys).unwrap();
        let (sound, all) = (key(2, 2, Some(Label::Audio)), key(1, 1, None));
        let digest = ring(vec![all, sound]).digest("g");
        assert_eq!(ring(vec![sound, all]).digest("g"), digest);
        assert_ne!(ring(vec![all, sound]).digest("h"), digest);
        assert_ne!(ring(vec![all, key(2, 3, Some(Label::Audio))]).digest("g"), digest);
        assert_eq!(digest.len(), 2 * DIGEST);
    }
}
