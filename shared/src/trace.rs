//! A network link whose rate and latency change over time. The simulator, the player's throttle and the origin's throttle
//! use this one model. Pure arithmetic; the caller passes the time.
//!
//! A trace is a list of intervals that repeats for ever. A request first waits for *one unit of latency*, served at
//! the rate `1 / latency` of the interval in effect, then its bits flow at the interval's rate. All numbers are
//! IEEE doubles in milliseconds, bits and kbit/s (one kbit/s is one bit a millisecond), because the published
//! session model that the simulator must agree with is defined in them.
//!
//! Read from CSV (`duration_ms,kbps,latency_ms`) or from a Mahimahi trace (one line per opportunity to deliver a
//! packet of 1500 bytes, in milliseconds; Netravali et al., USENIX ATC 2015). Some are built in under a name.

mod built_in;

pub use built_in::BUILT_IN;

use crate::units::Bitrate;
use std::time::Duration;
use thiserror::Error;

/// The header that a CSV trace must have.
pub const CSV_HEADER: &str = "duration_ms,kbps,latency_ms";
/// The most rows of a trace, more than a day of 100-ms intervals. A longer file is refused before memory is reserved.
const MAX_ROWS: usize = 1_000_000;
/// Stands for a latency of zero, in ms: the rate at which latency is served is its reciprocal and has to be finite.
const LEAST_LATENCY_MS: f64 = 1e-3;
/// Mahimahi's unit of delivery, in bits.
const PACKET_BITS: f64 = 1500.0 * 8.0;
/// Mahimahi opportunities are gathered into intervals of this length, in ms.
const MAHIMAHI_BIN_MS: f64 = 100.0;

/// One interval of constant conditions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// How long it lasts, in ms; positive.
    pub duration_ms: f64,
    /// Its rate in kbit/s; zero is an outage.
    pub kbps: f64,
    /// How long a request waits for its first byte, in ms.
    pub latency_ms: f64,
}

/// Why a text is not a trace.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TraceError {
    /// Neither the CSV header nor a number in the first line.
    #[error("line 1: expected the header `{CSV_HEADER}` or a Mahimahi trace (one number a line)")]
    Header,
    /// A line that does not fit.
    #[error("line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A link that never carries anything.
    #[error("the trace carries no bits: at least one row needs a positive rate")]
    NoBits,
    /// More rows than are accepted.
    #[error("more than {MAX_ROWS} rows")]
    TooLong,
}

/// A link that changes over time and repeats for ever.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    name: String,
    rows: Vec<Interval>,
    /// End of each row, in ms from the start of the period.
    ends: Vec<f64>,
    /// Bits carried up to the end of each row.
    bits: Vec<f64>,
    /// Units of latency served up to the end of each row.
    waits: Vec<f64>,
}

/// What the link serves over time: the bits of a response, or the unit of latency before it.
#[derive(Clone, Copy)]
enum Work {
    Bits,
    Wait,
}

impl Trace {
    /// From rows. A latency of zero is allowed and means none.
    pub fn new(name: &str, rows: Vec<Interval>) -> Result<Self, TraceError> {
        if rows.len() > MAX_ROWS {
            return Err(TraceError::TooLong);
        }
        let mut trace = Self { name: name.to_owned(), rows, ends: vec![], bits: vec![], waits: vec![] };
        let mut end = 0.0;
        let mut bits = 0.0;
        let mut waits = 0.0;
        for (index, row) in trace.rows.iter().enumerate() {
            check(row).map_err(|problem| TraceError::Line { line: index + 2, problem })?;
            end += row.duration_ms;
            bits += row.duration_ms * row.kbps;
            waits += row.duration_ms * speed(row, Work::Wait);
            trace.ends.push(end);
            trace.bits.push(bits);
            trace.waits.push(waits);
        }
        if bits > 0.0 { Ok(trace) } else { Err(TraceError::NoBits) }
    }

    /// The same conditions for ever; a rate of zero is raised to 1 bit/s, because a link must carry something.
    pub fn constant(rate: Bitrate, latency: Duration) -> Self {
        let kbps = rate.kbps().max(1e-3);
        let latency_ms = latency.as_secs_f64() * 1e3;
        let duration_ms = 1e3;
        let wait = 1e3 / latency_ms.max(LEAST_LATENCY_MS);
        Self {
            name: rate.to_string(),
            rows: vec![Interval { duration_ms, kbps, latency_ms }],
            ends: vec![duration_ms],
            bits: vec![duration_ms * kbps],
            waits: vec![wait],
        }
    }

