//! FFmpeg as a process-wide library: initialised once, its own log kept off the user's terminal.

use ffmpeg_next as ff;
use std::sync::Once;

/// Makes libsvtav1 log errors alone. It can only be configured by the environment variable `SVT_LOG`, which it reads
/// when an encoder is opened; a value that the user has set stays.
///
/// To be called at the start of `main`, before there are other threads.
pub fn quiet_encoders() {
    const SWITCH: &str = "SVT_LOG";
    if std::env::var_os(SWITCH).is_none() {
        // SAFETY: the caller has no other thread that could read the environment at the same time.
        #[expect(unsafe_code, reason = "libsvtav1 can only be told by the environment")]
        unsafe {
            std::env::set_var(SWITCH, "1");
        }
    }
}

static READY: Once = Once::new();

/// Makes FFmpeg ready; cheap after the first call, and every constructor of this crate calls it.
///
/// FFmpeg's log is switched off, because it writes to stderr from any thread; failures are returned as
/// [`AvError`](crate::AvError).
pub(crate) fn ready() {
    READY.call_once(|| {
        // Only fills tables of error texts on every supported version; its `Result` is always `Ok`.
        let _ = ff::init();
        ff::log::set_level(ff::log::Level::Quiet);
    });
}
