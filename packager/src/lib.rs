//! Turns a master film into a DASH package, and serves it.

pub mod failure;
pub mod sample;

pub mod cli;
