//! Whole sessions in virtual time: an event heap and a link model drive the very same [`crate::session::Session`] as
//! the player does. Hours of playback take milliseconds.
//!
//! * [`movie`]: segment sizes of a title, from JSON or from a presentation;
//! * [`manifest`]: the same as a manifest, so that a session can be written down;
//! * `link`: the trace as seen by requests, alone or side by side;
//! * `world`: the loop; what the servers answer is somebody else's: a [`Server`];
//! * [`simulate()`]: a movie over a trace; [`Log`]: its decisions as lines that others can check;
//! * [`Tape`]: its report;
//! * [`what_if`]: a session that was really watched, under other policies;
//! * [`score`]: what they are worth; [`table`]: many of them on one page.
//!
//! The model is exact to the nanosecond of session time. Files and threads are not here.

mod link;
mod log;
pub mod manifest;
pub mod movie;
pub mod score;
mod screen;
mod simulate;
pub mod table;
mod tape;
pub mod what_if;
mod world;

pub use log::{Log, LogLine};
pub use movie::Movie;
pub use screen::VirtualScreen;
pub use simulate::{SimError, SimulatedSession, recorded, simulate};
pub use tape::Tape;
pub use world::{Answer, Observer, Server, World};
