//! Writes down what happens in a session: for `--report` and `--summary`, and for an export while it goes on.

use crate::cli::out;
use crate::drive::Observe;
use crate::headless::report::{Pictures, Report};
use crate::headless::write_summary;
use player_core::report::Totals;
use player_core::session::Config;
use shared::time::SessionTime;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::Instant;

/// The files that a session is to leave. Each session that is opened begins them anew.
#[derive(Debug, Clone, Default)]
pub struct SessionFiles {
    /// Everything that happens, one JSON object a line.
    pub report: Option<PathBuf>,
    /// The figures at the end.
    pub summary: Option<PathBuf>,
}

/// Keeps the report of one session, and writes its summary at the end.
pub(super) struct SessionRecorder {
    report: Option<Report>,
    path: PathBuf,
    /// The report was not asked for; it serves exports alone and is deleted with the session.
    temporary: bool,
    summary: Option<PathBuf>,
}

impl SessionRecorder {
    /// Begins the report.
    ///
    /// # Errors
    /// When a report was asked for and cannot be written. One that would only serve a later export may be missing.
    pub(super) fn begin(files: &SessionFiles, config: &Config) -> Result<Self, String> {
        let path = files.report.clone().unwrap_or_else(temporary_path);
        let temporary = files.report.is_none();
        let begun = if temporary { Report::create_new(&path, config) } else { Report::create(&path, config) };
        let report = match begun {
            Ok(report) => Some(report),
            Err(_) if temporary => None,
            Err(error) => return Err(format!("cannot write {}: {error}", path.display())),
        };
        Ok(Self { report, path, temporary, summary: files.summary.clone() })
    }

    /// The part that reports the pictures; `started` is zero of the session's time.
    pub(super) fn pictures(&self, started: Instant) -> Option<Pictures> {
        self.report.clone().map(|report| Pictures { report, started })
    }

    /// The part that reports inputs and outputs of the session.
    pub(super) fn observer(&self) -> Observe {
        match &self.report {
            Some(report) => Box::new(report.clone()),
            None => Box::new(()),
        }
    }

    /// Another end of the report, if there is one.
    pub(super) fn report(&self) -> Option<Report> {
        self.report.clone()
    }

    /// The report as a file that grows, if there is one.
    pub(super) fn record(&self) -> Option<PathBuf> {
        self.report.as_ref().map(|_| self.path.clone())
    }

    /// The session has ended `at` this time with these figures.
    pub(super) fn finish(&self, at: SessionTime, totals: &Totals) {
        let report = self.report.as_ref().map(|report| report.finish(at, totals));
        if let Some(Err(error)) = report.filter(|_| !self.temporary) {
            out::remark(&format!("cannot write {}: {error}", self.path.display()));
        }
        if let Some(Err(failure)) = self.summary.as_ref().map(|path| write_summary(path, totals)) {
            out::remark(&failure.message);
        }
        if self.temporary && self.report.is_some() {
            let _ = std::fs::remove_file(&self.path); // never created, or the system's to clean up
        }
    }
}

/// In the system's folder for temporary files, where others can write, too: a name that cannot be guessed. The standard
/// library's hash keys come from the system's random source.
fn temporary_path() -> PathBuf {
    let word = RandomState::new().hash_one(0);
    std::env::temp_dir().join(format!("dash-player-{word:016x}.jsonl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(files: &SessionFiles) -> Result<SessionRecorder, String> {
        SessionRecorder::begin(files, &Config::default())
    }

    #[test]
    fn a_report_that_was_not_asked_for_is_gone_after_the_session() {
        let recorder = begun(&SessionFiles::default()).unwrap();
        let record = recorder.record().unwrap();
        assert!(record.exists());
        recorder.finish(SessionTime::ZERO, &Totals::default());
        assert!(!record.exists());
    }

    #[test]
    fn files_that_were_asked_for_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| Some(folder.path().join(name));
        let files = SessionFiles { report: path("report.jsonl"), summary: path("summary.json") };
        begun(&files).unwrap().finish(SessionTime::ZERO, &Totals::default());
        let last = std::fs::read_to_string(path("report.jsonl").unwrap()).unwrap();
        assert!(last.lines().last().is_some_and(|line| line.contains("\"summary\":")), "{last}");
        assert!(path("summary.json").unwrap().exists());
        let nowhere = SessionFiles { report: path("no/such/folder/report.jsonl"), summary: None };
        assert!(begun(&nowhere).is_err_and(|problem| problem.contains("cannot write")));
    }
}
