//! Where everything of a package lies: every path and every template, once.
//!
//! A path is relative to the package's folder, with `/` between its parts. What a template of the manifest says and where
//! the file is put are made by one function, so they cannot disagree. Nothing here reads or writes a file, and no other
//! module writes down a path of its own.
//!
//! ```text
//! manifest.mpd                               written last
//! master.m3u8                                the HLS playlist that names the others; written just before
//! GENERATION/ID/init.mp4, 1.m4s, index.sidx  a Representation with one file a segment
//! GENERATION/ID.mp4                          a Representation with one file
//! GENERATION/ID.m3u8, ID.iframes.m3u8        its HLS playlists
//! GENERATION/ID.vtt                          a text as HLS has it
//! GENERATION/ID/1.jpg                        sheets of small pictures
//! .packager-ledger.jsonl                     local files of a run: hidden, and gone when it is complete
//! .packager-spool
//! .packager-statistics/ID-CHUNK.log
//! ```

mod addressing;

pub use addressing::Addressing;

use std::fmt::Display;

/// The manifest; written last.
pub const MANIFEST: &str = "manifest.mpd";
/// The HLS playlist that lists all others (RFC 8216 4.3.4); written just before the manifest.
pub const MASTER_PLAYLIST: &str = "master.m3u8";
/// What an unfinished run has done.
pub const LEDGER: &str = ".packager-ledger.jsonl";
/// A copy of a master that cannot be read twice.
pub const SPOOL: &str = ".packager-spool";
/// The manifests, which refer to all other files, in the order in which they are put behind them.
pub const MANIFESTS: [&str; 2] = [MASTER_PLAYLIST, MANIFEST];
/// Manifests that are examined before they are published, in the same order.
pub const CANDIDATES: [&str; 2] = [".packager-master.m3u8", ".packager-manifest.mpd"];
/// The folder of what the first of two passes leaves for the second.
pub const STATISTICS: &str = ".packager-statistics";

/// The identifiers of a template (ISO/IEC 23009-1 5.3.9.4.4), which a player replaces.
const REPRESENTATION_ID: &str = "$RepresentationID$";
const NUMBER: &str = "$Number$";

/// The folder of a run's files, of which nothing else in the package is a part.
fn generation_folder(generation: &str) -> String {
    format!("{generation}/")
}

/// The initialization segment of a Representation.
pub fn init(generation: &str, representation: &str) -> String {
    format!("{generation}/{representation}/init.mp4")
}

/// The initialization segments of all Representations, as a template.
pub fn init_template(generation: &str) -> String {
    init(generation, REPRESENTATION_ID)
}

/// A media segment of a Representation, numbered from 1.
pub fn segment(generation: &str, representation: &str, number: u64) -> String {
    numbered(generation, representation, number)
}

/// The media segments of all Representations, as a template.
pub fn segment_template(generation: &str) -> String {
    numbered(generation, REPRESENTATION_ID, NUMBER)
}

fn numbered(generation: &str, representation: &str, number: impl Display) -> String {
    format!("{generation}/{representation}/{number}.m4s")
}

/// A sheet of small pictures, numbered from 1.
pub fn sheet(generation: &str, representation: &str, number: u64) -> String {
    numbered_sheet(generation, representation, number)
}

/// The sheets of all Representations, as a template.
pub fn sheet_template(generation: &str) -> String {
    numbered_sheet(generation, REPRESENTATION_ID, NUMBER)
}

fn numbered_sheet(generation: &str, representation: &str, number: impl Display) -> String {
    format!("{generation}/{representation}/{number}.jpg")
}

/// Where segment `number` of a Representation may be, whatever its kind.
pub fn media(generation: &str, representation: &str, number: u64) -> [String; 2] {
    [segment(generation, representation, number), sheet(generation, representation, number)]
}

/// The index file of a Representation: the true sizes of its segments.
pub fn index(generation: &str, representation: &str) -> String {
    format!("{generation}/{representation}/index.sidx")
}

/// The one file of a Representation in a package for on-demand addressing.
pub fn single(generation: &str, representation: &str) -> String {
    format!("{generation}/{representation}.mp4")
}

/// The HLS playlist of a Representation's segments.
pub fn playlist(generation: &str, representation: &str) -> String {
    format!("{generation}/{representation}.m3u8")
}

/// The HLS playlist of the key frames with which a Representation's segments begin.
pub fn i_frame_playlist(generation: &str, representation: &str) -> String {
    format!("{generation}/{representation}.iframes.m3u8")
}

