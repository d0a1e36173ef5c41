//! Pictures: the exact first one, each once and in order, into the mailbox.

use super::sink::{FrameSink, FrameTag};
use crate::output::{Mailbox, Timed};
use player_core::io::Epoch;
use shared::time::PresentationTime;
use shared_av::VideoFrame;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Decoders hold far fewer pictures back; with more than this some times were announced for which no picture comes.
const MOST_ANNOUNCED: usize = 256;

/// Puts pictures into a mailbox.
pub struct VideoSink {
    mailbox: Arc<Mailbox<VideoFrame>>,
    /// Pictures that end before this are not shown.
    from: PresentationTime,
    /// The last picture before `from`, in case there is none at it.
    before: Option<Timed<VideoFrame>>,
    last: Option<PresentationTime>,
    /// Ends of the pictures in the decoder, by their time.
    ends: BTreeMap<PresentationTime, PresentationTime>,
}

impl VideoSink {
    /// Into `mailbox`.
    pub fn new(mailbox: Arc<Mailbox<VideoFrame>>) -> Self {
        Self { mailbox, from: PresentationTime::ZERO, before: None, last: None, ends: BTreeMap::new() }
    }

    fn push(&mut self, frame: Timed<VideoFrame>) -> bool {
        self.last = Some(frame.pts);
        self.mailbox.push(frame)
    }

    fn push_before(&mut self) -> bool {
        self.before.take().is_none_or(|frame| self.push(frame))
    }
}

impl FrameSink<VideoFrame> for VideoSink {
    fn begin(&mut self, _epoch: Epoch, from: PresentationTime) {
        self.from = from;
        self.before = None;
        self.last = None;
        self.ends.clear();
    }

    fn announce(&mut self, pts: PresentationTime, end: PresentationTime) {
        if self.ends.len() >= MOST_ANNOUNCED {
            self.ends.pop_first();
        }
        self.ends.insert(pts, end);
    }

    fn put(&mut self, frame: VideoFrame, tag: FrameTag) -> bool {
        let Some(pts) = frame.pts() else { return true };
        let end = self.ends.remove(&pts).unwrap_or(pts).min(tag.until.unwrap_or(PresentationTime::MAX));
        let timed = Timed { pts, end, epoch: tag.epoch, picture: frame };
        if self.last.is_some_and(|last| pts <= last) {
            return true; // segments that overlap: the picture was there already
        }
        if end <= self.from && pts < self.from {
            self.before = Some(timed);
            return true;
        }
        if pts <= self.from {
            self.before = None;
        }
        self.push_before() && self.push(timed)
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

#[cfg(test)]
mod tests {
    use super::*;
    use shared_av::{ColourDescription, PixelFormat, Rational, VideoFrameMut};

    const EPOCH: Epoch = Epoch(1);

    fn ms(millis: i64) -> PresentationTime {
        PresentationTime::from_millis(millis)
    }

    fn picture(millis: Option<i64>) -> VideoFrame {
        let canvas = VideoFrameMut::new(PixelFormat::Yuv420p, 16, 16).unwrap();
        canvas.finish(millis.map(ms), ColourDescription::BT709, Rational::new(1, 1).unwrap())
    }

    /// A sink of an epoch that begins at `from`, and its mailbox.
    fn sink(from: i64) -> (Arc<Mailbox<VideoFrame>>, VideoSink) {
        let mailbox = Arc::new(Mailbox::new(16));
        mailbox.flush(EPOCH);
        let mut sink = VideoSink::new(Arc::clone(&mailbox));
        sink.begin(EPOCH, ms(from));
        (mailbox, sink)
    }

    fn put(sink: &mut VideoSink, millis: i64, until: Option<i64>) -> bool {
        sink.announce(ms(millis), ms(millis + 40));
        sink.put(picture(Some(millis)), FrameTag { epoch: EPOCH, until: until.map(ms) })
    }

    /// Start and end in ms of what waits in the mailbox.
    fn waiting(mailbox: &Mailbox<VideoFrame>) -> Vec<(i64, i64)> {
        let due = mailbox.take_due(PresentationTime::MAX);
        let all = due.skipped.into_iter().chain(due.shown);
        all.map(|frame| (frame.pts.nanos() / 1_000_000, frame.end.nanos() / 1_000_000)).collect()
    }

    #[test]
    fn output_begins_with_the_picture_that_is_on_the_screen_at_the_start() {
        let (mailbox, mut sink) = sink(100);
        for millis in [0, 40, 80, 120] {
            assert!(put(&mut sink, millis, None));
        }
        assert_eq!(waiting(&mailbox), [(80, 120), (120, 160)]);
    }

    #[test]
    fn where_there_is_no_picture_at_the_start_the_one_before_is_shown() {
        let (mailbox, mut sink) = sink(100);
        put(&mut sink, 0, None);
        put(&mut sink, 40, None);
        put(&mut sink, 200, None);
        assert_eq!(waiting(&mailbox), [(40, 80), (200, 240)]);
        sink.begin(EPOCH, ms(1000));
        put(&mut sink, 400, None);
        assert_eq!(waiting(&mailbox), [], "something may come yet");
        sink.finish(EPOCH);
        assert_eq!(waiting(&mailbox), [(400, 440)], "nothing came");
        assert!(mailbox.level().finished);
    }

    #[test]
    fn segments_that_overlap_show_each_picture_once() {
        let (mailbox, mut sink) = sink(0);
        for millis in [0, 40, 80, 40, 80, 120] {
            assert!(put(&mut sink, millis, None));
        }
        assert_eq!(waiting(&mailbox), [(0, 40), (40, 80), (80, 120), (120, 160)]);
    }

    #[test]
    fn the_last_picture_of_a_period_ends_with_it() {
        let (mailbox, mut sink) = sink(0);
        put(&mut sink, 0, Some(25));
        assert_eq!(waiting(&mailbox), [(0, 25)]);
    }

    #[test]
    fn a_picture_without_a_time_is_left_out_and_one_nobody_announced_has_no_length() {
        let (mailbox, mut sink) = sink(0);
        let tag = FrameTag { epoch: EPOCH, until: None };
        assert!(sink.put(picture(None), tag) && sink.put(picture(Some(40)), tag));
        assert_eq!(waiting(&mailbox), [(40, 40)]);
    }

    #[test]
    fn a_hole_is_covered_and_another_epoch_ends_the_work() {
        let (mailbox, mut sink) = sink(0);
        assert!(sink.hole(EPOCH, ms(0)..ms(500)));
        assert_eq!(mailbox.level().covered, Some(ms(500)));
        mailbox.flush(Epoch(2));
        assert!(!put(&mut sink, 0, None));
    }
}
