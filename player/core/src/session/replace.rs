//! Should a buffered segment be fetched again in better quality? Only when the link has nothing else to do, only if
//! the new one lands clearly ahead of the playhead, and never the same one twice: players that are less careful
//! fetch a third of their bytes in vain.

use super::Session;
use crate::abr::{Reason, Rule};
use crate::buffer::Part;
use crate::io::{Action, TrackKind};
use crate::snapshot::Mode;
use shared::time::PresentationTime;
use std::time::Duration;

/// What is not at least so many times the bandwidth is not worth the bytes of the old one.
const LEAST_GAIN: f64 = 2.0;
/// The new segment must be there in this part of the time that is left.
const SAFETY: f64 = 0.5;

impl Session {
    /// Called when there is no room for the next segment, or no next segment.
    pub(super) fn consider_replacing(&mut self, index: usize) {
        let track = &self.tracks[index];
        let allowed = self.config.replace && (track.mode != Mode::Auto || self.policy.may_replace());
        if !allowed || track.kind != TrackKind::Video || !self.playback.clock.running() {
            return;
        }
        let Some((from, rung, part)) = self.worst_ahead(index) else { return };
        let choices = self.choices(index);
        let reason = self.ask(index, part.position, &choices, |_, context| {
            let estimate = context.estimate.cautious();
            let rung = choices.index_of(rung).map(|rung| context.ladder[rung]);
            Reason { rung, ..Reason::new(Rule::Up, context, estimate) }
        });
        if let Some(reason) = reason
            && self.fetch(index, rung, part.time.start, true)
        {
            self.tell_decision(index, Action::Replace { from, rung, position: part.position }, &reason);
        }
    }

    /// The first buffered segment below the rung now held that can be replaced in time.
    fn worst_ahead(&self, index: usize) -> Option<(usize, usize, Part)> {
        let track = &self.tracks[index];
        let target = match track.mode {
            Mode::Auto => track.last_rung?,
            Mode::Manual(rung) => rung,
        };
        let place = track.place(target).filter(|place| !self.excluded(*place))?;
        let set = self.presentation.as_ref()?.set(track.period, track.set?)?;
        let enough = set.rungs.get(target)?.bandwidth.scaled(1.0 / LEAST_GAIN);
        let worth_it = |rung: usize| set.rungs.get(rung).is_some_and(|rung| rung.bandwidth < enough);
        let lower = |part: &&Part| {
            let media = part.media.filter(|media| !media.replacement && worth_it(media.rung));
            media.is_some() && !part.fed && part.period == track.period
        };
        let soon = self.position() + self.config.feed_ahead;
        let in_time = |part: &&Part| {
            let cost = self.time_to_fetch(place, part.position, part.time.end.since(part.time.start));
            cost.is_some_and(|cost| part.time.start > soon + cost.div_f64(SAFETY))
        };
        let part = track.buffer.parts().filter(lower).find(in_time)?;
        Some((part.media?.rung, target, part.clone()))
    }

    fn time_to_fetch(&self, place: crate::presentation::Place, position: u64, length: Duration) -> Option<Duration> {
        let set = self.presentation.as_ref()?.set(place.period, place.set)?;
        let nominal = set.rungs.get(place.rung)?.bandwidth.over(length);
        let size = set.true_size(place.rung, position).unwrap_or(nominal);
        Some(size.at(self.estimator.cautious()?)? + self.estimator.latency().unwrap_or_default())
    }

    /// A replacement gives way when the buffer has become short or its segment is about to be shown.
    pub(super) fn drop_hindering_replacement(&mut self, index: usize) {
        let Some(fetching) = self.tracks[index].fetching.as_ref().filter(|fetching| fetching.replaces) else { return };
        let short = !self.tracks[index].complete && self.ahead(index) < self.config.buffer_target / 2;
        let late = self.is_due(fetching.time.start);
        if short || late {
            self.stop_fetching(index);
        }
    }

    fn is_due(&self, start: PresentationTime) -> bool {
        start <= self.position() + self.config.feed_ahead
    }
}
