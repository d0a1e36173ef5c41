//! Pictures and interactions of the whole window, from fixture snapshots.

pub(crate) mod fixtures;
mod interactions;
mod pictures;
mod stage;
