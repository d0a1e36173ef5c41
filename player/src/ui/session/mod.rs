//! Sessions as the window has them: opened and closed on threads of their own, watched through a [`SessionLink`],
//! recorded for `--report`, `--summary` and exports.

mod arrival;
mod frame_slot;
mod last_snapshot;
mod link;
mod opener;
mod recorder;
mod screen_log;
mod snapshot_waker;

pub(crate) use arrival::{Arrival, Arrived};
pub(crate) use last_snapshot::LastSnapshot;
pub use link::{Frames, Opener, Opening, SessionLink, Waker, WindowSettings};
pub use opener::opener;
pub use recorder::SessionFiles;
