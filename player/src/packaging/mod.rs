//! A film becomes a package while it is watched: the program `packager` does the work as a child process and tells how far
//! it has come. Nothing is packaged in this process.
//!
//! * this file: the child, from its start to its end;
//! * [`program`]: where the packager is;
//! * [`place`]: where a film's package is kept;
//! * [`progress`]: what it tells, as values;
//! * [`serving`]: a package on a server of its own.

pub mod place;
pub mod program;
pub mod progress;
pub mod serving;

use progress::Progress;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So much of what a child complains about is kept: its last sentence says why it has failed.
const MOST_COMPLAINTS: u64 = 64 * 1024;

/// A child at work. It is ended when this is dropped; what it has finished stays, and the next one goes on from there.
#[derive(Debug)]
pub struct Packaging {
    /// Where the package is made.
    pub folder: PathBuf,
    child: Arc<Mutex<Child>>,
    progress: Arc<Mutex<Progress>>,
}

impl Packaging {
    /// Packages `film` into `folder` such that it can be played at once. `wake` is called whenever there is news.
    ///
    /// # Errors
    /// A sentence for people, when the program or a thread cannot be started.
    pub fn start(
        program: &Path,
        film: &Path,
        folder: &Path,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let mut command = Command::new(program);
        command.arg("package").arg("--early").arg("--resume").args(["--progress", "json"]);
        command.arg("--output").arg(folder).arg("--").arg(film);
        Self::follow(command, folder, wake)
    }

    /// Follows what `command` tells, whatever it is.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn follow(
        mut command: Command,
        folder: &Path,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let name = command.get_program().display().to_string();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("cannot start {name}: {error}"))?;
        let pipes = child.stdout.take().zip(child.stderr.take());
        let job = Self {
            folder: folder.to_owned(),
            child: Arc::new(Mutex::new(child)),
            progress: Arc::new(Mutex::new(Progress::default())),
        };
        let (told, complaints) = pipes.ok_or_else(|| format!("{name} cannot be listened to"))?;
        let (child, progress) = (Arc::clone(&job.child), Arc::clone(&job.progress));
        spawn(move || {
            let complaints = collect(complaints);
            listen(told, &progress, &wake);
            let ended = locked(&child).wait().map_err(|error| error.to_string());
            let complaints = complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
            locked(&progress).end(ended, &complaints);
            wake();
        })?;
        Ok(job)
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        locked(&self.progress).clone()
    }
}

impl Drop for Packaging {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = locked(&self.child).kill();
    }
}

/// One event a line, until there is nobody who tells any.
fn listen(told: impl Read, progress: &Mutex<Progress>, wake: &impl Fn()) {
    for line in BufReader::new(told).lines().map_while(Result::ok) {
        if locked(progress).take(&line) {
            wake();
        }
    }
}

/// Reads beside the events: a child that nobody listens to would stand still. What is too much is read and forgotten.
fn collect(complaints: impl Read + Send + 'static) -> Option<std::thread::JoinHandle<String>> {
    let read = move || {
        let mut complaints = complaints;
        let mut kept = vec![];
        let _ = complaints.by_ref().take(MOST_COMPLAINTS).read_to_end(&mut kept);
        let _ = std::io::copy(&mut complaints, &mut std::io::sink());
        String::from_utf8_lossy(&kept).into_owned()
    };
    std::thread::Builder::new().name("complaints".into()).spawn(read).ok()
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let thread = std::thread::Builder::new().name("packaging".into()).spawn(work);
    thread.map(drop).map_err(|error| format!("cannot start a thread: {error}"))
}

/// A thread that has panicked leaves values that are whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    /// Follows a shell script to its end.
    fn followed(script: &str) -> Progress {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let (tell, told) = sync_channel(64);
        let job = Packaging::follow(command, Path::new("film"), move || tell.try_send(()).unwrap_or_default()).unwrap();
        while job.progress().ended.is_none() {
            told.recv_timeout(Duration::from_secs(60)).unwrap();
        }
        job.progress()
    }

    #[test]
    fn a_child_is_followed_to_its_end() {
        let lines = r#"echo '{"event":"started","segments_done":0,"expected_seconds":60.0}'
            echo '{"event":"playable","after_seconds":1.5}'"#;
        let done = followed(lines);
        assert_eq!((done.expected, done.playable, done.ended), (Some(60.0), true, Some(Ok(()))));
    }

    #[test]
    fn a_child_that_fails_has_said_why() {
        let failed = followed("echo note >&2; echo 'packager: film.mp4 is damaged' >&2; exit 4");
        assert_eq!(failed.ended, Some(Err("film.mp4 is damaged".to_owned())));
        let mute = followed("exit 5").ended.unwrap().unwrap_err();
        assert!(mute.contains('5'), "{mute}");
    }

    #[test]
    fn many_complaints_do_not_hold_a_child_up() {
        let noisy = followed("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 0");
        assert_eq!(noisy.ended, Some(Ok(())));
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let error =
            Packaging::start(Path::new("/nowhere/packager"), Path::new("f"), Path::new("o"), || {}).unwrap_err();
        assert!(error.contains("/nowhere/packager"), "{error}");
    }

    #[test]
    fn a_child_ends_with_the_job() {
        let mut command = Command::new("sleep");
        command.arg("600");
        let (tell, told) = sync_channel(64);
        let job = Packaging::follow(command, Path::new("film"), move || tell.try_send(()).unwrap_or_default()).unwrap();
        drop(job);
        told.recv_timeout(Duration::from_secs(60)).unwrap();
    }
}
