//! What is left of a session: versioned JSON lines of everything that happened, and the figures of the whole.

pub mod csv;
mod lines;
mod quality;
pub mod recording;
pub mod tables;
mod totals;
pub mod v1;

pub use lines::{Frame, Lines, LinkLine, ReportEntry, ReportLine, ScreenLine, VERSION, line, output_line};
pub use quality::QoeMeter;
pub use totals::{LocationTotals, Mended, Stall, Totals};
