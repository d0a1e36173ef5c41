//! What a decoder is given to do, and what it says when it cannot.

use bytes::Bytes;
use player_core::io::{Epoch, RequestId};
use shared::protection::KeyId;
use shared::time::PresentationTime;
use std::ops::Range;

/// Something for a decoder to do.
#[derive(Debug, Clone, PartialEq)]
pub enum DecodeJob {
    /// Forget everything; nothing before `from` is put out.
    Flush {
        /// The new epoch.
        epoch: Epoch,
        /// The exact place at which output begins.
        from: PresentationTime,
    },
    /// An init segment: what follows is of this kind.
    Init {
        /// Of which epoch.
        epoch: Epoch,
        /// For messages.
        request: RequestId,
        /// The bytes.
        data: Bytes,
    },
    /// A media segment, or the next piece of one that still arrives.
    Media {
        /// What holds for all its pieces.
        segment: FedSegment,
        /// The bytes.
        piece: Piece,
    },
    /// Here is nothing, and nothing will come.
    Hole {
        /// Of which epoch.
        epoch: Epoch,
        /// What is missing.
        time: Range<PresentationTime>,
    },
    /// Nothing more in this epoch.
    End {
        /// Of which epoch.
        epoch: Epoch,
    },
}

/// A media segment on its way to a decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FedSegment {
    /// Of which epoch.
    pub epoch: Epoch,
    /// Whose bytes; all pieces of a segment have the same.
    pub request: RequestId,
    /// What media times need to become presentation times, in ns.
    pub offset_nanos: i64,
    /// What it is to cover.
    pub time: Range<PresentationTime>,
    /// What lies behind it is not put out.
    pub until: Option<PresentationTime>,
    /// Where its earliest sample belongs, when that is not where its own time puts it.
    pub origin: Option<PresentationTime>,
}

/// Bytes of a media segment: all of them, or one or more whole fragments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The bytes. Those of the last piece may hold no media, or be none at all.
    pub data: Bytes,
    /// Where in its file the piece begins.
    pub file_offset: u64,
    /// No further piece of the segment follows. A segment that is fed whole is one last piece.
    pub last: bool,
}

/// A segment that could not be used, or that is damaged so much that people see or hear it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable {
    /// Whose bytes.
    pub request: RequestId,
    /// Why, for people.
    pub message: String,
    /// It was shown all the same: the decoder has concealed what was damaged.
    pub concealed: bool,
    /// The key that it was decrypted with, where that is why.
    pub wrong_key: Option<KeyId>,
}

impl Undecodable {
    /// Nothing of it was shown.
    pub(super) fn lost(request: RequestId, message: String) -> Self {
        Self { request, message, concealed: false, wrong_key: None }
    }
}
