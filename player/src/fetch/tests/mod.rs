//! One contract suite for all sources; then what only one of them can do.

mod cache;
pub(super) mod contract;
mod faults;
mod http;
pub(crate) mod memory;
mod server;
mod throttled;
