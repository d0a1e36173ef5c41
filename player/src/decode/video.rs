//! Pictures: the exact first one, each once and in order, into the mailbox.

use super::line::{Place, Sink};
use crate::output::{Mailbox, Timed};
use player_core::io::Epoch;
use shared::time::PresentationTime;
use shared_av::VideoFrame;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Decoders hold far fewer pictures back; beyond this the media lie about their times.
const MOST_ANNOUNCED: usize = 256;

/// Puts pictures into a mailbox.
pub struct VideoSink {
    mailbox: Arc<Mailbox<VideoFrame>>,
    /// Pictures that end before this are not shown.
    from: PresentationTime,
    /// The last picture before `from`, in case there is none at it.
    before: Option<(Epoch, Timed<VideoFrame>)>,
    last: Option<PresentationTime>,
    /// Ends of the pictures in the decoder, by their time.
    ends: BTreeMap<PresentationTime, PresentationTime>,
    on_first: Box<dyn FnMut() + Send>,
}

impl VideoSink {
    /// Into `mailbox`; `on_first` is called when an epoch's first picture is there.
    pub fn new(mailbox: Arc<Mailbox<VideoFrame>>, on_first: Box<dyn FnMut() + Send>) -> Self {
        let from = PresentationTime::ZERO;
        Self { mailbox, from, before: None, last: None, ends: BTreeMap::new(), on_first }
    }

    fn push(&mut self, epoch: Epoch, frame: Timed<VideoFrame>) -> bool {
        let first = self.last.is_none();
        self.last = Some(frame.pts);
        let wanted = self.mailbox.push(epoch, frame);
        if first && wanted {
            (self.on_first)();
        }
        wanted
    }

    fn push_before(&mut self) -> bool {
        self.before.take().is_none_or(|(epoch, frame)| self.push(epoch, frame))
    }
}

impl Sink<VideoFrame> for VideoSink {
    fn begin(&mut self, _epoch: Epoch, from: PresentationTime) {
        (self.from, self.before, self.last) = (from, None, None);
        self.ends.clear();
    }

    fn announce(&mut self, pts: PresentationTime, end: PresentationTime) {
        if self.ends.len() >= MOST_ANNOUNCED {
            self.ends.pop_first();
        }
        self.ends.insert(pts, end);
    }

    fn put(&mut self, frame: VideoFrame, place: Place) -> bool {
        let Some(pts) = frame.pts() else { return true };
        let end = self.ends.remove(&pts).unwrap_or(pts).min(place.until.unwrap_or(PresentationTime::MAX));
        let timed = Timed { pts, end, picture: frame };
        if self.last.is_some_and(|last| pts <= last) {
            return true; // segments that overlap: the picture was there already
        }
        if end <= self.from && pts < self.from {
            self.before = Some((place.epoch, timed));
            return true;
        }
        if pts <= self.from {
            self.before = None;
        }
        self.push_before() && self.push(place.epoch, timed)
    }

    fn hole(&mut self, epoch: Epoch, time: Range<PresentationTime>) -> bool {
        self.mailbox.cover(epoch, time.end);
        true
    }

    fn seam(&mut self) {
        self.ends.clear();
    }

    fn finish(&mut self, epoch: Epoch) {
        self.push_before();
        self.mailbox.finish(epoch);
    }
}
