//! What depends on a request: how much there is to play meanwhile, and whether it is the only one that fails.

use super::lane::LaneId;
use super::{Desk, Loading, Situation};
use crate::io::Failure;
use crate::presentation::RungId;
use crate::session::network::{InProgress, Network, Odds, RequestPurpose, Stakes};
use crate::session::outbox::Outbox;
use crate::session::recovery::PATIENCE_WITH_ONE;

impl Loading {
    /// What depends on a request under way.
    pub(in crate::session) fn stakes(
        &self,
        running: &InProgress,
        at: &Situation,
        network: &Network,
        out: &Outbox,
    ) -> Stakes {
        match running.purpose {
            RequestPurpose::Media(kind) => self
                .lanes
                .of(kind)
                .map_or_else(Stakes::default, |lane| self.stakes_for(lane, &running.location, at, network, out)),
            RequestPurpose::Manifest | RequestPurpose::Setup(..) => Stakes::default(),
        }
    }

    /// What depends on the media request of a lane at a location.
    pub(super) fn stakes_for(
        &self,
        lane: LaneId,
        location: &str,
        at: &Situation,
        network: &Network,
        out: &Outbox,
    ) -> Stakes {
        let fetched = self.lanes[lane].fetching.as_ref().map(|fetching| fetching.segment.rung);
        let rung = fetched.and_then(|rung| self.presentation.rung(rung));
        Stakes {
            ahead: Some(self.lanes[lane].ahead(at.position)),
            started: at.started,
            alone: self.fails_alone(lane, out),
            elsewhere: rung.is_some_and(|rung| network.locations.others(out.now(), &rung.locations, location)),
        }
    }

    /// What a pause depends on, for a lane or for all.
    pub(super) fn odds(&self, lane: Option<LaneId>, desk: &mut Desk<'_>) -> Odds {
        Odds {
            alone: lane.is_some_and(|lane| self.fails_alone(lane, desk.out)),
            jitter: desk.network.draw(),
            ahead: lane.map(|lane| self.lanes[lane].ahead(desk.at.position)).unwrap_or_default(),
            standing: !desk.at.clock.running(),
        }
    }

    /// Leaves the location alone for a while if there is another; tells whether there is.
    pub(super) fn exclude_location(&self, rung: RungId, failure: &Failure, name: &str, desk: &mut Desk<'_>) -> bool {
        let offered = self.presentation.rung(rung).map(|rung| rung.locations.as_slice()).unwrap_or_default();
        desk.network.exclude_location(offered, failure, name, desk.out.now())
    }

    /// Whether another lane has got media while this one could not, and not only just now: then it is neither the
    /// server nor the link.
    pub(super) fn fails_alone(&self, lane: LaneId, out: &Outbox) -> bool {
        let needed = self.lanes.others(lane).filter(|other| other.kind.row().blocks_playback);
        let others_fail = needed.into_iter().any(|other| other.trouble.attempts > 0);
        let answered = self.lanes[lane].answered_beside;
        !others_fail && answered.is_some_and(|at| out.now().since(at) >= PATIENCE_WITH_ONE)
    }
}
