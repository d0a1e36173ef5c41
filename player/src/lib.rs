//! The player's shells: everything that touches the network, a clock, a codec, a sound device or a window.
//! What is to be done is decided in `player-core`.
//!
//! In the order of the data:
//!
//! * [`cli`]: what was typed, and how a command fails;
//! * [`fetch`]: bytes from http(s), files and memory, through the throttle;
//! * [`decode`]: segments to pictures and sound;
//! * [`output`]: when they are seen and heard: mailbox, ring, devices, the media clock;
//! * [`drive`]: the session in real time, which moves all of them;
//! * [`headless`]: a player without a window; [`inspect`]: what a manifest holds;
//! * [`simulate`] and [`replay`]: sessions in virtual time.

pub mod cli;

pub mod fetch;

pub mod decode;
pub mod output;

pub mod drive;

pub mod headless;
pub mod inspect;
pub mod replay;
pub mod simulate;

pub mod ui;
