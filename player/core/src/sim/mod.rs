//! Whole sessions in virtual time: an event heap and a link model drive the very same [`crate::session::Session`] as
//! the player does. Hours of playback take milliseconds.
//!
//! * [`movie`]: segment sizes of a title, from JSON or from a presentation;
//! * `link`: the trace as seen by requests, alone or side by side;
//! * `world`: the loop; what the servers answer is somebody else's: a [`Server`];
//! * [`simulate()`]: a movie over a trace; [`Log`]: its decisions as lines that others can check;
//! * [`what_if`]: a session that was really watched, under other policies;
//! * [`score`]: what they are worth; [`table`]: many of them on one page.
//!
//! The model is exact to the nanosecond of session time. Files and threads are not here.

mod link;
mod log;
pub mod movie;
pub mod score;
mod screen;
mod simulate;
pub mod table;
pub mod what_if;
mod world;

pub use log::{Log, LogLine};
pub use movie::Movie;
pub use screen::VirtualScreen;
pub use simulate::{SimError, SimulatedSession, simulate};
pub use world::{Answer, Observer, Server, World};
