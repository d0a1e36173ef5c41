//! Segments that other packagers wrote, found by `DASH_TEST_MATERIAL`; skipped without it. What their manifests say
//! and what we read in their files must agree.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; clippy spares only the tests themselves")]

use shared::addressing::{Resource, SegmentIndex};
use shared::bmff::{entry::MediaKind, fragment, init};
use shared::mpd::{self, ContentType, Representation};
use shared::{codec, media};
use std::path::{Path, PathBuf};
use url::Url;

/// All manifests below the folder; empty, with a word, when it is not there.
fn manifests() -> Vec<PathBuf> {
    let folder = std::env::var_os("DASH_TEST_MATERIAL").map(|root| Path::new(&root).join("dash-packages"));
    let Some(folder) = folder.filter(|path| path.is_dir()) else {
        eprintln!("SKIPPED: DASH_TEST_MATERIAL does not point to a folder with dash-packages");
        return vec![];
    };
    let packages = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = packages.flat_map(|package| std::fs::read_dir(package).unwrap().map(|entry| entry.unwrap().path()));
    files.filter(|file| file.extension().is_some_and(|extension| extension == "mpd")).collect()
}

/// The bytes, when the package at hand has the file: many are cut down to their first segments.
fn read(one: &Representation, resource: &Resource) -> Option<Vec<u8>> {
    let path = resource.url(&one.locations[0].base).ok()?.to_file_path().ok()?;
    let whole = std::fs::read(path).ok()?;
    let Some(range) = resource.range else { return Some(whole) };
    let end = range.last.map_or(whole.len(), |last| last as usize + 1);
    whole.get(range.first as usize..end).map(<[u8]>::to_vec)
}

fn index(one: &Representation) -> SegmentIndex {
    let mut index = one.index.clone();
    while let Some(bytes) = index.pending().cloned().and_then(|resource| read(one, &resource)) {
        index = index.with_sidx(&bytes).unwrap();
    }
    index
}

/// Number of segments read.
fn check(one: &Representation, content: ContentType) -> usize {
    let Some(bytes) = one.init.as_ref().and_then(|resource| read(one, resource)) else { return 0 };
    if !bytes.windows(4).any(|window| window == b"moov") {
        return 0; // WebM
    }
    let name = format!("{} {}", one.locations[0].base, one.id);
    let track = init::read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    let said = codec::parse(&one.codecs);
    assert_eq!(track.codec.kind(), said.kind(), "{name}: {} and {said}", track.codec);
    match (&track.kind, content) {
        (MediaKind::Video(video), ContentType::Video) => {
            assert_eq!(one.height.map(u16::try_from), Some(Ok(video.height)), "{name}");
        }
        (MediaKind::Audio(audio), ContentType::Audio) => {
            assert!(
                one.audio_sampling_rate.is_none_or(|rate| [1, 2].map(|n| n * audio.rate).contains(&rate)),
                "{name}"
            );
        }
        (kind, content) => panic!("{name}: {content:?} holds {kind:?}"),
    }
    let index = index(one);
    let mut expected = None;
    let mut count = 0;
    for number in index.numbers().take(20) {
        let resource = index.resource(number).unwrap();
        let Some(bytes) = read(one, &resource) else {
            expected = None;
            continue;
        };
        let offset = resource.range.map_or(0, |range| range.first);
        let samples = fragment::samples_at(&track, &bytes, offset)
            .unwrap_or_else(|error| panic!("{name} segment {number}: {error}"));
        media::check(Some(&track), &bytes, offset).unwrap_or_else(|error| panic!("{name} segment {number}: {error}"));
        let (first, last) = (samples.first().unwrap(), samples.last().unwrap());
        assert!(first.key, "{name} segment {number}");
        assert!(expected.is_none_or(|end| end == first.dts.ticks), "{name} segment {number}: a gap");
        expected = Some(last.dts.ticks + last.duration.ticks);
        count += 1;
    }
    count
}

#[test]
fn files_are_what_their_manifests_say() {
    let manifests = manifests();
    let mut segments = 0;
    for manifest in &manifests {
        let url = Url::from_file_path(manifest).unwrap();
        let Ok((presentation, _)) = mpd::read(&std::fs::read(manifest).unwrap(), &url) else { continue };
        for set in presentation.periods.iter().flat_map(|period| &period.sets) {
            if matches!(set.content, ContentType::Video | ContentType::Audio) {
                segments += set.representations.iter().map(|one| check(one, set.content)).sum::<usize>();
            }
        }
    }
    assert!(manifests.is_empty() || segments > 30, "only {segments} segments were found");
    eprintln!("{segments} segments of {} manifests", manifests.len());
}
