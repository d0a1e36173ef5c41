//! Tracks with parts in seconds, for the tests of this room; compiled under `#[cfg(test)]` alone.

use super::PlayableLevel;
use crate::buffer::{Buffer, Media, Part};
use crate::io::{Event, Output, RequestId};
use crate::kinds::TrackKind;
use crate::presentation::{Naming, SegmentId};
use crate::session::outbox::Outbox;
use shared::addressing::SegmentNumber;
use shared::time::{PresentationTime, SessionTime};
use shared::units::ByteSize;

pub(super) use TrackKind::{Audio, Video};

/// A part of a track: its end in seconds (it begins where the one before ended) and what it is.
#[derive(Clone, Copy)]
pub(super) enum Have {
    /// Media that the decoder has.
    Fed(f64),
    /// Media that it does not have yet.
    There(f64),
    /// Nothing; the decoder knows it.
    Nothing(f64),
}

/// One track, as far as it was fetched.
pub(super) struct TestTrack {
    kind: TrackKind,
    buffer: Buffer,
    next: PresentationTime,
    pub(super) complete: bool,
}

impl TestTrack {
    pub(super) fn new(kind: TrackKind, parts: &[Have]) -> Self {
        let mut track = Self { kind, buffer: Buffer::default(), next: PresentationTime::ZERO, complete: false };
        for part in parts {
            track.push(*part);
        }
        track
    }

    /// Nothing follows its parts.
    pub(super) fn complete(kind: TrackKind, parts: &[Have]) -> Self {
        Self { complete: true, ..Self::new(kind, parts) }
    }

    pub(super) fn push(&mut self, have: Have) {
        let (Have::Fed(end) | Have::There(end) | Have::Nothing(end)) = have;
        let time = self.next..place(end);
        self.next = time.end;
        let segment = SegmentId { rung: Naming::default().rung(), number: SegmentNumber(1) };
        let size = ByteSize::from_bytes(1000);
        let media = Media { segment, request: RequestId(1), size, origin: None, replacement: false, shown: false };
        let is_hole = matches!(have, Have::Nothing(_));
        self.buffer.push(Part {
            time,
            period: Naming::default().period(),
            media: (!is_hole).then_some(media),
            missing: is_hole.then(|| format!("no {}", self.kind).into()),
            fed: !matches!(have, Have::There(_)),
        });
    }
}

/// What the playhead is told of tracks.
pub(super) fn levels(tracks: &[TestTrack]) -> Vec<PlayableLevel<'_>> {
    let level = |track: &TestTrack| (track.kind, track.next, track.complete);
    let of = tracks.iter().map(|track| (level(track), &track.buffer));
    of.map(|((kind, next, complete), buffer)| PlayableLevel { kind, buffer, next, complete }).collect()
}

pub(super) fn place(secs: f64) -> PresentationTime {
    PresentationTime::from_secs_f64(secs)
}

pub(super) fn at(secs: f64) -> SessionTime {
    SessionTime::from_millis_f64(secs * 1e3)
}

/// What was told since the last time, one word each; the last one says when to look again.
pub(super) fn told(out: &mut Outbox) -> Vec<String> {
    let mut told = vec![];
    loop {
        let word = match out.poll() {
            Output::Play => "play".to_owned(),
            Output::Pause => "pause".to_owned(),
            Output::Event(Event::Started { startup }) => format!("started after {} s", startup.as_secs_f64()),
            Output::Event(Event::StallBegan { position, track, late }) => {
                let why = if late { "late" } else { "dry" };
                format!("{track} {why} at {}", position.secs_f64())
            }
            Output::Event(Event::StallEnded { lasted }) => format!("stood for {} s", lasted.as_secs_f64()),
            Output::Wait(wake) => {
                told.extend(wake.map(|wake| format!("wake at {}", wake.secs_f64())));
                out.forget_wake();
                return told;
            }
            other => format!("{other:?}"),
        };
        told.push(word);
    }
}
