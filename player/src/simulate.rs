//! `player simulate`: sessions in virtual time, one or a whole suite on all cores; the simulator is the core's.

use crate::cli::args::{Simulate, TableFormat};
use crate::cli::{Code, CommandFailure, load, out};
use crate::movie;
use player_core::abr;
use player_core::sim::table::{self, SessionScore};
use player_core::sim::{Movie, SimError, SimulatedSession, simulate};
use shared::trace::Trace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Simulates what the command line asks for and prints figures.
///
/// # Errors
/// When an input cannot be read, a policy is unknown, or a log cannot be written.
pub fn run(args: &Simulate) -> Result<(), CommandFailure> {
    match (&args.suite, &args.movie, &args.trace) {
        (Some(traces), _, _) => suite(args, traces),
        (None, Some(movie), Some(trace)) => single(args, movie, trace),
        _ => Err(CommandFailure::new(Code::Usage, "name a movie and a trace, or a suite")),
    }
}

fn single(args: &Simulate, movie: &str, trace: &Path) -> Result<(), CommandFailure> {
    let (movie, link) = (movie::read(movie)?, read_trace(trace)?);
    let run = play(&movie, &link, args.buffer_seconds, &args.policy)?;
    if let Some(path) = &args.log {
        std::fs::write(path, run.log.to_string()).map_err(|e| CommandFailure::unwritable(path.display(), &e))?;
    }
    let metrics = run.metrics.beside_lowest(lowest_stall_ms(args, &movie, &link)?);
    print(args, &[SessionScore { policy: args.policy.clone(), family: stem(trace), metrics }])
}

fn print(args: &Simulate, scores: &[SessionScore]) -> Result<(), CommandFailure> {
    out::result(&match args.format {
        TableFormat::Md => table::table(scores),
        TableFormat::Csv => table::csv(scores),
        TableFormat::Json => table::json(scores),
    })
}

fn play(movie: &Movie, trace: &Trace, buffer_seconds: f64, policy: &str) -> Result<SimulatedSession, CommandFailure> {
    simulate(movie, trace, Duration::from_secs_f64(buffer_seconds), policy).map_err(|error| {
        let code = if matches!(error, SimError::Unfinished { .. }) { Code::Io } else { Code::Usage };
        CommandFailure::new(code, error.to_string())
    })
}

/// How long the session stands still that always takes the lowest rung: nobody can avoid that.
fn lowest_stall_ms(args: &Simulate, movie: &Movie, trace: &Trace) -> Result<f64, CommandFailure> {
    Ok(play(movie, trace, args.buffer_seconds, abr::LOWEST)?.metrics.stall_ms)
}

/// All policies over one trace.
struct Job<'a> {
    family: &'a str,
    movie: &'a Movie,
    trace: &'a Path,
}

fn suite(args: &Simulate, traces: &Path) -> Result<(), CommandFailure> {
    let movies = read_map(&args.map)?;
    let policies = policies(&args.policy)?;
    let mut jobs = vec![];
    for (family, movie) in &movies {
        jobs.extend(csv_files(&traces.join(family))?.into_iter().map(|trace| (family, movie, trace)));
    }
    let jobs: Vec<Job<'_>> =
        jobs.iter().map(|(family, movie, trace)| Job { family: family.as_str(), movie, trace }).collect();
    let played = on_all_cores(&jobs, |job| over_one_trace(args, job, &policies))?;
    let (scores, failures): (Vec<_>, Vec<_>) = played.into_iter().flatten().partition(Result::is_ok);
    print(args, &scores.into_iter().flatten().collect::<Vec<_>>())?;
    all_played(jobs.len() * policies.len(), failures.into_iter().filter_map(Result::err).collect())
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

/// Each session, or why it did not come to its end: none ends the others. What cannot be written does.
fn over_one_trace(args: &Simulate, job: &Job<'_>, policies: &[String]) -> Result<Vec<Outcome>, CommandFailure> {
    let trace = read_trace(job.trace);
    let lowest = trace.clone().and_then(|trace| lowest_stall_ms(args, job.movie, &trace));
    let mut outcomes = vec![];
    for policy in policies {
        let named = |failure: CommandFailure| {
            let message = format!("{policy} over {}: {}", job.trace.display(), failure.message);
            CommandFailure::new(failure.code, message)
        };
        let played = trace.clone().and_then(|trace| play(job.movie, &trace, args.buffer_seconds, policy));
        outcomes.push(match played.and_then(|run| Ok((run, lowest.clone()?))).map_err(named) {
            Ok((run, lowest)) => Ok(score(args, job, policy, run, lowest)?),
            Err(failure) => Err(failure),
        });
    }
    Ok(outcomes)
}

type Outcome = Result<SessionScore, CommandFailure>;

fn score(
    args: &Simulate,
    job: &Job<'_>,
    policy: &str,
    run: SimulatedSession,
    lowest_stall_ms: f64,
) -> Result<SessionScore, CommandFailure> {
    if let Some(logs) = &args.logs {
        let folder = logs.join(policy).join(job.family);
        let path = folder.join(log_name(job.trace));
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&path, run.log.to_string()))
            .map_err(|e| CommandFailure::unwritable(path.display(), &e))?;
    }
    let metrics = run.metrics.beside_lowest(lowest_stall_ms);
    Ok(SessionScore { policy: policy.to_owned(), family: job.family.to_owned(), metrics })
}

