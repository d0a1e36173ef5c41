//! A movie over a trace.

use super::Log;
use super::manifest;
use super::movie::{Movie, MovieError};
use super::score::Metrics;
use super::tape::Tape;
use super::world::{Answer, Observer, Server, World};
use crate::abr::UnknownPolicy;
use crate::io::{Content, Request};
use crate::presentation::Presentation;
use crate::report::Totals;
use crate::session::{Config, Session};
use shared::time::SessionTime;
use shared::trace::Trace;
use std::time::Duration;
use thiserror::Error;

/// A session that lasts so much longer than its movie would, twice over, has a link that does not come back.
const DEAD: Duration = Duration::from_secs(6 * 3600);

/// A simulated session.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedSession {
    /// Its decisions.
    pub log: Log,
    /// What they are worth.
    pub metrics: Metrics,
    /// The same figures that a real session ends with.
    pub totals: Totals,
    /// How long it took in virtual time.
    pub lasted: Duration,
}

/// Why a simulation did not come to its end.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SimError {
    /// No such policy.
    #[error(transparent)]
    Policy(#[from] UnknownPolicy),
    /// Not a usable movie.
    #[error(transparent)]
    Movie(#[from] MovieError),
    /// The link brings nothing any more.
    #[error("only {played:.0} s were played when nothing more came, after {after:.0} s: {why}")]
    Unfinished {
        /// Seconds of media.
        played: f64,
        /// Seconds of the session.
        after: f64,
        /// How the session ended, or that it did not.
        why: String,
    },
    /// A mistake in our code.
    #[error("the simulation broke off: {0}")]
    Stuck(&'static str),
}

/// Plays the whole movie over the trace with at most `capacity` of media in the buffer (two segments at least).
///
/// # Errors
/// When there is no such policy, or the movie cannot be used.
pub fn simulate(movie: &Movie, trace: &Trace, capacity: Duration, policy: &str) -> Result<SimulatedSession, SimError> {
    let mut session = Session::new(Config::simulated(capacity, policy))?;
    session.begin_with(movie.presentation()?);
    play(movie, trace, session, &mut ())
}

/// The same, with a report that replays: its manifest, which comes at once and at no cost, lists the segments of the movie
/// and is told to be at `url`.
///
/// # Errors
/// When there is no such policy, or the movie cannot be used.
pub fn recorded(
    movie: &Movie,
    trace: &Trace,
    capacity: Duration,
    policy: &str,
    url: &str,
) -> Result<(SimulatedSession, Tape), SimError> {
    let config = Config::simulated(capacity, policy);
    let mut session = Session::new(config.clone())?;
    let mut tape = Tape::new(&config);
    tape.open(&mut session, url, manifest::of(&movie.presentation()?), trace);
    let run = play(movie, trace, session, &mut tape)?;
    tape.follow(trace, run.lasted);
    Ok((run, tape))
}

fn play(
    movie: &Movie,
    trace: &Trace,
    session: Session,
    observer: &mut dyn Observer,
) -> Result<SimulatedSession, SimError> {
    let presentation = session.presentation().clone();
    let mut observers = (Log::of(presentation.clone()), observer);
    let mut origin = Theatre { movie, presentation };
    let mut world = World::new(session, trace.clone(), &mut origin, &mut observers);
    let longest = movie.segment.saturating_mul(movie.segments() as u32).saturating_mul(2) + DEAD;
    world.run(SessionTime::from(longest)).map_err(SimError::Stuck)?;
    let (totals, lasted) = (world.session().totals(), world.now().since(SessionTime::ZERO));
    let log = observers.0;
    let metrics = Metrics::of(movie, &log).ok_or_else(|| unfinished(&totals, lasted))?;
    Ok(SimulatedSession { log, metrics, totals, lasted })
}

fn unfinished(totals: &Totals, lasted: Duration) -> SimError {
    let why = totals.ended.clone().unwrap_or_else(|| "the link stays dead".to_owned());
    SimError::Unfinished { played: totals.played_seconds, after: lasted.as_secs_f64(), why }
}

/// Has every segment of one movie.
struct Theatre<'a> {
    movie: &'a Movie,
    presentation: Presentation,
}

impl Theatre<'_> {
    fn bits(&self, request: &Request) -> Option<f64> {
        let id = request.subject.segment()?;
        self.movie.bits(self.presentation.ordinal(id), self.presentation.rank(id.rung)?)
    }
}

