//! What do the decoders get, and when? As little ahead as is safe, so that the rest can still be replaced.

use super::lane::LaneId;
use super::{Desk, Loading};
use crate::buffer::{Media, Part};
use crate::io::{Epoch, Feed, FeedKind, Output};
use crate::session::network::SetupKind;
use shared::time::PresentationTime;

impl Loading {
    /// Hands over everything that is due.
    pub(in crate::session) fn feed(&mut self, epoch: Epoch, desk: &mut Desk<'_>) {
        for lane in self.lanes.ids() {
            while self.feed_next(lane, epoch, desk) {}
            self.tell_end_of_stream(lane, epoch, desk);
        }
    }

    /// Hands over the next part if it is due and can be; tells whether it did.
    fn feed_next(&mut self, lane: LaneId, epoch: Epoch, desk: &mut Desk<'_>) -> bool {
        let Some(part) = self.lanes[lane].buffer.next_to_feed().cloned() else { return false };
        if let Some(due) = self.not_due_before(lane, &part, desk) {
            if let Some(at) = desk.at.clock.time_at(due) {
                desk.out.wake_at(at);
            }
            return false;
        }
        let fed = match part.media {
            Some(media) => self.feed_media(lane, epoch, &part, media, desk),
            None => {
                let track = self.lanes[lane].kind;
                desk.out.push(Output::Hole { track, epoch, time: part.time });
                true
            }
        };
        if fed {
            self.lanes[lane].buffer.mark_fed();
        }
        fed
    }

    /// Where the playhead must be for a part to be due: a little before it, or in the last part that was handed
    /// over, so that one more is always there.
    fn not_due_before(&self, lane: LaneId, part: &Part, desk: &Desk<'_>) -> Option<PresentationTime> {
        let last_fed = self.lanes[lane].buffer.parts().take_while(|other| other.fed).last()?;
        let due = last_fed.time.start.min(part.time.start - desk.config.feed_ahead);
        (due > desk.at.position).then_some(due)
    }

    /// Init segment first when the decoder has another one. Tells whether the media went out.
    fn feed_media(&mut self, lane: LaneId, epoch: Epoch, part: &Part, media: Media, desk: &mut Desk<'_>) -> bool {
        let rung = media.segment.rung;
        let (Some(described), Some(index)) = (self.presentation.rung(rung), self.presentation.index(rung)) else {
            return true;
        };
        let feed = |request, kind| Feed {
            request,
            track: self.lanes[lane].kind,
            epoch,
            kind,
            rung,
            offset_nanos: index.media_zero().nanos(),
        };
        let needs_init = described.init.is_some() && self.lanes[lane].fed_init != Some(rung);
        if needs_init {
            match self.setups.init(rung) {
                Some(request) => desk.out.push(Output::Feed(feed(request, FeedKind::Init))),
                None => {
                    self.ensure(SetupKind::Init, rung, desk);
                    return false;
                }
            }
        }
        let until = self.presentation.period(part.period).and_then(|period| period.end);
        let kind = FeedKind::Media { time: part.time.clone(), until };
        desk.out.push(Output::Feed(feed(media.request, kind)));
        self.lanes[lane].fed_init = Some(rung);
        true
    }

    fn tell_end_of_stream(&mut self, lane: LaneId, epoch: Epoch, desk: &mut Desk<'_>) {
        let lane = &mut self.lanes[lane];
        if lane.complete && lane.buffer.next_to_feed().is_none() && lane.ended_in != Some(epoch) {
            lane.ended_in = Some(epoch);
            desk.out.push(Output::EndOfStream { track: lane.kind, epoch });
        }
    }
}
