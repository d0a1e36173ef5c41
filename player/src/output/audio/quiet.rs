//! ALSA's library prints a page to stderr when there is no sound card. The player says it in one sentence.

/// Does `work` with the library's own messages kept off the terminal, as far as they come from this thread.
pub(super) fn quietly<R>(work: impl FnOnce() -> R) -> R {
    // Into a buffer of the thread's; there is nothing to restore, because nobody else wants the messages either.
    #[cfg(target_os = "linux")]
    let _buffer = alsa::Output::local_error_handler();
    work()
}
