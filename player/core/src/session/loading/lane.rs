//! A lane: the loading of one kind of media. Where it stands in the presentation, what it has and what it is getting.

use crate::buffer::{Buffer, Part};
use crate::io::{Epoch, RequestId};
use crate::kinds::TrackKind;
use crate::presentation::{Character, PeriodId, Presentation, RungId, SegmentId, Track, TrackId};
use crate::session::network::FailureStreak;
use crate::snapshot::Mode;
use shared::time::{PresentationTime, SessionTime};
use std::ops::{Index, IndexMut, Range};

/// Names a lane of its session. Lanes are made when a presentation begins and are never taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::session) struct LaneId(usize);

/// All lanes, in the order of their kinds.
#[derive(Default)]
pub(in crate::session) struct Lanes(Vec<Lane>);

/// The state of one lane.
pub(in crate::session) struct Lane {
    pub(in crate::session) kind: TrackKind,
    /// Where it fetches now.
    pub(in crate::session) period: PeriodId,
    /// The track in that Period; none when the Period has nothing of this kind.
    pub(in crate::session) track: Option<TrackId>,
    /// What the track that was taken first, or chosen by hand, is like: one like it is taken in every Period.
    pub(super) like: Option<Character>,
    /// That track was chosen by hand.
    pub(super) by_hand: bool,
    /// Start of what is to be fetched next: the end of the buffer.
    pub(in crate::session) next: PresentationTime,
    /// Nothing follows what was fetched, as far as the presentation is known.
    pub(in crate::session) complete: bool,
    /// It was given up: a newer manifest does not bring it back, only a seek to a place at which it has nothing.
    pub(super) lost: bool,
    pub(in crate::session) buffer: Buffer,
    pub(in crate::session) mode: Mode,
    /// The rung fetched last; in another Period the one nearest to it.
    pub(in crate::session) last_rung: Option<RungId>,
    pub(in crate::session) fetching: Option<Fetching>,
    /// Nothing is requested before: the policy waits, or a retry backs off.
    pub(super) not_before: SessionTime,
    pub(super) trouble: FailureStreak,
    /// When another lane first got media since this one asked for its next segment.
    pub(super) answered_beside: Option<SessionTime>,
    pub(super) skipped_in_a_row: u32,
    /// How often it was passed over, because it failed alone, since something last came.
    pub(super) given_up: u32,
    /// Until then the first segment may wait for a better one.
    pub(super) better_until: SessionTime,
    /// Whose init segment the decoder has.
    pub(super) fed_init: Option<RungId>,
    /// In which epoch the end of the stream was told.
    pub(super) ended_in: Option<Epoch>,
    /// What was added to the times of the last segment that was measured, in ns.
    pub(super) correction: i64,
    /// The end of the last media: behind it are holes.
    pub(super) media_until: PresentationTime,
    /// What the playhead shows.
    pub(in crate::session) shown: Option<RungId>,
}

/// A media segment under way.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::session) struct Fetching {
    pub(super) request: RequestId,
    pub(in crate::session) segment: SegmentId,
    pub(super) time: Range<PresentationTime>,
    pub(super) aim: Aim,
    /// When the policy wants to be asked whether to give it up.
    pub(super) ask_again: Option<SessionTime>,
}

/// What a media segment is fetched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum Aim {
    /// It is next.
    Next,
    /// To take the place of this one, which is buffered.
    Replace(SegmentId),
    /// To learn whether what follows a segment that does not come can be had; it is not kept.
    Beyond,
}

impl Lanes {
    /// One lane a kind.
    pub(super) fn new(lanes: Vec<Lane>) -> Self {
        Self(lanes)
    }

    /// Their names, in order.
    pub(in crate::session) fn ids(&self) -> impl Iterator<Item = LaneId> + use<> {
        (0..self.0.len()).map(LaneId)
    }

    /// In order.
    pub(in crate::session) fn iter(&self) -> impl Iterator<Item = &Lane> {
        self.0.iter()
    }

    /// In order, to be changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Lane> {
        self.0.iter_mut()
    }

    /// All but one.
    pub(super) fn others(&self, lane: LaneId) -> impl Iterator<Item = &Lane> {
        self.0.iter().enumerate().filter(move |(index, _)| *index != lane.0).map(|(_, lane)| lane)
    }

    /// The lane of a kind.
    pub(in crate::session) fn of(&self, kind: TrackKind) -> Option<LaneId> {
        self.0.iter().position(|lane| lane.kind == kind).map(LaneId)
    }

    /// The lane whose rates are the quality of the session: pictures, or sound where there are none.
    pub(in crate::session) fn measured(&self) -> Option<LaneId> {
        self.0.iter().position(|lane| lane.kind.row().measured).map(LaneId)
    }

    /// The lane that is at a rung's track now.
    pub(super) fn at(&self, rung: RungId, presentation: &Presentation) -> Option<LaneId> {
        let track = presentation.track_of(rung)?.id;
        self.0.iter().position(|lane| lane.track == Some(track)).map(LaneId)
    }
}

/// A name comes from the lanes themselves, which never become fewer.
impl Index<LaneId> for Lanes {
    type Output = Lane;

    fn index(&self, lane: LaneId) -> &Lane {
        &self.0[lane.0]
    }
}

impl IndexMut<LaneId> for Lanes {
    fn index_mut(&mut self, lane: LaneId) -> &mut Lane {
        &mut self.0[lane.0]
    }
}

impl Lane {
    /// At the beginning of a Period, with nothing.
    pub(super) fn new(kind: TrackKind, period: PeriodId, next: PresentationTime) -> Self {
        Self {
            kind,
            period,
            track: None,
            like: None,
            by_hand: false,
            next,
            complete: false,
            lost: false,
            buffer: Buffer::default(),
            mode: Mode::Auto,
            last_rung: None,
            fetching: None,
            not_before: SessionTime::ZERO,
            trouble: FailureStreak::default(),
            answered_beside: None,
            skipped_in_a_row: 0,
            given_up: 0,
            better_until: SessionTime::ZERO,
            fed_init: None,
            ended_in: None,
            correction: 0,
            media_until: next,
            shown: None,
        }
    }

    /// The track in which it fetches now.
    pub(in crate::session) fn track_in<'a>(&self, presentation: &'a Presentation) -> Option<&'a Track> {
        presentation.track(self.track?)
    }

    /// Media ahead of the playhead: what it could play if it were alone.
    pub(in crate::session) fn ahead(&self, position: PresentationTime) -> std::time::Duration {
        self.next.since(position)
    }

    /// Whether there is nothing to show at a place, and nothing will come.
    pub(in crate::session) fn is_blank_at(&self, position: PresentationTime) -> bool {
        match self.buffer.part_at(position) {
            Some(part) => part.media.is_none(),
            None => self.complete && position >= self.media_until,
        }
    }

    /// Up to where media is there or under way.
    pub(super) fn promised_until(&self) -> PresentationTime {
        let running = self.fetching.as_ref().filter(|fetching| fetching.aim == Aim::Next);
        running.map_or(self.next, |fetching| fetching.time.end)
    }

    /// Adds a hole up to `until`, with its reason.
    pub(super) fn skip_to(&mut self, until: PresentationTime, why: &str) {
        let time = self.next..until;
        self.buffer.push(Part { time, period: self.period, media: None, missing: Some(why.into()), fed: false });
        self.next = until;
    }
}
