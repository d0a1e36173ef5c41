//! How players find segments, which decides which files there are.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How players find segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Addressing {
    /// Files by number, every duration listed.
    Timeline,
    /// Files by number, one nominal duration.
    Number,
    /// One file a Representation with an index in front.
    Base,
}

impl Addressing {
    /// The least part of a segment that may stand alone at the end of the film ([`crate::segment::Cutter::new`]).
    /// Where one duration holds for all, players compute the number of segments, so the last one must be short; only
    /// what no player would miss joins the one before it.
    pub fn least_tail(self, segment: Duration) -> f64 {
        match self {
            Self::Timeline | Self::Base => 0.5,
            Self::Number => (0.1 / segment.as_secs_f64().max(0.2)).min(0.5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_segment_may_be_short_where_players_count() {
        let segment = Duration::from_secs(4);
        let least = |addressing: Addressing| addressing.least_tail(segment);
        assert_eq!([Addressing::Timeline, Addressing::Base, Addressing::Number].map(least), [0.5, 0.5, 0.025]);
        assert_eq!(Addressing::Number.least_tail(Duration::from_millis(100)), 0.5);
    }
}
