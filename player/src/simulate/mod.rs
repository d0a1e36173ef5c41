//! `player simulate`: sessions in virtual time; the simulator is the core's. One trace under one policy or several, with
//! reports and a page; or a whole suite (`suite`) on all cores (`cores`).

mod cores;
mod page;
mod suite;

use crate::cli::args::{Simulate, TableFormat};
use crate::cli::{Code, CommandFailure, load, out, source};
use crate::movie;
use cores::on_all_cores;
use player_core::abr;
use player_core::report::recording::Recording;
use player_core::sim::table::{self, SessionScore};
use player_core::sim::{Movie, SimError, SimulatedSession, recorded, simulate};
use shared::trace::{BUILT_IN, Trace};
use shared::userinfo;
use std::path::Path;
use std::time::Duration;

/// Simulates what the command line asks for and prints figures.
///
/// # Errors
/// When an input cannot be read, a policy is unknown, a session does not come to its end, or a file cannot be written.
pub fn run(args: &Simulate) -> Result<(), CommandFailure> {
    match (&args.suite, &args.movie, &args.trace) {
        (Some(traces), _, _) => suite::run(args, traces),
        (None, Some(movie), Some(trace)) => single(args, movie, trace),
        _ => Err(CommandFailure::new(Code::Usage, "name a movie and a trace, or a suite")),
    }
}

/// A session over the one trace.
struct Played {
    score: SessionScore,
    run: SimulatedSession,
    /// Its report, if it is wanted.
    report: Option<String>,
}

fn single(args: &Simulate, movie: &str, trace: &str) -> Result<(), CommandFailure> {
    let policies = policies(&args.policy)?;
    if args.log.is_some() && policies.len() > 1 {
        let message = "--log takes the decisions of one policy; --reports DIR takes the sessions of several";
        return Err(CommandFailure::new(Code::Usage, message));
    }
    let url = source::url(movie)?;
    let (film, link) = (movie::read(movie)?, read_trace(trace)?);
    let lowest = lowest_stall_ms(args, &film, &link);
    let url = userinfo::hidden(url.as_str()).into_owned();
    let scene = Scene { args, film: &film, link: &link, family: stem(Path::new(trace)), url };
    let sessions = on_all_cores(&policies, |policy| Ok(scene.play(policy, &lowest)))?;
    let (played, mut failures): (Vec<_>, Vec<_>) = sessions.into_iter().partition(Result::is_ok);
    let played: Vec<Played> = played.into_iter().flatten().collect();
    scene.write(&played)?;
    print(args, &played.into_iter().map(|played| played.score).collect::<Vec<_>>())?;
    match (policies.len(), failures.pop()) {
        (1, Some(Err(failure))) => Err(failure),
        (_, last) => all_played(policies.len(), failures.into_iter().chain(last).filter_map(Result::err).collect()),
    }
}

/// What is the same for all policies.
struct Scene<'a> {
    args: &'a Simulate,
    film: &'a Movie,
    link: &'a Trace,
    family: String,
    url: String,
}

impl Scene<'_> {
    fn play(&self, policy: &str, lowest: &Result<f64, CommandFailure>) -> Result<Played, CommandFailure> {
        let wanted = self.args.reports.is_some() || self.args.html.is_some();
        let (run, tape) = if wanted {
            let capacity = Duration::from_secs_f64(self.args.buffer_seconds);
            let played = recorded(self.film, self.link, capacity, policy, &self.url);
            played.map(|(run, tape)| (run, Some(tape))).map_err(|error| failure(policy, &error))?
        } else {
            (play(self.args, self.film, self.link, policy)?, None)
        };
        let metrics = run.metrics.beside_lowest(lowest.clone()?);
        let mut totals = run.totals.clone();
        totals.avoidable_stall_seconds = Some(metrics.avoidable_stall_ms / 1e3);
        let score = SessionScore { policy: policy.to_owned(), family: self.family.clone(), metrics };
        Ok(Played { score, run, report: tape.map(|tape| tape.report(&totals)) })
    }

    fn write(&self, played: &[Played]) -> Result<(), CommandFailure> {
        if let (Some(path), Some(one)) = (&self.args.log, played.first()) {
            write(path, &one.run.log.to_string())?;
        }
        if let Some(folder) = &self.args.reports {
            std::fs::create_dir_all(folder).map_err(|e| CommandFailure::unwritable(folder.display(), &e))?;
            for (name, report) in reports(played) {
                write(&folder.join(format!("{name}.jsonl")), report)?;
            }
        }
        match &self.args.html {
            Some(path) => write(path, &self.page(played)?),
            None => Ok(()),
        }
    }

    fn page(&self, played: &[Played]) -> Result<String, CommandFailure> {
        let broken = |e| CommandFailure::new(Code::Decode, format!("a report of ours is none: {e}"));
        let read = |report: &str| Recording::read(report.lines()).map_err(broken);
        let recordings = reports(played).map(|(_, report)| read(report)).collect::<Result<Vec<_>, _>>()?;
        let mut sessions: Vec<page::Session<'_>> = played
            .iter()
            .zip(&recordings)
            .map(|(played, recording)| page::Session { score: &played.score, snapshot: &recording.snapshot })
            .collect();
        sessions.sort_by(|a, b| b.score.metrics.view.total_cmp(&a.score.metrics.view));
        Ok(page::page(
            &page::Head {
                film: self.film,
                url: &self.url,
                link: self.link,
                name: &self.family,
                buffer_seconds: self.args.buffer_seconds,
            },
            &sessions,
        ))
    }
}

