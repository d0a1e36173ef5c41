//! H.264 by libx264.

use shared_av::{AvError, Tuning, VideoEncoder, VideoSettings};

/// High profile unless another was asked for: every device of the last fifteen years decodes it.
pub(super) fn open(settings: &VideoSettings, tuning: &Tuning) -> Result<VideoEncoder, AvError> {
    let profile = Some(tuning.profile.clone().unwrap_or_else(|| "high".into()));
    VideoEncoder::x264(settings, &Tuning { profile, ..tuning.clone() })
}
