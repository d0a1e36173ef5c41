//! The command `package`: from a file and a folder to a package, or to one sentence and an untouched folder.
//!
//! `claim` decides whether the folder may be written to and what of an earlier run is kept, `finish` makes the last
//! files from what the run has written. The work between is [`crate::pipeline`]'s.

mod claim;
mod finish;
pub mod paths;

use crate::failure::{Exit, Failure};
use crate::ladder;
use crate::manifest::Addressing;
use crate::pipeline::{self, Event, Run};
use crate::plan::{self, MasterIdentity, Plan, Wishes};
use crate::probe;
use crate::progress::{Mode, Progress};
use claim::Claim;
pub use finish::Summary;
use shared::units::ByteSize;
use shared_av::Source;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::UNIX_EPOCH;

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The master.
    pub input: PathBuf,
    /// The folder.
    pub output: PathBuf,
    /// Which renditions.
    pub ladder: ladder::Request,
    /// Nominal length of a segment in seconds.
    pub segment_seconds: f64,
    /// The encoder's preset.
    pub preset: String,
    /// How players find segments.
    pub addressing: Addressing,
    /// Encoder threads, 0 for automatic.
    pub threads: usize,
    /// The same input gives the same bytes.
    pub reproducible: bool,
    /// Package a damaged master as it is.
    pub allow_damaged: bool,
    /// Go on with an interrupted run.
    pub resume: bool,
    /// Replace a package.
    pub force: bool,
    /// Remove what belongs to no manifest any more.
    pub prune: bool,
    /// Only say what would be done.
    pub dry_run: bool,
    /// How to show what happens.
    pub progress: Mode,
}

/// Makes the package.
///
/// # Errors
/// One sentence with its exit code; nothing that this run wrote is left, except after an interruption.
pub fn run(options: &Options) -> Result<(), Failure> {
    let source = Source::open(&options.input)?;
    let master = probe::inspect(source.name(), source.info())?;
    let (rungs, too_large) = options.ladder.rungs(&master.video)?;
    let plan = plan::plan(identity(&options.input)?, &master, &rungs, &wishes(options))?;
    let progress = Progress::new(options.progress, &plan);
    for left_out in master.left_out.iter().chain(&too_large) {
        progress.note(&format!("left out: {left_out}"));
    }
    if options.dry_run {
        progress.plan(&plan);
        return Ok(());
    }
    write(options, plan, source, progress)
}

fn write(options: &Options, mut plan: Plan, source: Source, mut progress: Progress) -> Result<(), Failure> {
    if options.resume && claim::is_complete(&options.output) {
        progress.note(&format!("{} is complete, there is nothing to resume", options.output.display()));
        return Ok(());
    }
    let mut claim = Claim::new(options, &mut plan)?;
    let stop = stop_on_signal();
    let run = Run {
        plan: &plan,
        publisher: &claim.publisher,
        done: &claim.done,
        stop: &stop,
        allow_damaged: options.allow_damaged,
    };
    progress.started(&claim.done);
    let mut segments: Vec<_> = claim.done.values().flatten().flat_map(|chunk| chunk.segments.clone()).collect();
    let ledger = &mut claim.ledger;
    let result = pipeline::run(&run, source, |event| {
        match event {
            Event::Closed(closed) => segments.push(closed.clone()),
            Event::Chunk(chunk) => ledger.done(chunk.clone())?,
            _ => {}
        }
        // Afterwards: who hears that a chunk is done may rely on it.
        progress.event(event);
        Ok(())
    });
    let result = result.and_then(|()| finish::finish(&plan, &claim.publisher, segments));
    match result {
        Ok(summary) => {
            claim.complete(&plan, options.prune)?;
            progress.finished(&plan, &options.output, &summary);
            Ok(())
        }
        Err(failure) if failure.exit == Exit::Interrupted => Err(failure),
        Err(failure) => {
            claim.give_up();
            Err(failure)
        }
    }
}

fn wishes(options: &Options) -> Wishes {
    Wishes {
        segment_seconds: options.segment_seconds,
        preset: options.preset.clone(),
        addressing: options.addressing,
        threads: options.threads,
        reproducible: options.reproducible,
        run: (!options.reproducible).then(random),
    }
}

/// Tells runs apart. The standard library seeds its hashers from the system's randomness.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn identity(path: &Path) -> Result<MasterIdentity, Failure> {
    let facts = path.metadata().map_err(|e| Failure::input(path, &e))?;
    let since_1970 = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(MasterIdentity {
        name: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        size: ByteSize::from_bytes(facts.len()),
        modified: since_1970.and_then(|time| u64::try_from(time.as_nanos()).ok()),
    })
}

/// Ctrl-C and SIGTERM end the run where it can be resumed.
fn stop_on_signal() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // Fails only when a handler is there already (a test that runs several packagers): then nothing is lost.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    stop
}
