//! Films under common encryption, as users play them: with a key, with a licence, and without either. They are encrypted here
//! by other hands than those of the packager.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; clippy spares only the tests themselves")]

#[path = "support/process.rs"]
mod process;
#[path = "support/server.rs"]
mod server;
#[path = "support/wait.rs"]
mod wait;

use clap::Parser;
use process::{Run, play};
use server::Origin;
use shared::media;
use shared::protection::{ContentKey, Scheme, clear_key};
use shared::testkit::FakeProtection;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;
use tempfile::TempDir;
use wait::pass;

/// In the codecs that most films have, and in others.
static CLEAR: LazyLock<TempDir> = LazyLock::new(|| clear(&[]));
static OTHER: LazyLock<TempDir> = LazyLock::new(|| clear(&["--codec", "hevc", "--audio-codec", "opus"]));

/// Four segments of a second each, picture and sound.
fn clear(codecs: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (master, package) = (folder.path().join("master.mp4"), folder.path().join("package"));
    let (master, package) = (master.to_str().unwrap(), package.to_str().unwrap());
    packager(&["sample", master, "--seconds", "4", "--size", "320x180", "--rate", "25"]);
    let ladder = ["--ladder", "320x180@300,214x120@150", "--segment-seconds", "1", "--preset", "ultrafast", "--no-hls"];
    packager(&[&["package", master, "--output", package, "--progress", "none"][..], &ladder, codecs].concat());
    folder
}

fn packager(arguments: &[&str]) {
    let command = packager::cli::Cli::parse_from(std::iter::once(&"packager").chain(arguments));
    command.run().unwrap_or_else(|failure| panic!("packager {arguments:?}: {failure}"));
}

fn key(scheme: Scheme) -> ContentKey {
    let protection = FakeProtection::new(scheme);
    ContentKey { id: protection.how.key_id, key: protection.key, label: None }
}

fn hex(bytes: [u8; 16]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `--key` with the right key, and with one of the same name.
fn typed(scheme: Scheme) -> [String; 2] {
    let key = key(scheme);
    [key.key.0, [0xa5; 16]].map(|bytes| format!("{}:{}", key.id, hex(bytes)))
}

/// The film by this scheme. `more`: what each set says of protection beside the key.
fn encrypted(scheme: Scheme, more: &str) -> TempDir {
    encrypted_of(CLEAR.path(), scheme, more)
}

fn encrypted_of(clear: &Path, scheme: Scheme, more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let of = clear.join("package");
    encrypt_below(&of, folder.path(), &FakeProtection::new(scheme));
    let manifest = std::fs::read_to_string(of.join("manifest.mpd")).unwrap();
    let id = key(scheme).id.uuid();
    let protection = format!(
        r#"<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="{scheme}" cenc:default_KID="{id}"/>{more}"#
    );
    let declared = r#"<MPD xmlns:cenc="urn:mpeg:cenc:2013" xmlns:dashif="https://dashif.org/CPS""#;
    let manifest = manifest.replacen("<MPD", declared, 1);
    let kept = manifest.lines().filter(|line| !line.contains("segment-index")).map(|line| match line.trim() {
        line if line.starts_with("<AdaptationSet") => format!("{line}{protection}\n"),
        line => format!("{line}\n"),
    });
    std::fs::write(folder.path().join("manifest.mpd"), kept.collect::<String>()).unwrap();
    folder
}

fn encrypt_below(from: &Path, to: &Path, protection: &FakeProtection) {
    let init = std::fs::read(from.join("init.mp4")).unwrap_or_default();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir(&target).unwrap();
            encrypt_below(&path, &target, protection);
        } else if path.extension().is_some_and(|end| end == "m4s") {
            std::fs::write(target, encrypted_segment(&init, &std::fs::read(&path).unwrap(), protection)).unwrap();
        } else if path.ends_with("init.mp4") {
            std::fs::write(target, protection.header(&init)).unwrap();
        }
    }
}

fn encrypted_segment(init: &[u8], segment: &[u8], protection: &FakeProtection) -> Vec<u8> {
    let track = media::track(init).unwrap();
    let samples = media::samples(&track, segment, 0).unwrap();
    let start = (samples[0].dts.ticks - track.shift) as u64;
    let bytes: Vec<Vec<u8>> = samples.iter().map(|sample| segment[sample.range.clone()].to_vec()).collect();
    protection.fragment(start, samples[0].duration.ticks as u32, &bytes)
}

fn clear_key_at(url: &str) -> String {
    let system = r#"schemeIdUri="urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e" value="ClearKey1.0""#;
    format!("<ContentProtection {system}><dashif:Laurl>{url}</dashif:Laurl></ContentProtection>")
}

fn manifest(folder: &TempDir) -> String {
    folder.path().join("manifest.mpd").to_str().unwrap().to_owned()
}

fn check_played(run: &Run) {
    assert_eq!((run.code, run.flag("reached_end")), (0, true), "{}", run.said);
    assert!(
        run.number("frames_shown") > 50.0 && run.summary["mended"].as_array().is_none_or(Vec::is_empty),
        "{}",
        run.summary
    );
}

