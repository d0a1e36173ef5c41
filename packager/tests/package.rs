//! A film of our own becomes a package; foreign eyes look at it: the shared readers, and the marks in the pictures.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use shared::bmff;
use shared::mpd::{self, ContentType};
use shared::testcard::{self, Luma};
use shared::time::PresentationTime;
use shared_av::{
    AudioDecoder, ChannelLayout, Codec, DecoderConfig, PixelFormat, Resampler, Scaler, VideoDecoder, VideoFrame,
};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// One Representation as a player would read it.
struct Media {
    track: bmff::Track,
    segments: Vec<Vec<u8>>,
    starts: Vec<PresentationTime>,
}

/// The Representations of one kind in a package, best first.
fn load(folder: &Path, content: ContentType) -> Vec<Media> {
    let manifest = folder.join("manifest.mpd").canonicalize().unwrap();
    let url = url::Url::from_file_path(&manifest).unwrap();
    let (presentation, warnings) = mpd::read(&fs::read(&manifest).unwrap(), &url).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let sets = presentation.periods[0].sets.iter().filter(|set| set.content == content);
    let read = |resource: &shared::addressing::Resource, base| {
        fs::read(resource.url(base).unwrap().to_file_path().unwrap()).unwrap()
    };
    sets.flat_map(|set| &set.representations)
        .map(|representation| {
            let base = &representation.locations[0].base;
            let init = read(representation.init.as_ref().unwrap(), base);
            let positions = 0..representation.index.len();
            let references: Vec<_> = positions.map(|n| representation.index.get(n).unwrap()).collect();
            Media {
                track: bmff::init::read(&init).unwrap(),
                segments: references.iter().map(|r| read(&r.resource, base)).collect(),
                starts: references.iter().map(|r| r.time.start).collect(),
            }
        })
        .collect()
}

impl Media {
    /// Access units in decoding order with their presentation times.
    fn samples(&self) -> Vec<(&[u8], PresentationTime)> {
        let one = |segment: &'_ Vec<u8>| {
            let samples = bmff::fragment::samples(&self.track, segment).unwrap();
            samples.into_iter().map(|s| (s.range, s.pts.presentation())).collect::<Vec<_>>()
        };
        self.segments
            .iter()
            .flat_map(|segment| one(segment).into_iter().map(|(range, pts)| (&segment[range], pts)))
            .collect()
    }

    fn pictures(&self) -> Vec<VideoFrame> {
        let config = DecoderConfig::video(Codec::H264, self.track.config.clone(), 0, 0, 1);
        let mut decoder = VideoDecoder::new(&config).unwrap();
        let mut frames = Vec::new();
        for (data, pts) in self.samples() {
            decoder.send(data, Some(pts), None).unwrap();
            while let Some(frame) = decoder.receive().unwrap() {
                frames.push(frame);
            }
        }
        decoder.finish();
        while let Some(frame) = decoder.receive().unwrap() {
            frames.push(frame);
        }
        frames
    }

    /// One channel of sound at 48 kHz from presentation time 0 on.
    fn sound(&self) -> Vec<f32> {
        let config = DecoderConfig::audio(Codec::Aac, self.track.config.clone(), 48_000, 2);
        let mut decoder = AudioDecoder::new(&config).unwrap();
        let mut resampler = Resampler::new(48_000, ChannelLayout::Mono);
        let (mut sound, mut first) = (Vec::new(), None);
        for (data, pts) in self.samples() {
            decoder.send(data, Some(pts)).unwrap();
            while let Some(frame) = decoder.receive().unwrap() {
                first = first.or(frame.pts());
                resampler.convert(&frame, &mut sound).unwrap();
            }
        }
        let before_zero = first.unwrap().nanos().min(0).unsigned_abs() * 48_000 / 1_000_000_000;
        sound.split_off(before_zero as usize)
    }
}

fn with_luma<T>(frame: &VideoFrame, read: impl FnOnce(Luma<'_>) -> T) -> T {
    let plane = frame.plane(0).unwrap();
    read(Luma { data: plane.data, stride: plane.stride, width: plane.width, height: plane.height })
}

#[test]
fn every_frame_arrives_once_on_every_rung_and_the_beep_with_the_flash() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 640x360 --rate 29.97 --seconds 7");
    place.succeed("package film.mp4 --output out --segment-seconds 2 --preset ultrafast");
    place.succeed("verify out/manifest.mpd");

    let rungs = load(&place.path("out"), ContentType::Video);
    assert_eq!(rungs.len(), 2);
    let mut flashes = Vec::new();
    for rung in &rungs {
        assert_eq!(rung.starts, rungs[0].starts, "all rungs are cut at the same instants");
        let frames = rung.pictures();
        let numbers: Vec<_> = frames.iter().map(|frame| with_luma(frame, testcard::read_number)).collect();
        assert_eq!(numbers, (0..210).map(Some).collect::<Vec<_>>());
        let exact = |n: usize| n as f64 * 1001.0 / 30_000.0;
        assert!(frames.iter().enumerate().all(|(n, f)| (f.pts().unwrap().secs_f64() - exact(n)).abs() < 1e-6));
        let lit = |n: &usize| with_luma(&frames[*n], testcard::read_flash).unwrap();
        flashes = (0..frames.len()).filter(|n| lit(n) && (*n == 0 || !lit(&(n - 1)))).map(exact).collect();
    }
    let sound = &load(&place.path("out"), ContentType::Audio)[0];
    let beeps = testcard::beep_onsets(sound.sound(), 48_000);
    assert_eq!((flashes.len(), beeps.len()), (7, 7));
    for (flash, beep) in flashes.iter().zip(beeps) {
        let apart = (flash - beep as f64 / 48e3).abs();
        assert!(apart < 0.010, "flash at {flash} s, beep {apart} s apart");
    }
    // Cut where the pictures are cut, to the nearest packet.
    for (sound, picture) in sound.starts.iter().zip(&rungs[0].starts) {
        assert!(sound.offset_secs(*picture).abs() <= 512.5 / 48e3, "{sound} {picture}");
    }
}

