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
    place.succeed(&format!("package film.mp4 --output out --reproducible --segment-seconds 2 {options}"));
    let now = Listing::of(&place, "out");
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
