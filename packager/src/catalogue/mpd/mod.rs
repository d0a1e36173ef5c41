//! The fold that writes the MPD (ISO/IEC 23009-1): measured bandwidths when the package is complete, the encoders' caps
//! while it grows.

pub(super) mod describe;
mod early;
mod protect;
mod sets;
mod timeline;

pub use early::{EarlyTimes, early};

use super::DerivedFile;
use super::collect::CompletePackage;
use crate::layout::{self, Addressing};
use shared::mpd;
use shared::mpd::datatype::XsDuration;
use shared::mpd::model::{Mpd, Period, ProgramInformation};
use shared_av::About;

/// The manifest alone.
pub(super) fn files(complete: &CompletePackage<'_>) -> Vec<DerivedFile> {
    vec![DerivedFile::of_bytes(layout::MANIFEST.into(), mpd::write(&document(complete)).into_bytes())]
}

/// The document of the finished package.
fn document(complete: &CompletePackage<'_>) -> Mpd {
    let facts = complete.facts;
    let duration = XsDuration::from(complete.duration());
    let period = Period {
        id: Some("0".into()),
        start: Some(XsDuration::from_nanos(0)),
        duration: Some(duration),
        adaptation_sets: sets::adaptation_sets(facts, &complete.renditions),
        ..Period::default()
    };
    Mpd {
        profiles: Some(profiles(facts.addressing).into()),
        presentation_type: Some("static".into()),
        media_presentation_duration: Some(duration),
        min_buffer_time: Some(XsDuration::from(facts.min_buffer())),
        max_segment_duration: Some(XsDuration::from(complete.longest_segment())),
        program_information: program_information(&facts.about).into_iter().collect(),
        periods: vec![period],
        ..Mpd::default()
    }
}

/// ISO/IEC 23009-1 5.7; `None` where nothing is said.
fn program_information(about: &About) -> Option<ProgramInformation> {
    let About { title, source, copyright } = about.clone();
    (*about != About::default()).then(|| ProgramInformation { title, source, copyright, ..Default::default() })
}

/// ISO/IEC 23009-1 8.3 and 8.4; CMAF's profile of clause 8.12.
fn profiles(addressing: Addressing) -> &'static str {
    match addressing {
        Addressing::Timeline | Addressing::Number => {
            "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019"
        }
        Addressing::Base => "urn:mpeg:dash:profile:isoff-on-demand:2011,urn:mpeg:dash:profile:cmaf:2019",
    }
}

#[cfg(test)]
mod tests {
    use crate::layout::{self, Addressing};
    use crate::testing::{golden, good_package};

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
            let playlists = files.keys().filter(|path| path.ends_with(".m3u8")).count();
            assert_eq!(found + playlists, files.len(), "and no file is without use");
        }
    }
}
