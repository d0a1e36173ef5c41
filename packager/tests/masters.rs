//! Odd and hostile masters, as data: what each becomes, and what is said of it. They are made from a real clip of the
//! test material (variable `DASH_TEST_MATERIAL`); without it there is nothing to test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "common/media.rs"]
mod media;

use common::Place;
use media::load;
use shared::bmff::entry::MediaKind;
use shared::bmff::tree;
use shared::mpd::{self, ContentType};
use shared_av::VideoFrame;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Seconds of the clip that the masters are made from.
const SECONDS: &str = "3";

/// What a master must become.
enum Becomes {
    /// Exit code and words of the sentence; no manifest.
    Refused(i32, &'static str),
    /// Size and frame rate of the best rendition (none for sound alone), seconds, languages and channels of the sound,
    /// words that must be said.
    Package(&'static str, f64, &'static str, &'static [&'static str]),
}

use Becomes::{Package, Refused};

const FULL: &str = "640x360 24";

/// By the names that the material's script gives them.
const MASTERS: [(&str, Becomes); 54] = [
    ("audio-half-as-long.mp4", Package(FULL, 3.0, "und/2", &["filled up with silence", "behind it"])),
    ("audio-starts-0.7s-late.mp4", Package(FULL, 3.71, "und/2", &["before it", "the last one is held"])),
    ("av1-opus.mkv", Package(FULL, 3.0, "und/2", &[])),
    ("bad-bytes-in-mdat.mp4", Refused(5, "--allow-damaged packages it as it is")),
    ("bad-empty.mp4", Refused(4, "not media")),
    ("bad-text.mp4", Refused(4, "not media")),
    ("bad-truncated-faststart.mp4", Refused(4, "it is cut off; it should last 3.0 s")),
    ("bad-truncated-no-moov.mp4", Refused(4, "damaged or not media")),
    ("bad-zeros.mp4", Refused(4, "not media")),
    ("cover-art.mp4", Package(FULL, 3.0, "und/2", &["left out: cover art"])),
    ("editlist-cut.mp4", Package(FULL, 1.69, "und/2", &[])),
    ("fps0.25-noaudio.mp4", Package("320x180 1/4", 4.0, "", &[])),
    ("fps1.mp4", Package("320x180 1", 3.0, "und/2", &[])),
    ("fps23976.mp4", Package("640x360 24000/1001", 3.0, "und/2", &[])),
    ("fps2997.mp4", Package("640x360 30000/1001", 3.0, "und/2", &[])),
    ("fps60.mp4", Package("640x360 60", 3.0, "und/2", &[])),
    ("fragmented-input.mp4", Package(FULL, 3.08, "und/2", &[])),
    ("full-range.mp4", Package(FULL, 3.0, "und/2", &[])),
    ("h264-422-10bit.mp4", Package(FULL, 3.0, "und/2", &[])),
    ("h264-444.mp4", Package(FULL, 3.0, "und/2", &[])),
    ("hevc-10bit.mp4", Package(FULL, 3.0, "und/2", &[])),
    ("hevc-hdr10.mp4", Package(FULL, 3.0, "und/2", &["high dynamic range is mapped down"])),
    ("interlaced-h264-tff.mp4", Package("1280x720 25", 3.0, "und/2", &[])),
    ("interlaced-mpeg2-pal-sar64_45.ts", Package("1024x576 12", 3.0, "und/2", &[])),
    ("mjpeg-pcm.avi", Package("320x180 24", 3.0, "und/2", &[])),
    ("mono-22050.mp4", Package(FULL, 3.0, "und/1", &[])),
    ("multi-audio-eng-deu.mp4", Package(FULL, 3.0, "en/2 de/1", &[])),
    ("name with space & ümlaut %25 'q'.mp4", Package(FULL, 3.0, "und/2", &[])),
    ("no-audio.mp4", Package(FULL, 3.0, "", &[])),
    ("no-video.m4a", Package("", 3.0, "und/2", &[])),
    ("odd-638x362.mp4", Package("644x362 24", 3.0, "und/2", &[])),
    ("odd-641x361.mp4", Package("642x360 24", 3.0, "und/2", &[])),
    ("one-frame.mp4", Package(FULL, 0.042, "", &[])),
    ("one-keyframe.mp4", Package(FULL, 3.0, "und/2", &[])),
    ("open-gop.mp4", Package(FULL, 3.0, "und/2", &[])),
    ("pcm-96k.mov", Package(FULL, 3.0, "und/2", &[])),
    ("portrait-real.mp4", Package("360x640 24", 3.0, "und/2", &[])),
    ("prores-pcm.mov", Package(FULL, 3.0, "und/2", &[])),
    ("rot180.mp4", Package(FULL, 3.0, "und/2", &[])),
    ("rot90.mp4", Package("360x640 24", 3.0, "und/2", &[])),
    ("sar4_3.mp4", Package("854x480 24", 3.0, "und/2", &[])),
    ("sar8_9-4x3.mp4", Package("720x540 24", 3.0, "und/2", &[])),
    ("short-0.5s.mp4", Package(FULL, 0.5, "und/2", &[])),
    ("start-3600s.ts", Package(FULL, 3.0, "und/2", &[])),
    ("still-image.mp4", Package("320x180 25", 3.0, "", &[])),
    ("subs-mov_text.mp4", Package(FULL, 3.0, "und/2", &[])),
    ("subs-srt.mkv", Package(FULL, 3.0, "und/2", &[])),
    ("surround51-aac.mp4", Package(FULL, 3.0, "und/2 und/6", &[])),
    ("surround51-ac3.mkv", Package(FULL, 3.0, "und/2 und/6", &[])),
    ("tiny-16x16.mp4", Package("28x16 24", 3.0, "und/2", &[])),
    ("vfr.mp4", Package(FULL, 3.0, "und/2", &["put on a grid of 24 a second"])),
    ("video-half-as-long.mp4", Package(FULL, 3.0, "und/2", &["the pictures end", "the last one is held"])),
    ("vp8-vorbis.webm", Package(FULL, 3.0, "und/2 und/6", &[])),
    ("vp9-opus.webm", Package(FULL, 3.0, "und/2", &[])),
];

