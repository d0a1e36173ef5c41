//! How a command fails: one sentence for people, one code for scripts.

use crate::drive::StartError;
use crate::fetch::FetchError;
use std::fmt;

/// Exit codes that both programs share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The command line cannot be obeyed.
    Usage = 2,
    /// A local input cannot be opened or read.
    Input = 3,
    /// Read, but not what we take.
    Unsupported = 4,
    /// Nothing of it can be decoded.
    Decode = 5,
    /// The network or an output failed.
    Io = 6,
    /// A replay found a difference.
    Differs = 7,
}

/// A command that did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandFailure {
    /// For scripts.
    pub code: Code,
    /// For people: what failed, on what, what helps.
    pub message: String,
}

impl CommandFailure {
    /// A failure.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A local file that cannot be read.
    pub fn unreadable(path: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::new(Code::Input, format!("cannot read {path}: {error}; check the path and its permissions"))
    }

    /// An output that cannot be written.
    pub fn unwritable(path: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::new(Code::Io, format!("cannot write {path}: {error}; choose another place or free some room"))
    }
}

/// What was typed is wrong, or the system refuses what every session needs.
impl From<StartError> for CommandFailure {
    fn from(error: StartError) -> Self {
        let code = match error {
            StartError::Policy(_) | StartError::Fetch(FetchError::Header(_)) => Code::Usage,
            StartError::Fetch(FetchError::Relay(_) | FetchError::Client(_)) | StartError::Thread(_) => Code::Io,
        };
        Self::new(code, error.to_string())
    }
}

impl fmt::Display for CommandFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
