//! Manifests as text.

use super::{Facts, Manifest, ManifestError};
use crate::layout::{self, Addressing};
use crate::testing::{golden, good_package};
use std::time::Duration;

fn text(addressing: Addressing) -> String {
    String::from_utf8(good_package(addressing).remove(layout::MANIFEST).unwrap()).unwrap()
}

#[test]
fn timeline() {
    golden("timeline.mpd", &text(Addressing::Timeline));
}

#[test]
fn number() {
    golden("number.mpd", &text(Addressing::Number));
}

#[test]
fn base() {
    golden("base.mpd", &text(Addressing::Base));
}

#[test]
fn our_reader_finds_every_file() {
    for addressing in [Addressing::Timeline, Addressing::Number] {
        let files = good_package(addressing);
        let url = url::Url::parse("file:///p/manifest.mpd").unwrap();
        let (presentation, warnings) = shared::mpd::read(&files[layout::MANIFEST], &url).unwrap();
        assert_eq!(warnings, []);
        let mut found = 1;
        for one in presentation.periods.iter().flat_map(|p| &p.sets).flat_map(|s| &s.representations) {
            let segments = one.index.numbers().filter_map(|number| one.index.resource(number));
            for resource in segments.chain(one.init.clone()).chain(one.size_index.clone()) {
                let path = resource.url(&one.locations[0].base).unwrap();
                assert!(files.contains_key(path.path().trim_start_matches("/p/")), "{path}");
                found += 1;
            }
        }
        assert_eq!(found, files.len(), "and no file is without use");
    }
}

#[test]
fn a_hole_is_no_manifest() {
    let mut manifest = Manifest::new(Facts {
        generation: "g".into(),
        addressing: Addressing::Timeline,
        segment: Duration::from_secs(2),
        title: None,
        renditions: vec![crate::testing::rendition("v")],
    });
    assert_eq!(manifest.mpd(), Err(ManifestError::Nothing("v".into())));
    manifest.apply(crate::testing::closed("v", 2));
    assert_eq!(manifest.mpd(), Err(ManifestError::Missing { representation: "v".into(), number: 1 }));
    manifest.apply(crate::testing::closed("v", 1));
    assert!(manifest.mpd().is_ok());
}
