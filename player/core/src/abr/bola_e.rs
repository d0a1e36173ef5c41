//! BOLA-E: BOLA made practical (Spiteri, Sitaraman, Sparacio, "From Theory to Practice: Improving Bitrate
//! Adaptation in the DASH Reference Player", MMSys 2018).
//!
//! BOLA reads the rung from the buffer alone. The *placeholder* is buffer that is only imagined: it starts the
//! player at the rung that the throughput sustains, and it stands for time in which a full buffer could not grow.
//! Beside it: no rise above what the throughput sustains by more than one rung, the short-buffer rule, and a score
//! that gives up downloads.

use super::bola_score::{LEAST_BUFFER_SECS, Scores};
use super::rate_rules::{PROGRESS, ShortBuffer, running_rate, sustainable};
use super::{Choice, Context, Download, InFlight, Phase, Policy, Reason, Rule, Verdict};
use shared::time::SessionTime;
use shared::units::Bitrate;
use std::time::Duration;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct BolaE {
    /// Whether the placeholder has been set since the start or the last seek.
    started: bool,
    placeholder_secs: f64,
    short_buffer: ShortBuffer,
    /// From when on time without a download counts as waiting for room.
    idle_since: Option<SessionTime>,
}

impl Policy for BolaE {
    fn name(&self) -> &str {
        "bola-e"
    }

    fn decide(&mut self, context: &Context<'_>) -> Choice {
        let Some(estimate) = context.estimate.cautious() else {
            return Choice::fetch(context, 0, Reason::new(Rule::Start, context, None));
        };
        self.count_idle_time(context);
        if !self.started || context.phase == Phase::Seek {
            return self.start(context, estimate);
        }
        self.steady(context, estimate)
    }

    fn abandon(&mut self, context: &Context<'_>, in_flight: &InFlight) -> Verdict {
        match self.better_restart(context, in_flight) {
            _ if in_flight.rung == 0 => Verdict::GO_ON,
            Some((rung, rate)) => {
                let reason = Reason::new(Rule::TooLate, context, Some(rate));
                Verdict::Restart { rung, reason: Reason { rung: Some(context.ladder[rung]), ..reason } }
            }
            None => Verdict::GoOn { ask_again: Some(context.now + PROGRESS) },
        }
    }

    fn on_download(&mut self, context: &Context<'_>, download: &Download) {
        self.idle_since = Some(context.now);
        let (scores, level) = (scores(context), level_secs(context));
        if download.transfer.aborted {
            let wanted = if download.rung > 1 { scores.floor(download.rung - 1) } else { LEAST_BUFFER_SECS };
            self.placeholder_secs = self.placeholder_secs.min((wanted - level).max(0.0));
            return;
        }
        let before = level + download.transfer.end.since(download.transfer.request).as_secs_f64();
        self.placeholder_secs = self.placeholder_secs.min((scores.ceiling(download.rung) - before).max(0.0));
        if level > 0.0 {
            self.placeholder_secs = self.placeholder_secs.max(scores.floor(download.rung) - before);
        }
    }
}

impl BolaE {
    /// A full buffer keeps BOLA from seeing how fast the link is; the time lost is credited to the placeholder.
    fn count_idle_time(&mut self, context: &Context<'_>) {
        if let Some(since) = self.idle_since.replace(context.now) {
            self.placeholder_secs += context.now.since(since).as_secs_f64();
        }
    }

    fn start(&mut self, context: &Context<'_>, estimate: Bitrate) -> Choice {
        self.started = true;
        self.short_buffer = ShortBuffer::default();
        let rung = sustainable(context, estimate);
        self.placeholder_secs = (scores(context).floor(rung) - level_secs(context)).max(0.0);
        Choice::fetch(context, rung, Reason::new(Rule::Throughput, context, Some(estimate)))
    }

    fn steady(&mut self, context: &Context<'_>, estimate: Bitrate) -> Choice {
        let (scores, level) = (scores(context), level_secs(context));
        let rung = self.scored(context, &scores, estimate);
        let reason = |rule| Reason::new(rule, context, Some(estimate));
        let pause = self.pause(&scores, level, rung);
        let capped = self.short_buffer.cap(context, estimate, rung);
        if capped < rung {
            let most = (scores.floor(capped) - level).max(0.0);
            self.placeholder_secs = self.placeholder_secs.min(most);
            return Choice::fetch(context, capped, reason(Rule::ShortBuffer));
        }
        if pause > 0.0 && rung + 1 < context.ladder.len() {
            let choice = Choice::wait(context, Duration::from_secs_f64(pause), reason(Rule::Wait));
            self.idle_since = Some(context.now + Duration::from_secs_f64(pause));
            return choice;
        }
        Choice::fetch(context, rung, reason(Rule::BufferScore))
    }

    /// The best score, but rising at most one rung above what the throughput sustains.
    fn scored(&self, context: &Context<'_>, scores: &Scores, estimate: Bitrate) -> usize {
        let best = scores.best(level_secs(context) + self.placeholder_secs);
        let last = context.last.unwrap_or(0);
        let sustained = sustainable(context, estimate);
        if best > last && best > sustained { last.max(sustained) } else { best }
    }

    /// How long to wait until the level is one at which the rung should be fetched; imagined buffer goes first.
    fn pause(&mut self, scores: &Scores, level: f64, rung: usize) -> f64 {
        let excess = (level + self.placeholder_secs - scores.ceiling(rung)).max(0.0);
        let from_placeholder = excess.min(self.placeholder_secs.max(0.0));
        self.placeholder_secs -= from_placeholder;
        excess - from_placeholder
    }

    /// A lower rung whose score beats going on, counted in what is still to be fetched.
    fn better_restart(&self, context: &Context<'_>, in_flight: &InFlight) -> Option<(usize, Bitrate)> {
        let rate = running_rate(context, in_flight)?;
        let latency = in_flight.first_byte?.since(in_flight.request);
        let scores = scores(context);
        let level = (level_secs(context) + self.placeholder_secs - latency.as_secs_f64()).max(0.0);
        let left = in_flight.size.saturating_sub(in_flight.received).saturating_sub(rate.over(latency)).bits() as f64;
        let size = |rung| context.size(context.position, rung).bits().max(1) as f64;
        let score = |rung, bits: f64| (scores.ceiling(rung) - level) / bits;
        let lower = (0..in_flight.rung).filter(|&rung| size(rung) < left).map(|rung| (rung, score(rung, size(rung))));
        let (rung, best) = lower.rev().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (best > score(in_flight.rung, left)).then_some((rung, rate))
    }
}

fn scores(context: &Context<'_>) -> Scores {
    Scores::new(context.ladder, context.capacity.as_secs_f64())
}

fn level_secs(context: &Context<'_>) -> f64 {
    context.dry_in().as_secs_f64()
}
