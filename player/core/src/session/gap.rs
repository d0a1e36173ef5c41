//! What if there is nothing at the playhead? A hole that all tracks have in common is not looked at: the film goes on
//! behind it as soon as that is there, and ends where nothing follows.

use super::Session;
use super::track::Track;
use crate::buffer::SEAM;
use crate::io::Severity;
use shared::time::PresentationTime;
use std::time::Duration;

/// While the playhead moves, a shorter hole is over before a jump would be.
const LEAST: Duration = Duration::from_millis(500);

/// Where a track goes on behind a hole.
struct Behind {
    track: usize,
    start: PresentationTime,
    /// Not there yet, and perhaps another hole.
    awaited: bool,
}

impl Session {
    /// Leaves the hole in which the playhead is, if so; tells whether the playhead is not to move for now.
    pub(super) fn leave_hole(&mut self) -> bool {
        let position = self.position();
        if self.playback.ended || self.tracks.is_empty() {
            return false;
        }
        if !self.tracks.iter().all(|track| track.lacks(position)) {
            self.wake_at_holes(position);
            return false;
        }
        let behind = self.behind_hole(position);
        match behind.first() {
            None => self.end_with_hole(position),
            Some(first) if self.is_over_soon(position, first.start) => false,
            Some(first) if behind.iter().all(|b| !b.awaited) || self.waits_for_room(&behind) => {
                self.leap(position, first.start);
                true
            }
            Some(_) => !self.playback.told,
        }
    }

    /// The tracks that go on first, pictures before sound: manifests round their times.
    fn behind_hole(&self, position: PresentationTime) -> Vec<Behind> {
        let tracks = self.tracks.iter().enumerate();
        let mut behind: Vec<_> = tracks.filter_map(|(index, track)| track.behind(index, position)).collect();
        let earliest = behind.iter().map(|behind| behind.start).min();
        behind.retain(|behind| earliest.is_some_and(|earliest| behind.start <= earliest + SEAM));
        behind
    }

    fn leap(&mut self, from: PresentationTime, to: PresentationTime) {
        let mut reasons: Vec<_> = self.tracks.iter().filter_map(|track| track.why_missing(from)).collect();
        reasons.dedup();
        let why = if reasons.is_empty() { "it is missing".to_owned() } else { reasons.join("; ") };
        self.notice(Severity::Warning, format!("going on at {to}: from {from} on there is nothing to play ({why})"));
        self.go_on_at(to);
    }

    /// Whether what follows can be fetched only when the playhead is nearer.
    fn waits_for_room(&mut self, behind: &[Behind]) -> bool {
        behind.iter().filter(|behind| behind.awaited).any(|behind| {
            let segment = self.next_segment(behind.track);
            segment.is_some_and(|(_, segment)| self.lacks_room(behind.track, &segment.time).is_some())
        })
    }

    /// All that is left is a hole.
    fn end_with_hole(&mut self, position: PresentationTime) -> bool {
        if self.playback.startup.is_none() {
            self.fail("nothing of it can be had");
            return true;
        }
        let end = self.tracks.iter().map(|track| track.next).max().unwrap_or(position);
        if !self.playback.wanted || self.is_over_soon(position, end) {
            return false;
        }
        self.end();
        true
    }

    fn is_over_soon(&self, position: PresentationTime, end: PresentationTime) -> bool {
        end <= position || (self.playback.clock.running() && end.since(position) < LEAST)
    }

    fn wake_at_holes(&mut self, position: PresentationTime) {
        let holes = self.tracks.iter().flat_map(Track::holes).filter(|start| *start > position).min();
        if let Some(at) = holes.and_then(|start| self.playback.clock.time_at(start)) {
            self.wake_at(at);
        }
    }
}

impl Track {
    /// Whether it is known to have nothing at a place.
    fn lacks(&self, position: PresentationTime) -> bool {
        match self.buffer.part_at(position) {
            Some(part) => part.media.is_none(),
            None => self.complete,
        }
    }

    /// Where it goes on behind a place at which it has nothing.
    fn behind(&self, track: usize, position: PresentationTime) -> Option<Behind> {
        let media = self.buffer.parts().find(|part| part.media.is_some() && part.time.start > position);
        match media {
            Some(part) => Some(Behind { track, start: part.time.start, awaited: false }),
            None => (!self.complete).then_some(Behind { track, start: self.next, awaited: true }),
        }
    }

    fn why_missing(&self, position: PresentationTime) -> Option<&str> {
        self.buffer.part_at(position)?.missing.as_deref()
    }

    fn holes(&self) -> impl Iterator<Item = PresentationTime> {
        let known = self.buffer.parts().filter(|part| part.media.is_none()).map(|part| part.time.start);
        known.chain(self.complete.then_some(self.next))
    }
}
