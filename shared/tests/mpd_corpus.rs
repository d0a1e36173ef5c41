//! Manifests of the wild: a corpus of other projects' test files, found by `DASH_TEST_MATERIAL`; skipped without it.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

use shared::mpd::{self, Presentation};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use url::Url;

/// Files of which no presentation can be made, and what the refusal has to say.
const REFUSED: &[(&str, &str)] = &[
    ("dash-mpd__example_G11_remote.period.xml", "the root element is <Period>"),
    ("dash-mpd__example_G29-2.mpd", "no Representation"),
    ("dash-mpd__example_K6.4.mpd", "no Representation"),
];

/// Files whose namespace prefixes are not all declared, as libxml2 and expat see it too; all others are well-formed.
const ILL_FORMED: &[&str] = &[
    "dashmpdrs__mediapackage.xml",
    "inputstreamadaptive__pssh_default_kid.mpd",
    "media__sample_mpd_dashif_license_url.mpd",
    "media__sample_mpd_unknown_mime_type.mpd",
    "shaka-player__clear-encrypted__manifest.mpd",
];

struct Manifest {
    name: String,
    bytes: Vec<u8>,
}

fn material(folder: &str) -> Option<PathBuf> {
    let path = std::env::var_os("DASH_TEST_MATERIAL").map(|root| Path::new(&root).join(folder));
    let found = path.filter(|path| path.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: DASH_TEST_MATERIAL does not point to a folder with {folder}");
    }
    found
}

/// All files of the corpus, by name; empty, with a word, when it is not there.
fn corpus() -> Vec<Manifest> {
    let Some(folder) = material("mpd-corpus") else { return Vec::new() };
    let mut manifests: Vec<Manifest> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "mpd" || extension == "xml"))
        .map(|path| Manifest {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            bytes: std::fs::read(path).unwrap(),
        })
        .collect();
    manifests.sort_by(|a, b| a.name.cmp(&b.name));
    manifests
}

fn origin() -> Url {
    Url::parse("https://origin.example/films/manifest.mpd").unwrap()
}

