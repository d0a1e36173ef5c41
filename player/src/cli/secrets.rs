//! Keeps keys of the command line from where others may look: the title of the process, and the memory that a crash would
//! leave on the disk.

use super::{Code, CommandFailure, keys};
use shared::protection::KeyArguments;
use std::ffi::OsString;

/// Must be called first: turns core dumps off where the command line speaks of keys, and where it has a key itself, starts the
/// program anew with the key in a pipe. Returns only when that is not needed.
///
/// # Errors
/// When a key is none, or the program cannot be started anew.
pub fn guard(arguments: Vec<OsString>) -> Result<(), CommandFailure> {
    let found = KeyArguments::of(arguments);
    if found.names_keys {
        system::turn_core_dumps_off();
    }
    if found.keys.is_empty() {
        return Ok(());
    }
    // Behind the pipe it is not known any more which option was wrong.
    keys::read(&found.keys)?;
    system::start_anew(&found).map_err(|error| {
        let message = format!("the keys of the command line cannot be hidden from others ({error}); give --key @FILE");
        CommandFailure::new(Code::Usage, message)
    })
}

#[cfg(unix)]
mod system {
    use rustix::io::{FdFlags, fcntl_setfd};
    use rustix::process::{Resource, Rlimit, setrlimit};
    use shared::protection::KeyArguments;
    use std::io::{self, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    /// What fits into a pipe that nobody reads yet.
    const MOST_BYTES: usize = 4096;

    /// Failures are ignored: who may not do this may not be dumped either.
    pub(super) fn turn_core_dumps_off() {
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        // Where dumps go to a program instead of a file, the limit does not count.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }

    /// Returns only when it fails.
    pub(super) fn start_anew(found: &KeyArguments) -> io::Result<()> {
        let lines = found.keys.join("\n");
        if lines.len() > MOST_BYTES {
            return Err(io::Error::other("there are too many"));
        }
        let (reader, mut writer) = io::pipe()?;
        writer.write_all(lines.as_bytes())?;
        drop(writer);
        fcntl_setfd(&reader, FdFlags::empty())?;
        let file = format!("/dev/fd/{}", reader.as_raw_fd());
        let arguments = found.with_keys_from(file.as_ref());
        let (program, rest) = arguments.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        Err(Command::new(std::env::current_exe()?).arg0(program).args(rest).exec())
    }
}

#[cfg(not(unix))]
mod system {
    use shared::protection::KeyArguments;
    use std::io;

    pub(super) fn turn_core_dumps_off() {}

    pub(super) fn start_anew(_found: &KeyArguments) -> io::Result<()> {
        Err(io::Error::other("this system cannot"))
    }
}
