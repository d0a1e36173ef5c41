//! A virtual output: it plays what it was fed, a little late as real ones do, and reports where it is. With it a
//! simulated session follows a reported clock like the one in front of a viewer.

use crate::io::{Epoch, Feed, FeedKind, Input, Output, Rendering};
use crate::kinds::TrackKind;
use shared::time::{PresentationTime, SessionTime};
use std::collections::BTreeMap;
use std::time::Duration;

/// Reports come at least this often while it plays.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// The state of the output.
#[derive(Debug)]
pub struct VirtualScreen {
    /// From being told to run to the first frame.
    delay: Duration,
    epoch: Epoch,
    state: Rendering,
    told: bool,
    /// Where it was, and when.
    position: PresentationTime,
    at: SessionTime,
    rate: f64,
    fed: BTreeMap<TrackKind, PresentationTime>,
    ended: BTreeMap<TrackKind, bool>,
    due: Option<SessionTime>,
}

impl VirtualScreen {
    /// One that needs `delay` to start.
    pub fn new(delay: Duration) -> Self {
        Self {
            delay,
            epoch: Epoch::default(),
            state: Rendering::Paused,
            told: false,
            position: PresentationTime::ZERO,
            at: SessionTime::ZERO,
            rate: 1.0,
            fed: BTreeMap::new(),
            ended: BTreeMap::new(),
            due: None,
        }
    }

    /// When it has something to report.
    pub(super) fn due(&self) -> Option<SessionTime> {
        self.due
    }

    /// Does what it is told.
    pub(super) fn obey(&mut self, now: SessionTime, output: &Output) {
        match output {
            Output::Play => {
                self.told = true;
                self.due = Some(now + self.delay);
            }
            Output::Pause => {
                self.move_to(now);
                self.stand(Some(now));
            }
            Output::SetRate(rate) => {
                self.move_to(now);
                self.rate = *rate;
            }
            Output::Flush { epoch, from } => {
                self.epoch = *epoch;
                self.position = *from;
                self.at = now;
                self.stand(None);
                self.fed.clear();
                self.ended.clear();
            }
            // What playback does not wait for does not move the screen either.
            Output::Feed(Feed { track, .. }) | Output::Hole { track, .. } | Output::EndOfStream { track, .. }
                if !track.row().blocks_playback => {}
            Output::Feed(feed) => {
                if let FeedKind::Media { time, .. } = &feed.kind {
                    self.fed(now, feed.track, time.end);
                }
            }
            Output::Hole { track, time, .. } => self.fed(now, *track, time.end),
            Output::EndOfStream { track, .. } => {
                self.ended.insert(*track, true);
            }
            _ => {}
        }
    }

    /// Stands until it is told to run; reports that when it is `due`.
    fn stand(&mut self, due: Option<SessionTime>) {
        self.told = false;
        self.state = Rendering::Paused;
        self.due = due;
    }

    fn fed(&mut self, now: SessionTime, track: TrackKind, until: PresentationTime) {
        self.fed.insert(track, until);
        if self.told && self.state != Rendering::Playing {
            self.due = Some(self.due.unwrap_or(now + self.delay));
        }
    }

    /// The report that is due.
    pub(super) fn report(&mut self, now: SessionTime) -> Input {
        self.move_to(now);
        if self.told {
            let dry = self.position >= self.limit();
            self.state = match (dry, self.all_ended()) {
                (false, _) => Rendering::Playing,
                (true, true) => Rendering::Finished,
                (true, false) => Rendering::Starved,
            };
        }
        self.due = (self.state == Rendering::Playing).then(|| (now + REPORT_EVERY).min(self.dry_at(now)));
        Input::Playback { position: self.position, state: self.state, epoch: self.epoch }
    }

    /// Moves, if it plays, as far as it was fed.
    fn move_to(&mut self, now: SessionTime) {
        if self.state == Rendering::Playing {
            let moved = self.position + now.since(self.at).mul_f64(self.rate);
            self.position = moved.min(self.limit()).max(self.position);
        }
        self.at = now;
    }

    fn dry_at(&self, now: SessionTime) -> SessionTime {
        now + self.limit().since(self.position).div_f64(self.rate).max(Duration::from_nanos(1))
    }

    /// It stands when one of its tracks has nothing more; tracks that have ended do not hold up the others.
    fn limit(&self) -> PresentationTime {
        let open = self.fed.iter().filter(|(track, _)| !self.ended.contains_key(track)).map(|(_, until)| *until).min();
        open.or_else(|| self.fed.values().max().copied()).unwrap_or(self.position)
    }

    fn all_ended(&self) -> bool {
        !self.fed.is_empty() && self.fed.keys().all(|track| self.ended.contains_key(track))
    }
}
