//! Whatever is wrong: one sentence, the documented exit code, nothing left behind.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use std::fs;

/// What is typed after `package`, the exit code, and how the sentence ends.
const CASES: [(&str, i32, &str); 22] = [
    ("missing.mp4 --output out", 3, "cannot open missing.mp4: there is no such file"),
    ("folder --output out", 3, "cannot open folder: it is a directory"),
    ("empty.mp4 --output out", 4, "cannot make sense of empty.mp4: the data is damaged or not media at all"),
    ("zeros.mp4 --output out", 4, "cannot make sense of zeros.mp4: the data is damaged or not media at all"),
    ("notes.txt --output out", 4, "cannot make sense of notes.txt: the data is damaged or not media at all"),
    (
        "manifest.mpd --output out",
        4,
        "cannot package manifest.mpd: it is a DASH manifest, which names other files; package the film that it stands for",
    ),
    ("list.mp4 --output out", 4, "it is an HLS playlist, which names other files; package the film that it stands for"),
    (
        "locked.mp4 --output out",
        4,
        "its pictures are encrypted (Common Encryption); package the film from before it was",
    ),
    ("film.mp4 --output file", 6, "file is a file, not a folder; choose another place"),
    ("film.mp4 --output file/out", 6, "a part of the path is a file, not a folder"),
    ("film.mp4 --output full", 6, "full holds a package already; --force replaces it, or choose another folder"),
    (
        "film.mp4 --output started --resume",
        6,
        "the run in started/.packager-ledger.jsonl had another input or other options: give the same ones, or start \
         again with --force",
    ),
    ("film.mp4 --output started", 6, "started holds an unfinished run; --resume continues it, --force starts again"),
    (
        "film.mp4 --output out --ladder 1920x1080@4000",
        2,
        "no rung is left for a master of 160x120: rung 1920x1080: larger than the master, which is 160x120; name other ones",
    ),
    ("film.mp4 --output out --early --addressing base", 2, "--early needs segments that are files"),
    ("film.mp4 --output out --start 4", 2, "the film lasts 4.000 s, --start is 4.000 s"),
    ("film.mp4 --output out --ladder keyint.toml", 2, "`keyint` is decided by the packager"),
    ("film.mp4 --output out --ladder none.toml", 3, "cannot read none.toml: there is no such file or folder"),
    ("film.mp4 --output out --ladder 64by48", 2, "write WIDTHxHEIGHT@RATE, as in 1280x720@2500,640x360@0.8M"),
    ("film.mp4 --output out --ladder 64x48@2MB/s", 2, "that counts bytes, and a rate counts bits; write a rate as"),
    ("film.mp4 --output out --ladder folder", 3, "cannot read folder: is a directory"),
    ("film.mp4 --output out --ladder bad.toml", 2, "the ladder file bad.toml is not right: missing field `rung`"),
];

fn prepared() -> Place {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 10 --seconds 4");
    fs::create_dir(place.path("folder")).unwrap();
    fs::write(place.path("empty.mp4"), "").unwrap();
    fs::write(place.path("zeros.mp4"), vec![0; 100_000]).unwrap();
    fs::write(place.path("notes.txt"), "Dear diary,\ntoday I learnt about containers.\n".repeat(50)).unwrap();
    fs::write(place.path("manifest.mpd"), "<MPD><Period/></MPD>").unwrap();
    fs::write(place.path("list.mp4"), "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfilm.mp4\n").unwrap();
    fs::write(place.path("locked.mp4"), locked(&fs::read(place.path("film.mp4")).unwrap())).unwrap();
    fs::write(place.path("file"), "in the way").unwrap();
    fs::write(place.path("bad.toml"), "# nothing\n").unwrap();
    fs::write(place.path("keyint.toml"), "[[rung]]\nsize = \"64x48\"\nkbps = 50\nparams = { keyint = 7 }\n").unwrap();
    fs::create_dir(place.path("started")).unwrap();
    let begun = r#"{"version":3,"fingerprint":"0","generation":"0123456789ab"}"#;
    fs::write(place.path("started/.packager-ledger.jsonl"), format!("{begun}\n")).unwrap();
    fs::create_dir(place.path("full")).unwrap();
    fs::write(place.path("full/manifest.mpd"), "an older package").unwrap();
    place
}

/// The film with a sample entry that says that its pictures are encrypted.
fn locked(film: &[u8]) -> Vec<u8> {
    let find = |name: &[u8], from: usize| from + film[from..].windows(4).position(|window| window == name).unwrap();
    let entry = find(b"avc1", find(b"stsd", find(b"moov", 0)));
    [&film[..entry], b"encv", &film[entry + 4..]].concat()
}

#[test]
fn every_mistake_has_its_sentence_and_leaves_nothing() {
    let place = prepared();
    let before = place.list("");
    for (line, code, sentence) in CASES {
        let (got, said) = verdict(&place.run(&format!("package {line}")));
        assert_eq!(got, Some(code), "{line}: {said}");
        assert!(said.starts_with("error: ") && said.lines().count() == 1, "{line}: {said}");
        assert!(said.contains(sentence), "{line}\n said   {said}\n wanted {sentence}");
        assert_eq!(place.list(""), before, "{line} left something");
    }
}

