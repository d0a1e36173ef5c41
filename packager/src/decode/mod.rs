//! Decodes the master: frames on a grid of constant rate, and sound without gaps.
//!
//! `timeline` holds the arithmetic (pure), `clock` repairs times that jump, `steady` those that jitter, `weave`, `upright`
//! and `fit` change every picture before it is shared; `edges` are where a recording may be damaged. Scaling to a rendition
//! and encoding are not here.

mod clock;
mod edges;
mod fields;
mod fit;
mod reader;
mod sound;
mod steady;
mod timeline;
mod upright;
mod weave;

pub(crate) use clock::TimestampRepair;
pub use edges::{Damage, Edges, is_cut_anywhere};
pub use fields::EXCHANGE;
pub use reader::{Counts, MasterPart, MasterReader, MediaSink, first_shape, hold, larger};
pub use sound::{Silences, SoundTrack};
pub use steady::SteadyTimes;
pub use timeline::FrameGrid;
pub use weave::{whole_size, woven_aspect};
