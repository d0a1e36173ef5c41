//! On-demand files (one a Representation, with a `sidx` in front) and index files (a `sidx` and nothing else).

use super::SegmentClosed;
use shared::bmff::{Reference, Sidx};
use shared::time::Timescale;

/// The beginning of a single file: what goes before the fragments, and where its parts lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleFile {
    /// Initialization segment and index.
    pub head: Vec<u8>,
    /// Bytes of the initialization segment; the index begins there.
    pub init_size: u64,
    /// Bytes of the index; the first fragment begins behind it.
    pub index_size: u64,
}

/// For bare fragments ([`super::Wrapping::Bare`]) that follow in the order of `segments`.
pub fn single_file_head(init: &[u8], timescale: Timescale, segments: &[SegmentClosed]) -> SingleFile {
    let index = index_file(timescale, segments);
    SingleFile { init_size: init.len() as u64, index_size: index.len() as u64, head: [init, &index].concat() }
}

/// A `sidx` over all `segments`: true sizes, durations, key frames at the start. Only the first 65535 fit, four days
/// of four-second segments.
pub fn index_file(timescale: Timescale, segments: &[SegmentClosed]) -> Vec<u8> {
    let field = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let references =
        segments.iter().map(|closed| Reference::closed(field(closed.size.bytes()), field(closed.duration))).collect();
    let earliest = segments.first().map_or(0, |closed| closed.time);
    let mut out = vec![];
    Sidx { track: 1, timescale, earliest, first_offset: 0, references }.write(&mut out);
    out
}
