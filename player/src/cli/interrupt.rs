//! Being asked to end by the system: Ctrl-C or `kill`. Whoever plays ends properly then: report and summary are whole.

use std::io::Result;

/// What shells report of a process that SIGINT has ended: 128 + 2.
const ENDED: i32 = 130;

/// Waits until somebody asks the process to end; for ever when the system does not let it listen. From the first poll
/// on the signals have no other effect than to end this wait.
pub(crate) async fn asked_to_end() {
    if signalled().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Calls `end` when the process is asked to end, on a thread of its own; asked again, the process ends at once. If no
/// thread can be started, the signals keep their default effect.
pub(crate) fn when_asked_to_end(end: impl FnOnce() + Send + 'static) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let run = move || {
        runtime.block_on(asked_to_end());
        end();
        runtime.block_on(asked_to_end());
        std::process::exit(ENDED);
    };
    drop(std::thread::Builder::new().name("signals".into()).spawn(run));
}

#[cfg(unix)]
async fn signalled() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signalled() -> Result<()> {
    tokio::signal::ctrl_c().await
}
