//! Sound beside the film becomes a track of it: in its time, filled up or cut to the film's length, with a note.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "common/media.rs"]
mod media;

use common::{Place, verdict};
use media::load;
use shared::mpd::ContentType;
use std::fs;
use std::process::{Command, Stdio};

const OPTIONS: &str = "--segment-seconds 2 --preset ultrafast --ladder 160x90@60";

/// A film of six seconds without sound, and sound that begins with a tone; `None` where there is no ffmpeg.
fn place() -> Option<Place> {
    let found = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !found {
        eprintln!("SKIPPED: there is no ffmpeg to make sound with");
        return None;
    }
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x90 --rate 25 --seconds 6");
    Some(place)
}

fn ffmpeg(place: &Place, line: &str) {
    let mut command = Command::new("ffmpeg");
    command.current_dir(place.path("")).args(["-v", "error", "-y"]).args(line.split_whitespace());
    assert!(command.status().unwrap().success(), "{line}");
}

/// From where to where the last sound of a package is heard, and how long it is, in seconds.
fn heard(place: &Place, folder: &str) -> (f64, f64, f64) {
    let sound = load(&place.path(folder), ContentType::Audio).pop().unwrap().sound();
    let is_loud = |sample: &f32| sample.abs() > 0.02;
    let first = sound.iter().position(is_loud).unwrap();
    let last = sound.iter().rposition(is_loud).unwrap();
    (first as f64 / 48e3, last as f64 / 48e3, sound.len() as f64 / 48e3)
}

#[test]
fn sound_beside_the_film_is_a_track_of_it() {
    let Some(place) = place() else { return };
    ffmpeg(&place, "-f lavfi -i sine=d=3:r=44100 dub.m4a");
    ffmpeg(&place, "-f lavfi -i sine=d=3 -itsoffset 1.5 -f lavfi -i sine=d=3 -map 1:a -c:a flac late.mkv");
    ffmpeg(&place, "-f lavfi -i sine=d=9 -c:a mp2 -output_ts_offset 100 long.ts");
    ffmpeg(&place, "-f lavfi -i sine=d=9 -ac 6 six.m4a");
    let cases = [
        ("dub.m4a:fr:dub", "", (0.0, 3.0), "the sound of dub.m4a was filled up with silence: "),
        ("late.mkv", "", (1.5, 4.5), "1.500 s before it"),
        ("long.ts:de:description", "", (0.0, 6.0), "long.ts: 3.0"),
        ("late.mkv:en", "--start 1 --duration 3", (0.5, 3.0), "0.500 s before it"),
        ("six.m4a", "--addressing base --jobs 2", (0.0, 6.0), "behind the end of the film left out"),
        ("dub.m4a", "--addressing number", (0.0, 3.0), ""),
    ];
    for (number, (sound, more, (from, to), words)) in cases.into_iter().enumerate() {
        let folder = format!("out-{number}");
        let (code, said) =
            verdict(&place.run(&format!("package film.mp4 --output {folder} {OPTIONS} {more} --sound {sound}")));
        assert!(code == Some(0) && said.contains(words), "{sound}: {said}");
        place.succeed(&format!("verify {folder}/manifest.mpd {folder}/master.m3u8"));
        let lasts = if more.contains("--duration") { 3.0 } else { 6.0 };
        let (first, last, length) = heard(&place, &folder);
        let is_near = |a: f64, b: f64| (a - b).abs() < 0.06;
        assert!(
            is_near(first, from) && is_near(last, to) && is_near(length, lasts),
            "{sound}: {first} {last} {length}"
        );
    }
    let manifest = fs::read_to_string(place.path("out-0/manifest.mpd")).unwrap();
    assert!(manifest.contains("lang=\"fr\"") && manifest.contains("value=\"dub\""), "{manifest}");
    let master = fs::read_to_string(place.path("out-2/master.m3u8")).unwrap();
    assert!(master.contains("describes-video") && master.matches("TYPE=AUDIO").count() == 2, "{master}");
}

#[test]
fn what_is_no_sound_is_refused_before_any_work() {
    let Some(place) = place() else { return };
    fs::write(place.path("a.txt"), "hello").unwrap();
    place.succeed("sample silent.mp4 --size 160x90 --rate 25 --seconds 1 --no-audio");
    for (options, code, words) in [
        ("--sound missing.m4a", 3, "missing.m4a"),
        ("--sound a.txt", 4, "a.txt"),
        ("--sound silent.mp4", 4, "it has none"),
        ("--sound film.mp4:de:subtitle", 2, "the roles are main"),
        ("--sound film.mp4 --early", 2, "--early cannot wait"),
    ] {
        let (exit, said) = verdict(&place.run(&format!("package film.mp4 --output out {OPTIONS} {options}")));
        assert!(exit == Some(code) && said.contains(words), "{options}: {exit:?} {said}");
    }
    let (exit, said) = verdict(&place.run("package film.mp4 --output out --copy --sound film.mp4"));
    assert!(exit == Some(2) && said.contains("another INPUT"), "{said}");
    assert!(!place.path("out").exists());
}

/// A run that is continued does not code the sound again, and gives the same bytes.
#[test]
fn an_interruption_changes_nothing() {
    let Some(place) = place() else { return };
    ffmpeg(&place, "-f lavfi -i sine=d=3 dub.m4a");
    let options = format!("{OPTIONS} --reproducible --sound dub.m4a:fr");
    place.succeed(&format!("package film.mp4 --output one {options}"));
    // A folder in the place of the manifest fails its put, which comes last.
    fs::create_dir_all(place.path("out/manifest.mpd/in the way")).unwrap();
    assert_eq!(place.run(&format!("package film.mp4 --output out {options} --force")).status.code(), Some(6));
    fs::remove_dir_all(place.path("out/manifest.mpd")).unwrap();
    place.succeed(&format!("package film.mp4 --output out {options} --resume"));
    assert_eq!(place.list("out"), place.list("one"));
    for name in place.list("one") {
        assert!(
            fs::read(place.path("one").join(&name)).unwrap() == fs::read(place.path("out").join(&name)).unwrap(),
            "{name}"
        );
    }
}
