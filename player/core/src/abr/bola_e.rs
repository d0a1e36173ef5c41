//! BOLA-E: BOLA made practical (Spiteri, Sitaraman, Sparacio, "From Theory to Practice: Improving Bitrate
//! Adaptation in the DASH Reference Player", MMSys 2018).
//!
//! BOLA reads the rung from the buffer alone. The *placeholder* is buffer that is only imagined: it starts the
//! player at the rung that the throughput sustains, and it stands for time in which a full buffer could not grow.
//! Beside it: no rise above what the throughput sustains by more than one rung, the short-buffer rule, and a score
//! that gives up downloads.

use super::bola_score::{LEAST_BUFFER_SECS, Scores};
use super::rate_rules::{PROGRESS, ShortBuffer, running_rate, sustainable};
use super::{AbandonVerdict, Advice, Context, Download, InFlight, Policy, Reason, Rule, Standing};
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
    fn decide(&mut self, context: &Context<'_>) -> Advice {
        let Some(estimate) = context.estimate.cautious() else {
            return Advice::fetch(context, 0, Reason::new(Rule::Start, context, None));
        };
        self.count_idle_time(context);
        if !self.started || context.phase == Standing::Seek {
            return self.start(context, estimate);
        }
        self.steady(context, estimate)
    }

    fn abandon(&mut self, context: &Context<'_>, in_flight: &InFlight) -> AbandonVerdict {
        match self.better_restart(context, in_flight) {
            _ if in_flight.choice == 0 => AbandonVerdict::GO_ON,
            Some((choice, rate)) => {
                let reason = Reason::new(Rule::TooLate, context, Some(rate));
                AbandonVerdict::Restart { choice, reason: Reason { rung: Some(context.ladder[choice]), ..reason } }
            }
            None => AbandonVerdict::GoOn { ask_again: Some(context.now + PROGRESS) },
        }
    }

    fn on_download(&mut self, context: &Context<'_>, download: &Download) {
        self.idle_since = Some(context.now);
        let (scores, level) = (scores(context), level_secs(context));
        if download.transfer.aborted {
            let wanted = if download.choice > 1 { scores.floor(download.choice - 1) } else { LEAST_BUFFER_SECS };
            self.placeholder_secs = self.placeholder_secs.min((wanted - level).max(0.0));
            return;
        }
        let before = level + download.transfer.end.since(download.transfer.request).as_secs_f64();
        self.placeholder_secs = self.placeholder_secs.min((scores.ceiling(download.choice) - before).max(0.0));
        if level > 0.0 {
            self.placeholder_secs = self.placeholder_secs.max(scores.floor(download.choice) - before);
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

    fn start(&mut self, context: &Context<'_>, estimate: Bitrate) -> Advice {
        self.started = true;
        self.short_buffer = ShortBuffer::default();
        let choice = sustainable(context, estimate);
        self.placeholder_secs = (scores(context).floor(choice) - level_secs(context)).max(0.0);
        Advice::fetch(context, choice, Reason::new(Rule::Throughput, context, Some(estimate)))
    }

    fn steady(&mut self, context: &Context<'_>, estimate: Bitrate) -> Advice {
        let (scores, level) = (scores(context), level_secs(context));
        let choice = self.scored(context, &scores, estimate);
        let reason = |rule| Reason::new(rule, context, Some(estimate));
        let pause = self.pause(&scores, level, choice);
        let capped = self.short_buffer.cap(context, estimate, choice);
        if capped < choice {
            let most = (scores.floor(capped) - level).max(0.0);
            self.placeholder_secs = self.placeholder_secs.min(most);
            return Advice::fetch(context, capped, reason(Rule::ShortBuffer));
        }
        if pause > 0.0 && choice + 1 < context.ladder.len() {
            let choice = Advice::wait(context, Duration::from_secs_f64(pause), reason(Rule::Wait));
            self.idle_since = Some(context.now + Duration::from_secs_f64(pause));
            return choice;
        }
        Advice::fetch(context, choice, reason(Rule::BufferScore))
    }

    /// The best score, but rising at most one rung above what the throughput sustains.
    fn scored(&self, context: &Context<'_>, scores: &Scores, estimate: Bitrate) -> usize {
        let best = scores.best(level_secs(context) + self.placeholder_secs);
        let last = context.last.unwrap_or(0);
        let sustained = sustainable(context, estimate);
        if best > last && best > sustained { last.max(sustained) } else { best }
    }

    /// How long to wait until the level is one at which the rung should be fetched; imagined buffer goes first.
    fn pause(&mut self, scores: &Scores, level: f64, choice: usize) -> f64 {
        let excess = (level + self.placeholder_secs - scores.ceiling(choice)).max(0.0);
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
        let size = |choice| context.size(context.ordinal, choice).bits().max(1) as f64;
        let score = |choice, bits: f64| (scores.ceiling(choice) - level) / bits;
        let lower = (0..in_flight.choice)
            .filter(|&choice| size(choice) < left)
            .map(|choice| (choice, score(choice, size(choice))));
        let (choice, best) = lower.rev().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (best > score(in_flight.choice, left)).then_some((choice, rate))
    }
}

fn scores(context: &Context<'_>) -> Scores {
    Scores::new(context.ladder, context.capacity.as_secs_f64())
}

fn level_secs(context: &Context<'_>) -> f64 {
    context.dry_in().as_secs_f64()
}
