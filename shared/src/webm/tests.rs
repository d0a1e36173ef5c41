//! Small files built element by element, and a sweep of damage over them.

use super::*;
use crate::bmff::entry::MediaKind;
use crate::codec::CodecKind;
use proptest::prelude::*;

/// An element with a size of two bytes.
fn element(id: u32, content: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let id = &id[id.iter().position(|byte| *byte != 0).unwrap()..];
    let size = (0x4000 | content.len() as u16).to_be_bytes();
    [id, &size, content].concat()
}

/// The start of an element whose size is unknown.
fn open(id: u32) -> Vec<u8> {
    [&id.to_be_bytes()[..], &[0xFF]].concat()
}

fn entry(kind: u8, codec: &str, more: &[Vec<u8>]) -> Vec<u8> {
    let mut content = element(ebml::id::TRACK_NUMBER, &[1]);
    content.extend(element(ebml::id::TRACK_TYPE, &[kind]));
    content.extend(element(ebml::id::CODEC_ID, codec.as_bytes()));
    content.extend(more.concat());
    element(ebml::id::TRACK_ENTRY, &content)
}

fn head(tracks: &[u8]) -> Vec<u8> {
    let info = [
        element(ebml::id::TIMESTAMP_SCALE, &1_000_000_u32.to_be_bytes()),
        element(ebml::id::DURATION, &4000.0_f64.to_be_bytes()),
    ];
    let mut file = element(ebml::id::EBML, b"");
    file.extend(open(ebml::id::SEGMENT));
    file.extend(element(ebml::id::INFO, &info.concat()));
    file.extend(element(ebml::id::TRACKS, tracks));
    file
}

fn opus() -> Vec<u8> {
    let sound = [element(ebml::id::SAMPLING_FREQUENCY, &48_000.0_f32.to_be_bytes()), element(ebml::id::CHANNELS, &[2])];
    let delay = element(ebml::id::CODEC_DELAY, &6_000_000_u32.to_be_bytes());
    head(&entry(2, "A_OPUS", &[element(ebml::id::AUDIO, &sound.concat()), delay]))
}

fn block(time: i16, flags: u8, data: &[u8]) -> Vec<u8> {
    [&[0x81][..], &time.to_be_bytes(), &[flags], data].concat()
}

fn clusters() -> Vec<u8> {
    let mut segment = open(ebml::id::CLUSTER);
    segment.extend(element(ebml::id::TIMESTAMP, &1000_u16.to_be_bytes()));
    segment.extend(element(ebml::id::SIMPLE_BLOCK, &block(0, 0x80, b"first")));
    segment.extend(element(ebml::id::SIMPLE_BLOCK, &block(20, 0, b"2nd")));
    let cluster = [
        element(ebml::id::TIMESTAMP, &1040_u16.to_be_bytes()),
        element(
            ebml::id::BLOCK_GROUP,
            &[element(ebml::id::BLOCK, &block(0, 0, b"third")), element(ebml::id::BLOCK_DURATION, &[30])].concat(),
        ),
    ];
    segment.extend(element(ebml::id::CLUSTER, &cluster.concat()));
    segment
}

#[test]
fn a_track_with_its_delay() {
    let track = read(&opus()).unwrap();
    assert_eq!((track.codec.kind(), track.timescale.get(), track.shift), (CodecKind::Opus, 1000, -6));
    let MediaKind::Audio(audio) = track.kind else { panic!("no sound") };
    assert_eq!((audio.rate, audio.channels), (48_000, 2));
    assert!(read(b"\0\0\0\x08ftyp").is_err());
}

#[test]
fn blocks_of_clusters_with_and_without_a_size() {
    let track = read(&opus()).unwrap();
    let segment = clusters();
    let samples = samples(&track, &segment).unwrap();
    let seen: Vec<_> =
        samples.iter().map(|s| (&segment[s.range.clone()], s.pts.ticks, s.duration.ticks, s.key)).collect();
    let expected: [(&[u8], i64, i64, bool); 3] =
        [(b"first", 994, 20, true), (b"2nd", 1014, 20, false), (b"third", 1034, 30, true)];
    assert_eq!(seen, expected);
}

