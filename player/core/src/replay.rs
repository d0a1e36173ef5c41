//! The recorded inputs of a session, and only they, fed to a new one: it must do the same. Whatever differs shows a
//! decision that depended on something else than its inputs, or a report that was changed.

use crate::abr::UnknownPolicy;
use crate::io::{Command, Event, Input, Output};
use crate::report::{LinkLine, ReportEntry, Totals, VERSION, v1};
use crate::session::{Config, Session};
use crate::snapshot::Snapshot;
use serde_json::{Map, Value};
use shared::time::SessionTime;
use shared::units::Bitrate;
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
            RecordedEntry::FromTheShell | RecordedEntry::Link(_) | RecordedEntry::Summary(_) => None,
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

/// Looks on while a report is told again.
pub trait Witness {
    /// Nothing more happens before `at`.
    fn until(&mut self, _session: &Session, _at: SessionTime) {}
    /// The session told something.
    fn told(&mut self, _event: &Event) {}
    /// The session has dealt with an input.
    fn handled(&mut self, _session: &Session) {}
    /// The shell told how much the link lets through from now on.
    fn link(&mut self, _rate: Bitrate) {}
    /// The figures that the shell wrote at the end.
    fn summed_up(&mut self, _totals: Totals) {}
}

impl Witness for () {}

/// The session that a report tells of, as it was at the end: what was done with its inputs once is done again.
///
/// # Errors
/// When it is not a report of a version that is known here.
pub fn rebuild<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Snapshot, ReplayError> {
    retell(lines, &mut ())
}

/// As [`rebuild`], while somebody looks on.
///
/// # Errors
/// When it is not a report of a version that is known here.
pub fn retell<'a>(
    lines: impl IntoIterator<Item = &'a str>,
    witness: &mut impl Witness,
) -> Result<Snapshot, ReplayError> {
    let mut report = Recorded::new(lines)?;
    let mut session = Session::new(report.config.clone())?;
    while let Some(line) = report.next()? {
        witness.until(&session, line.at);
        match line.entry {
            RecordedEntry::Input(input) => {
                session.handle(line.at, *input);
                events(&mut session, |event| witness.told(&event));
                witness.handled(&session);
            }
            RecordedEntry::Link(link) => witness.link(link.rate),
            RecordedEntry::Summary(totals) => witness.summed_up(*totals),
            RecordedEntry::FromTheShell | RecordedEntry::Told(_) => {}
        }
    }
    Ok(session.snapshot())
}

/// Everything that the session has to tell before the next input; what it wants done was done by the shell.
fn events(session: &mut Session, mut tell: impl FnMut(Event)) {
    loop {
        match session.poll() {
            Output::Wait(_) => return,
            Output::Event(event) => tell(event),
            _ => {}
        }
    }
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
    /// A link at an instant, from the shell, too.
    Link(LinkLine),
    /// The figures of the whole, from the shell, too.
    Summary(Box<Totals>),
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
        } else if let Some(totals) = members.remove("summary") {
            let totals = serde_json::from_value(totals);
            totals.map_or(RecordedEntry::FromTheShell, RecordedEntry::Summary)
        } else if let Some(link) = members.remove("link") {
            serde_json::from_value(link).map_or(RecordedEntry::FromTheShell, RecordedEntry::Link)
        } else if ["session", "frame", "screen"].iter().any(|name| members.contains_key(*name)) {
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
        let mut told = vec![];
        events(&mut self.session, |event| told.push(event));
        for event in told {
            let told = match self.version {
                v1::VERSION => v1::entry(&event, self.session.presentation()),
                _ => serde_json::to_value(ReportEntry::from(event)).ok(),
            };
            self.expected.extend(told);
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
