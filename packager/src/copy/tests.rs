//! Sets of inputs as facts: what becomes of them, and why they are refused.

use super::compose::compose;
use super::facts::{InputFacts, Origin, TrackFacts};
use super::starts::Start;
use crate::error::{Exit, PackagerError};
use crate::layout::Addressing;
use crate::plan::tests::{identity, wishes};
use crate::plan::{How, Plan, Wishes};
use shared::bmff::entry::{Audio, MediaKind, Video};
use shared::codec;
use shared::time::Timescale;
use shared_av::StreamPurpose;

/// Pictures of 25 a second, in milliseconds, with closed groups of so many seconds.
fn pictures(codecs: &str, seconds: u32, group: u32) -> TrackFacts {
    let start = |n: u32| Start {
        sample: n * group * 25,
        ticks: i64::from(n * group) * 1000,
        earliest: i64::from(n * group) * 1000,
        is_closed: true,
    };
    TrackFacts {
        track: 1,
        timescale: Timescale::new(1000).unwrap(),
        codec: codec::parse(codecs),
        media: MediaKind::Video(Video { width: 640, height: 360, sar: None, colour: None, nal_length: Some(4) }),
        language: None,
        title: None,
        purpose: StreamPurpose::Programme,
        is_default: true,
        shift: -80,
        earlier: 0,
        decoded_at: -80,
        samples: 0..seconds * 25,
        presented: 0..i64::from(seconds) * 1000,
        lasts: i64::from(seconds) * 1000,
        bytes: u64::from(seconds) * 100_000,
        usual: (40, true),
        starts: (0..seconds.div_ceil(group)).map(start).collect(),
        identity: 0,
    }
}

/// Packets of 1024 samples, the first of which is priming.
fn sound(language: &str, seconds: u32, identity: u64) -> TrackFacts {
    let samples = seconds * 48_000 / 1024 + 1;
    TrackFacts {
        timescale: Timescale::new(48_000).unwrap(),
        codec: codec::parse("mp4a.40.2"),
        media: MediaKind::Audio(Audio { rate: 48_000, channels: 2 }),
        language: Some(language.into()),
        shift: -1024,
        decoded_at: -1024,
        samples: 0..samples,
        presented: -1024..i64::from(samples - 1) * 1024,
        lasts: i64::from(samples) * 1024,
        bytes: u64::from(seconds) * 16_000,
        usual: (1024, true),
        starts: vec![],
        identity,
        ..pictures("avc1", 1, 1)
    }
}

fn input(name: &str, tracks: Vec<TrackFacts>) -> InputFacts {
    InputFacts { name: name.into(), origin: Origin::Film, tracks, left_out: vec![], notes: vec![] }
}

fn composed(inputs: &[InputFacts], wishes: &Wishes) -> Result<super::Composed, PackagerError> {
    let packets = |_: usize, track: &TrackFacts| Ok((0..track.samples.end).map(|n| i64::from(n) * 1024).collect());
    compose(inputs, identity(), wishes, &packets)
}

const HIGH: &str = "avc1.640028";

fn refusal(second: TrackFacts) -> String {
    let inputs = [input("a.mp4", vec![pictures(HIGH, 12, 2)]), input("b.mp4", vec![second])];
    let refused = composed(&inputs, &wishes()).unwrap_err();
    assert_eq!(refused.exit, Exit::NotMedia);
    refused.message
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.renditions.iter().map(|rendition| rendition.id.as_str()).collect()
}

#[test]
fn pictures_come_best_first_and_sound_once() {
    let small = TrackFacts {
        media: MediaKind::Video(Video { width: 320, height: 180, sar: None, colour: None, nal_length: Some(4) }),
        bytes: 300_000,
        ..pictures(HIGH, 12, 2)
    };
    let inputs = [
        input("low.mp4", vec![small, sound("eng", 12, 7)]),
        input("high.mp4", vec![pictures(HIGH, 12, 2), sound("en", 12, 7), sound("deu", 12, 8)]),
    ];
    let composed = composed(&inputs, &wishes()).unwrap();
    let expected = ["h264-640x360-800k", "h264-320x180-200k", "aac-1-en-2ch-127k", "aac-2-de-2ch-127k"];
    assert_eq!(ids(&composed.plan), expected);
    assert_eq!(composed.left_out, ["the sound of high.mp4: it is that of low.mp4"]);
    assert_eq!(composed.notes, ["3 segments; the longest lasts 4.000 s, the mean is 4.000 s"]);
    let froms: Vec<usize> = composed.plan.renditions.iter().map(|rendition| rendition.from).collect();
    assert_eq!(froms, [0, 0, 1, 2]);
    let How::Copy(sound) = &composed.plan.renditions[2].how else { panic!("{:?}", composed.plan) };
    let firsts: Vec<u32> = sound.segments.iter().map(|segment| segment.first).collect();
    // 4 s are 187.5 packets behind the priming, 8 s are 375.
    assert_eq!((firsts, sound.delay), (vec![0, 189, 376], 1024));
}

