//! What the tests of several files here need.

use super::template::Template;
use super::timeline::TimelineClock;
use super::{Places, SegmentIndex};
use crate::time::{PresentationTime, Timescale};
use crate::units::Bitrate;
use std::sync::Arc;

pub(super) fn clock(timescale: u32, offset: u64) -> TimelineClock {
    TimelineClock { timescale: Timescale::new(timescale).unwrap(), offset, period_start: PresentationTime::ZERO }
}

pub(super) fn secs(seconds: f64) -> PresentationTime {
    PresentationTime::from_secs_f64(seconds)
}

pub(super) fn template(text: &str) -> Places {
    Places::Template(Arc::new(Template::new(text, "v", Bitrate::ZERO)))
}

/// One line a segment: number, from-to in seconds, resource, size.
pub(super) fn listed(index: &SegmentIndex) -> Vec<String> {
    let line = |number| {
        let time = index.time(number).unwrap();
        let resource = index.resource(number).unwrap();
        let range = resource.range.map_or(String::new(), |range| format!("[{range}]"));
        let size = index.size(number).map_or(String::new(), |size| format!(" {}", size.bytes()));
        format!("{number} {}-{} {}{range}{size}", time.start.secs_f64(), time.end.secs_f64(), resource.path)
    };
    index.numbers().map(line).collect()
}
