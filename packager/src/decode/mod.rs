//! From the master's packets to frames on the constant grid and to sound without holes.
//!
//! `timeline` holds the arithmetic (pure), `clock` mends times that jump, `upright` and `fit` are what is done to every
//! picture before it is shared. Scaling to a rendition and encoding are not here.

mod clock;
mod fit;
mod reader;
mod sound;
mod timeline;
mod upright;

pub use reader::{Counts, MasterReader, MediaSink};
pub use sound::{Silences, SoundTrack};
pub use timeline::FrameGrid;
