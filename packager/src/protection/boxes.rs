//! What a protected file says of itself (ISO/IEC 23001-7 clauses 7 and 8, ISO/IEC 14496-12 8.7.8, 8.7.9 and 8.12).

use super::Scheme;
use shared::bmff::tree::{self, BoxNode};
use shared::bmff::write::{boxed, full, put_u16, put_u32};
use shared::bmff::{BmffError, FourCc};
use shared::protection::{Encryption, Pssh, Subsample};

/// What players are told of a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrackEncryption {
    pub(crate) scheme: Scheme,
    /// The content of `tenc`.
    pub(crate) encryption: Encryption,
    pub(crate) is_video: bool,
    /// Fragments with clear samples refer to a second sample entry, which says nothing of protection.
    pub(crate) has_clear_entry: bool,
}

/// What `senc` says of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SampleAuxiliary {
    /// Of counter mode.
    pub(crate) vector: Option<[u8; 8]>,
    /// Empty when the whole sample is protected.
    pub(crate) subsamples: Vec<Subsample>,
}

/// The fixed fields of `stsd` before its sample entries: version, flags and count.
const DESCRIPTION_FIELDS: usize = 8;
/// Bytes of `saio` with one offset, and of `senc` before its first entry.
const OFFSET_BOX: usize = 20;
const SENC_FIELDS: usize = 16;
/// `schm`: version 1.0 of the schemes.
const SCHEME_VERSION: u32 = 0x0001_0000;

/// An initialization segment of one track, with its sample entry made that of a protected track, and with `pssh` boxes.
///
/// # Errors
/// When it has no sample entry, or more than one.
pub(crate) fn protected_init(init: &[u8], track: &TrackEncryption, systems: &[Pssh]) -> Result<Vec<u8>, BmffError> {
    let lacks = |problem| BmffError::new(FourCc(*b"moov"), 0, problem);
    let mut boxes = tree::parse(init)?;
    let moov = boxes.iter_mut().find(|node| node.kind == b"moov").ok_or_else(|| lacks("is missing"))?;
    let path: [&[u8; 4]; 5] = [b"trak", b"mdia", b"minf", b"stbl", b"stsd"];
    let entries = moov.descend_mut(&path).and_then(BoxNode::bytes_mut).ok_or_else(|| lacks("has no `stsd`"))?;
    *entries = protected_entries(entries, track).ok_or_else(|| lacks("has no single sample entry"))?;
    let mut written = vec![];
    for system in systems {
        system.write(&mut written);
    }
    moov.children_mut().ok_or_else(|| lacks("holds no boxes"))?.extend(tree::parse(&written)?);
    Ok(tree::to_bytes(&boxes))
}

/// The content of `stsd` with its one entry renamed and `sinf` at the entry's end; behind it, the entry as it was where
/// some samples stay clear. The protected one comes first: readers take the track to be what the first one says.
fn protected_entries(stsd: &[u8], track: &TrackEncryption) -> Option<Vec<u8>> {
    let (fields, entry) = stsd.split_at_checked(DESCRIPTION_FIELDS)?;
    let size = usize::try_from(u32::from_be_bytes(entry.get(..4)?.try_into().ok()?)).ok()?;
    let original: [u8; 4] = entry.get(4..8)?.try_into().ok()?;
    if fields.get(4..)? != 1_u32.to_be_bytes() || size != entry.len() {
        return None;
    }
    let mut out = fields.get(..4)?.to_vec();
    put_u32(&mut out, if track.has_clear_entry { 2 } else { 1 });
    boxed(&mut out, if track.is_video { b"encv" } else { b"enca" }, |out| {
        out.extend_from_slice(entry.get(8..).unwrap_or_default());
        scheme_information(out, original, track);
    });
    if track.has_clear_entry {
        out.extend_from_slice(entry);
    }
    Some(out)
}

fn scheme_information(out: &mut Vec<u8>, original: [u8; 4], track: &TrackEncryption) {
    boxed(out, b"sinf", |out| {
        boxed(out, b"frma", |out| out.extend_from_slice(&original));
        full(out, b"schm", 0, 0, |out| {
            out.extend_from_slice(track.scheme.name().as_bytes());
            put_u32(out, SCHEME_VERSION);
        });
        boxed(out, b"schi", |out| track.encryption.write_tenc(out));
    });
}

