//! FFmpeg as a process-wide library: initialised once, its own log kept off the user's terminal.

use ffmpeg_next as ff;
use std::sync::Once;

static READY: Once = Once::new();

/// Makes FFmpeg ready; cheap after the first call, and every constructor of this crate calls it.
///
/// The log goes quiet because the library writes to stderr in its own words from its own threads; what matters
/// arrives as an [`AvError`](crate::AvError).
pub(crate) fn ready() {
    READY.call_once(|| {
        // Only fills tables of error texts on every supported version; its `Result` is always `Ok`.
        let _ = ff::init();
        ff::log::set_level(ff::log::Level::Quiet);
    });
}
