//! The lines of `--report`: what goes into the session and what comes out of it, and every picture that was shown.
//! Their form is the core's.

use crate::output::Timed;
use crate::output::present::Screen;
use player_core::io::{Input, Output};
use player_core::kinds::{OutputSink, TrackKind};
use player_core::report::{Frame, ReportEntry, Totals, line, output_line};
use player_core::session::Config;
use player_core::sim::Observer;
use shared::time::SessionTime;
use std::fs::{File, OpenOptions};
use std::io::{LineWriter, Result, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A report being written. Cheap to clone; the lock is held for one line.
#[derive(Debug, Clone)]
pub struct Report(Arc<Mutex<Writing>>);

#[derive(Debug)]
struct Writing {
    /// Whole lines, so that it can be read while it is being written.
    file: LineWriter<File>,
    /// The first failure; after it nothing more is written.
    failed: Result<()>,
}

impl Report {
    /// Begins with the header line.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(path: &Path, config: &Config) -> Result<Self> {
        Self::begin(File::create(path)?, config)
    }

    /// As `create`, with a file that is new and nobody else's: for a place where others can write, too.
    ///
    /// # Errors
    /// When there is something already, or the file cannot be written.
    pub fn create_new(path: &Path, config: &Config) -> Result<Self> {
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Self::begin(options.write(true).create_new(true).open(path)?, config)
    }

    fn begin(file: File, config: &Config) -> Result<Self> {
        let file = LineWriter::new(file);
        let report = Self(Arc::new(Mutex::new(Writing { file, failed: Ok(()) })));
        report.write(&line(SessionTime::ZERO, ReportEntry::Session(Box::new(config.clone()))));
        Ok(report)
    }

    /// Ends with the figures.
    ///
    /// # Errors
    /// When anything could not be written.
    pub fn finish(&self, at: SessionTime, totals: &Totals) -> Result<()> {
        self.write(&line(at, ReportEntry::Summary(Box::new(totals.clone()))));
        let mut writing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut writing.failed, Ok(()))?;
        writing.file.flush()
    }

    /// What the shell itself has to tell.
    pub fn shell(&self, at: SessionTime, entry: ReportEntry) {
        self.write(&line(at, entry));
    }

    fn write(&self, line: &str) {
        let mut writing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if writing.failed.is_ok() {
            writing.failed = writeln!(writing.file, "{line}");
        }
    }
}

impl Observer for Report {
    fn input(&mut self, now: SessionTime, input: &Input) {
        self.write(&line(now, ReportEntry::Input(input.clone())));
    }

    fn output(&mut self, now: SessionTime, output: &Output) {
        if let Some(line) = output_line(now, output) {
            self.write(&line);
        }
    }
}

/// Reports pictures.
#[derive(Debug)]
pub struct Pictures {
    /// Where to.
    pub report: Report,
    /// Session time 0.
    pub started: Instant,
}

impl Pictures {
    fn frame<F>(&self, frame: &Timed<F>, now: Instant, dropped: bool) {
        let at = SessionTime::from(now.saturating_duration_since(self.started));
        let frame = Frame { track: TrackKind::of_sink(OutputSink::Screen), time: frame.pts, dropped };
        self.report.shell(at, ReportEntry::Frame(frame));
    }
}

impl<F> Screen<F> for Pictures {
    fn show(&mut self, frame: &Timed<F>, now: Instant) {
        self.frame(frame, now, false);
    }

    fn skip(&mut self, frame: &Timed<F>, now: Instant) {
        self.frame(frame, now, true);
    }
}
