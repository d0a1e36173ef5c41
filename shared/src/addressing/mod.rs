//! Where the segments of a Representation are in time and on the server: one interface over number, timeline, list,
//! index box and single file (ISO/IEC 23009-1 5.3.9). In the order of the data:
//!
//! * [`timeline`]: runs of equal segments on a clock, never expanded, searched by time and by position;
//! * [`template`]: URLs by rule;
//! * [`sidx`]: the segment index box;
//! * [`resource`]: what to fetch;
//! * [`index`]: [`SegmentIndex`], a timeline with a place for each of its segments.
//!
//! Not here: reading the MPD into these ([`crate::mpd`]), choosing among locations, fetching.

mod index;
mod resource;
pub mod sidx;
pub mod template;
pub mod timeline;

pub use crate::mpd::datatype::ByteRange;
pub use index::{Places, SegmentIndex, SegmentRef};
pub use resource::Resource;
