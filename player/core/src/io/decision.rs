//! Why the session did what it did: the same value in the log, the window, the tests and the JSON report.

use crate::abr::Rule;
use crate::io::RequestId;
use crate::kinds::TrackKind;
use crate::presentation::{RungId, SegmentId};
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
    /// Fetch the next segment in the chosen rung.
    Fetch {
        /// The segment there.
        #[serde(flatten)]
        segment: SegmentId,
    },
    /// Fetch nothing for now.
    Wait {
        /// When the question is asked again.
        until: SessionTime,
    },
    /// Give a running download up and fetch its segment in another rung.
    Abandon {
        /// The download given up.
        request: RequestId,
        /// The segment in the rung that is taken instead.
        #[serde(flatten)]
        segment: SegmentId,
    },
    /// Fetch a buffered segment again in better quality.
    Replace {
        /// The buffered rung.
        from: RungId,
        /// The segment in the rung that is taken instead.
        #[serde(flatten)]
        segment: SegmentId,
    },
}

impl Action {
    /// The segment that it is about; none for a wait.
    pub fn segment(&self) -> Option<SegmentId> {
        match self {
            Self::Fetch { segment } | Self::Abandon { segment, .. } | Self::Replace { segment, .. } => Some(*segment),
            Self::Wait { .. } => None,
        }
    }
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
    pub last_rung: Option<RungId>,
    /// The rule that was decisive.
    pub rule: Rule,
    /// Standing still that is to be expected of it.
    pub expected_stall: Duration,
}
