//! Where the segments of a Representation are in time and on the server: one interface over number, timeline, list,
//! index box and single file (ISO/IEC 23009-1 5.3.9). In the order of the data:
//!
//! * [`timeline`]: runs of equal segments on a clock, never expanded, searched by time and by position;
//! * [`template`]: URLs by rule;
//! * [`sidx`]: the segment index box;
//! * [`resource`]: what to fetch;
//! * [`number`]: [`SegmentNumber`], the name of a segment;
//! * [`in_file`]: an index that has to be fetched first;
//! * [`index`]: [`SegmentIndex`], a timeline with a number and a place for each of its segments;
//! * [`availability`]: when segments appear and disappear;
//! * [`renew`]: an index after a refresh of the MPD.
//!
//! Not here: reading the MPD into these ([`crate::mpd`]), choosing among locations, fetching.

mod availability;
#[cfg(test)]
mod fixtures;
mod in_file;
mod index;
mod number;
mod renew;
mod resource;
pub mod sidx;
pub mod template;
pub mod timeline;

pub use crate::mpd::datatype::ByteRange;
pub use availability::Availability;
pub use index::{Places, SegmentIndex};
pub use number::SegmentNumber;
pub use resource::Resource;
