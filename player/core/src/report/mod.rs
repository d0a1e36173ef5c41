//! What is left of a session: versioned JSON lines of everything that happened, and the figures of the whole.

mod totals;

pub use totals::{Stall, Totals};
