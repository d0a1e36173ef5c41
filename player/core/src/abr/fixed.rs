//! The user's rung, whatever the link does.

use super::{Choice, Context, Policy, Reason, Rule};

/// Always the same rung, or the highest there is when the ladder is shorter.
#[derive(Debug, Clone)]
pub(super) struct Fixed {
    rung: usize,
    name: String,
}

impl Fixed {
    /// `rung` counts from 0, the lowest.
    pub(super) fn new(rung: usize) -> Self {
        Self { rung, name: format!("fixed:{rung}") }
    }
}

impl Policy for Fixed {
    fn name(&self) -> &str {
        &self.name
    }

    fn decide(&mut self, context: &Context<'_>) -> Choice {
        let rung = self.rung.min(context.ladder.len() - 1);
        Choice::fetch(context, rung, Reason::new(Rule::Fixed, context, None))
    }
}
