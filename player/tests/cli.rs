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

/// What may be named beside a manifest: the sentence says what it is and what to do with it.
#[test]
fn folders_films_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let named = |name: &str| path(name).to_str().unwrap().to_owned();
    std::fs::write(path("holiday.mkv"), b"\x1A\x45\xDF\xA3 and so on").unwrap();
    for arguments in [&["--headless"][..], &["inspect"], &[]] {
        let film = named("holiday.mkv");
        let output = Command::new(env!("CARGO_BIN_EXE_player"))
            .args(arguments)
            .arg(&film)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(said.contains("is a film") && said.contains("packager package"), "{said}");
    }
    for package in ["one", "two"] {
        std::fs::create_dir_all(path("films").join(package)).unwrap();
        std::fs::write(path("films").join(package).join("manifest.mpd"), "<MPD/>").unwrap();
    }
    check(&["--headless", &named("films")], 3, "one, two");
    check(&["inspect", &named("films")], 3, "one, two");
    check(&["--headless", &named("films/one")], 4, "manifest.mpd");
    std::fs::write(path("r.jsonl"), "{\"v\":2,\"at_ns\":0,\"session\":{}}\n").unwrap();
    check(&["--headless", &named("r.jsonl")], 4, "report");
    check(&[&named("films/one"), "--package"], 2, "--package");
    check(&["--headless", &named("holiday.mkv"), "--package"], 4, "packager package");
    check(&["--headless", "127.0.0.1:9/film.mpd"], 6, "127.0.0.1:9/film.mpd");
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
fn a_manifest_is_read_alike_by_every_command_whatever_its_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("film.mpd");
    let name = file.to_str().unwrap();
    // Nothing of it is there: whoever has read the manifest names a file that is missing.
    let manifest = r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011"
        type="static" minBufferTime="PT1S" mediaPresentationDuration="PT2S"><Period>
        <AdaptationSet mimeType="video/mp4"><SegmentTemplate duration="2" media="head-$Number$" initialization="head"/>
        <Representation id="v" bandwidth="1000" codecs="avc1.42c00a"/></AdaptationSet></Period></MPD>"#;
    let marked: Vec<u16> = format!("\u{feff}{manifest}").encode_utf16().collect();
    for unit in [u16::to_le_bytes, u16::to_be_bytes] {
        std::fs::write(&file, marked.iter().copied().flat_map(unit).collect::<Vec<u8>>()).unwrap();
        assert_eq!(player(&["inspect", name]).status.code(), Some(0));
        check(&["--headless", name], 3, "head");
    }
}

#[test]
fn what_is_no_manifest_is_called_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("film.mpd");
    let name = file.to_str().unwrap();
    let packet: Vec<u8> = [&[0x47, 0x40, 0, 0x10][..], &[0xFF; 184]].concat();
    let transport = packet.repeat(9);
    let cases: [(&[u8], &str); 5] = [
        (b"<!doctype html><title>Welcome</title>", "a web page"),
        (b"#EXTM3U\n#EXT-X-VERSION:7\n", "an HLS playlist"),
        (b"{\"status\": 403}", "a JSON document"),
        (&transport, "MPEG-TS"),
        (b"\0\0\0\x18ftypisom\0\0\xFF\0", "an MP4 file"),
    ];
    for (content, named) in cases {
        std::fs::write(&file, content).unwrap();
        check(&["--headless", name], 4, named);
        check(&["inspect", name], 4, named);
    }
}

#[cfg(unix)]
#[test]
fn too_few_file_descriptors_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("film.mpd");
    std::fs::write(&file, "<MPD/>").unwrap();
    for most in 5..20 {
        let limited = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
        let words = [&limited, env!("CARGO_BIN_EXE_player"), "--headless", file.to_str().unwrap()];
        let output = Command::new("sh").arg("-c").args(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(6), "{most}: {said}");
        assert!(said.contains("open files") && !said.contains("panicked"), "{most}: {said}");
    }
}

#[test]
fn a_server_that_is_not_there() {
    check(&["inspect", "http://127.0.0.1:9/film.mpd"], 6, "http://127.0.0.1:9/film.mpd");
    // Port 9 (discard) of the loopback interface: nobody listens, and the system says so at once.
    check(&["--headless", "http://127.0.0.1:9/film.mpd"], 6, "http://127.0.0.1:9/film.mpd");
}
