//! What the program writes to its standard streams. A reader that has gone and a full disk are answers, never a panic;
//! text of films and of manifests commands no terminal. Not here: bars ([`crate::progress`]) and the addresses of a server.

use crate::error::{Exit, PackagerError};
use shared::shown::harmless_lines;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

/// The result of a command on standard output, line ends included. A reader that wants no more of it is no failure.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn result(text: &str) -> Result<(), PackagerError> {
    match write(io::stdout().lock(), &harmless_lines(text)) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritable(&error)),
        _ => Ok(()),
    }
}

/// A remark for people, on standard error. One that cannot be written is lost: it must not end the run.
pub(crate) fn remark(text: &str) {
    let _ = write(io::stderr().lock(), &format!("note: {}\n", harmless_lines(text)));
}

/// Says what failed where a command goes on all the same. Where that finds no room, the command's own end tells it.
pub(crate) fn failure(failure: &PackagerError) {
    let _ = write(io::stderr().lock(), &format!("error: {}\n", harmless_lines(&failure.message)));
}

/// Says why a command failed; gives the code to exit with. Where the sentence itself finds no room, that is the failure.
pub fn failed(failure: &PackagerError) -> ExitCode {
    match write(io::stderr().lock(), &format!("error: {}\n", harmless_lines(&failure.message))) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(Exit::Output as u8),
        _ => ExitCode::from(failure.exit as u8),
    }
}

/// What the command line's own reader has to say: help, version, or what is wrong with the words.
pub fn usage(answer: &clap::Error) -> ExitCode {
    let code = u8::try_from(answer.exit_code()).unwrap_or(Exit::Usage as u8);
    match answer.print().and_then(|()| io::stdout().lock().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => failed(&unwritable(&error)),
        _ => ExitCode::from(code),
    }
}

fn write(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}

fn unwritable(error: &io::Error) -> PackagerError {
    PackagerError::output(Path::new("standard output"), error)
}
