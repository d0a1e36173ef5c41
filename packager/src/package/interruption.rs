//! Ctrl-C and SIGTERM end a run where it can be resumed, and one that does not end in time as if it had been killed.

use super::Options;
use crate::error::{Exit, PackagerError};
use crate::survey::Master;
use crate::workspace::Spool;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use std::cell::OnceCell;
use std::convert::Infallible;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a run may take to end where it can be resumed. An encoder that is asked for its last pictures cannot be
/// interrupted; with a slow preset that takes minutes.
const GRACE: Duration = Duration::from_secs(3);

/// Ctrl-C and SIGTERM to the process, for all the runs that it makes one after the other.
#[derive(Default)]
pub(super) struct Signals {
    stop: Arc<AtomicBool>,
    /// The run that a signal is to end.
    current: Arc<Mutex<Option<Current>>>,
    is_listening: OnceCell<()>,
}

/// What is done with a run that does not end in time.
struct Current {
    error: PackagerError,
    /// The output folder in which a copy of the master may lie, and whether it was there before.
    copy: Option<(PathBuf, bool)>,
    /// Closed when the run has ended.
    ended: Receiver<Infallible>,
}

impl Signals {
    /// Whether there was one.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// From here on a signal ends the run to which `current` belongs.
    fn watch(&self, current: Current) {
        if let Ok(mut place) = self.current.lock() {
            *place = Some(current);
        }
        self.is_listening.get_or_init(|| self.listen());
    }

    fn listen(&self) {
        let (flag, current) = (Arc::clone(&self.stop), Arc::clone(&self.current));
        // Fails only when a handler is there already (a test that runs several packagers): then nothing is lost.
        let _ = ctrlc::set_handler(move || {
            flag.store(true, Ordering::Relaxed);
            let run = current.lock().ok().and_then(|mut place| place.take());
            if let Some(run) = run {
                end_in_time(&run);
            }
        });
    }
}

/// Signals to one run.
pub(super) struct Interruption<'a> {
    signals: &'a Signals,
    error: PackagerError,
    copy: Option<(PathBuf, bool)>,
    /// Signals are watched for as long as this lasts.
    running: OnceCell<Sender<Infallible>>,
}

impl<'a> Interruption<'a> {
    /// What cannot be read again is copied first, and the copy must go when that is interrupted: so signals are watched
    /// for from the beginning. Otherwise there is nothing to keep or to remove before [`Self::flag`] is wanted.
    pub(super) fn of(options: &Options, signals: &'a Signals) -> Self {
        let is_copied = Master::is_read_once(&options.input);
        let copy = is_copied.then(|| (options.output.clone(), options.output.exists()));
        let interruption = Self { signals, error: error(options, is_copied), copy, running: OnceCell::new() };
        if is_copied {
            interruption.flag();
        }
        interruption
    }

    /// Set by a signal.
    pub(super) fn flag(&self) -> &AtomicBool {
        self.running.get_or_init(|| {
            let (running, ended) = crossbeam_channel::bounded(0);
            self.signals.watch(Current { error: self.error(), copy: self.copy.clone(), ended });
            running
        });
        &self.signals.stop
    }

    /// What the user is told of it.
    pub(super) fn error(&self) -> PackagerError {
        self.error.clone()
    }

    /// Whether the run is to go on.
    pub(super) fn check(&self) -> Result<(), PackagerError> {
        if self.flag().load(Ordering::Relaxed) { Err(self.error()) } else { Ok(()) }
    }
}

fn error(options: &Options, is_copied: bool) -> PackagerError {
    let what = if is_copied {
        format!("interrupted; {} cannot be read again, so nothing is kept", Master::name_of(&options.input))
    } else {
        "interrupted; --resume continues".to_owned()
    };
    PackagerError::new(Exit::Interrupted, what)
}

/// A run that has not ended after [`GRACE`] ends as if it had been killed: what is in the ledger stays, and the rest is of
/// no use.
fn end_in_time(Current { error, copy, ended }: &Current) {
    if ended.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
        if let Some((output, was_there)) = copy {
            Spool::abandon(output, *was_there);
        }
        let _ = writeln!(io::stderr(), "error: {error}");
        std::process::exit(error.exit as i32);
    }
}