    /// Reads CSV or Mahimahi, told apart by the first line. Blank lines are skipped.
    pub fn parse(name: &str, text: &str) -> Result<Self, TraceError> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).enumerate();
        match lines.next() {
            Some((_, CSV_HEADER)) => Self::new(name, lines.filter_map(csv_row).collect::<Result<_, _>>()?),
            Some((_, first)) if first.parse::<f64>().is_ok() => Self::new(name, mahimahi_rows(text)?),
            _ => Err(TraceError::Header),
        }
    }

    /// The same link with `extra` added to every latency.
    pub fn delayed(&self, extra: Duration) -> Self {
        let extra_ms = extra.as_secs_f64() * 1e3;
        let rows = self.rows.iter().map(|r| Interval { latency_ms: r.latency_ms + extra_ms, ..*r }).collect();
        Self::new(&self.name, rows).unwrap_or_else(|_| self.clone())
    }

    /// Where it came from, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rows of one period.
    pub fn rows(&self) -> &[Interval] {
        &self.rows
    }

    /// After how many ms it repeats.
    pub fn period_ms(&self) -> f64 {
        self.ends.last().copied().unwrap_or(1.0)
    }

    /// The conditions at `at_ms`. An instant equal to the end of a row belongs to the next one.
    pub fn at(&self, at_ms: f64) -> Interval {
        self.rows[self.locate(at_ms).row]
    }

    /// When the first byte of a request made at `at_ms` comes.
    pub fn first_byte(&self, at_ms: f64) -> f64 {
        self.advance(at_ms, 1.0, Work::Wait)
    }

    /// When the last of `bits` comes that flow from `from_ms` on.
    pub fn complete(&self, from_ms: f64, bits: f64) -> f64 {
        self.advance(from_ms, bits, Work::Bits)
    }

    /// What the link carries from `from_ms` to `to_ms`, in bits.
    pub fn bits_between(&self, from_ms: f64, to_ms: f64) -> f64 {
        self.bits_until(to_ms) - self.bits_until(from_ms)
    }

    fn bits_until(&self, at_ms: f64) -> f64 {
        let TracePosition { period, row, offset } = self.locate(at_ms);
        period * self.total(Work::Bits) + self.bits[row] - (self.ends[row] - offset) * self.rows[row].kbps
    }

    fn served(&self, work: Work) -> &[f64] {
        match work {
            Work::Bits => &self.bits,
            Work::Wait => &self.waits,
        }
    }

    fn total(&self, work: Work) -> f64 {
        self.served(work).last().copied().unwrap_or(1.0)
    }

    fn locate(&self, at_ms: f64) -> TracePosition {
        let length = self.period_ms();
        let period = (at_ms / length).floor();
        let offset = at_ms - period * length;
        let row = self.ends.partition_point(|&end| end <= offset);
        if row < self.rows.len() {
            TracePosition { period, row, offset }
        } else {
            TracePosition { period: period + 1.0, row: 0, offset: 0.0 }
        }
    }

    /// The instant at which `amount` of `work`, begun at `from_ms`, is served.
    fn advance(&self, from_ms: f64, amount: f64, work: Work) -> f64 {
        let place = self.locate(from_ms);
        let here = &self.rows[place.row];
        let left = amount - (self.ends[place.row] - place.offset) * speed(here, work);
        if left <= 0.0 {
            return if amount > 0.0 { from_ms + amount / speed(here, work) } else { from_ms };
        }
        self.advance_rows(place, left, work)
    }

    /// Serves what is `left` after the end of the row at `place`: whole periods first, then a binary search.
    fn advance_rows(&self, place: TracePosition, mut left: f64, work: Work) -> f64 {
        let served = self.served(work);
        let total = self.total(work);
        let mut period = place.period;
        let mut done = served[place.row];
        let mut first = place.row + 1;
        if left > total - done {
            left -= total - done;
            let whole = (left / total).ceil() - 1.0;
            left -= whole * total;
            period += 1.0 + whole;
            done = 0.0;
            first = 0;
        }
        let target = done + left;
        let row = (first + served[first..].partition_point(|&s| s < target)).min(self.rows.len() - 1);
        let (start, before) = if row == 0 { (0.0, 0.0) } else { (self.ends[row - 1], served[row - 1]) };
        period * self.period_ms() + start + (target - before).max(0.0) / speed(&self.rows[row], work)
    }
}

/// An instant as period, row within it, and ms since the period's start.
struct TracePosition {
    period: f64,
    row: usize,
    offset: f64,
}

fn speed(row: &Interval, work: Work) -> f64 {
    match work {
        Work::Bits => row.kbps,
        Work::Wait => 1.0 / row.latency_ms.max(LEAST_LATENCY_MS),
    }
}

fn check(row: &Interval) -> Result<(), String> {
    let Interval { duration_ms, kbps, latency_ms } = *row;
    if !(duration_ms > 0.0 && duration_ms.is_finite()) {
        Err(format!("duration {duration_ms} ms is not positive"))
    } else if !(kbps >= 0.0 && kbps.is_finite()) {
        Err(format!("rate {kbps} kbit/s is negative"))
    } else if !(latency_ms >= 0.0 && latency_ms.is_finite()) {
        Err(format!("latency {latency_ms} ms is negative"))
    } else {
        Ok(())
    }
}

