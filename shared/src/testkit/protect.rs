//! Small media under common encryption, by other hands than those of the packager: of each sample the first five bytes stay
//! clear, and whole blocks behind them are protected.

use crate::bmff::tree::{self, BoxContent, BoxNode};
use crate::bmff::write::{boxed, full, put_u16, put_u32, put_u64};
use crate::protection::{Encryption, Key, KeyId, Pattern, SampleEncryption, Scheme, Subsample, encrypt};

/// Bytes of a sample that stay clear: a length and the head of a NAL unit.
const CLEAR: usize = 5;

/// Where the fragments say how their samples are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FakeAux {
    /// In `senc`.
    Senc,
    /// Behind the samples, where `saio` points.
    Pointed,
    /// Nowhere.
    Nowhere,
}

/// How a track is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeProtection {
    /// By which scheme.
    pub scheme: Scheme,
    /// With which key.
    pub key: Key,
    /// What `tenc` says.
    pub how: Encryption,
    /// See there.
    pub aux: FakeAux,
    /// Boxes for the end of `traf`.
    pub more: Vec<u8>,
}

impl FakeProtection {
    /// By this scheme, with its usual vectors, and with the key `0011…` of the name `0102…`.
    pub fn new(scheme: Scheme) -> Self {
        let pattern = if scheme.has_pattern() { Pattern::ONE_OF_TEN } else { Pattern::default() };
        let constant_iv = (scheme == Scheme::Cbcs).then_some([3; 16]);
        let iv_size = if constant_iv.is_some() { 0 } else { 8 };
        let key_id = KeyId(std::array::from_fn(|at| at as u8 + 1));
        let key = Key(std::array::from_fn(|at| at as u8 * 0x11));
        let how = Encryption { protected: true, pattern, iv_size, key_id, constant_iv };
        Self { scheme, key, how, aux: FakeAux::Senc, more: vec![] }
    }

    /// A header of [`fake_header`](super::fake_header) with its sample entry encrypted.
    pub fn header(&self, clear: &[u8]) -> Vec<u8> {
        let mut boxes = tree::parse(clear).unwrap_or_default();
        let path: [&[u8; 4]; 5] = [b"trak", b"mdia", b"minf", b"stbl", b"stsd"];
        let stsd = boxes.iter_mut().find(|found| found.kind == b"moov").and_then(|moov| moov.descend_mut(&path));
        if let Some(BoxNode { content: BoxContent::Bytes(body), .. }) = stsd {
            let original: [u8; 4] = body[12..16].try_into().unwrap_or_default();
            body[12..16].copy_from_slice(if &original == b"mp4a" { b"enca" } else { b"encv" });
            self.sinf(body, &original);
            let size = (body.len() - 8) as u32;
            body[8..12].copy_from_slice(&size.to_be_bytes());
        }
        tree::to_bytes(&boxes)
    }

    fn sinf(&self, out: &mut Vec<u8>, original: &[u8; 4]) {
        boxed(out, b"sinf", |out| {
            boxed(out, b"frma", |out| out.extend(original));
            full(out, b"schm", 0, 0, |out| {
                out.extend(self.scheme.name().bytes());
                put_u32(out, 0x1_0000);
            });
            boxed(out, b"schi", |out| self.how.write_tenc(out));
        });
    }

    /// `moof` and `mdat` of track 1 with these samples, the first at `start`, each `duration` long.
    pub fn fragment(&self, start: u64, duration: u32, samples: &[Vec<u8>]) -> Vec<u8> {
        let hows: Vec<SampleEncryption> =
            samples.iter().enumerate().map(|(at, sample)| self.sample(start + at as u64, sample.len())).collect();
        let mut media = vec![];
        for (sample, how) in samples.iter().zip(&hows) {
            let mut sample = sample.clone();
            let _ = encrypt(self.scheme, &self.key, how, &mut sample);
            media.extend(sample);
        }
        let aux: Vec<Vec<u8>> = hows.iter().map(|how| self.aux_fields(how)).collect();
        // Offsets are known once the length of the boxes is; it does not depend on them.
        let moof = |data: usize| self.moof(start, duration, samples, &aux, [data, data + media.len()]);
        let mut out = moof(moof(0).len() + 8);
        let behind = if self.aux == FakeAux::Pointed { aux.concat() } else { vec![] };
        boxed(&mut out, b"mdat", |out| out.extend([media, behind].concat()));
        out
    }

    fn sample(&self, number: u64, length: usize) -> SampleEncryption {
        let protected = length.saturating_sub(CLEAR) / 16 * 16;
        let clear = (length - protected) as u16;
        let mut iv = [0; 16];
        iv[..8].copy_from_slice(&number.to_be_bytes());
        SampleEncryption {
            key_id: self.how.key_id,
            pattern: self.how.pattern,
            iv: self.how.constant_iv.unwrap_or(iv),
            subsamples: vec![Subsample { clear, protected: protected as u32 }],
        }
    }

    fn aux_fields(&self, how: &SampleEncryption) -> Vec<u8> {
        let mut out = how.iv[..usize::from(self.how.iv_size)].to_vec();
        put_u16(&mut out, how.subsamples.len() as u16);
        for subsample in &how.subsamples {
            put_u16(&mut out, subsample.clear);
            put_u32(&mut out, subsample.protected);
        }
        out
    }

    fn moof(&self, start: u64, duration: u32, samples: &[Vec<u8>], aux: &[Vec<u8>], places: [usize; 2]) -> Vec<u8> {
        let mut out = vec![];
        boxed(&mut out, b"moof", |out| {
            full(out, b"mfhd", 0, 0, |out| put_u32(out, 1));
            boxed(out, b"traf", |out| {
                full(out, b"tfhd", 0, 0x02_0008, |out| {
                    put_u32(out, 1);
                    put_u32(out, duration);
                });
                full(out, b"tfdt", 1, 0, |out| put_u64(out, start));
                full(out, b"trun", 0, 0x201, |out| {
                    put_u32(out, samples.len() as u32);
                    put_u32(out, places[0] as u32);
                    for sample in samples {
                        put_u32(out, sample.len() as u32);
                    }
                });
                self.aux_boxes(out, aux, places[1]);
                out.extend(&self.more);
            });
        });
        out
    }

    fn aux_boxes(&self, out: &mut Vec<u8>, aux: &[Vec<u8>], pointed: usize) {
        match self.aux {
            FakeAux::Nowhere => {}
            FakeAux::Senc => full(out, b"senc", 0, 2, |out| {
                put_u32(out, aux.len() as u32);
                out.extend(aux.concat());
            }),
            FakeAux::Pointed => {
                full(out, b"saiz", 0, 0, |out| {
                    out.push(0);
                    put_u32(out, aux.len() as u32);
                    out.extend(aux.iter().map(|fields| fields.len() as u8));
                });
                full(out, b"saio", 0, 0, |out| {
                    put_u32(out, 1);
                    put_u32(out, pointed as u32);
                });
            }
        }
    }
}
