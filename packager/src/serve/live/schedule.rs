//! What there is at an instant: a pure function of wall time. The media's time is counted from the availability start time
//! (ISO/IEC 23009-1 5.3.1.2); a segment can be had from its end until it leaves the time-shift buffer, and a while longer.

use super::faults::LiveFaults;
use super::film::{Film, SegmentKey};
use super::pauses::Pauses;
use super::track::Track;
use shared::time::{DateTime, PresentationTime};
use std::ops::Range;
use std::time::Duration;

/// So much later than the leading track's segment those of others may end that are cut at the same place.
const SLACK_SHARE: u32 = 4;

/// How the film is offered.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    /// The availability start time.
    pub(super) start: DateTime,
    /// The time-shift buffer.
    pub(super) window: Duration,
    /// How often the manifest changes at most.
    pub(super) update: Duration,
    /// `@suggestedPresentationDelay`.
    pub(super) delay: Duration,
    /// The latency that was asked for.
    pub(super) latency: Option<Duration>,
    pub(super) faults: LiveFaults,
    pub(super) pauses: Pauses,
}

/// What a manifest lists: everything that ends in the window before an instant of the media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edition {
    /// The instant up to which segments are listed; it is that of publication, too.
    pub(super) until: PresentationTime,
    window: Duration,
}

impl Schedule {
    /// The media's time at an instant.
    pub(super) fn media(&self, wall: DateTime) -> PresentationTime {
        let elapsed = wall.nanos_since(self.start);
        PresentationTime::from_nanos(elapsed.saturating_add(self.faults.ahead(wall)))
    }

    /// The instant at which the media has come to a time, but for a drift.
    pub(super) fn wall(&self, media: PresentationTime) -> DateTime {
        self.start.offset_by_nanos(media.nanos())
    }

    /// The newest edition at a time of the media. The leading track's segments make a new one, once all tracks' segments that
    /// are cut at the same place have ended.
    pub(super) fn edition(&self, film: &Film, media: PresentationTime) -> Edition {
        let leader = film.leader();
        let slack = i64::try_from(slack(film).as_nanos()).unwrap_or(0);
        let complete = leader.ended_by(media.offset_by_nanos(-slack));
        let each = self.segments_an_edition(film);
        let number = self.faults.edition(complete / each);
        let until = (number * each).checked_sub(1).map(|last| leader.time(last).end.offset_by_nanos(slack));
        Edition { until: until.unwrap_or(PresentationTime::ZERO), window: self.window }
    }

    fn segments_an_edition(&self, film: &Film) -> u64 {
        let segments = self.update.as_secs_f64() / film.mean_segment().as_secs_f64();
        (segments.round() as u64).max(1)
    }

    /// The number of a segment that is there. Where the manifest lists segments, missing ones have none; where players
    /// calculate numbers, they have.
    pub(super) fn number(&self, film: &Film, track: &Track, index: u64) -> u64 {
        let missing = if film.steady { 0 } else { self.pauses.missing_before(film.leader(), index) };
        track.first + index - missing
    }

    /// The segment that is asked for.
    pub(super) fn index(&self, film: &Film, track: &Track, key: SegmentKey) -> Option<u64> {
        match key {
            SegmentKey::Time(time) => track.starting_at(time.checked_sub(track.offset)?),
            SegmentKey::Number(number) if film.steady => number.checked_sub(track.first),
            SegmentKey::Number(number) => Some(self.pauses.nth(film.leader(), number.checked_sub(track.first)?)),
        }
    }

    /// Whether the encoder paused meanwhile.
    pub(super) fn misses(&self, film: &Film, index: u64) -> bool {
        self.pauses.miss(film.leader(), index)
    }

    /// Whether a segment can be had.
    pub(super) fn offers(&self, film: &Film, track: &Track, index: u64, media: PresentationTime) -> bool {
        let time = track.time(index);
        let appears = time.end + self.faults.late;
        // Those who learnt of it late still get it (5.3.9.5.3: a segment's own duration longer).
        let disappears = time.end + self.window + 2 * time.end.since(time.start) + self.update;
        (appears..disappears).contains(&media) && !self.misses(film, index)
    }
}

impl Edition {
    /// The segments of a track that it lists.
    pub(super) fn listed(&self, track: &Track) -> Range<u64> {
        let window = i64::try_from(self.window.as_nanos()).unwrap_or(i64::MAX);
        track.ended_by(self.until.offset_by_nanos(window.saturating_neg()))..track.ended_by(self.until)
    }
}

/// By how much segments end later than the leading track's that are cut at the same place.
fn slack(film: &Film) -> Duration {
    let leader = film.leader();
    let behind = |track: &Track, index| {
        let end = track.time(index).end;
        let cut = leader.time(leader.ended_by(end).saturating_sub(1));
        Some(end.since(cut.end)).filter(|behind| *behind < cut.end.since(cut.start) / SLACK_SHARE)
    };
    let all = film.sets.iter().flat_map(|set| (0..set.track.count()).map(|index| (&set.track, index)));
    all.filter_map(|(track, index)| behind(track, index)).max().unwrap_or_default()
}
