//! Initialization and media segments of either container, MP4 (ISO base media files) or WebM, through one set of
//! functions. The first bytes decide which container it is.

use crate::bmff::entry::MediaKind;
use crate::bmff::{self, BmffError, Sample, Track, nal};
use crate::protection::{self, KeyId};
use crate::time::{MediaTime, PresentationTime};
use crate::webm::{self, WebmError};
use std::ops::Range;

/// What is wrong with a segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// In MP4.
    #[error(transparent)]
    Bmff(#[from] BmffError),
    /// In WebM.
    #[error(transparent)]
    Webm(#[from] WebmError),
    /// It ends before its own boxes do.
    #[error("it is cut off after {0} bytes")]
    CutOff(usize),
    /// There is nothing in it.
    #[error("it has no samples")]
    Empty,
    /// The NAL units of a sample do not fill it.
    #[error("the picture at byte {0} is damaged")]
    Damaged(usize),
}

/// What one must know of the track that `init` describes.
///
/// # Errors
/// When it describes none.
pub fn track(init: &[u8]) -> Result<Track, MediaError> {
    if webm::is_head(init) { Ok(webm::read(init)?) } else { Ok(bmff::init::read(init)?) }
}

/// What an initialization segment describes beside the track that [`track`] takes: `video` or `audio`, each once. Nothing of
/// what cannot be read.
pub fn beside(init: &[u8]) -> Vec<&'static str> {
    let kinds = if webm::is_head(init) { vec![] } else { bmff::init::kinds(init).unwrap_or_default() };
    let named = kinds.iter().filter_map(|kind| match kind {
        MediaKind::Video(_) => Some("video"),
        MediaKind::Audio(_) => Some("audio"),
        MediaKind::Other(_) => None,
    });
    let mut others: Vec<_> = named.skip(1).collect();
    others.dedup();
    others
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

/// From when to when the samples of a media segment are presented, in the track's own time with the edit list applied;
/// `None` where there are none. A segment that brings its own initialization along needs no `track`.
///
/// # Errors
/// When the segment contradicts itself.
pub fn span(
    track: Option<&Track>,
    segment: &[u8],
    file_offset: u64,
) -> Result<Option<Range<PresentationTime>>, MediaError> {
    let own = if is_self_initializing(segment) { Some(self::track(segment)?) } else { None };
    let Some(track) = own.as_ref().or(track) else { return Ok(None) };
    let samples = samples(track, segment, file_offset)?;
    let start = samples.iter().map(|sample| sample.pts.ticks).min();
    let end = samples.iter().map(|sample| sample.pts.ticks.saturating_add(sample.duration.ticks)).max();
    let time = |ticks| MediaTime::new(ticks, track.timescale).presentation();
    Ok(start.zip(end).map(|(start, end)| time(start)..time(end)))
}

/// The keys that the samples of a media segment need, each once; none where they are clear.
///
/// # Errors
/// When the segment contradicts itself.
pub fn key_ids(track: &Track, segment: &[u8], file_offset: u64) -> Result<Vec<KeyId>, MediaError> {
    let own = if is_self_initializing(segment) { Some(self::track(segment)?) } else { None };
    let track = own.as_ref().unwrap_or(track);
    if webm::is_media(segment) || !track.is_protected() {
        return Ok(vec![]);
    }
    let samples = samples(track, segment, file_offset)?;
    Ok(protection::key_ids(track, segment, file_offset, &samples)?)
}

/// Whether a media segment brings its own initialization along (ISO/IEC 23009-1 6.3.5.2).
pub fn is_self_initializing(segment: &[u8]) -> bool {
    webm::is_head(segment) || segment.get(4..8) == Some(b"ftyp")
}

/// Checks whether a media segment is complete and undamaged as far as that shows without decoding: its boxes end where it
/// ends (WebM does not say), and with `track` it has samples, which their NAL units fill exactly if the codec has such.
///
/// # Errors
/// When it is damaged, by the transfer or already at the publisher: that cannot be told apart.
pub fn check(track: Option<&Track>, segment: &[u8], file_offset: u64) -> Result<(), MediaError> {
    if !webm::is_media(segment) && bmff::walk::boxes(segment).any(|found| found.is_err()) {
        return Err(MediaError::CutOff(segment.len()));
    }
    let Some(track) = track.filter(|_| !is_self_initializing(segment)) else { return Ok(()) };
    let samples = samples(track, segment, file_offset)?;
    let damaged =
        samples.iter().find(|sample| !nal::fill(&track.described(sample.entry), &segment[sample.range.clone()]));
    match damaged {
        Some(sample) => Err(MediaError::Damaged(sample.range.start)),
        None if samples.is_empty() => Err(MediaError::Empty),
        None => Ok(()),
    }
}
