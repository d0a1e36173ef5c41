//! Cues in samples and in files: what is good has no findings, what is not is named.

use crate::mux::{Bitstream, FragmentWriter, Packet, Timing, Wrapping, cmaf_init, text_header};
use crate::testing::ts;
use crate::verify::text::{description, file, is_read, samples};
use shared::bmff::{Track, fragment, init};
use shared::text::wvtt::{SampleCue, write_sample};

fn track(head: &str) -> Track {
    let timing = Timing { timescale: ts(1000), reorder: 0, priming: 0 };
    init::read(&cmaf_init(&text_header(ts(1000), head), timing, None).unwrap()).unwrap()
}

/// What is said of a segment of one sample.
fn said_of(sample: Vec<u8>) -> Option<String> {
    let timing = Timing { timescale: ts(1000), reorder: 0, priming: 0 };
    let packet = Packet { data: sample.into(), pts: 0, dts: 0, duration: 500, key: true };
    let writer = FragmentWriter::new("t", timing, Bitstream::Plain, Wrapping::Segment);
    let (bytes, _) = writer.segment(1, &[packet]).unwrap();
    let track = track("WEBVTT");
    samples(&track, &bytes, &fragment::samples(&track, &bytes).unwrap())
}

#[test]
fn samples_are_cues_or_say_that_there_are_none() {
    let cue = SampleCue { payload: "hi".into(), ..SampleCue::default() };
    assert_eq!([said_of(write_sample(&[])), said_of(write_sample(std::slice::from_ref(&cue)))], [None, None]);
    let mut both = write_sample(&[cue]);
    both.extend(write_sample(&[]));
    assert!(said_of(both).unwrap().contains("`vtte`"));
    assert!(said_of(write_sample(&[SampleCue::default()])).unwrap().contains("without text"));
    assert!(said_of(b"hello, I am text".to_vec()).is_some());
}

#[test]
fn a_track_says_that_it_is_webvtt() {
    assert_eq!(description(&track("WEBVTT\n\nSTYLE")), Vec::<String>::new());
    assert!(description(&track("SRT"))[0].contains("vttC"));
    assert!(is_read("wvtt") && !is_read("stpp.ttml.im1t"));
}

#[test]
fn a_file_is_webvtt_from_its_beginning_to_the_end_of_its_segment() {
    let good = "WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n";
    assert_eq!(file(good.as_bytes(), 2_000_000), Vec::<String>::new());
    assert!(file(good.as_bytes(), 500_000)[0].contains("behind its segment"));
    assert!(file(b"1\n00:00:01,000 --> 00:00:02,000\nhi", 2_000_000)[0].contains("WEBVTT"));
    assert!(file(b"WEBVTT\n\n\xff", 2_000_000)[0].contains("UTF-8"));
}
