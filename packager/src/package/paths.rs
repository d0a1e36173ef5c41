//! The paths of the files of a package, relative to its folder. The templates of the manifest must agree with them.

/// The manifest; written last.
pub const MANIFEST: &str = "manifest.mpd";
/// What an unfinished run has done. Hidden, and gone when the run is complete.
pub const LEDGER: &str = ".packager-ledger.jsonl";

/// What the first of two passes leaves for the second. Hidden, and gone when the run is complete.
pub const STATISTICS: &str = ".packager-statistics";

/// The statistics of the first pass over a chunk of a rendition.
pub fn statistics(representation: &str, chunk: u64) -> String {
    format!("{STATISTICS}/{representation}-{chunk}.log")
}

/// The initialization segment of a Representation.
pub fn init(generation: &str, representation: &str) -> String {
    format!("{generation}/{representation}/init.mp4")
}

/// A media segment of a Representation, numbered from 1.
pub fn segment(generation: &str, representation: &str, number: u64) -> String {
    format!("{generation}/{representation}/{number}.m4s")
}

/// The index file of a Representation: the true sizes of its segments.
pub fn index(generation: &str, representation: &str) -> String {
    format!("{generation}/{representation}/index.sidx")
}

/// The one file of a Representation in a package for on-demand addressing.
pub fn single(generation: &str, representation: &str) -> String {
    format!("{generation}/{representation}.mp4")
}
