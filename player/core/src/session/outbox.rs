//! What is to be done, in order, and when to look again without an input; whatever is told passes through the journal
//! on its way. All rooms write here and none of them reads.

use super::journal::Journal;
use crate::io::{Event, Notice, Output, Severity};
use shared::time::{DateTime, PresentationTime, SessionTime};
use std::collections::VecDeque;
use std::time::Duration;

/// The outputs that wait to be polled, with the present instant.
#[derive(Default)]
pub(super) struct Outbox {
    now: SessionTime,
    /// The wall clock, as it was told last, and when that was.
    wall: Option<(SessionTime, DateTime)>,
    /// The earliest instant at which something is to be done without an input.
    wake: Option<SessionTime>,
    queue: VecDeque<Output>,
    pub(super) journal: Journal,
}

impl Outbox {
    /// Time goes on to `now`; it never goes back.
    pub(super) fn advance(&mut self, now: SessionTime) {
        self.now = self.now.max(now);
    }

    /// The present instant.
    pub(super) fn now(&self) -> SessionTime {
        self.now
    }

    /// From now on the wall clock is known.
    pub(super) fn set_wall(&mut self, wall: DateTime) {
        self.wall = Some((self.now, wall));
    }

    /// What time it is for people, if anybody has told.
    pub(super) fn wall(&self) -> Option<DateTime> {
        self.wall.map(|(told, wall)| wall + self.now.since(told))
    }

    /// When the wall clock will show `wall`, in session time.
    pub(super) fn at_wall(&self, wall: DateTime) -> Option<SessionTime> {
        self.wall().map(|now| self.now + wall.since(now))
    }

    /// Nobody waits for anything yet.
    pub(super) fn forget_wake(&mut self) {
        self.wake = None;
    }

    /// Asks for a `Timer` at `at`, or a moment from now when that has passed.
    pub(super) fn wake_at(&mut self, at: SessionTime) {
        let at = at.max(self.now + Duration::from_nanos(1));
        if at != SessionTime::MAX && self.wake.is_none_or(|wake| at < wake) {
            self.wake = Some(at);
        }
    }

    pub(super) fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.journal.note(self.now, &event);
        self.queue.push_back(Output::Event(event));
    }

    /// Tells people something, but not twice in a row.
    pub(super) fn notice(&mut self, severity: Severity, message: impl Into<String>) {
        let notice = Notice { severity, message: message.into() };
        if self.journal.last_notice() != Some(&notice) {
            self.tell(Event::Notice(notice));
        }
    }

    /// Tells people what was wrong at a place of the film, and what was done about it; the summary keeps it.
    pub(super) fn mended(&mut self, severity: Severity, at: PresentationTime, what: &str, how: &str) {
        self.notice(severity, format!("{what}: {how}"));
        self.journal.mended(at, what, how);
    }

    /// The next output; `Output::Wait` when there is none.
    pub(super) fn poll(&mut self) -> Output {
        self.queue.pop_front().unwrap_or(Output::Wait(self.wake))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SessionTime {
        Duration::from_secs(secs).into()
    }

    #[test]
    fn the_earliest_deadline_counts_and_one_that_has_passed_is_the_next_instant() {
        let mut out = Outbox::default();
        out.advance(at(10));
        out.wake_at(at(20));
        out.wake_at(at(15));
        out.wake_at(SessionTime::MAX);
        assert_eq!(out.poll(), Output::Wait(Some(at(15))));
        out.wake_at(at(3));
        assert_eq!(out.poll(), Output::Wait(Some(at(10) + Duration::from_nanos(1))));
        out.forget_wake();
        assert_eq!(out.poll(), Output::Wait(None));
    }

    #[test]
    fn the_same_message_is_not_told_twice_in_a_row() {
        let mut out = Outbox::default();
        for message in ["a", "a", "b", "a"] {
            out.notice(Severity::Info, message);
        }
        assert_eq!(std::iter::from_fn(|| matches!(out.poll(), Output::Event(_)).then_some(())).count(), 3);
    }

    #[test]
    fn the_wall_clock_goes_on_with_the_session() {
        let mut out = Outbox::default();
        assert_eq!(out.wall(), None);
        let noon: DateTime = "2026-11-28T12:00:00Z".parse().unwrap();
        out.advance(at(5));
        out.set_wall(noon);
        out.advance(at(8));
        assert_eq!(out.wall(), Some(noon + Duration::from_secs(3)));
        assert_eq!(out.at_wall(noon + Duration::from_secs(10)), Some(at(15)));
    }
}
