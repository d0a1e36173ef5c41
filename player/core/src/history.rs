//! Curves for the charts: bounded in memory however long the session, by halving the resolution of what is old.

use crate::io::Command;
use crate::kinds::{PerKind, TrackKind};
use crate::presentation::RungId;
use serde::Serialize;
use shared::time::{PresentationTime, SessionTime};
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// More than this many points of a curve are thinned out: twice what a wide chart has pixels for.
const MOST_POINTS: usize = 4096;
/// The least distance of two points, as long as nothing was thinned out.
const FINEST_STEP: Duration = Duration::from_millis(250);
/// More marks than this: the oldest are forgotten.
const MOST_MARKS: usize = 4096;

/// What happened over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct History {
    /// Levels and rates at instants, oldest first.
    pub points: Vec<Point>,
    /// Finished video and audio transfers.
    pub transfers: Vec<TransferMark>,
    /// Stand-stills; the last one may still go on.
    pub stalls: Vec<StallMark>,
    /// Changes of what is on the screen.
    pub shown: Vec<ShownMark>,
    /// What the viewer asked for.
    pub wishes: Vec<WishMark>,
    step: Duration,
}

/// The session at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// When.
    pub at: SessionTime,
    /// Where the playhead was.
    pub position: PresentationTime,
    /// Media ahead of the playhead, by kind; absent where none is played.
    pub ahead: PerKind<Option<Duration>>,
    /// Expected throughput.
    pub estimate: Option<Bitrate>,
    /// What the throttle let through.
    pub capacity: Option<Bitrate>,
    /// The most media ahead of the playhead.
    pub target: Duration,
    /// What had come through the network by then, and in how much time with something to carry.
    pub delivered: Delivered,
}

/// A point with what tables tell beside the charts, of the track by which the session is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// The point.
    pub point: Point,
    /// The kind of that track; absent before the manifest is read.
    pub track: Option<TrackKind>,
    /// What is on the screen or heard.
    pub shown: Option<RungId>,
    /// The rung fetched last or being fetched.
    pub fetched: Option<RungId>,
    /// Whether playback stands still for want of media.
    pub stalled: bool,
}

/// What the network has carried: the difference of two is a measure of it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Delivered {
    /// Body bytes.
    pub bytes: ByteSize,
    /// Time in which at least one response was flowing.
    pub busy: Duration,
}

/// A wish of the viewer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WishMark {
    /// When.
    pub at: SessionTime,
    /// What for.
    pub command: Command,
}

/// One finished or aborted media transfer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TransferMark {
    /// Of which track.
    pub track: TrackKind,
    /// First byte.
    pub from: SessionTime,
    /// Last byte.
    pub to: SessionTime,
    /// Measured rate; absent when it was no measure of the network.
    pub rate: Option<Bitrate>,
    /// In which rung.
    pub rung: RungId,
    /// Given up.
    pub aborted: bool,
}

/// A stand-still.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StallMark {
    /// Since when.
    pub from: SessionTime,
    /// Until when; absent while it goes on.
    pub to: Option<SessionTime>,
}

/// Another rendition on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ShownMark {
    /// Since when.
    pub at: SessionTime,
    /// Of which track.
    pub track: TrackKind,
    /// Which rung.
    pub rung: RungId,
    /// Its declared bandwidth.
    pub bandwidth: Bitrate,
}

impl Default for History {
    fn default() -> Self {
        Self { points: vec![], transfers: vec![], stalls: vec![], shown: vec![], wishes: vec![], step: FINEST_STEP }
    }
}

impl History {
    /// The marks alone.
    pub fn without_points(&self) -> Self {
        Self { points: vec![], step: FINEST_STEP, ..self.clone() }
    }

    /// When the next point is wanted.
    pub fn next_point(&self) -> SessionTime {
        self.points.last().map_or(SessionTime::ZERO, |last| last.at + self.step)
    }

