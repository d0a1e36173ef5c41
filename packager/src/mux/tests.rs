//! What is written, as text and through our own reader, which shares no code with the writer.

use super::{Bitstream, FragmentWriter, MuxError, Packet, Timing, Wrapping, cmaf_init};
use crate::testing::{golden, packet, ts};
use shared::bmff::{fragment, init};
use shared::testkit::{FakeTrack, dump, fake_audio, fake_header, fake_video};

fn video_packets() -> Vec<Packet> {
    fake_video(6, 512, 6, 1).into_iter().map(packet).collect()
}

fn timing(timescale: u32, packets: &[Packet]) -> Timing {
    Timing::from_first(ts(timescale), &packets[0])
}

fn init_of(track: FakeTrack, timing: Timing) -> Vec<u8> {
    cmaf_init(&fake_header(track, timing.timescale.get()), timing, Some("deu")).unwrap()
}

#[test]
fn boxes_of_pictures() {
    let packets = video_packets();
    let timing = timing(12_288, &packets);
    let (segment, _) =
        FragmentWriter::new("v", timing, Bitstream::AnnexB, Wrapping::Segment).segment(1, &packets).unwrap();
    let init = init_of(FakeTrack::Video { width: 640, height: 360 }, timing);
    golden("video-boxes.txt", &format!("{}\n{}", dump(&init), dump(&segment)));
}

#[test]
fn boxes_of_sound() {
    let packets: Vec<Packet> = fake_audio(4, 1024, 1024, 20).into_iter().map(packet).collect();
    let timing = timing(48_000, &packets);
    let (segment, closed) =
        FragmentWriter::new("a", timing, Bitstream::Plain, Wrapping::Segment).segment(1, &packets).unwrap();
    golden("audio-boxes.txt", &format!("{}\n{}", dump(&init_of(FakeTrack::Audio, timing)), dump(&segment)));
    assert_eq!((closed.time, closed.duration), (0, 3 * 1024), "priming is not presented");
}

#[test]
fn presentation_begins_at_zero_and_every_sample_is_where_it_was() {
    let packets = video_packets();
    let timing = timing(12_288, &packets);
    let track = init::read(&init_of(FakeTrack::Video { width: 64, height: 36 }, timing)).unwrap();
    assert_eq!(track.language, "deu");
    let (segment, closed) =
        FragmentWriter::new("v", timing, Bitstream::AnnexB, Wrapping::Segment).segment(1, &packets).unwrap();
    let samples = fragment::samples(&track, &segment).unwrap();
    let seen: Vec<_> = samples.iter().map(|s| (s.pts.ticks, s.duration.ticks, s.key)).collect();
    let sent: Vec<_> = packets.iter().map(|p| (p.pts, p.duration, p.key)).collect();
    assert_eq!(seen, sent);
    for (sample, packet) in samples.iter().zip(&packets) {
        assert_eq!(segment[sample.range.clone()][4..], packet.data[4..], "the start code became a length");
    }
    assert_eq!((closed.time, closed.duration, closed.size.bytes()), (0, 6 * 512, segment.len() as u64));
}

#[test]
fn segments_join_whatever_the_encoder_says_of_decoding() {
    let packets = video_packets();
    let timing = timing(12_288, &packets);
    let writer = FragmentWriter::new("v", timing, Bitstream::AnnexB, Wrapping::Bare);
    let track = init::read(&init_of(FakeTrack::Video { width: 64, height: 36 }, timing)).unwrap();
    // A fresh encoder for the next chunk, with another idea of its delay.
    let next: Vec<Packet> =
        packets.iter().map(|p| Packet { pts: p.pts + 6 * 512, dts: p.dts + 17, ..p.clone() }).collect();
    let both = [writer.segment(1, &packets).unwrap().0, writer.segment(2, &next).unwrap().0].concat();
    let times: Vec<i64> = fragment::samples(&track, &both).unwrap().iter().map(|s| s.dts.ticks).collect();
    assert_eq!(times, (0..12).map(|n| n * 512 - 512).collect::<Vec<_>>());
}

#[test]
fn reordering_deeper_than_announced_is_written_with_signed_offsets() {
    let packets = video_packets();
    let timing = Timing { reorder: 0, ..timing(12_288, &packets) };
    let (segment, _) =
        FragmentWriter::new("v", timing, Bitstream::AnnexB, Wrapping::Bare).segment(1, &packets).unwrap();
    let track = init::read(&init_of(FakeTrack::Video { width: 64, height: 36 }, timing)).unwrap();
    let seen: Vec<i64> = fragment::samples(&track, &segment).unwrap().iter().map(|s| s.pts.ticks).collect();
    assert_eq!(seen, packets.iter().map(|p| p.pts).collect::<Vec<_>>());
}

#[test]
fn a_segment_that_nobody_can_start_at_is_refused() {
    let packets = video_packets();
    let writer = FragmentWriter::new("v720", timing(12_288, &packets), Bitstream::AnnexB, Wrapping::Segment);
    let error = writer.segment(3, &packets[1..]).unwrap_err();
    assert!(matches!(error, MuxError::NoKeyFrame { number: 3, .. }), "{error}");
    assert!(error.to_string().contains("segment 3 of v720"));
    assert!(matches!(writer.segment(3, &[]), Err(MuxError::Empty(3, _))));
}

#[test]
fn a_header_without_a_track_is_refused() {
    let timing = Timing { timescale: ts(24), reorder: 0, priming: 0 };
    for header in [&b""[..], b"\0\0\0\x08moov", b"\0\0\0\x10moov\0\0\0\x08trak"] {
        assert!(cmaf_init(header, timing, None).is_err());
    }
}
