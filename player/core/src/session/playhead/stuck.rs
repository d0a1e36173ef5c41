//! What if there is enough at the playhead and the output does not move? What the decoders make nothing of is left behind
//! after a while, and where that happens again and again nothing more is expected of them.

use super::Playhead;
use crate::io::Rendering;
use crate::session::config::Config;
use crate::session::level::PlayableLevel;
use shared::time::{PresentationTime, SessionTime};
use std::time::Duration;

/// A slow machine may take this long for its first picture.
const PATIENCE: Duration = Duration::from_secs(15);
/// So many stretches in a row are left behind.
const MOST_LEAPS: u32 = 2;

/// What follows when nothing comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::session) enum Stuck {
    /// It goes on elsewhere.
    Leap {
        /// Where it stands.
        from: PresentationTime,
        /// Where the next part begins.
        to: PresentationTime,
    },
    /// Nothing ever will.
    Hopeless {
        /// Where it stands.
        at: PresentationTime,
    },
}

/// Since when the output has not moved although it has enough, and how often it was moved on since it last did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Idle {
    since: Option<SessionTime>,
    leaps: u32,
}

impl Playhead {
    /// Takes note of what the output is doing; tells what follows when it has stood for too long.
    pub(in crate::session) fn stuck(
        &mut self,
        state: Rendering,
        levels: &[PlayableLevel<'_>],
        config: &Config,
        now: SessionTime,
    ) -> Option<Stuck> {
        if state == Rendering::Playing {
            self.idle = Idle::default();
        }
        let stands = matches!(state, Rendering::Starved | Rendering::Paused);
        if !stands || !self.told || self.ended || !self.ready(levels, config, now) {
            self.idle.since = None;
            return None;
        }
        let since = *self.idle.since.get_or_insert(now);
        if now.since(since) < PATIENCE {
            return None;
        }
        self.idle = Idle { since: None, leaps: self.idle.leaps + 1 };
        let at = self.position(now);
        let next = levels.iter().filter_map(|level| Some(level.buffer.part_at(at)?.time.end)).min();
        let to = next.filter(|_| self.idle.leaps <= MOST_LEAPS);
        Some(to.map_or(Stuck::Hopeless { at }, |to| Stuck::Leap { from: at, to }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::TrackKind::Video;
    use crate::session::outbox::Outbox;
    use crate::session::playhead::testing::{Have::Fed, TestTrack, at, levels, place};

    /// Told to run at 0, with so much.
    fn told() -> (Playhead, Config) {
        let (mut playhead, mut out) = (Playhead::default(), Outbox::default());
        let config = Config::default();
        let tracks = [TestTrack::new(Video, &[Fed(4.0), Fed(8.0)])];
        playhead.run_or_stand(&levels(&tracks), &config, &mut out);
        assert!(playhead.told());
        (playhead, config)
    }

    #[test]
    fn what_nothing_comes_of_is_left_behind_twice() {
        let (mut playhead, config) = told();
        let tracks = [TestTrack::new(Video, &[Fed(4.0), Fed(8.0)])];
        let mut look = |secs: f64, state| playhead.stuck(state, &levels(&tracks), &config, at(secs));
        let leap = Some(Stuck::Leap { from: place(0.0), to: place(4.0) });
        assert_eq!(look(0.0, Rendering::Starved), None);
        assert_eq!(look(14.9, Rendering::Starved), None);
        assert_eq!(look(15.0, Rendering::Starved), leap);
        assert_eq!(look(16.0, Rendering::Starved), None);
        assert_eq!(look(31.0, Rendering::Paused), leap);
        assert_eq!(look(32.0, Rendering::Starved), None);
        assert_eq!(look(47.0, Rendering::Starved), Some(Stuck::Hopeless { at: place(0.0) }));
    }

    #[test]
    fn what_moves_now_and_then_is_not_stuck() {
        let (mut playhead, config) = told();
        let tracks = [TestTrack::new(Video, &[Fed(4.0), Fed(8.0)])];
        for secs in 0..200 {
            let state = if secs % 10 == 0 { Rendering::Playing } else { Rendering::Starved };
            assert_eq!(playhead.stuck(state, &levels(&tracks), &config, at(f64::from(secs))), None);
        }
    }

    #[test]
    fn an_output_without_enough_waits_for_more() {
        let (mut playhead, config) = told();
        let tracks = [TestTrack::new(Video, &[])];
        for secs in [0.0, 100.0] {
            assert_eq!(playhead.stuck(Rendering::Starved, &levels(&tracks), &config, at(secs)), None);
        }
    }
}
