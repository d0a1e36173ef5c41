//! What all parts of a run share.

use crate::layout::Addressing;
use crate::mux::Timing;
use crate::plan::{Plan, TileSheets, VideoEncoding};
use crate::protection::KeyRing;
use crate::publish::{Folder, Publisher};
use crate::workspace::{ChunkDone, Workspace};
use shared_av::EncoderPass;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// What to do, what is done already, and where the bytes go.
pub struct RunContext<'a> {
    /// What to do.
    pub plan: &'a Plan,
    /// The keys of what is encrypted.
    pub keys: Option<&'a KeyRing>,
    /// Where the bytes go.
    pub publisher: &'a Publisher<Folder>,
    /// Where passes leave what is not for players.
    pub workspace: &'a Workspace,
    /// What an earlier run has done already, by Representation.
    pub done: &'a BTreeMap<String, Vec<ChunkDone>>,
    /// Set by Ctrl-C; also by the run itself at the first failure.
    pub stop: &'a AtomicBool,
    /// A damaged master is packaged as it is.
    pub allow_damaged: bool,
    /// Which time the film is read.
    pub pass: Pass,
    /// Pictures are decoded again and compared.
    pub quality: bool,
}

/// Which time the film is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// For the statistics of the renditions that have two passes; nothing else is written.
    First,
    /// To encode it.
    Last,
}

impl RunContext<'_> {
    /// The pass of the encoder of a chunk, `None` for a rendition that has only one.
    pub(super) fn pass_over(&self, id: &str, encoding: &VideoEncoding, chunk: u32) -> Option<EncoderPass> {
        let statistics = self.workspace.statistics(id, chunk.into());
        match self.pass {
            _ if !encoding.two_pass => None,
            Pass::First => Some(EncoderPass::First(statistics)),
            Pass::Last => Some(EncoderPass::Second(statistics)),
        }
    }

    pub(super) fn measures_quality(&self) -> bool {
        self.quality && self.pass == Pass::Last
    }

    /// The renditions of the pictures that this pass is about.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = (&str, &VideoEncoding)> {
        self.plan.video_encodings().filter(|(_, encoding)| self.pass == Pass::Last || encoding.two_pass)
    }

    /// Segments become parts of one file, so that bytes which are in an input already are moved but once, at the end. What is
    /// encrypted is not in an input.
    pub(crate) fn leaves_media(&self) -> bool {
        self.plan.addressing == Addressing::Base && self.plan.protection.is_none()
    }

    /// The small pictures, which are made in the last pass.
    pub(crate) fn tile_sheets(&self) -> impl Iterator<Item = (&str, &TileSheets)> {
        self.plan.tile_sheets().filter(|_| self.pass == Pass::Last)
    }

    /// Everything that is made of frames in this pass.
    pub(crate) fn made_of_frames(&self) -> impl Iterator<Item = &str> {
        self.pictures().map(|(id, _)| id).chain(self.tile_sheets().map(|(id, _)| id))
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// An earlier run has made this chunk.
    pub(crate) fn is_done(&self, id: &str, chunk: u32) -> bool {
        self.done_chunk(id, chunk).is_some()
    }

    /// The timing that an earlier run has fixed.
    pub(super) fn timing(&self, id: &str) -> Option<Timing> {
        self.done_chunk(id, 0).map(|first| first.timing)
    }

    fn done_chunk(&self, id: &str, chunk: u32) -> Option<&ChunkDone> {
        self.done.get(id)?.iter().find(|done| done.chunk == chunk)
    }
}
