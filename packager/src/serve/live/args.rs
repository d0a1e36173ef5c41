//! What was typed of a live service.

use super::faults::{LiveFault, LiveFaults};
use super::film::Film;
use super::pauses::Pauses;
use super::schedule::Schedule;
use clap::Args;
use shared::time::DateTime;
use std::time::Duration;

/// The package again and again, as an endless live service
#[derive(Debug, Clone, Args)]
pub struct LiveArgs {
    /// Serve each package again and again, as an endless live service: what there is depends on the time of day alone, so
    /// that a number is the same segment for ever
    #[arg(long)]
    pub live: bool,
    /// How far back segments can be had
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds, requires = "live")]
    pub window: Duration,
    /// How far behind the live edge players are asked to be
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "live")]
    pub latency: Option<Duration>,
    /// When the service began
    #[arg(long, value_name = "RFC3339", default_value = "1970-01-01T00:00:00Z", requires = "live")]
    pub start_at: DateTime,
    /// How often the manifest changes at most; a segment's length without it
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "live")]
    pub update: Option<Duration>,
}

impl LiveArgs {
    /// The schedule of a film, of a server that begins at `opened`.
    pub(super) fn schedule(&self, film: &Film, faults: &[LiveFault], opened: DateTime) -> Schedule {
        let segment = film.mean_segment();
        let faults = LiveFaults::new(faults, opened);
        Schedule {
            start: self.start_at,
            window: self.window,
            update: self.update.unwrap_or(segment),
            delay: self.latency.unwrap_or_else(|| (3 * segment).min(self.window)),
            latency: self.latency,
            pauses: Pauses::new(faults.pause, film.leader().timescale),
            faults,
        }
    }
}

/// More than a day is no live window.
fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds from 0.1 to 86400".to_owned()),
    }
}