#[test]
fn with_their_key_films_of_the_rare_schemes_play_to_the_end() {
    for scheme in [Scheme::Cens, Scheme::Cbc1] {
        let film = encrypted(scheme, "");
        check_played(&play(&manifest(&film), &["--key", &typed(scheme)[0]]));
    }
}

#[test]
fn without_a_key_nothing_plays_and_the_key_is_named_with_what_to_do() {
    let film =
        encrypted(Scheme::Cenc, r#"<ContentProtection schemeIdUri="urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"/>"#);
    let run = play(&manifest(&film), &[]);
    let id = key(Scheme::Cenc).id;
    assert_eq!(run.code, 4, "{}", run.said);
    assert!(run.said.contains(&format!("--key {id}:KEY")) && run.said.contains("Widevine"), "{}", run.said);
}

#[test]
fn a_right_key_plays_and_a_wrong_one_is_named_and_no_noise_is_shown() {
    let films = [&CLEAR, &OTHER].into_iter().flat_map(|film| [Scheme::Cenc, Scheme::Cbcs].map(|scheme| (film, scheme)));
    for (clear, scheme) in films {
        let film = encrypted_of(clear.path(), scheme, "");
        check_played(&play(&manifest(&film), &["--key", &typed(scheme)[0]]));
        let run = play(&manifest(&film), &["--key", &typed(scheme)[1]]);
        assert_eq!(run.code, 5, "{}", run.said);
        assert!(run.said.contains(&format!("the key {} is wrong", key(scheme).id)), "{}", run.said);
        assert_eq!(run.number("frames_shown"), 0.0, "{scheme}: {}", run.said);
        assert!(!run.said.contains("a5a5"), "{}", run.said);
    }
}

/// A server that answers each request for a licence with the next of these; tells the bodies of the requests.
fn licence_server(answers: Vec<(u16, String)>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/licence", listener.local_addr().unwrap());
    let (asked, bodies) = sync_channel(16);
    std::thread::Builder::new()
        .spawn(move || {
            for (answer, stream) in answers.into_iter().zip(listener.incoming()) {
                let mut stream = stream.unwrap();
                let _ = asked.try_send(body_of(&mut stream));
                let (status, body) = answer;
                let head =
                    format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).unwrap();
            }
        })
        .unwrap();
    (url, bodies)
}

fn body_of(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut byte = [0];
    while !text.ends_with("}") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        text.push(char::from(byte[0]));
    }
    text.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_licence_is_asked_for_until_its_server_is_back() {
    let good = clear_key::answer(&[key(Scheme::Cbcs)]);
    let (url, asked) = licence_server(vec![(503, String::new()), (503, String::new()), (200, good)]);
    let film = encrypted(Scheme::Cbcs, &clear_key_at(&url));
    let report = film.path().join("report.jsonl");
    let run = play(&manifest(&film), &["--allow-private", "--report", report.to_str().unwrap()]);
    check_played(&run);
    let bodies: Vec<String> = asked.try_iter().collect();
    assert_eq!(bodies, vec![clear_key::request(&[key(Scheme::Cbcs).id]); 3], "one key for picture and sound");
    let told = std::fs::read_to_string(report).unwrap() + &run.said + &run.summary.to_string();
    assert!(told.contains(r#""kind":"key""#) && told.contains(&key(Scheme::Cbcs).id.to_string()));
    let secret = key(Scheme::Cbcs).key.0;
    let in_licence = clear_key::answer(&[key(Scheme::Cbcs)]).split(r#""k":""#).nth(1).unwrap()[..22].to_owned();
    assert!(!told.contains(&hex(secret)) && !told.contains(&in_licence), "the key itself is told nowhere");
}

#[test]
fn a_licence_that_is_refused_ends_the_film_with_its_key() {
    let film = encrypted(Scheme::Cenc, &clear_key_at("/clearkey"));
    let keys: PathBuf = film.path().join("keys.txt");
    std::fs::write(&keys, format!("{0}:{0}\n", hex([0x77; 16]))).unwrap();
    let origin = Origin::start(film.path(), &["--clearkey", keys.to_str().unwrap()]);
    let run = play(&format!("{}/manifest.mpd", origin.address), &[]);
    assert_eq!(run.code, 5, "{}", run.said);
    assert!(run.said.contains(&format!("the key {} is missing", key(Scheme::Cenc).id)), "{}", run.said);
    std::fs::write(&keys, typed(Scheme::Cenc)[0].clone()).unwrap();
    let origin = Origin::start(film.path(), &["--clearkey", keys.to_str().unwrap()]);
    check_played(&play(&format!("{}/manifest.mpd", origin.address), &[]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_key_on_the_command_line_leaves_the_title_of_the_process() {
    let [right, _] = typed(Scheme::Cenc);
    let (url, _) = licence_server(vec![]);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_player"))
        .args(["--headless", &url, "--allow-private", "--key", &right])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let secret = right.split(':').nth(1).unwrap();
    let title = || std::fs::read_to_string(format!("/proc/{}/cmdline", child.id())).unwrap();
    // Starting takes a while on a busy machine; half a minute is more than enough.
    let hidden = (0..3000).any(|_| {
        pass(Duration::from_millis(10));
        let title = title();
        title.contains("--key\0@/dev/fd/") && !title.contains(secret)
    });
    let _ = child.kill();
    let _ = child.wait();
    assert!(hidden);
}
