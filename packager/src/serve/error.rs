//! Why serving cannot start: a sentence with its remedy, and an exit code.

use crate::error::{Exit, PackagerError, io_words};
use shared::protection::KeyFileError;
use shared::trace::TraceError;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use thiserror::Error;

/// Why serving cannot start or go on.
#[derive(Debug, Error)]
pub enum ServeError {
    /// `DIR` is missing, not a folder or not readable.
    #[error("cannot serve {}: {problem}; give a folder that holds a package", path.display())]
    Folder {
        /// As typed.
        path: PathBuf,
        /// What the system says.
        problem: io::Error,
    },
    /// `--throttle` with a number that is no rate.
    #[error("--throttle: {0}")]
    Rate(String),
    /// The file of `--throttle` cannot be read.
    #[error("--throttle {}: {problem}; give a rate such as 4000 (kbit/s) or 2.5M, a trace file, or collapse, sawtooth or train", path.display())]
    TraceFile {
        /// As typed.
        path: PathBuf,
        /// What the system says.
        problem: io::Error,
    },
    /// The file of `--throttle` is no trace.
    #[error("--throttle {}: {problem}", path.display())]
    Trace {
        /// As typed.
        path: PathBuf,
        /// Where and what.
        problem: TraceError,
    },
    /// A fault of live services without one.
    #[error("--fault ast-jump, late-segments, stale-mpd, encoder-pause=S and drift=PPM go with --live")]
    NotLive,
    /// A package cannot be a live service.
    #[error("--live: {manifest}: {why}")]
    Live {
        /// From the served folder on.
        manifest: String,
        /// The reason.
        why: String,
    },
    /// Somebody else listens there.
    #[error("{0} is in use by another program; choose another port with --listen, or port 0 for any free one")]
    InUse(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {problem}; choose another address with --listen")]
    Listen {
        /// As typed.
        address: SocketAddr,
        /// What the system says.
        problem: io::Error,
    },
    /// The access log cannot be opened.
    #[error("cannot write the access log {}: {problem}", path.display())]
    AccessLog {
        /// As typed.
        path: PathBuf,
        /// What the system says.
        problem: io::Error,
    },
    /// The file of `--clearkey` cannot be read.
    #[error("--clearkey {}: {problem}; give a file with a line KID:KEY for each key", path.display())]
    KeyFile {
        /// As typed.
        path: PathBuf,
        /// What the system says.
        problem: io::Error,
    },
    /// The file of `--clearkey` holds something else.
    #[error("--clearkey {}: {problem}", path.display())]
    Keys {
        /// As typed.
        path: PathBuf,
        /// Where and what; no key is shown.
        problem: KeyFileError,
    },
    /// A file of `--tls` cannot be read.
    #[error("--tls {}: {problem}; give a certificate and its private key, CERT.pem,KEY.pem", path.display())]
    CertificateFile {
        /// As typed.
        path: PathBuf,
        /// What the system says.
        problem: io::Error,
    },
    /// A file of `--tls` is no certificate, no private key, or not of the other file.
    #[error("--tls {}: {problem}", path.display())]
    Certificate {
        /// As typed.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Nobody reads where to start.
    #[error("cannot write standard output: {}", io_words(.0))]
    Stdout(io::Error),
    /// The system refuses what every server needs.
    #[error("cannot serve: {0}")]
    Runtime(io::Error),
}

impl ServeError {
    /// The documented exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Rate(_) | Self::NotLive => Exit::Usage,
            Self::Folder { .. } | Self::TraceFile { .. } | Self::KeyFile { .. } | Self::CertificateFile { .. } => {
                Exit::Input
            }
            Self::Live { .. } | Self::Trace { .. } | Self::Keys { .. } | Self::Certificate { .. } => Exit::NotMedia,
            Self::InUse(_) | Self::Listen { .. } | Self::AccessLog { .. } | Self::Stdout(_) | Self::Runtime(_) => {
                Exit::Output
            }
        }
    }
}

impl From<ServeError> for PackagerError {
    fn from(error: ServeError) -> Self {
        Self::new(error.exit(), error.to_string())
    }
}
