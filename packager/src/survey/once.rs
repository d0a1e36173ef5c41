//! What can be read once only, as pieces of bytes. It is read in a thread of its own: opening a pipe that nobody writes to,
//! and reading one that has fallen silent, take as long as the other side likes, and the run must end before if it is asked
//! to. Not here: the copy ([`crate::workspace::Spool`]).

use crate::error::PackagerError;
use crate::out;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How standard input is named on the command line.
const STANDARD_INPUT: &str = "-";
/// Bytes of a piece at most.
const PIECE: usize = 1 << 18;
/// Pieces that wait to be written; the reader waits when there are so many.
const WAITING: usize = 4;
/// How often the one who waits asks whether to go on.
const POLL: Duration = Duration::from_millis(50);
/// After so many times without a first byte the user is told what is waited for.
const PATIENCE: u32 = 100;

/// Standard input, a pipe, a terminal, a socket: reading it takes it away.
pub(super) fn is_read_once(asked: &Path) -> bool {
    is_standard(asked) || asked.metadata().is_ok_and(|facts| !facts.is_file() && !facts.is_dir())
}

/// How messages call what was asked for.
pub(super) fn name_of(asked: &Path) -> String {
    if is_standard(asked) { "standard input".to_owned() } else { asked.display().to_string() }
}

fn is_standard(asked: &Path) -> bool {
    asked == Path::new(STANDARD_INPUT)
}

/// All of its bytes in pieces; the last one is an error where reading fails, or where the run is not to `go_on`.
pub(super) struct Pieces<'a> {
    from: Receiver<io::Result<Vec<u8>>>,
    name: String,
    go_on: &'a dyn Fn() -> Result<(), PackagerError>,
    has_begun: bool,
}

impl<'a> Pieces<'a> {
    /// Begins to read.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub(super) fn of(asked: &Path, go_on: &'a dyn Fn() -> Result<(), PackagerError>) -> Result<Self, PackagerError> {
        let (to, from) = crossbeam_channel::bounded(WAITING);
        let (path, name) = (asked.to_owned(), name_of(asked));
        thread::Builder::new()
            .name("copy".to_owned())
            .spawn(move || read(&path, &to))
            .map_err(|e| PackagerError::input(asked, &e))?;
        Ok(Self { from, name, go_on, has_begun: false })
    }

    fn wait(&mut self) -> Result<Option<Vec<u8>>, PackagerError> {
        let mut asked: u32 = 0;
        loop {
            (self.go_on)()?;
            match self.from.recv_timeout(POLL) {
                Ok(piece) => {
                    self.has_begun = true;
                    return piece.map(Some).map_err(|e| PackagerError::input(Path::new(&self.name), &e));
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => asked = asked.saturating_add(1),
            }
            if asked == PATIENCE && !self.has_begun {
                out::remark(&format!("waiting for {}: nothing has come yet", self.name));
            }
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Result<Vec<u8>, PackagerError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.wait().transpose()
    }
}

/// Reads to the end, or until nobody wants more.
fn read(path: &Path, to: &Sender<io::Result<Vec<u8>>>) {
    let opened: io::Result<Box<dyn Read>> =
        if is_standard(path) { Ok(Box::new(io::stdin())) } else { File::open(path).map(|file| Box::new(file) as _) };
    let mut from = match opened {
        Ok(from) => from,
        Err(e) => return drop(to.send(Err(e))),
    };
    let mut buffer = vec![0; PIECE];
    loop {
        let piece = match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => Ok(buffer[..count].to_vec()),
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => Err(e),
        };
        if piece.is_err() | to.send(piece).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Exit;

    #[test]
    fn everything_comes_in_the_order_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film");
        let film: Vec<u8> = (0..3 * PIECE + 7).map(|n| (n % 251) as u8).collect();
        std::fs::write(&path, &film).unwrap();
        let pieces = Pieces::of(&path, &|| Ok(())).unwrap();
        assert_eq!(pieces.collect::<Result<Vec<_>, _>>().unwrap().concat(), film);
        assert!(!is_read_once(&path) && is_read_once(Path::new("-")));
        assert!(!is_read_once(&folder.path().join("missing.mp4")), "that is for those who open it to say");
    }

    #[test]
    fn what_cannot_be_read_is_an_error_of_the_input() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("missing")] {
            let error = Pieces::of(&path, &|| Ok(())).unwrap().collect::<Result<Vec<_>, _>>().unwrap_err();
            assert_eq!(error.exit, Exit::Input, "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_that_nobody_writes_to_is_given_up_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(is_read_once(&path));
        let asked = std::cell::Cell::new(0);
        let go_on = || {
            asked.set(asked.get() + 1);
            if asked.get() > 2 { Err(PackagerError::new(Exit::Interrupted, "enough")) } else { Ok(()) }
        };
        let error = Pieces::of(&path, &go_on).unwrap().next().unwrap().unwrap_err();
        assert_eq!(error.exit, Exit::Interrupted);
    }
}