fn reports(played: &[Played]) -> impl Iterator<Item = (&str, &str)> {
    played.iter().filter_map(|played| Some((played.score.policy.as_str(), played.report.as_deref()?)))
}

fn write(path: &Path, text: &str) -> Result<(), CommandFailure> {
    std::fs::write(path, text).map_err(|e| CommandFailure::unwritable(path.display(), &e))
}

fn print(args: &Simulate, scores: &[SessionScore]) -> Result<(), CommandFailure> {
    out::result(&match args.format {
        TableFormat::Md => table::table(scores),
        TableFormat::Csv => table::csv(scores),
        TableFormat::Json => table::json(scores),
    })
}

fn play(args: &Simulate, movie: &Movie, trace: &Trace, policy: &str) -> Result<SimulatedSession, CommandFailure> {
    let capacity = Duration::from_secs_f64(args.buffer_seconds);
    simulate(movie, trace, capacity, policy).map_err(|error| failure(policy, &error))
}

fn failure(policy: &str, error: &SimError) -> CommandFailure {
    let code = if matches!(error, SimError::Unfinished { .. }) { Code::Io } else { Code::Usage };
    let named = if matches!(error, SimError::Policy(_)) { String::new() } else { format!("{policy}: ") };
    CommandFailure::new(code, format!("{named}{error}"))
}

/// How long the session stands still that always takes the lowest rung: nobody can avoid that.
fn lowest_stall_ms(args: &Simulate, movie: &Movie, trace: &Trace) -> Result<f64, CommandFailure> {
    Ok(play(args, movie, trace, abr::LOWEST)?.metrics.stall_ms)
}

/// Says which sessions did not come to their end; the command fails as the first of them did.
fn all_played(of: usize, failures: Vec<CommandFailure>) -> Result<(), CommandFailure> {
    for failure in &failures {
        out::remark(&failure.message);
    }
    let count = failures.len();
    let summary = |first: CommandFailure| {
        CommandFailure::new(first.code, format!("{count} of {of} sessions did not come to their end"))
    };
    failures.into_iter().next().map_or(Ok(()), |first| Err(summary(first)))
}

fn policies(names: &str) -> Result<Vec<String>, CommandFailure> {
    if names == "all" {
        return Ok(abr::NAMES.iter().map(|name| (*name).to_owned()).collect());
    }
    let names: Vec<String> = split_policies(names);
    match names.iter().find_map(|name| abr::by_name(name).err()) {
        Some(unknown) => Err(CommandFailure::new(Code::Usage, unknown.to_string())),
        None => Ok(names),
    }
}

/// Commas separate policies, but a number behind one goes on with a `script:0,2,1`.
fn split_policies(names: &str) -> Vec<String> {
    let mut split: Vec<String> = vec![];
    for part in names.split(',') {
        match split.last_mut() {
            Some(last) if matches!(abr::split(last), (abr::SCRIPT, Some(_))) && part.parse::<usize>().is_ok() => {
                last.push(',');
                last.push_str(part);
            }
            _ => split.push(part.to_owned()),
        }
    }
    split
}

/// A file of this name comes before a trace that is built in.
fn read_trace(name: &str) -> Result<Trace, CommandFailure> {
    let path = Path::new(name);
    if let Some(trace) = Some(name).filter(|_| !path.exists()).and_then(Trace::built_in) {
        return Ok(trace);
    }
    let unread = |failure: CommandFailure| CommandFailure::new(failure.code, failure.message + &or_built_in(name));
    let text = load::text(path).map_err(unread)?;
    Trace::parse(&stem(path), &text).map_err(|e| CommandFailure::new(Code::Unsupported, format!("{name}: {e}")))
}

/// Who names no path may have meant one of them.
fn or_built_in(name: &str) -> String {
    if name.contains(['/', '.']) {
        return String::new();
    }
    let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    format!(", or take a built-in trace: {}", names.join(", "))
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_keep_their_commas() {
        assert_eq!(split_policies("bba,script:0,2,1,soda"), ["bba", "script:0,2,1", "soda"]);
        assert_eq!(policies("nonsense").unwrap_err().code, Code::Usage);
        assert!(policies("all").unwrap().len() >= 5);
    }

    #[test]
    fn what_is_built_in_needs_no_file() {
        assert_eq!(read_trace("collapse").unwrap().name(), "collapse");
        let missing = read_trace("colapse").unwrap_err();
        assert!(missing.code == Code::Input && missing.message.contains("collapse, sawtooth, train"), "{missing}");
    }
}
