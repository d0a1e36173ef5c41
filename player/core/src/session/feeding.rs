//! What do the decoders get, and when? As little ahead as is safe, so that the rest can still be replaced; and what
//! the playhead has left behind is forgotten.

use super::Session;
use crate::buffer::{Media, Part};
use crate::io::{Feed, FeedKind, Output};
use crate::presentation::Place;
use shared::time::PresentationTime;

impl Session {
    /// Hands over everything that is due.
    pub(super) fn feed(&mut self) {
        for index in 0..self.tracks.len() {
            while self.feed_next(index) {}
            self.tell_end_of_stream(index);
        }
    }

    /// Hands over the next part if it is due and can be; tells whether it did.
    fn feed_next(&mut self, index: usize) -> bool {
        let Some(part) = self.tracks[index].buffer.next_to_feed().cloned() else { return false };
        if let Some(due) = self.not_due_before(index, &part) {
            if let Some(at) = self.playback.clock.time_at(due) {
                self.wake_at(at);
            }
            return false;
        }
        let fed = match part.media {
            Some(media) => self.feed_media(index, &part, media),
            None => {
                let (track, epoch) = (self.tracks[index].kind, self.epoch);
                self.outbox.push(Output::Hole { track, epoch, time: part.time });
                true
            }
        };
        if fed {
            self.tracks[index].buffer.mark_fed();
        }
        fed
    }

    /// Where the playhead must be for a part to be due: a little before it, or in the last part that was handed
    /// over, so that one more is always there.
    fn not_due_before(&self, index: usize, part: &Part) -> Option<PresentationTime> {
        let last_fed = self.tracks[index].buffer.parts().take_while(|other| other.fed).last()?;
        let due = last_fed.time.start.min(part.time.start - self.config.feed_ahead);
        (due > self.position()).then_some(due)
    }

    /// Init segment first when the decoder has another one. Tells whether the media went out.
    fn feed_media(&mut self, index: usize, part: &Part, media: Media) -> bool {
        let track = &self.tracks[index];
        let Some(set) = self.set_in(index, part.period) else { return true };
        let place = Place { period: part.period, set, rung: media.rung };
        let Some(rung) = self.presentation.as_ref().and_then(|p| p.rung(place)) else { return true };
        let feed = |request, kind| Feed {
            request,
            track: track.kind,
            epoch: self.epoch,
            kind,
            rung: media.rung,
            offset_nanos: rung.index.media_zero().nanos(),
        };
        let init = match (&rung.init, track.fed_init == Some(place)) {
            (Some(_), false) => match self.setups.init(place) {
                Some(request) => Some(Output::Feed(feed(request, FeedKind::Init))),
                None => {
                    self.ensure(super::setup::SetupKind::Init, place);
                    return false;
                }
            },
            _ => None,
        };
        let until = self.presentation.as_ref().and_then(|p| p.periods.get(part.period)).and_then(|p| p.end);
        let kind = FeedKind::Media { time: part.time.clone(), until };
        let media = Output::Feed(feed(media.request, kind));
        self.tracks[index].fed_init = Some(place);
        init.into_iter().chain([media]).for_each(|output| self.outbox.push(output));
        true
    }

    /// The set of a track in a Period. It changes only together with a flush.
    pub(super) fn set_in(&self, index: usize, period: usize) -> Option<usize> {
        let track = &self.tracks[index];
        let period = self.presentation.as_ref()?.periods.get(period)?;
        let chosen = track.chosen_set.and_then(|nth| period.sets_of(track.kind).nth(nth)).map(|(set, _)| set);
        chosen.or_else(|| period.best_set(track.kind, self.config.audio_lang.as_deref()))
    }

    fn tell_end_of_stream(&mut self, index: usize) {
        let epoch = self.epoch;
        let track = &mut self.tracks[index];
        if track.complete && track.buffer.next_to_feed().is_none() && track.ended_in != Some(epoch) {
            track.ended_in = Some(epoch);
            self.outbox.push(Output::EndOfStream { track: track.kind, epoch });
        }
    }

    /// Forgets what lies too far behind the playhead.
    pub(super) fn forget_behind(&mut self) {
        let behind = self.position() - self.config.keep_behind;
        for index in 0..self.tracks.len() {
            let dropped = self.tracks[index].buffer.drop_behind(behind);
            self.discard(dropped);
        }
    }

    /// The bytes of these parts are not needed any more; those never shown are wasted.
    pub(super) fn discard(&mut self, parts: Vec<Part>) {
        for media in parts.into_iter().filter_map(|part| part.media) {
            if !media.shown {
                self.outbox.journal.wasted(media.size);
            }
            self.outbox.push(Output::Discard(media.request));
        }
    }

    /// Drops what was not handed over from `position` on; it is fetched again.
    pub(super) fn drop_from(&mut self, index: usize, position: PresentationTime) {
        let dropped = self.tracks[index].buffer.drop_from(position);
        let Some(first) = dropped.first() else { return };
        let (period, start) = (first.period, first.time.start);
        self.stop_fetching(index);
        let track = &mut self.tracks[index];
        (track.next, track.complete) = (start, false);
        if track.period != period {
            self.enter_period(index, period);
        }
        self.discard(dropped);
    }
}
