//! A good package has no findings; each of these mutations of it is found, under its own name.

mod text;

use super::{Check, Depth, Finding, Look, PackageFiles, verify};
use crate::layout::Addressing;
use crate::testing::{Files as Package, good_package};
use shared::addressing::ByteRange;
use shared::bmff::tree::{self, BoxNode};
use std::io;
use url::Url;

/// Bytes in memory, as if below `file:///p/`.
pub(super) struct Memory(pub(super) Package);

impl PackageFiles for Memory {
    fn read(&self, url: &Url, range: Option<ByteRange>) -> io::Result<Vec<u8>> {
        let whole = self.0.get(url.path().trim_start_matches("/p/")).ok_or(io::ErrorKind::NotFound)?;
        let Some(ByteRange { first, last }) = range else { return Ok(whole.clone()) };
        let end = last.map_or(whole.len(), |last| last as usize + 1);
        whole.get(first as usize..end).map(<[u8]>::to_vec).ok_or(io::ErrorKind::UnexpectedEof.into())
    }
}

fn findings(package: Package) -> Vec<Finding> {
    let url = Url::parse("file:///p/manifest.mpd").unwrap();
    // What the fake encoder makes cannot be decoded.
    verify(&url, Look { files: &Memory(package), depth: Depth::Structure, keys: &[] }).unwrap().findings
}

#[test]
fn good_packages_have_no_findings() {
    for addressing in [Addressing::Timeline, Addressing::Number, Addressing::Base] {
        assert_eq!(findings(good_package(addressing)), [], "{addressing:?}");
    }
}

/// What is done to a package, and the finding that must come of it: check, place, and words of the problem.
struct Mutation {
    name: &'static str,
    apply: fn(&mut Package),
    expected: (Check, &'static str, &'static str),
}

const MUTATIONS: [Mutation; 20] = [
    Mutation {
        name: "a segment is gone",
        apply: |files| drop(files.remove("g1/v360/3.m4s")),
        expected: (Check::Missing, "v360 segment 3", "not found"),
    },
    Mutation {
        name: "a segment is empty",
        apply: |files| file(files, "g1/audio/2.m4s").clear(),
        expected: (Check::Empty, "audio segment 2", "is empty"),
    },
    Mutation {
        name: "a segment is cut in half",
        apply: |files| halve(file(files, "g1/v180/2.m4s")),
        expected: (Check::Structure, "v180 segment 2", "bytes where"),
    },
    Mutation {
        name: "the initialization segment is gone",
        apply: |files| drop(files.remove("g1/audio/init.mp4")),
        expected: (Check::Missing, "audio initialization segment", "not found"),
    },
    Mutation {
        name: "the initialization segment is a text",
        apply: |files| *file(files, "g1/v360/init.mp4") = b"404 page not found".to_vec(),
        expected: (Check::Structure, "v360 initialization segment", "claims"),
    },
    Mutation {
        name: "the manifest says another codec",
        apply: |files| manifest(files, "avc1.64001f", "avc1.640028"),
        expected: (Check::Codecs, "v360", "`avc1.640028`, the configuration `avc1.64001f`"),
    },
    Mutation {
        name: "the manifest says another size",
        apply: |files| manifest(files, " width=\"320\"", " width=\"322\""),
        expected: (Check::Description, "v180", "width is 322 in the manifest and 320"),
    },
    Mutation {
        name: "the manifest says another frame rate",
        apply: |files| manifest(files, "frameRate=\"24\"", "frameRate=\"25\""),
        expected: (Check::Description, "v360", "frameRate is 25.000 in the manifest and 24.000"),
    },
    Mutation {
        name: "the manifest says another number of channels",
        apply: |files| manifest(files, "configuration:2011\" value=\"2\"", "configuration:2011\" value=\"6\""),
        expected: (Check::Description, "audio", "number of channels is 6 in the manifest and 2"),
    },
    Mutation {
        name: "two segments have changed places",
        apply: |files| swap(files, "g1/v360/2.m4s", "g1/v360/3.m4s"),
        expected: (Check::Time, "v360 segment 2", "is presented at 4.000 s, the manifest says 2.000 s"),
    },
    Mutation {
        name: "a segment decodes one frame late",
        apply: |files| patch(file(files, "g1/v180/3.m4s"), b"tfdt", 18, &[0xc2, 0x00]),
        expected: (
            Check::Gap,
            "v180 segment 3",
            "decoding starts at tick 49152, the segment before ended at 48640 (+0.0417 s)",
        ),
    },
    Mutation {
        name: "the first picture of a segment is no key frame",
        apply: |files| patch(file(files, "g1/v360/4.m4s"), b"mdat", 8, &[0x41]),
        expected: (Check::KeyFrame, "v360 segment 4", "in the bitstream"),
    },
    Mutation {
        name: "a key frame is not flagged",
        apply: |files| patch(file(files, "g1/v360/4.m4s"), b"trun", 20, &[0x01, 0x01]),
        expected: (Check::KeyFrame, "v360 segment 4", "not flagged"),
    },
    Mutation {
        name: "a sample points out of the media data",
        apply: |files| patch(file(files, "g1/v360/2.m4s"), b"trun", 16, &[0, 0, 0, 8]),
        expected: (Check::Structure, "v360 segment 2", "outside the media data"),
    },
    Mutation {
        name: "bandwidth promises too little",
        apply: |files| lower_bandwidth(files),
        expected: (Check::Bandwidth, "v360 segment 5", "takes 65690 bit/s, bandwidth is 65034"),
    },
    Mutation {
        name: "the index file says another size",
        apply: |files| patch(file(files, "g1/v180/index.sidx"), b"sidx", 40, &[0, 0, 0, 1]),
        expected: (Check::Index, "v180 segment 1", "the index file says 1"),
    },
    Mutation {
        name: "the index file is gone",
        apply: |files| drop(files.remove("g1/v180/index.sidx")),
        expected: (Check::Missing, "v180 index file", "not found"),
    },
    Mutation {
        name: "presentation does not begin at zero",
        apply: |files| without_edit_list(file(files, "g1/v360/init.mp4")),
        expected: (Check::Start, "v360 segment 1", "is presented at 0.042 s"),
    },
    Mutation {
        name: "the manifest promises a longer film",
        apply: |files| manifest(files, "PT10.416666667S", "PT11S"),
        expected: (Check::End, "v360 segment 5", "the Period at 11.000 s"),
    },
    Mutation {
        name: "the sound stops early",
        apply: |files| drop_last_sound(files),
        expected: (Check::End, "audio", "sound ends at"),
    },
];

