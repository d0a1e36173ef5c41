//! The player's shells: everything that touches the network, a clock, a codec, a sound device or a window.
//! What is to be done is decided in `player-core`.

pub mod fetch;

pub mod decode;
pub mod output;

pub mod drive;

pub mod inspect;

pub mod ui;
