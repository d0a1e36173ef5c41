//! What a report leaves for a paper: tables, figures and pictures, each under a name that is always the same. Nothing here
//! needs a window; what is in the tables is the core's ([`player_core::report::tables`]), what is in the pictures is drawn as
//! in the window.

pub(crate) mod markup;

use crate::cli::{Code, CommandFailure, load, out};
use crate::headless;
use crate::ui::figure::{self, NamedSession};
use crate::ui::{self, totals_text};
use player_core::report::recording::Recording;
use player_core::report::tables;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The command `player export`.
///
/// # Errors
/// When the report cannot be read or is none, or the folder cannot be written.
pub fn run(report: &Path, output: &Path) -> Result<(), CommandFailure> {
    let recording = read(report)?;
    let written = fs::create_dir_all(output).and_then(|()| session(output, &recording));
    written.map_err(|e| CommandFailure::unwritable(output.display(), &e))?;
    out::result(&format!("Exported to {}\n", output.display()))
}

/// The command `player compare`: a window, or files.
///
/// # Errors
/// When a report cannot be read or is none, the folder cannot be written, or there is no display.
pub fn compare(reports: &[PathBuf], output: Option<&Path>) -> Result<(), CommandFailure> {
    let Some(output) = output else { return ui::compare::run(reports) };
    let sessions = named(reports)?;
    let written = fs::create_dir_all(output).and_then(|()| comparison(output, &sessions));
    written.map_err(|e| CommandFailure::unwritable(output.display(), &e))?;
    out::result(&format!("Compared in {}\n", output.display()))
}

/// Reads a report that somebody names.
///
/// # Errors
/// When it cannot be read, or is no report.
pub(crate) fn read(path: &Path) -> Result<Recording, CommandFailure> {
    let text = load::text(path)?;
    let not_a_report = |e: &dyn std::fmt::Display| {
        CommandFailure::new(Code::Unsupported, format!("{} is not a report: {e}", path.display()))
    };
    Recording::read(text.lines()).map_err(|e| not_a_report(&e))
}

/// Writes the tables, the figures and the charts of a session into `folder`.
///
/// # Errors
/// When something cannot be written.
pub(crate) fn session(folder: &Path, recording: &Recording) -> io::Result<()> {
    let snapshot = &recording.snapshot;
    let charts = figure::charts(snapshot);
    fs::write(folder.join("requests.csv"), recording.requests_csv())?;
    fs::write(folder.join("decisions.csv"), recording.decisions_csv())?;
    fs::write(folder.join("curves.csv"), recording.curves_csv())?;
    fs::write(folder.join("summary.json"), headless::summary_text(&snapshot.totals))?;
    fs::write(folder.join("figures.txt"), totals_text(snapshot) + "\n")?;
    fs::write(folder.join("charts.svg"), charts.svg())?;
    fs::write(folder.join("charts.png"), charts.png()?)
}

/// Writes the figures of several sessions, and their charts on the same axes, into `folder`.
///
/// # Errors
/// When something cannot be written.
pub(crate) fn comparison(folder: &Path, sessions: &[(String, Recording)]) -> io::Result<()> {
    let figures = sessions.iter().map(|(name, recording)| (name.as_str(), &recording.snapshot));
    let named: Vec<NamedSession<'_>> = figures.map(|(name, snapshot)| NamedSession { name, snapshot }).collect();
    let charts = figure::comparison(&named);
    let totals: Vec<_> = named.iter().map(|session| (session.name, &session.snapshot.totals)).collect();
    fs::write(folder.join("compare.csv"), tables::comparison_csv(&totals))?;
    fs::write(folder.join("compare.svg"), charts.svg())?;
    fs::write(folder.join("compare.png"), charts.png()?)
}

