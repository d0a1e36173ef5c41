//! The session: one explicit state machine. `handle(now, Input)`, then `poll()` until `Output::Wait`.

mod config;

pub use config::{ClockSource, Config, Decodable};
