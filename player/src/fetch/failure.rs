//! Why a request failed: kinds that are told apart because different things help against them, and words for people.

use shared::sniff::Sniffed;
use std::io;
use std::path::Path;
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchFailureKind {
    /// The name of the host is unknown.
    Name,
    /// Nobody accepts connections there, or there is no way to it.
    Connect,
    /// No connection within the time for it.
    ConnectTimeout,
    /// The certificate or the encryption is not acceptable.
    Tls,
    /// No byte for too long.
    Silence,
    /// An error status.
    Status,
    /// The connection broke or the body ended before its announced length.
    Truncated,
    /// Not HTTP, or not what was asked for: another range, endless redirects.
    Protocol,
    /// A page, a message or nothing, with a good status, in place of media.
    Intercepted,
    /// More bytes than accepted.
    TooLarge,
    /// A file that cannot be read.
    File,
    /// The process, or the machine, has too many files open.
    Exhausted,
    /// Not fetched on principle: scheme, private address, outside the manifest's folder.
    Refused,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct FetchFailure {
    /// What kind of failure.
    pub kind: FetchFailureKind,
    /// HTTP status, if there was one.
    pub status: Option<u16>,
    /// The server's Retry-After.
    pub retry_after: Option<Duration>,
    /// For people: what failed, on what, what helps.
    pub message: String,
}

impl FetchFailure {
    /// Without a status.
    pub fn new(kind: FetchFailureKind, message: impl Into<String>) -> Self {
        Self { kind, status: None, retry_after: None, message: message.into() }
    }

    /// An error status.
    pub fn status(status: u16, message: impl Into<String>) -> Self {
        Self { status: Some(status), ..Self::new(FetchFailureKind::Status, message) }
    }

    /// What came from `url`, with a good status, in place of media.
    pub fn intercepted(url: &Url, found: Sniffed) -> Self {
        let question = if found == Sniffed::WebPage { ": a login page?" } else { "" };
        Self::new(FetchFailureKind::Intercepted, format!("{url}: {found} came instead of media{question}"))
    }

    /// A file that cannot be opened or read, for a reason of its own or of this machine.
    pub fn unreadable(path: &Path, error: &io::Error) -> Self {
        let kind = if lacks_descriptors(error) { FetchFailureKind::Exhausted } else { FetchFailureKind::File };
        Self::new(kind, format!("{}: {error}", path.display()))
    }

    /// Something that is not fetched on principle.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(FetchFailureKind::Refused, message)
    }
}

/// Whether the process (`EMFILE`) or the system (`ENFILE`) has too many files open; the standard library has no word for it.
fn lacks_descriptors(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_lacks_is_no_fault_of_the_file() {
        let kind = |code| FetchFailure::unreadable(Path::new("a.mp4"), &io::Error::from_raw_os_error(code)).kind;
        let missing = FetchFailureKind::File;
        assert_eq!(
            [2, 13, 24, 23].map(kind),
            [missing, missing, FetchFailureKind::Exhausted, FetchFailureKind::Exhausted]
        );
    }
}
