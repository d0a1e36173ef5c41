//! What goes into the session and what comes out of it: plain values, all of them serialisable, so that a recorded
//! session can be fed to a new one. No behaviour lives here.

mod cause;
mod command;
mod decision;
mod event;
mod input;
mod output;
mod request;

pub use crate::kinds::TrackKind;
pub use cause::{Blame, Cause};
pub use command::{Command, FaultKind, FaultPlan, LinkLimit};
pub use decision::{Action, Basis, Decision};
pub use event::{Event, Notice, Phase, Severity};
pub use input::{Content, Failure, FailureKind, Figures, Input, Percentiles, Rendering};
pub use output::{Epoch, Feed, FeedKind, Output};
pub use request::{Request, RequestId, RungRef, SegmentOf, Subject};
pub use shared::addressing::ByteRange;
