//! Which sample of the ring is which presentation time. Frames are counted from the beginning of the session and
//! never start again; a seek or another speed only sets a new anchor.

use super::Format;
use shared::time::PresentationTime;
use std::collections::VecDeque;

/// A seek and a change of speed each set one; only those still in the ring matter.
const KEPT: usize = 64;

/// From this frame on, time goes like this.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anchor {
    /// Frame of the ring.
    pub frame: u64,
    /// Its presentation time.
    pub pts: PresentationTime,
    /// Media seconds a second of sound.
    pub speed: f64,
}

/// Anchors in the order of frames.
#[derive(Debug)]
pub struct SampleTimeline {
    format: Format,
    anchors: VecDeque<Anchor>,
    /// The first frame behind the end of the sound.
    pub end: Option<u64>,
}

impl SampleTimeline {
    /// Frame 0 is the start of the presentation.
    pub fn new(format: Format) -> Self {
        let anchor = Anchor { frame: 0, pts: PresentationTime::ZERO, speed: 1.0 };
        Self { format, anchors: VecDeque::from([anchor]), end: None }
    }

    /// Whatever lies before `anchor` is forgotten.
    pub fn restart(&mut self, anchor: Anchor) {
        self.anchors.clear();
        self.anchors.push_back(anchor);
        self.end = None;
    }

    /// Another speed from `frame` on.
    pub fn set_speed(&mut self, frame: u64, speed: f64) {
        let anchor = Anchor { frame, pts: self.pts(frame), speed };
        self.anchors.push_back(anchor);
        if self.anchors.len() > KEPT {
            self.anchors.pop_front();
        }
    }

    /// The presentation time of `frame`; that of the first anchor for frames before it.
    pub fn pts(&self, frame: u64) -> PresentationTime {
        let known = self.anchors.iter().rev().find(|anchor| anchor.frame <= frame).or(self.anchors.front());
        known.map_or(PresentationTime::ZERO, |anchor| {
            let heard = self.format.time(frame.saturating_sub(anchor.frame));
            anchor.pts + heard.mul_f64(anchor.speed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_bends_the_axis_and_a_restart_breaks_it() {
        let mut timeline = SampleTimeline::new(Format { rate: 1000, channels: 1 });
        let seconds = |timeline: &SampleTimeline, frame| timeline.pts(frame).secs_f64();
        assert_eq!(seconds(&timeline, 500), 0.5);
        timeline.set_speed(1000, 2.0);
        assert_eq!((seconds(&timeline, 500), seconds(&timeline, 1500)), (0.5, 2.0));
        timeline.restart(Anchor { frame: 2000, pts: PresentationTime::from_millis(60_000), speed: 2.0 });
        assert_eq!((seconds(&timeline, 1900), seconds(&timeline, 2500)), (60.0, 61.0));
    }
}
