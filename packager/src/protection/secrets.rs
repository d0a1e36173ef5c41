//! Keeps keys from where others may look: the title of the process, which everybody on the machine can list, and the memory
//! that a crash would leave on the disk. What is printed and written never has a key in it in the first place.

use super::args::read_keys;
use crate::error::PackagerError;
use std::ffi::{OsStr, OsString};

/// The option whose values are keys, or the names of files with keys.
const OPTION: &str = "--key";

/// Must be called first: turns core dumps off where the command line (`arguments`, from the program's name on) speaks of keys;
/// and where it has a key itself, starts the program anew with the key in a pipe. Returns only when that is not needed.
///
/// # Errors
/// 2 for what is no key, and when the program cannot be started anew.
pub fn guard(arguments: Vec<OsString>) -> Result<(), PackagerError> {
    let found = Arguments::of(arguments);
    if found.names_keys {
        system::turn_core_dumps_off();
    }
    if found.keys.is_empty() {
        return Ok(());
    }
    // A typing error is told by the number of the option, which is not known any more behind the pipe.
    read_keys(&found.keys)?;
    let failed = |error| {
        PackagerError::usage(format!(
            "keys of a command line can be seen by others, and hiding them failed ({error}): give --key @FILE"
        ))
    };
    system::start_anew(&found).map_err(failed)
}

/// A command line taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Arguments {
    /// All but the keys.
    others: Vec<OsString>,
    /// The values that are keys and not names of files.
    keys: Vec<String>,
    /// There are keys, here or in files.
    names_keys: bool,
}

impl Arguments {
    fn of(arguments: Vec<OsString>) -> Self {
        let mut found = Self { others: vec![], keys: vec![], names_keys: false };
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            // Behind this one there are no options.
            if argument == "--" {
                found.others.push(argument);
                found.others.extend(rest.by_ref());
            } else if argument == OPTION {
                found.value(argument, rest.next());
            } else if let Some(value) = behind_equals_sign(&argument) {
                found.value(OsString::from(OPTION), Some(value));
            } else {
                found.others.push(argument);
            }
        }
        found
    }

    /// Takes the option with its value. One that is missing is complained of by whoever reads the rest.
    fn value(&mut self, option: OsString, value: Option<OsString>) {
        self.names_keys = true;
        match value.map(OsString::into_string) {
            Some(Ok(key)) if !key.starts_with('@') => self.keys.push(key),
            Some(Ok(file)) => self.others.extend([option, file.into()]),
            Some(Err(odd)) => self.others.extend([option, odd]),
            None => self.others.push(option),
        }
    }

    /// The command line without a key in it: they are read from `file` instead.
    fn with_keys_from(&self, file: &OsStr) -> Vec<OsString> {
        let mut named = OsString::from("@");
        named.push(file);
        let at = self.others.iter().position(|one| one == "--").unwrap_or(self.others.len());
        let mut arguments = self.others.clone();
        arguments.splice(at..at, [OPTION.into(), named]);
        arguments
    }
}

fn behind_equals_sign(argument: &OsStr) -> Option<OsString> {
    argument.to_str()?.strip_prefix(OPTION)?.strip_prefix('=').map(OsString::from)
}

#[cfg(unix)]
mod system {
    use super::Arguments;
    use rustix::io::{FdFlags, fcntl_setfd};
    use rustix::process::{Resource, Rlimit, setrlimit};
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
    pub(super) fn start_anew(found: &Arguments) -> io::Result<()> {
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
    use super::Arguments;
    use std::io;

    pub(super) fn turn_core_dumps_off() {}

    pub(super) fn start_anew(_found: &Arguments) -> io::Result<()> {
        Err(io::Error::other("this system cannot"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_apart(line: &str) -> (String, Vec<String>, bool) {
        let found = Arguments::of(line.split_whitespace().map(OsString::from).collect());
        let anew = found.with_keys_from("/dev/fd/3".as_ref());
        let anew: Vec<String> = anew.into_iter().map(|one| one.into_string().unwrap()).collect();
        (anew.join(" "), found.keys, found.names_keys)
    }

    #[test]
    fn keys_leave_the_command_line_and_files_stay() {
        let (anew, keys, names_keys) = taken_apart("packager package a.mp4 --key 1:2 --key @file --key=3:4:HD -o out");
        assert_eq!(anew, "packager package a.mp4 --key @file -o out --key @/dev/fd/3");
        assert!(keys == ["1:2", "3:4:HD"] && names_keys);
        let (anew, keys, _) = taken_apart("packager verify --key 1:2 -- --key");
        assert_eq!((anew.as_str(), keys.len()), ("packager verify --key @/dev/fd/3 -- --key", 1));
    }

    #[test]
    fn other_options_are_left_alone() {
        for line in ["packager serve --keys 1:2", "packager verify x --keyed=1:2", "packager package --keyframe 1:2"] {
            let (_, keys, names_keys) = taken_apart(line);
            assert!(keys.is_empty() && !names_keys, "{line}");
        }
        assert!(taken_apart("packager package --key").1.is_empty(), "without a value");
    }
}
