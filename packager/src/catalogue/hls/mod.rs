//! The fold that writes HLS playlists (RFC 8216 and its successor, draft-pantos-hls-rfc8216bis) over the segments that the
//! MPD has: no byte of media is written twice. A playlist of segments and one of key frames a Representation, and the
//! multivariant playlist, which comes last. Reading playlists is not here.

mod images;
mod keys;
mod master;
mod rates;
mod segments;
mod sound;
mod tags;
mod text;

use super::collect::{Catalogue, CompletePackage, Incomplete};
use super::{DerivedFile, Facts};
use crate::layout;
use std::time::Duration;

/// How the playlists of segments come about (`EXT-X-PLAYLIST-TYPE`), which may not change from one version to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaylistType {
    /// Written once, when the package is complete.
    Vod,
    /// Written again and again while the package grows.
    Event,
}

/// What one segment may be longer than planned by, apart from a short tail that joins it: a packet of sound.
const PACKET: Duration = Duration::from_millis(100);

/// None where no playlists are wanted.
pub(super) fn files(complete: &CompletePackage<'_>) -> Vec<DerivedFile> {
    let Some(kind) = complete.facts.hls else { return vec![] };
    let target = target_duration(complete, kind);
    let mut files = segments::files(complete, kind, target);
    files.extend(text::files(complete));
    files.extend(images::files(complete));
    files.push(master::file(complete, target));
    files
}

/// The playlists of a growing package with the first `count` segments of every Representation, the multivariant one last.
///
/// # Errors
/// When segments are missing.
pub fn early(catalogue: &Catalogue, count: u64) -> Result<Vec<DerivedFile>, Incomplete> {
    Ok(files(&catalogue.growing(count)?))
}

/// `EXT-X-TARGETDURATION`, the same in all playlists: no segment is longer when rounded to seconds. Of a growing package
/// it is what no segment will exceed, since it may not change.
fn target_duration(complete: &CompletePackage<'_>, kind: PlaylistType) -> u64 {
    let longest = complete.longest_segment();
    let longest = match kind {
        PlaylistType::Vod => longest,
        PlaylistType::Event => longest.max(longest_planned(complete.facts)),
    };
    (longest.as_secs_f64().round() as u64).max(1)
}

/// A tail that is too short to stand alone joins the last segment.
fn longest_planned(facts: &Facts) -> Duration {
    facts.segment.mul_f64(1.0 + facts.addressing.least_tail(facts.segment)) + PACKET
}

/// A file of this text.
fn text_file(path: String, text: String) -> DerivedFile {
    DerivedFile::of_bytes(path, text.into_bytes())
}

/// Where a playlist that lies in the generation's folder finds a file of it.
fn relative(facts: &Facts, path: &str) -> String {
    layout::beside_playlists(&facts.generation, path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Addressing;
    use crate::testing::{catalogue, facts, golden, good_package, rendition_facts};

    fn all(addressing: Addressing) -> String {
        let files = good_package(addressing);
        let playlists = files.iter().filter(|(path, _)| path.ends_with(".m3u8"));
        playlists.map(|(path, bytes)| format!("== {path}\n{}", String::from_utf8_lossy(bytes))).collect()
    }

    #[test]
    fn segments_that_are_files() {
        golden("timeline.m3u8", &all(Addressing::Timeline));
    }

    #[test]
    fn segments_that_are_parts_of_a_file() {
        golden("base.m3u8", &all(Addressing::Base));
    }

    #[test]
    fn a_growing_package_has_what_all_have_and_may_only_get_more() {
        let growing = |count: u64| {
            let facts = facts(Addressing::Timeline, ["v1", "v2"].map(rendition_facts).into());
            let mut all = Catalogue::new(Facts { hls: Some(PlaylistType::Event), ..facts });
            for number in 1..=count + 1 {
                all.apply(crate::testing::closed("v1", number));
                all.apply(crate::testing::closed("v2", number));
            }
            (early(&all, count).unwrap(), all)
        };
        let text = |file: &DerivedFile| match &file.parts[..] {
            [super::super::FilePart::Bytes(bytes)] => String::from_utf8(bytes.clone()).unwrap(),
            other => panic!("{other:?}"),
        };
        let (two, three) = (growing(2).0, growing(3));
        assert_eq!(two.last().unwrap().path, layout::MASTER_PLAYLIST);
        assert_eq!(two.len(), 3, "key frames are listed when there will be no more of them");
        assert!(text(&three.0[0]).starts_with(&text(&two[0])), "lines are only added");
        assert!(text(&two[0]).contains("TYPE:EVENT") && text(&two[0]).contains("#EXT-X-START:TIME-OFFSET=0\n"));
        assert!(!text(&two[0]).contains("ENDLIST"));
        assert!(text(&two[2]).contains("BANDWIDTH=500000,") && !text(&two[2]).contains("AVERAGE"));
        let complete = three.1.files().unwrap();
        let last = complete.iter().find(|file| file.path == two[0].path).unwrap();
        assert!(text(last).starts_with(&text(&three.0[0])) && text(last).ends_with("#EXT-X-ENDLIST\n"));
    }

    #[test]
    fn who_wants_none_gets_none() {
        let mut files = catalogue(Addressing::Timeline, 1).files().unwrap();
        files.retain(|file| file.path.ends_with("m3u8"));
        assert_eq!(files, []);
    }

    #[test]
    fn no_segment_of_a_growing_package_exceeds_what_was_said_at_first() {
        let of = |seconds: f64| {
            let segment = Duration::from_secs_f64(seconds);
            let facts = Facts { segment, ..facts(Addressing::Timeline, vec![]) };
            target_duration(&CompletePackage { facts: &facts, renditions: vec![] }, PlaylistType::Event)
        };
        assert_eq!([0.1, 1.0, 2.0, 4.0].map(of), [1, 2, 3, 6]);
    }
}
