//! From a master to the outputs: packaged, served, played in real time, and judged by the marks in pixels and samples
//! and by when they were delivered. Busy machines deliver late: late pictures are recorded too, and times are judged
//! by their median.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; clippy spares only the tests themselves")]

mod support;
#[path = "support/wait.rs"]
mod wait;

use clap::Parser;
use packager::cli::Cli;
use std::path::Path;
use std::time::Duration;
use support::{HEIGHTS, RATE, SECONDS, median, package, play, serve};

/// The rung of each second of the film.
const SCRIPT: [usize; SECONDS] = [0, 1, 0, 1, 1, 0, 0, 1];
/// What people notice: ITU-R BT.1359 puts the threshold of detection at 45 ms for sound that is early.
const NOTICED_MS: f64 = 40.0;

fn script() -> String {
    format!("script:{}", SCRIPT.map(|rung| rung.to_string()).join(","))
}

#[test]
fn every_frame_once_in_order_across_switches_and_in_time_with_its_sound() {
    let url = serve(package()) + "/manifest.mpd";
    let recording = play(&[&url, "--policy", &script()], Duration::ZERO);

    let numbers: Vec<u32> = recording.seen.iter().map(|seen| seen.number.expect("a frame number")).collect();
    let all: Vec<u32> = (0..(SECONDS * RATE) as u32).collect();
    assert_eq!(numbers, all, "every frame once and in order");

    let of_second = |second: usize| recording.seen[second * RATE..(second + 1) * RATE].iter();
    for (second, rung) in SCRIPT.into_iter().enumerate() {
        assert!(of_second(second).all(|seen| seen.height == HEIGHTS[rung]), "rung of second {second}");
    }

    let behind = recording.sound_behind_picture_ms();
    assert!(behind.len() >= SECONDS - 1, "{behind:?}");
    let offset = median(behind.clone());
    assert!(offset.abs() <= NOTICED_MS, "sound behind picture by {offset:.1} ms: {behind:.1?}");

    let totals = recording.totals;
    let own = totals.av_offset_ms.expect("a measured offset");
    assert!(own.p50 <= NOTICED_MS, "the player's own figure: {own:?}");
    assert_eq!((totals.reached_end, totals.errors.len()), (true, 0), "{:?}", totals.errors);
    assert_eq!(totals.frames_shown + totals.frames_dropped, (SECONDS * RATE) as u64);
    let switches = SCRIPT.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(totals.switches, switches as u64);
}

/// Packages the same film anew, such that it can be played meanwhile; waits for its end.
fn package_early(folder: &Path) {
    let master = package().with_file_name("master.mp4");
    let words = ["packager", "package", master.to_str().unwrap(), "--output", folder.to_str().unwrap(), "--early"];
    let ladder = ["--ladder", "640x360@700,426x240@300", "--preset", "slow", "--progress", "none"];
    let command = Cli::parse_from(words.iter().chain(&ladder));
    command.run().unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn a_film_is_watched_while_it_is_packaged() {
    let folder = tempfile::tempdir().unwrap();
    let growing = folder.path().join("growing");
    let recording = std::thread::scope(|scope| {
        let packager = scope.spawn(|| package_early(&growing));
        while !growing.join("manifest.mpd").is_file() && !packager.is_finished() {
            wait::pass(Duration::from_millis(10));
        }
        play(&[growing.to_str().unwrap()], Duration::ZERO)
    });
    let numbers: Vec<u32> = recording.seen.iter().map(|seen| seen.number.expect("a frame number")).collect();
    assert_eq!(numbers, (0..(SECONDS * RATE) as u32).collect::<Vec<u32>>(), "every frame once and in order");
    assert_eq!((recording.totals.reached_end, recording.totals.errors), (true, vec![]));
}

#[test]
fn sound_that_is_60_ms_late_is_seen_by_the_same_measurement() {
    let manifest = package().join("manifest.mpd");
    let recording = play(&[manifest.to_str().unwrap(), "--seconds", "5"], Duration::from_millis(60));
    let behind = recording.sound_behind_picture_ms();
    let offset = median(behind.clone());
    assert!((NOTICED_MS..100.0).contains(&offset), "sound behind picture by {offset:.1} ms: {behind:.1?}");
    let own = recording.totals.av_offset_ms.expect("a measured offset");
    assert!(own.p50 > NOTICED_MS, "the player's own figure: {own:?}");
}

#[test]
fn a_seek_shows_exactly_the_frame_of_its_target() {
    let targets = [5.51, 2.2, 7.95, 0.0, 3.0, 2.9667];
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    let seeks = targets.iter().enumerate().map(|(i, target)| format!("{} seek {target}", 1.0 + i as f64));
    let lines: Vec<String> = ["0.2 pause".to_owned()].into_iter().chain(seeks).chain(["8 quit".to_owned()]).collect();
    std::fs::write(&script, lines.join("\n")).unwrap();
    let manifest = package().join("manifest.mpd");
    let arguments = [manifest.to_str().unwrap(), "--script", script.to_str().unwrap()];
    let recording = play(&arguments, Duration::ZERO);

    let expected: Vec<u32> = targets.iter().map(|target| (target * RATE as f64 + 0.01) as u32).collect();
    let shown: Vec<u32> = recording.seen.iter().filter_map(|seen| seen.number).collect();
    assert!(shown.ends_with(&expected), "expected {expected:?} at the end of {shown:?}");
}
