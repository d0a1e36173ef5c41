//! What the program writes to its standard streams, all of it. Text of manifests, films and servers is among it: nothing
//! in it commands the terminal. A reader that has gone and a full disk are answers, never a panic.

use super::{Code, CommandFailure};
use serde_json::Value;
use shared::shown::{harmless_json, harmless_lines};
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// The result of a command on standard output, line ends included. A reader that wants no more of it is no failure.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn result(text: &str) -> Result<(), CommandFailure> {
    deliver(&harmless_lines(text))
}

/// The same for a program to read.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn json(value: &Value) -> Result<(), CommandFailure> {
    deliver(&harmless_json(&format!("{value:#}\n")))
}

fn deliver(text: &str) -> Result<(), CommandFailure> {
    match write(io::stdout().lock(), text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritable(&error)),
        _ => Ok(()),
    }
}

/// A line of what is going on.
///
/// # Errors
/// When nobody can read it any more: whoever is told so has to end.
pub(crate) fn progress(line: &str) -> Result<(), CommandFailure> {
    write(io::stdout().lock(), &format!("{}\n", harmless_lines(line))).map_err(|error| unwritable(&error))
}

/// A remark for people, on standard error. One that cannot be written is lost: reports and summaries have it too.
pub(crate) fn remark(message: &str) {
    let _ = write(io::stderr().lock(), &format!("player: {}\n", harmless_lines(message)));
}

/// Says why a command failed; gives the code to exit with. Where the sentence itself finds no room, that is the failure.
pub fn failed(failure: &CommandFailure) -> ExitCode {
    match write(io::stderr().lock(), &format!("player: {}\n", harmless_lines(&failure.message))) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(Code::Io as u8),
        _ => ExitCode::from(failure.code as u8),
    }
}

/// What the command line's own reader has to say: help, version, or what is wrong with the words.
pub fn usage(answer: &clap::Error) -> ExitCode {
    let code = u8::try_from(answer.exit_code()).unwrap_or(Code::Usage as u8);
    match answer.print().and_then(|()| io::stdout().lock().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe && answer.use_stderr() => ExitCode::from(Code::Io as u8),
        Err(error) if error.kind() != ErrorKind::BrokenPipe => failed(&unwritable(&error)),
        _ => ExitCode::from(code),
    }
}

fn write(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}

fn unwritable(error: &io::Error) -> CommandFailure {
    CommandFailure::new(Code::Io, format!("cannot write to standard output: {error}"))
}
