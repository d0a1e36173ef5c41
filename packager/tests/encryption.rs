//! Encrypted packages: FFmpeg decrypts them to the pictures and the sound of the clear ones, and keys are nowhere to be seen.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

const FILM: &str = "sample film.mp4 --size 320x180 --rate 25 --seconds 5";
const OPTIONS: &str = "--reproducible --preset ultrafast --segment-seconds 2 --ladder 320x180@300 --progress none";
const KID: &str = "00112233445566778899aabbccddeeff";
const KEY: &str = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
const OTHER_KID: &str = "ffeeddccbbaa99887766554433221100";

fn has_ffmpeg() -> bool {
    let found = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !found {
        eprintln!("SKIPPED: there is no ffmpeg to decrypt with");
    }
    found
}

/// The folders of the Representations of a package with a file a segment.
fn representations(place: &Place, package: &str) -> Vec<String> {
    let inits = place.list(package).into_iter().filter(|name| name.ends_with("/init.mp4"));
    inits.map(|name| format!("{package}/{}", name.trim_end_matches("/init.mp4"))).collect()
}

/// A Representation as one file.
fn joined(place: &Place, representation: &str) -> Vec<u8> {
    let segments = (1..).map_while(|number| fs::read(place.path(&format!("{representation}/{number}.m4s"))).ok());
    let init = fs::read(place.path(&format!("{representation}/init.mp4"))).unwrap();
    [init].into_iter().chain(segments).collect::<Vec<_>>().concat()
}