impl Server for Theatre<'_> {
    fn answer(&mut self, _now: SessionTime, request: &Request) -> Answer {
        match self.bits(request) {
            Some(bits) => Answer::Body { bits, content: Content::Media },
            None => Answer::Silence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::trace::Interval;
    use shared::units::Bitrate;

    fn worked_example(capacity_ms: u64, segments: usize) -> SimulatedSession {
        let sizes = vec![vec![1e6, 2e6]; segments];
        let movie = Movie { segment: Duration::from_secs(2), kbps: vec![500.0, 1000.0], sizes, names: vec![] };
        let trace = Trace::constant(Bitrate::from_kbps(1000), Duration::from_millis(50));
        simulate(&movie, &trace, Duration::from_millis(capacity_ms), "script:0,1,1,0").unwrap()
    }

    #[test]
    fn the_worked_example_of_the_model() {
        let run = worked_example(4000, 4);
        let lines: Vec<String> = run.log.lines.iter().map(LogLine::to_string).collect();
        let line = |i, q, request, end, stall| {
            format!(r#"{{"index":{i},"quality":{q},"request_ms":{request},"end_ms":{end},"stall_ms":{stall}}}"#)
        };
        assert_eq!(
            lines,
            [
                line(0, 0, "0.000000", "1050.000000", "0.000000"),
                line(1, 1, "1050.000000", "3100.000000", "50.000000"),
                line(2, 1, "3100.000000", "5150.000000", "50.000000"),
                line(3, 0, "5150.000000", "6200.000000", "0.000000"),
            ]
        );
        assert!((run.metrics.qoe_lin - 0.2125).abs() < 1e-9);
        assert_eq!((run.metrics.switches, run.metrics.stall_events), (2, 2));
    }

    #[test]
    fn a_request_waits_for_room() {
        assert_eq!(worked_example(4000, 5).log.lines[4].request_ms, 7150.0);
    }

    #[test]
    fn the_sessions_own_figures_agree_with_the_scores() {
        let run = worked_example(4000, 4);
        assert!((run.totals.qoe_lin - run.metrics.qoe_lin).abs() < 1e-6);
        assert!((run.totals.view - run.metrics.view).abs() < 1e-6, "{} {}", run.totals.view, run.metrics.view);
        assert!((run.totals.mean_bitrate_kbps - run.metrics.mean_kbps).abs() < 1e-6);
        assert!(run.totals.reached_end);
        assert_eq!((run.totals.played_seconds, run.lasted), (8.0, Duration::from_millis(9150)));
    }

    #[test]
    fn what_the_lowest_rung_would_not_have_stalled_was_avoidable() {
        let (high, low) = (worked_example(4000, 4).metrics, 30.0);
        assert_eq!((high.stall_ms, high.beside_lowest(low).avoidable_stall_ms), (100.0, 70.0));
        assert_eq!(high.beside_lowest(500.0).avoidable_stall_ms, 0.0, "it may even be less");
        assert_eq!(high.stalls_an_hour, 900.0, "two in eight seconds");
    }

    fn over(rows: &[(f64, f64)]) -> Result<SimulatedSession, SimError> {
        let row = |&(secs, kbps): &(f64, f64)| Interval { duration_ms: secs * 1e3, kbps, latency_ms: 40.0 };
        let trace = Trace::new("holes", rows.iter().map(row).collect()).unwrap();
        let movie = Movie {
            segment: Duration::from_secs(2),
            kbps: vec![500.0, 1000.0],
            sizes: vec![vec![1e6, 2e6]; 60],
            names: vec![],
        };
        simulate(&movie, &trace, Duration::from_secs(25), "default")
    }

    #[test]
    fn a_long_hole_is_waited_for_and_a_link_that_stays_dead_is_told() {
        let run = over(&[(20.0, 4000.0), (400.0, 0.0), (600.0, 4000.0)]).unwrap();
        assert!(run.totals.reached_end && run.metrics.stall_ms > 300_000.0 && run.metrics.stall_events == 1);
        let dead = over(&[(20.0, 1000.0), (1e9, 0.0)]).unwrap_err();
        assert!(dead.to_string().contains("when nothing more came"), "{dead}");
    }

    #[test]
    fn whenever_a_hole_ends_the_segments_are_logged_in_order() {
        for secs in 40..160 {
            let run = over(&[(20.0, 4000.0), (f64::from(secs), 0.0), (600.0, 4000.0)]);
            assert!(run.is_ok_and(|run| run.totals.reached_end), "a hole of {secs} s");
        }
    }

    #[test]
    fn a_session_that_is_written_down_is_the_same_and_replays() {
        let rows = [(20.0, 4000.0), (18.0, 120.0), (40.0, 2500.0)];
        let row = |(secs, kbps): (f64, f64)| Interval { duration_ms: secs * 1e3, kbps, latency_ms: 40.0 };
        let trace = Trace::new("fall", rows.map(row).to_vec()).unwrap();
        let size = |segment: usize, kbps: f64| kbps * 2002.0 * (0.7 + 0.1 * (segment % 7) as f64);
        let kbps = vec![300.0, 900.0, 2000.0, 4500.0];
        let sizes = (0..60).map(|segment| kbps.iter().map(|kbps| size(segment, *kbps)).collect()).collect();
        let movie = Movie { segment: Duration::from_millis(2002), kbps, sizes, names: vec![] };
        let capacity = Duration::from_secs(20);
        for policy in crate::abr::NAMES {
            let alone = simulate(&movie, &trace, capacity, policy).unwrap();
            let (run, tape) = recorded(&movie, &trace, capacity, policy, "http://a.example/film.mpd").unwrap();
            assert_eq!((run.log.lines, run.metrics), (alone.log.lines, alone.metrics), "{policy}");
            let report = tape.report(&run.totals);
            let again = crate::replay::replay(report.lines()).unwrap();
            assert!(matches!(again, crate::replay::ReplayOutcome::Same { compared, .. } if compared > 60), "{again:?}");
        }
    }

    use super::super::LogLine;
}
