//! A whole segment in the clear again, for decoders and for those who check packages. Not here: how each sample is encrypted.

use super::{Key, KeyId, Scheme, TooShort, decrypt, of_samples};
use crate::bmff::entry::Protection;
use crate::bmff::{BmffError, FourCc, Sample, Track};

/// Why a segment could not be decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Locked {
    /// The key is not there.
    #[error("the key {0} is missing")]
    NoKey(KeyId),
    /// A scheme that is not one of ISO/IEC 23001-7.
    #[error("it is encrypted by `{0}`, which is not known")]
    Scheme(FourCc),
    /// The boxes are not as they should be.
    #[error(transparent)]
    Bmff(#[from] BmffError),
    /// A sample is not as the boxes say.
    #[error("the sample at byte {place} cannot be decrypted: {problem}")]
    Sample {
        /// In the segment.
        place: usize,
        /// What is wrong.
        problem: TooShort,
    },
}

/// Decrypts the `samples` of a segment where they lie, which are those of
/// [`samples_at`](crate::bmff::fragment::samples_at). Tells which keys it took, each once.
///
/// # Errors
/// When a key is missing, or the boxes are wrong; part of the samples may be decrypted then.
pub fn clear(
    track: &Track,
    segment: &mut [u8],
    file_offset: u64,
    samples: &[Sample],
    key: impl Fn(KeyId) -> Option<Key>,
) -> Result<Vec<KeyId>, Locked> {
    let all = of_samples(track, segment, file_offset, samples)?;
    let mut used: Vec<(KeyId, Key)> = vec![];
    for (sample, how) in samples.iter().zip(&all) {
        let Some(how) = how else { continue };
        let known = used.iter().find(|(id, _)| *id == how.key_id).map(|(_, key)| *key);
        let key = match known {
            Some(key) => key,
            None => {
                let key = key(how.key_id).ok_or(Locked::NoKey(how.key_id))?;
                used.push((how.key_id, key));
                key
            }
        };
        let scheme = scheme(track.described(sample.entry).protection.as_ref())?;
        let place = sample.range.start;
        decrypt(scheme, &key, how, &mut segment[sample.range.clone()])
            .map_err(|problem| Locked::Sample { place, problem })?;
    }
    Ok(used.into_iter().map(|(id, _)| id).collect())
}

fn scheme(protection: Option<&Protection>) -> Result<Scheme, Locked> {
    let code = protection.map_or(FourCc::default(), |protection| protection.scheme);
    Scheme::from_code(code).ok_or(Locked::Scheme(code))
}
