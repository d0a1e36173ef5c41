//! The track description of WebVTT in MP4 (ISO/IEC 14496-30 7.5), which libavformat does not write.

use shared::bmff::write::{boxed, full, put_u16, put_u32, put_u64};
use shared::time::Timescale;

/// The transformation that changes nothing (ISO/IEC 14496-12 8.2.2).
const UNITY: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// A `moov` with one track of text whose files begin with `head`.
pub fn text_header(timescale: Timescale, head: &str) -> Vec<u8> {
    let mut out = vec![];
    boxed(&mut out, b"moov", |out| {
        full(out, b"mvhd", 0, 0, |out| {
            words(out, &[0, 0, 1000, 0, 0x1_0000, 0x0100_0000, 0, 0]);
            words(out, &UNITY);
            words(out, &[0, 0, 0, 0, 0, 0, 2]);
        });
        boxed(out, b"trak", |out| track(out, timescale, head));
        boxed(out, b"mvex", |out| full(out, b"trex", 0, 0, |out| words(out, &[1, 1, 0, 0, 0])));
    });
    out
}

fn words(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        put_u32(out, *word);
    }
}

fn track(out: &mut Vec<u8>, timescale: Timescale, head: &str) {
    // Enabled, and in the movie.
    full(out, b"tkhd", 0, 3, |out| {
        words(out, &[0, 0, 1, 0, 0, 0, 0, 0, 0]);
        words(out, &UNITY);
        put_u64(out, 0);
    });
    boxed(out, b"mdia", |out| {
        full(out, b"mdhd", 0, 0, |out| words(out, &[0, 0, timescale.get(), 0, 0x55c4_0000]));
        full(out, b"hdlr", 0, 0, |out| {
            put_u32(out, 0);
            out.extend_from_slice(b"text");
            words(out, &[0, 0, 0]);
            out.extend_from_slice(b"TextHandler\0");
        });
        boxed(out, b"minf", |out| {
            full(out, b"nmhd", 0, 0, |_| {});
            boxed(out, b"dinf", |out| {
                full(out, b"dref", 0, 0, |out| {
                    put_u32(out, 1);
                    full(out, b"url ", 0, 1, |_| {});
                });
            });
            boxed(out, b"stbl", |out| samples(out, head));
        });
    });
}

fn samples(out: &mut Vec<u8>, head: &str) {
    full(out, b"stsd", 0, 0, |out| {
        put_u32(out, 1);
        boxed(out, b"wvtt", |out| {
            out.extend_from_slice(&[0; 6]);
            put_u16(out, 1);
            boxed(out, b"vttC", |out| out.extend_from_slice(head.trim_end().as_bytes()));
        });
    });
    for empty in [b"stts", b"stsc", b"stco"] {
        full(out, empty, 0, 0, |out| put_u32(out, 0));
    }
    full(out, b"stsz", 0, 0, |out| put_u64(out, 0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mux::{Timing, cmaf_init};
    use shared::bmff::{self, entry::MediaKind};

    #[test]
    fn our_reader_finds_the_track() {
        let timescale = Timescale::new(12_800).unwrap();
        let timing = Timing { timescale, reorder: 0, priming: 0 };
        let init = cmaf_init(&text_header(timescale, "WEBVTT\n"), timing, Some("deu")).unwrap();
        let track = bmff::init::read(&init).unwrap();
        assert_eq!(
            (track.codec.to_string().as_str(), &track.config[..], track.language.as_str()),
            ("wvtt", &b"WEBVTT"[..], "deu")
        );
        assert!(matches!(track.kind, MediaKind::Other(handler) if handler == b"text"));
    }
}
