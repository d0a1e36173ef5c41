//! Masters that can be read once only: they are copied for the run, and what comes of them is what comes of a file.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};

const OPTIONS: &str = "--reproducible --preset ultrafast --ladder 160x120@60,80x60@30";

fn prepared() -> Place {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 5 --seconds 70");
    place.succeed(&format!("package film.mp4 --output whole {OPTIONS}"));
    place
}

/// The media are those of the film in a file; only the folder's name depends on what the master is called.
fn assert_same(place: &Place, when: &str) {
    let contents = |folder: &str| {
        let names = place.list(folder);
        let media = names.iter().filter(|name| name.contains('/'));
        media
            .map(|name| (name.split_once('/').unwrap().1.to_owned(), fs::read(place.path(folder).join(name)).unwrap()))
            .collect::<Vec<_>>()
    };
    assert!(contents("out") == contents("whole"), "{when}");
    assert!(place.path("out/manifest.mpd").exists() && !place.path("out/.packager-spool").exists(), "{when}");
}

#[test]
fn standard_input_is_copied_once_however_often_it_is_read() {
    let place = prepared();
    for more in ["", "--jobs 2", "--two-pass"] {
        let line = format!("package - --output out --force --prune {OPTIONS} {more}");
        let film = File::open(place.path("film.mp4")).unwrap();
        let output = place.command(&line).stdin(Stdio::from(film)).output().unwrap();
        let (code, said) = verdict(&output);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("standard input is read more than once:") && said.contains("copied to out"), "{said}");
        if more.is_empty() || more.starts_with("--jobs") {
            assert_same(&place, more);
        }
    }
}

#[test]
fn a_named_pipe_is_copied_too() {
    let place = prepared();
    assert!(Command::new("mkfifo").arg(place.path("pipe.mp4")).status().unwrap().success());
    let into = File::open(place.path("film.mp4")).unwrap();
    let mut writer =
        Command::new("sh").args(["-c", "cat >\"$0\""]).arg(place.path("pipe.mp4")).stdin(into).spawn().unwrap();
    let output = place.run(&format!("package pipe.mp4 --output out {OPTIONS}"));
    assert!(writer.wait().unwrap().success());
    let (code, said) = verdict(&output);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("pipe.mp4 is read more than once:"), "{said}");
    assert_same(&place, "from a named pipe");
}

#[test]
fn what_cannot_be_read_again_is_not_resumed_and_nothing_is_left() {
    let place = Place::new();
    let refused = place.command("package - --output out --resume").stdin(Stdio::null()).output().unwrap();
    let (code, said) = verdict(&refused);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("cannot resume with standard input: it cannot be read again"), "{said}");
    let empty = place.command("package - --output out").stdin(Stdio::null()).output().unwrap();
    let (code, said) = verdict(&empty);
    assert!(code == Some(4) && said.contains("cannot make sense of standard input"), "{said}");
    assert!(place.list("").is_empty(), "{:?}", place.list(""));
}

#[test]
fn every_way_of_naming_a_stream_is_read_once() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 64x64 --rate 5 --seconds 2");
    let options = "--preset ultrafast --ladder 64x64@50 --force";
    for line in ["- --output out", "/dev/stdin --output out", "/dev/fd/0 --output out", "- --output out --dry-run"] {
        let mut command = place.command(&format!("package {line} {options}"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let film = fs::read(place.path("film.mp4")).unwrap();
        child.stdin.take().unwrap().write_all(&film).unwrap();
        let (code, said) = verdict(&child.wait_with_output().unwrap());
        assert!(code == Some(0) && said.contains("is read more than once"), "{line}: {said}");
        assert!(!place.path("out/.packager-spool").exists(), "{line}");
    }
    let redirected = |input: File| {
        let output = place.command(&format!("package - --output new {options}")).stdin(input).output().unwrap();
        verdict(&output)
    };
    let (code, said) = redirected(File::open(place.path("out")).unwrap());
    assert!(code == Some(3) && said.contains("cannot read standard input: is a directory"), "{code:?} {said}");
    assert!(!place.path("new").exists());
}

#[test]
fn a_folder_that_may_not_be_replaced_is_refused_before_anything_is_copied() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 64x64 --rate 5 --seconds 1");
    fs::create_dir(place.path("full")).unwrap();
    fs::write(place.path("full/manifest.mpd"), "an older package").unwrap();
    let film = File::open(place.path("film.mp4")).unwrap();
    let (code, said) = verdict(&place.command("package - --output full").stdin(film).output().unwrap());
    assert!(code == Some(6) && said.starts_with("error: full holds a package already"), "{code:?} {said}");
    assert_eq!(place.list("full"), ["manifest.mpd"]);
}

#[test]
fn an_interrupted_copy_leaves_nothing() {
    let place = Place::new();
    let mut command = place.command("package - --output out");
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // More than fits into a pipe and into what waits: when all of it is gone, some of it has been copied.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&vec![7; 8 << 20]).unwrap();
    let interrupt = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &interrupt]).status().unwrap().success());
    // The pipe stays open: nothing but the signal ends the copy.
    let (code, said) = verdict(&child.wait_with_output().unwrap());
    drop(stdin);
    assert!(code == Some(75) && said.contains("interrupted; standard input cannot be read again"), "{code:?} {said}");
    assert!(place.list("").is_empty(), "{:?}", place.list(""));
}
