//! Loading: which segments to fetch, in which rung and when, and what the decoders get of them. A lane for each kind
//! of media; the policy; the files that rungs need. It is told where playback stands ([`Situation`]) and uses the
//! network; it never moves the playhead. What it cannot mend it leaves as a [`Loss`] for the session's loop.
//!
//! | file | question |
//! |---|---|
//! | `lane`, `cursor` | where does each kind of media stand, and what comes next? |
//! | `scheduler` | which lane may fetch its next segment, and when? |
//! | `choice`, `policy`, `decision` | in which rung, and how is that told? |
//! | `setup` | what does a rung need before its media is of use? |
//! | `fetch`, `stakes` | what is asked for, and what depends on it? |
//! | `arrival` | what follows from a finished response? |
//! | `failure`, `giving_up` | what follows from a failed one, and what if nothing helps? |
//! | `abandon` | should a running download be given up? |
//! | `replace` | should a buffered segment be fetched again? |
//! | `feeding` | what do the decoders get? |
//! | `relocate` | what of the buffer is kept when the playhead goes elsewhere? |
//! | `release` | what is not needed any more? |

mod abandon;
mod arrival;
mod choice;
mod cursor;
mod decision;
mod failure;
mod feeding;
mod fetch;
mod giving_up;
mod lane;
mod policy;
mod relocate;
mod release;
mod replace;
mod scheduler;
mod setup;
mod stakes;

pub(super) use lane::{Lane, Lanes};

use super::config::Config;
use super::level::PlayableLevel;
use super::network::Network;
use super::outbox::Outbox;
use crate::abr::Policy;
use crate::buffer::Shown;
use crate::clock::MediaClock;
use crate::kinds::TrackKind;
use crate::presentation::{Changes, PeriodId, Presentation};
use lane::LaneId;
use setup::Setups;
use shared::time::PresentationTime;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Where playback stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    /// Of the playhead.
    pub(super) position: PresentationTime,
    /// How it moves.
    pub(super) clock: MediaClock,
    /// The viewer has seen something.
    pub(super) started: bool,
    /// It stands for want of media.
    pub(super) stalled: bool,
    /// It is on the way to another place.
    pub(super) seeking: bool,
    /// The output was told to run.
    pub(super) told: bool,
    /// What every lane must have ahead for the playhead to move.
    pub(super) needed: Duration,
}

/// What loading works with beside its own state.
pub(super) struct Desk<'a> {
    pub(super) at: Situation,
    pub(super) config: &'a Config,
    pub(super) network: &'a mut Network,
    pub(super) out: &'a mut Outbox,
}

/// Nothing more can be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Loss {
    /// And nothing is left to play.
    Now(String),
    /// What is buffered can be played until then.
    AtTheEnd(String),
}

/// The loading side of a session.
pub(super) struct Loading {
    /// Shared with snapshots. Nothing before a manifest was read.
    presentation: Arc<Presentation>,
    lanes: Lanes,
    setups: Setups,
    policy: Box<dyn Policy>,
    loss: Option<Loss>,
}

impl Loading {
    /// Nothing is known yet.
    pub(super) fn new(policy: Box<dyn Policy>) -> Self {
        let presentation = Arc::default();
        Self { presentation, lanes: Lanes::default(), setups: Setups::default(), policy, loss: None }
    }

    /// Begins with a presentation.
    pub(super) fn begin(&mut self, presentation: Presentation, config: &Config) {
        let start = presentation.start();
        let Some(first) = presentation.periods().first().map(|period| period.id) else { return };
        let offered = |kind: &TrackKind| presentation.tracks().any(|track| track.kind == *kind);
        let mut lanes: Vec<Lane> =
            config.kinds.iter().copied().filter(offered).map(|kind| Lane::new(kind, first, start)).collect();
        lanes.sort_by_key(|lane| lane.kind);
        for lane in &mut lanes {
            lane.enter_period(first, &presentation, config.audio_lang.as_deref());
        }
        self.presentation = Arc::new(presentation);
        self.lanes = Lanes::new(lanes);
    }

