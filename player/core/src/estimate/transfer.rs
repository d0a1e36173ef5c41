//! One response as the estimator sees it.

use serde::{Deserialize, Serialize};
use shared::time::SessionTime;
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// Where the bytes of a response came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Over the link.
    #[default]
    Network,
    /// From our cache; says nothing about the link.
    Cache,
    /// "304 Not Modified": only headers travelled.
    NotModified,
}

/// A transfer that has ended, finished or aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// When it was asked for.
    pub request: SessionTime,
    /// When its first byte came; `None` when none came.
    pub first_byte: Option<SessionTime>,
    /// When its last byte came, or when it was aborted.
    pub end: SessionTime,
    /// Bytes of its body received until then.
    pub size: ByteSize,
    /// Bytes that other transfers received between this one's first byte and its end; zero when it ran alone.
    pub beside: ByteSize,
    /// Where the bytes came from.
    pub origin: Origin,
    /// Whether it was given up before its end.
    pub aborted: bool,
}

impl Transfer {
    /// From the request to the first byte, or to the end when there was none.
    pub fn latency(&self) -> Duration {
        self.first_byte.unwrap_or(self.end).since(self.request)
    }

    /// What the link carried a second while the body came, of others too.
    pub fn link_rate(&self) -> Option<Bitrate> {
        (self.size + self.beside).per(self.body_time())
    }

    /// From the first byte to the end.
    pub fn body_time(&self) -> Duration {
        self.first_byte.map_or(Duration::ZERO, |first| self.end.since(first))
    }
}