#[test]
fn what_players_could_not_switch_between_is_refused_with_its_place() {
    let ten_bits = refusal(pictures("avc1.6e0028", 12, 2));
    assert!(
        ten_bits.contains("b.mp4: from 0.000 s on its pictures have 10 bits a sample, those of a.mp4 8"),
        "{ten_bits}"
    );
    let faster = refusal(TrackFacts { usual: (33, true), ..pictures(HIGH, 12, 2) });
    assert!(faster.contains("b.mp4: from 0.000 s on it has 30.303 pictures a second, a.mp4 has 25.000"), "{faster}");
    let shifted = refusal(TrackFacts { presented: 10..12_010, ..pictures(HIGH, 12, 2) });
    assert!(shifted.contains("b.mp4: its pictures begin at 0.010 s, those of a.mp4 at 0.000 s"), "{shifted}");
    let short = refusal(pictures(HIGH, 7, 2));
    assert!(short.contains("b.mp4: its pictures end at 7.000 s, those of a.mp4 at 12.000 s"), "{short}");
    let other = refusal(pictures(HIGH, 12, 10));
    assert!(other.contains("b.mp4: at 2.000 s it has no key frame, where a.mp4 begins a closed group"), "{other}");
    let mut open = pictures(HIGH, 12, 2);
    for start in &mut open.starts[1..] {
        start.is_closed = false;
    }
    let open = refusal(open);
    assert!(open.contains("b.mp4: at 2.000 s it begins an open group, where a.mp4"), "{open}");
}

#[test]
fn twice_the_rate_and_another_codec_are_the_same_film() {
    let double = TrackFacts { usual: (20, true), ..pictures(HIGH, 12, 2) };
    let inputs = |second| [input("a.mp4", vec![pictures(HIGH, 12, 2)]), input("b.mp4", vec![second])];
    assert!(composed(&inputs(double), &wishes()).is_ok());
    let other = TrackFacts { usual: (33, true), ..pictures("hvc1.2.4.L120.B0", 12, 4) };
    assert!(composed(&inputs(other), &wishes()).is_ok());
}

#[test]
fn an_open_group_is_told_of_a_rendition_alone() {
    let mut open = pictures(HIGH, 12, 2);
    for start in &mut open.starts[1..] {
        (start.is_closed, start.earliest) = (false, start.ticks - 80);
    }
    let composed = composed(&[input("a.mp4", vec![open, sound("eng", 12, 1)])], &wishes()).unwrap();
    assert!(
        composed.notes[0].contains("a.mp4: its groups of pictures are open (first at 4.000 s)"),
        "{:?}",
        composed.notes
    );
    let How::Copy(track) = &composed.plan.renditions[0].how else { panic!("{:?}", composed.plan) };
    let segments: Vec<(u32, i64)> = track.segments.iter().map(|segment| (segment.first, segment.time)).collect();
    assert_eq!((track.access, segments), (3, vec![(0, 0), (100, 3920), (200, 7920)]));
}

#[test]
fn one_duration_for_all_needs_equal_segments() {
    let mut uneven = pictures(HIGH, 12, 2);
    uneven.starts.remove(2);
    let wishes = Wishes { addressing: Addressing::Number, ..wishes() };
    let refused = composed(&[input("a.mp4", vec![uneven])], &wishes).unwrap_err();
    assert!(refused.message.contains("that at 2.000 s lasts 6.000 s, the first one 2.000 s"), "{refused}");
    assert!(composed(&[input("a.mp4", vec![pictures(HIGH, 12, 2)])], &wishes).is_ok());
}

