//! The deciding half of the player. It never reads a clock, opens a socket, starts a thread or sees a media byte:
//! time and everything else that happens comes in as [`io::Input`], what is to be done goes out as [`io::Output`].

pub mod abr;
pub mod buffer;
pub mod clock;
pub mod estimate;
pub mod history;
pub mod io;
pub mod presentation;
pub mod replay;
pub mod report;
pub mod session;
pub mod sim;
pub mod snapshot;
