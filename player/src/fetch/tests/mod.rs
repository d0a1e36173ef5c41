//! One contract suite for all sources; then what only one of them can do.

mod contract;
mod faults;
mod http;
mod server;
mod throttled;
