//! Reading and fetching for the commands that play nothing: whole files and bodies, one after the other, each failure with its exit code.

use super::{Code, CommandFailure};
use crate::fetch::{FetchConfig, FetchFailure, FetchFailureKind, FetchRequest, Fetcher};
use bytes::Bytes;
use std::io;
use std::path::Path;
use url::Url;

/// Does `work` with a fetcher of its own, and waits for it.
///
/// # Errors
/// What `work` fails with; or when neither it nor the fetcher can begin.
pub(crate) fn with_fetcher<T>(
    config: FetchConfig,
    work: impl AsyncFnOnce(&Fetcher) -> Result<T, CommandFailure>,
) -> Result<T, CommandFailure> {
    let no_runtime = |e| CommandFailure::new(Code::Io, format!("cannot wait for the network: {e}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_runtime)?;
    runtime.block_on(async {
        let fetcher = Fetcher::new(config).await.map_err(|e| CommandFailure::new(Code::Io, e.to_string()))?;
        work(&fetcher).await
    })
}

/// The text of a file that the viewer names. Reading a pipe or a device could last for ever.
///
/// # Errors
/// When it cannot be read, or is not a regular file.
pub(crate) fn text(path: &Path) -> Result<String, CommandFailure> {
    let unreadable = |e: io::Error| CommandFailure::unreadable(path.display(), &e);
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(unreadable(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// The whole body, and where it came from after redirects. `name` is what the viewer typed, for the message.
///
/// # Errors
/// A file that cannot be read, or a network that fails.
pub(crate) async fn get(fetcher: &Fetcher, name: &str, request: FetchRequest) -> Result<(Bytes, Url), CommandFailure> {
    let local = request.url.scheme() == "file";
    let failure = |failure: FetchFailure| {
        CommandFailure::new(code(failure.kind, local), format!("cannot open {name}: {}", failure.message))
    };
    fetcher.fetch(request).collect().await.map_err(failure)
}

/// The same codes as those of a session that fails for the same reason.
fn code(kind: FetchFailureKind, local: bool) -> Code {
    match kind {
        FetchFailureKind::Protocol => Code::Unsupported,
        FetchFailureKind::Exhausted => Code::Io,
        _ if local => Code::Input,
        _ => Code::Io,
    }
}
