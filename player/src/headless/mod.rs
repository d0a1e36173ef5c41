//! Playing in real time without window and sound device: everything is fetched, decoded and timed, nothing is seen.
//!
//! * [`script`]: commands with their times; * [`report`]: the lines of `--report`; * [`verdict`]: what to say and with
//!   which code to exit when it did not work; * [`mod@run`]: the whole.

pub mod report;
pub mod run;
pub mod script;
pub mod verdict;

pub use run::{HeadlessSession, run};
pub(crate) use run::{session_config, summary_text, write_summary};
