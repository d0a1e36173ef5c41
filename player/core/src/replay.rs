//! The recorded inputs of a session, and only they, fed to a new one: it must do the same. Whatever differs shows a
//! decision that depended on something else than its inputs, or a report that was changed.

use crate::abr::UnknownPolicy;
use crate::io::Output;
use crate::report::{Entry, Line, VERSION};
use crate::session::Session;
use crate::snapshot::Snapshot;
use serde_json::Value;
use shared::time::SessionTime;
use std::collections::VecDeque;
use thiserror::Error;

/// How a replay went.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
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
/// When it is not a report of this version.
pub fn replay<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Outcome, ReplayError> {
    let mut lines = lines.into_iter().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
    let first = lines.next().ok_or(ReplayError::Header)?;
    let Entry::Session(config) = read(first.0, first.1)?.entry else { return Err(ReplayError::Header) };
    let mut replayed = Replayed { session: Session::new(*config)?, expected: VecDeque::new(), at: SessionTime::ZERO };
    let (mut inputs, mut compared) = (0, 0);
    while let Some((index, text)) = lines.next() {
        let line = match read(index, text) {
            Err(_) if lines.peek().is_none() => break,
            line => line?,
        };
        let difference = match line.entry {
            Entry::Input(input) => {
                inputs += 1;
                let difference = replayed.leftover(index);
                replayed.handle(line.at_ns, input);
                difference
            }
            Entry::Session(_) | Entry::Frame(_) | Entry::Summary(_) => None,
            _ => {
                compared += 1;
                replayed.compare(index, text)
            }
        };
        if let Some(difference) = difference {
            return Ok(Outcome::Differs(Box::new(difference)));
        }
    }
    Ok(Outcome::Same { inputs, compared })
}

/// The session that a report tells of, as it was at the end: what was done with its inputs once is done again.
///
/// # Errors
/// When it is not a report of this version.
pub fn rebuild<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Snapshot, ReplayError> {
    let mut lines = lines.into_iter().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
    let first = lines.next().ok_or(ReplayError::Header)?;
    let Entry::Session(config) = read(first.0, first.1)?.entry else { return Err(ReplayError::Header) };
    let mut replayed = Replayed { session: Session::new(*config)?, expected: VecDeque::new(), at: SessionTime::ZERO };
    while let Some((index, text)) = lines.next() {
        match read(index, text) {
            Err(_) if lines.peek().is_none() => break,
            line => {
                if let Line { at_ns, entry: Entry::Input(input), .. } = line? {
                    replayed.handle(at_ns, input);
                    replayed.expected.clear();
                }
            }
        }
    }
    Ok(replayed.session.snapshot())
}

fn read(index: usize, text: &str) -> Result<Line, ReplayError> {
    let error = |problem: String| ReplayError::Line { line: index + 1, problem };
    let line: Line = serde_json::from_str(text).map_err(|problem| error(problem.to_string()))?;
    if line.v == VERSION { Ok(line) } else { Err(error(format!("version {} of the format is not known", line.v))) }
}

/// The new session and what it has told since the last input.
struct Replayed {
    session: Session,
    expected: VecDeque<String>,
    at: SessionTime,
}

impl Replayed {
    fn handle(&mut self, at: SessionTime, input: crate::io::Input) {
        self.at = at;
        self.session.handle(at, input);
        loop {
            match self.session.poll() {
                Output::Wait(_) => return,
                output => self.expected.extend(crate::report::output_line(at, &output)),
            }
        }
    }

    /// Compares as values: the order of members does not matter.
    fn compare(&mut self, index: usize, recorded: &str) -> Option<Difference> {
        let replayed = self.expected.pop_front();
        let value = |text: &str| serde_json::from_str::<Value>(text).ok();
        let same = replayed.as_deref().is_some_and(|replayed| value(replayed) == value(recorded));
        (!same).then(|| self.difference(index, Some(recorded.to_owned()), replayed))
    }

    /// Something that was not recorded.
    fn leftover(&mut self, index: usize) -> Option<Difference> {
        let replayed = self.expected.pop_front()?;
        Some(self.difference(index, None, Some(replayed)))
    }

    fn difference(&self, index: usize, recorded: Option<String>, replayed: Option<String>) -> Difference {
        Difference { line: index + 1, at: self.at, recorded, replayed }
    }
}

fn shown(line: &Option<String>) -> &str {
    line.as_deref().unwrap_or("nothing")
}