#[test]
fn all_but_the_listed_give_a_presentation() {
    let mut surprises = Vec::new();
    for manifest in corpus() {
        let expected = REFUSED.iter().find(|(name, _)| *name == manifest.name).map(|(_, reason)| *reason);
        match (mpd::read(&manifest.bytes, &origin()), expected) {
            (Ok(_), None) => {}
            (Ok(_), Some(_)) => surprises.push(format!("{}: is read after all", manifest.name)),
            (Err(error), Some(reason)) if error.to_string().contains(reason) => {}
            (Err(error), _) => surprises.push(format!("{}: {error}", manifest.name)),
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    assert!(REFUSED.len() <= 14);
}

#[test]
fn the_listed_are_said_to_be_ill_formed_and_no_others() {
    for manifest in corpus() {
        let Ok((_, warnings)) = mpd::parse(&manifest.bytes) else { continue };
        let said: Vec<_> = warnings.iter().filter(|warning| warning.problem.contains("not well-formed")).collect();
        assert_eq!(!said.is_empty(), ILL_FORMED.contains(&manifest.name.as_str()), "{}: {said:?}", manifest.name);
    }
}

/// Segments of every Representation: in order, found again by their time, with a URL at each location.
#[test]
fn segments_of_the_corpus_can_be_found_by_time() {
    for manifest in corpus() {
        let Ok((presentation, _)) = mpd::read(&manifest.bytes, &origin()) else { continue };
        for representation in representations(&presentation) {
            let index = &representation.index;
            for position in [0, 1, index.len() / 2, index.len().wrapping_sub(2), index.len().wrapping_sub(1)] {
                let Some(number) = index.first().and_then(|first| first.checked_add(position)) else { continue };
                let Some((time, resource)) = index.time(number).zip(index.resource(number)) else { continue };
                let place = format!("{} {} {number}", manifest.name, representation.id);
                assert!(time.start < time.end, "{place}");
                assert_eq!(index.number_at(time.start), Some(number), "{place}");
                for location in representation.locations.iter() {
                    resource.url(&location.base).unwrap_or_else(|e| panic!("{place}: {e}"));
                }
            }
        }
    }
}

fn representations(presentation: &Presentation) -> impl Iterator<Item = &mpd::Representation> {
    presentation.periods.iter().flat_map(|period| &period.sets).flat_map(|set| &set.representations)
}

#[test]
fn what_is_read_is_written_and_read_again() {
    for manifest in corpus() {
        let Ok((document, _)) = mpd::parse(&manifest.bytes) else { continue };
        let written = mpd::write(&document);
        let (again, warnings) = mpd::parse(written.as_bytes()).unwrap_or_else(|e| panic!("{}: {e}", manifest.name));
        assert_eq!(document, again, "{}", manifest.name);
        assert_eq!(warnings, [], "{}", manifest.name);
    }
}

/// Another implementation sees the same Periods, sets, Representations, bandwidths and codecs.
#[test]
fn another_parser_sees_the_same() {
    let mut compared = 0;
    for manifest in corpus() {
        let Ok((ours, _)) = mpd::parse(&manifest.bytes) else { continue };
        let Ok(text) = std::str::from_utf8(&manifest.bytes) else { continue };
        let Ok(theirs) = dash_mpd_core::parse(text) else { continue };
        let ours = ours.periods.iter().map(|period| {
            let sets = period.adaptation_sets.iter().map(|set| {
                let one = |r: &mpd::model::Representation| {
                    (r.id.clone(), r.bandwidth.map(u64::from), r.common.codecs.clone())
                };
                set.representations.iter().map(one).collect::<Vec<_>>()
            });
            sets.collect::<Vec<_>>()
        });
        let theirs = theirs.periods.iter().map(|period| {
            let sets = period.adaptations.iter().map(|set| {
                let one = |r: &dash_mpd_core::Representation| (r.id.clone(), r.bandwidth, r.codecs.clone());
                set.representations.iter().map(one).collect::<Vec<_>>()
            });
            sets.collect::<Vec<_>>()
        });
        assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>(), "{}", manifest.name);
        compared += 1;
    }
    eprintln!("{compared} manifests compared");
    assert!(compared == 0 || compared >= 150, "{compared}");
}

/// Valid documents stay valid on their way through our reader and writer.
#[test]
fn what_we_write_is_valid() {
    let Some(schema) = material("schema") else { return };
    let mut broken = Vec::new();
    for manifest in corpus() {
        match validate(&schema, &manifest.bytes) {
            None => return,
            Some(Err(_)) => continue,
            Some(Ok(())) => {}
        }
        let (document, _) = mpd::parse(&manifest.bytes).unwrap_or_else(|e| panic!("{}: {e}", manifest.name));
        if let Some(Err(complaint)) = validate(&schema, mpd::write(&document).as_bytes()) {
            broken.push(format!("{}: {complaint}", manifest.name));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// `None`, with a word, without xmllint.
fn validate(schema: &Path, document: &[u8]) -> Option<Result<(), String>> {
    use std::io::Write as _;
    let command = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(schema.join("DASH-MPD.xsd"))
        .arg("-")
        .env("XML_CATALOG_FILES", schema.join("catalog.xml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut process) = command else {
        eprintln!("SKIPPED: no xmllint on this machine");
        return None;
    };
    // A document that is refused early may not be read to its end.
    let _ = process.stdin.take().unwrap().write_all(document);
    let output = process.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).lines().take(3).collect::<Vec<_>>().join(" ");
    Some(if output.status.success() { Ok(()) } else { Err(complaint) })
}

/// The two packages whose manifests are broken XML are refused with the place.
#[test]
fn malformed_manifests_are_refused_with_their_place() {
    let Some(packages) = material("dash-packages") else { return };
    for name in ["Manifest.mpd", "Manifest_endNumber.mpd"] {
        let bytes = std::fs::read(packages.join("livesim2-testpic_2s").join(name)).unwrap();
        let error = mpd::read(&bytes, &origin()).unwrap_err();
        assert_eq!(error.to_string(), "line 2, column 160: white space is missing behind this quote", "{name}");
    }
}

/// Index boxes of real files lead to the end of their Period, and not beyond the file.
#[test]
fn index_boxes_of_packages_cover_their_periods() {
    let Some(packages) = material("dash-packages") else { return };
    let mut completed = 0;
    for name in
        ["media3-multi-period-with-offset/sample.mpd", "media3-emsg/sample.mpd", "shaka-dash-multi-codec/dash.mpd"]
    {
        let path = packages.join(name);
        let url = Url::from_file_path(std::fs::canonicalize(&path).unwrap()).unwrap();
        let (presentation, _) = mpd::read(&std::fs::read(&path).unwrap(), &url).unwrap();
        for period in &presentation.periods {
            for representation in period.sets.iter().flat_map(|set| &set.representations) {
                if representation.mime.ends_with("/webm") {
                    continue; // indexed by Cues
                }
                let (index, file_size) = completed_index(representation);
                let last = index.last().unwrap();
                let (time, resource) = (index.time(last).unwrap(), index.resource(last).unwrap());
                let place = format!("{name} {} {last}", representation.id);
                assert!(index.start().unwrap() <= period.start, "{place}");
                assert!(time.end.offset_secs(period.end().unwrap()).abs() < 0.6, "{place}");
                assert!(resource.range.unwrap().last.unwrap() < file_size, "{place}");
                completed += 1;
            }
        }
    }
    assert_eq!(completed, 6);
}

/// Feeds an index from the file that it is in; with the size of that file.
fn completed_index(representation: &mpd::Representation) -> (shared::addressing::SegmentIndex, u64) {
    let mut index = representation.index.clone();
    let mut file_size = 0;
    while let Some(resource) = index.pending() {
        let path = resource.url(&representation.locations[0].base).unwrap().to_file_path().unwrap();
        let file = std::fs::read(path).unwrap();
        let range = resource.range.unwrap();
        let last = range.last.map_or(file.len(), |last| file.len().min(last as usize + 1));
        file_size = file.len() as u64;
        index = index.with_sidx(&file[range.first as usize..last]).unwrap();
    }
    (index, file_size)
}
