//! Why the session did what it did: the same value in the log, the window, the tests and the JSON report.

use crate::abr::Rule;
use crate::io::{RequestId, TrackKind};
use serde::{Deserialize, Serialize};
use shared::time::SessionTime;
use shared::units::Bitrate;
use std::time::Duration;

/// One decision about one track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// When it was taken.
    pub at: SessionTime,
    /// For which track.
    pub track: TrackKind,
    /// What was decided.
    #[serde(flatten)]
    pub action: Action,
    /// A sentence for people, with the figures that decided.
    pub reason: String,
    /// What the decision was based on.
    pub basis: Basis,
}

/// What can be decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Action {
    /// Fetch the segment at `position` of the Period from this rung.
    Fetch {
        /// The chosen rung.
        rung: usize,
        /// The segment's place in its Period, from 0.
        position: u64,
    },
    /// Fetch nothing for now.
    Wait {
        /// When the question is asked again.
        until: SessionTime,
    },
    /// Give a running download up and fetch the same segment from `rung`.
    Abandon {
        /// The download given up.
        request: RequestId,
        /// The rung to take instead.
        rung: usize,
        /// The segment's place in its Period.
        position: u64,
    },
    /// Fetch a buffered segment again in better quality.
    Replace {
        /// The buffered rung.
        from: usize,
        /// The rung to take instead.
        rung: usize,
        /// The segment's place in its Period.
        position: u64,
    },
}

/// The figures a decision was based on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// Media ahead of the playhead in this track.
    pub buffer: Duration,
    /// The most media that may be ahead.
    pub capacity: Duration,
    /// Expected throughput; absent before the first measurement.
    pub estimate: Option<Bitrate>,
    /// The rung of the segment before.
    pub last_rung: Option<usize>,
    /// The rule that was decisive.
    pub rule: Rule,
    /// Standing still that is to be expected of it.
    pub expected_stall: Duration,
}