/// The cues of a text Representation as one file of WebVTT, for players of HLS.
pub fn webvtt(generation: &str, representation: &str) -> String {
    format!("{generation}/{representation}.vtt")
}

/// A path of this generation as a playlist has it that lies in the generation's folder.
pub fn beside_playlists<'a>(generation: &str, path: &'a str) -> &'a str {
    path.strip_prefix(&generation_folder(generation)).unwrap_or(path)
}

/// Whether a path is that of a manifest.
pub fn is_manifest(path: &str) -> bool {
    MANIFESTS.contains(&path)
}

/// Where a manifest lies while it is examined.
pub fn candidate(manifest: &str) -> &'static str {
    if manifest == MASTER_PLAYLIST { CANDIDATES[0] } else { CANDIDATES[1] }
}

/// The statistics of the first pass over a chunk of a rendition.
pub fn statistics(representation: &str, chunk: u64) -> String {
    format!("{STATISTICS}/{representation}-{chunk}.log")
}

/// Whether `path` is a file of this generation.
pub fn is_of(generation: &str, path: &str) -> bool {
    path.starts_with(&generation_folder(generation))
}

/// Whether the text of a manifest refers to files of this generation.
pub fn is_named_in(generation: &str, manifest: &str) -> bool {
    manifest.contains(&generation_folder(generation))
}

/// Whether a path has the form of a file of some generation; nothing else may be removed.
pub fn is_generation_file(path: &str) -> bool {
    path.split_once('/').is_some_and(|(generation, _)| is_generation(generation))
}

/// Whether a name has the form of a generation: the short hash of [`crate::plan::Plan::generation`].
pub fn is_generation(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERATION: &str = "0123456789ab";

    /// A player that replaces the identifiers must come to the file that was put.
    #[test]
    fn templates_lead_to_the_files() {
        let filled = |template: String| template.replace("$RepresentationID$", "v").replace("$Number$", "7");
        assert_eq!(filled(segment_template(GENERATION)), segment(GENERATION, "v", 7));
        assert_eq!(filled(init_template(GENERATION)), init(GENERATION, "v"));
        assert_eq!(filled(sheet_template(GENERATION)), sheet(GENERATION, "v", 7));
    }

    #[test]
    fn no_two_files_share_a_path() {
        let paths = [
            init(GENERATION, "v"),
            segment(GENERATION, "v", 1),
            segment(GENERATION, "v", 2),
            index(GENERATION, "v"),
            single(GENERATION, "v"),
            playlist(GENERATION, "v"),
            i_frame_playlist(GENERATION, "v"),
            webvtt(GENERATION, "v"),
            sheet(GENERATION, "v", 1),
            init(GENERATION, "w"),
        ];
        let different: std::collections::BTreeSet<&String> = paths.iter().collect();
        assert_eq!(different.len(), paths.len());
        assert!(paths.iter().all(|path| is_of(GENERATION, path) && is_generation_file(path)));
        assert!([MANIFEST, MASTER_PLAYLIST, LEDGER, &statistics("v", 0)].iter().all(|path| !is_generation_file(path)));
    }

    #[test]
    fn playlists_lead_to_what_lies_beside_them() {
        let of = |path: &str| beside_playlists(GENERATION, path).to_owned();
        assert_eq!(of(&segment(GENERATION, "v", 7)), "v/7.m4s");
        assert_eq!(of(&single(GENERATION, "v")), "v.mp4");
    }

    #[test]
    fn only_our_own_folders_are_ours() {
        assert!(is_generation_file("0123456789ab/h264/1.m4s"));
        assert!(!is_generation_file("holiday/1.jpg") && !is_generation_file(GENERATION));
        assert!(!is_generation_file("0123456789AB/x"));
        assert!(!is_of(GENERATION, "0123456789abc/x"), "a longer name is another folder");
    }

    #[test]
    fn a_manifest_names_the_generation_whose_files_it_lists() {
        let text = format!("<SegmentTemplate media=\"{}\"/>", segment_template(GENERATION));
        assert!(is_named_in(GENERATION, &text) && !is_named_in("ba9876543210", &text));
    }

    #[test]
    fn local_files_of_a_run_are_hidden() {
        let names = [LEDGER, SPOOL, STATISTICS].into_iter().chain(CANDIDATES);
        assert!(names.into_iter().all(|name| name.starts_with('.')));
        assert_eq!(statistics("h264-640x360-700k", 3), ".packager-statistics/h264-640x360-700k-3.log");
    }
}
