//! Rules about rates that several published policies share: what a rate can sustain, what still arrives within a
//! short buffer, and dash.js's way of giving up a download. (dash.js ThroughputRule, InsufficientBufferRule and
//! AbandonRequestsRule; Spiteri, Sitaraman, Sparacio, "From Theory to Practice", MMSys 2018.)

use super::{AbandonVerdict, Context, InFlight, Reason, Rule};
use shared::time::SessionTime;
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// Share of the estimate that is trusted.
pub(super) const SAFETY: f64 = 0.9;
/// A download is given up when it would take so many times what its segment plays.
const ABANDON_AT: f64 = 1.8;
/// For how long a download is left alone.
const GRACE: Duration = Duration::from_millis(500);
/// How often it is looked at then.
pub(super) const PROGRESS: Duration = Duration::from_millis(100);

/// The highest rung of which a segment arrives in the time that it plays, latency included.
pub(super) fn sustainable(context: &Context<'_>, rate: Bitrate) -> usize {
    let duration = context.segments.duration(context.ordinal);
    let latency = context.estimate.latency().unwrap_or_default();
    let allowed = duration.div_f64(context.speed()).saturating_sub(latency);
    let fits = |&&bandwidth: &&Bitrate| arrives_within(allowed, wire_size(context, bandwidth, duration), rate);
    context.ladder.iter().skip(1).take_while(fits).count()
}

/// Nominal size of a segment with what the other tracks fetch meanwhile. These rules reckon with nominal sizes, as
/// published.
fn wire_size(context: &Context<'_>, bandwidth: Bitrate, duration: Duration) -> ByteSize {
    bandwidth.over(duration) + context.beside.over(duration)
}

fn arrives_within(time: Duration, size: ByteSize, rate: Bitrate) -> bool {
    size.bits() as f64 <= time.as_secs_f64() * rate.bps() as f64
}

/// Caps the rung by what arrives before a short buffer runs dry. Its caution grows over the first decisions.
#[derive(Debug, Clone)]
pub(super) struct ShortBuffer {
    safety: f64,
}

impl Default for ShortBuffer {
    fn default() -> Self {
        Self { safety: Self::FIRST }
    }
}

impl ShortBuffer {
    const FIRST: f64 = 0.9;
    const LEAST: f64 = 0.5;

    /// The rung, lowered until its nominal segment arrives within a safe part of the buffer.
    pub(super) fn cap(&mut self, context: &Context<'_>, rate: Bitrate, choice: usize) -> usize {
        let latency = context.estimate.latency().unwrap_or_default();
        let safe = context.dry_in().saturating_sub(latency).mul_f64(self.safety);
        self.safety = (self.safety * Self::FIRST).max(Self::LEAST);
        let duration = context.segments.duration(context.ordinal);
        let fits = |&&bandwidth: &&Bitrate| arrives_within(safe, wire_size(context, bandwidth, duration), rate);
        context.ladder[..=choice].iter().skip(1).take_while(fits).count()
    }
}

/// dash.js's abandonment: the download would take far longer than its segment plays, and a lower rung is smaller
/// than what is left of it.
pub(super) fn abandon(context: &Context<'_>, in_flight: &InFlight) -> AbandonVerdict {
    let again = |at: SessionTime| AbandonVerdict::GoOn { ask_again: Some(at.max(context.now + PROGRESS)) };
    if in_flight.choice == 0 {
        return AbandonVerdict::GO_ON;
    }
    let Some(rate) = running_rate(context, in_flight).filter(|_| context.now.since(in_flight.request) >= GRACE) else {
        return again(in_flight.request + GRACE);
    };
    let left = in_flight.size.saturating_sub(in_flight.received);
    let total = context.now.since(in_flight.request).as_secs_f64() + left.bits() as f64 / rate.bps() as f64;
    let limit = ABANDON_AT * context.segments.duration(context.ordinal).as_secs_f64() / context.speed();
    let choice = sustainable(context, rate.scaled(SAFETY));
    if total > limit && choice < in_flight.choice && context.size(context.ordinal, choice) < left {
        let reason = Reason::new(Rule::TooLate, context, Some(rate));
        return AbandonVerdict::Restart { choice, reason: Reason { rung: Some(context.ladder[choice]), ..reason } };
    }
    again(context.now)
}

/// The rate of the download in flight since its first byte; `None` before there is one.
pub(super) fn running_rate(context: &Context<'_>, in_flight: &InFlight) -> Option<Bitrate> {
    let rate = in_flight.received.per(context.now.since(in_flight.first_byte?))?;
    (rate != Bitrate::ZERO).then_some(rate)
}
