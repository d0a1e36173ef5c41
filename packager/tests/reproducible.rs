//! `--reproducible`: the same film and options give the same bytes, whatever the memory held before, and goldens of
//! these bytes, by which a change that should not be seen in packages is seen.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "other tests use the rest")]
mod common;
#[path = "common/film.rs"]
mod film;
#[path = "common/listing.rs"]
mod listing;

use common::Place;
use listing::Listing;
use std::fs;
use std::path::Path;

/// A chunk is 60 s long and has an encoder of its own, which gets memory that the one before has used. glibc fills
/// memory with `MALLOC_PERTURB_` when it is given out and when it comes back. The rung is 20 macroblocks wide: x264
/// has read memory that nobody had written where that number is no multiple of eight.
#[test]
fn bytes_do_not_depend_on_what_the_memory_held_before() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 384x216 --rate 10 --seconds 70");
    for (folder, filler) in [("one", "1"), ("two", "77")] {
        let line = format!("package film.mp4 --output {folder} --reproducible --ladder 320x180@60 --preset fast");
        let output = place.command(&line).env("MALLOC_PERTURB_", filler).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let names = place.list("one");
    assert_eq!(names, place.list("two"));
    let read = |folder: &str, name: &str| fs::read(place.path(folder).join(name)).unwrap();
    let different: Vec<&String> = names.iter().filter(|name| read("one", name) != read("two", name)).collect();
    assert!(different.is_empty(), "{different:?}");
}

/// More than three chunks, made in one piece and in stretches that begin with a chunk in the middle.
#[test]
fn any_number_of_jobs_gives_the_same_bytes() {
    let place = Place::new();
    place.succeed("sample film.mp4 --size 160x120 --rate 5 --seconds 200");
    let cases = [
        "--ladder 160x120@60,80x60@30",
        "--addressing base --codec hevc --ladder 160x120@60",
        "--addressing number --two-pass --ladder 80x60@30",
        "--early --ladder 80x60@30",
        "--start 30.5 --duration 150 --ladder 80x60@30",
    ];
    for (number, options) in cases.into_iter().enumerate() {
        let folder = |jobs: usize| format!("out-{number}-{jobs}");
        for jobs in 1..=3 {
            let line = format!("package film.mp4 --output {} --reproducible --preset ultrafast", folder(jobs));
            place.succeed(&format!("{line} {options} --jobs {jobs}"));
        }
        let names = place.list(&folder(1));
        for jobs in 2..=3 {
            assert_eq!(place.list(&folder(jobs)), names, "{options}, {jobs} jobs");
            let read = |folder: &str, name: &String| fs::read(place.path(folder).join(name)).unwrap();
            let differs = |name: &&String| read(&folder(1), name) != read(&folder(jobs), name);
            let different: Vec<&String> = names.iter().filter(differs).collect();
            assert!(different.is_empty(), "{options}, {jobs} jobs: {different:?}");
        }
    }
}

/// A film whose pictures and sound are not found at the same place by seeking.
#[test]
fn sound_that_begins_within_the_film_is_the_same_beside_any_number_of_jobs() {
    let place = Place::new();
    film::write(&place.path("film.mp4"), 10);
    for jobs in [1, 2] {
        let line = "package film.mp4 --reproducible --preset ultrafast --ladder 64x36@60 --start 5.37 --duration 3";
        place.succeed(&format!("{line} --output out-{jobs} --jobs {jobs}"));
    }
    let listed = |jobs: u32| Listing::of(&place, &format!("out-{jobs}")).to_string();
    assert_eq!(listed(2), listed(1));
}

#[test]
fn one_file_a_segment_is_what_it_was() {
    golden("timeline-h264", "--ladder 640x360@400,320x180@150");
}

#[test]
fn one_file_a_rendition_is_what_it_was() {
    golden("base-hevc", "--addressing base --codec hevc --ladder 320x180@150");
}

/// Packages a film and compares with `tests/goldens/<name>.txt`; `UPDATE_GOLDENS=1` writes it instead. The structure is
/// compared always, sizes and hashes only where the encoders are those that wrote the golden.
fn golden(name: &str, options: &str) {
    let place = Place::new();
    film::write(&place.path("film.mp4"), 5);
    let line = format!("package film.mp4 --reproducible --segment-seconds 2 {options}");
    let made = |jobs: u32| {
        place.succeed(&format!("{line} --output out-{jobs} --jobs {jobs}"));
        Listing::of(&place, &format!("out-{jobs}"))
    };
    let now = made(1);
    for jobs in 2..=3 {
        assert_eq!(made(jobs).to_string(), now.to_string(), "{name} on {jobs} jobs");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&path, now.to_string()).unwrap();
    }
    let then = Listing::parse(&fs::read_to_string(&path).unwrap());
    assert_eq!(now.structure(), then.structure(), "{name}: UPDATE_GOLDENS=1 accepts it");
    if now.encoders == then.encoders {
        assert_eq!(now.to_string(), then.to_string(), "{name}: UPDATE_GOLDENS=1 accepts it");
    } else {
        eprintln!("bytes not compared: {name} is of {}; here are {}", then.encoders, now.encoders);
    }
}
