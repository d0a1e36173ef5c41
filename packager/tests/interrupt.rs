//! Runs that end in the middle: by Ctrl-C, by kill -9 at whatever moment, by a folder that goes away. What comes of
//! them with `--resume` is what an undisturbed run makes, to the byte.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Two minutes and a bit, so that there are three chunks; small, so that they take no time.
const FILM: &str = "sample film.mp4 --size 160x120 --rate 5 --seconds 140";
const OPTIONS: &str = "--preset ultrafast --ladder 160x120@60,80x60@30 --reproducible --progress json";

struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

fn start(place: &Place, more: &str) -> Running {
    running(place.command(&format!("package film.mp4 --output out {OPTIONS} {more}")))
}

fn running(mut command: Command) -> Running {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Running { child, lines }
}

impl Running {
    /// Reads until `count` lines have had these words; whether there were so many.
    fn wait_for(&mut self, words: &str, count: usize) -> bool {
        self.lines.by_ref().map(Result::unwrap).filter(|line| line.contains(words)).take(count).count() == count
    }

    fn send(&self, signal: &str) {
        // The shell's own: a bare system has no program of this name.
        let kill = format!("kill {signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Sends a signal and waits for the end. Its output is read on, or it would wait for us.
    fn signal(mut self, signal: &str) -> Option<i32> {
        self.send(signal);
        while self.lines.next().is_some() {}
        self.child.wait().unwrap().code()
    }
}

fn resume(place: &Place) {
    place.succeed(&format!("package film.mp4 --output out {OPTIONS} --resume"));
}

fn assert_same(place: &Place, when: &str) {
    assert_eq!(place.list("out"), place.list("whole"), "{when}");
    for name in place.list("out") {
        let read = |folder: &str| fs::read(place.path(folder).join(&name)).unwrap();
        assert!(read("out") == read("whole"), "{name} differs: {when}");
    }
}

fn prepared() -> Place {
    let place = Place::new();
    place.succeed(FILM);
    place.succeed(&format!("package film.mp4 --output whole {OPTIONS}"));
    place
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let place = prepared();
    let mut run = start(&place, "");
    assert!(run.wait_for(r#""event":"chunk""#, 1));
    assert_eq!(run.signal("-INT"), Some(75));
    assert!(!place.path("out/manifest.mpd").exists());
    let (refused, said) = verdict(&place.run("package film.mp4 --output out"));
    assert!(refused == Some(6) && said.contains("--resume continues it"), "{said}");
    let (refused, said) = verdict(&place.run("package film.mp4 --output out --resume --preset slow"));
    assert!(refused == Some(6) && said.contains("another input or other options"), "{said}");
    let report = place.succeed(&format!("package film.mp4 --output out {OPTIONS} --resume"));
    let started: serde_json::Value = serde_json::from_str(report.lines().next().unwrap()).unwrap();
    assert!(started["segments_done"].as_u64().unwrap() >= 15, "{started}");
    assert_same(&place, "after Ctrl-C");
    resume(&place);
    assert_same(&place, "after a resume of what was complete");
}

#[test]
fn an_interrupted_run_that_cannot_read_its_input_again_keeps_nothing() {
    let place = Place::new();
    place.succeed(FILM);
    let mut command = place.command(&format!("package - --output out {OPTIONS}"));
    command.stdin(File::open(place.path("film.mp4")).unwrap());
    let mut run = running(command);
    assert!(run.wait_for(r#""event":"chunk""#, 1));
    assert_eq!(run.signal("-INT"), Some(75));
    assert_eq!(place.list(""), ["film.mp4"]);
}

/// Killed at every so many events, again and again in the same folder: some kills land inside of writes, some in the
/// ledger, some in the last files.
#[test]
fn kills_at_any_moment_leave_what_can_be_resumed() {
    let place = prepared();
    for events in [1, 2, 3, 5, 9, 14, 22, 35, 47, 58, 80, 110, 130] {
        let more = if place.path("out/.packager-ledger.jsonl").exists() { "--resume" } else { "--force" };
        let mut run = start(&place, more);
        let reached = run.wait_for("event", events);
        run.signal("-KILL");
        if !reached {
            break;
        }
    }
    resume(&place);
    assert_same(&place, "after many kills");
}

/// Chunks end in any order then, and the run that goes on finds some anywhere in the film.
#[test]
fn a_run_of_several_jobs_is_killed_and_resumed_on_another_number_of_them() {
    let place = prepared();
    for (chunks, jobs, then) in [(1, 2, 1), (2, 2, 2), (3, 3, 2)] {
        let mut run = start(&place, &format!("--force --jobs {jobs}"));
        assert!(run.wait_for(r#""event":"chunk""#, chunks));
        run.signal("-KILL");
        let report = place.succeed(&format!("package film.mp4 --output out {OPTIONS} --resume --jobs {then}"));
        let coded = report.lines().filter(|line| line.contains(r#""event":"chunk""#)).count();
        // Three chunks of two renditions and of the thumbnails, and the sound.
        assert!(coded <= 10 - chunks, "{coded} chunks were made, {chunks} were there");
        assert_same(&place, &format!("{jobs} jobs, killed after {chunks} chunks, then {then}"));
    }
}

#[test]
fn a_killed_early_run_is_resumed_and_its_manifest_becomes_static() {
    let place = Place::new();
    place.succeed(FILM);
    place.succeed(&format!("package film.mp4 --output whole {OPTIONS} --early"));
    let mut run = start(&place, "--early");
    assert!(run.wait_for(r#""event":"playable""#, 1));
    let manifest = || fs::read_to_string(place.path("out/manifest.mpd")).unwrap();
    assert!(manifest().contains("type=\"dynamic\""));
    run.signal("-KILL");
    place.succeed(&format!("package film.mp4 --output out {OPTIONS} --early --resume"));
    assert!(manifest().contains("type=\"static\""));
    assert_same(&place, "early, after a kill");
}

#[test]
fn the_package_before_stays_whole_until_the_new_one_is() {
    let place = prepared();
    place.succeed("package film.mp4 --output out --ladder 80x60@30 --preset ultrafast");
    let before = fs::read(place.path("out/manifest.mpd")).unwrap();
    let mut run = start(&place, "--force");
    assert!(run.wait_for(r#""event":"segment""#, 3));
    run.signal("-KILL");
    assert_eq!(fs::read(place.path("out/manifest.mpd")).unwrap(), before);
    place.succeed("verify out/manifest.mpd");
    place.succeed(&format!("package film.mp4 --output out {OPTIONS} --resume --prune"));
    assert_same(&place, "and the old generation is gone");
}

/// A folder stands where a segment is to go, as a full disk would: nothing can be written there.
#[test]
fn an_output_that_fails_is_resumed_when_it_works_again() {
    let place = prepared();
    let segment = place.list("whole").into_iter().find(|name| name.ends_with("/20.m4s")).unwrap();
    let in_the_way = place.path("out").join(&segment);
    fs::create_dir_all(&in_the_way).unwrap();
    let (code, said) = verdict(&place.run(&format!("package film.mp4 --output out {OPTIONS}")));
    assert!(code == Some(6) && said.contains("--resume continues it"), "{said}");
    assert!(!place.path("out/manifest.mpd").exists());
    fs::remove_dir(&in_the_way).unwrap();
    resume(&place);
    assert_same(&place, "after a failure of the output");
}

#[test]
fn a_second_packager_and_a_folder_that_vanishes_are_named() {
    let place = prepared();
    let mut run = start(&place, "");
    assert!(run.wait_for("event", 1));
    run.send("-STOP");
    assert!(!place.path("out/manifest.mpd").exists(), "it is still at work");
    let (code, said) = verdict(&place.run("package film.mp4 --output out --force"));
    assert!(code == Some(6) && said.contains("another packager"), "{said}");
    fs::remove_dir_all(place.path("out")).unwrap();
    run.send("-CONT");
    while run.lines.next().is_some() {}
    assert_eq!(run.child.wait().unwrap().code(), Some(6));
    assert!(!place.path("out").exists(), "what was taken away stays away");
}
