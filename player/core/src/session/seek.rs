//! Where should the playhead go? Inside the buffer without a request; elsewhere the buffer is given up. Either way a
//! new epoch begins, and what belongs to the old one is dropped at every hop.

use super::Session;
use super::retry::Trouble;
use crate::buffer::SEAM;
use crate::io::{Epoch, Event, Output, TrackKind};
use shared::time::PresentationTime;
use std::time::Duration;

/// Seeks that follow each other faster than this are a hand that drags: the requests of all but the last are saved. Also
/// inside the buffer: it would be filled at the speed of the hand.
const DRAGGING: Duration = Duration::from_millis(200);

/// Manifests round their times.
const PICTURE_SLACK: Duration = Duration::from_millis(1);

impl Session {
    /// Goes to `target`, held within the presentation.
    pub(super) fn seek(&mut self, target: PresentationTime) {
        let Some(presentation) = &self.presentation else {
            self.playback.begin_at = Some(target);
            return;
        };
        let last = presentation.end().unwrap_or(PresentationTime::MAX);
        let target = target.min(last).max(presentation.start());
        let buffered = self.relocate(target, None);
        self.damp_dragging();
        self.tell(Event::Sought { to: target, buffered });
    }

    /// Begins a new epoch at `target`. What a track has of it is kept, except of the one that is `renewed`. Tells
    /// whether nothing is missing.
    pub(super) fn relocate(&mut self, target: PresentationTime, renewed: Option<usize>) -> bool {
        let lacks = |index: &usize| renewed == Some(*index) || !self.holds(*index, target);
        let missing: Vec<usize> = (0..self.tracks.len()).filter(lacks).collect();
        self.jump(target);
        missing.iter().for_each(|&index| self.refill(index, target));
        missing.is_empty()
    }

    /// A new epoch that begins at `target`.
    fn jump(&mut self, target: PresentationTime) {
        self.end_stall();
        self.playback.jump(self.now, target);
        self.playback.seeking = self.playback.startup.is_some();
        self.epoch = Epoch(self.epoch.0.wrapping_add(1));
        self.outbox.push(Output::Flush { epoch: self.epoch, from: target });
        for track in &mut self.tracks {
            track.buffer.rewind(target);
            track.fed_init = None;
        }
    }

    /// Whether a track has media at a place, or has ended before it.
    fn holds(&self, index: usize, target: PresentationTime) -> bool {
        let track = &self.tracks[index];
        // A part that begins just behind a place serves for sound, but not for the picture that is asked for.
        let slack = if track.kind == TrackKind::Video { PICTURE_SLACK } else { SEAM };
        track.buffer.part_at(target).is_some_and(|part| part.time.start <= target + slack)
            || (track.complete && target >= track.next && !track.buffer.is_empty())
    }

    /// Gives up what a track has and begins anew at `target`. A download that brings the target goes on.
    fn refill(&mut self, index: usize, target: PresentationTime) {
        let brings = |f: &super::track::Fetching| !f.replaces && f.time.contains(&target);
        if !self.tracks[index].fetching.as_ref().is_some_and(brings) {
            self.stop_fetching(index);
        }
        let dropped = self.tracks[index].buffer.clear();
        self.discard(dropped);
        let period = self.presentation.as_ref().map_or(0, |presentation| presentation.period_at(target));
        if self.tracks[index].period != period {
            self.enter_period(index, period);
        }
        let now = self.now;
        let track = &mut self.tracks[index];
        (track.next, track.complete, track.not_before) = (target, false, now);
        track.trouble = Trouble::default();
    }

    fn damp_dragging(&mut self) {
        let last = self.last_seek.replace(self.now);
        if last.is_some_and(|last| self.now.since(last) < DRAGGING) {
            let not_before = self.now + DRAGGING;
            self.tracks.iter_mut().for_each(|track| track.not_before = track.not_before.max(not_before));
        }
    }
}
