//! What goes into the session and what comes out of it: plain values, all of them serialisable, so that a recorded
//! session can be fed to a new one. No behaviour lives here.

mod command;
mod decision;
mod event;
mod input;
mod output;

pub use command::{Command, FaultKind, Faults, LinkLimit};
pub use decision::{Action, Basis, Decision};
pub use event::{Event, Notice, Phase, Severity};
pub use input::{Content, Failure, FailureKind, Figures, Input, Percentiles, Rendering};
pub use output::{Epoch, Feed, FeedKind, Output, Request, RequestId, RequestKind, TrackKind};
pub use shared::addressing::ByteRange;
