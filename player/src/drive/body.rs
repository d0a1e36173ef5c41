//! The body of a response while it comes: put together as a whole, and the fragments of media told apart on the way.

use bytes::{Bytes, BytesMut};
use player_core::io::Subject;
use shared::splitter::Splitter;
use shared::units::ByteSize;

/// What a body is given room for before it comes, whatever its header says.
const FIRST_ROOM: u64 = 1 << 20;

/// Bytes so far.
pub(super) struct Body {
    /// Complete ones, in order.
    fragments: Vec<Bytes>,
    /// What has come behind them.
    pending: BytesMut,
    /// Only media have fragments.
    splitter: Option<Splitter>,
    received: u64,
    /// Of a server that sends more than it was asked for.
    unasked: u64,
}

impl Body {
    /// Empty, for the answer to a request for this.
    pub(super) fn for_answer(subject: &Subject) -> Self {
        Self::new(matches!(subject, Subject::Media(_)))
    }

    /// Empty; with `in_fragments` it is told apart into those.
    pub(super) fn new(in_fragments: bool) -> Self {
        let splitter = in_fragments.then(Splitter::default);
        Self { fragments: vec![], pending: BytesMut::new(), splitter, received: 0, unasked: 0 }
    }

    /// So much will come, if the header is right.
    pub(super) fn expect(&mut self, length: Option<u64>) {
        self.pending.reserve(length.unwrap_or(0).min(FIRST_ROOM) as usize);
    }

    /// Takes the next bytes; gives the fragments that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Bytes> {
        self.received += bytes.len() as u64;
        self.pending.extend_from_slice(bytes);
        let known = self.fragments.len();
        if let Some(splitter) = &mut self.splitter {
            while let Some(length) = splitter.complete(&self.pending) {
                self.fragments.push(self.pending.split_to(length).freeze());
            }
        }
        self.fragments[known..].to_vec()
    }

    /// Takes note of bytes that do not belong to it.
    pub(super) fn skip(&mut self, unasked: u64) {
        self.unasked = self.unasked.saturating_add(unasked);
    }

    /// How much has come, with what does not belong to it: the network has carried that, too.
    pub(super) fn received(&self) -> ByteSize {
        ByteSize::from_bytes(self.received.saturating_add(self.unasked))
    }

    /// All of it in one piece. Copies only what came in several fragments.
    pub(super) fn whole(mut self) -> Bytes {
        match (&self.fragments[..], self.pending.is_empty()) {
            ([], _) => self.pending.freeze(),
            ([only], true) => only.clone(),
            _ => {
                self.fragments.push(self.pending.freeze());
                self.fragments.concat().into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &[u8] = b"\0\0\0\x08moof\0\0\0\x0amdatab";
    const SECOND: &[u8] = b"\0\0\0\x08moof\0\0\0\x09mdatc";
    const TRAILER: &[u8] = b"\0\0\0\x08free";

    fn whole(in_fragments: bool, pieces: &[&[u8]]) -> (Vec<Bytes>, Bytes) {
        let mut body = Body::new(in_fragments);
        body.expect(Some(u64::MAX));
        let mut fragments = vec![];
        for piece in pieces {
            fragments.extend(body.push(piece));
        }
        assert_eq!(body.received().bytes(), pieces.concat().len() as u64);
        (fragments, body.whole())
    }

    #[test]
    fn fragments_come_out_once_and_the_whole_has_them_all() {
        let segment = [FIRST, SECOND, TRAILER].concat();
        for cut in 0..segment.len() {
            let (fragments, body) = whole(true, &[&segment[..cut], &segment[cut..]]);
            assert_eq!(fragments, [FIRST, SECOND], "cut at {cut}");
            assert_eq!(body, segment);
        }
    }

    #[test]
    fn a_segment_of_one_fragment_is_not_copied() {
        let mut body = Body::new(true);
        let fragment = body.push(FIRST).remove(0);
        assert_eq!(body.whole().as_ptr(), fragment.as_ptr());
    }

    #[test]
    fn what_is_no_media_is_not_looked_into() {
        let mut manifest = Body::for_answer(&Subject::Manifest);
        assert_eq!(manifest.push(FIRST), [""; 0]);
        assert_eq!(whole(false, &[FIRST, SECOND]), (vec![], [FIRST, SECOND].concat().into()));
    }
}
