//! The recorded inputs of a session, and only they, fed to a new one: it must do the same. Whatever differs shows a
//! decision that depended on something else than its inputs, or a report that was changed.

use crate::abr::UnknownPolicy;
use crate::io::{Command, Input, Output};
use crate::report::{ReportEntry, VERSION, v1};
use crate::session::{Config, Session};
use crate::snapshot::Snapshot;
use serde_json::{Map, Value};
use shared::time::SessionTime;
use std::collections::VecDeque;
use thiserror::Error;

/// How a replay went.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplayOutcome {
    /// The session did what was recorded.
    Same {
        /// Inputs that were fed.
        inputs: usize,
        /// Decisions and other lines that were compared.
        compared: usize,
    },
    /// It did not.
    Differs(Box<Difference>),
}

/// The first thing that is different.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("line {line}, at {at}:\n  recorded: {}\n  replayed: {}", shown(.recorded), shown(.replayed))]
pub struct Difference {
    /// In the report, from 1: what was recorded, or where it should have been.
    pub line: usize,
    /// Session time.
    pub at: SessionTime,
    /// As in the report; absent when nothing was recorded here.
    pub recorded: Option<String>,
    /// As it is now; absent when nothing came.
    pub replayed: Option<String>,
}

/// Why a report cannot be replayed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ReplayError {
    /// A line that is not one of a report.
    #[error("line {line}: {problem}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// It does not begin as a report does.
    #[error("line 1 is not the header of a report (`\"session\"`)")]
    Header,
    /// Its policy is not known here.
    #[error(transparent)]
    Policy(#[from] UnknownPolicy),
}

/// Feeds a report to a new session and compares. A last line that was cut off is left out.
///
/// # Errors
/// When it is not a report of a version that is known here.
pub fn replay<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<ReplayOutcome, ReplayError> {
    let mut report = Recorded::new(lines)?;
    let mut replayed = Replayed::new(report.config.clone(), report.version)?;
    let (mut inputs, mut compared) = (0, 0);
    while let Some(line) = report.next()? {
        let difference = match line.entry {
            RecordedEntry::Input(input) => {
                inputs += 1;
                let difference = replayed.leftover(line.number);
                replayed.handle(line.at, *input);
                difference
            }
            RecordedEntry::FromTheShell => None,
            RecordedEntry::Told(told) => {
                compared += 1;
                replayed.compare(line.number, told, line.text)
            }
        };
        if let Some(difference) = difference {
            return Ok(ReplayOutcome::Differs(Box::new(difference)));
        }
    }
    Ok(ReplayOutcome::Same { inputs, compared })
}

/// The session that a report tells of, as it was at the end: what was done with its inputs once is done again.
///
/// # Errors
/// When it is not a report of a version that is known here.
pub fn rebuild<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Snapshot, ReplayError> {
    let mut report = Recorded::new(lines)?;
    let mut replayed = Replayed::new(report.config.clone(), report.version)?;
    while let Some(line) = report.next()? {
        if let RecordedEntry::Input(input) = line.entry {
            replayed.handle(line.at, *input);
            replayed.expected.clear();
        }
    }
    Ok(replayed.session.snapshot())
}

/// A report that is being read: its lines with their numbers, from 1.
struct Recorded<'a> {
    lines: std::iter::Peekable<std::vec::IntoIter<(usize, &'a str)>>,
    config: Config,
    version: u32,
}

/// A line of a report.
struct RecordedLine<'a> {
    /// From 1.
    number: usize,
    at: SessionTime,
    entry: RecordedEntry,
    text: &'a str,
}

enum RecordedEntry {
    Input(Box<Input>),
    /// Of what the session knows nothing.
    FromTheShell,
    /// What the session told.
    Told(Value),
}

