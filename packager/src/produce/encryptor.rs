//! The protector that encrypts: common encryption of one rendition with the key that the plan has for it.

use super::RunContext;
use super::protect::Protector;
use crate::mux::{FragmentExtras, MuxError, Samples};
use crate::protection::{
    self, Coding, Protection, SampleAuxiliary, Scheme, TrackEncryption, Unprotectable, fragment_boxes, protected_init,
};
use shared::bmff::Track;
use shared::bmff::entry::MediaKind;
use shared::bmff::init;
use shared::protection::{Encryption, Key, KeyId, Pssh, SampleEncryption, encrypt};
use shared::time::Timescale;

/// The sample entry of fragments that stay clear: the second one.
const CLEAR_ENTRY: u32 = 2;
/// Bytes of an initialization vector of counter mode.
const COUNTER_VECTOR: u8 = 8;
/// Samples of a segment fit into so many bits of an initialization vector.
const SAMPLE_BITS: u32 = 20;

/// Encrypts the samples of one rendition.
pub(super) struct Encryptor {
    representation: String,
    protection: Protection,
    key_id: KeyId,
    /// Always there: the plan was made with it. Without it nothing is written, rather than clear media.
    key: Option<Key>,
    vector: [u8; 16],
}

impl Encryptor {
    /// `None` for a rendition that the plan leaves clear.
    pub(super) fn of(run: &RunContext<'_>, representation: &str) -> Option<Self> {
        let protection = run.plan.protection.clone()?;
        let key_id = protection.key_id(representation)?;
        let key = run.keys.and_then(|keys| keys.find(key_id));
        let vector = protection::initialization_vector(&run.plan.fingerprint, &run.plan.generation, representation);
        Some(Self { representation: representation.to_owned(), protection, key_id, key, vector })
    }

    /// The vector of the first sample of a segment in counter mode: that of the rendition, plus the place of the segment,
    /// which is the same whoever makes it and in which order.
    fn first_vector(&self, segment: u64, content: &[u8]) -> u64 {
        let vector = if self.protection.vectors_by_content {
            protection::vector_of_content(self.vector, segment, content)
        } else {
            self.vector
        };
        let first = vector.first_chunk().copied().map_or(0, u64::from_be_bytes);
        first.wrapping_add(segment << SAMPLE_BITS)
    }

    /// Counter mode has one for each sample of a segment, one after the other; block chaining has one for all.
    fn vector(&self, first: u64, sample: usize) -> [u8; 16] {
        match self.protection.scheme {
            Scheme::Cbcs => self.vector,
            Scheme::Cenc => {
                let mut vector = [0; 16];
                let (own, _) = vector.split_at_mut(COUNTER_VECTOR.into());
                own.copy_from_slice(&first.wrapping_add(sample as u64).to_be_bytes());
                vector
            }
        }
    }

    fn is_clear(&self, samples: &Samples, timescale: Timescale) -> bool {
        let begins = samples.entries.iter().map(|sample| sample.pts).min().unwrap_or(0);
        self.protection.is_clear(begins.max(0).unsigned_abs(), timescale)
    }

    /// What `tenc` says.
    fn of_track(&self, is_video: bool) -> Encryption {
        let is_counter = self.protection.scheme == Scheme::Cenc;
        Encryption {
            protected: true,
            pattern: self.protection.scheme.pattern(is_video),
            iv_size: if is_counter { COUNTER_VECTOR } else { 0 },
            key_id: self.key_id,
            constant_iv: (!is_counter).then_some(self.vector),
        }
    }

    /// Encrypts a sample, and tells what players must know of it.
    fn sample(&self, coding: &mut Coding, iv: [u8; 16], sample: &mut [u8]) -> Result<SampleAuxiliary, Unprotectable> {
        let scheme = self.protection.scheme;
        let pattern = scheme.pattern(coding.is_video());
        let how = SampleEncryption { key_id: self.key_id, pattern, iv, subsamples: coding.subsamples(sample, scheme)? };
        let key = self.key.ok_or(Unprotectable::NoKey)?;
        encrypt(scheme.into(), &key, &how, sample).map_err(|_| Unprotectable::NoUnits)?;
        let vector = if scheme == Scheme::Cenc { iv.first_chunk().copied() } else { None };
        Ok(SampleAuxiliary { vector, subsamples: how.subsamples })
    }
}

impl Protector for Encryptor {
    fn init(&self, init: Vec<u8>) -> Result<Vec<u8>, MuxError> {
        let is_video = matches!(init::read(&init)?.kind, MediaKind::Video(_));
        let Protection { scheme, systems, .. } = &self.protection;
        let track = TrackEncryption {
            scheme: *scheme,
            encryption: self.of_track(is_video),
            is_video,
            has_clear_entry: self.protection.has_clear_lead(),
        };
        let systems: Vec<Pssh> = systems.iter().filter_map(|system| system.pssh(self.key_id, *scheme)).collect();
        Ok(protected_init(&init, &track, &systems)?)
    }

    fn protect(&self, number: u64, samples: &mut Samples, track: &Track) -> Result<FragmentExtras, MuxError> {
        if self.is_clear(samples, track.timescale) {
            return Ok(FragmentExtras { entry: Some(CLEAR_ENTRY), ..FragmentExtras::default() });
        }
        let refused = |(place, problem): (usize, Unprotectable)| MuxError::Unprotectable {
            representation: self.representation.clone(),
            number,
            sample: place + 1,
            problem,
        };
        let mut coding = Coding::of(track).map_err(|problem| refused((0, problem)))?;
        let first = self.first_vector(number, &samples.payload);
        let mut auxiliary = Vec::with_capacity(samples.entries.len());
        for (place, entry) in samples.entries.iter().enumerate() {
            let bytes = samples.payload.get_mut(entry.range.clone()).unwrap_or_default();
            let one = self.sample(&mut coding, self.vector(first, place), bytes);
            auxiliary.push(one.map_err(|problem| refused((place, problem)))?);
        }
        Ok(FragmentExtras { entry: None, boxes: Box::new(move |at| fragment_boxes(&auxiliary, at)) })
    }
}