    /// Goes on with a newer version of the presentation.
    pub(super) fn renew(&mut self, newer: Presentation, desk: &mut Desk<'_>) -> Changes {
        let buffered = |period| self.lanes.iter().any(|lane| lane.holds_of(period));
        let changes = Arc::make_mut(&mut self.presentation).renew(newer, buffered);
        for lane in self.lanes.ids() {
            self.lanes[lane].complete = self.lanes[lane].lost;
            if changes.gone.contains(&self.lanes[lane].period) || self.lane_left_its_track(lane) {
                self.leave_gone_period(lane, desk);
            }
        }
        changes
    }

    /// Whether the track in which a lane fetches is not described any more.
    fn lane_left_its_track(&self, lane: LaneId) -> bool {
        self.lanes[lane].track_in(&self.presentation).is_none()
    }

    /// A lane that stands where nothing is any more goes on where the presentation does.
    fn leave_gone_period(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let presentation = Arc::clone(&self.presentation);
        self.stop_fetching(lane, desk);
        let lane = &mut self.lanes[lane];
        if let Some(period) = presentation.period_at(lane.next) {
            lane.next = lane.next.max(period.start);
            lane.enter_period(period.id, &presentation, desk.config.audio_lang.as_deref());
        }
    }

    /// What is played.
    pub(super) fn presentation(&self) -> &Arc<Presentation> {
        &self.presentation
    }

    /// Whether there is anything to play.
    pub(super) fn has_begun(&self) -> bool {
        !self.presentation.periods().is_empty()
    }

    /// All lanes.
    pub(super) fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// The policy in charge.
    pub(super) fn policy(&self) -> &dyn Policy {
        self.policy.as_ref()
    }

    /// What could not be mended since the last time that somebody asked.
    pub(super) fn take_loss(&mut self) -> Option<Loss> {
        self.loss.take()
    }

    /// What the playhead goes by: the lanes that it waits for.
    pub(super) fn levels(&self) -> Vec<PlayableLevel<'_>> {
        let blocking = self.lanes.iter().filter(|lane| lane.kind.row().blocks_playback);
        blocking
            .map(|lane| PlayableLevel {
                kind: lane.kind,
                buffer: &lane.buffer,
                next: lane.next,
                complete: lane.complete,
            })
            .collect()
    }

    /// The playhead has passed a stretch. Tells what was seen and heard of it.
    pub(super) fn show(&mut self, passed: &Range<PresentationTime>, out: &mut Outbox) {
        let measured = self.lanes.measured();
        for lane in self.lanes.ids() {
            for shown in self.lanes[lane].buffer.show(passed.start, passed.end) {
                self.tell_shown(lane, measured == Some(lane), shown, out);
            }
        }
    }

    fn tell_shown(&mut self, lane: LaneId, measured: bool, shown: Shown, out: &mut Outbox) {
        let Some(rung) = self.presentation.rung(shown.rung) else { return };
        if measured {
            out.journal.shown(&rung.representation, rung.bandwidth, &shown);
        }
        let lane = &mut self.lanes[lane];
        if lane.shown != Some(rung.id) {
            lane.shown = Some(rung.id);
            out.tell(crate::io::Event::Shown {
                track: lane.kind,
                rung: rung.id,
                bandwidth: rung.bandwidth,
                position: shown.from,
            });
        }
    }

    /// Media ahead of the playhead by kind.
    pub(super) fn ahead(&self, kind: TrackKind, position: PresentationTime) -> Option<Duration> {
        self.lanes.of(kind).map(|lane| self.lanes[lane].ahead(position))
    }
}

impl Lane {
    /// Whether something of a Period is in the buffer.
    fn holds_of(&self, period: PeriodId) -> bool {
        self.buffer.parts().any(|part| part.period == period)
    }
}
