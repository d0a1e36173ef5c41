//! H.265 by libx265.

use shared_av::{AvError, PixelFormat, Tuning, VideoEncoder, VideoSettings};

/// Main profile, Main 10 for ten bits.
pub(super) fn open(settings: &VideoSettings, tuning: &Tuning) -> Result<VideoEncoder, AvError> {
    let usual = if settings.format == PixelFormat::Yuv420p10 { "main10" } else { "main" };
    let profile = Some(tuning.profile.clone().unwrap_or_else(|| usual.into()));
    VideoEncoder::x265(settings, &Tuning { profile, ..tuning.clone() })
}
