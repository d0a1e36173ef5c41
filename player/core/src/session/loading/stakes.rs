//! What depends on a request: how much there is to play meanwhile, and whether it is the only one that fails.

use super::lane::LaneId;
use super::{Desk, Loading, Situation};
use crate::io::Failure;
use crate::presentation::RungId;
use crate::session::network::{InProgress, Network, Odds, RequestPurpose, Stakes};
use crate::session::outbox::Outbox;

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
            RequestPurpose::Manifest | RequestPurpose::Setup(..) | RequestPurpose::Key(..) => Stakes::default(),
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
        let offered = self.presentation.rung(rung).map(|rung| &*rung.locations).unwrap_or_default();
        desk.network.exclude_location(offered, failure, name, desk.out.now())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Audio, Bench, Text, Video, refused_connection, status};
    use super::*;
    use crate::kinds::TrackKind;
    use crate::presentation::testing::{AUDIO, TEXT, TWO_LOCATIONS, VIDEO, film, on_demand, opened, period};
    use std::time::Duration;

    fn stakes(bench: &Bench, name: &str) -> Stakes {
        let place = bench.running().iter().position(|running| running == name).unwrap();
        let running = bench.network.in_progress().nth(place).unwrap();
        bench.loading.stakes(running, &bench.at, &bench.network, &bench.out)
    }

    fn alone(bench: &Bench, kind: TrackKind) -> bool {
        bench.loading.fails_alone(bench.loading.lanes.of(kind).unwrap(), &bench.out)
    }

    #[test]
    fn what_depends_on_media_is_what_there_is_to_play_meanwhile() {
        let mut bench = Bench::new(film(20, &[VIDEO]));
        bench.run(2);
        bench.play(1.0);
        bench.step();
        let ahead = Some(Duration::from_secs(3));
        assert_eq!(stakes(&bench, "v300@4"), Stakes { ahead, started: true, alone: false, elsewhere: false });
    }

    #[test]
    fn on_a_file_that_is_no_media_nothing_depends_at_once() {
        let mut bench = Bench::new(film(20, &[VIDEO]));
        bench.step();
        assert_eq!(stakes(&bench, "v300/init"), Stakes::default());
    }

    #[test]
    fn another_location_counts_while_it_is_not_left_alone_itself() {
        let text = on_demand("", &(TWO_LOCATIONS.to_owned() + &period(r#"duration="PT20S""#, &[VIDEO])));
        let mut bench = Bench::new(opened(&text));
        bench.step();
        assert!(stakes(&bench, "v300@0").elsewhere);
        bench.network.locations.failed(bench.out.now(), "b");
        assert!(!stakes(&bench, "v300@0").elsewhere);
    }

    #[test]
    fn a_track_fails_alone_when_others_got_theirs_a_while_ago() {
        let mut bench = Bench::new(film(20, &[VIDEO, AUDIO]));
        bench.step();
        bench.arrive("a64@0");
        assert!(!alone(&bench, Video), "only just now");
        bench.at(1.5);
        assert_eq!((alone(&bench, Video), alone(&bench, Audio)), (true, false));
        bench.play(0.0);
        bench.step();
        bench.fail("a64@2", &refused_connection());
        assert!(!alone(&bench, Video), "the sound fails, too");
    }

    #[test]
    fn words_that_fail_excuse_nobody() {
        let mut bench = Bench::new(film(20, &[VIDEO, AUDIO, TEXT]));
        bench.step();
        bench.arrive("a64@0");
        bench.fail("t1@0", &status(503));
        bench.at(1.5);
        assert!(alone(&bench, Video) && alone(&bench, Text));
    }
}