#[test]
fn a_film_that_was_cut_off_is_refused_and_the_package_before_stays() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 10 --seconds 8");
    place.succeed("package film.mp4 --output out --segment-seconds 2");
    let (whole, before) = (fs::read(place.path("film.mp4")).unwrap(), place.list("out"));
    // The index stands at the end: put it first, as films for the web have it, so that the rest can be missing.
    let cut = front_loaded(&whole);
    fs::write(place.path("cut.mp4"), &cut[..cut.len() * 6 / 10]).unwrap();
    for line in ["package cut.mp4 --output out --force", "package cut.mp4 --output other"] {
        let (code, said) = verdict(&place.run(line));
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains("cut.mp4: it is cut off; it should last 8.0 s, but ends after"), "{said}");
    }
    assert_eq!(place.list("out"), before);
    assert!(!place.path("other").exists());
}

/// The film with its `moov` before its `mdat` and the chunk offsets moved accordingly.
fn front_loaded(film: &[u8]) -> Vec<u8> {
    let mut boxes: Vec<(&[u8], &[u8])> = Vec::new();
    let mut rest = film;
    while rest.len() >= 8 {
        let size = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        boxes.push((&rest[4..8], &rest[..size]));
        rest = &rest[size..];
    }
    let all = |name: &[u8], same: bool| {
        boxes.iter().filter(|(kind, _)| (*kind == name) == same).flat_map(|(_, bytes)| bytes.iter().copied()).collect()
    };
    let (mut moov, others): (Vec<u8>, Vec<u8>) = (all(b"moov", true), all(b"moov", false));
    let shift = moov.len() as u32;
    let places: Vec<usize> = (0..moov.len() - 4).filter(|at| &moov[*at..*at + 4] == b"stco").collect();
    for at in places {
        let count = u32::from_be_bytes(moov[at + 8..at + 12].try_into().unwrap()) as usize;
        for entry in moov[at + 12..at + 12 + count * 4].chunks_exact_mut(4) {
            let offset = u32::from_be_bytes((&*entry).try_into().unwrap()) + shift;
            entry.copy_from_slice(&offset.to_be_bytes());
        }
    }
    // `ftyp` stays in front.
    let ftyp = u32::from_be_bytes(others[..4].try_into().unwrap()) as usize;
    [&others[..ftyp], &moov, &others[ftyp..]].concat()
}

#[test]
fn samples_say_what_is_wrong_and_leave_nothing() {
    let place = Place::new();
    let cases = [
        ("sample no/such/folder.mp4 --seconds 1", 6, "there is no such file or folder"),
        ("sample .. --seconds 1", 2, "is not a file name"),
        ("sample a.mp4 --size 31x20", 2, "both sides must be even"),
        ("sample a.mp4 --rate 0", 2, "between 0.1 and 240"),
        ("sample a.mp4 --seconds -1", 2, "must be more than 0"),
    ];
    for (line, code, sentence) in cases {
        let (got, said) = verdict(&place.run(line));
        assert_eq!(got, Some(code), "{line}: {said}");
        assert!(said.contains(sentence), "{line}: {said}");
        assert!(place.list("").is_empty(), "{line}: {:?}", place.list(""));
    }
}

#[cfg(unix)]
#[test]
fn a_server_without_file_descriptors_says_so() {
    for most in 5..20 {
        let limited = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
        let words = [&limited, env!("CARGO_BIN_EXE_packager"), "serve", ".", "--listen", "127.0.0.1:0"];
        let output = std::process::Command::new("sh").arg("-c").args(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(6), "{most}: {said}");
        assert!(said.contains("open files") && !said.contains("panicked"), "{most}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn a_packager_without_file_descriptors_says_so() {
    let place = prepared();
    for most in 4..12 {
        let limited = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &limited, env!("CARGO_BIN_EXE_packager"), "package", "film.mp4", "--output", "out"]);
        command.args(["--force", "--preset", "ultrafast", "--ladder", "64x48@50"]);
        let output = command.current_dir(place.path("")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => assert!(most > 6),
            code => assert!(code == Some(6) && said.contains("open files"), "{most}: {code:?} {said}"),
        }
    }
}

#[cfg(unix)]
#[test]
fn a_ladder_is_not_waited_for() {
    let place = prepared();
    assert!(std::process::Command::new("mkfifo").arg(place.path("pipe")).status().unwrap().success());
    for ladder in ["pipe", "/dev/zero"] {
        let (code, said) = verdict(&place.run(&format!("package film.mp4 --output out --ladder {ladder}")));
        assert!(
            code == Some(3) && said.contains("from a file, not from a pipe or a device"),
            "{ladder}: {code:?} {said}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_told() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 64x64 --rate 5 --seconds 1");
    let package = "package film.mp4 --preset ultrafast --ladder 64x64@50 --output";
    place.succeed(&format!("{package} whole"));
    for line in [
        &format!("{package} plan --dry-run"),
        &format!("{package} out --progress json"),
        "verify whole/manifest.mpd",
        "serve whole --listen 127.0.0.1:0",
        "completions bash",
        "--help",
    ] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (code, said) = verdict(&place.command(line).stdout(full).output().unwrap());
        assert_eq!(code, Some(6), "{line}: {said}");
        assert!(said.ends_with("error: cannot write standard output: the disk is full"), "{line}: {said}");
    }
    place.succeed("verify out/manifest.mpd");
}
