//! WebM (Matroska, RFC 9559) as DASH uses it: initialization segments, clusters and cues. Only what a player must know;
//! nothing here decodes or opens files, and laced blocks, which WebM discourages, are refused.
//!
//! Reading is bounded by the bytes that are there: no size that a file states is believed before it was checked.

mod cluster;
mod cues;
pub(crate) mod ebml;
mod init;

pub use cluster::samples;
pub use cues::{Cues, Head};
pub use init::read;

use crate::time::Timescale;
use ebml::id;

/// A file is not what its elements say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (WebM element at byte {offset})")]
pub struct WebmError {
    /// Where it begins, counted from the start of the bytes that were handed in.
    pub offset: usize,
    /// In words.
    pub problem: String,
}

impl WebmError {
    fn new(offset: usize, problem: impl Into<String>) -> Self {
        Self { offset, problem: problem.into() }
    }
}

/// Whether these are the first bytes of a WebM file.
pub fn is_head(bytes: &[u8]) -> bool {
    bytes.starts_with(&ebml::id::EBML.to_be_bytes())
}

/// Where the Segment of a file that begins with `head` ends by its own word; `None` when it does not begin within these
/// bytes, or does not say how long it is (RFC 9559 5.1.1).
pub fn segment_end(head: &[u8]) -> Option<u64> {
    let segment = ebml::walk(head, &[ebml::id::SEGMENT]).find(|element| element.id == ebml::id::SEGMENT)?;
    Some((segment.start as u64).saturating_add(segment.size?))
}

/// The places of encrypted tracks among all tracks of a file that begins with `head` (RFC 9559 5.1.4.1.31.5).
pub fn encrypted_tracks(head: &[u8]) -> Vec<usize> {
    const INSIDE: &[u32] = &[id::CONTENT_ENCODINGS, id::CONTENT_ENCODING, id::CONTENT_ENCRYPTION];
    let tracks = ebml::walk(head, &[id::SEGMENT, id::TRACKS]).filter(|element| element.id == id::TRACK_ENTRY);
    let is_encrypted =
        |entry: &ebml::EbmlElement<'_>| ebml::walk(entry.data, INSIDE).any(|child| child.id == id::CONTENT_ENCRYPTION);
    tracks.enumerate().filter(|(_, entry)| is_encrypted(entry)).map(|(place, _)| place).collect()
}

/// What of a track's pictures is to be seen (RFC 9559 5.1.4.1.28.5 to 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cropping {
    /// The place of the track among all tracks.
    pub place: usize,
    /// Columns and rows that are not: left, top, right, bottom.
    pub edges: [u32; 4],
    /// Width and height of what is left, as it is shown, where that is stated in samples or as a shape.
    pub display: Option<(u32, u32)>,
}

/// The tracks with cropped pictures of a file that begins with `head`.
pub fn cropped_tracks(head: &[u8]) -> Vec<Cropping> {
    let tracks = ebml::walk(head, &[id::SEGMENT, id::TRACKS]).filter(|element| element.id == id::TRACK_ENTRY);
    tracks.enumerate().filter_map(|(place, entry)| cropping(place, &entry)).collect()
}

/// `None` for a track that is not cropped.
fn cropping(place: usize, entry: &ebml::EbmlElement<'_>) -> Option<Cropping> {
    let number = |wanted: u32| {
        let value = ebml::walk(entry.data, &[id::VIDEO]).find(|child| child.id == wanted)?.uint()?;
        u32::try_from(value).ok()
    };
    let edges = [id::PIXEL_CROP_LEFT, id::PIXEL_CROP_TOP, id::PIXEL_CROP_RIGHT, id::PIXEL_CROP_BOTTOM];
    let edges = edges.map(|edge| number(edge).unwrap_or(0));
    // Units 1 and 2 are lengths on a screen, 4 is unknown.
    let is_shape = matches!(number(id::DISPLAY_UNIT), None | Some(0 | 3));
    let display = number(id::DISPLAY_WIDTH).zip(number(id::DISPLAY_HEIGHT)).filter(|_| is_shape);
    edges.iter().any(|edge| *edge > 0).then_some(Cropping { place, edges, display })
}

/// Whether these are the first bytes of a media segment in WebM, or of a whole file.
pub fn is_media(bytes: &[u8]) -> bool {
    is_head(bytes) || bytes.starts_with(&ebml::id::CLUSTER.to_be_bytes())
}

/// Whether these are the first bytes of an index, which may stand before the clusters of a media segment.
pub(crate) fn is_cues(bytes: &[u8]) -> bool {
    bytes.starts_with(&ebml::id::CUES.to_be_bytes())
}

/// Whether an element with this ID ends a cluster of unknown size before it: whatever can follow a cluster has an ID of
/// four bytes, and nothing that can be in one has (RFC 9559 5.1).
pub(crate) fn is_outside_clusters(id: u32) -> bool {
    id >= 1 << 24
}

/// Ticks a second of a file that counts in units of `scale` ns (`TimestampScale`). Units that are no whole part of a
/// second exist in theory only: they would make every conversion inexact.
fn timescale(scale: u64) -> Option<Timescale> {
    let ticks = 1_000_000_000_u64.checked_div(scale).filter(|ticks| ticks * scale == 1_000_000_000)?;
    Timescale::new(u32::try_from(ticks).ok()?)
}

#[cfg(test)]
mod tests;
