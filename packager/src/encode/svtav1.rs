//! AV1 by libsvtav1.

use shared_av::{AvError, Tuning, VideoEncoder, VideoSettings};

/// Its profile follows from the samples; there is nothing to choose.
pub(super) fn open(settings: &VideoSettings, tuning: &Tuning) -> Result<VideoEncoder, AvError> {
    VideoEncoder::svtav1(settings, tuning)
}
