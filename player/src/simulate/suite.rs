//! Folders of traces: every policy over each, a line for each family of them.

use super::cores::on_all_cores;
use super::{all_played, lowest_stall_ms, play, policies, print, read_trace, stem};
use crate::cli::args::Simulate;
use crate::cli::{Code, CommandFailure};
use crate::movie;
use player_core::sim::table::SessionScore;
use player_core::sim::{Movie, SimulatedSession};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// All policies over one trace.
struct Job<'a> {
    family: &'a str,
    movie: &'a Movie,
    trace: &'a Path,
}

pub(super) fn run(args: &Simulate, traces: &Path) -> Result<(), CommandFailure> {
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

/// Each session, or why it did not come to its end: none ends the others. What cannot be written does.
fn over_one_trace(args: &Simulate, job: &Job<'_>, policies: &[String]) -> Result<Vec<Outcome>, CommandFailure> {
    let trace = read_trace(&job.trace.to_string_lossy());
    let lowest = trace.clone().and_then(|trace| lowest_stall_ms(args, job.movie, &trace));
    let mut outcomes = vec![];
    for policy in policies {
        let named = |failure: CommandFailure| {
            let message = format!("{policy} over {}: {}", job.trace.display(), failure.message);
            CommandFailure::new(failure.code, message)
        };
        let played = trace.clone().and_then(|trace| play(args, job.movie, &trace, policy));
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

fn read_map(map: &[String]) -> Result<BTreeMap<String, Movie>, CommandFailure> {
    let entry = |text: &String| {
        let wrong = || CommandFailure::new(Code::Usage, format!("`{text}` is not FAMILY=MOVIE.json"));
        let (family, movie) = text.split_once('=').ok_or_else(wrong)?;
        Ok((family.to_owned(), movie::read(movie)?))
    };
    map.iter().map(entry).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::TableFormat;

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
            reports: None,
            html: None,
            buffer_seconds: 25.0,
            policy: "throughput".to_owned(),
            log: None,
            suite: Some(traces.clone()),
            map,
            logs: Some(logs.clone()),
            format: TableFormat::Md,
        };
        let failure = run(&args, &traces).unwrap_err();
        assert_eq!(failure.message, "2 of 4 sessions did not come to their end");
        let played = |name: &str| logs.join("throughput/lte").join(name).exists();
        assert_eq!(["fine.jsonl", "hole.jsonl", "never.jsonl"].map(played), [true, true, false]);
    }

    #[test]
    fn every_trace_has_a_log_of_its_own() {
        assert_eq!(log_name(Path::new("lte/drive.down.csv")), "drive.down.jsonl");
    }
}
