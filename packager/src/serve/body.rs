//! The response body: cut into pieces for the link, changed by the fault, counted for the log.

use super::access_log::AccessRecord;
use super::fault::ResponseFault;
use super::link::ShapedLink;
use super::listen::Breaker;
use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use shared::pacer::Flow;
use std::time::Duration;

/// `drip` sends a byte this often, so that no time-out for silence fires at the client.
const DRIP: Duration = Duration::from_millis(500);
/// `corrupt` changes one byte of so many, so that most coded pictures are hit.
const CORRUPT_EVERY: u64 = 997;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A response body with its link, fault and log record.
pub(super) struct Outgoing {
    pub(super) link: ShapedLink,
    pub(super) flow: Flow,
    pub(super) fault: Option<ResponseFault>,
    /// How much of it goes out.
    pub(super) left: u64,
    pub(super) breaker: Breaker,
    pub(super) record: AccessRecord,
}

impl Outgoing {
    /// The body that the client gets.
    pub(super) fn carry(self, source: Body) -> Body {
        let state = Carrier { source: source.into_data_stream(), rest: Bytes::new(), out: self };
        Body::from_stream(stream::unfold(Some(state), |state| async { state?.step().await }))
    }
}

struct Carrier {
    source: BodyDataStream,
    rest: Bytes,
    out: Outgoing,
}

type Step = Option<(Result<Bytes, Error>, Option<Carrier>)>;

impl Carrier {
    /// The next piece and what is left to do.
    async fn step(mut self) -> Step {
        if self.out.left == 0 {
            return self.end().await;
        }
        while self.rest.is_empty() {
            match self.source.next().await? {
                Ok(bytes) => self.rest = bytes,
                Err(error) => return Some((Err(error.into()), None)),
            }
        }
        let piece = self.piece().await;
        self.out.left -= piece.len() as u64;
        self.out.record.bytes += piece.len() as u64;
        Some((Ok(piece), Some(self)))
    }

    async fn piece(&mut self) -> Bytes {
        let dripping = self.out.fault == Some(ResponseFault::Drip);
        let most = if dripping { 1 } else { self.out.link.piece().unwrap_or(usize::MAX) };
        let length = most.min(self.rest.len()).min(self.out.left.try_into().unwrap_or(usize::MAX));
        let piece = self.rest.split_to(length);
        if dripping {
            self.out.link.pause(DRIP).await;
        }
        self.out.link.pass(&mut self.out.flow, length).await;
        match self.out.fault {
            Some(ResponseFault::Corrupt) => corrupt(piece, self.out.record.bytes),
            _ => piece,
        }
    }

    /// Everything that is to be sent has been handed over. If the body ended now with an error, hyper would drop the
    /// connection with the bytes it still buffers; while it waits for more of the body, it sends them.
    async fn end(self) -> Step {
        if !matches!(self.out.fault, Some(ResponseFault::Reset | ResponseFault::Truncate)) {
            return None;
        }
        tokio::task::yield_now().await;
        if self.out.fault == Some(ResponseFault::Reset) {
            self.out.breaker.trip();
        }
        Some((Err("broken off on request".into()), None))
    }
}

/// `from` is the position of the first byte in the body.
fn corrupt(piece: Bytes, from: u64) -> Bytes {
    let mut piece = BytesMut::from(piece);
    for (position, byte) in (from..).zip(piece.iter_mut()) {
        if position % CORRUPT_EVERY == CORRUPT_EVERY / 2 {
            *byte ^= 0xff;
        }
    }
    piece.freeze()
}
