//! One track: where it stands in the presentation, what it has and what it is getting.

use super::retry::Trouble;
use crate::buffer::{Buffer, Part};
use crate::io::{Epoch, RequestId, TrackKind};
use crate::presentation::Place;
use crate::snapshot::Mode;
use shared::time::{PresentationTime, SessionTime};
use std::ops::Range;

/// The state of one track.
pub(super) struct Track {
    pub(super) kind: TrackKind,
    /// Where it fetches now.
    pub(super) period: usize,
    /// The set in that Period; none when the Period has nothing of this kind.
    pub(super) set: Option<usize>,
    /// Chosen by hand: this place among the usable sets of the kind, in every Period that has it.
    pub(super) chosen_set: Option<usize>,
    /// Start of what is to be fetched next: the end of the buffer.
    pub(super) next: PresentationTime,
    /// Everything up to the end has been fetched.
    pub(super) complete: bool,
    pub(super) buffer: Buffer,
    pub(super) mode: Mode,
    /// The rung fetched last, in the current Period.
    pub(super) last_rung: Option<usize>,
    pub(super) fetching: Option<Fetching>,
    /// Nothing is requested before: the policy waits, or a retry backs off.
    pub(super) not_before: SessionTime,
    pub(super) trouble: Trouble,
    /// When another track first got media since this one asked for its next segment.
    pub(super) answered_beside: Option<SessionTime>,
    pub(super) skipped_in_a_row: u32,
    /// Whose init segment the decoder has.
    pub(super) fed_init: Option<Place>,
    /// In which epoch the end of the stream was told.
    pub(super) ended_in: Option<Epoch>,
    /// What the playhead shows.
    pub(super) shown: Option<Place>,
}

/// A media segment under way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fetching {
    pub(super) request: RequestId,
    pub(super) place: Place,
    pub(super) position: u64,
    pub(super) time: Range<PresentationTime>,
    /// It is to take the place of a buffered segment.
    pub(super) replaces: bool,
    /// When the policy wants to be asked whether to give it up.
    pub(super) ask_again: Option<SessionTime>,
}

impl Track {
    pub(super) fn new(kind: TrackKind, next: PresentationTime) -> Self {
        Self {
            kind,
            period: 0,
            set: None,
            chosen_set: None,
            next,
            complete: false,
            buffer: Buffer::default(),
            mode: Mode::Auto,
            last_rung: None,
            fetching: None,
            not_before: SessionTime::ZERO,
            trouble: Trouble::default(),
            answered_beside: None,
            skipped_in_a_row: 0,
            fed_init: None,
            ended_in: None,
            shown: None,
        }
    }

    /// The place of a rung in the current set.
    pub(super) fn place(&self, rung: usize) -> Option<Place> {
        Some(Place { period: self.period, set: self.set?, rung })
    }

    /// Up to where media is there or under way.
    pub(super) fn promised_until(&self) -> PresentationTime {
        let running = self.fetching.as_ref().filter(|fetching| !fetching.replaces);
        running.map_or(self.next, |fetching| fetching.time.end)
    }

    /// Adds a hole up to `until`, with its reason.
    pub(super) fn skip_to(&mut self, until: PresentationTime, position: u64, why: &str) {
        let time = self.next..until;
        self.buffer.push(Part {
            time,
            period: self.period,
            position,
            media: None,
            missing: Some(why.into()),
            fed: false,
        });
        self.next = until;
    }
}
