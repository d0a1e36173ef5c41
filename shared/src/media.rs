//! Either container in one voice: initialization and media segments as MP4 (ISO base media files) or WebM, told apart by
//! their first bytes.

use crate::bmff::{self, BmffError, Sample, Track};
use crate::webm::{self, WebmError};

/// What is wrong with a segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// In MP4.
    #[error(transparent)]
    Bmff(#[from] BmffError),
    /// In WebM.
    #[error(transparent)]
    Webm(#[from] WebmError),
}

/// What one must know of the track that `init` describes.
///
/// # Errors
/// When it describes none.
pub fn track(init: &[u8]) -> Result<Track, MediaError> {
    if webm::is_head(init) { Ok(webm::read(init)?) } else { Ok(bmff::init::read(init)?) }
}

/// The samples of `track` in a media segment, in decoding order. `file_offset`: where in its file the segment begins.
///
/// # Errors
/// When the segment contradicts itself.
pub fn samples(track: &Track, segment: &[u8], file_offset: u64) -> Result<Vec<Sample>, MediaError> {
    if webm::is_media(segment) {
        Ok(webm::samples(track, segment)?)
    } else {
        Ok(bmff::fragment::samples_at(track, segment, file_offset)?)
    }
}

/// Whether a media segment brings its own initialization along (ISO/IEC 23009-1 6.3.5.2).
pub fn is_self_initializing(segment: &[u8]) -> bool {
    webm::is_head(segment) || segment.get(4..8) == Some(b"ftyp")
}

/// Whether a media segment ends where its own boxes say. WebM does not say.
pub fn is_complete(segment: &[u8]) -> bool {
    webm::is_media(segment) || bmff::walk::boxes(segment).all(|found| found.is_ok())
}
