//! Turns a master film into a DASH package, and serves it.

pub mod failure;
pub mod sample;

pub mod segment;

pub mod mux;

pub mod publish;

pub mod manifest;

pub mod resume;

pub mod verify;

pub mod cli;