/// `saiz`, `saio` and `senc` for the end of `traf`, which begin `at` bytes behind the start of `moof`. Nothing where there is
/// nothing to say of any sample: sound in block chaining mode.
pub(crate) fn fragment_boxes(samples: &[SampleAuxiliary], at: usize) -> Vec<u8> {
    let sizes: Vec<u8> = samples.iter().map(SampleAuxiliary::size).collect();
    let mut out = Vec::new();
    if sizes.iter().all(|size| *size == 0) {
        return out;
    }
    auxiliary_sizes(&mut out, &sizes);
    let first = at + out.len() + OFFSET_BOX + SENC_FIELDS;
    full(&mut out, b"saio", 0, 0, |out| {
        put_u32(out, 1);
        put_u32(out, u32::try_from(first).unwrap_or(u32::MAX));
    });
    let has_subsamples = samples.iter().any(|sample| !sample.subsamples.is_empty());
    full(&mut out, b"senc", 0, if has_subsamples { 2 } else { 0 }, |out| {
        put_u32(out, u32::try_from(samples.len()).unwrap_or(u32::MAX));
        for sample in samples {
            sample.write(out);
        }
    });
    out
}

/// `saiz`: one size where all samples have the same.
fn auxiliary_sizes(out: &mut Vec<u8>, sizes: &[u8]) {
    let first = sizes.first().copied().unwrap_or(0);
    let is_same = sizes.iter().all(|size| *size == first);
    full(out, b"saiz", 0, 0, |out| {
        out.push(if is_same { first } else { 0 });
        put_u32(out, u32::try_from(sizes.len()).unwrap_or(u32::MAX));
        if !is_same {
            out.extend_from_slice(sizes);
        }
    });
}

impl SampleAuxiliary {
    /// Bytes of its entry; there are never more subsamples than fit.
    fn size(&self) -> u8 {
        let subsamples = if self.subsamples.is_empty() { 0 } else { 2 + 6 * self.subsamples.len() };
        u8::try_from(self.vector.map_or(0, |vector| vector.len()) + subsamples).unwrap_or(u8::MAX)
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.vector.iter().flatten());
        if !self.subsamples.is_empty() {
            put_u16(out, u16::try_from(self.subsamples.len()).unwrap_or(u16::MAX));
            for subsample in &self.subsamples {
                put_u16(out, subsample.clear);
                put_u32(out, subsample.protected);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::bmff::init;
    use shared::protection::KeyId;
    use shared::testkit::{FakeTrack, fake_header};

    fn track(scheme: Scheme, is_video: bool, has_clear_entry: bool) -> TrackEncryption {
        let (iv_size, constant_iv) = if scheme == Scheme::Cenc { (8, None) } else { (0, Some([0xcd; 16])) };
        let (key_id, pattern) = (KeyId([0xab; 16]), scheme.pattern(is_video));
        let encryption = Encryption { protected: true, pattern, iv_size, key_id, constant_iv };
        TrackEncryption { scheme, encryption, is_video, has_clear_entry }
    }

    #[test]
    fn a_track_says_what_it_was_and_which_key_it_needs() {
        let picture = fake_header(FakeTrack::Video { width: 64, height: 36 }, 24);
        let clear = init::read(&picture).unwrap();
        let written = protected_init(&picture, &track(Scheme::Cenc, true, true), &[]).unwrap();
        let read = init::read(&written).unwrap();
        let protection = read.protection.clone().unwrap();
        assert_eq!((protection.scheme.0, protection.key_id()), (*b"cenc", Some(KeyId([0xab; 16]))));
        assert_eq!((&read.codec, &read.config, &read.kind), (&clear.codec, &clear.config, &clear.kind));
        let second = read.described(2).into_owned();
        assert_eq!((second.protection, second.codec), (None, clear.codec));
    }

    #[test]
    fn sound_in_block_chaining_mode_has_all_in_its_track() {
        let written = protected_init(&fake_header(FakeTrack::Audio, 48_000), &track(Scheme::Cbcs, false, false), &[]);
        let written = written.unwrap();
        let at = written.windows(4).position(|kind| kind == b"tenc").unwrap();
        assert_eq!(written[at + 4..at + 12], [1, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(written[at + 28], 16);
        assert_eq!(written[at + 29..at + 45], [0xcd; 16]);
        assert!(written.windows(4).any(|kind| kind == b"enca"));
        assert_eq!(fragment_boxes(&[SampleAuxiliary::default(), SampleAuxiliary::default()], 100), Vec::<u8>::new());
    }

    #[test]
    fn the_offset_leads_to_the_first_entry() {
        let sample = |vector: u8, protected| SampleAuxiliary {
            vector: Some([vector; 8]),
            subsamples: vec![Subsample { clear: 100, protected }; usize::from(vector)],
        };
        let boxes = fragment_boxes(&[sample(1, 16), sample(2, 32)], 100);
        let offset = boxes.windows(4).position(|kind| kind == b"saio").unwrap() + 12;
        let offset = u32::from_be_bytes(boxes[offset..offset + 4].try_into().unwrap()) as usize;
        assert_eq!(boxes[offset - 100..][..18], [1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 100, 0, 0, 0, 16, 2, 2]);
        assert_eq!(boxes[12..19], [0, 0, 0, 0, 2, 16, 22], "sizes of both, since they differ");
    }
}
