//! Samples in and out of encryption (ISO/IEC 23001-7 clauses 9 and 10): which bytes are protected, and AES over them. Not
//! here: where the boxes say so, and which bytes a writer should protect.

use super::{Cipher, Key, KeyId, Pattern, Scheme};
use aes::Aes128;
use cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, StreamCipher};
use std::ops::Range;

const BLOCK: usize = 16;

/// How one sample is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleEncryption {
    /// With which key.
    pub key_id: KeyId,
    /// Which blocks of what is protected.
    pub pattern: Pattern,
    /// Zeros behind one of 8 bytes.
    pub iv: [u8; 16],
    /// Clear and protected bytes in turn; none: all of it is protected.
    pub subsamples: Vec<Subsample>,
}

/// A stretch of a sample: clear bytes and the protected ones behind them (9.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subsample {
    /// `BytesOfClearData`.
    pub clear: u16,
    /// `BytesOfProtectedData`.
    pub protected: u32,
}

/// A sample is shorter than its subsamples say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its subsamples cover more than the {0} bytes that it has")]
pub struct TooShort(pub usize);

/// Decrypts a sample in place.
///
/// # Errors
/// When it is shorter than its subsamples. Whether the key is the right one does not show here.
pub fn decrypt(scheme: Scheme, key: &Key, how: &SampleEncryption, sample: &mut [u8]) -> Result<(), TooShort> {
    apply(scheme, how, sample, |iv, stretches, sample| match scheme.cipher() {
        Cipher::Ctr => count(key, iv, stretches, sample),
        Cipher::Cbc => {
            let mut chain = cbc::Decryptor::<Aes128>::new(&key.0.into(), &iv.into());
            for stretch in stretches {
                chain.decrypt_blocks(blocks(&mut sample[stretch.clone()]));
            }
        }
    })
}

/// Encrypts a sample in place, so that [`decrypt`] gives it back.
///
/// # Errors
/// When it is shorter than its subsamples.
pub fn encrypt(scheme: Scheme, key: &Key, how: &SampleEncryption, sample: &mut [u8]) -> Result<(), TooShort> {
    apply(scheme, how, sample, |iv, stretches, sample| match scheme.cipher() {
        Cipher::Ctr => count(key, iv, stretches, sample),
        Cipher::Cbc => {
            let mut chain = cbc::Encryptor::<Aes128>::new(&key.0.into(), &iv.into());
            for stretch in stretches {
                chain.encrypt_blocks(blocks(&mut sample[stretch.clone()]));
            }
        }
    })
}

/// Calls `cipher` for what belongs together: in `cbcs` every subsample begins anew, elsewhere the sample is one.
fn apply(
    scheme: Scheme,
    how: &SampleEncryption,
    sample: &mut [u8],
    mut cipher: impl FnMut([u8; 16], &[Range<usize>], &mut [u8]),
) -> Result<(), TooShort> {
    let protected = protected(&how.subsamples, sample.len())?;
    let per_subsample = protected.into_iter().map(|range| stretches(scheme, how.pattern, range));
    if scheme == Scheme::Cbcs {
        for stretches in per_subsample {
            cipher(how.iv, &stretches, sample);
        }
    } else {
        let all: Vec<Range<usize>> = per_subsample.flatten().collect();
        cipher(how.iv, &all, sample);
    }
    Ok(())
}

/// Where the protected bytes of each subsample lie.
fn protected(subsamples: &[Subsample], length: usize) -> Result<Vec<Range<usize>>, TooShort> {
    let mut ranges = Vec::with_capacity(subsamples.len().max(1));
    if subsamples.is_empty() {
        ranges.push(0..length);
    }
    let mut at = 0usize;
    for subsample in subsamples {
        let start = at + usize::from(subsample.clear);
        at = start + subsample.protected as usize;
        if at > length {
            return Err(TooShort(length));
        }
        ranges.push(start..at);
    }
    Ok(ranges)
}

