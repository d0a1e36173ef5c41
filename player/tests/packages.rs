//! Packages of other people, from first to last second: what can be played is played to its end in its full length,
//! and everything else is refused by its name and with the documented exit code.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

#[path = "support/process.rs"]
mod process;
#[path = "support/server.rs"]
mod server;

use process::Run;
use server::Origin;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What is to become of a manifest.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    /// Played to its end; so many seconds, and so many pictures.
    Plays(f64, u64),
    /// An exit code, and words of the reason.
    Refused(i32, &'static str),
    /// Both: what can be played is, and then the reason follows.
    PlaysThenRefused(f64, i32, &'static str),
}

use Outcome::{Plays, PlaysThenRefused, Refused};

const PACKAGES: [(&str, Outcome); 18] = [
    ("livesim2-bbb_hevc_ac3_8s/manifest.mpd", Plays(8.0, 192)),
    ("livesim2-testpic_2s/Manifest.mpd", Refused(4, "line 2, column 160")),
    ("livesim2-testpic_2s/Manifest_endNumber.mpd", Refused(4, "line 2, column 160")),
    // Its first picture is 67 ms late, and the last two lie behind the end of the Period.
    ("livesim2-testpic_2s/Manifest_imsc1.mpd", Plays(8.0, 238)),
    ("livesim2-testpic_2s/Manifest_thumbs.mpd", Plays(8.0, 238)),
    // Says that it lasts an hour, and has four segments.
    ("livesim2-testpic_2s/cea608.mpd", PlaysThenRefused(8.0, MISSING, "cannot be had")),
    ("livesim2-testpic_2s_av1/Manifest.mpd", Plays(10.0, 250)),
    ("livesim2-testpic_2s_low_delay/Manifest.mpd", Plays(8.0, 240)),
    ("livesim2-testpic_alt_seg_dur_stl/Manifest.mpd", Plays(12.0, 358)),
    ("media3-captions_h265/manifest.mpd", Plays(2.0, 58)),
    ("media3-emsg/sample.mpd", Plays(2.044, 0)),
    ("media3-multi-period-with-offset/sample.mpd", Plays(1.001, 30)),
    ("media3-multi-track/sample.mpd", Plays(1.0, 30)),
    ("media3-standalone-webvtt/sample.mpd", Plays(1.001, 30)),
    ("media3-thumbnails/sample.mpd", Refused(4, "no video or audio")),
    ("media3-webvtt-in-mp4-multiple-segments/manifest.mpd", Plays(5.0, 125)),
    ("shaka-clear-encrypted/manifest.mpd", PlaysThenRefused(8.0, 4, "`20` is encrypted")),
    ("shaka-dash-multi-codec/dash.mpd", Plays(60.0, 1500)),
];

/// A segment that is missing: 3 on disk, 6 on a server.
const MISSING: i32 = 0;
/// Declared ends are rounded, and sound is a fraction of a frame longer than pictures.
const ROUNDING: f64 = 0.1;
/// The player learns of a missing segment from an answer: a tenth of a second before the end may pass meanwhile, and
/// the rate is three.
const UNCERTAIN_END: f64 = 0.3;
/// Players at once: more would measure how the machine shares its cores, and not the player.
const AT_ONCE: usize = 4;

fn material() -> Option<PathBuf> {
    let folder = std::env::var_os("DASH_TEST_MATERIAL").map(|folder| Path::new(&folder).join("dash-packages"));
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: DASH_TEST_MATERIAL names no folder with dash-packages");
    }
    folder
}

/// Plays at three times the speed: what is tested is what is read, not how long a second is.
fn play(source: &str, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    std::fs::write(&script, "0 rate 3").unwrap();
    process::play(source, &[&["--script", script.to_str().unwrap()], arguments].concat())
}

fn check_played(name: &str, run: &Run, seconds: f64) {
    let played = run.number("played_seconds");
    assert!((played - seconds).abs() <= ROUNDING, "{name}: played {played} s of {seconds}: {}", run.said);
    // Where nothing more is to be had the playhead may stand until that is certain.
    let stalls = run.summary["stalls"].as_array().unwrap();
    let midway = stalls.iter().filter(|stall| stall["at"].as_f64() < Some(seconds - UNCERTAIN_END));
    assert_eq!(midway.count(), 0, "{name}: {stalls:?}");
}

fn check(name: &str, run: &Run, outcome: Outcome, missing: i32) {
    let said = &run.said;
    match outcome {
        Plays(seconds, pictures) => {
            check_played(name, run, seconds);
            assert_eq!((run.code, run.flag("reached_end")), (0, true), "{name}: {said}");
            let errors = &run.summary["errors"];
            assert_eq!(errors.as_array().map(Vec::len), Some(0), "{name}: {errors}");
            let count = run.number("frames_shown") + run.number("frames_dropped");
            assert_eq!(count as u64, pictures, "{name}: pictures");
        }
        Refused(code, words) => assert!(run.code == code && said.contains(words), "{name}: {}: {said}", run.code),
        PlaysThenRefused(seconds, code, words) => {
            check_played(name, run, seconds);
            let code = if code == MISSING { missing } else { code };
            assert!(run.code == code && said.contains(words), "{name}: {}: {said}", run.code);
        }
    }
}

/// Each package in a process of its own.
fn check_all(source: impl Fn(&str) -> String + Sync, missing: i32) {
    let waiting = Mutex::new(PACKAGES.iter());
    let next = || waiting.lock().unwrap().next();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((name, outcome)) = next() {
                    check(name, &play(&source(name), &[]), *outcome, missing);
                }
            });
        }
    });
}

#[test]
fn every_package_on_disk_is_played_or_refused_by_name() {
    let Some(folder) = material() else { return };
    check_all(|name| folder.join(name).to_str().unwrap().to_owned(), 3);
}

#[test]
fn every_package_on_a_server_is_played_or_refused_by_name() {
    let Some(folder) = material() else { return };
    let origin = Origin::start(&folder, &[]);
    check_all(|name| format!("{}/{name}", origin.address), 6);
}

/// Opus in WebM, with cues for an index, chosen by its language.
#[test]
fn sound_in_webm_is_chosen_by_language() {
    let Some(folder) = material() else { return };
    let source = folder.join("shaka-dash-multi-codec/dash.mpd");
    let run = play(source.to_str().unwrap(), &["--language", "es", "--seconds", "20"]);
    assert_eq!((run.code, run.summary["errors"].as_array().map(Vec::len)), (0, Some(0)), "{}", run.said);
    let offset = run.summary["av_offset_ms"]["p95"].as_f64().expect("sound was heard");
    assert!(offset <= 45.0, "{offset}");
}
