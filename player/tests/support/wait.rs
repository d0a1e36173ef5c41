//! Waiting that nothing cuts short.

use std::time::Duration;

/// Lets time go by, all of it: parking may end early.
pub(crate) fn pass(time: Duration) {
    let (_held, never) = std::sync::mpsc::sync_channel::<()>(0);
    let _ = never.recv_timeout(time); // it can only time out
}