/// Reads reports, each called by its file's name, or by its path where two files have the same name.
///
/// # Errors
/// When one cannot be read, or is no report.
pub(crate) fn named(paths: &[PathBuf]) -> Result<Vec<(String, Recording)>, CommandFailure> {
    let stem = |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stems: BTreeSet<Option<String>> = paths.iter().map(stem).collect();
    let distinct = stems.len() == paths.len();
    let name = |path: &PathBuf| stem(path).filter(|_| distinct).unwrap_or_else(|| path.display().to_string());
    paths.iter().map(|path| Ok((name(path), read(path)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use player_core::report::{Totals, recording::Recording};
    use player_core::sim::{Movie, recorded};
    use shared::trace::{Interval, Trace};
    use std::time::Duration;

    /// The report of a session over a link that falls.
    fn report(policy: &str) -> (String, Totals) {
        let kbps = vec![300.0, 900.0, 2000.0];
        let sizes = vec![kbps.iter().map(|kbps| kbps * 2000.0).collect(); 30];
        let movie = Movie { segment: Duration::from_secs(2), kbps, sizes, names: vec![] };
        let row = |(secs, kbps): (f64, f64)| Interval { duration_ms: secs * 1e3, kbps, latency_ms: 40.0 };
        let trace = Trace::new("falls", [(20.0, 4000.0), (20.0, 40.0), (60.0, 2500.0)].map(row).to_vec()).unwrap();
        let (run, tape) = recorded(&movie, &trace, Duration::from_secs(12), policy, "http://a.example/f.mpd").unwrap();
        (tape.report(&run.totals), run.totals)
    }

    fn rows(text: &str) -> Vec<Vec<&str>> {
        text.lines().map(|line| line.split(',').collect()).collect()
    }

    #[test]
    fn everything_is_in_the_folder_and_agrees_with_the_report() {
        let (text, totals) = report("throughput");
        let folder = tempfile::tempdir().unwrap();
        session(folder.path(), &Recording::read(text.lines()).unwrap()).unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(serde_json::from_str::<Totals>(&read("summary.json")).unwrap(), totals);
        let curves = read("curves.csv");
        let curves = rows(&curves);
        let number = |cell: &str| cell.parse::<f64>().unwrap();
        assert_eq!(curves[0][..4], ["time_s", "position_s", "shown", "shown_kbps"]);
        assert!(curves[1..].windows(2).all(|pair| number(pair[1][0]) - number(pair[0][0]) <= 0.5), "without a hole");
        let stalled = curves[1..].iter().filter(|row| row[8] == "1").count() as f64 / 4.0;
        assert!((stalled - totals.stall_seconds).abs() < 0.6 && stalled > 1.0, "{stalled} of {}", totals.stall_seconds);
        let at = |time: &str| curves.iter().find(|row| row[0] == time).unwrap().clone();
        assert_eq!((at("10.000")[10], at("30.000")[10]), ("4000.000", "40.000"), "the link is in it");
        assert!(["300k", "900k", "2000k"].iter().all(|label| curves.iter().any(|row| row[2] == *label)));
        let decisions = text.lines().filter(|line| line.contains("\"decision\":")).count();
        assert_eq!(read("decisions.csv").lines().count(), decisions + 1);
        let requests = read("requests.csv");
        let first = requests.lines().nth(2).unwrap();
        assert!(first.starts_with("2,0.000,media,video,300k,1,1,"), "{first}");
        assert!(fs::read(folder.path().join("charts.png")).unwrap().starts_with(b"\x89PNG"));
        assert!(read("charts.svg").contains(">http://a.example/f.mpd<"));
    }

    #[test]
    fn what_is_compared_has_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("b")).unwrap();
        for name in ["one.jsonl", "two.jsonl", "b/one.jsonl"] {
            fs::write(path(name), report("bba").0).unwrap();
        }
        let names = |paths: &[PathBuf]| named(paths).unwrap().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(&[path("one.jsonl"), path("two.jsonl")]), ["one", "two"]);
        let full = names(&[path("one.jsonl"), path("b/one.jsonl")]);
        assert!(full[0] != full[1] && full[1].ends_with("b/one.jsonl"), "{full:?}");
        comparison(folder.path(), &named(&[path("one.jsonl"), path("two.jsonl")]).unwrap()).unwrap();
        let table = fs::read_to_string(path("compare.csv")).unwrap();
        assert!(table.starts_with("report,policy,") && table.lines().count() == 3, "{table}");
        assert!(path("compare.svg").exists() && path("compare.png").exists());
    }
}
