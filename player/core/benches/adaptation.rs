//! What adaptation costs: microseconds a decision by policy, and simulated hours a second.
//! `cargo bench --workspace --bench adaptation`; without `--bench`, as in tests, each runs only once.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use player_core::abr::{Context, NAMES, Segments, Standing, by_name};
use player_core::estimate::{Estimator, Origin, Transfer};
use player_core::sim::{Movie, simulate};
use shared::time::SessionTime;
use shared::trace::Trace;
use shared::units::{Bitrate, ByteSize};
use std::error::Error;
use std::time::{Duration, Instant};

const LADDER_KBPS: [u64; 10] = [230, 330, 480, 690, 990, 1430, 2060, 2960, 5030, 6000];
const SEGMENT: Duration = Duration::from_secs(4);
const DECISIONS: u32 = 2000;
const SESSIONS: u32 = 20;

/// Half an hour whose segments are as uneven as real ones.
struct Film;

impl Segments for Film {
    fn count(&self) -> Option<u64> {
        Some(450)
    }

    fn duration(&self, _: u64) -> Duration {
        SEGMENT
    }

    fn size(&self, ordinal: u64, choice: usize) -> Option<ByteSize> {
        Some(ByteSize::from_bits((bits(ordinal, choice)) as u64))
    }
}

fn bits(ordinal: u64, choice: usize) -> f64 {
    LADDER_KBPS[choice] as f64 * 4000.0 * (0.6 + (ordinal * 7 % 10) as f64 / 10.0)
}

fn main() -> Result<(), Box<dyn Error>> {
    let measured = std::env::args().any(|argument| argument == "--bench");
    println!("policy       us/decision (median)  (99 of 100)   simulated hours/s");
    for name in NAMES {
        let (median, late) = decisions(name, if measured { DECISIONS } else { 1 })?;
        let hours = hours_a_second(name, if measured { SESSIONS } else { 1 })?;
        println!("{name:12} {:>20.1} {:>12.1} {hours:>19.0}", micros(median), micros(late));
    }
    Ok(())
}

/// Median and 99th percentile of the time that a decision takes, over buffers and rungs of all kinds.
fn decisions(name: &str, count: u32) -> Result<(Duration, Duration), Box<dyn Error>> {
    let ladder = LADDER_KBPS.map(Bitrate::from_kbps);
    let (mut policy, estimate) = (by_name(name)?, estimate());
    let mut times = vec![];
    for n in 0..count {
        let context = Context {
            now: SessionTime::from(Duration::from_secs(1000)),
            buffer: Duration::from_millis(u64::from(n * 37 % 25_000)),
            capacity: Duration::from_secs(25),
            ordinal: u64::from(n % 400),
            segments: &Film,
            ladder: &ladder,
            last: Some(n as usize % ladder.len()),
            estimate: &estimate,
            beside: Bitrate::from_kbps(128),
            phase: Standing::Playing,
            playback_rate: 1.0,
        };
        let begin = Instant::now();
        std::hint::black_box(policy.decide(&context));
        times.push(begin.elapsed());
    }
    times.sort();
    Ok((times[times.len() / 2], times[times.len() * 99 / 100]))
}

/// Twenty transfers over a link that goes up and down.
fn estimate() -> Estimator {
    let mut estimate = Estimator::new(None);
    for n in 0..20u64 {
        let request = SessionTime::from(Duration::from_secs(4 * n));
        let first_byte = request + Duration::from_millis(50);
        let rate = Bitrate::from_kbps(800 + n * 997 % 4000);
        let transfer = Transfer {
            request,
            first_byte: Some(first_byte),
            end: first_byte + Duration::from_secs(2),
            size: rate.over(Duration::from_secs(2)),
            beside: ByteSize::ZERO,
            origin: Origin::Network,
            aborted: false,
        };
        estimate.on_transfer(&transfer);
    }
    estimate
}

fn hours_a_second(name: &str, sessions: u32) -> Result<f64, Box<dyn Error>> {
    let sizes = (0..450).map(|ordinal| (0..LADDER_KBPS.len()).map(|choice| bits(ordinal, choice)).collect()).collect();
    let movie = Movie { segment: SEGMENT, kbps: LADDER_KBPS.map(|kbps| kbps as f64).to_vec(), sizes, names: vec![] };
    let trace = Trace::parse("waves", "duration_ms,kbps,latency_ms\n9000,4000,40\n7000,900,90\n5000,2200,60\n")?;
    let begin = Instant::now();
    let mut played = Duration::ZERO;
    for _ in 0..sessions {
        played += simulate(&movie, &trace, Duration::from_secs(25), name)?.lasted;
    }
    Ok(played.as_secs_f64() / 3600.0 / begin.elapsed().as_secs_f64())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
