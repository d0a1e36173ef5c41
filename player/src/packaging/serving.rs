//! A package on a server of its own, for a film that is to come through a network: `packager serve` as a child process on a
//! free port of this machine.

use super::{locked, spawn};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// The server. It is ended when this is dropped.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    said: Arc<Mutex<Option<String>>>,
}

impl Serving {
    /// Serves `folder`; `wake` is called when it is known where.
    ///
    /// # Errors
    /// A sentence for people, when the program or a thread cannot be started.
    pub fn start(program: &Path, folder: &Path, wake: impl FnOnce() + Send + 'static) -> Result<Self, String> {
        let mut command = Command::new(program);
        command.arg("serve").arg(folder).args(["--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let failed = |error: std::io::Error| format!("cannot start {}: {error}", program.display());
        let mut child = command.spawn().map_err(failed)?;
        let told = child.stdout.take();
        let server = Self { child, said: Arc::default() };
        let said = Arc::clone(&server.said);
        spawn(move || {
            let mut lines = told.map(|told| BufReader::new(told).lines()).into_iter().flatten();
            let first = lines.next().and_then(Result::ok);
            *locked(&said) = Some(first.unwrap_or_default());
            wake();
            // What it says later is read, or it would stand still.
            while lines.next().is_some_and(|line| line.is_ok()) {}
        })?;
        Ok(server)
    }

    /// The URL of the manifest once the server is there.
    ///
    /// # Errors
    /// When it has ended without one.
    pub fn url(&self) -> Option<Result<String, String>> {
        let said = locked(&self.said).clone()?;
        let served = said.starts_with("http");
        Some(if served { Ok(said) } else { Err("the package could not be served on this machine".to_owned()) })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    fn served(script: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("packager");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let (tell, told) = sync_channel(64);
        let server = Serving::start(&program, folder.path(), move || tell.try_send(()).unwrap_or_default()).unwrap();
        told.recv_timeout(Duration::from_secs(60)).unwrap();
        server.url().unwrap()
    }

    #[test]
    fn the_first_line_says_where() {
        let url = served("echo http://127.0.0.1:4711/manifest.mpd; exec sleep 600");
        assert_eq!(url.as_deref(), Ok("http://127.0.0.1:4711/manifest.mpd"));
        assert!(served("exit 6").is_err());
    }
}
