//! Reading what the testkit writes, what a foreign library writes, and what is broken.

use super::entry::{Audio, MediaKind};
use super::write::{boxed, full, put_u32, put_u64};
use super::{fragment, init, tree};
use crate::testkit::{FakeTrack, fake_header};

fn video() -> init::Track {
    init::read(&fake_header(FakeTrack::Video { width: 640, height: 360 }, 12_288)).unwrap()
}

#[test]
fn a_video_track() {
    let track = video();
    assert_eq!((track.id, track.timescale.get(), track.shift), (1, 12_288, 0));
    assert_eq!(track.codec.to_string(), "avc1.64001f");
    assert_eq!(track.config[..4], [1, 0x64, 0, 0x1f]);
    let MediaKind::Video(video) = track.kind else { panic!("{:?}", track.kind) };
    assert_eq!((video.width, video.height, video.sar, video.nal_length), (640, 360, Some((1, 1)), Some(4)));
    assert_eq!(video.colour.map(|c| c.transfer), Some(1));
}

#[test]
fn an_audio_track() {
    let track = init::read(&fake_header(FakeTrack::Audio, 48_000)).unwrap();
    assert_eq!(track.codec.to_string(), "mp4a.40.2");
    assert_eq!(track.config, [0x11, 0x90]);
    assert_eq!(track.kind, MediaKind::Audio(Audio { rate: 48_000, channels: 2 }));
}

#[test]
fn what_is_no_init_segment_is_said() {
    let error = |bytes: &[u8]| init::read(bytes).unwrap_err().to_string();
    assert!(error(b"").contains("no `moov`"));
    assert!(error(b"\0\0\0\x08moov").contains("has no track"));
    assert!(error(b"<!DOCTYPE html>").contains("claims"));
}

/// Every cut of a header is refused or read, never a panic; so is every single byte set to 0xff.
#[test]
fn damage_is_survived() {
    for track in [FakeTrack::Audio, FakeTrack::Video { width: 640, height: 360 }] {
        let whole = fake_header(track, 48_000);
        for at in 0..whole.len() {
            let _ = init::read(&whole[..at]);
            let mut hurt = whole.clone();
            hurt[at] = 0xff;
            let _ = init::read(&hurt);
        }
    }
}

/// A fragment with two samples of four bytes in two runs, the flags by default, from a foreign writer.
fn foreign_fragment(data_offset: i32) -> Vec<u8> {
    use mp4_atom::{Encode, Mfhd, Moof, Tfdt, Tfhd, Traf, Trun, TrunEntry, TrunSamples};
    let run = |data_offset, cts| Trun {
        data_offset,
        samples: TrunSamples::Explicit(vec![TrunEntry { size: Some(4), cts: Some(cts), ..TrunEntry::default() }]),
    };
    let moof = Moof {
        mfhd: Mfhd { sequence_number: 1 },
        traf: vec![Traf {
            tfhd: Tfhd {
                track_id: 1,
                default_sample_duration: Some(512),
                default_sample_flags: Some(0x0101_0000),
                default_base_is_moof: true,
                ..Tfhd::default()
            },
            tfdt: Some(Tfdt { base_media_decode_time: 1024 }),
            trun: vec![run(Some(data_offset), 512), run(None, -512)],
            ..Traf::default()
        }],
    };
    let mut out = vec![];
    moof.encode(&mut out).unwrap();
    boxed(&mut out, b"mdat", |out| out.extend_from_slice(b"aaaabbbb"));
    out
}

fn first_of(fragment: &[u8]) -> i32 {
    i32::try_from(fragment.len() - 8).unwrap()
}

#[test]
fn runs_follow_each_other_and_fragments_add_up() {
    let one = foreign_fragment(0);
    let one = foreign_fragment(first_of(&one));
    let two = [one.clone(), one.clone()].concat();
    let track = init::Track { shift: -512, ..video() };
    let samples = fragment::samples(&track, &two).unwrap();
    let seen: Vec<_> = samples.iter().map(|s| (&two[s.range.clone()], s.pts.ticks, s.dts.ticks, s.key)).collect();
    let (a, b): (&[u8], &[u8]) = (b"aaaa", b"bbbb");
    assert_eq!(seen[..2], [(a, 1024, 512, false), (b, 512, 1024, false)]);
    assert_eq!(seen[2..], seen[..2]);
}

#[test]
fn samples_outside_the_segment_are_refused() {
    for offset in [-10_000, i32::MAX] {
        let error = fragment::samples(&video(), &foreign_fragment(offset)).unwrap_err().to_string();
        assert!(error.contains("outside the segment"), "{error}");
    }
}