/// Clips as cameras and other programs make them.
const CLIPS: [(&str, Becomes); 14] = [
    ("cityCC0-720x405-25-mpeg2-noaudio-odd-height-7s.mpg", Package("720x404 25", 7.6, "", &[])),
    (
        "m3-1080p-hevc10-rot90-editlist-vfr-2s.mp4",
        Package("1080x1920 30000/1001", 2.6, "und/2", &["left out: a data stream (stream 2", "(stream 3"]),
    ),
    ("m3-1080x720-chapters-1s.mp4", Package("1080x720 30000/1001", 1.05, "und/1", &["left out: a data stream"])),
    ("m3-1080x720-h264-ac3-ass-1s.mkv", Package("1080x720 30", 1.1, "und/1", &[])),
    ("m3-1080x720-h264-ac3-srt-1s.mkv", Package("1080x720 30", 1.1, "und/1", &[])),
    ("m3-161x121-2997-vp9-odd-1s.webm", Package("160x120 2997/100", 1.0, "", &[])),
    ("m3-320x240-60fps-shorter-audio-1s.mp4", Package("320x240 60", 1.2, "und/1", &[])),
    ("m3-720x1080-portrait-2997-h264-aacmono-1s.mp4", Package("720x1080 30000/1001", 1.05, "und/1", &[])),
    ("m3-720x1280-portrait-av1-10bit-hdr10-4s.mp4", Package("720x1280 30000/1001", 4.24, "en/2", &[])),
    ("m3-bbb-1080p24-mpeg2-mp2-2s.ts", Package("1920x1080 24", 2.5, "und/2", &[])),
    ("m3-bbb-642x642-vp9-3s.webm", Package("642x642 30", 3.0, "", &[])),
    ("m3-bbb-800x640-sar1137-800-firstpts10s.mp4", Package("1136x640 30", 4.0, "", &[])),
    ("m3-1080p50-h264-pcm-2s.mov", Package("1920x1080 50", 2.0, "und/2", &[])),
    ("oa4-640x360-24-vp8-vorbis-8s.webm", Package(FULL, 8.08, "en/2", &[])),
];

/// The folder with the clips, when there is one and this machine can make masters from them.
fn clips() -> Option<PathBuf> {
    let clips = std::env::var_os("DASH_TEST_MATERIAL").map(|root| Path::new(&root).join("media"));
    let Some(clips) = clips.filter(|clips| clips.join("make_odd.sh").exists()) else {
        eprintln!("skipped: DASH_TEST_MATERIAL names no folder with media/make_odd.sh");
        return None;
    };
    let ffmpeg = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status();
    if !ffmpeg.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no ffmpeg to make masters with");
        return None;
    }
    Some(clips)
}

