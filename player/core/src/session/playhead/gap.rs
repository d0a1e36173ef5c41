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

#[cfg(test)]
mod tests {
    use super::super::testing::{Audio, Have::*, TestTrack, Video, at, levels, place, told};
    use super::*;
    use crate::io::Rendering;
    use crate::session::{ClockSource, Config};
    use shared::time::PresentationTime;

    /// A playhead that has shown something and stands at a place, or moves from there on.
    fn playhead(secs: f64, moves: bool, tracks: &[TestTrack]) -> (Playhead, Outbox) {
        let (mut playhead, mut out) = (Playhead::default(), Outbox::default());
        let config = Config { clock: ClockSource::Reported, ..Config::default() };
        let first = [TestTrack::complete(Video, &[Fed(60.0)])];
        playhead.run_or_stand(&levels(&first), &config, &mut out);
        let state = if moves { Rendering::Playing } else { Rendering::Starved };
        playhead.follow(place(0.0), Rendering::Playing, PresentationTime::ZERO, &levels(&first), &mut out);
        playhead.follow(place(secs), state, PresentationTime::ZERO, &levels(&first), &mut out);
        assert!(playhead.started() && playhead.position(at(0.0)) == place(secs) && !tracks.is_empty());
        told(&mut out);
        (playhead, out)
    }

    fn look(secs: f64, moves: bool, tracks: &[TestTrack]) -> Hole {
        let (playhead, mut out) = playhead(secs, moves, tracks);
        playhead.look_at_hole(&levels(tracks), &mut out)
    }

    fn leap(from: f64, to: f64, why: &str) -> Hole {
        Hole::Leave(Move::Leap { from: place(from), to: place(to), why: why.to_owned() })
    }

    #[test]
    fn a_hole_of_all_tracks_is_leapt_over_to_where_the_first_goes_on() {
        let video = || TestTrack::new(Video, &[Fed(4.0), Nothing(8.0), There(12.0)]);
        let audio = || TestTrack::new(Audio, &[Fed(4.0), Nothing(10.0), There(12.0)]);
        assert_eq!(look(4.0, false, &[video()]), leap(4.0, 8.0, "no video"));
        assert_eq!(look(5.0, true, &[video(), audio()]), leap(5.0, 8.0, "no video; no audio"));
    }

    #[test]
    fn who_has_something_to_play_is_played_and_the_next_hole_is_looked_at_in_time() {
        let tracks = [
            TestTrack::new(Video, &[Fed(4.0), Nothing(8.0), There(12.0)]),
            TestTrack::complete(Audio, &[Fed(6.0), Nothing(7.0)]),
        ];
        let (playhead, mut out) = playhead(4.5, true, &tracks);
        assert_eq!(playhead.look_at_hole(&levels(&tracks), &mut out), Hole::None);
        assert_eq!(told(&mut out), ["wake at 1.5"], "where the sound has its hole");
    }

    #[test]
    fn a_hole_that_is_over_soon_is_sat_out_while_pictures_move() {
        let tracks = [TestTrack::new(Video, &[Fed(4.0), Nothing(8.0), There(12.0)])];
        assert_eq!(look(7.6, true, &tracks), Hole::None);
        assert_eq!(look(7.4, true, &tracks), leap(7.4, 8.0, "no video"));
        assert_eq!(look(7.6, false, &tracks), leap(7.6, 8.0, "no video"), "nothing moves: there is nothing to sit out");
    }

    #[test]
    fn what_is_not_there_yet_is_leapt_to_only_for_room() {
        let video = TestTrack::new(Video, &[Fed(4.0), Nothing(8.0)]);
        // A track whose beginning is rounded otherwise is no later.
        let audio = TestTrack::new(Audio, &[Fed(4.0), Nothing(8.05)]);
        let far = TestTrack::new(Audio, &[Fed(4.0), Nothing(9.0)]);
        let for_room = |awaited: &[TrackKind]| {
            let (from, to, why) = (place(4.0), place(8.0), "no video; no audio".to_owned());
            Hole::Leave(Move::LeapForRoom { awaited: awaited.to_vec(), from, to, why })
        };
        let tracks = [video, audio];
        assert_eq!(look(4.0, false, &tracks), for_room(&[Video, Audio]));
        let [video, _] = tracks;
        assert_eq!(look(4.0, false, &[video, far]), for_room(&[Video]));
    }

    #[test]
    fn a_hole_behind_which_nothing_follows_is_the_end() {
        let tracks = [TestTrack::complete(Video, &[Fed(4.0), Nothing(8.0)])];
        assert_eq!(look(4.0, true, &tracks), Hole::Leave(Move::End));
        assert_eq!(look(7.9, true, &tracks), Hole::None, "it is over soon");
        let (mut playhead, mut out) = playhead(5.0, true, &tracks);
        playhead.pause(&mut out);
        assert_eq!(playhead.look_at_hole(&levels(&tracks), &mut out), Hole::None, "a film that is held does not end");
    }

    #[test]
    fn a_film_of_which_nothing_can_be_had_has_no_end_but_a_reason() {
        let nothing = [TestTrack::complete(Video, &[Nothing(8.0)]), TestTrack::complete(Audio, &[])];
        let mut out = Outbox::default();
        let first = Playhead::default().look_at_hole(&levels(&nothing), &mut out);
        assert_eq!(first, Hole::Leave(Move::NothingThere));
    }
}
