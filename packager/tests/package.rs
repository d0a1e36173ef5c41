//! A film of our own becomes a package; foreign eyes look at it: the shared readers, and the marks in the pictures.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;
#[path = "common/media.rs"]
mod media;

use common::{Place, verdict};
use media::{load, with_luma};
use shared::mpd::ContentType;
use shared::testcard;
use shared_av::{PixelFormat, Scaler};
use std::fs;

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
    let mut grey = Scaler::new(426, 240, PixelFormat::Gray8, shared_av::ColourDescription::BT709);
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
    assert_eq!(both.len(), first.len() * 2 - 2, "but for the two manifests");
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
