//! Sheets of small pictures: each picture is of the time that it stands for, however the film is made and addressed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use shared::mpd::{self, ContentType};
use shared::testcard::{self, LumaPlane};
use shared::time::PresentationTime;
use shared_av::{MediaSource, VideoDecoder, VideoFrame};
use std::fs;
use std::path::Path;

const FILM: &str = "sample film.mp4 --size 320x180 --rate 5 --seconds 130 --no-audio";
const OPTIONS: &str = "--preset ultrafast --ladder 320x180@2M";
const FRAMES_A_SECOND: f64 = 5.0;

/// A sheet as a player decodes it.
fn decoded(path: &Path) -> VideoFrame {
    let mut source = MediaSource::open(path).unwrap();
    let mut decoder = VideoDecoder::of_stream(&source, 0, 1).unwrap();
    decoder.send_packet(source.read().unwrap().unwrap()).unwrap();
    decoder.finish();
    decoder.receive().unwrap().unwrap()
}

/// For each second of a package: the number of the frame that its small picture shows, by the manifest alone.
fn shown(place: &Place, folder: &str) -> Vec<Option<u32>> {
    let manifest = place.path(folder).join("manifest.mpd").canonicalize().unwrap();
    let url = url::Url::from_file_path(&manifest).unwrap();
    let (presentation, warnings) = mpd::read(&fs::read(&manifest).unwrap(), &url).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let period = &presentation.periods[0];
    let set = period.sets.iter().find(|set| set.content == ContentType::Image).unwrap();
    let one = &set.representations[0];
    let grid = one.essential[0].value.clone().unwrap();
    let (columns, rows): (usize, usize) =
        grid.split_once('x').map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).unwrap();
    let (width, height) = (one.width.unwrap() as usize / columns, one.height.unwrap() as usize / rows);
    let first = one.index.time(one.index.first().unwrap()).unwrap();
    let lasts = first.end.offset_secs(first.start) / (columns * rows) as f64;
    let seconds = period.duration.unwrap().as_secs();
    let mut sheets = std::collections::BTreeMap::new();
    let at = |second: u64| {
        let number = one.index.number_at(PresentationTime::from_millis(second as i64 * 1000)).unwrap();
        let start = one.index.time(number).unwrap().start.secs_f64();
        let tile = ((second as f64 - start) / lasts) as usize;
        let sheet = sheets.entry(number).or_insert_with(|| {
            decoded(&one.index.resource(number).unwrap().url(&one.locations[0].base).unwrap().to_file_path().unwrap())
        });
        let plane = sheet.plane(0).unwrap();
        let from = tile / columns * height * plane.stride + tile % columns * width;
        testcard::read_number(LumaPlane { data: &plane.data[from..], stride: plane.stride, width, height })
    };
    (0..seconds).map(at).collect()
}

/// No small picture is of another time than the few seconds that it stands for.
fn is_right(shown: &[Option<u32>], first_frame: u32) -> bool {
    let is_near = |(second, frame): (usize, &Option<u32>)| {
        let Some(frame) = frame.and_then(|frame| frame.checked_sub(first_frame)) else { return false };
        (0.0..=10.0).contains(&(second as f64 - f64::from(frame) / FRAMES_A_SECOND))
    };
    shown.iter().enumerate().all(is_near)
}

#[test]
fn every_second_has_the_picture_of_its_time() {
    let place = Place::new();
    place.succeed(FILM);
    for addressing in ["timeline", "number", "base"] {
        place.succeed(&format!("package film.mp4 --output {addressing} --addressing {addressing} {OPTIONS} --jobs 2"));
        place.succeed(&format!("verify {addressing}/manifest.mpd {addressing}/master.m3u8"));
        let shown = shown(&place, addressing);
        assert!(shown.len() == 130 && is_right(&shown, 0), "{addressing}: {shown:?}");
        let sizes = |end: &str| -> u64 {
            let files = place.list(addressing).into_iter().filter(|name| name.ends_with(end));
            files.map(|name| fs::metadata(place.path(addressing).join(name)).unwrap().len()).sum()
        };
        let media = sizes(".m4s") + sizes(".mp4");
        assert!(sizes(".jpg") * 50 < media, "{} of {media}", sizes(".jpg"));
    }
    place.succeed(&format!("package film.mp4 --output part --start 10.4 --duration 65 {OPTIONS}"));
    assert!(is_right(&shown(&place, "part"), 52));
}

#[test]
fn players_of_hls_find_them_too() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 5 --seconds 70");
    place.succeed(&format!("package film.mp4 --output out {OPTIONS}"));
    let master = fs::read_to_string(place.path("out/master.m3u8")).unwrap();
    let line = master.lines().find(|line| line.starts_with("#EXT-X-IMAGE-STREAM-INF:")).unwrap();
    assert!(line.contains("CODECS=\"jpeg\"") && line.contains("RESOLUTION=160x90"), "{line}");
    let uri = line.split("URI=\"").nth(1).unwrap().trim_end_matches('"');
    let playlist = fs::read_to_string(place.path("out").join(uri)).unwrap();
    assert_eq!(
        playlist.matches("#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=5x3,DURATION=4.000000\n").count(),
        2,
        "{playlist}"
    );
    assert!(playlist.contains("#EXT-X-IMAGES-ONLY\n") && playlist.contains("#EXTINF:10.000000,\n"), "{playlist}");
}

#[test]
fn there_are_none_where_nobody_wants_them_or_nothing_is_to_be_seen() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 5 --seconds 6");
    for options in ["--no-thumbnails", "--early"] {
        place.succeed(&format!("package film.mp4 --output out --force --prune {OPTIONS} {options}"));
        let names = place.list("out");
        assert!(names.iter().all(|name| !name.contains("tiles")), "{options}: {names:?}");
        let manifest = fs::read_to_string(place.path("out/manifest.mpd")).unwrap();
        assert!(!manifest.contains("image/jpeg"), "{manifest}");
    }
}

#[test]
fn a_sheet_that_is_gone_cut_off_or_of_another_size_is_found() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 320x180 --rate 5 --seconds 6");
    place.succeed(&format!("package film.mp4 --output out {OPTIONS}"));
    let sheet = place.list("out").into_iter().find(|name| name.ends_with(".jpg")).unwrap();
    let path = place.path("out").join(sheet);
    let whole = fs::read(&path).unwrap();
    let manifest = fs::read_to_string(place.path("out/manifest.mpd")).unwrap();
    let said = || {
        let (code, words) = verdict(&place.run("verify out/manifest.mpd --quick"));
        let report = place.run("verify out/manifest.mpd --quick").stdout;
        (code, format!("{words} {}", String::from_utf8(report).unwrap()))
    };
    assert_eq!(said().0, Some(0));
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(said().0 == Some(7) && said().1.contains("image: ") && said().1.contains("no whole JPEG"), "{}", said().1);
    fs::remove_file(&path).unwrap();
    assert!(said().0 == Some(7) && said().1.contains("missing: "), "{}", said().1);
    fs::write(&path, &whole).unwrap();
    for (from, to, words) in [
        ("width=\"800\"", "width=\"640\"", "has 800x270, the manifest says 640x270"),
        ("value=\"5x3\"", "value=\"7x3\"", "are no 7x3 pictures"),
    ] {
        assert!(manifest.contains(from), "{manifest}");
        fs::write(place.path("out/manifest.mpd"), manifest.replace(from, to)).unwrap();
        assert!(said().0 == Some(7) && said().1.contains(words), "{}", said().1);
    }
}
