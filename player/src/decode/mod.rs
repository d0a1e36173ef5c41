//! Segments to pictures and sound.
//!
//! ```text
//! DecodeJob (init or media bytes) ─► track ─► codec ─► video: exact start, order, mailbox
//!      bounded channel               │                 audio: place on the axis, speed, ring
//!                                    └─ problems ─► session
//! ```
//!
//! * [`job`]: what a decoder is given: segments whole, or fragment by fragment while they arrive.
//! * [`track`]: one track: bytes to samples to decoder; a new decoder when the init segment changes, the old one drained
//!   first, so every frame comes out once and in order across switches.
//! * `segment_progress`, `sample_clock`: how far a segment has come, and when its samples are presented.
//! * [`KeyRing`]: keys of encrypted media; `unlock`: their samples in the clear, and wrong keys found out.
//! * [`codec`]: the decoders behind one small trait.
//! * [`sink`]: where frames go; [`video`], [`audio`]: what happens to them there.
//! * [`gate`]: the epoch in force and the speed, known to all threads at once.
//! * [`align`]: sound without gap or overlap; [`stretch`]: another speed at the same pitch.
//! * [`threads`]: the two named threads and their bounded channels.
//!
//! A seek opens a new epoch: jobs and frames of older ones are dropped at every step. Nothing here knows URLs, clocks
//! or rungs.

pub mod align;
pub mod audio;
pub mod codec;
pub mod gate;
pub mod job;
mod key_ring;
mod sample_clock;
mod segment_progress;
pub mod sink;
pub mod stretch;
pub mod threads;
pub mod track;
mod unlock;
pub mod video;

pub use gate::{EpochGate, Speed};
pub use job::{DecodeJob, FedSegment, Piece, Undecodable};
pub use key_ring::KeyRing;
pub use sink::{FrameSink, FrameTag};
pub use threads::Decoders;
pub use track::TrackDecoder;
