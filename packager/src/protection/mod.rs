//! Common encryption (ISO/IEC 23001-7): what is protected, with which key, and what files say of it. Two things are kept
//! apart: [`Protection`] is public and part of the plan; the keys themselves are in the [`KeyRing`], which is written nowhere.
//!
//! In the order of the data: `args` is what was typed, `keys` the ring, `sample` says which bytes of a sample are protected,
//! `subsamples` in which form `senc` has that, `boxes` writes what a file says, `systems` what licence systems are told;
//! `secrets` keeps keys from where others may look. Not here: when a segment is encrypted (`produce`), and what manifests say (`catalogue`).

pub mod args;
mod boxes;
mod keys;
mod sample;
pub mod secrets;
mod subsamples;
mod systems;

pub(crate) use boxes::{SampleAuxiliary, TrackEncryption, fragment_boxes, protected_init};
pub use keys::KeyRing;
pub(crate) use sample::{Coding, Unprotectable};
pub use systems::System;
pub(crate) use systems::playready;

use crate::error::PackagerError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::protection::{self as standard, KeyId, Label, Pattern};
use shared::time::{MediaTime, PresentationTime, Timescale};
use std::collections::BTreeMap;
use std::time::Duration;

/// How samples are encrypted: the two of the standard's four ways that players take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// AES in counter mode: Widevine, PlayReady, ClearKey
    #[default]
    Cenc,
    /// AES in block chaining mode over one block of ten: FairPlay, and newer devices of all systems
    Cbcs,
}

impl Scheme {
    /// The code of `schm` and of manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cenc => "cenc",
            Self::Cbcs => "cbcs",
        }
    }

    /// Which blocks of pictures and of sound are encrypted.
    pub(crate) fn pattern(self, is_video: bool) -> Pattern {
        if self == Self::Cbcs && is_video { Pattern::ONE_OF_TEN } else { Pattern::default() }
    }
}

impl From<Scheme> for standard::Scheme {
    fn from(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Cenc => Self::Cenc,
            Scheme::Cbcs => Self::Cbcs,
        }
    }
}

/// What is wished, with the keys.
#[derive(Debug, Clone, PartialEq)]
pub struct ProtectionWishes {
    /// The keys.
    pub keys: KeyRing,
    /// How samples are encrypted.
    pub scheme: Scheme,
    /// Segments that begin before stay clear.
    pub clear_lead: Duration,
    /// Where players get ClearKey licences.
    pub license_url: Option<String>,
    /// Licence systems that files and manifests name.
    pub systems: Vec<System>,
}

impl ProtectionWishes {
    /// What becomes of them for Representations with these ids, each with the label of its keys; what has none stays clear.
    ///
    /// # Errors
    /// 2 when no key is for any of them.
    pub fn assign<'a>(
        &self,
        representations: impl Iterator<Item = (&'a str, Option<Label>)>,
        has_run_number: bool,
    ) -> Result<Protection, PackagerError> {
        let key_of = |(id, label): (&str, Option<Label>)| Some((id.to_owned(), self.keys.for_label(label?)?.id));
        let key_ids: BTreeMap<String, KeyId> = representations.filter_map(key_of).collect();
        if key_ids.is_empty() {
            let what = "none of the keys is for what is packaged: a key without a label is for everything";
            return Err(PackagerError::usage(what));
        }
        Ok(Protection {
            scheme: self.scheme,
            clear_lead: self.clear_lead,
            license_url: self.license_url.clone(),
            systems: self.systems.clone(),
            vectors_by_content: !has_run_number,
            key_ids,
        })
    }
}

/// How a package is protected, as far as everybody may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// How samples are encrypted.
    pub scheme: Scheme,
    /// Segments that begin before stay clear.
    pub clear_lead: Duration,
    /// Where players get ClearKey licences.
    pub license_url: Option<String>,
    /// Licence systems that files and manifests name.
    pub systems: Vec<System>,
    /// The run has no number of its own (`--reproducible`): then initialization vectors depend on what is encrypted, too.
    pub vectors_by_content: bool,
    /// The key of each Representation that is protected, by `Representation@id`.
    pub key_ids: BTreeMap<String, KeyId>,
}

impl Protection {
    /// The name of the key of a Representation; `None` when it stays clear.
    pub fn key_id(&self, representation: &str) -> Option<KeyId> {
        self.key_ids.get(representation).copied()
    }

    /// Whether a segment that begins at this time of its media stays clear.
    pub fn is_clear(&self, ticks: u64, timescale: Timescale) -> bool {
        let begins = MediaTime::new(i64::try_from(ticks).unwrap_or(i64::MAX), timescale).presentation();
        begins < PresentationTime::ZERO + self.clear_lead
    }

    /// Whether some segments stay clear, so that files describe both kinds.
    pub fn has_clear_lead(&self) -> bool {
        !self.clear_lead.is_zero()
    }

    /// Whether manifests name ClearKey: where its licences were said to come from, or no other system is asked for.
    pub fn names_clear_key(&self) -> bool {
        self.license_url.is_some() || self.systems.iter().all(|system| *system == System::Common)
    }
}

/// The vector of a segment where another film could have the same one for its Representation: no two contents have it.
pub(crate) fn vector_of_content(vector: [u8; 16], segment: u64, content: &[u8]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(vector);
    hash.update(segment.to_be_bytes());
    hash.update(content);
    hash.finalize().first_chunk().copied().unwrap_or_default()
}

/// The first initialization vector of a Representation, and for block chaining the only one. It differs from run to run, as
/// the name of the generation does: with one key, no two plaintexts may ever have the same one (ISO/IEC 23001-7 9.3).
pub(crate) fn initialization_vector(fingerprint: &str, generation: &str, representation: &str) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in ["initialization vector", fingerprint, generation, representation] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protection(clear_lead: f64) -> Protection {
        Protection {
            scheme: Scheme::Cenc,
            clear_lead: Duration::from_secs_f64(clear_lead),
            license_url: None,
            systems: vec![],
            vectors_by_content: false,
            key_ids: BTreeMap::new(),
        }
    }

    #[test]
    fn segments_that_begin_before_the_end_of_the_lead_are_clear() {
        let scale = Timescale::new(10).unwrap();
        let clear = |lead, ticks| protection(lead).is_clear(ticks, scale);
        assert_eq!([0, 39, 40, 41].map(|ticks| clear(4.0, ticks)), [true, true, false, false]);
        assert!(!clear(0.0, 0));
    }

    #[test]
    fn vectors_differ_by_plan_run_and_rendition() {
        let of = initialization_vector;
        let all = [of("a", "g", "v"), of("b", "g", "v"), of("a", "h", "v"), of("a", "g", "w"), of("a", "gv", "")];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one));
        }
        assert_eq!(of("a", "g", "v"), all[0]);
    }
}
