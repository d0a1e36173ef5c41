//! What resolving a document leaves behind besides its result: complaints with their place, and what it has cost.

use crate::mpd::budget::Budget;
use crate::mpd::problem::Warnings;

/// Of the whole document.
#[derive(Debug)]
pub(super) struct ResolveLedger {
    pub(super) warnings: Warnings,
    pub(super) budget: Budget,
}

impl Default for ResolveLedger {
    fn default() -> Self {
        Self { warnings: Warnings::default(), budget: Budget::new(Budget::UNFOLDED) }
    }
}

impl ResolveLedger {
    /// On account of the element at `path`.
    pub(super) fn of<'a>(&'a mut self, path: &'a str) -> Account<'a> {
        Account { path, ledger: self }
    }
}

/// Of one element.
pub(super) struct Account<'a> {
    path: &'a str,
    ledger: &'a mut ResolveLedger,
}

impl Account<'_> {
    pub(super) fn complain(&mut self, problem: impl Into<String>) {
        self.ledger.warnings.at(self.path, problem);
    }

    /// Whether so many bytes more may be written out.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        self.ledger.budget.take(bytes)
    }
}
