#![doc = include_str!("../README.md")]
//!
//! # Example
//!
//! Five seconds of coded pictures are cut into segments of two seconds and written as CMAF, without any file:
//!
//! ```rust
//! use packager::mux::{Bitstream, FragmentWriter, Packet, Timing, Wrapping};
//! use packager::segment::{CutRule, Cutter, Grid};
//! use shared::time::Timescale;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // 25 frames a second, one tick a frame, a key frame every 50.
//! let timescale = Timescale::new(25).ok_or("zero ticks a second")?;
//! let picture = |n: i64| Packet { data: vec![0; 800].into(), pts: n, dts: n, duration: 1, key: n % 50 == 0 };
//! let timing = Timing::from_first(timescale, &picture(0));
//!
//! let grid = Grid { timescale, first: 50, segment: 50 };
//! let mut cutter = Cutter::new(grid, CutRule::Exact, timescale, 1, 0.5);
//! let mut groups: Vec<_> = (0..125).filter_map(|n| cutter.push(picture(n))).collect();
//! groups.extend(cutter.finish());
//!
//! let writer = FragmentWriter::new("video", timing, Bitstream::Plain, Wrapping::Segment);
//! let mut spans = Vec::new();
//! for group in &groups {
//!     let (bytes, segment) = writer.segment(group.number, &group.packets)?;
//!     assert_eq!(&bytes[4..8], b"styp");
//!     spans.push((segment.time, segment.duration));
//! }
//! assert_eq!(spans, [(0, 50), (50, 50), (100, 25)]);
//! # Ok(())
//! # }
//! ```

pub mod error;
pub mod language;
pub mod sample;

pub mod codec;
pub mod intake;
pub mod probe;
pub mod survey;
pub mod ladder;
pub mod layout;
pub mod protection;
pub mod manifests;
pub mod beside;
pub mod text;
pub mod plan;
pub mod copy;
pub mod playlist;
pub mod decode;
pub mod scale;
pub mod encode;
pub mod quality;
pub mod segment;
pub mod mux;
pub mod publish;
pub mod catalogue;
pub mod workspace;
pub mod produce;
pub mod work;
pub mod progress;
pub mod out;
pub mod package;
pub mod verify;

pub mod serve;

#[cfg(test)]
mod testing;

pub mod cli;
pub mod manual;
