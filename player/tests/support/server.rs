//! The packager's own server as another process: it can be made faulty, and it can die.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; clippy spares only the tests themselves")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running server; stopped when dropped.
pub(crate) struct Origin {
    child: Child,
    /// Held open: a server that cannot write gives up.
    _output: BufReader<ChildStdout>,
    /// `http://host:port`, without a slash at the end.
    pub(crate) address: String,
}

impl Origin {
    /// Serves `folder` on any free port, with further arguments of `packager serve`.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::at(folder, "127.0.0.1:0", arguments)
    }

    /// The same on a given address, as after a restart.
    pub(crate) fn at(folder: &Path, listen: &str, arguments: &[&str]) -> Self {
        let packager = Path::new(env!("CARGO_BIN_EXE_player")).with_file_name("packager");
        let mut child = Command::new(&packager)
            .arg("serve")
            .arg(folder)
            .args(["--listen", listen])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} (build the whole workspace): {error}", packager.display()));
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let end = line.match_indices('/').nth(2).map_or(line.trim_end().len(), |(at, _)| at);
        Self { child, _output: output, address: line[..end].to_owned() }
    }

    /// Ends it at once, as a power cut does.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill(); // it may have ended by itself
        let _ = self.child.wait();
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.stop();
    }
}
