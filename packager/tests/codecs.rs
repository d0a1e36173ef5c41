//! Every format, in every way of addressing: the frames arrive once each, and the manifest says exactly what they are.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;
#[path = "common/media.rs"]
mod media;

use common::Place;
use media::{load, with_luma};
use serde_json::Value;
use shared::mpd::ContentType;
use shared::testcard;

fn numbers(rung: &media::Media) -> Vec<Option<u32>> {
    rung.pictures().iter().map(|frame| with_luma(frame, testcard::read_number)).collect()
}

fn finished(report: &str) -> Value {
    let last: Value = serde_json::from_str(report.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "finished");
    last
}

#[test]
fn three_formats_in_one_manifest_each_in_a_set_of_its_own() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 25 --seconds 5");
    for addressing in ["timeline", "number", "base"] {
        place.succeed(&format!(
            "package film.mp4 --output {addressing} --addressing {addressing} --codec h264,hevc,av1 --audio-codec opus --no-thumbnails \
             --ladder 320x180@300 --preset ultrafast --segment-seconds 2"
        ));
        place.succeed(&format!("verify {addressing}/manifest.mpd"));
        let text = std::fs::read_to_string(place.path(addressing).join("manifest.mpd")).unwrap();
        assert_eq!(text.matches("<AdaptationSet").count(), 4, "{text}");
        let codecs = ["codecs=\"avc1.", "codecs=\"hvc1.1.6.L", "codecs=\"av01.0.", "codecs=\"opus\""];
        assert!(codecs.iter().all(|codec| text.contains(codec)), "{text}");
        let rungs = load(&place.path(addressing), ContentType::Video);
        for rung in &rungs {
            assert_eq!(rung.starts, rungs[0].starts, "formats are cut at the same instants");
            assert_eq!(numbers(rung), (0..125).map(Some).collect::<Vec<_>>(), "{addressing} {}", rung.track.codec);
        }
        let sound = &load(&place.path(addressing), ContentType::Audio)[0];
        let beeps = testcard::beep_onsets(sound.sound(), 48_000);
        let late: Vec<f64> = (0..).zip(&beeps).map(|(second, at)| *at as f64 / 48e3 - f64::from(second)).collect();
        assert!(late.len() == 5 && late.iter().all(|late| late.abs() < 0.010), "{late:?}");
    }
}

#[test]
fn two_passes_give_the_same_film_and_no_leftovers() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 25 --seconds 4");
    let report = place.succeed(
        "package film.mp4 --output out --codec h264,hevc,av1 --ladder 320x180@200 --two-pass --preset ultrafast \
         --progress json",
    );
    assert!(report.contains(r#""event":"pass""#) && report.contains("AV1 is coded in one pass"), "{report}");
    place.succeed("verify out/manifest.mpd");
    for rung in load(&place.path("out"), ContentType::Video) {
        assert_eq!(numbers(&rung).len(), 100);
    }
    assert!(!place.list("out").iter().any(|name| name.starts_with(".packager")), "{:?}", place.list("out"));
}

#[test]
fn quality_is_measured_and_better_with_more_bits() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 25 --seconds 2 --no-audio");
    let report = place.succeed(
        "package film.mp4 --output out --codec h264,hevc,av1 --ladder 320x180@600,320x180@60 --quality --no-thumbnails --progress json",
    );
    let made = finished(&report)["renditions"].as_array().unwrap().clone();
    assert_eq!(made.len(), 6);
    for pair in made.chunks(2) {
        let of = |one: &Value, what: &str| one[what].as_f64().unwrap();
        assert!(of(&pair[0], "ssim") > of(&pair[1], "ssim") && of(&pair[0], "ssim") < 1.0, "{pair:?}");
        assert!(of(&pair[0], "psnr_db") > of(&pair[1], "psnr_db"), "{pair:?}");
        assert!(of(&pair[0], "average_bps") <= of(&pair[0], "peak_bps"), "{pair:?}");
    }
}

#[test]
fn a_part_of_a_film_is_that_part_in_picture_and_sound() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 25 --seconds 20");
    let part = "--ladder 320x180@400 --start 8.52 --duration 6 --segment-seconds 2 --progress json";
    let report = place.succeed(&format!("package film.mp4 --output out {part}"));
    assert!(!report.contains(r#""event":"note""#), "nothing was done to it that is worth a word: {report}");
    place.succeed("verify out/manifest.mpd");
    let rung = &load(&place.path("out"), ContentType::Video)[0];
    assert_eq!(numbers(rung), (213..363).map(Some).collect::<Vec<_>>());
    let sound = load(&place.path("out"), ContentType::Audio)[0].sound();
    let length = sound.len() as f64 / 48e3;
    assert!((length - 6.0).abs() < 0.05, "{length} s of sound");
    let beeps = testcard::beep_onsets(sound, 48_000);
    assert!((beeps[0] as f64 / 48e3 - 0.48).abs() < 0.010, "{beeps:?}");
    let rest =
        place.run("package film.mp4 --output rest --ladder 320x180@400 --start 18 --duration 60 --progress json");
    let lasts = finished(&String::from_utf8_lossy(&rest.stdout))["duration_seconds"].as_f64();
    assert_eq!(lasts, Some(2.0), "no more than there is");
}

#[test]
fn a_ladder_file_reaches_the_encoders() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 25 --seconds 2");
    let ladder = "[[rung]]\nsize = \"320x180\"\nkbps = 300\nprofile = \"main\"\npreset = \"slow\"\n\
                  params = { ref = 1, bframes = 0 }\n[audio]\nstereo_kbps = [128, 48]\n";
    std::fs::write(place.path("ladder.toml"), ladder).unwrap();
    place.succeed("package film.mp4 --output out --ladder ladder.toml");
    let rung = &load(&place.path("out"), ContentType::Video)[0];
    assert!(rung.track.codec.to_string().starts_with("avc1.4d"), "{}", rung.track.codec);
    assert_eq!(rung.track.shift, 0, "without B-frames nothing is reordered");
    assert_eq!(load(&place.path("out"), ContentType::Audio).len(), 2);
}
