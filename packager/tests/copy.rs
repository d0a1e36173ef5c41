//! Packaging without encoding: what comes out is what went in, cut where all renditions can be cut; and what cannot be copied is
//! refused with file and place. Inputs are made by the ffmpeg of this machine, which also reads the packages.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use shared::bmff::tree::{self, BoxNode};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Closed groups of two seconds with B-frames.
const CLOSED: &str =
    "-c:v libx264 -preset ultrafast -g 50 -keyint_min 50 -sc_threshold 0 -bf 2 -x264-params open-gop=0";
const OPEN: &str = "-c:v libx264 -preset veryfast -g 50 -keyint_min 50 -sc_threshold 0 -bf 2 -x264-params open-gop=1";

fn ffmpeg(place: &Place, line: &str) {
    let mut command = Command::new("ffmpeg");
    command.current_dir(place.path("")).args(["-y", "-v", "error", "-nostdin"]).args(line.split_whitespace());
    let output = command.output().unwrap();
    assert!(output.status.success(), "ffmpeg {line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Pictures of this size and rate for so many seconds.
fn pictures(size: &str, rate: &str, seconds: u32) -> String {
    format!("-f lavfi -i testsrc2=size={size}:rate={rate}:duration={seconds}")
}

/// Two rungs, the first with sound of two languages.
fn rungs(place: &Place) {
    let sound = "-f lavfi -i sine=duration=9 -f lavfi -i sine=frequency=660:duration=9";
    let tags = "-metadata:s:a:0 language=eng -metadata:s:a:1 language=deu";
    let maps = "-map 0:v -map 1:a -map 2:a";
    ffmpeg(place, &format!("{} {sound} {maps} {CLOSED} -c:a aac {tags} hi.mp4", pictures("160x96", "25", 9)));
    ffmpeg(place, &format!("{} {CLOSED} lo.mp4", pictures("96x64", "25", 9)));
}

/// Times in ticks of a second, sizes and hashes of the packets of a stream, as ffmpeg reads them.
struct Packets {
    times: Vec<(f64, f64)>,
    bytes: Vec<(String, String)>,
}

fn packets(file: &Path, stream: &str) -> Packets {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(file)
        .args(["-map", stream, "-c", "copy", "-f", "framehash", "-"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let base = text.lines().find_map(|line| line.strip_prefix("#tb 0: ")).unwrap();
    let (num, den) = base.split_once('/').unwrap();
    let tick = num.parse::<f64>().unwrap() / den.parse::<f64>().unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(',').map(str::trim).collect())
        .collect();
    let time = |cell: &str| cell.parse::<f64>().unwrap() * tick;
    Packets {
        times: rows.iter().map(|row| (time(row[1]), time(row[2]))).collect(),
        bytes: rows.iter().map(|row| (row[4].to_owned(), row[5].to_owned())).collect(),
    }
}

/// The single files of a package with `--addressing base`, by the beginning of their names.
fn single(place: &Place, folder: &str, name: &str) -> std::path::PathBuf {
    let found = place
        .list(folder)
        .into_iter()
        .find(|path| path.ends_with(".mp4") && path.split('/').next_back().is_some_and(|file| file.starts_with(name)));
    assert!(found.is_some(), "{name}: {:?}", place.list(folder));
    place.path(folder).join(found.unwrap())
}

/// The same packets in the same order, at times that differ by a constant within `tolerance` seconds.
fn assert_same(source: &Packets, copied: &Packets, tolerance: f64, what: &str) {
    assert_eq!(source.bytes, copied.bytes, "{what}");
    let apart: Vec<(f64, f64)> = source.times.iter().zip(&copied.times).map(|(a, b)| (b.0 - a.0, b.1 - a.1)).collect();
    let first = apart[0];
    let is_constant = |one: &(f64, f64)| (one.0 - first.0).abs() <= tolerance && (one.1 - first.1).abs() <= tolerance;
    assert!(apart.iter().all(is_constant), "{what}: {apart:?}");
}

#[test]
fn every_packet_of_a_movie_is_in_the_package_once_and_at_its_time() {
    let place = Place::new();
    rungs(&place);
    place.succeed("package hi.mp4 lo.mp4 --copy --output out --addressing base --segment-seconds 2");
    for (source, stream, copied) in [
        ("hi.mp4", "0:v", "h264-160x96"),
        ("lo.mp4", "0:v", "h264-96x64"),
        ("hi.mp4", "0:a:0", "aac-1-en"),
        ("hi.mp4", "0:a:1", "aac-2-de"),
    ] {
        let there = packets(&single(&place, "out", copied), "0");
        assert_same(&packets(&place.path(source), stream), &there, 1e-6, copied);
    }
    place.succeed("verify out/manifest.mpd out/master.m3u8");
    let manifest = fs::read_to_string(place.path("out/manifest.mpd")).unwrap();
    assert_eq!(manifest.matches("<AdaptationSet").count(), 3, "{manifest}");
    assert!(manifest.contains("lang=\"de\"") && manifest.contains("startWithSAP=\"1\""));
}

#[test]
fn fragments_become_the_same_segments_as_tables() {
    let place = Place::new();
    rungs(&place);
    let fragmented = "-movflags +frag_keyframe+empty_moov+default_base_moof";
    ffmpeg(&place, &format!("-i hi.mp4 -i lo.mp4 -map 0 -map 1 -c copy {fragmented} both.mp4"));
    place.succeed("package both.mp4 --copy --output out --addressing base");
    place.succeed("verify out/manifest.mpd");
    let there = packets(&single(&place, "out", "h264-160x96"), "0");
    assert_same(&packets(&place.path("both.mp4"), "0:0"), &there, 1e-6, "fragments");
}

#[test]
fn matroska_keeps_its_packets_and_gets_exact_times() {
    let place = Place::new();
    ffmpeg(
        &place,
        &format!("{} -f lavfi -i sine=duration=7 {CLOSED} -c:a libopus film.mkv", pictures("160x96", "30000/1001", 7)),
    );
    place.succeed("package film.mkv --copy --output out --addressing base --segment-seconds 2");
    place.succeed("verify out/manifest.mpd");
    let pictures = packets(&single(&place, "out", "h264"), "0");
    assert_same(&packets(&place.path("film.mkv"), "0:v"), &pictures, 0.0011, "pictures");
    let exact = |n: usize| n as f64 * 1001.0 / 30_000.0;
    assert!((0..pictures.times.len()).all(|n| (pictures.times[n].0 - pictures.times[0].0 - exact(n)).abs() < 1e-6));
    let sound = packets(&single(&place, "out", "opus"), "0");
    assert_same(&packets(&place.path("film.mkv"), "0:a"), &sound, 0.0011, "sound");
}

#[test]
fn transport_streams_lose_what_only_transport_needs() {
    let place = Place::new();
    rungs(&place);
    ffmpeg(&place, "-i hi.mp4 -map 0 -c copy hi.ts");
    ffmpeg(&place, "-i lo.mp4 -map 0 -c copy lo.ts");
    place.succeed("package hi.ts lo.ts --copy --output out --addressing base");
    place.succeed("verify out/manifest.mpd out/master.m3u8");
    for (source, stream, copied) in [("hi.mp4", "0:a:0", "aac-1"), ("hi.mp4", "0:a:1", "aac-2")] {
        let there = packets(&single(&place, "out", copied), "0");
        assert_same(&packets(&place.path(source), stream), &there, 0.001, copied);
    }
    let copied = packets(&single(&place, "out", "h264-160x96"), "0");
    let source = packets(&place.path("hi.ts"), "0:v");
    assert_eq!(copied.times.len(), source.times.len());
    assert!(single(&place, "out", "h264-160x96").exists());
    let init = fs::read(single(&place, "out", "h264-160x96")).unwrap();
    assert!(init.windows(4).any(|name| name == b"avc1"), "parameter sets are in the sample entry");
}

#[test]
fn the_usual_options_hold() {
    let place = Place::new();
    rungs(&place);
    let dry = place.succeed("package hi.mp4 lo.mp4 --copy --output out --dry-run");
    assert!(dry.contains("h264-160x96") && dry.contains("as it is") && !place.path("out").exists(), "{dry}");
    let json = place.succeed("package hi.mp4 lo.mp4 --copy --output out --addressing number --progress json");
    let told = |event: &str| json.contains(&format!("\"event\":\"{event}\""));
    assert!(["started", "segment", "chunk", "finished"].into_iter().all(told), "{json}");
    place.succeed("verify out/manifest.mpd out/master.m3u8");
    let again = place.run("package hi.mp4 lo.mp4 --copy --output out");
    assert_eq!(again.status.code(), Some(6));
    place.succeed("package hi.mp4 lo.mp4 --copy --output out --force --no-hls --early");
    assert!(!place.path("out/master.m3u8").exists());
    place.succeed("package hi.mp4 lo.mp4 --copy --output out --resume");
    place.succeed("package hi.mp4 lo.mp4 --copy --each --output films");
    place.succeed("verify films");
}

/// Sets of inputs made of one line for ffmpeg each, and what the ids of their renditions begin with.
const FORMATS: [(&str, &str, &[&str]); 6] = [
    (
        "-c:v libx265 -preset ultrafast -x265-params keyint=50:min-keyint=50:open-gop=0:log-level=none",
        "h.ts",
        &["hevc"],
    ),
    (
        "-c:v libx265 -preset ultrafast -x265-params keyint=50:min-keyint=50:open-gop=0:log-level=none",
        "h.mkv",
        &["hevc"],
    ),
    ("-c:v libvpx-vp9 -g 50 -deadline realtime -cpu-used 8 -c:a libopus", "v.webm", &["vp9", "opus-1"]),
    ("-c:v libaom-av1 -g 50 -usage realtime -cpu-used 8 -c:a libopus", "a.mkv", &["av1", "opus-1"]),
    ("{CLOSED} -c:a ac3", "d.ts", &["h264", "ac3-1"]),
    ("{CLOSED} -c:a flac -strict -2", "f.mp4", &["h264", "flac-1"]),
];

#[test]
fn formats_come_through_whatever_they_are_in() {
    let place = Place::new();
    for (codecs, name, ids) in FORMATS {
        let sound = if ids.len() > 1 { "-f lavfi -i sine=duration=5" } else { "" };
        let codecs = codecs.replace("{CLOSED}", CLOSED);
        ffmpeg(&place, &format!("{} {sound} {codecs} {name}", pictures("128x96", "25", 5)));
        place.succeed(&format!("package {name} --copy --output {name}.d --segment-seconds 2"));
        place.succeed(&format!("verify {name}.d/manifest.mpd {name}.d/master.m3u8"));
        let names = place.list(&format!("{name}.d"));
        let has = |id: &&str| names.iter().any(|path| path.split('/').nth(1).is_some_and(|file| file.starts_with(*id)));
        assert!(ids.iter().all(has), "{name}: {names:?}");
    }
}

#[test]
fn sound_that_begins_late_or_ends_early_stays_so_and_is_said() {
    let place = Place::new();
    let sound = "-f lavfi -i sine=duration=5";
    ffmpeg(&place, &format!("{} {sound} {CLOSED} -c:a aac short.mp4", pictures("96x64", "25", 9)));
    ffmpeg(&place, "-i short.mp4 -itsoffset 1.5 -i short.mp4 -map 0:v -map 1:a -c copy late.mp4");
    for name in ["short", "late"] {
        place.succeed(&format!("package {name}.mp4 --copy --output {name} --segment-seconds 2"));
        place.succeed(&format!("verify {name}/manifest.mpd {name}/master.m3u8"));
        let manifest = fs::read_to_string(place.path(&format!("{name}/manifest.mpd"))).unwrap();
        assert!(manifest.contains("tag:dash-packager,2026:extent"), "{manifest}");
    }
    // Who loses the last segment of the list does not come through with it.
    let manifest = fs::read_to_string(place.path("short/manifest.mpd")).unwrap();
    let sound = manifest.find("contentType=\"audio\"").unwrap();
    let last = sound + manifest[sound..].rfind("<S ").unwrap();
    let end = last + manifest[last..].find("/>").unwrap() + 2;
    fs::write(place.path("short/torn.mpd"), [&manifest[..last], &manifest[end..]].concat()).unwrap();
    let told = place.run("verify --quick short/torn.mpd");
    assert_eq!(told.status.code(), Some(7), "{}", String::from_utf8_lossy(&told.stdout));
}

#[test]
fn pictures_of_a_variable_rate_keep_their_times() {
    let place = Place::new();
    let drop = "-vf select='not(mod(n,7)*mod(n,3))+lt(n,100)' -vsync vfr";
    let keys = "-force_key_frames expr:gte(t,n_forced*2) -x264-params open-gop=0:scenecut=0:keyint=250";
    let coded = format!("{drop} -c:v libx264 -preset ultrafast -bf 2 {keys}");
    ffmpeg(&place, &format!("{} {coded} film.mp4", pictures("96x64", "25", 9)));
    place.succeed("package film.mp4 --copy --output out --addressing base --segment-seconds 2");
    place.succeed("verify out/manifest.mpd out/master.m3u8");
    let there = packets(&single(&place, "out", "h264"), "0");
    assert_same(&packets(&place.path("film.mp4"), "0:v"), &there, 1e-6, "variable");
}

#[test]
fn an_open_rendition_alone_is_told_and_packaged() {
    let place = Place::new();
    ffmpeg(&place, &format!("{} {OPEN} open.mp4", pictures("160x96", "25", 9)));
    let output = place.run("package open.mp4 --copy --output out --segment-seconds 2");
    let (code, told) = verdict(&output);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("open.mp4: its groups of pictures are open (first at 2.000 s)"), "{told}");
    let manifest = fs::read_to_string(place.path("out/manifest.mpd")).unwrap();
    assert!(manifest.contains("startWithSAP=\"3\""), "{manifest}");
    place.succeed("verify out/manifest.mpd out/master.m3u8");
}

/// What is typed after `package … --copy --output out`, and words of the sentence.
const REFUSED: [(&str, &[&str]); 12] = [
    ("hi.mp4 open.mp4", &["cannot copy open.mp4: at 2.000 s it begins an open group"]),
    ("hi.mp4 odd.mp4 --segment-seconds 2", &["cannot copy odd.mp4: at 2.000 s it has no key frame, where hi.mp4"]),
    ("hi.mp4 fast.mp4", &["cannot copy fast.mp4: from 0.000 s on it has 30.000 pictures a second, hi.mp4 has 25.000"]),
    ("hi.mp4 short.mp4", &["cannot copy short.mp4: its pictures end at 6.000 s, those of hi.mp4 at 9.000 s"]),
    ("hi.mp4 late.mp4", &["cannot copy late.mp4: its pictures begin at 0.500 s, those of hi.mp4 at 0.000 s"]),
    ("cut.mp4", &["cannot copy cut.mp4: it is cut off at ", " s; get the whole file"]),
    ("one.mp4", &["cannot copy one.mp4: from 0.000 s to 9.000 s it begins no closed group", "more than twice the 4 s"]),
    ("notes.mp4", &["notes.mp4"]),
    ("joined.mp4", &["joined from several pieces by an edit list, the first of which ends at 3.000 s"]),
    ("twice.mp4", &["cannot copy twice.mp4: the pictures in track 1 are described in two ways", "from 0.000 s on"]),
    (
        "locked.mp4",
        &["cannot copy locked.mp4: the pictures in track 1 are encrypted (Common Encryption, cenc) from 0.000 s on"],
    ),
    ("torn.ts", &["cannot copy torn.ts: it is cut off at ", " s; get the whole file"]),
];

/// The movie with its movie box, which stands at its end, changed.
fn edited(film: &[u8], edit: impl Fn(&mut BoxNode)) -> Vec<u8> {
    let mut nodes = tree::parse(film).unwrap();
    edit(nodes.iter_mut().find(|node| node.kind == b"moov").unwrap().descend_mut(&[b"trak"]).unwrap());
    tree::to_bytes(&nodes)
}

/// An edit list of two pieces of three seconds, between which one second is left out.
fn two_edits(trak: &mut BoxNode) {
    let elst = trak.descend_mut(&[b"edts", b"elst"]).unwrap().bytes_mut().unwrap();
    let first: [u8; 4] = elst[12..16].try_into().unwrap();
    let second = u32::from_be_bytes(first) + 4 * 12_800;
    let piece = |start: u32| [&3000u32.to_be_bytes()[..], &start.to_be_bytes(), &[0, 1, 0, 0]].concat();
    *elst = [&[0; 7][..], &[2], &piece(u32::from_be_bytes(first)), &piece(second)].concat();
}

/// A second sample entry, which is the first one again.
fn two_entries(trak: &mut BoxNode) {
    let stsd = trak.descend_mut(&[b"mdia", b"minf", b"stbl", b"stsd"]).unwrap().bytes_mut().unwrap();
    stsd[7] = 2;
    stsd.extend_from_within(8..);
}

#[test]
fn what_cannot_be_copied_is_named_with_its_place() {
    let place = Place::new();
    rungs(&place);
    ffmpeg(&place, &format!("{} {OPEN} open.mp4", pictures("96x64", "25", 9)));
    let groups = |frames: u32| CLOSED.replace("50", &frames.to_string());
    ffmpeg(&place, &format!("{} {} odd.mp4", pictures("96x64", "25", 9), groups(75)));
    ffmpeg(&place, &format!("{} {} one.mp4", pictures("96x64", "25", 9), groups(400)));
    ffmpeg(&place, &format!("{} {} fast.mp4", pictures("96x64", "30", 9), groups(60)));
    ffmpeg(&place, &format!("{} {CLOSED} short.mp4", pictures("96x64", "25", 6)));
    ffmpeg(&place, "-itsoffset 0.5 -i lo.mp4 -c copy late.mp4");
    ffmpeg(&place, "-i hi.mp4 -map 0 -c copy -movflags +faststart whole.mp4");
    let whole = fs::read(place.path("whole.mp4")).unwrap();
    fs::write(place.path("cut.mp4"), &whole[..whole.len() * 2 / 3]).unwrap();
    let lo = fs::read(place.path("lo.mp4")).unwrap();
    fs::write(place.path("joined.mp4"), edited(&lo, two_edits)).unwrap();
    fs::write(place.path("twice.mp4"), edited(&lo, two_entries)).unwrap();
    let keys = "-encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8";
    ffmpeg(&place, &format!("-i lo.mp4 -c copy -encryption_scheme cenc-aes-ctr {keys} locked.mp4"));
    ffmpeg(&place, "-i hi.mp4 -map 0 -c copy torn.ts");
    let stream = fs::read(place.path("torn.ts")).unwrap();
    fs::write(place.path("torn.ts"), &stream[..stream.len() / 188 / 2 * 188 + 100]).unwrap();
    fs::write(place.path("notes.mp4"), "Dear diary,\n".repeat(500)).unwrap();
    for (typed, words) in REFUSED {
        let (code, told) = verdict(&place.run(&format!("package {typed} --copy --output out")));
        assert_eq!(code, Some(4), "{typed}: {told}");
        assert!(words.iter().all(|word| told.contains(word)), "{typed}: {told}");
        assert!(!place.path("out").exists(), "{typed}");
    }
    let (code, told) = verdict(&place.run("package hi.mp4 lo.mp4 --copy --quality --output out"));
    assert_eq!(code, Some(2), "{told}");
}
