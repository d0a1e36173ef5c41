//! What a user types by mistake: one sentence, the documented exit code, no panic.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

use std::process::{Command, Output};

fn player(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_player")).args(arguments).output().unwrap()
}

/// Runs, checks the code, and that what is said is one sentence that names `named`.
fn check(arguments: &[&str], code: i32, named: &str) {
    let output = player(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.contains(named), "{arguments:?} does not name `{named}`: {said}");
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
}

#[test]
fn command_lines_that_cannot_be_obeyed() {
    check(&["--headless"], 2, "manifest");
    check(&["--headless", "x.mpd", "--seconds", "soon"], 2, "--seconds");
    check(&["--headless", "ftp://example.org/x.mpd"], 2, "ftp");
    check(&["simulate", "--suite", "/nowhere"], 2, "--map");
}

#[test]
fn files_that_cannot_be_read() {
    check(&["--headless", "/nowhere/film.mpd"], 3, "/nowhere/film.mpd");
    check(&["inspect", "/nowhere/film.mpd"], 3, "/nowhere/film.mpd");
    check(&["--headless", "/"], 3, "folder");
    check(&["replay", "/nowhere/report.jsonl"], 3, "/nowhere/report.jsonl");
    check(&["compare", "/nowhere/a.jsonl", "b.jsonl"], 3, "/nowhere/a.jsonl");
    check(&["simulate", "--movie", "/nowhere/m.json", "--trace", "t.csv"], 3, "/nowhere/m.json");
}

#[test]
fn files_that_are_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("film.mpd");
    let name = file.to_str().unwrap();
    for content in ["", "not a manifest", "<html><body>hello</body></html>", "<MPD", "\u{0}\u{1}\u{2}"] {
        std::fs::write(&file, content).unwrap();
        check(&["--headless", name], 4, "film.mpd");
        check(&["inspect", name], 4, "film.mpd");
    }
    std::fs::write(&file, "{}").unwrap();
    check(&["replay", name], 4, "film.mpd");
    check(&["compare", name, name], 4, "film.mpd");
}

#[test]
fn a_server_that_is_not_there() {
    check(&["inspect", "http://127.0.0.1:9/film.mpd"], 6, "http://127.0.0.1:9/film.mpd");
    // Port 9 (discard) of the loopback interface: nobody listens, and the system says so at once.
    check(&["--headless", "http://127.0.0.1:9/film.mpd"], 6, "http://127.0.0.1:9/film.mpd");
}