#[test]
fn what_lies_in_a_segment_that_ends_too_early_is_read() {
    let one = foreign_fragment(first_of(&foreign_fragment(0)));
    let two = [one.clone(), one.clone()].concat();
    let count = |cut: usize| fragment::samples(&video(), &two[..two.len() - cut]).unwrap().len();
    assert_eq!([0, 1, 4, 5, 20, one.len()].map(count), [4, 3, 3, 2, 2, 2]);
}

#[test]
fn a_run_that_claims_billions_of_empty_samples_is_refused() {
    let mut out = vec![];
    boxed(&mut out, b"moof", |out| {
        boxed(out, b"traf", |out| {
            full(out, b"tfhd", 0, 0, |out| put_u32(out, 1));
            full(out, b"tfdt", 1, 0, |out| put_u64(out, 0));
            full(out, b"trun", 0, 0, |out| put_u32(out, u32::MAX));
        });
    });
    let error = fragment::samples(&video(), &out).unwrap_err().to_string();
    assert!(error.contains("more than"), "{error}");
}

#[test]
fn samples_that_overlap_are_refused() {
    let mut out = vec![];
    boxed(&mut out, b"moof", |out| {
        boxed(out, b"traf", |out| {
            full(out, b"tfhd", 0, 0x10, |out| {
                put_u32(out, 1);
                put_u32(out, 100);
            });
            full(out, b"tfdt", 1, 0, |out| put_u64(out, 0));
            for _ in 0..50 {
                full(out, b"trun", 0, 1, |out| {
                    put_u32(out, 1);
                    put_u32(out, 0);
                });
            }
        });
    });
    let error = fragment::samples(&video(), &out).unwrap_err().to_string();
    assert!(error.contains("bytes in all"), "{error}");
}

/// The body of the `stsd` of a header's track.
fn stsd(header: &mut [tree::BoxNode]) -> &mut Vec<u8> {
    header[1].descend_mut(&[b"trak", b"mdia", b"minf", b"stbl", b"stsd"]).unwrap().bytes_mut().unwrap()
}

/// A header whose track has an entry for each of these widths.
fn header_of(widths: &[u16]) -> Vec<u8> {
    let read = |width: &u16| tree::parse(&fake_header(FakeTrack::Video { width: *width, height: 360 }, 1000)).unwrap();
    let mut all: Vec<_> = widths.iter().map(read).collect();
    let entries: Vec<u8> = all.iter_mut().flat_map(|header| stsd(header)[8..].to_vec()).collect();
    *stsd(&mut all[0]) = [&[0; 4][..], &(widths.len() as u32).to_be_bytes(), &entries].concat();
    tree::to_bytes(&all[0])
}

#[test]
fn a_fragment_says_which_sample_entry_describes_it() {
    let track = init::read(&header_of(&[320, 640, 1280])).unwrap();
    let width = |entry: u32| match track.described(entry).kind {
        MediaKind::Video(video) => video.width,
        ref other => panic!("{other:?}"),
    };
    assert_eq!([1, 2, 3].map(width), [320, 640, 1280]);
    assert_eq!([0, 4, u32::MAX].map(width), [320; 3], "numbers that the header does not have");
    let fragment = |entry: Option<u32>| {
        let mut out = vec![];
        boxed(&mut out, b"moof", |out| {
            boxed(out, b"traf", |out| {
                full(out, b"tfhd", 0, if entry.is_some() { 2 } else { 0 }, |out| {
                    put_u32(out, 1);
                    if let Some(entry) = entry {
                        put_u32(out, entry);
                    }
                });
                full(out, b"tfdt", 1, 0, |out| put_u64(out, 0));
                full(out, b"trun", 0, 0, |out| put_u32(out, 1));
            });
        });
        fragment::samples(&track, &out).unwrap()[0].entry
    };
    assert_eq!([fragment(Some(3)), fragment(None)], [3, 1], "its own, else that of `trex`");
}

#[test]
fn tracks_beside_the_one_that_is_read_are_named() {
    let mut both = tree::parse(&fake_header(FakeTrack::Video { width: 640, height: 360 }, 1000)).unwrap();
    let mut sound = tree::parse(&fake_header(FakeTrack::Audio, 48_000)).unwrap();
    let of_sound = sound[1].children_mut().unwrap().iter().find(|node| node.kind == b"trak").unwrap().clone();
    assert!(crate::media::beside(&tree::to_bytes(&both)).is_empty());
    both[1].children_mut().unwrap().push(of_sound);
    assert_eq!(crate::media::beside(&tree::to_bytes(&both)), ["audio"]);
    assert!(crate::media::beside(b"\0\0\0\x08moof").is_empty());
}

#[test]
fn other_tracks_are_not_ours() {
    let track = init::Track { id: 2, ..video() };
    assert_eq!(fragment::samples(&track, &foreign_fragment(0)).unwrap(), []);
}
