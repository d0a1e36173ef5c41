//! What follows from a response, whether it is complete or not: it is handed to whoever asked.

use super::Session;
use super::network::{InProgress, RequestPurpose, SetupKind};
use crate::io::{Content, Event, Failure, Output, RequestId};
use shared::units::ByteSize;

impl Session {
    pub(super) fn on_done(&mut self, id: RequestId, received: ByteSize, cached: bool, content: Content) {
        self.network.progress(id, received, None, self.out.now());
        let Some((running, transfer)) = self.network.finish(id, cached, &mut self.out) else {
            // It was aborted while the answer was on its way.
            return self.out.push(Output::Discard(id));
        };
        let (wait, body) = (transfer.latency(), transfer.body_time());
        self.out.tell(Event::Received { request: id, bytes: received, wait, transfer: body, cached });
        let (loading, mut desk) = self.desk();
        match (running.purpose, content) {
            (RequestPurpose::Manifest, Content::Manifest { url, text }) => self.read_manifest(&url, &text),
            (RequestPurpose::Setup(SetupKind::Init, rung), _) => loading.init_arrived(rung, id),
            (RequestPurpose::Setup(kind, rung), Content::Index { bytes }) => {
                loading.index_arrived(kind, rung, &running, &bytes, &mut desk);
            }
            (RequestPurpose::Key(id, rung), Content::Keys { key_ids }) => {
                loading.licence_arrived(id, rung, &key_ids, &mut desk);
            }
            (RequestPurpose::Media(kind), Content::Media) => {
                loading.media_arrived(kind, &running, &transfer, &mut desk)
            }
            _ => self.fail("the shell answered a request with something else"),
        }
    }

    pub(super) fn on_failed(&mut self, id: RequestId, received: ByteSize, failure: Failure) {
        self.network.progress(id, received, None, self.out.now());
        if let Some(running) = self.network.failed(id, &failure, &mut self.out) {
            self.after_failure(&running, failure);
        }
    }

    /// Gives up requests that have been silent for too long.
    pub(super) fn give_up_silent(&mut self) {
        let (at, network, loading) = (self.situation(), &self.network, &self.loading);
        let stakes: Vec<_> =
            network.in_progress().map(|r| (r.request.id, loading.stakes(r, &at, network, &self.out))).collect();
        for id in network.silent(&stakes, &mut self.out) {
            if let Some((running, failure)) = self.network.give_up_silent(id, &mut self.out) {
                self.after_failure(&running, failure);
            }
        }
    }

    fn after_failure(&mut self, running: &InProgress, failure: Failure) {
        let (loading, mut desk) = self.desk();
        let then = match running.purpose {
            RequestPurpose::Manifest => self.manifest_failed(&failure),
            RequestPurpose::Setup(kind, rung) => {
                loading.setup_failed(kind, rung, &failure, &running.location, &mut desk)
            }
            RequestPurpose::Key(id, rung) => loading.licence_failed(id, rung, &failure, &mut desk),
            RequestPurpose::Media(kind) => loading.media_failed(kind, &failure, &running.location, &mut desk),
        };
        self.settle_loss();
        self.out.tell(Event::Failed { request: running.request.id, failure, then });
    }
}