/// Does all jobs, each thread taking the next one; results in the order of the jobs, the first failure wins.
fn on_all_cores<J: Sync, R: Send>(
    jobs: &[J],
    work: impl Fn(&J) -> Result<R, CommandFailure> + Sync,
) -> Result<Vec<R>, CommandFailure> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    let take = || {
        let mut done = vec![];
        while let Some((index, job)) = Some(next.fetch_add(1, Relaxed)).and_then(|i| Some((i, jobs.get(i)?))) {
            let result = work(job)?;
            done.push((index, result));
        }
        Ok::<_, CommandFailure>(done)
    };
    let mut all = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        let lost =
            |_| Err(CommandFailure::new(Code::Decode, "a simulation broke off: this is a mistake of the player"));
        let parts = running.into_iter().map(|thread| thread.join().unwrap_or_else(lost));
        parts.collect::<Result<Vec<_>, _>>().map(|parts| parts.into_iter().flatten().collect::<Vec<_>>())
    })?;
    all.sort_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, result)| result).collect())
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

fn read_map(map: &[String]) -> Result<BTreeMap<String, Movie>, CommandFailure> {
    let entry = |text: &String| {
        let wrong = || CommandFailure::new(Code::Usage, format!("`{text}` is not FAMILY=MOVIE.json"));
        let (family, movie) = text.split_once('=').ok_or_else(wrong)?;
        Ok((family.to_owned(), movie::read(movie)?))
    };
    map.iter().map(entry).collect()
}

/// A file of this name comes before a trace that is built in.
fn read_trace(path: &Path) -> Result<Trace, CommandFailure> {
    if let Some(trace) = path.to_str().filter(|_| !path.exists()).and_then(Trace::built_in) {
        return Ok(trace);
    }
    let text = load::text(path)?;
    Trace::parse(&stem(path), &text)
        .map_err(|e| CommandFailure::new(Code::Unsupported, format!("{}: {e}", path.display())))
}

fn csv_files(folder: &Path) -> Result<Vec<PathBuf>, CommandFailure> {
    let unreadable = |e: std::io::Error| CommandFailure::unreadable(folder.display(), &e);
    let entries = std::fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    Ok(files)
}

/// Trace names may contain dots: what stands behind the last one is not an extension to be replaced.
fn log_name(trace: &Path) -> String {
    stem(trace) + ".jsonl"
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
    fn a_session_that_fails_ends_no_suite_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (traces, movie) = (folder.path().join("traces"), folder.path().join("movie.json"));
        std::fs::create_dir_all(traces.join("lte")).unwrap();
        let csv = |name: &str, rows: &str| {
            std::fs::write(traces.join("lte").join(name), format!("duration_ms,kbps,latency_ms\n{rows}\n")).unwrap();
        };
        csv("fine.csv", "20000,4000,40");
        csv("hole.csv", "20000,4000,40\n400000,0,40\n600000,4000,40");
        csv("never.csv", "5000,100,40\n1000000000,0,40");
        csv("nonsense.csv", "much,little,late");
        let sizes = ["[600000]"; 4].join(",");
        let described =
            format!(r#"{{"segment_duration_ms":2000,"bitrates_kbps":[300],"segment_sizes_bits":[{sizes}]}}"#);
        std::fs::write(&movie, described).unwrap();
        let map = vec![format!("lte={}", movie.display())];
        let logs = folder.path().join("logs");
        let args = Simulate {
            movie: None,
            trace: None,
            buffer_seconds: 25.0,
            policy: "throughput".to_owned(),
            log: None,
            suite: Some(traces),
            map,
            logs: Some(logs.clone()),
            format: TableFormat::Md,
        };
        let failure = run(&args).unwrap_err();
        assert_eq!(failure.message, "2 of 4 sessions did not come to their end");
        let played = |name: &str| logs.join("throughput/lte").join(name).exists();
        assert_eq!(["fine.jsonl", "hole.jsonl", "never.jsonl"].map(played), [true, true, false]);
    }

    #[test]
    fn every_trace_has_a_log_of_its_own() {
        assert_eq!(log_name(Path::new("lte/drive.down.csv")), "drive.down.jsonl");
    }

    #[test]
    fn results_keep_the_order_of_their_jobs() {
        let jobs: Vec<usize> = (0..100).collect();
        assert_eq!(on_all_cores(&jobs, |job| Ok(job * 2)).unwrap()[99], 198);
        let failing = |job: &usize| if *job == 50 { Err(CommandFailure::new(Code::Usage, "no")) } else { Ok(()) };
        assert!(on_all_cores(&jobs, failing).is_err());
    }
}
