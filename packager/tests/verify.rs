//! What `verify` finds in a real package, where everything can be decoded; mutations of tables and boxes are tested
//! beside the code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use std::fs;
use std::path::PathBuf;

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
