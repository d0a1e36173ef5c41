//! A network without servers, for the tests of this room; compiled under `#[cfg(test)]` alone.

use super::{InProgress, Network};
use crate::io::{Output, Request, RequestId, RungRef, SegmentOf, Subject, TrackKind};
use crate::presentation::Naming;
use crate::session::outbox::Outbox;
use shared::addressing::SegmentNumber;
use shared::mpd::Location;
use shared::time::{PresentationTime, SessionTime};
use shared::units::ByteSize;
use std::time::Duration;

/// The longest that any silence is borne here.
pub(super) const MOST_PATIENCE: Duration = Duration::from_secs(8);

/// A network and the outbox that it writes to.
pub(super) struct Wire {
    pub(super) network: Network,
    pub(super) out: Outbox,
    naming: Naming,
}

impl Default for Wire {
    fn default() -> Self {
        let network = Network::new(None, 0, MOST_PATIENCE);
        Self { network, out: Outbox::default(), naming: Naming::default() }
    }
}

impl Wire {
    /// A location of this name.
    pub(super) fn location(name: &str) -> Location {
        let base = format!("http://{name}.example/").parse().unwrap();
        Location { base, service_location: Some(name.to_owned()), priority: 1, weight: 1 }
    }

    /// Another rung of the pictures.
    pub(super) fn rung(&mut self) -> RungRef {
        RungRef { track: TrackKind::Video, rung: self.naming.rung(), representation: "v".to_owned() }
    }

    /// A segment of two seconds in another rung.
    pub(super) fn media(&mut self) -> Subject {
        let time = PresentationTime::ZERO..PresentationTime::from_millis(2000);
        Subject::Media(SegmentOf { of: self.rung(), number: SegmentNumber(1), time })
    }

    /// Time goes on to so many milliseconds.
    pub(super) fn at(&mut self, millis: u64) {
        self.out.advance(SessionTime::from(Duration::from_millis(millis)));
    }

    pub(super) fn request(&mut self, subject: Subject, attempt: u32) -> Request {
        let id = self.network.next_id();
        let url = format!("http://a.example/{id}");
        Request { id, subject, url, range: None, limit: ByteSize::from_bytes(1 << 20), size: None, attempt }
    }

    pub(super) fn send_to(&mut self, location: &str, subject: Subject) -> RequestId {
        let request = self.request(subject, 0);
        let id = request.id;
        self.network.send(request, location.to_owned(), super::Stakes::default(), &mut self.out);
        id
    }

    pub(super) fn send(&mut self, subject: Subject) -> RequestId {
        self.send_to("a", subject)
    }

    pub(super) fn send_media(&mut self) -> RequestId {
        let subject = self.media();
        self.send(subject)
    }

    /// So many bytes of a request have come until now.
    pub(super) fn progress(&mut self, id: RequestId, bytes: u64) {
        self.network.progress(id, ByteSize::from_bytes(bytes), None, self.out.now());
    }

    /// A request is answered in full.
    pub(super) fn finish(&mut self, id: RequestId, bytes: u64) {
        self.progress(id, bytes);
        assert!(self.network.finish(id, false, &mut self.out).is_some());
    }

    /// A media segment whose answer began after so long, and came at once.
    pub(super) fn answered_after(&mut self, millis: u64) {
        let id = self.send_media();
        let now = self.out.now() + Duration::from_millis(millis);
        self.out.advance(now);
        self.finish(id, 20_000);
    }

    pub(super) fn running(&self, id: RequestId) -> &InProgress {
        self.network.get(id).unwrap()
    }

    /// What it was told to do until now.
    pub(super) fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| Some(self.out.poll()).filter(|output| !matches!(output, Output::Wait(_)))).collect()
    }
}