#[test]
fn each_mutation_is_found_and_named() {
    for Mutation { name, apply, expected: (check, place, words) } in MUTATIONS {
        let good = good_package(Addressing::Timeline);
        let mut package = good.clone();
        apply(&mut package);
        assert!(package != good, "`{name}` changes nothing");
        let found = findings(package);
        let named = found.iter().any(|f| f.check == check && f.place == place && f.problem.contains(words));
        assert!(named, "`{name}` is not found among {found:#?}");
        assert!(found.iter().all(|f| !f.file.is_empty()), "`{name}` has a finding without a file");
    }
}

#[test]
fn a_rung_cut_elsewhere_is_not_aligned() {
    let mut package = good_package(Addressing::Timeline);
    // The lower rung gets the second segment twice and its third is gone.
    let second = package["g1/v180/2.m4s"].clone();
    package.insert("g1/v180/3.m4s".into(), second);
    let found = findings(package);
    assert!(found.iter().any(|f| f.check == Check::Alignment && f.place == "v180 segment 3"), "{found:#?}");
}

#[test]
fn an_on_demand_file_that_lost_its_end_is_found() {
    let mut package = good_package(Addressing::Base);
    let film = file(&mut package, "g1/v360.mp4");
    film.truncate(film.len() - 100);
    let found = findings(package);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].check, found[0].place.as_str()), (Check::Missing, "v360 segment 5"));
}

#[test]
fn what_is_no_manifest_is_an_error_and_no_finding() {
    let url = Url::parse("file:///p/manifest.mpd").unwrap();
    let error = |files: Package| {
        verify(&url, Look { files: &Memory(files), depth: Depth::Samples, keys: &[] }).unwrap_err().to_string()
    };
    assert!(error(Package::new()).contains("cannot read"));
    assert!(error([("manifest.mpd".into(), b"hello".to_vec())].into()).contains("not a manifest"));
}

pub(super) fn file<'a>(files: &'a mut Package, path: &str) -> &'a mut Vec<u8> {
    files.get_mut(path).unwrap()
}

pub(super) fn halve(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len() / 2);
}

pub(super) fn swap(files: &mut Package, a: &str, b: &str) {
    let first = std::mem::take(file(files, a));
    let second = std::mem::replace(file(files, b), first);
    *file(files, a) = second;
}

/// Replaces the first occurrence in the manifest, and all that follow.
fn manifest(files: &mut Package, from: &str, to: &str) {
    let text = String::from_utf8(files["manifest.mpd"].clone()).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    files.insert("manifest.mpd".into(), text.replace(from, to).into_bytes());
}

fn lower_bandwidth(files: &mut Package) {
    let text = String::from_utf8(files["manifest.mpd"].clone()).unwrap();
    let (_, value) = text.split_once("bandwidth=\"").unwrap();
    let (value, _) = value.split_once('"').unwrap();
    let less = (value.parse::<u64>().unwrap() * 99 / 100).to_string();
    manifest(files, &format!("bandwidth=\"{value}\""), &format!("bandwidth=\"{less}\""));
}

/// Writes `bytes` at an offset from the start of the first box of this kind.
fn patch(file: &mut [u8], kind: &[u8; 4], offset: usize, bytes: &[u8]) {
    let at = file.windows(4).position(|window| window == kind).unwrap() - 4 + offset;
    let at = if kind == b"mdat" { at + 4 } else { at };
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

fn without_edit_list(init: &mut Vec<u8>) {
    let mut boxes = tree::parse(init).unwrap();
    let trak = boxes.iter_mut().find_map(|node| node.descend_mut(&[b"trak"])).and_then(BoxNode::children_mut).unwrap();
    trak.retain(|child| child.kind != b"edts");
    *init = tree::to_bytes(&boxes);
}

/// The manifest forgets the last segment of the sound.
fn drop_last_sound(files: &mut Package) {
    let text = String::from_utf8(files["manifest.mpd"].clone()).unwrap();
    let audio = text.find("contentType=\"audio\"").unwrap();
    let end = audio + text[audio..].find("</SegmentTimeline>").unwrap();
    let last = text[..end].rfind("<S ").unwrap();
    let shorter = format!("{}{}", &text[..last], &text[end..]);
    files.insert("manifest.mpd".into(), shorter.into_bytes());
}
