#![doc = include_str!("../README.md")]

pub mod abr;
pub mod buffer;
pub mod clock;
pub mod estimate;
pub mod history;
pub mod io;
pub mod kinds;
pub mod presentation;
pub mod replay;
pub mod report;
pub mod session;
pub mod sim;
pub mod snapshot;
pub mod view;
pub mod words;
