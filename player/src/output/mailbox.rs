//! Decoded pictures waiting for their time. The decoder puts them in and waits when it is full; whoever shows asks
//! for the one that is due. Each picture comes out at most once.

use player_core::io::Epoch;
use shared::time::PresentationTime;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Something with a place on the presentation axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed<F> {
    /// When it is to be shown.
    pub pts: PresentationTime,
    /// Until when, as far as known.
    pub end: PresentationTime,
    /// After which flush it was decoded.
    pub epoch: Epoch,
    /// The picture.
    pub picture: F,
}

/// Answer to "what is due?".
#[derive(Debug, PartialEq)]
pub struct Due<F> {
    /// The newest picture whose time has come; `None` when the one on the screen stays.
    pub shown: Option<Timed<F>>,
    /// Older ones whose time has come as well: too late for the screen.
    pub skipped: Vec<Timed<F>>,
}

/// How full it is, for starvation and pre-roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Pictures waiting.
    pub waiting: usize,
    /// End of the newest picture that ever came in this epoch.
    pub covered: Option<PresentationTime>,
    /// Nothing more will come in this epoch.
    pub finished: bool,
}

impl Level {
    /// Everything was shown to its end at `position`.
    pub fn played_out(&self, position: PresentationTime) -> bool {
        self.finished && self.dry(position)
    }

    /// There should be a picture at `position`, and there is none.
    pub fn starved(&self, position: PresentationTime) -> bool {
        !self.finished && self.dry(position)
    }

    fn dry(&self, position: PresentationTime) -> bool {
        self.waiting == 0 && self.covered.is_none_or(|end| position >= end)
    }
}

/// A bounded queue between one decoder and one who shows. The lock is held for moving a few pointers, never while
/// waiting or decoding.
#[derive(Debug)]
pub struct Mailbox<F> {
    state: Mutex<MailboxState<F>>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Debug)]
struct MailboxState<F> {
    epoch: Epoch,
    frames: VecDeque<Timed<F>>,
    covered: Option<PresentationTime>,
    first_shown: bool,
    finished: bool,
    closed: bool,
}

impl<F> MailboxState<F> {
    fn begin(epoch: Epoch) -> Self {
        Self { epoch, frames: VecDeque::new(), covered: None, first_shown: false, finished: false, closed: false }
    }

    fn takes(&self, epoch: Epoch) -> bool {
        !self.closed && self.epoch == epoch
    }
}

impl<F> Mailbox<F> {
    /// Holds at most `capacity` pictures, at least two.
    pub fn new(capacity: usize) -> Self {
        Self { state: Mutex::new(MailboxState::begin(Epoch(0))), changed: Condvar::new(), capacity: capacity.max(2) }
    }

    /// Puts a picture in, waiting for room. `false`: its epoch has passed or the mailbox is closed; stop decoding.
    pub fn push(&self, frame: Timed<F>) -> bool {
        let epoch = frame.epoch;
        let full = |state: &mut MailboxState<F>| state.takes(epoch) && state.frames.len() >= self.capacity;
        let mut state = self.changed.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        if !state.takes(epoch) {
            return false;
        }
        state.covered = Some(state.covered.map_or(frame.end, |end| end.max(frame.end)));
        state.frames.push_back(frame);
        self.changed.notify_all();
        true
    }

    /// There are no pictures up to `until`: the one before them stays on the screen.
    pub fn cover(&self, epoch: Epoch, until: PresentationTime) {
        let mut state = self.lock();
        if state.takes(epoch) {
            state.covered = Some(state.covered.map_or(until, |end| end.max(until)));
        }
    }

    /// Nothing more will come in `epoch`.
    pub fn finish(&self, epoch: Epoch) {
        let mut state = self.lock();
        state.finished |= state.epoch == epoch;
        self.changed.notify_all();
    }

    /// Forgets everything; only pictures of `epoch` are taken from now on.
    pub fn flush(&self, epoch: Epoch) {
        let mut state = self.lock();
        *state = MailboxState { closed: state.closed, ..MailboxState::begin(epoch) };
        self.changed.notify_all();
    }

