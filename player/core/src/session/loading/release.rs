//! What is not needed any more: downloads that are given up, parts of the buffer that are dropped.

use super::lane::LaneId;
use super::{Desk, Loading};
use crate::buffer::Part;
use crate::io::Output;
use crate::session::outbox::Outbox;
use shared::time::PresentationTime;

impl Loading {
    /// Gives up what a lane is fetching.
    pub(super) fn stop_fetching(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        if let Some(fetching) = self.lanes[lane].fetching.take() {
            desk.network.abort(fetching.request, desk.out);
        }
    }

    /// No lane fetches anything any more; the requests themselves are somebody else's.
    pub(in crate::session) fn forget_fetching(&mut self) {
        for lane in self.lanes.iter_mut() {
            lane.fetching = None;
        }
    }

    /// Forgets what lies too far behind the playhead.
    pub(in crate::session) fn forget_behind(&mut self, desk: &mut Desk<'_>) {
        let behind = desk.at.position - desk.config.keep_behind;
        for lane in self.lanes.ids() {
            let dropped = self.lanes[lane].buffer.drop_behind(behind);
            discard(dropped, desk.out);
        }
    }

    /// Drops what was not handed over from `position` on; it is fetched again.
    pub(super) fn drop_from(&mut self, lane: LaneId, position: PresentationTime, desk: &mut Desk<'_>) {
        let dropped = self.lanes[lane].buffer.drop_from(position);
        let Some(first) = dropped.first() else { return };
        let (period, start) = (first.period, first.time.start);
        self.stop_fetching(lane, desk);
        let state = &mut self.lanes[lane];
        state.next = start;
        state.complete = false;
        if state.period != period {
            state.enter_period(period, &self.presentation, desk.config.audio_lang.as_deref());
        }
        discard(dropped, desk.out);
    }
}

/// The bytes of these parts are not needed any more; those never shown are wasted.
pub(super) fn discard(parts: Vec<Part>, out: &mut Outbox) {
    for media in parts.into_iter().filter_map(|part| part.media) {
        if !media.shown {
            out.journal.wasted(media.size);
        }
        out.push(Output::Discard(media.request));
    }
}
