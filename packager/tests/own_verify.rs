//! What `package` makes, `verify` takes; what it does not take is not published.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const PICTURES: &str = "-f lavfi -i testsrc2=size=160x120:rate=10:duration=";
const TONE: &str = "-f lavfi -i sine=sample_rate=48000:duration=";

/// What ffmpeg makes a master of, and options of `package`.
fn odd() -> Vec<(String, &'static str)> {
    let h264 = "-c:v libx264 -preset ultrafast";
    vec![
        (format!("{PICTURES}0.1 {h264} one.mp4"), ""),
        (format!("{PICTURES}0.1 {TONE}9.3 {h264} picture-and-sound.mkv"), "--segment-seconds 2"),
        (format!("{PICTURES}0.3 {h264} short.mp4"), "--addressing base"),
        (format!("{TONE}0.02 blip.wav"), ""),
        (format!("{TONE}7.77 tone.m4a"), "--segment-seconds 1 --audio-codec opus"),
        (format!("{TONE}7.77 tone.flac"), "--segment-seconds 0.5 --addressing base"),
        (format!("{PICTURES}6.1 {TONE}3 {h264} sound-ends.mp4"), "--segment-seconds 1 --addressing number"),
        (format!("{PICTURES}3 {TONE}6.1 {h264} pictures-end.mp4"), "--segment-seconds 1 --addressing number"),
        (format!("{PICTURES}5 {TONE}5 {TONE}5 {TONE}5 -map 0 -map 1 -map 2 -map 3 {h264} tracks.mkv"), "--early"),
        (format!("{PICTURES}4.05 -r 30000/1001 {h264} ntsc.mp4"), "--segment-seconds 1.3 --jobs 2"),
        (format!("{PICTURES}3 {TONE}3 {h264} formats.mp4"), "--codec h264,hevc,av1 --audio-codec opus"),
        (format!("-itsoffset 1.5 {TONE}2 {PICTURES}4 {h264} late.mkv"), "--start 0.7 --duration 2.2"),
    ]
}

fn has_ffmpeg() -> bool {
    let found = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !found {
        eprintln!("SKIPPED: there is no ffmpeg to make masters with");
    }
    found
}

#[test]
fn whatever_is_packaged_is_what_its_manifest_says() {
    if !has_ffmpeg() {
        return;
    }
    let place = Place::new();
    for (recipe, options) in odd() {
        let mut made = Command::new("ffmpeg");
        made.args(["-v", "error", "-nostdin", "-y"]).args(recipe.split_whitespace()).current_dir(place.path(""));
        assert!(made.status().unwrap().success(), "{recipe}");
        let name = recipe.rsplit(' ').next().unwrap();
        let line = format!("package {name} --output out --force --prune --preset ultrafast {options}");
        let (code, said) = verdict(&place.run(&line));
        assert_eq!(code, Some(0), "{name} {options}: {said}");
        let report = place.run("verify out/manifest.mpd");
        assert_eq!(report.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&report.stdout));
        assert!(!place.path("out/.packager-manifest.mpd").exists(), "{name}");
    }
}

const OPTIONS: &str = "--preset ultrafast --ladder 160x120@60 --progress json";

/// A run that is stopped after its first chunk and has a segment exchanged meanwhile, as a fault of ours could.
fn sabotaged(place: &Place, options: &str) {
    place.succeed("sample film.mp4 --size 160x120 --rate 5 --seconds 140");
    let mut command = place.command(&format!("package film.mp4 --output out {OPTIONS} {options}"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let of_pictures = |line: &String| line.contains(r#""event":"chunk""#) && line.contains("h264");
    assert!(lines.any(|line| of_pictures(&line)));
    assert!(Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap().success());
    while lines.next().is_some() {}
    assert_eq!(child.wait().unwrap().code(), Some(75));
    let segment = segment(place, "/1.m4s");
    let mut bytes = fs::read(&segment).unwrap();
    let media = bytes.windows(4).position(|kind| kind == b"mdat").unwrap() + 4;
    bytes[media..media + 12].fill(0);
    fs::write(segment, bytes).unwrap();
}

fn segment(place: &Place, end: &str) -> PathBuf {
    let names = place.list("out");
    let name = names.iter().find(|name| name.contains("h264") && name.ends_with(end));
    let name = name.unwrap();
    place.path("out").join(name)
}

#[test]
fn what_verify_refuses_is_not_published_and_stays_for_a_report() {
    for options in ["", "--early"] {
        let place = Place::new();
        sabotaged(&place, options);
        let (code, said) = verdict(&place.run(&format!("package film.mp4 --output out {OPTIONS} {options} --resume")));
        assert_eq!(code, Some(5), "{options}: {said}");
        assert!(said.contains("a fault of ours") && said.contains("segment 1: "), "{options}: {said}");
        assert!(!place.path("out/manifest.mpd").exists(), "{options}");
        assert!(segment(&place, "/1.m4s").exists(), "{options}");
        let report = place.run("verify --quick out/.packager-manifest.mpd");
        assert_eq!(report.status.code(), Some(7), "{options}");
        let (code, said) = verdict(&place.run(&format!("package film.mp4 --output out {OPTIONS}")));
        assert!(code == Some(6) && said.contains("--force starts again"), "{options}: {said}");
        place.succeed(&format!("package film.mp4 --output out {OPTIONS} --force"));
        place.succeed("verify out/manifest.mpd");
        assert!(place.list("out").iter().all(|name| !name.contains(".packager")), "{:?}", place.list("out"));
    }
}
