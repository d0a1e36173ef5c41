//! What if there is nothing at the playhead? A hole that all tracks have in common is not looked at: the film goes on
//! behind it as soon as that is there, and ends where nothing follows.

use super::{Move, Playhead};
use crate::buffer::SEAM;
use crate::kinds::TrackKind;
use crate::session::level::PlayableLevel;
use crate::session::outbox::Outbox;
use shared::time::PresentationTime;
use std::time::Duration;

/// While the playhead moves, a shorter hole is over before a jump would be.
const LEAST: Duration = Duration::from_millis(500);

/// Whether the playhead is in a hole, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hole {
    /// It is not, or the hole is over soon.
    None,
    /// It leaves.
    Leave(Move),
}

/// Where a track goes on behind a hole.
struct Behind {
    kind: TrackKind,
    start: PresentationTime,
    /// Not there yet, and perhaps another hole.
    awaited: bool,
}

impl Playhead {
    /// Looks whether all tracks lack what is at the playhead.
    pub(super) fn look_at_hole(&self, levels: &[PlayableLevel<'_>], out: &mut Outbox) -> Hole {
        let position = self.position(out.now());
        if self.ended || levels.is_empty() {
            return Hole::None;
        }
        if !levels.iter().all(|level| level.lacks(position)) {
            self.wake_at_holes(levels, position, out);
            return Hole::None;
        }
        let behind = behind_hole(levels, position);
        let Some(first) = behind.first() else { return self.end_with_hole(levels, position) };
        if self.is_over_soon(position, first.start) {
            return Hole::None;
        }
        let (from, to, why) = (position, first.start, why_missing(levels, position));
        let awaited: Vec<TrackKind> = behind.iter().filter(|b| b.awaited).map(|b| b.kind).collect();
        Hole::Leave(if awaited.is_empty() {
            Move::Leap { from, to, why }
        } else {
            Move::LeapForRoom { awaited, from, to, why }
        })
    }

    /// All that is left is a hole.
    fn end_with_hole(&self, levels: &[PlayableLevel<'_>], position: PresentationTime) -> Hole {
        if self.startup.is_none() {
            return Hole::Leave(Move::NothingThere);
        }
        let end = levels.iter().map(|level| level.next).max().unwrap_or(position);
        if !self.wanted || self.is_over_soon(position, end) { Hole::None } else { Hole::Leave(Move::End) }
    }

    fn is_over_soon(&self, position: PresentationTime, end: PresentationTime) -> bool {
        end <= position || (self.clock.running() && end.since(position) < LEAST)
    }

    fn wake_at_holes(&self, levels: &[PlayableLevel<'_>], position: PresentationTime, out: &mut Outbox) {
        let holes = levels.iter().flat_map(PlayableLevel::holes).filter(|start| *start > position).min();
        if let Some(at) = holes.and_then(|start| self.clock.time_at(start)) {
            out.wake_at(at);
        }
    }
}

/// The tracks that go on first; manifests round their times.
fn behind_hole(levels: &[PlayableLevel<'_>], position: PresentationTime) -> Vec<Behind> {
    let mut behind: Vec<_> = levels.iter().filter_map(|level| level.behind(position)).collect();
    let earliest = behind.iter().map(|behind| behind.start).min();
    behind.retain(|behind| earliest.is_some_and(|earliest| behind.start <= earliest + SEAM));
    behind
}

fn why_missing(levels: &[PlayableLevel<'_>], position: PresentationTime) -> String {
    let mut reasons: Vec<_> = levels.iter().filter_map(|level| level.why_missing(position)).collect();
    reasons.dedup();
    if reasons.is_empty() { "it is missing".to_owned() } else { reasons.join("; ") }
}

impl PlayableLevel<'_> {
    /// Whether it is known to have nothing at a place.
    fn lacks(&self, position: PresentationTime) -> bool {
        match self.buffer.part_at(position) {
            Some(part) => part.media.is_none(),
            None => self.complete,
        }
    }

    /// Where it goes on behind a place at which it has nothing.
    fn behind(&self, position: PresentationTime) -> Option<Behind> {
        let media = self.buffer.parts().find(|part| part.media.is_some() && part.time.start > position);
        match media {
            Some(part) => Some(Behind { kind: self.kind, start: part.time.start, awaited: false }),
            None => (!self.complete).then_some(Behind { kind: self.kind, start: self.next, awaited: true }),
        }
    }

    fn why_missing(&self, position: PresentationTime) -> Option<&str> {
        self.buffer.part_at(position)?.missing.as_deref()
    }

    /// Where its holes begin, and its end.
    fn holes(&self) -> impl Iterator<Item = PresentationTime> {
        let known = self.buffer.parts().filter(|part| part.media.is_none()).map(|part| part.time.start);
        known.chain(self.complete.then_some(self.next))
    }
}
