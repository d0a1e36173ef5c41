//! Encrypted samples on their way to the decoder: they become clear, and a key that has not proved itself is tried first.
//! Nothing in the bytes says whether a key is the right one: what a wrong key makes of a sample is noise, which decoders
//! refuse, or make up something for. So the first samples are decoded aside, and nothing is shown of them.

use super::codec::Decode;
use super::key_ring::KeyRing;
use shared::bmff::{Sample, Track};
use shared::protection::{KeyId, Locked, Pattern, SampleEncryption, clear, of_samples};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A key is tried until so many samples have had this many encrypted bytes: smaller ones may look sound by chance.
const TELLING: usize = 12;
const SUBSTANTIAL: usize = 64;
/// And with at least so many samples, as far as there are.
const TRIED: usize = 25;
/// One failure for so many samples that tell: with the right key there is none but by damage.
const NOISE: usize = 8;

/// The keys of one track, and which of them have proved themselves.
pub(super) struct Unlocker {
    ring: KeyRing,
    proved: BTreeSet<KeyId>,
    /// What has not, and what it made of samples. It stays so: noise may look sound for a while.
    refuted: BTreeMap<KeyId, String>,
}

/// Why a piece of a segment stays encrypted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shut {
    /// It cannot be decrypted.
    Locked(Locked),
    /// It could be, and what came out is noise.
    WrongKey(KeyId, String),
}

impl Unlocker {
    pub(super) fn new(ring: KeyRing) -> Self {
        Self { ring, proved: BTreeSet::new(), refuted: BTreeMap::new() }
    }

    /// The bytes of a piece with its samples in the clear.
    pub(super) fn open<'d, D: Decode>(
        &mut self,
        track: &Track,
        data: &'d [u8],
        file_offset: u64,
        samples: &[Sample],
    ) -> Result<Cow<'d, [u8]>, Shut> {
        if !track.is_protected() {
            return Ok(Cow::Borrowed(data));
        }
        let mut bytes = data.to_vec();
        let used = clear(track, &mut bytes, file_offset, samples, |id| self.ring.get(id)).map_err(Shut::Locked)?;
        if let Some((id, problem)) = used.iter().find_map(|id| self.refuted.get_key_value(id)) {
            return Err(Shut::WrongKey(*id, problem.clone()));
        }
        let doubted = used.into_iter().find(|id| !self.proved.contains(id));
        if let Some(id) = doubted {
            let hows = of_samples(track, data, file_offset, samples).unwrap_or_default();
            self.prove::<D>(id, track, &bytes, samples, &hows)?;
        }
        Ok(Cow::Owned(bytes))
    }

    /// Tries a key. What has too little that is encrypted proves nothing.
    fn prove<D: Decode>(
        &mut self,
        id: KeyId,
        track: &Track,
        data: &[u8],
        samples: &[Sample],
        hows: &[Option<SampleEncryption>],
    ) -> Result<(), Shut> {
        let substantial = |(index, _): &(usize, &Sample)| {
            hows.get(*index)
                .and_then(Option::as_ref)
                .is_some_and(|how| encrypted_bytes(how, &samples[*index]) >= SUBSTANTIAL)
        };
        let telling: Vec<usize> =
            samples.iter().enumerate().filter(substantial).map(|(at, _)| at).take(TELLING).collect();
        let Some(last) = telling.last() else { return Ok(()) };
        let tried = &samples[..samples.len().min(TRIED.max(last + 1))];
        if let Some(problem) = Trial::<D>::run(track, data, tried, telling.len()) {
            self.refuted.insert(id, problem.clone());
            return Err(Shut::WrongKey(id, problem));
        }
        self.proved.insert(id);
        Ok(())
    }
}

/// How much of a sample is really encrypted.
fn encrypted_bytes(how: &SampleEncryption, sample: &Sample) -> usize {
    let protected: usize = how.subsamples.iter().map(|subsample| subsample.protected as usize).sum();
    let protected = if how.subsamples.is_empty() { sample.range.len() } else { protected };
    let Pattern { crypt, skip } = how.pattern;
    if crypt == 0 || skip == 0 { protected } else { protected * usize::from(crypt) / usize::from(crypt + skip) }
}

/// A decoder on trial.
struct Trial<D> {
    decoder: D,
    failures: usize,
    problem: Option<String>,
}

impl<D: Decode> Trial<D> {
    /// What was wrong with the samples, of which so many tell, if too much was. A track that no decoder can be opened for says
    /// nothing of keys.
    fn run(track: &Track, data: &[u8], samples: &[Sample], telling: usize) -> Option<String> {
        let decoder = D::open(&unprotected(&track.described(samples.first()?.entry))).ok()?;
        let mut trial = Self { decoder, failures: 0, problem: None };
        for sample in samples {
            trial.sample(sample, data);
        }
        trial.decoder.finish();
        trial.receive();
        let noise = trial.failures > 0 && trial.failures * NOISE >= telling;
        noise.then(|| trial.problem.unwrap_or_else(|| "the decoder can make nothing of it".to_owned()))
    }

    fn sample(&mut self, sample: &Sample, data: &[u8]) {
        let (pts, dts) = (sample.pts.presentation(), sample.dts.presentation());
        match self.decoder.send(&data[sample.range.clone()], pts, dts) {
            Ok(()) => self.receive(),
            Err(error) => self.failed(Some(error.to_string())),
        }
    }

    fn receive(&mut self) {
        loop {
            match self.decoder.receive() {
                Ok(Some(frame)) if D::is_damaged(&frame) => self.failed(None),
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(error) => return self.failed(Some(error.to_string())),
            }
        }
    }

    fn failed(&mut self, problem: Option<String>) {
        self.failures += 1;
        self.problem = problem.or(self.problem.take());
    }
}

/// The track as a decoder sees it once its samples are clear.
pub(super) fn unprotected(track: &Track) -> Track {
    Track { protection: None, ..track.clone() }
}
