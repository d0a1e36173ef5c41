//! Several films in one command, what comes of them together, and the folder that they are in.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Place, verdict};
use std::fs;

const PACKAGE: &str = "package --preset ultrafast --ladder 64x64@50";

fn films() -> Place {
    let place = Place::new();
    place.succeed("sample one.mp4 --size 64x64 --rate 5 --seconds 2 --no-audio");
    fs::copy(place.path("one.mp4"), place.path("two.mkv")).unwrap();
    fs::write(place.path("bad.mp4"), "no film").unwrap();
    place
}

#[test]
fn one_that_fails_does_not_keep_the_others_from_being_packaged() {
    let place = films();
    let (code, said) = verdict(&place.run(&format!("{PACKAGE} one.mp4 bad.mp4 missing.mp4 two.mkv --each -o films")));
    assert_eq!(code, Some(4), "{said}");
    assert!(said.ends_with("2 of 4 films could not be packaged: bad.mp4, missing.mp4"), "{said}");
    for film in ["one", "two"] {
        assert!(place.path("films").join(film).join("manifest.mpd").exists(), "{film}");
    }
    let report = place.succeed("verify films");
    assert_eq!(report.matches("everything is as the manifest says").count(), 2, "{report}");
    assert!(report.contains("checked: manifest, missing"), "{report}");
    place.succeed("verify films/one");

    fs::remove_file(place.path("films/two/manifest.mpd")).unwrap();
    fs::write(place.path("films/two/manifest.mpd"), "no manifest").unwrap();
    let (code, said) = verdict(&place.run("verify films --quick"));
    assert!(code == Some(4) && said.ends_with("1 of 2 packages are not good"), "{said}");
    let both = place.run("verify films/one films/two --json");
    assert_eq!(String::from_utf8(both.stdout).unwrap().matches(r#""manifest":"films/one/manifest.mpd""#).count(), 1);
}

#[test]
fn several_films_are_refused_without_each_and_under_one_name() {
    let place = films();
    let (code, said) = verdict(&place.run(&format!("{PACKAGE} one.mp4 two.mkv -o films")));
    assert!(code == Some(2) && said.contains("--each"), "{said}");
    let (code, said) = verdict(&place.run(&format!("{PACKAGE} one.mp4 one.mkv --each -o films")));
    assert!(code == Some(2) && said.contains("films/one"), "{said}");
    assert!(place.list("films").is_empty());
    let (code, said) = verdict(&place.run("verify ."));
    assert!(code == Some(3) && said.contains("no manifest"), "{said}");
}

#[test]
fn a_run_ends_with_the_manifest_and_the_next_command() {
    let place = films();
    let told = place.succeed(&format!("{PACKAGE} one.mp4 -o out"));
    assert!(told.starts_with("one.mp4: 64x64, 5 fps, h264 "), "{told}");
    assert!(told.contains("\nout/manifest.mpd\n") && told.contains("packager serve out\n"), "{told}");
    assert_eq!(place.succeed(&format!("{PACKAGE} one.mp4 -o quiet --progress none")), "");
    let plan = place.succeed(&format!("{PACKAGE} one.mp4 -o out --no-thumbnails --dry-run --force --progress json"));
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    assert!(plan["source"].as_str().unwrap().contains("64x64") && plan["expected_size_bytes"].as_u64() == Some(12_500));
}
