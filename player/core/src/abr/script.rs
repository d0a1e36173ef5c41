//! Rungs from a list: for worked examples and comparisons.

use super::{Advice, Context, Policy, Reason, Rule};

/// More than ten hours of two-second segments.
const MOST_ENTRIES: usize = 20_000;

/// The rung of each segment by its ordinal; the last entry holds from there on.
#[derive(Debug, Clone)]
pub(super) struct Script {
    rungs: Vec<usize>,
}

impl Script {
    /// From `0,2,1`; `None` when it is not a list of numbers.
    pub(super) fn parse(list: &str) -> Option<Self> {
        let rungs: Option<Vec<usize>> = list.split(',').take(MOST_ENTRIES).map(|r| r.trim().parse().ok()).collect();
        rungs.map(|rungs| Self { rungs })
    }

    fn at(&self, ordinal: u64) -> usize {
        let last = self.rungs.len() - 1;
        self.rungs[usize::try_from(ordinal).unwrap_or(last).min(last)]
    }
}

impl Policy for Script {
    fn decide(&mut self, context: &Context<'_>) -> Advice {
        let choice = self.at(context.ordinal).min(context.ladder.len() - 1);
        Advice::fetch(context, choice, Reason::new(Rule::Script, context, None))
    }

    fn may_replace(&self) -> bool {
        false
    }
}
