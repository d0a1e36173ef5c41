//! Small media for unit tests: boxes without an encoder. The track is video at 1000 ticks a second, and a sample lasts
//! 40 of them.

use bytes::Bytes;
use shared::bmff::write::{boxed, full, put_u32, put_u64};
use shared::testkit::{FakeTrack, fake_header};

/// How long a sample lasts, in ms.
pub(crate) const SAMPLE_MS: u64 = 40;

/// An initialization segment.
pub(crate) fn init() -> Bytes {
    fake_header(FakeTrack::Video { width: 64, height: 36 }, 1000).into()
}

/// A coded picture that says `text`: one NAL unit behind its length.
pub(crate) fn sample(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_be_bytes(), text.as_bytes()].concat()
}

/// `moof` and `mdat` with these samples, the first at `start_ms`.
pub(crate) fn fragment(start_ms: u64, samples: &[Vec<u8>]) -> Bytes {
    let mut out = vec![];
    let mut offset_at = 0;
    boxed(&mut out, b"moof", |out| {
        full(out, b"mfhd", 0, 0, |out| put_u32(out, 1));
        boxed(out, b"traf", |out| {
            full(out, b"tfhd", 0, 0x02_0008, |out| {
                put_u32(out, 1);
                put_u32(out, SAMPLE_MS as u32);
            });
            full(out, b"tfdt", 1, 0, |out| put_u64(out, start_ms));
            full(out, b"trun", 0, 0x201, |out| {
                put_u32(out, samples.len() as u32);
                offset_at = out.len();
                put_u32(out, 0);
                for sample in samples {
                    put_u32(out, sample.len() as u32);
                }
            });
        });
    });
    let data = out.len() as u32 + 8;
    out[offset_at..offset_at + 4].copy_from_slice(&data.to_be_bytes());
    boxed(&mut out, b"mdat", |out| out.extend(samples.concat()));
    out.into()
}

/// Fragments of two samples each, which say their times, from `start_ms` on.
pub(crate) fn fragments(start_ms: u64, count: u64) -> Vec<Bytes> {
    let one = |n: u64| {
        let start = start_ms + n * 2 * SAMPLE_MS;
        fragment(start, &[start, start + SAMPLE_MS].map(|time| sample(&time.to_string())))
    };
    (0..count).map(one).collect()
}