    /// Ends all waiting; nothing is taken from now on.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.frames.clear();
        self.changed.notify_all();
    }

    /// What is due at `position`. The first picture of an epoch always is: after a seek or at the start the viewer
    /// sees where he is before the clock runs.
    pub fn take_due(&self, position: PresentationTime) -> Due<F> {
        let mut state = self.lock();
        let mut count = state.frames.iter().take_while(|frame| frame.pts <= position).count();
        if !state.first_shown {
            count = count.max(1);
        }
        let mut due: Vec<_> = {
            let count = count.min(state.frames.len());
            state.frames.drain(..count).collect()
        };
        let shown = due.pop();
        if shown.is_some() {
            state.first_shown = true;
            self.changed.notify_all();
        }
        Due { shown, skipped: due }
    }

    /// When the next waiting picture is due.
    pub fn next_pts(&self) -> Option<PresentationTime> {
        self.lock().frames.front().map(|frame| frame.pts)
    }

    /// How full it is.
    pub fn level(&self) -> Level {
        let state = self.lock();
        Level { waiting: state.frames.len(), covered: state.covered, finished: state.finished }
    }

    /// Whether a viewer could be shown something at once: a picture waits or is on the screen, or none will come.
    pub fn ready(&self) -> bool {
        let state = self.lock();
        state.covered.is_some() || state.finished
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, MailboxState<F>> {
        // A panic elsewhere must not take the picture away: the state is valid after each statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn ms(millis: i64) -> PresentationTime {
        PresentationTime::from_millis(millis)
    }

    fn frame(millis: i64) -> Timed<i64> {
        Timed { pts: ms(millis), end: ms(millis + 40), epoch: Epoch(0), picture: millis }
    }

    fn filled(times: &[i64]) -> Mailbox<i64> {
        let mailbox = Mailbox::new(16);
        assert!(times.iter().all(|&t| mailbox.push(frame(t))));
        mailbox
    }

    fn pictures(due: Due<i64>) -> (Option<i64>, Vec<i64>) {
        (due.shown.map(|f| f.picture), due.skipped.into_iter().map(|f| f.picture).collect())
    }

    #[test]
    fn the_newest_due_picture_is_shown_once_and_older_ones_count_as_skipped() {
        let mailbox = filled(&[0, 40, 80, 120]);
        assert_eq!(pictures(mailbox.take_due(ms(10))), (Some(0), vec![]));
        assert_eq!(pictures(mailbox.take_due(ms(30))), (None, vec![]));
        assert_eq!(pictures(mailbox.take_due(ms(90))), (Some(80), vec![40]));
        assert_eq!(mailbox.next_pts(), Some(ms(120)));
    }

    #[test]
    fn the_first_picture_of_an_epoch_is_shown_before_its_time() {
        let mailbox = filled(&[500, 540]);
        assert_eq!(pictures(mailbox.take_due(ms(480))), (Some(500), vec![]));
        assert_eq!(pictures(mailbox.take_due(ms(480))), (None, vec![]));
        mailbox.flush(Epoch(1));
        mailbox.push(Timed { epoch: Epoch(1), ..frame(7000) });
        assert_eq!(pictures(mailbox.take_due(ms(6990))), (Some(7000), vec![]));
    }

    #[test]
    fn a_flush_drops_what_is_old_and_releases_a_waiting_decoder() {
        let mailbox = Arc::new(Mailbox::new(2));
        assert!(mailbox.push(frame(0)) && mailbox.push(frame(40)));
        let decoder = {
            let mailbox = Arc::clone(&mailbox);
            std::thread::Builder::new().spawn(move || mailbox.push(frame(80))).unwrap()
        };
        mailbox.flush(Epoch(1));
        assert!(!decoder.join().unwrap(), "a picture of the old epoch was accepted");
        assert_eq!(mailbox.level(), Level { waiting: 0, covered: None, finished: false });
        mailbox.finish(Epoch(0));
        assert!(!mailbox.level().finished, "the end of an old epoch is not the end of the new one");
    }

    #[test]
    fn starved_and_played_out_differ_by_the_end_of_the_stream() {
        let mailbox = filled(&[0]);
        let _ = mailbox.take_due(ms(0));
        assert!(!mailbox.level().starved(ms(39)) && mailbox.level().starved(ms(40)));
        mailbox.finish(Epoch(0));
        assert!(!mailbox.level().starved(ms(40)));
        assert!(mailbox.level().played_out(ms(40)) && !mailbox.level().played_out(ms(39)));
    }

    #[test]
    fn a_closed_mailbox_takes_nothing() {
        let mailbox = filled(&[0]);
        mailbox.close();
        assert!(!mailbox.push(frame(40)));
        assert!(mailbox.is_closed());
    }
}