/// Hashes of what FFmpeg decodes of a Representation that comes as through a pipe, a line a picture or a stretch of sound.
/// In a file that it can seek in, it finds no samples behind the first fragment when they are encrypted.
fn decoded(place: &Place, representation: &str, options: &[&str]) -> String {
    let file = place.path("joined.mp4");
    fs::write(&file, joined(place, representation)).unwrap();
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error"]).args(options).args(["-i", "pipe:0", "-f", "framemd5", "-"]);
    let output = command.stdin(fs::File::open(&file).unwrap()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The same of all of a package, through its manifest.
fn decoded_package(place: &Place, package: &str, options: &[&str]) -> String {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error"]).args(options).arg("-i").arg(place.path(&format!("{package}/manifest.mpd")));
    let output = command.args(["-map", "0", "-f", "framemd5", "-"]).stdin(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_ffmpeg_decrypts_is_what_was_clear() {
    if !has_ffmpeg() {
        return;
    }
    let place = Place::new();
    place.succeed(FILM);
    for formats in ["--codec h264 --audio-codec aac", "--codec hevc --audio-codec opus"] {
        place.succeed(&format!("package film.mp4 --output clear {OPTIONS} {formats} --force --prune"));
        for scheme in ["cenc", "cbcs"] {
            let encryption = format!("--key {KID}:{KEY} --scheme {scheme}");
            place
                .succeed(&format!("package film.mp4 --output secret {OPTIONS} {formats} {encryption} --force --prune"));
            for (clear, secret) in representations(&place, "clear").iter().zip(&representations(&place, "secret")) {
                let expected = decoded(&place, clear, &[]);
                assert!(expected.lines().count() > 100, "{clear}");
                assert!(decoded(&place, secret, &["-decryption_key", KEY]) == expected, "{secret} {scheme}");
                assert!(decoded(&place, secret, &[]) != expected, "{secret} {scheme} is not encrypted");
                assert_eq!(joined_media(&place, clear), joined_media(&place, secret), "sizes stay");
            }
            place.succeed("verify secret --quick");
        }
        let with_key = decoded_package(&place, "secret", &["-cenc_decryption_key", KEY]);
        assert!(with_key == decoded_package(&place, "clear", &[]), "{formats} through the manifest");
    }
}

#[test]
fn what_is_copied_is_encrypted_all_the_same() {
    if !has_ffmpeg() {
        return;
    }
    let place = Place::new();
    place.succeed(FILM);
    let copy = "--copy --reproducible --segment-seconds 2 --progress none";
    place.succeed(&format!("package film.mp4 --output clear {copy}"));
    for (scheme, addressing) in [("cenc", "timeline"), ("cbcs", "timeline"), ("cenc", "base")] {
        let encryption = format!("--key {KID}:{KEY} --scheme {scheme} --addressing {addressing}");
        place.succeed(&format!("package film.mp4 --output secret {copy} {encryption} --force --prune"));
        place.succeed(&format!("verify secret --key {KID}:{KEY}"));
        for (clear, secret) in representations(&place, "clear").iter().zip(&representations(&place, "secret")) {
            let expected = decoded(&place, clear, &[]);
            assert!(decoded(&place, secret, &["-decryption_key", KEY]) == expected, "{secret} {scheme}");
            assert!(decoded(&place, secret, &[]) != expected, "{secret} {scheme} is not encrypted");
        }
    }
}

/// Bytes of media data of each segment.
fn joined_media(place: &Place, representation: &str) -> Vec<usize> {
    let file = joined(place, representation);
    let boxes = shared::bmff::walk::boxes(&file).map(Result::unwrap);
    boxes.filter(|found| found.kind == b"mdat").map(|found| found.body.len()).collect()
}

#[test]
fn the_first_seconds_can_stay_clear() {
    if !has_ffmpeg() {
        return;
    }
    let place = Place::new();
    place.succeed(FILM);
    // Small pictures are never encrypted: their playlist has no key.
    place.succeed(&format!("package film.mp4 --output clear {OPTIONS} --no-thumbnails"));
    for scheme in ["cenc", "cbcs"] {
        let encryption = format!("--no-thumbnails --key {KID}:{KEY} --scheme {scheme} --clear-lead 2");
        place.succeed(&format!("package film.mp4 --output secret {OPTIONS} {encryption} --force --prune"));
        for (clear, secret) in representations(&place, "clear").iter().zip(&representations(&place, "secret")) {
            let media = |representation: &str, number: u32| {
                let file = fs::read(place.path(&format!("{representation}/{number}.m4s"))).unwrap();
                shared::bmff::walk::boxes(&file).map(Result::unwrap).last().unwrap().body.to_vec()
            };
            assert!(media(clear, 1) == media(secret, 1), "begins before 2 s");
            assert!(media(clear, 2) != media(secret, 2), "begins at 2 s, or within a packet of it");
            let decrypted = decoded(&place, secret, &["-decryption_key", KEY]);
            assert!(decrypted == decoded(&place, clear, &[]), "{secret} {scheme}");
        }
        place.succeed("verify secret --quick");
        let playlists = place.list("secret").into_iter().filter(|name| name.contains('/') && name.ends_with("m3u8"));
        for playlist in playlists {
            let text = fs::read_to_string(place.path(&format!("secret/{playlist}"))).unwrap();
            let (before, behind) = text.split_once("#EXT-X-KEY:").unwrap();
            assert!(!before.contains("#EXTINF") && !behind.contains("#EXT-X-KEY"), "{playlist}");
        }
    }
}

#[test]
fn each_kind_has_the_key_of_its_label_and_a_set_of_its_own() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 1280x720 --rate 5 --seconds 2");
    let keys = format!("--key {KID}:{KEY}:SD --key {OTHER_KID}:{KEY}:HD");
    let options = "--preset ultrafast --ladder 1280x720@500,320x180@100 --no-thumbnails --progress none";
    let made = place.run(&format!("package film.mp4 --output out {options} {keys} --pssh widevine,playready,common"));
    let (code, said) = verdict(&made);
    assert_eq!(code, Some(0), "{said}");
    let manifest = fs::read_to_string(place.path("out/manifest.mpd")).unwrap();
    let sets: Vec<&str> = manifest.split("<AdaptationSet").skip(1).collect();
    let kids: Vec<Option<&str>> = sets.iter().map(|set| set.split("default_KID=\"").nth(1)).collect();
    assert!(kids[0].unwrap().starts_with("ffeeddcc-bbaa-9988-7766-554433221100"));
    assert!(kids[1].unwrap().starts_with("00112233-4455-6677-8899-aabbccddeeff"));
    assert_eq!((kids.len(), kids[2]), (3, None), "sound has no key");
    for system in ["edef8ba9-", "9a04f079-", "1077efec-"] {
        assert_eq!(manifest.matches(&format!("urn:uuid:{system}")).count(), 2, "{system}");
    }
    let master = fs::read_to_string(place.path("out/master.m3u8")).unwrap();
    assert_eq!(master.matches("#EXT-X-SESSION-KEY:").count(), 2 * 3, "{master}");
    place.succeed("verify out --quick");
}

#[test]
fn stretches_that_are_made_at_the_same_time_have_the_vectors_of_the_whole() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 5 --seconds 140");
    let options = format!("--reproducible --preset ultrafast --ladder 160x120@60 --progress none --key {KID}:{KEY}");
    place.succeed(&format!("package film.mp4 --output one {options}"));
    place.succeed(&format!("package film.mp4 --output three {options} --jobs 3"));
    let names = place.list("one");
    assert_eq!(names, place.list("three"));
    for name in names {
        let read = |package: &str| fs::read(place.path(&format!("{package}/{name}"))).unwrap();
        assert!(read("one") == read("three"), "{name}");
    }
}

#[test]
fn keys_are_nowhere_to_be_seen() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x90 --rate 5 --seconds 2 --no-audio");
    let options = "--preset ultrafast --ladder 160x90@60 --pssh widevine,playready,common";
    let command = format!("package film.mp4 --output out {options} --key {KID}:{KEY}");
    for (what, line) in [("plan", format!("{command} --dry-run")), ("run", format!("{command} --progress json"))] {
        let output = place.run(&line);
        assert!(output.status.success());
        let said = [output.stdout, output.stderr].concat();
        assert!(!shows(&said), "{what}");
    }
    for name in place.list("out") {
        assert!(!shows(&fs::read(place.path(&format!("out/{name}"))).unwrap()), "{name}");
    }
}

/// Whether there is anything of the key, as bytes or as text.
fn shows(bytes: &[u8]) -> bool {
    let raw: Vec<u8> = (0xa0..=0xaf).collect();
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    text.contains(&KEY[..12]) || text.contains(&KEY[20..]) || bytes.windows(8).any(|part| part == &raw[..8])
}

/// A process that reads a pipe has begun its work; its command line is that of the process that took its place.
#[cfg(target_os = "linux")]
#[test]
fn a_key_leaves_the_command_line_and_there_are_no_core_dumps() {
    let place = Place::new();
    let line = format!("package - --output out --key {KID}:{KEY}:HD --key={OTHER_KID}:{KEY}");
    let mut child = place.command(&line).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds: somebody has read.
    input.write_all(&vec![7; 1 << 18]).unwrap();
    let of_process = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", child.id())).unwrap();
    let title = of_process("cmdline");
    assert!(title.contains("--key\0@/dev/fd/") && title.contains("package\0-\0"), "{title}");
    assert!(!shows(title.as_bytes()), "{title}");
    let limit = of_process("limits").lines().find(|line| line.starts_with("Max core file size")).map(str::to_owned);
    assert!(limit.unwrap().split_whitespace().filter(|word| *word == "0").count() == 2);
    drop(input);
    child.wait().unwrap();
}

#[test]
fn what_makes_no_sense_is_refused_without_repeating_a_key() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x90 --rate 5 --seconds 1 --no-audio");
    fs::write(place.path("keys"), format!("{KID}:{KEY}\n\n{KID}:{KEY}:4K\n")).unwrap();
    let good = format!("--key {KID}:{KEY}");
    for (options, expected) in [
        (format!("--key {KEY}"), "--key number 1: a key is written KID:KEY"),
        (format!("{good} --key {KID}:{KEY}0"), "--key number 2: the key (behind the key id)"),
        (format!("--key {KID}:{KEY}:8K"), "AUDIO, SD, HD, UHD"),
        (format!("{good} --key {OTHER_KID}:{KEY}"), "two keys are for everything"),
        (format!("--key {OTHER_KID}:{KEY}:UHD"), "none of the keys is for what is packaged"),
        ("--key @keys".to_owned(), "keys: line 3: "),
        (format!("{good} --pssh fairplay"), "needs --scheme cbcs"),
        (format!("{good} --pssh nagra"), "invalid value"),
        (format!("{good} --scheme cens"), "invalid value"),
        (format!("{good} --clear-lead -1"), "between 0 and 86400"),
        (format!("{good} --license-url licences.example"), "invalid value"),
        ("--license-url https://licences.example/".to_owned(), "--key"),
        ("--pssh common".to_owned(), "--key"),
    ] {
        let (code, said) = verdict(&place.run(&format!("package film.mp4 --output out {options}")));
        assert_eq!(code, Some(2), "{options}: {said}");
        assert!(said.contains(expected) && !shows(said.as_bytes()), "{options}: {said}");
        assert!(!place.path("out").exists(), "{options}");
    }
    let (code, said) = verdict(&place.run("package film.mp4 --output out --key @nowhere"));
    assert!(code == Some(3) && said.contains("nowhere"), "{said}");
}