fn package(place: &Place, master: &Path, more: &[&str]) -> (Option<i32>, String) {
    let _ = fs::remove_dir_all(place.path("out"));
    let mut command = place.command("package --output out --preset ultrafast");
    let output = command.args(more).arg(master).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What the package is, in the words of the tables.
fn described(place: &Place) -> (String, f64, String) {
    let manifest = place.path("out/manifest.mpd").canonicalize().unwrap();
    let url = url::Url::from_file_path(&manifest).unwrap();
    let (presentation, warnings) = mpd::read(&fs::read(&manifest).unwrap(), &url).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let period = &presentation.periods[0];
    let best =
        |content| period.sets.iter().filter(move |set| set.content == content).map(|set| &set.representations[0]);
    let picture = best(ContentType::Video).next().map(|one| {
        format!(
            "{}x{} {}",
            one.width.unwrap(),
            one.height.unwrap(),
            frame_rate(&fs::read_to_string(&manifest).unwrap())
        )
    });
    let sounds = period.sets.iter().filter(|set| set.content == ContentType::Audio).map(|set| {
        let channels = set.representations[0].channels.unwrap();
        format!("{}/{channels}", set.lang.as_deref().unwrap_or("und"))
    });
    let seconds = period.end().unwrap().offset_secs(period.start);
    (picture.unwrap_or_default(), seconds, sounds.collect::<Vec<_>>().join(" "))
}

/// As the manifest spells it.
fn frame_rate(manifest: &str) -> String {
    let (_, rate) = manifest.split_once(" frameRate=\"").unwrap();
    rate.split('"').next().unwrap().to_owned()
}

fn check(place: &Place, master: &Path, becomes: &Becomes) -> Result<(), String> {
    let (code, said) = package(place, master, &[]);
    let there = place.path("out/manifest.mpd").exists();
    match becomes {
        Refused(expected, words) => {
            let refused = code == Some(*expected) && said.contains(words) && said.lines().count() == 1 && !there;
            if refused { Ok(()) } else { Err(format!("exit code {code:?}, manifest: {there}, said {said}")) }
        }
        Package(picture, seconds, sounds, words) => {
            if code != Some(0) {
                return Err(format!("exit code {code:?}: {said}"));
            }
            let (was, lasts, heard) = described(place);
            let right = was == *picture && heard == *sounds && (lasts - seconds).abs() < 0.1;
            let verified = place.run("verify out/manifest.mpd");
            if !right || !words.iter().all(|word| said.contains(word)) || !verified.status.success() {
                let report = String::from_utf8_lossy(&verified.stdout).into_owned();
                return Err(format!("became `{was}`, {lasts} s, `{heard}`, said `{said}`, {report}"));
            }
            Ok(())
        }
    }
}

fn assert_all(place: &Place, folder: &Path, table: &[(&str, Becomes)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(name, becomes)| {
            let wrong = check(place, &folder.join(name), becomes).err()?;
            Some(format!("{name}: {wrong}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn odd_masters_become_what_they_are() {
    let Some(clips) = clips() else { return };
    let place = Place::new();
    let odd = place.path("odd");
    let clip = clips.join("bbb-1080p24-h264-aac51-30s.mp4");
    let mut script = Command::new("bash");
    script.arg(clips.join("make_odd.sh")).arg(clip).arg(&odd).arg(SECONDS).stdout(Stdio::null());
    assert!(script.status().unwrap().success());
    let made: Vec<String> = place.list("odd");
    let known = |name: &String| MASTERS.iter().any(|(known, _)| known == name);
    assert!(made.iter().all(known), "the table lacks one of {made:?}");
    // An encoder that this machine lacks makes no master; that is for its owner to know.
    let there: Vec<_> = MASTERS.into_iter().filter(|(name, _)| made.iter().any(|made| made == name)).collect();
    assert!(there.len() > 40, "only {} could be made", there.len());
    assert_all(&place, &odd, &there);

    let (code, said) = package(&place, &odd.join("bad-bytes-in-mdat.mp4"), &["--allow-damaged"]);
    assert!(code == Some(0) && said.contains("could not be decoded"), "{said}");

    let first = |name: &str| {
        package(&place, &odd.join(name), &[]);
        load(&place.path("out"), ContentType::Video)[0].pictures().swap_remove(0)
    };
    let upright = first("no-audio.mp4");
    for (name, quarters) in [("rot90.mp4", 1), ("rot180.mp4", 2)] {
        let turned = first(name);
        let apart = difference(&upright, &turned, quarters);
        assert!(apart < 4.0, "{name}: samples are {apart} apart from the same picture turned {quarters} times");
    }
}

/// Mean difference of luma between a picture turned clockwise by quarters and another, both 16:9 or 9:16.
fn difference(upright: &VideoFrame, turned: &VideoFrame, quarters: usize) -> f64 {
    let (from, to) = (upright.plane(0).unwrap(), turned.plane(0).unwrap());
    let sides = if quarters == 1 { (from.height, from.width) } else { (from.width, from.height) };
    assert_eq!((to.width, to.height), sides);
    let mut sum = 0u64;
    for y in 0..to.height {
        for x in 0..to.width {
            let (fx, fy) = if quarters == 1 { (y, to.width - 1 - x) } else { (to.width - 1 - x, to.height - 1 - y) };
            sum += u64::from(from.data[fy * from.stride + fx].abs_diff(to.data[y * to.stride + x]));
        }
    }
    sum as f64 / (to.width * to.height) as f64
}

#[test]
fn clips_of_cameras_and_other_programs_become_what_they_are() {
    let Some(clips) = clips() else { return };
    assert_all(&Place::new(), &clips, &CLIPS);
}

/// Made by ffmpeg from four seconds of our own film: 320x180, 30 frames a second, a flash and a beep each second. Parts
/// are joined byte by byte, as recordings of broadcasts are.
const MADE: [(&str, &[&str], Becomes); 33] = [
    ("remuxed.ts", &["-i film.mp4 -c copy"], Package("320x180 30", 4.0, "und/2", &[])),
    ("remuxed.flv", &["-i film.mp4 -c copy"], Package("320x180 30", 4.0, "und/2", &[])),
    ("steady.mkv", &["-i film.mp4 -c copy -an"], Package("320x180 30", 4.0, "", &[])),
    (
        "starts-again.ts",
        &["-t 2 -i film.mp4 -c copy", "-ss 2 -i film.mp4 X -mpegts_flags +initial_discontinuity"],
        Package("320x180 30", 4.0, "und/2", &["the clock of the film jumps (1 times)"]),
    ),
    (
        "two-hours-later.ts",
        &[
            "-t 2 -i film.mp4 -c copy",
            "-ss 2 -i film.mp4 X -mpegts_flags +initial_discontinuity -output_ts_offset 7200",
        ],
        Package("320x180 30", 4.0, "und/2", &["the clock of the film jumps (1 times)"]),
    ),
    (
        "becomes-square.ts",
        &["-t 2 -i film.mp4 -c copy", "-ss 2 -i film.mp4 X -s 180x180 -aspect 1 -mpegts_flags +initial_discontinuity"],
        Package("320x180 30", 4.0, "und/2", &["of another shape than the first; they are shown between bars"]),
    ),
    (
        "becomes-larger-mono.ts",
        &[
            "-t 2 -i film.mp4 -c copy",
            "-ss 2 -i film.mp4 X -s 640x360 -ac 1 -ar 44100 -mpegts_flags +initial_discontinuity",
        ],
        Package("640x360 30", 4.0, "und/2", &["change their size (320x180, 640x360)"]),
    ),
    (
        "slow-motion.mp4",
        &["-t 1 -i film.mp4 X -r 240 -an"],
        Package("320x180 120", 1.0, "", &["120 a second: 0 shown"]),
    ),
    ("tiny.mkv", &["-t 1 -i film.mp4 -an -s 2x2 -c:v rawvideo"], Package("28x16 30", 1.0, "", &["are enlarged"])),
    (
        "alpha.mov",
        &["-t 1 -i film.mp4 -an -c:v qtrle -pix_fmt argb"],
        Package("320x180 30", 1.0, "", &["transparency"]),
    ),
    (
        "eight.mkv",
        &["-i film.mp4 -c:v copy -c:a flac -ac 8"],
        Package("320x180 30", 4.0, "und/2 und/6", &["to 5.1 and"]),
    ),
    (
        "languages.mp4",
        &["-i film.mp4 -map 0:v -map 0:a -map 0:a -c copy -disposition:a:0 0 -disposition:a:1 default \
           -metadata:s:a:0 language=fra -metadata:s:a:1 language=eng"],
        Package("320x180 30", 4.0, "fr/2 en/2", &[]),
    ),
    (
        "screen.mkv",
        &[r"-f lavfi -i testsrc2=s=320x180:r=30:d=16 -vf select=between(t\,9\,11)+not(mod(n\,30)) -vsync vfr X"],
        Package("320x180 30", 15.0, "", &["put on a grid of 30 a second"]),
    ),
    (
        "podcast.mp4",
        &["-f lavfi -i testsrc=s=32x32:r=1:d=1 -f lavfi -i sine=r=16000:d=660 -ac 1 -b:a 24k X"],
        Package("32x32 1", 660.0, "und/1", &["the last one is held"]),
    ),
    (
        "late.mkv",
        &["-f lavfi -i testsrc=s=32x32:r=1:d=640 -itsoffset 620 -f lavfi -i sine=r=16000:d=20 -ac 1 -b:a 24k X"],
        Package("32x32 1", 640.0, "und/1", &["619.9", "before it"]),
    ),
    (
        "jitters.mkv",
        &[r"-i film.mp4 -vn -c copy -bsf:a setts=ts=TS+55*eq(mod(N\,3)\,1)"],
        Package("", 4.0, "und/2", &[]),
    ),
    (
        "sound-moves.ts",
        &[
            "-t 2 -i film.mp4 -c:v copy -c:a mp2 -streamid 1:257",
            "-ss 2 -i film.mp4 X -c:a mp2 -streamid 1:300 -output_ts_offset 2",
        ],
        Package("320x180 30", 4.0, "und/2", &["the sound of stream 1 goes on in stream 2 after"]),
    ),
    (
        "programmes.ts",
        &["-f lavfi -i testsrc2=s=320x180:r=25:d=2 -itsoffset 3600 -f lavfi -i testsrc=s=160x90:r=25:d=2 \
           -f lavfi -i sine=d=2 -itsoffset 3600 -f lavfi -i sine=d=2 -map 0 -map 2 -map 1 -map 3 X \
           -program title=One:st=0:st=1 -program title=Two:st=2:st=3"],
        Package("320x180 25", 2.0, "und/1", &["another programme (number 2 \"Two\", streams 2, 3)"]),
    ),
    (
        "cover-first.mp4",
        &["-f lavfi -i testsrc=s=640x640:r=25:d=0.04 -i film.mp4 -map 0 -map 1 X"],
        Package("320x180 30", 4.0, "und/2", &["a still picture (stream 0"]),
    ),
    (
        "grows.ts",
        &["-t 1 -i film.mp4 -an -s 160x90 X", "-ss 1 -i film.mp4 -an X -output_ts_offset 1"],
        Package("320x180 30", 4.0, "", &["change their size (160x90, 320x180)"]),
    ),
    (
        "becomes-fields.ts",
        &[
            "-t 2 -i film.mp4 -c:v mpeg2video -g 15 -an",
            "-ss 2 -i film.mp4 -c:v mpeg2video -g 15 -an \
           -flags +ildct+ilme -vf fieldorder=tff,setfield=tff -output_ts_offset 2",
        ],
        Package("320x180 30", 4.0, "", &[]),
    ),
    (
        "slides.ts",
        &[
            r"-f lavfi -i testsrc=s=32x32:r=1:d=40 -f lavfi -i sine=r=16000:d=40 -vf select=lt(t\,2)+gt(t\,38) -vsync vfr -ac 1 X",
        ],
        Package("32x32 1", 41.0, "und/1", &["1 a second: 38 shown again, 0 left out"]),
    ),
    (
        "streams-move.ts",
        &[
            "-t 2 -i film.mp4 -c:v copy -c:a mp2 -streamid 0:256 -streamid 1:257 -output_ts_offset 1000",
            "-ss 2 -i film.mp4 X -c:a mp2 -streamid 0:300 -streamid 1:301 -output_ts_offset 40",
        ],
        Package("320x180 30", 4.0, "und/2", &["the pictures of stream 0 go on in stream 2 after 2.0 s"]),
    ),
    (
        "chapters.mkv",
        &["-i film.mp4 -i chapters.txt -map 0 -map_metadata 1 -map_chapters 1 -c copy"],
        Package("320x180 30", 4.0, "und/2", &["left out: its 2 chapters"]),
    ),
    (
        "ten.mov",
        &["-f lavfi -i aevalsrc=0|0|0|0|0|0|0|0|0|sin(t):s=48000:d=2 -c:a pcm_s16le"],
        Package("", 2.0, "und/2 und/6", &["its 10 channels are mixed down"]),
    ),
    (
        "two-paces.mkv",
        &[r"-f lavfi -i testsrc2=s=320x180:r=60:d=6 -vf select=gt(t\,3)+not(mod(n\,2)) -vsync vfr X"],
        Package("320x180 60", 6.0, "", &["put on a grid of 60 a second"]),
    ),
    (
        "fields.ts",
        &["-f lavfi -i testsrc2=s=320x180:r=25:d=2,separatefields -c:v libx265 -preset ultrafast -pix_fmt yuv420p \
           -x265-params log-level=none:interlace=tff:fields=1"],
        Package("320x180 25", 2.0, "", &["its pictures come field by field"]),
    ),
    (
        "combed.avi",
        &["-f lavfi -i testsrc2=s=320x180:r=50:d=2,tinterlace=interleave_bottom -r 25 -c:v huffyuv -pix_fmt yuv422p"],
        Package("320x180 25", 2.0, "", &["they are deinterlaced, bottom first"]),
    ),
    (
        "format-changes.ts",
        &[
            "-t 2 -i film.mp4 -c copy -output_ts_offset 1000",
            "-ss 2 -i film.mp4 -c:v mpeg2video -c:a ac3 -streamid 0:300 -streamid 1:301 -output_ts_offset 40",
        ],
        Package("320x180 30", 4.0, "und/2", &["in stream 2 (mpeg2video) after 2.0 s", "in stream 3 (ac3) after 2."]),
    ),
    (
        "sound-changes.ts",
        &["-t 2 -i film.mp4 -c:v copy -c:a mp2 -output_ts_offset 1000", "-ss 2 -i film.mp4 X -output_ts_offset 40"],
        Package("320x180 30", 4.0, "und/2", &["the sound of stream 1 goes on in stream 2 (aac) after 2."]),
    ),
    (
        "comes-back.ts",
        &[
            "-t 2 -i film.mp4 -c copy -output_ts_offset 1000",
            "-t 2 -i film.mp4 X -s 160x90 -streamid 0:300 -streamid 1:301 -output_ts_offset 40",
            "-t 2 -i film.mp4 -c copy -output_ts_offset 1000",
        ],
        Package("320x180 30", 6.1, "und/2", &["the pictures of stream 0 go on in stream 2 after 2.0 s"]),
    ),
    (
        "private.mkv",
        &["-t 1 -i film.mp4 -map 0:v -map 0:a -map 0:a -c copy -metadata:s:a:0 language=x-klingon \
           -metadata:s:a:1 language=i-navajo"],
        Package("320x180 30", 1.0, "x-klingon/2 i-navajo/2", &[]),
    ),
    ("titles.mkv", &["-f srt -i titles.srt"], Refused(4, "it has neither pictures nor sound")),
];

#[test]
fn what_broadcasts_and_cameras_do_is_mended() {
    let place = Place::new();
    let ffmpeg = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status();
    if !ffmpeg.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no ffmpeg to make masters with");
        return;
    }
    place.succeed("sample film.mp4 --size 320x180 --rate 30 --seconds 4");
    let chapter = "[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=2\n";
    let title = "title=A <film>\nartist=Somebody\n";
    fs::write(place.path("chapters.txt"), [";FFMETADATA1\n", title, chapter, chapter].concat()).unwrap();
    fs::write(place.path("titles.srt"), "1\n00:00:00,500 --> 00:00:02,000\nHello\n").unwrap();
    for (name, parts, _) in &MADE {
        let parts = parts.iter().map(|arguments| made(&place, name, arguments));
        fs::write(place.path(name), parts.collect::<Vec<_>>().concat()).unwrap();
    }
    assert_all(&place, &place.path(""), &MADE.map(|(name, _, becomes)| (name, becomes)));
    package(&place, &place.path("chapters.mkv"), &[]);
    let manifest = fs::read_to_string(place.path("out/manifest.mpd")).unwrap();
    assert!(manifest.contains("<Title>A &lt;film&gt;</Title>") && manifest.contains("<Source>Somebody</Source>"));
}

/// What ffmpeg makes of these arguments, `X` standing for a quick encoding.
fn made(place: &Place, name: &str, arguments: &str) -> Vec<u8> {
    let part = place.path(&format!("part-{name}"));
    let arguments = arguments.replace(" X", " -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-y"]).args(arguments.split_whitespace()).arg(&part);
    assert!(ffmpeg.current_dir(place.path("")).status().unwrap().success(), "{name}");
    fs::read(part).unwrap()
}

/// Writes a film as `edited.mp4` with the edits `(from, length)` in seconds in all tracks.
fn edited(place: &Place, film: &str, edits: &[(u32, u32)]) {
    let mut boxes = tree::parse(&fs::read(place.path(film)).unwrap()).unwrap();
    let moov = boxes.iter_mut().find(|node| node.kind == b"moov").unwrap();
    let scale = |bytes: &[u8]| u32::from_be_bytes(bytes[12..16].try_into().unwrap());
    let movie = scale(moov.descend_mut(&[b"mvhd"]).unwrap().bytes_mut().unwrap());
    let tracks = moov.children_mut().unwrap().iter_mut().filter(|node| node.kind == b"trak");
    for track in tracks {
        let media = scale(track.descend_mut(&[b"mdia", b"mdhd"]).unwrap().bytes_mut().unwrap());
        let list = track.descend_mut(&[b"edts", b"elst"]).unwrap().bytes_mut().unwrap();
        let first = u32::from_be_bytes(list[12..16].try_into().unwrap());
        let mut bytes = [0, edits.len() as u32].map(u32::to_be_bytes).concat();
        for (from, length) in edits {
            bytes.extend([length * movie, first + from * media, 0x1_0000].map(u32::to_be_bytes).concat());
        }
        *list = bytes;
    }
    fs::write(place.path("edited.mp4"), tree::to_bytes(&boxes)).unwrap();
}

#[test]
fn what_an_edit_list_cuts_away_is_gone() {
    let Some(_) = clips() else { return };
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 30 --seconds 8");
    // The index at its end: chunks stay where they are when it grows.
    for (name, arguments, picture) in [("both.mp4", "-c copy", "320x180 30"), ("sound.mp4", "-vn -c copy", "")] {
        let film = made(&place, name, &format!("-i film.mp4 {arguments}"));
        fs::write(place.path(name), film).unwrap();
        for (edits, seconds) in [(&[(2, 2)][..], 2.0), (&[(1, 2), (5, 2)], 4.0), (&[(0, 0)], 8.0)] {
            edited(&place, name, edits);
            check(&place, &place.path("edited.mp4"), &Package(picture, seconds, "und/2", &[])).unwrap();
        }
    }
}

/// Recordings that begin and end anywhere, and that were joined there.
#[test]
fn what_is_torn_at_its_ends_and_joints_is_a_film() {
    let Some(_) = clips() else { return };
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 30 --seconds 8");
    for coding in ["-c:v libx264 -preset ultrafast -x264-params repeat-headers=1", "-c:v mpeg2video -q:v 4"] {
        let arguments = format!("-i film.mp4 {coding} -pix_fmt yuv420p -g 30 -c:a mp2 -pat_period 0.1");
        let whole = made(&place, "whole.ts", &arguments);
        let packets = whole.len() / 188;
        let torn = &whole[packets / 9 * 188 + 77..packets * 7 / 9 * 188 + 90];
        fs::write(place.path("torn.ts"), torn).unwrap();
        let (code, said) = package(&place, &place.path("torn.ts"), &[]);
        assert_eq!(code, Some(0), "{coding}: {said}");
        fs::write(place.path("joined.ts"), [torn, torn].concat()).unwrap();
        let (code, said) = package(&place, &place.path("joined.ts"), &[]);
        assert!(code == Some(0) && said.contains("the clock of the film jumps (1 times)"), "{coding}: {said}");
        let lasts = described(&place).1;
        assert!((9.0..11.5).contains(&lasts), "{coding}: {lasts} s");
        let mut holed = whole.clone();
        let hole = within_a_picture(&whole, packets / 2) * 188;
        holed.drain(hole..hole + 188 * 20);
        fs::write(place.path("holed.ts"), holed).unwrap();
        let (code, said) = package(&place, &place.path("holed.ts"), &[]);
        assert!(code == Some(5) && said.contains("--allow-damaged"), "{coding}: {said}");
    }
}

/// The third of at least four packets of a picture behind packet `from`: where a hole begins in mid-picture, the rest of it
/// is damaged, and where it begins with one, that one is only missing. FFmpeg gives the pictures PID 0x100.
fn within_a_picture(stream: &[u8], from: usize) -> usize {
    let packets: Vec<&[u8]> = stream.chunks(188).skip(from).collect();
    let begins = |packet: &[u8]| packet[1] == 0x41 && packet[2] == 0;
    let goes_on = |packet: &&[u8]| packet[1] == 0x01 && packet[2] == 0;
    let whole = |run: &[&[u8]]| begins(run[0]) && run[1..].iter().all(goes_on);
    from + packets.windows(4).position(whole).unwrap() + 2
}

/// `bytes` with what follows `mark` replaced.
fn patched(mut bytes: Vec<u8>, mark: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(mark.len()).position(|found| found == mark).unwrap() + mark.len();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

#[test]
fn a_wrong_length_is_told_and_a_lack_is_refused_with_a_remedy() {
    let Some(_) = clips() else { return };
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 10 --seconds 8");
    let half_a_minute = 30_000f64.to_be_bytes();
    let flv = made(&place, "film.flv", "-i film.mp4 -c copy");
    let flv = patched(flv, b"\0\x08duration\0", &30f64.to_be_bytes());
    fs::write(place.path("long.flv"), &flv).unwrap();
    let mkv = made(&place, "film.mkv", "-i film.mp4 -c copy");
    fs::write(place.path("long.mkv"), patched(mkv.clone(), b"\x44\x89\x88", &half_a_minute)).unwrap();
    let told: &[&str] = &["it says that it lasts 30.0 s, but it has 8."];
    // What Matroska's tags say of the tracks counts more than what it says of the whole.
    for (name, words) in [("long.flv", told), ("long.mkv", &[])] {
        check(&place, &place.path(name), &Package("160x120 10", 8.0, "und/2", words)).unwrap();
    }
    fs::write(place.path("torn.flv"), &flv[..flv.len() * 2 / 3]).unwrap();
    let (code, said) = package(&place, &place.path("torn.flv"), &[]);
    assert!(code == Some(0) && said.contains("s and ends in the middle of a packet"), "{said}");
    let fragments = made(&place, "fragments.mp4", "-i film.mp4 X -g 10 -movflags frag_keyframe+empty_moov");
    fs::write(place.path("torn.mp4"), &fragments[..fragments.len() * 2 / 3]).unwrap();
    let (code, said) = package(&place, &place.path("torn.mp4"), &[]);
    assert_eq!(code, Some(0), "the end of a recorder that broke down: {said}");
    fs::write(place.path("cut.mkv"), &mkv[..mkv.len() / 2]).unwrap();
    let cut = Refused(4, "it is cut off; it should last 8.");
    check(&place, &place.path("cut.mkv"), &cut).unwrap();
    let (code, said) = package(&place, &place.path("cut.mkv"), &["--allow-damaged"]);
    assert!(code == Some(0) && said.contains("it is cut off"), "what the message advises works: {said}");
}

#[test]
fn what_nobody_is_to_see_is_cut_off_and_what_is_opaque_has_no_note() {
    let Some(_) = clips() else { return };
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 10 --seconds 1 --no-audio");
    let mut boxes = tree::parse(&fs::read(place.path("film.mp4")).unwrap()).unwrap();
    let moov = boxes.iter_mut().find(|node| node.kind == b"moov").unwrap();
    let stsd = moov.descend_mut(&[b"trak", b"mdia", b"minf", b"stbl", b"stsd"]).unwrap().bytes_mut().unwrap();
    // The middle of 280x140, moved up by ten lines (ISO/IEC 14496-12 12.1.4).
    let clap = [280, 1, 140, 1, 0, 1, -10, 1].map(i32::to_be_bytes).concat();
    stsd.extend([&40_u32.to_be_bytes()[..], b"clap", &clap].concat());
    let entry = u32::try_from(stsd.len() - 8).unwrap();
    stsd[8..12].copy_from_slice(&entry.to_be_bytes());
    fs::write(place.path("clean.mp4"), tree::to_bytes(&boxes)).unwrap();
    check(&place, &place.path("clean.mp4"), &Package("280x140 10", 1.0, "", &[])).unwrap();

    fs::write(place.path("grey.mov"), made(&place, "grey.mov", "-i film.mp4 -c:v rawvideo -pix_fmt gray")).unwrap();
    let (code, said) = package(&place, &place.path("grey.mov"), &[]);
    assert!(code == Some(0) && !said.contains("transparency"), "{said}");
}

#[test]
fn sound_is_whole_however_few_bytes_its_header_counts() {
    let Some(_) = clips() else { return };
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 10 --seconds 4");
    let sound = made(&place, "sound.wav", "-i film.mp4 -vn -c:a pcm_s16le");
    for counted in [0_u32, 20_000, u32::MAX] {
        fs::write(place.path("crashed.wav"), patched(sound.clone(), b"data", &counted.to_le_bytes())).unwrap();
        check(&place, &place.path("crashed.wav"), &Package("", 4.0, "und/2", &[])).unwrap();
    }
}

#[test]
fn sound_says_whom_it_is_for() {
    let Some(_) = clips() else { return };
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 5 --seconds 2");
    let tracks = "-i film.mp4 -map 0:v -map 0:a -map 0:a -map 0:a -map 0:a -c copy -disposition:a:0 comment \
                  -disposition:a:1 default -disposition:a:2 visual_impaired -disposition:a:3 dub";
    fs::write(place.path("tracks.mkv"), made(&place, "tracks.mkv", tracks)).unwrap();
    let (code, said) = package(&place, &place.path("tracks.mkv"), &[]);
    assert_eq!(code, Some(0), "{said}");
    let manifest = fs::read(place.path("out/manifest.mpd")).unwrap();
    let (presentation, _) = mpd::read(&manifest, &url::Url::parse("file:///p/manifest.mpd").unwrap()).unwrap();
    let sounds = presentation.periods[0].sets.iter().filter(|set| set.content == ContentType::Audio);
    let said: Vec<String> =
        sounds.map(|set| format!("{}/{}", set.roles.join(" "), set.accessibilities.len())).collect();
    assert_eq!(said, ["commentary/0", "main/0", "description/1", "dub/0"]);
}

#[test]
fn high_dynamic_range_is_kept_where_it_can_be() {
    let Some(clips) = clips() else { return };
    let place = Place::new();
    let clip = clips.join("m3-720x1280-portrait-av1-10bit-hdr10-4s.mp4");
    let more = ["--codec", "h264,hevc,av1", "--ladder", "360x640@500", "--duration", "1"];
    let (code, said) = package(&place, &clip, &more);
    assert_eq!(code, Some(0), "{said}");
    let transfers: Vec<(u16, Option<u8>)> = load(&place.path("out"), ContentType::Video)
        .iter()
        .map(|rung| match &rung.track.kind {
            MediaKind::Video(video) => (video.colour.unwrap().transfer, rung.track.codec.bit_depth()),
            _ => (0, None),
        })
        .collect();
    assert_eq!(transfers, [(1, Some(8)), (16, Some(10)), (16, Some(10))]);
    let told = |format: &str| {
        let init =
            place.list("out").into_iter().find(|name| name.contains(format) && name.ends_with("init.mp4")).unwrap();
        fs::read(place.path("out").join(init)).unwrap().windows(4).any(|name| name == b"mdcv" || name == b"clli")
    };
    assert!(!told("h264") && told("hevc") == told("av1"));
}
