//! What `verify` finds in a real package, where everything can be decoded; mutations of tables and boxes are tested
//! beside the code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn packaged() -> Place {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 25 --seconds 6");
    place.succeed("package film.mp4 --output good --segment-seconds 2 --ladder 320x180@300,160x90@100");
    place
}

/// A fresh copy of the good package, and the folders of its renditions.
fn copy(place: &Place) -> Vec<PathBuf> {
    let _ = fs::remove_dir_all(place.path("bad"));
    for name in place.list("good") {
        let to = place.path("bad").join(&name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(place.path("good").join(&name), to).unwrap();
    }
    let names = place.list("bad");
    let inits = names.iter().filter_map(|name| name.strip_suffix("init.mp4"));
    inits.map(|folder| place.path("bad").join(folder)).collect()
}

fn found(place: &Place, more: &str) -> (Option<i32>, String) {
    let output = place.run(&format!("verify bad/manifest.mpd {more}"));
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn damage_inside_of_media_data_is_found() {
    let place = packaged();
    for folder in copy(&place) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        copy(&place);
        let path = folder.join("2.m4s");
        let mut bytes = fs::read(&path).unwrap();
        let media = bytes.windows(4).position(|kind| kind == b"mdat").unwrap() + 4;
        let (first, length) = (media + (bytes.len() - media) / 3, (bytes.len() - media) / 3);
        for byte in bytes[first..first + length].iter_mut().step_by(50) {
            *byte ^= 0x5a;
        }
        fs::write(&path, bytes).unwrap();
        let (code, report) = found(&place, "");
        assert_eq!(code, Some(7), "{name}: {report}");
        assert!(report.contains(&format!("damage: {name} segment 2")), "{name}: {report}");
        assert!(!report.contains("segment 1:") && !report.contains("segment 3:"), "{name}: {report}");
    }
}

#[test]
fn what_belongs_to_another_rendition_is_found() {
    let place = packaged();
    for file in ["2.m4s", "init.mp4"] {
        let folders = copy(&place);
        let pictures: Vec<&PathBuf> =
            folders.iter().filter(|folder| folder.to_string_lossy().contains("h264-")).collect();
        fs::copy(pictures[1].join(file), pictures[0].join(file)).unwrap();
        // Not even the sizes tell, where nobody wrote them down.
        fs::remove_file(pictures[0].join("index.sidx")).unwrap();
        let (code, report) = found(&place, "");
        let damaged = report.lines().filter(|line| line.starts_with("damage: ")).count();
        assert!(code == Some(7) && damaged > 0, "{file}: {report}");
    }
}

#[test]
fn a_good_package_is_good_however_deep_one_looks() {
    let place = packaged();
    copy(&place);
    for more in ["", "--quick", "--json"] {
        assert_eq!(found(&place, more).0, Some(0), "{more}");
    }
    let (code, said) = verdict(&place.run("verify film.mp4"));
    assert!(code == Some(4) && said.contains("not a manifest"), "{said}");
}

/// Fragmented MP4 by FFmpeg: its segments are good, and what it offers to a player lacks what Apple demands.
#[test]
fn playlists_of_others_are_read_and_judged() {
    let place = Place::new();
    let arguments = "-v error -f lavfi -i testsrc2=size=320x180:rate=25:duration=6 -f lavfi -i sine=r=48000:d=6 -map 0 -map 1 \
        -c:v libx264 -preset ultrafast -g 50 -sc_threshold 0 -c:a aac -f hls -hls_segment_type fmp4 -hls_time 2 \
        -hls_playlist_type vod -master_pl_name master.m3u8 -hls_fmp4_init_filename init-%v.mp4 \
        -hls_segment_filename %v-%d.m4s";
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(arguments.split_whitespace()).current_dir(place.path(""));
    ffmpeg.args(["-var_stream_map", "v:0,agroup:a a:0,agroup:a,default:yes", "%v.m3u8"]);
    if !ffmpeg.status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: there is no ffmpeg that writes HLS");
        return;
    }
    for playlist in ["0.m3u8", "1.m3u8"] {
        place.succeed(&format!("verify {playlist}"));
    }
    let output = place.run("verify master.m3u8");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(7), "{said}");
    for words in
        ["AVERAGE-BANDWIDTH is missing", "CHANNELS is missing", "FRAME-RATE is missing", "no EXT-X-I-FRAME-STREAM-INF"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(said.lines().all(|line| !line.starts_with("gap") && !line.starts_with("time")), "{said}");
}

#[test]
fn what_hls_names_is_decoded_too() {
    let place = packaged();
    let playlists = "bad/master.m3u8";
    copy(&place);
    place.succeed(&format!("verify {playlists}"));
    let folder = copy(&place).remove(0);
    let path = folder.join("2.m4s");
    let mut bytes = fs::read(&path).unwrap();
    let media = bytes.windows(4).position(|kind| kind == b"mdat").unwrap() + 4;
    for byte in bytes[media + 400..].iter_mut().step_by(50) {
        *byte ^= 0x5a;
    }
    fs::write(&path, bytes).unwrap();
    let output = place.run(&format!("verify {playlists} --json"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(7) && said.contains(r#""check":"damage""#), "{said}");
    assert_eq!(place.run(&format!("verify {playlists} --quick")).status.code(), Some(0), "only decoding tells");
}
