//! What is left of a session: versioned JSON lines of everything that happened, and the figures of the whole.

mod quality;
mod totals;

pub use quality::Quality;
pub use totals::{Stall, Totals};
