//! HLS beside the MPD, over the same media: other readers read all of it, and it is there when the MPD is.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use std::fs;
use std::process::{Command, Stdio};

const FILM: &str = "sample film.mp4 --size 320x180 --rate 25 --seconds 6";
const OPTIONS: &str = "--no-thumbnails --segment-seconds 2 --preset ultrafast --ladder 320x180@300,160x90@100";
const FRAMES: usize = 150;

fn has_ffmpeg() -> bool {
    let found = Command::new("ffprobe").arg("-version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !found {
        eprintln!("SKIPPED: there is no ffprobe to read playlists with");
    }
    found
}

/// Presentation times of the packets of each stream that FFmpeg finds in a playlist, in seconds.
fn packets(place: &Place, playlist: &str) -> Vec<Vec<f64>> {
    let entries = ["-show_entries", "packet=stream_index,pts_time", "-of", "csv=p=0"];
    let mut command = Command::new("ffprobe");
    let output = command.args(["-v", "warning"]).args(entries).arg(place.path(playlist)).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{playlist}: no complaints");
    let mut streams: Vec<Vec<f64>> = vec![];
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let mut fields = line.split(',');
        let stream: usize = fields.next().unwrap().parse().unwrap();
        streams.resize(streams.len().max(stream + 1), vec![]);
        streams[stream].push(fields.next().unwrap().parse().unwrap());
    }
    streams
}

fn text(place: &Place, file: &str) -> String {
    fs::read_to_string(place.path(file)).unwrap()
}

#[test]
fn ffmpeg_reads_every_packet_of_every_rendition_from_the_beginning() {
    if !has_ffmpeg() {
        return;
    }
    let place = Place::new();
    place.succeed(FILM);
    for addressing in ["timeline", "number", "base"] {
        place.succeed(&format!("package film.mp4 --output {addressing} {OPTIONS} --addressing {addressing}"));
        let streams = packets(&place, &format!("{addressing}/master.m3u8"));
        let mut pictures: Vec<_> = streams.iter().filter(|times| times.len() == FRAMES).collect();
        assert_eq!((streams.len(), pictures.len()), (3, 2), "{addressing}");
        for times in &mut pictures {
            let mut sorted = (*times).clone();
            sorted.sort_by(f64::total_cmp);
            assert!(sorted.iter().enumerate().all(|(n, time)| (time - n as f64 * 0.04).abs() < 1e-3), "{addressing}");
        }
        let sound = streams.iter().find(|times| times.len() != FRAMES).unwrap();
        assert!((sound.last().unwrap() - 6.0).abs() < 0.05 && sound[0].abs() < 0.03, "{addressing}: {sound:?}");
    }
}

#[test]
fn a_run_that_ended_between_the_manifests_is_finished_by_resuming() {
    let place = Place::new();
    place.succeed(FILM);
    place.succeed(&format!("package film.mp4 --output whole {OPTIONS} --reproducible"));
    // A folder in the place of the manifest fails its put, which comes last.
    fs::create_dir_all(place.path("out/manifest.mpd/in the way")).unwrap();
    let (code, said) = verdict(&place.run(&format!("package film.mp4 --output out {OPTIONS} --reproducible --force")));
    assert!(code == Some(6) && said.contains("--resume continues it"), "{said}");
    assert_eq!(text(&place, "out/master.m3u8"), text(&place, "whole/master.m3u8"));
    fs::remove_dir_all(place.path("out/manifest.mpd")).unwrap();
    place.succeed(&format!("package film.mp4 --output out {OPTIONS} --reproducible --resume"));
    assert_eq!(place.list("out"), place.list("whole"));
    assert_eq!(text(&place, "out/manifest.mpd"), text(&place, "whole/manifest.mpd"));
}

#[test]
fn who_wants_no_playlists_has_none_and_keeps_none_of_the_package_before() {
    let place = Place::new();
    place.succeed(FILM);
    place.succeed(&format!("package film.mp4 --output out {OPTIONS}"));
    let with = place.list("out");
    assert_eq!(with.iter().filter(|name| name.ends_with(".m3u8")).count(), 6, "{with:?}");
    place.succeed(&format!("package film.mp4 --output out {OPTIONS} --no-hls --force --prune"));
    let without = place.list("out");
    assert!(without.iter().all(|name| !name.ends_with(".m3u8")), "{without:?}");
    assert_eq!(without.len(), with.len() - 6);
}

#[test]
fn a_growing_package_has_playlists_that_end_as_they_began() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 10 --seconds 9");
    place.succeed("package film.mp4 --output out --early --ladder 160x120@60");
    let names = place.list("out");
    let of_segments = names.iter().filter(|name| name.ends_with(".m3u8") && !name.contains("iframes"));
    for name in of_segments.filter(|name| *name != "master.m3u8") {
        let playlist = text(&place, &format!("out/{name}"));
        assert!(playlist.contains("#EXT-X-PLAYLIST-TYPE:EVENT\n") && playlist.ends_with("#EXT-X-ENDLIST\n"));
        assert!(playlist.contains("#EXT-X-TARGETDURATION:3\n"), "a tail may join the last segment of 2 s: {playlist}");
    }
    assert!(text(&place, "out/master.m3u8").contains("EXT-X-I-FRAME-STREAM-INF"));
}
