//! What can be wrong with a manifest, and where: errors end the reading, warnings go along with the result.

use std::fmt;

/// The document cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct MpdError {
    /// Line in the document, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong there and, where it can be said, what to do.
    pub problem: String,
}

/// Something was wrong or unusual and has been put right, ignored or left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub place: DocumentPlace,
    /// What, and what was done about it.
    pub problem: String,
}

/// A place in a manifest, as exactly as the stage that complains knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentPlace {
    /// In the text; both count from 1.
    Text {
        /// Line.
        line: u32,
        /// Column in characters.
        column: u32,
    },
    /// The path to an element: `Period 2 / AdaptationSet 1 / Representation "v3"`.
    Element(String),
}

/// `line 3, column 14` or the path.
impl fmt::Display for DocumentPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { line, column } => write!(f, "line {line}, column {column}"),
            Self::Element(path) => f.write_str(path),
        }
    }
}

/// Place and problem with a colon between them.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// A list of warnings of bounded length, because a document may have millions of mistakes.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    list: Vec<Warning>,
}

impl Warnings {
    const LIMIT: usize = 200;

    pub(super) fn push(&mut self, place: impl FnOnce() -> DocumentPlace, problem: impl Into<String>) {
        if self.list.len() < Self::LIMIT {
            self.list.push(Warning { place: place(), problem: problem.into() });
        } else if self.list.len() == Self::LIMIT {
            self.list.push(Warning { place: place(), problem: "and more: further warnings are left out".to_owned() });
        }
    }

    /// A complaint about the element at `path`.
    pub(super) fn at(&mut self, path: &str, problem: impl Into<String>) {
        self.push(|| DocumentPlace::Element(path.to_owned()), problem);
    }

    pub(super) fn into_list(self) -> Vec<Warning> {
        self.list
    }
}

/// Line and column (in characters) of a byte offset.
pub(super) fn line_column(text: &str, offset: usize) -> (u32, u32) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let column = before[line_start..].chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
