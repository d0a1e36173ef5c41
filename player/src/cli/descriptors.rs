//! Whether the system lets a command begin: each needs a few file descriptors at once, and the runtime beneath it takes their
//! lack for a fault of the program.

use super::{Code, CommandFailure};
use std::io;

/// What the runtimes of a session, its relay and its first files take, and some to spare. A pipe takes two.
const PIPES: usize = 12;

/// Whether there are enough of them now.
///
/// # Errors
/// When the process, or the system, has too many files open.
pub fn check() -> Result<(), CommandFailure> {
    let taken: io::Result<Vec<_>> = (0..PIPES).map(|_| io::pipe()).collect();
    let too_few =
        |error| CommandFailure::new(Code::Io, format!("cannot begin: {error}; raise the limit (`ulimit -n`)"));
    taken.map(drop).map_err(too_few)
}
