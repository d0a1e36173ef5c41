//! What is wrong with a file, and where.

use super::FourCc;
use std::borrow::Cow;

/// A file is not what its boxes say. The offset counts from the start of the bytes that were handed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (box `{kind}` at byte {offset})")]
pub struct BmffError {
    /// The innermost box that was being read.
    pub kind: FourCc,
    /// Where it begins, or where reading stopped within it.
    pub offset: usize,
    /// In words.
    pub problem: Cow<'static, str>,
}

impl BmffError {
    /// `problem` at `offset` in a box of `kind`.
    pub fn new(kind: FourCc, offset: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, offset, problem: problem.into() }
    }
}
