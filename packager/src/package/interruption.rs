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
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a run may take to end where it can be resumed. An encoder that is asked for its last pictures cannot be
/// interrupted; with a slow preset that takes minutes.
const GRACE: Duration = Duration::from_secs(3);

/// Signals to this run.
pub(super) struct Interruption {
    error: PackagerError,
    /// The output folder in which a copy of the master may lie, and whether it was there before.
    copy: Option<(PathBuf, bool)>,
    watch: OnceCell<Watch>,
}

/// Signals are watched for as long as this lasts.
struct Watch {
    stop: Arc<AtomicBool>,
    _running: Sender<Infallible>,
}

impl Interruption {
    /// What cannot be read again is copied first, and the copy must go when that is interrupted: so signals are watched
    /// for from the beginning. Otherwise there is nothing to keep or to remove before [`Self::flag`] is wanted.
    pub(super) fn of(options: &Options) -> Self {
        let is_copied = Master::is_read_once(&options.input);
        let copy = is_copied.then(|| (options.output.clone(), options.output.exists()));
        let interruption = Self { error: error(options, is_copied), copy, watch: OnceCell::new() };
        if is_copied {
            interruption.flag();
        }
        interruption
    }

    /// Set by a signal.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.watch.get_or_init(|| self.begin()).stop
    }

    /// What the user is told of it.
    pub(super) fn error(&self) -> PackagerError {
        self.error.clone()
    }

    /// Whether the run is to go on.
    pub(super) fn check(&self) -> Result<(), PackagerError> {
        if self.flag().load(Ordering::Relaxed) { Err(self.error()) } else { Ok(()) }
    }

    fn begin(&self) -> Watch {
        let (running, ended) = crossbeam_channel::bounded(0);
        let stop = Arc::new(AtomicBool::new(false));
        let (flag, error, copy) = (Arc::clone(&stop), self.error(), self.copy.clone());
        // Fails only when a handler is there already (a test that runs several packagers): then nothing is lost.
        let _ = ctrlc::set_handler(move || {
            flag.store(true, Ordering::Relaxed);
            end_in_time(&ended, &error, copy.as_ref());
        });
        Watch { stop, _running: running }
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

/// A run that has not `ended` after [`GRACE`] ends as if it had been killed: what is in the ledger stays, and the rest is of
/// no use.
fn end_in_time(ended: &Receiver<Infallible>, error: &PackagerError, copy: Option<&(PathBuf, bool)>) {
    if ended.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) {
        if let Some((output, was_there)) = copy {
            Spool::abandon(output, *was_there);
        }
        let _ = writeln!(io::stderr(), "error: {error}");
        std::process::exit(error.exit as i32);
    }
}
