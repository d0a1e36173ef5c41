//! The user's rung, whatever the link does.

use super::{Advice, Context, Policy, Reason, Rule};

/// Always the same rung, or the highest there is when the ladder is shorter.
#[derive(Debug, Clone)]
pub(super) struct Fixed {
    choice: usize,
}

impl Fixed {
    /// `choice` counts from 0, the lowest rung.
    pub(super) fn new(choice: usize) -> Self {
        Self { choice }
    }
}

impl Policy for Fixed {
    fn decide(&mut self, context: &Context<'_>) -> Advice {
        let choice = self.choice.min(context.ladder.len() - 1);
        Advice::fetch(context, choice, Reason::new(Rule::Fixed, context, None))
    }
}
