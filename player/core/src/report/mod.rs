//! What is left of a session: versioned JSON lines of everything that happened, and the figures of the whole.

mod lines;
mod quality;
mod totals;

pub use lines::{Entry, Frame, Line, Lines, VERSION, line, output_line};
pub use quality::Quality;
pub use totals::{Stall, Totals};
