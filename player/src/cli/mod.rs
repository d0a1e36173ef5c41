//! The command line. Parsing has no side effects; the command that is named finds out what its words stand for.
//!
//! * [`args`]: the flags; `explained`: what stands below them in a help;
//! * [`target`], [`source`]: what is named: a manifest, a package, a report, a film; a link, a rate;
//! * `keys`: keys of encrypted media, kept from the eyes of others;
//! * `folder`: the package in a folder;
//! * [`failure`]: sentences and exit codes;
//! * [`descriptors`]: whether the system lets us begin;
//! * `interrupt`: being asked to end;
//! * `load`: reading and fetching for the commands that play nothing;
//! * [`look`]: `player inspect`;
//! * [`manual`]: manual pages and completions;
//! * [`secrets`]: keys leave the command line;
//! * [`out`]: what is printed.

pub mod args;
pub mod descriptors;
mod explained;
pub mod failure;
mod folder;
pub(crate) mod keys;
pub(crate) mod interrupt;
pub(crate) mod load;
pub mod look;
pub mod manual;
pub mod out;
pub mod secrets;
pub mod source;
pub mod target;

pub use args::{Args, CliCommand};
pub use failure::{Code, CommandFailure};