    /// Adds a point unless the last one is too near; halves the resolution when there are too many.
    pub fn record(&mut self, point: Point) {
        if point.at < self.next_point() {
            return;
        }
        if self.points.len() >= MOST_POINTS {
            let mut index = 0;
            self.points.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.step *= 2;
        }
        self.points.push(point);
    }

    /// Adds a transfer.
    pub fn transfer(&mut self, mark: TransferMark) {
        push_bounded(&mut self.transfers, mark);
    }

    /// A stand-still begins.
    pub fn stall_began(&mut self, from: SessionTime) {
        push_bounded(&mut self.stalls, StallMark { from, to: None });
    }

    /// The stand-still is over.
    pub fn stall_ended(&mut self, to: SessionTime) {
        if let Some(stall) = self.stalls.last_mut() {
            stall.to.get_or_insert(to);
        }
    }

    /// The viewer wants something. Of a slider that is being dragged the last value is kept.
    pub fn wished(&mut self, mark: WishMark) {
        const ONE_GESTURE: Duration = Duration::from_secs(1);
        let same = |last: &WishMark| {
            mark.at.since(last.at) < ONE_GESTURE
                && std::mem::discriminant(&last.command) == std::mem::discriminant(&mark.command)
        };
        match self.wishes.last_mut() {
            Some(last) if same(last) => *last = mark,
            _ => push_bounded(&mut self.wishes, mark),
        }
    }

    /// Another rendition is on the screen.
    pub fn shown(&mut self, mark: ShownMark) {
        push_bounded(&mut self.shown, mark);
    }
}

/// What the network carried around each point, over a second or so: `(seconds, rate)`, where something was flowing.
pub fn arriving_rates(points: &[Point]) -> impl Iterator<Item = (f64, Option<Bitrate>)> {
    /// Received bytes are reported every 50 ms, so over about a second the rate is exact enough.
    const OVER: Duration = Duration::from_millis(900);
    let mut first = 0;
    points.iter().enumerate().map(move |(index, point)| {
        while first + 1 < index && point.at.since(points[first + 1].at) >= OVER {
            first += 1;
        }
        let since = &points[first];
        let busy = point.delivered.busy.saturating_sub(since.delivered.busy);
        let enough = busy >= point.at.since(since.at) / 3 && index > first;
        let rate = (point.delivered.bytes - since.delivered.bytes).per(busy).filter(|_| enough);
        (point.at.secs_f64(), rate)
    })
}

/// Forgets the older half when full, so that the cost of a push stays constant on average.
fn push_bounded<T>(marks: &mut Vec<T>, mark: T) {
    if marks.len() >= MOST_MARKS {
        marks.drain(..MOST_MARKS / 2);
    }
    marks.push(mark);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(secs: f64) -> Point {
        let at = SessionTime::from_millis_f64(secs * 1e3);
        let (position, target) = (PresentationTime::ZERO, Duration::ZERO);
        let delivered = Delivered::default();
        Point { at, position, ahead: PerKind::default(), estimate: None, capacity: None, target, delivered }
    }

    #[test]
    fn a_week_of_playback_stays_bounded_and_covers_the_whole_week() {
        let mut history = History::default();
        (0..604_800).for_each(|second| history.record(point(f64::from(second))));
        assert!(history.points.len() <= MOST_POINTS);
        assert!(history.points.len() > MOST_POINTS / 4);
        assert_eq!(history.points[0].at, SessionTime::ZERO);
        assert!(history.points.last().unwrap().at.secs_f64() > 604_000.0);
    }

    #[test]
    fn points_closer_than_the_step_are_left_out() {
        let mut history = History::default();
        [0.0, 0.1, 0.2, 0.3, 0.55].into_iter().for_each(|t| history.record(point(t)));
        let times: Vec<f64> = history.points.iter().map(|p| p.at.secs_f64()).collect();
        assert_eq!(times, [0.0, 0.3, 0.55]);
    }
}