#[test]
fn the_smallest_rung_can_still_be_read() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 1280x720 --rate 25 --seconds 1 --no-audio");
    place.succeed("package film.mp4 --output out --ladder 426x240@250");
    let rung = &load(&place.path("out"), ContentType::Video)[0];
    let mut grey = Scaler::new(426, 240, PixelFormat::Gray8, shared_av::Colour::BT709);
    for (n, frame) in rung.pictures().iter().enumerate() {
        assert_eq!(with_luma(&grey.scale(frame).unwrap(), testcard::read_number), Some(n as u32));
    }
}

#[test]
fn every_way_of_addressing_gives_the_same_film() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 10 --seconds 5");
    for addressing in ["timeline", "number", "base"] {
        let report = place.succeed(&format!(
            "package film.mp4 --output {addressing} --addressing {addressing} --segment-seconds 2 --progress json"
        ));
        let last: serde_json::Value = serde_json::from_str(report.lines().last().unwrap()).unwrap();
        assert_eq!((last["event"].as_str(), last["duration_seconds"].as_f64()), (Some("finished"), Some(5.0)));
        place.succeed(&format!("verify {addressing}/manifest.mpd"));
    }
    let base = place.list("base");
    assert_eq!(base.iter().filter(|name| name.ends_with(".mp4")).count(), 2, "{base:?}");
    assert!(!base.iter().any(|name| name.ends_with(".m4s")), "{base:?}");
}

#[test]
fn a_package_is_replaced_only_when_asked_and_the_new_one_is_complete() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 10 --seconds 3");
    place.succeed("package film.mp4 --output out");
    let first = place.list("out");
    assert_eq!(verdict(&place.run("package film.mp4 --output out")).0, Some(6));
    assert_eq!(place.list("out"), first);
    place.succeed("package film.mp4 --output out --force");
    let both = place.list("out");
    assert!(first.iter().all(|name| both.contains(name)), "players of the old manifest go on");
    assert_eq!(both.len(), first.len() * 2 - 1);
    place.succeed("package film.mp4 --output out --force --prune");
    assert_eq!(place.list("out").len(), first.len());
    place.succeed("verify out/manifest.mpd");
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 640x360 --rate 25 --seconds 1");
    let text = place.succeed("package film.mp4 --output out --dry-run --ladder 640x360@700,426x240@300");
    assert!(["640x360", "h264-640x360-700k", "h264-426x240-300k", "aac-1-2ch-128k"].iter().all(|w| text.contains(w)));
    assert_eq!(place.list(""), ["film.mp4"]);
}

#[test]
fn reproducible_means_the_same_bytes() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 10 --seconds 3");
    for folder in ["one", "two"] {
        place.succeed(&format!("package film.mp4 --output {folder} --reproducible"));
    }
    let names = place.list("one");
    assert_eq!(names, place.list("two"));
    for name in names {
        let read = |folder: &str| fs::read(place.path(folder).join(&name)).unwrap();
        assert!(read("one") == read("two"), "{name} differs");
    }
}

/// Starts packaging and ends it with a signal as soon as the first chunk is complete; more than half of the film is
/// still to do then.
fn interrupted(place: &Place, signal: &str) -> Option<i32> {
    let mut child = place
        .command("package film.mp4 --output out --progress json --preset slow --reproducible")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.find(|line| line.as_ref().unwrap().contains(r#""event":"chunk""#)).unwrap().unwrap();
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    lines.for_each(drop);
    child.wait().unwrap().code()
}

#[test]
fn an_interrupted_run_goes_on_where_it_was_and_ends_as_if_nothing_had_been() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 5 --seconds 140");
    place.succeed("package film.mp4 --output whole --preset slow --reproducible");
    for (signal, code) in [("-INT", Some(75)), ("-KILL", None)] {
        assert_eq!(interrupted(&place, signal), code);
        assert!(!place.path("out/manifest.mpd").exists());
        let (refused, said) = verdict(&place.run("package film.mp4 --output out"));
        assert!(refused == Some(6) && said.contains("--resume continues it"), "{said}");
        let report = place.run("package film.mp4 --output out --resume --preset slow --reproducible --progress json");
        let said = String::from_utf8_lossy(&report.stdout);
        let started: serde_json::Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
        assert!(started["segments_done"].as_u64().unwrap() >= 15, "{started}");
        assert!(report.status.success());
        assert_eq!(place.list("out"), place.list("whole"));
        place.succeed("package film.mp4 --output out --resume");
        for name in place.list("out") {
            let read = |folder: &str| fs::read(place.path(folder).join(&name)).unwrap();
            assert!(read("out") == read("whole"), "{name} differs after {signal}");
        }
        fs::remove_dir_all(place.path("out")).unwrap();
    }
}
