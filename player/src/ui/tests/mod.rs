//! Pictures and interactions of the whole window, from fixture snapshots.

mod access;
mod cost;
mod exported;
pub(crate) mod fixtures;
mod interactions;
mod pictures;
mod sizes;
pub(crate) mod stage;
mod watching;
