//! Placeholder.

pub mod fetch;
