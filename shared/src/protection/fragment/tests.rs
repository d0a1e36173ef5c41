use super::super::groups::OWN_GROUPS;
use super::*;
use crate::bmff::write::{full, put_u32};
use crate::media;
use crate::protection::{Key, Locked, Pattern, Scheme, clear};
use crate::testkit::{FakeAux, FakeProtection, FakeTrack, fake_header};

const VIDEO: FakeTrack = FakeTrack::Video { width: 64, height: 36 };

/// One NAL unit each, of so many bytes behind its length.
fn pictures(lengths: &[usize]) -> Vec<Vec<u8>> {
    lengths.iter().map(|&length| [&(length as u32).to_be_bytes()[..], &vec![0x65; length]].concat()).collect()
}

fn track(of: &FakeProtection) -> Track {
    media::track(&of.header(&fake_header(VIDEO, 1000))).unwrap()
}

/// The samples of a segment in the clear, with the keys that this took.
fn opened(of: &FakeProtection, mut segment: Vec<u8>) -> Result<(Vec<Vec<u8>>, Vec<KeyId>), Locked> {
    let track = track(of);
    let samples = media::samples(&track, &segment, 0).unwrap();
    let key = |id: KeyId| Some(of.key).filter(|_| id == of.how.key_id);
    let used = clear(&track, &mut segment, 0, &samples, key)?;
    Ok((samples.iter().map(|sample| segment[sample.range.clone()].to_vec()).collect(), used))
}

#[test]
fn every_scheme_is_undone_wherever_the_vectors_stand() {
    let samples = pictures(&[300, 20, 5, 4000]);
    for scheme in Scheme::ALL {
        for aux in [FakeAux::Senc, FakeAux::Pointed] {
            let of = FakeProtection { aux, ..FakeProtection::new(scheme) };
            let segment = of.fragment(0, 40, &samples);
            assert!(!segment.windows(100).any(|bytes| bytes == [0x65; 100]) || scheme.has_pattern());
            let (clear, used) = opened(&of, segment).unwrap();
            assert_eq!((clear, used), (samples.clone(), vec![of.how.key_id]), "{scheme} {aux:?}");
        }
    }
}

#[test]
fn several_fragments_of_a_segment_and_vectors_of_sixteen_bytes() {
    let of = FakeProtection::new(Scheme::Cenc);
    let of = FakeProtection { how: Encryption { iv_size: 16, ..of.how }, ..of };
    let samples = pictures(&[200, 300]);
    let segment = [of.fragment(0, 40, &samples), of.fragment(80, 40, &samples)].concat();
    let (clear, _) = opened(&of, segment.clone()).unwrap();
    assert_eq!(clear, [samples.clone(), samples].concat());
    // A segment that is cut off has fewer samples than its boxes describe.
    let cut = segment[..segment.len() - 200].to_vec();
    assert_eq!(opened(&of, cut).unwrap().0.len(), 3);
}

#[test]
fn without_vectors_a_sample_is_clear_or_has_the_constant_one_for_all_of_it() {
    let samples = pictures(&[100]);
    let cenc = FakeProtection { aux: FakeAux::Nowhere, ..FakeProtection::new(Scheme::Cenc) };
    let segment = cenc.fragment(0, 40, &samples);
    let track = track(&cenc);
    let listed = media::samples(&track, &segment, 0).unwrap();
    assert_eq!(of_samples(&track, &segment, 0, &listed), Ok(vec![None]));
    let cbcs = FakeProtection { aux: FakeAux::Nowhere, ..FakeProtection::new(Scheme::Cbcs) };
    let how = of_samples(&super::tests::track(&cbcs), &segment, 0, &listed).unwrap().remove(0).unwrap();
    assert_eq!((how.iv, how.subsamples.len(), how.pattern), ([3; 16], 0, Pattern::ONE_OF_TEN));
}

#[test]
fn a_missing_key_is_named() {
    let of = FakeProtection::new(Scheme::Cenc);
    let other = FakeProtection { how: Encryption { key_id: KeyId([9; 16]), ..of.how }, ..of.clone() };
    let segment = of.fragment(0, 40, &pictures(&[100]));
    let (track, mut bytes) = (track(&other), segment.clone());
    let samples = media::samples(&track, &segment, 0).unwrap();
    assert_eq!(key_ids(&track, &segment, 0, &samples), Ok(vec![KeyId([9; 16])]));
    let error = clear(&track, &mut bytes, 0, &samples, |_| None::<Key>).unwrap_err();
    assert_eq!(error, Locked::NoKey(KeyId([9; 16])));
    assert!(error.to_string().contains("09090909"), "{error}");
}