#[test]
fn lacing_and_odd_clocks_are_refused_by_name() {
    let laced = element(ebml::id::CLUSTER, &element(ebml::id::SIMPLE_BLOCK, &block(0, 0x82, b"x")));
    let error = samples(&read(&opus()).unwrap(), &laced).unwrap_err();
    assert!(error.to_string().contains("lacing"), "{error}");
    let mut odd = element(ebml::id::EBML, b"");
    odd.extend(element(ebml::id::SEGMENT, &element(ebml::id::INFO, &element(ebml::id::TIMESTAMP_SCALE, &[7]))));
    assert!(read(&odd).unwrap_err().to_string().contains("units of 7 ns"));
}

#[test]
fn an_encrypted_track_says_so() {
    let encryption = element(
        ebml::id::CONTENT_ENCODINGS,
        &element(ebml::id::CONTENT_ENCODING, &element(ebml::id::CONTENT_ENCRYPTION, b"")),
    );
    let track = read(&head(&entry(1, "V_VP9", &[encryption]))).unwrap();
    assert!(track.protection.is_some());
}

#[test]
fn cues_count_from_the_segment() {
    let cue = |time: u16, position: u16| {
        let place = element(ebml::id::CUE_CLUSTER_POSITION, &position.to_be_bytes());
        let content =
            [element(ebml::id::CUE_TIME, &time.to_be_bytes()), element(ebml::id::CUE_TRACK_POSITIONS, &place)];
        element(ebml::id::CUE_POINT, &content.concat())
    };
    let cues = element(ebml::id::CUES, &[cue(2000, 900), cue(0, 400), cue(0, 400)].concat());
    assert_eq!(Cues::read(&cues).unwrap().points, [(0, 400), (2000, 900)]);
    let head = Head::read(&opus()).unwrap();
    let start = element(ebml::id::EBML, b"").len() as u64 + 5;
    assert_eq!((head.segment_start, head.segment_end, head.duration), (start, None, Some(4000)));
}

proptest! {
    #[test]
    fn damage_is_an_error_or_fewer_samples(at in 0usize..200, to: u8, cut in 0usize..200) {
        let track = read(&opus()).unwrap();
        for mut bytes in [opus(), clusters(), element(ebml::id::CUES, &clusters())] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            bytes.truncate(bytes.len().saturating_sub(cut));
            let _ = (read(&bytes), Head::read(&bytes), Cues::read(&bytes));
            for sample in samples(&track, &bytes).unwrap_or_default() {
                prop_assert!(sample.range.end <= bytes.len() && sample.range.start <= sample.range.end);
            }
        }
    }
}

#[test]
fn encrypted_tracks_are_found_by_their_place() {
    let settings = element(ebml::id::CONTENT_ENCRYPTION, b"");
    let encoding = element(ebml::id::CONTENT_ENCODINGS, &element(ebml::id::CONTENT_ENCODING, &settings));
    let tracks = [
        entry(1, "V_VP9", &[]),
        entry(2, "A_OPUS", std::slice::from_ref(&encoding)),
        entry(17, "S_TEXT/UTF8", &[encoding]),
    ];
    assert_eq!(encrypted_tracks(&head(&tracks.concat())), [1, 2]);
    assert_eq!(encrypted_tracks(&opus()), Vec::<usize>::new());
    assert_eq!(encrypted_tracks(b"\x1a\x45"), Vec::<usize>::new());
}

#[test]
fn cropped_pictures_are_found_with_their_edges() {
    let video = |fields: &[(u32, u8)]| {
        let fields: Vec<Vec<u8>> = fields.iter().map(|(id, value)| element(*id, &[*value])).collect();
        entry(1, "V_VP9", &[element(ebml::id::VIDEO, &fields.concat())])
    };
    let shape = [(ebml::id::DISPLAY_WIDTH, 240), (ebml::id::DISPLAY_HEIGHT, 140)];
    let cropped = video(&[&[(ebml::id::PIXEL_CROP_LEFT, 40), (ebml::id::PIXEL_CROP_BOTTOM, 20)][..], &shape].concat());
    let in_inches = video(&[&[(ebml::id::PIXEL_CROP_TOP, 2), (ebml::id::DISPLAY_UNIT, 2)][..], &shape].concat());
    let found = cropped_tracks(&head(&[video(&shape), cropped, in_inches].concat()));
    let expected = [
        Cropping { place: 1, edges: [40, 0, 0, 20], display: Some((240, 140)) },
        Cropping { place: 2, edges: [0, 2, 0, 0], display: None },
    ];
    assert_eq!(found, expected);
    assert_eq!(cropped_tracks(&opus()), []);
}