fn csv_row((index, line): (usize, &str)) -> Option<Result<Interval, TraceError>> {
    if line.is_empty() {
        return None;
    }
    let fields: Vec<_> = line.split(',').map(|field| field.trim().parse::<f64>()).collect();
    Some(match fields[..] {
        [Ok(duration_ms), Ok(kbps), Ok(latency_ms)] => Ok(Interval { duration_ms, kbps, latency_ms }),
        _ => Err(TraceError::Line { line: index + 1, problem: format!("expected three numbers, found `{line:.60}`") }),
    })
}

fn mahimahi_rows(text: &str) -> Result<Vec<Interval>, TraceError> {
    let mut bins: Vec<f64> = vec![];
    for (index, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        let at: f64 = line.parse().ok().filter(|at: &f64| *at >= 0.0).ok_or_else(|| TraceError::Line {
            line: index + 1,
            problem: format!("`{line:.60}` is not a time in ms"),
        })?;
        let bin = (at / MAHIMAHI_BIN_MS) as usize;
        if bin >= MAX_ROWS {
            return Err(TraceError::TooLong);
        }
        bins.resize(bins.len().max(bin + 1), 0.0);
        bins[bin] += PACKET_BITS;
    }
    Ok(bins
        .into_iter()
        .map(|bits| Interval { duration_ms: MAHIMAHI_BIN_MS, kbps: bits / MAHIMAHI_BIN_MS, latency_ms: 0.0 })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(rows: &[(f64, f64, f64)]) -> Trace {
        let interval = |&(duration_ms, kbps, latency_ms): &_| Interval { duration_ms, kbps, latency_ms };
        Trace::new("test", rows.iter().map(interval).collect()).unwrap()
    }

    #[test]
    fn constant_link() {
        let link = rows(&[(1000.0, 1000.0, 50.0)]);
        assert_eq!(link.first_byte(3100.0), 3150.0);
        assert_eq!(link.complete(3150.0, 2e6), 5150.0);
    }

    #[test]
    fn outage_passes_and_the_trace_repeats() {
        let link = rows(&[(1000.0, 100.0, 10.0), (500.0, 0.0, 10.0)]);
        assert_eq!(link.complete(900.0, 20_000.0), 1600.0);
        assert_eq!(link.complete(0.0, 350_000.0), 5000.0);
        assert_eq!(link.bits_between(900.0, 1600.0), 20_000.0);
    }

    #[test]
    fn waiting_goes_on_at_the_next_latency() {
        // Half of the unit at 100 ms, the other half at 20 ms.
        let link = rows(&[(50.0, 1.0, 100.0), (950.0, 1.0, 20.0)]);
        assert_eq!(link.first_byte(0.0), 60.0);
    }

    #[test]
    fn an_instant_at_the_end_of_a_row_belongs_to_the_next() {
        let link = rows(&[(10.0, 1.0, 1.0), (10.0, 2.0, 1.0)]);
        assert_eq!([link.at(9.9).kbps, link.at(10.0).kbps, link.at(20.0).kbps], [1.0, 2.0, 1.0]);
    }

    #[test]
    fn csv_and_mahimahi() {
        let csv = Trace::parse("a", "duration_ms,kbps,latency_ms\n1000,4000.5,20\n\n500,0,80\n").unwrap();
        assert_eq!(csv.rows()[0], Interval { duration_ms: 1000.0, kbps: 4000.5, latency_ms: 20.0 });
        assert_eq!(csv.period_ms(), 1500.0);
        let mahimahi = Trace::parse("b", "0\n5\n5\n250\n").unwrap();
        assert_eq!(mahimahi.rows().iter().map(|r| r.kbps).collect::<Vec<_>>(), [360.0, 0.0, 120.0]);
    }

    #[test]
    fn bad_traces_name_their_line() {
        let error = |text: &str| Trace::parse("x", text).unwrap_err().to_string();
        assert!(error("hello").contains("header"));
        assert!(error("duration_ms,kbps,latency_ms\n1,2").contains("line 2"));
        assert!(error("duration_ms,kbps,latency_ms\n1,2,3\n0,2,3").contains("line 3"));
        assert!(error("duration_ms,kbps,latency_ms\n1,NaN,3").contains("line 2"));
        assert!(error("duration_ms,kbps,latency_ms\n1,0,3").contains("no bits"));
        assert!(error("duration_ms,kbps,latency_ms\n").contains("no bits"));
        assert!(error("1e300\n").contains("rows"));
    }

    proptest! {
        /// The arrival of n bits is where the integral reaches n, and requests never overtake each other.
        #[test]
        fn completion_inverts_the_integral(
            spec in prop::collection::vec((1.0f64..5e3, 0.0f64..1e4, 0.1f64..500.0), 1..8),
            start in 0.0f64..1e5, later in 0.0f64..1e4, bits in 1.0f64..1e8,
        ) {
            let mut spec = spec;
            spec[0].1 += 1.0;
            let link = rows(&spec);
            let end = link.complete(start, bits);
            prop_assert!((link.bits_between(start, end) - bits).abs() <= 1e-6 * bits + 1e-3);
            prop_assert!(link.complete(start + later, bits) >= end - 1e-6);
            prop_assert!(link.first_byte(start + later) >= link.first_byte(start) - 1e-6);
        }
    }
}
