//! What follows from a finished response.

use super::Session;
use super::requests::{Purpose, Running};
use super::retry::Trouble;
use super::track::Fetching;
use crate::abr::Download;
use crate::buffer::{Media, Part, SEAM};
use crate::estimate::{Origin, Transfer};
use crate::history::TransferMark;
use crate::io::{Content, Event, Output, RequestId, TrackKind};
use crate::snapshot::RequestState;
use shared::units::ByteSize;

impl Session {
    pub(super) fn on_done(&mut self, id: RequestId, received: ByteSize, cached: bool, content: Content) {
        self.on_progress(id, received, None);
        let state = if cached { RequestState::Cached } else { RequestState::Done };
        let Some(running) = self.end_request(id, state, None) else {
            // It was aborted while the answer was on its way.
            return self.outbox.push(Output::Discard(id));
        };
        self.locations.succeeded(&running.location);
        if matches!(running.purpose, Purpose::Setup(..)) {
            self.settle_hedge(&running);
        }
        let transfer = self.note_transfer(&running, cached, false);
        let (wait, body) = (transfer.latency(), transfer.body_time());
        self.tell(Event::Received { request: id, bytes: received, wait, transfer: body, cached });
        match (running.purpose, content) {
            (Purpose::Manifest, Content::Manifest { url, text }) => self.read_manifest(&url, &text),
            (Purpose::Setup(super::setup::SetupKind::Init, place), _) => self.init_arrived(place, id),
            (Purpose::Setup(kind, place), Content::Index { bytes }) => {
                self.index_arrived(kind, place, &running, &bytes)
            }
            (Purpose::Media(track), Content::Media) => self.media_arrived(track, &running, &transfer),
            _ => self.fail("the shell answered a request with something else"),
        }
    }

    /// Hands a transfer that has ended to the estimator and to the charts.
    pub(super) fn note_transfer(&mut self, running: &Running, cached: bool, aborted: bool) -> Transfer {
        let transfer = Transfer {
            request: running.made,
            first_byte: running.first_byte,
            end: self.now,
            size: running.received,
            beside: running.beside,
            origin: if cached { Origin::Cache } else { Origin::Network },
            aborted,
        };
        self.estimator.on_transfer(&transfer);
        self.outbox.journal.fetched(running.received);
        if let (Some(rung), Some(track), Some(from)) = (running.request.rung, running.request.track, running.first_byte)
            && running.request.time.is_some()
        {
            let rate = if cached { None } else { (transfer.size + transfer.beside).per(transfer.body_time()) };
            self.outbox.journal.transfer(TransferMark { track, from, to: self.now, rate, rung, aborted });
        }
        transfer
    }

    fn media_arrived(&mut self, index: usize, running: &Running, transfer: &Transfer) {
        let Some(fetching) = self.tracks[index].fetching.take() else {
            return self.outbox.push(Output::Discard(running.request.id));
        };
        for other in self.tracks.iter_mut().enumerate().filter(|(other, _)| *other != index).map(|(_, track)| track) {
            other.answered_beside.get_or_insert(self.now);
        }
        self.end_outage(index);
        let media = Media {
            rung: fetching.place.rung,
            request: running.request.id,
            size: running.received,
            replacement: fetching.replaces,
            shown: false,
        };
        self.forgive(fetching.place);
        self.tell_policy(index, &fetching, transfer);
        self.measure_location(index, fetching.place, running, transfer);
        if fetching.replaces {
            self.put_in_place(index, &fetching, media);
        } else {
            self.append(index, &fetching, media);
        }
    }

    fn append(&mut self, index: usize, fetching: &Fetching, media: Media) {
        if self.tracks[index].buffer.is_empty() {
            // After a seek the segment may begin before the target: all of it is there.
            self.tracks[index].next = fetching.time.start.min(self.tracks[index].next);
        }
        if fetching.time.start > self.tracks[index].next + SEAM {
            self.fill_gap(index, fetching.time.start, fetching.position);
        }
        let until = self.period_end(index).unwrap_or(fetching.time.end);
        let track = &mut self.tracks[index];
        let end = fetching.time.end.min(until).max(track.next);
        let time = track.next..end;
        let (period, position) = (fetching.place.period, fetching.position);
        track.buffer.push(Part { time, period, position, media: Some(media), missing: None, fed: false });
        track.next = end;
        track.last_rung = Some(fetching.place.rung);
        track.trouble = Trouble::default();
        track.skipped_in_a_row = 0;
    }

    fn put_in_place(&mut self, index: usize, fetching: &Fetching, media: Media) {
        let (period, position) = (fetching.place.period, fetching.position);
        match self.tracks[index].buffer.replace(period, position, media) {
            Some(old) => {
                self.outbox.journal.wasted(old.size);
                self.outbox.push(Output::Discard(old.request));
                self.tell(Event::Replaced { position, from: old.rung, rung: media.rung });
            }
            None => {
                self.outbox.journal.wasted(media.size);
                self.outbox.push(Output::Discard(media.request));
            }
        }
    }

    /// Lets the policy know of a download of pictures that has ended.
    pub(super) fn tell_policy(&mut self, index: usize, fetching: &Fetching, transfer: &Transfer) {
        if self.tracks[index].kind != TrackKind::Video {
            return;
        }
        let choices = self.choices(index);
        let Some(rung) = choices.index_of(fetching.place.rung) else { return };
        let download = Download { position: fetching.position, rung, transfer: *transfer };
        self.ask(index, fetching.position, &choices, |policy, context| policy.on_download(context, &download));
    }
}
