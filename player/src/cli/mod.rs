//! What was typed. Parsing has no side effects; what it means is found out by the command that it names.
//!
//! * [`args`]: the flags;
//! * [`source`]: URL or file, link, rate;
//! * [`failure`]: sentences and exit codes;
//! * `interrupt`: being asked to end;
//! * `load`: fetching for the commands that play nothing;
//! * [`look`]: `player inspect`.

pub mod args;
pub mod failure;
pub(crate) mod interrupt;
pub(crate) mod load;
pub mod look;
pub mod source;

pub use args::{Args, Command};
pub use failure::{Code, Failure};
