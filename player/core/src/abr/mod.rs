//! Adaptation: which rung to fetch next, when, and whether to give up the one in flight.
//!
//! A policy answers questions and does nothing else: it sees one [`Context`], returns one value with its reason,
//! and has neither clock nor chance, so the same questions always get the same answers. One file a policy, each
//! with its reference. What the link has carried is kept by [`crate::estimate::Estimator`], not here, so that a
//! policy chosen while playing knows at once what the former one knew.

mod bba;
mod bola_e;
mod bola_score;
mod context;
mod decision;
mod dynamic;
mod fixed;
mod parameters;
mod planner;
mod rate_rules;
mod registry;
mod robust_mpc;
mod script;
mod soda;
#[cfg(test)]
mod tests;
mod throughput;

use crate::estimate::Estimator;
use shared::units::Bitrate;

pub use context::{Context, Download, InFlight, Segments, Standing};
pub use decision::{AbandonVerdict, Advice, Reason, Rule, Step};
pub use parameters::{Parameter, Settings};
pub use registry::{DEFAULT, FIXED, KnownPolicy, LOWEST, NAMES, POLICIES, SCRIPT, UnknownPolicy};
pub use registry::{by_name, known, parameters, split};

/// Answers the questions of a session about one track. Deterministic; bounded work however odd the context is.
pub trait Policy: Send {
    /// What it takes the link for: the figure in its reasons, shown between decisions too.
    fn estimate(&self, estimator: &Estimator) -> Option<Bitrate> {
        estimator.cautious()
    }

    /// Which rung the segment at [`Context::ordinal`] should be fetched in, or until when to wait before asking
    /// again. Asked when nothing of this track is in flight and there is room for the segment; after a wait asked
    /// again at its end, or earlier when something has changed.
    fn decide(&mut self, context: &Context<'_>) -> Advice;

    /// Whether to give up the download in flight and to fetch its segment again in another rung. Asked first when
    /// the request is made, then at the instants that the answer names (later or more often does no harm). The
    /// context is that of the segment in flight, at this instant.
    fn abandon(&mut self, _context: &Context<'_>, _in_flight: &InFlight) -> AbandonVerdict {
        AbandonVerdict::GO_ON
    }

    /// A download of this track has ended, finished or aborted. The estimator in the context has seen it already.
    fn on_download(&mut self, _context: &Context<'_>, _download: &Download) {}

    /// Whether buffered segments may be fetched again in the rung now held. Not for who says which segment is to be
    /// seen in which rung.
    fn may_replace(&self) -> bool {
        true
    }
}
