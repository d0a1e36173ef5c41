//! Why a session is over: one value from which exit code, window and report read.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Everything has been played.
    End,
    /// As much as was asked for has been played.
    Seconds,
    /// The viewer had enough.
    Quit,
    /// Nothing can be played (any more).
    Failed {
        /// What is to blame.
        blame: Blame,
        /// For people: what failed, on what.
        message: String,
    },
}

/// What is to blame for a session that failed: the last thing that went wrong before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// Bytes could not be had: the network, a server, or a disk.
    #[default]
    Source,
    /// What came is nothing that we play.
    Content,
    /// What came could not be decoded.
    Decoder,
    /// This machine has no means left: it lets us open no more files.
    Machine,
    /// A licence server, which does not give a key.
    Licence,
}

impl Cause {
    /// Whether the session ended before it should have.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

/// As in the summary: `end`, `seconds`, `quit`, `failed: …`.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("end"),
            Self::Seconds => f.write_str("seconds"),
            Self::Quit => f.write_str("quit"),
            Self::Failed { message, .. } => write!(f, "failed: {message}"),
        }
    }
}
