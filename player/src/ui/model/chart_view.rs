//! Which stretch of the session the charts show.

use shared::units::Bitrate;
use std::time::Duration;

/// The stretch of the session in the charts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChartView {
    /// How much is visible; `None` for everything.
    pub span: Option<Duration>,
    /// How far the right edge lies behind now, in seconds; 0 follows.
    pub back: f64,
    /// The lowest and the highest rate of the axis; `None` for what is in sight.
    pub rates: Option<(Bitrate, Bitrate)>,
    /// An instant that is pointed at elsewhere, in seconds.
    pub pointed: Option<f64>,
    /// A stretch that was marked, in seconds: from where the hand went down to where it is.
    pub brush: Option<(f64, f64)>,
}

impl Default for ChartView {
    fn default() -> Self {
        Self { span: Some(Duration::from_secs(60)), back: 0.0, rates: None, pointed: None, brush: None }
    }
}
