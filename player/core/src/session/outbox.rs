//! What is to be done, in order; and whatever is told passes through the journal on its way.

use super::journal::Journal;
use crate::io::{Event, Output};
use shared::time::SessionTime;
use std::collections::VecDeque;

/// The outputs that wait to be polled.
#[derive(Default)]
pub(super) struct Outbox {
    queue: VecDeque<Output>,
    pub(super) journal: Journal,
}

impl Outbox {
    pub(super) fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    pub(super) fn tell(&mut self, now: SessionTime, event: Event) {
        self.journal.note(now, &event);
        self.queue.push_back(Output::Event(event));
    }

    pub(super) fn next(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }
}
