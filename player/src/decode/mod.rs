//! Segments to pictures and sound.
//!
//! ```text
//! Job (init or media bytes) ─► line ─► codec ─► video: exact start, order, mailbox
//!      bounded channel           │               audio: place on the axis, speed, ring
//!                                └─ problems ─► session
//! ```
//!
//! * [`mod@line`]: one track: bytes to samples to decoder; a new decoder when the init segment changes, the old one drained
//!   first, so every frame comes out once and in order across switches.
//! * [`codec`]: the decoders behind one small trait.
//! * [`video`], [`audio`]: what happens to frames.
//! * [`align`]: sound without gap or overlap; [`stretch`]: another speed at the same pitch.
//! * [`threads`]: the two named threads and their bounded channels.
//!
//! A seek opens a new epoch: jobs and frames of older ones are dropped at every step. Nothing here knows URLs, clocks
//! or rungs beyond carrying their number along.

pub mod align;
pub mod audio;
pub mod codec;
pub mod line;
pub mod stretch;
pub mod threads;
pub mod video;

pub use line::{Job, Live, Problem};
pub use threads::{DecodeEvent, Decoders};