#[test]
fn sound_that_comes_long_before_the_pictures_is_left_out() {
    let late = TrackFacts { shift: 920, presented: 1000..13_000, ..pictures(HIGH, 12, 2) };
    let starts =
        late.starts.iter().map(|start| Start { ticks: start.ticks + 1000, earliest: start.earliest + 1000, ..*start });
    let late = TrackFacts { starts: starts.collect(), ..late };
    let composed = composed(&[input("a.mp4", vec![late, sound("eng", 13, 1)])], &wishes()).unwrap();
    assert!(
        composed.notes.iter().any(|note| note.contains("left out: 39 packets of sound of a.mp4 that come long before")),
        "{:?}",
        composed.notes
    );
    let How::Copy(pictures) = &composed.plan.renditions[0].how else { panic!("{:?}", composed.plan) };
    assert_eq!((pictures.segments[0].time, pictures.shift, pictures.ends_at), (0, -80, 12_000));
}

#[test]
fn sound_that_goes_on_long_behind_the_pictures_is_left_out_there() {
    let inputs = [input("a.mp4", vec![pictures(HIGH, 12, 2), sound("eng", 30, 1)])];
    let composed = composed(&inputs, &wishes()).unwrap();
    let How::Copy(track) = &composed.plan.renditions[1].how else { panic!("{:?}", composed.plan) };
    // The last segment goes on for up to the length of one.
    assert_eq!((track.segments.len(), track.end, track.ends_at), (3, 751, 750 * 1024));
    assert!(composed.notes.iter().any(|note| note.contains("packets of sound of a.mp4 that come long behind")));
}

#[test]
fn inputs_that_do_not_say_where_the_film_begins_are_moved_together() {
    let moved = |by: i64| {
        let of = pictures(HIGH, 12, 2);
        let start = |start: &Start| Start { ticks: start.ticks + by, earliest: start.earliest + by, ..*start };
        TrackFacts { starts: of.starts.iter().map(start).collect(), presented: by..12_000 + by, ..of }
    };
    let nearly = |by| InputFacts { origin: Origin::Nearly, ..input("b.mkv", vec![moved(by)]) };
    assert!(composed(&[input("a.mp4", vec![pictures(HIGH, 12, 2)]), nearly(23)], &wishes()).is_ok());
    assert!(composed(&[input("a.mp4", vec![pictures(HIGH, 12, 2)]), nearly(500)], &wishes()).is_err());
    let anywhere = |by| InputFacts { origin: Origin::Anywhere, ..nearly(by) };
    assert!(composed(&[anywhere(90_000), input("a.mp4", vec![pictures(HIGH, 12, 2)])], &wishes()).is_ok());
}

#[test]
fn sound_alone_is_cut_at_the_multiples() {
    let composed = composed(&[input("a.m4a", vec![sound("eng", 9, 1)])], &wishes()).unwrap();
    let How::Copy(track) = &composed.plan.renditions[0].how else { panic!("{:?}", composed.plan) };
    assert_eq!(track.segments.iter().map(|segment| segment.first).collect::<Vec<_>>(), [0, 189]);
    assert!(composed.plan.segment_duration().as_secs_f64() > 3.9);
}

#[test]
fn nothing_to_copy_is_no_film() {
    let empty = InputFacts {
        left_out: vec!["the sound of a.mp4: its format (xyz) is not copied".into()],
        ..input("a.mp4", vec![])
    };
    let refused = composed(&[empty], &wishes()).unwrap_err();
    assert_eq!((refused.exit, refused.message.contains("xyz")), (Exit::NotMedia, true));
}

/// Whatever a file says of its times, it is refused or its facts can be computed with.
#[test]
fn times_beyond_all_bounds_are_refused() {
    use super::edits::Presented;
    use super::table::SampleTable;
    use super::used::Used;
    for (start, duration) in [(i64::MAX, 1), (i64::MIN, 1), (0, u32::MAX), (1 << 59, 40)] {
        let mut table = SampleTable::starting_at(start);
        table.push_durations(u32::MAX, duration);
        for at in 0..1000 {
            table.push_bytes(1, at);
        }
        let track = TrackFacts { samples: 0..1000, ..pictures(HIGH, 40, 2) };
        assert!(Used::of(&table, &track, Presented::default()).is_err(), "{start} {duration}");
        assert!(table.ticks() >= 0);
    }
    let mut table = SampleTable::default();
    table.push_durations(100, 40);
    table.push_offsets(50, 80);
    table.push_offsets(1, 90_000);
    for at in 0..100 {
        table.push_bytes(1, at);
    }
    let told = Used::of(&table, &pictures(HIGH, 4, 2), Presented::default()).err().unwrap_or_default();
    assert_eq!(told, "the times of a sample contradict each other at 1.920 s");
}
