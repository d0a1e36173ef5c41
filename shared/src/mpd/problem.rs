//! What can be wrong with a manifest, and where: errors end the reading, warnings go along with the result.

use crate::shown::shortened;
use std::fmt;

/// Characters of a place and of a problem that are kept: what they quote may be as long as the document.
const MOST_SHOWN: usize = 300;

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

impl MpdError {
    /// A problem at a place that counts from 1.
    pub(super) fn at((line, column): (u32, u32), problem: &str) -> Self {
        Self { line, column, problem: shortened(problem, MOST_SHOWN).into_owned() }
    }

    /// A problem of the document as a whole.
    pub(super) fn of_all(problem: &str) -> Self {
        Self::at((1, 1), problem)
    }
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
            let problem = shortened(&problem.into(), MOST_SHOWN).into_owned();
            self.list.push(Warning { place: place(), problem });
        } else if self.list.len() == Self::LIMIT {
            self.list.push(Warning { place: place(), problem: "and more: further warnings are left out".to_owned() });
        }
    }

    /// How many more are kept.
    pub(super) fn room(&self) -> usize {
        (Self::LIMIT + 1).saturating_sub(self.list.len())
    }

    /// A complaint about the element at `path`.
    pub(super) fn at(&mut self, path: &str, problem: impl Into<String>) {
        self.push(|| DocumentPlace::Element(shortened(path, MOST_SHOWN).into_owned()), problem);
    }

    pub(super) fn into_list(self) -> Vec<Warning> {
        self.list
    }
}

/// Line and column (in characters) of byte offsets in a text. What was counted up to the last one is not counted again
/// while they rise, as they do in reading.
#[derive(Debug)]
pub(super) struct LineCounter {
    /// In bytes, at the start of a character.
    offset: usize,
    line: u32,
    column: u32,
}

impl LineCounter {
    pub(super) const fn new() -> Self {
        Self { offset: 0, line: 1, column: 1 }
    }

    /// Of the offset, or of the start of the character around it.
    pub(super) fn at(&mut self, text: &str, offset: usize) -> (u32, u32) {
        if offset < self.offset {
            *self = Self::new();
        }
        let end = text.floor_char_boundary(offset);
        let between = &text[self.offset..end];
        let (line_ends, rest) = match between.rsplit_once('\n') {
            None => (0, between),
            Some((before, rest)) => (before.bytes().filter(|&b| b == b'\n').count() + 1, rest),
        };
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.column = if line_ends > 0 { 1 } else { self.column };
        self.column = self.column.saturating_add(number(rest.chars().count()));
        self.line = self.line.saturating_add(number(line_ends));
        self.offset = end;
        (self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_on_and_back() {
        let text = "ab\näöü\n\nx";
        let mut counter = LineCounter::new();
        let at = [0, 1, 3, 5, 6, 10, 11, 4, 1000].map(|offset| counter.at(text, offset));
        assert_eq!(at, [(1, 1), (1, 2), (2, 1), (2, 2), (2, 2), (3, 1), (4, 1), (2, 1), (4, 2)]);
    }

    #[test]
    fn what_a_warning_quotes_is_cut() {
        let mut warnings = Warnings::default();
        warnings.at(&"p".repeat(1_000_000), "q".repeat(1_000_000));
        assert!(warnings.into_list()[0].to_string().chars().count() <= 2 * MOST_SHOWN + 2);
    }
}
