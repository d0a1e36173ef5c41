//! `ftyp` and `moov` as libavformat writes them before the first packet.

use crate::bmff::write::{boxed, brands, full, put_u16, put_u32, put_u64};

/// What the one track is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FakeTrack {
    /// H.264 High of this size, square pixels, BT.709.
    Video {
        /// In pixels.
        width: u16,
        /// In lines.
        height: u16,
    },
    /// AAC-LC, 48 kHz stereo.
    Audio,
}

const UNITY_MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// A header with one track of this timescale, user data included.
pub fn fake_header(track: FakeTrack, timescale: u32) -> Vec<u8> {
    let mut out = vec![];
    brands(&mut out, b"ftyp", b"iso5", &[b"iso6", b"mp41"]);
    boxed(&mut out, b"moov", |out| {
        full(out, b"mvhd", 0, 0, movie_header);
        boxed(out, b"trak", |out| trak(out, track, timescale));
        boxed(out, b"mvex", |out| full(out, b"trex", 0, 0, |out| words(out, &[1, 1, 0, 0, 0])));
        boxed(out, b"udta", |out| boxed(out, b"meta", |out| put_u32(out, 0)));
    });
    out
}

fn words(out: &mut Vec<u8>, words: &[u32]) {
    for &word in words {
        put_u32(out, word);
    }
}

fn movie_header(out: &mut Vec<u8>) {
    words(out, &[0, 0, 1000, 0, 0x1_0000, 0x0100_0000, 0, 0]);
    words(out, &UNITY_MATRIX);
    words(out, &[0, 0, 0, 0, 0, 0, 2]);
}

fn trak(out: &mut Vec<u8>, track: FakeTrack, timescale: u32) {
    let (width, height) = match track {
        FakeTrack::Video { width, height } => (width, height),
        FakeTrack::Audio => (0, 0),
    };
    full(out, b"tkhd", 0, 3, |out| {
        words(out, &[0, 0, 1, 0, 0, 0, 0, 0, 0x0100_0000]);
        words(out, &UNITY_MATRIX);
        words(out, &[u32::from(width) << 16, u32::from(height) << 16]);
    });
    boxed(out, b"mdia", |out| {
        full(out, b"mdhd", 0, 0, |out| words(out, &[0, 0, timescale, 0, 0x55c4_0000]));
        let (handler, name): (&[u8; 4], &[u8]) = match track {
            FakeTrack::Video { .. } => (b"vide", b"VideoHandler\0"),
            FakeTrack::Audio => (b"soun", b"SoundHandler\0"),
        };
        full(out, b"hdlr", 0, 0, |out| {
            put_u32(out, 0);
            out.extend_from_slice(handler);
            words(out, &[0, 0, 0]);
            out.extend_from_slice(name);
        });
        boxed(out, b"minf", |out| media_information(out, track));
    });
}

fn media_information(out: &mut Vec<u8>, track: FakeTrack) {
    match track {
        FakeTrack::Video { .. } => full(out, b"vmhd", 0, 1, |out| put_u64(out, 0)),
        FakeTrack::Audio => full(out, b"smhd", 0, 0, |out| put_u32(out, 0)),
    }
    boxed(out, b"dinf", |out| {
        full(out, b"dref", 0, 0, |out| {
            put_u32(out, 1);
            full(out, b"url ", 0, 1, |_| {});
        });
    });
    boxed(out, b"stbl", |out| {
        full(out, b"stsd", 0, 0, |out| {
            put_u32(out, 1);
            match track {
                FakeTrack::Video { width, height } => avc1(out, width, height),
                FakeTrack::Audio => mp4a(out),
            }
        });
        for empty in [b"stts", b"stsc", b"stco"] {
            full(out, empty, 0, 0, |out| put_u32(out, 0));
        }
        full(out, b"stsz", 0, 0, |out| put_u64(out, 0));
    });
}

fn avc1(out: &mut Vec<u8>, width: u16, height: u16) {
    boxed(out, b"avc1", |out| {
        words(out, &[0, 1, 0, 0, 0, 0]);
        put_u16(out, width);
        put_u16(out, height);
        words(out, &[0x0048_0000, 0x0048_0000, 0]);
        put_u16(out, 1);
        out.extend_from_slice(&[0; 32]);
        words(out, &[0x0018_ffff]);
        boxed(out, b"avcC", |out| {
            out.extend_from_slice(&[1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x64, 0, 0x1f, 1, 0, 2, 0x68, 0xee]);
            out.extend_from_slice(&[0xfd, 0xf8, 0xf8, 0]);
        });
        boxed(out, b"colr", |out| out.extend_from_slice(b"nclx\0\x01\0\x01\0\x01\0"));
        boxed(out, b"pasp", |out| words(out, &[1, 1]));
    });
}

fn mp4a(out: &mut Vec<u8>) {
    boxed(out, b"mp4a", |out| {
        words(out, &[0, 1, 0, 0]);
        put_u16(out, 2);
        put_u16(out, 16);
        words(out, &[0, 48_000 << 16]);
        full(out, b"esds", 0, 0, |out| {
            out.extend_from_slice(&[3, 0x19, 0, 1, 0, 4, 0x11, 0x40, 0x15, 0, 0, 0]);
            words(out, &[128_000, 128_000]);
            out.extend_from_slice(&[5, 2, 0x11, 0x90, 6, 1, 2]);
        });
    });
}