impl<'a> Recorded<'a> {
    /// Reads the header.
    fn new(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, ReplayError> {
        let lines = lines.into_iter().enumerate().map(|(index, text)| (index + 1, text));
        let lines: Vec<_> = lines.filter(|(_, text)| !text.trim().is_empty()).collect();
        let mut lines = lines.into_iter().peekable();
        let (number, text) = lines.next().ok_or(ReplayError::Header)?;
        let (version, mut header) = read(number, text)?;
        let config = header.remove("session").ok_or(ReplayError::Header)?;
        let config = serde_json::from_value(config).map_err(|problem| broken(number, &problem))?;
        Ok(Self { lines, config, version })
    }

    /// The next line; none at the end, or when the last line was cut off.
    fn next(&mut self) -> Result<Option<RecordedLine<'a>>, ReplayError> {
        let Some((number, text)) = self.lines.next() else { return Ok(None) };
        match self.line(number, text) {
            Err(_) if self.lines.peek().is_none() => Ok(None),
            line => line.map(Some),
        }
    }

    fn line(&self, number: usize, text: &'a str) -> Result<RecordedLine<'a>, ReplayError> {
        let (version, mut members) = read(number, text)?;
        if version != self.version {
            return Err(broken(number, &"its version is not that of the header"));
        }
        let at = members.remove("at_ns").unwrap_or_default();
        let at = serde_json::from_value(at).map_err(|problem| broken(number, &problem))?;
        let entry = if let Some(input) = members.remove("input") {
            RecordedEntry::Input(serde_json::from_value(input).map_err(|problem| broken(number, &problem))?)
        } else if ["session", "frame", "summary"].iter().any(|name| members.contains_key(*name)) {
            RecordedEntry::FromTheShell
        } else {
            RecordedEntry::Told(Value::Object(members))
        };
        Ok(RecordedLine { number, at, entry, text })
    }
}

/// The version of a line, and its other members.
fn read(number: usize, text: &str) -> Result<(u32, Map<String, Value>), ReplayError> {
    let mut members: Map<String, Value> = serde_json::from_str(text).map_err(|problem| broken(number, &problem))?;
    let version = members.remove("v").and_then(|version| version.as_u64()).unwrap_or_default();
    match u32::try_from(version) {
        Ok(version @ (VERSION | v1::VERSION)) => Ok((version, members)),
        _ => Err(broken(number, &format!("version {version} of the format is not known"))),
    }
}

fn broken(line: usize, problem: &dyn ToString) -> ReplayError {
    ReplayError::Line { line, problem: problem.to_string() }
}

/// The new session and what it has told since the last input.
struct Replayed {
    session: Session,
    version: u32,
    expected: VecDeque<Value>,
    at: SessionTime,
    /// After `quit` the first version told of a failure that was none: what it told then is not compared.
    over: bool,
}

impl Replayed {
    fn new(config: Config, version: u32) -> Result<Self, UnknownPolicy> {
        let (session, expected) = (Session::new(config)?, VecDeque::new());
        Ok(Self { session, version, expected, at: SessionTime::ZERO, over: false })
    }

    fn handle(&mut self, at: SessionTime, input: Input) {
        self.at = at;
        self.over |= self.version == v1::VERSION && input == Input::User(Command::Quit);
        self.session.handle(at, input);
        loop {
            match self.session.poll() {
                Output::Wait(_) => return,
                Output::Event(event) => {
                    let told = match self.version {
                        v1::VERSION => v1::entry(&event, self.session.presentation()),
                        _ => serde_json::to_value(ReportEntry::from(event)).ok(),
                    };
                    self.expected.extend(told);
                }
                _ => {}
            }
        }
    }

    /// Compares as values: the order of members does not matter.
    fn compare(&mut self, number: usize, recorded: Value, text: &str) -> Option<Difference> {
        if self.over {
            return None;
        }
        let replayed = self.expected.pop_front();
        (replayed.as_ref() != Some(&recorded)).then(|| self.difference(number, Some(text.to_owned()), replayed))
    }

    /// Something that was not recorded.
    fn leftover(&mut self, number: usize) -> Option<Difference> {
        let replayed = self.expected.pop_front().filter(|_| !self.over)?;
        Some(self.difference(number, None, Some(replayed)))
    }

    fn difference(&self, line: usize, recorded: Option<String>, replayed: Option<Value>) -> Difference {
        Difference { line, at: self.at, recorded, replayed: replayed.map(|told| told.to_string()) }
    }
}

fn shown(line: &Option<String>) -> &str {
    line.as_deref().unwrap_or("nothing")
}