/// `sgpd` with these descriptions, and `sbgp` that puts runs of samples into them.
fn grouped(described: &[Encryption], runs: &[(u32, u32)]) -> Vec<u8> {
    let mut out = vec![];
    full(&mut out, b"sgpd", 1, 0, |out| {
        out.extend(b"seig");
        put_u32(out, 0);
        put_u32(out, described.len() as u32);
        for entry in described {
            let mut bytes = vec![];
            entry.write(&mut bytes);
            put_u32(out, bytes.len() as u32);
            out.extend(bytes);
        }
    });
    full(&mut out, b"sbgp", 0, 0, |out| {
        out.extend(b"seig");
        put_u32(out, runs.len() as u32);
        for (count, group) in runs {
            put_u32(out, *count);
            put_u32(out, *group);
        }
    });
    out
}

#[test]
fn groups_of_samples_may_be_clear_or_have_another_key() {
    let of = FakeProtection::new(Scheme::Cbcs);
    let clear = Encryption { protected: false, iv_size: 0, constant_iv: None, ..of.how };
    let rotated = Encryption { key_id: KeyId([8; 16]), ..of.how };
    let more = grouped(&[clear, rotated], &[(1, OWN_GROUPS + 1), (1, 0), (2, OWN_GROUPS + 2)]);
    let of = FakeProtection { more, ..of };
    let segment = of.fragment(0, 40, &pictures(&[100, 100, 100, 100, 100]));
    let track = track(&of);
    let samples = media::samples(&track, &segment, 0).unwrap();
    let hows = of_samples(&track, &segment, 0, &samples).unwrap();
    let ids: Vec<_> = hows.into_iter().map(|how| how.map(|how| how.key_id)).collect();
    let (usual, other) = (Some(of.how.key_id), Some(KeyId([8; 16])));
    assert_eq!(ids, [None, usual, other, other, usual]);
    assert_eq!(key_ids(&track, &segment, 0, &samples), Ok(vec![of.how.key_id, KeyId([8; 16])]));
}

#[test]
fn a_track_in_the_clear_needs_no_key_whatever_its_fragments_say() {
    let of = FakeProtection::new(Scheme::Cenc);
    let segment = of.fragment(0, 40, &pictures(&[100]));
    let track = media::track(&fake_header(VIDEO, 1000)).unwrap();
    let samples = media::samples(&track, &segment, 0).unwrap();
    assert_eq!(key_ids(&track, &segment, 0, &samples), Ok(vec![]));
}

#[test]
fn the_original_format_and_the_default_key_are_read() {
    let of = FakeProtection::new(Scheme::Cbcs);
    let track = track(&of);
    let protection = track.protection.clone().unwrap();
    assert_eq!((protection.scheme.to_string().as_str(), protection.key_id()), ("cbcs", Some(of.how.key_id)));
    assert_eq!(track.codec.to_string(), "avc1.64001f");
    let sound = media::track(&of.header(&fake_header(FakeTrack::Audio, 48_000))).unwrap();
    assert_eq!((sound.codec.to_string().as_str(), sound.protection), ("mp4a.40.2", Some(protection)));
}

#[test]
fn what_points_elsewhere_or_ends_early_is_an_error() {
    let pointed = FakeProtection { aux: FakeAux::Pointed, ..FakeProtection::new(Scheme::Cenc) };
    let samples = pictures(&[100, 100]);
    let whole = pointed.fragment(0, 40, &samples);
    let at = whole.windows(4).position(|bytes| bytes == b"saio").unwrap();
    let mut wrong = whole.clone();
    wrong[at + 12] = 0x7f;
    assert!(matches!(opened(&pointed, wrong), Err(Locked::Bmff(error)) if error.to_string().contains("outside")));
    let senc = FakeProtection::new(Scheme::Cenc);
    let mut short = senc.fragment(0, 40, &samples);
    let at = short.windows(4).position(|bytes| bytes == b"senc").unwrap();
    short[at + 12 + 8] = 0x7f;
    assert!(matches!(opened(&senc, short), Err(Locked::Bmff(_))));
}