/// What of a protected range is really encrypted. Only counter mode without a pattern has an end that is no whole block.
fn stretches(scheme: Scheme, pattern: Pattern, range: Range<usize>) -> Vec<Range<usize>> {
    let whole = range.start..range.end - range.len() % BLOCK;
    if !scheme.has_pattern() || pattern.crypt == 0 || pattern.skip == 0 {
        let everything = scheme.cipher() == Cipher::Ctr && !scheme.has_pattern();
        return vec![if everything { range } else { whole }];
    }
    let crypt = BLOCK * usize::from(pattern.crypt);
    let period = crypt + BLOCK * usize::from(pattern.skip);
    whole.clone().step_by(period).map(|start| start..(start + crypt).min(whole.end)).collect()
}

/// The counter is the second half of the vector, and wraps by itself (9.3).
fn count(key: &Key, iv: [u8; 16], stretches: &[Range<usize>], sample: &mut [u8]) {
    let mut counter = ctr::Ctr64BE::<Aes128>::new(&key.0.into(), &iv.into());
    for stretch in stretches {
        counter.apply_keystream(&mut sample[stretch.clone()]);
    }
}

fn blocks(bytes: &mut [u8]) -> &mut [cipher::Block<Aes128>] {
    Array::slice_as_chunks_mut(bytes).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// NIST SP 800-38A, F.2.1 and F.5.1: key, four blocks of plain text.
    const KEY: Key = Key(0x2b7e1516_28aed2a6_abf71588_09cf4f3c_u128.to_be_bytes());
    const PLAIN: [u128; 4] = [
        0x6bc1bee2_2e409f96_e93d7e11_7393172a,
        0xae2d8a57_1e03ac9c_9eb76fac_45af8e51,
        0x30c81c46_a35ce411_e5fbc119_1a0a52ef,
        0xf69f2445_df4f9b17_ad2b417b_e66c3710,
    ];
    const CBC: [u128; 4] = [
        0x7649abac_8119b246_cee98e9b_12e9197d,
        0x5086cb9b_507219ee_95db113a_917678b2,
        0x73bed6b8_e3c1743b_7116e69e_22229516,
        0x3ff1caa1_681fac09_120eca30_7586e1a7,
    ];
    const CTR: [u128; 4] = [
        0x874d6191_b620e326_1bef6864_990db6ce,
        0x9806f66b_7970fdff_8617187b_b9fffdff,
        0x5ae4df3e_dbd5d35e_5b4f0902_0db03eab,
        0x1e031dda_2fbe03d1_792170a0_f3009cee,
    ];
    const CBC_IV: u128 = 0x00010203_04050607_08090a0b_0c0d0e0f;
    const CTR_IV: u128 = 0xf0f1f2f3_f4f5f6f7_f8f9fafb_fcfdfeff;

    fn bytes(blocks: &[u128]) -> Vec<u8> {
        blocks.iter().flat_map(|block| block.to_be_bytes()).collect()
    }

    fn how(iv: u128, pattern: Pattern, subsamples: &[(u16, u32)]) -> SampleEncryption {
        let subsamples = subsamples.iter().map(|&(clear, protected)| Subsample { clear, protected }).collect();
        SampleEncryption { key_id: KeyId([0; 16]), pattern, iv: iv.to_be_bytes(), subsamples }
    }

    fn decrypted(scheme: Scheme, how: &SampleEncryption, mut sample: Vec<u8>) -> Vec<u8> {
        decrypt(scheme, &KEY, how, &mut sample).unwrap();
        sample
    }

    #[test]
    fn whole_samples_by_the_published_vectors() {
        let all = Pattern::default();
        let ctr = how(CTR_IV, all, &[]);
        assert_eq!(decrypted(Scheme::Cenc, &ctr, bytes(&CTR)), bytes(&PLAIN));
        let cut = decrypted(Scheme::Cenc, &ctr, bytes(&CTR)[..37].to_vec());
        assert_eq!(cut, bytes(&PLAIN)[..37], "the end need be no whole block");
        let cbc = how(CBC_IV, all, &[]);
        for scheme in [Scheme::Cbc1, Scheme::Cbcs] {
            let sample = [bytes(&CBC), b"clear".to_vec()].concat();
            assert_eq!(decrypted(scheme, &cbc, sample), [bytes(&PLAIN), b"clear".to_vec()].concat());
        }
    }

    #[test]
    fn the_counter_runs_over_the_protected_bytes_of_all_subsamples() {
        let (plain, secret) = (bytes(&PLAIN), bytes(&CTR));
        let cut = |of: &[u8]| [b"head", &of[..20], b"more", &of[20..64]].concat();
        let how = how(CTR_IV, Pattern::default(), &[(4, 20), (4, 44)]);
        assert_eq!(decrypted(Scheme::Cenc, &how, cut(&secret)), cut(&plain));
    }

    #[test]
    fn the_chain_of_cbcs_begins_anew_in_each_subsample_and_that_of_cbc1_does_not() {
        let (plain, secret) = (bytes(&PLAIN), bytes(&CBC));
        let cut = |of: [&[u8]; 2]| [b"head", of[0], b"more", of[1]].concat();
        let twice = how(CBC_IV, Pattern::default(), &[(4, 32), (4, 32)]);
        let anew = decrypted(Scheme::Cbcs, &twice, cut([&secret[..32], &secret[..32]]));
        assert_eq!(anew, cut([&plain[..32], &plain[..32]]));
        let on = decrypted(Scheme::Cbc1, &twice, cut([&secret[..32], &secret[32..]]));
        assert_eq!(on, cut([&plain[..32], &plain[32..]]));
    }

    #[test]
    fn of_a_pattern_the_first_blocks_are_encrypted() {
        let gap = [0x55; 32];
        let cut = |of: &[u8]| [&of[..16], &gap[..], &of[16..32], &gap[..], &of[32..48], b"rest"].concat();
        let pattern = Pattern { crypt: 1, skip: 2 };
        let cbc = decrypted(Scheme::Cbcs, &how(CBC_IV, pattern, &[]), cut(&bytes(&CBC)));
        assert_eq!(cbc, cut(&bytes(&PLAIN)));
        let ctr = decrypted(Scheme::Cens, &how(CTR_IV, pattern, &[]), cut(&bytes(&CTR)));
        assert_eq!(ctr, cut(&bytes(&PLAIN)));
    }

    #[test]
    fn the_counter_wraps_within_its_half() {
        let wrapping = how(CTR_IV | u128::from(u64::MAX), Pattern::default(), &[]);
        let next = how(CTR_IV & !u128::from(u64::MAX), Pattern::default(), &[]);
        let zeros = decrypted(Scheme::Cenc, &wrapping, vec![0; 32]);
        assert_eq!(zeros[16..], decrypted(Scheme::Cenc, &next, vec![0; 16]));
    }

    #[test]
    fn subsamples_beyond_the_sample_are_refused() {
        let wrong = how(0, Pattern::default(), &[(4, 20), (65535, u32::MAX)]);
        assert_eq!(decrypt(Scheme::Cenc, &KEY, &wrong, &mut [0; 24]), Err(TooShort(24)));
    }

    proptest! {
        /// Whatever the scheme, the pattern and the subsamples.
        #[test]
        fn decryption_undoes_encryption(
            scheme in 0usize..4, crypt in 0u8..16, skip in 0u8..16, iv: u128, clear: Vec<u8>,
            cuts in proptest::collection::vec((0u16..40, 0u32..200), 0..5),
        ) {
            let length: usize = cuts.iter().map(|(clear, protected)| usize::from(*clear) + *protected as usize).sum();
            let sample = [vec![0x5a; length], clear].concat();
            let (scheme, how) = (Scheme::ALL[scheme], how(iv, Pattern { crypt, skip }, &cuts));
            let mut changed = sample.clone();
            encrypt(scheme, &KEY, &how, &mut changed).unwrap();
            prop_assert_eq!(decrypted(scheme, &how, changed), sample);
        }
    }
}
