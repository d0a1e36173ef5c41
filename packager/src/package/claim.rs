//! Claims the output folder: refuses it while another packager writes to it, or when it holds a package or an
//! unfinished run that may not be replaced.

use super::Options;
use crate::error::{Exit, PackagerError};
use crate::layout;
use crate::plan::Plan;
use crate::publish::{Folder, Publisher, Store};
use crate::resume::{ChunkDone, Ledger, LedgerHeader};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The output folder, claimed for this run.
pub(super) struct Claim {
    pub(super) publisher: Publisher<Folder>,
    pub(super) ledger: Ledger,
    /// Chunks of the run that is continued.
    pub(super) done: BTreeMap<String, Vec<ChunkDone>>,
    /// The ledger is that of an earlier run and must survive an error of this one.
    resumed: bool,
}

impl Claim {
    /// Opens the folder for `plan`, whose generation becomes that of the run that is continued.
    pub(super) fn new(options: &Options, plan: &mut Plan) -> Result<Self, PackagerError> {
        if options.output.exists() && !options.output.is_dir() {
            let what = format!("{} is a file, not a folder; choose another place", options.output.display());
            return Err(PackagerError::new(Exit::Output, what));
        }
        let folder = Folder::open(&options.output)?;
        let ledger_path = folder.root().join(layout::LEDGER);
        if options.resume && has_begun(&ledger_path) {
            let path_of = |header: &LedgerHeader, closed: &crate::mux::SegmentClosed| {
                layout::segment(&header.generation, &closed.representation, closed.number)
            };
            let (ledger, finished) = Ledger::resume(&ledger_path, &plan.fingerprint, &folder, path_of)?;
            plan.generation = finished.header.generation;
            return Ok(Self { publisher: Publisher::new(folder), ledger, done: finished.chunks, resumed: true });
        }
        refuse_existing(options, &folder, &ledger_path)?;
        remove_unfinished(&folder, &ledger_path)?;
        let ledger = Ledger::begin(&ledger_path, &plan.fingerprint, &plan.generation)?;
        Ok(Self { publisher: Publisher::new(folder), ledger, done: BTreeMap::new(), resumed: false })
    }

    /// The package is complete: nothing is left to resume, and older generations go if they are to.
    pub(super) fn complete(self, plan: &Plan, prune: bool) -> Result<(), PackagerError> {
        self.ledger.end()?;
        remove_statistics(self.publisher.store());
        if prune {
            let store = self.publisher.store();
            for path in store.list()? {
                if layout::is_generation_file(&path) && !layout::is_of(&plan.generation, &path) {
                    store.remove(&path)?;
                }
            }
        }
        Ok(())
    }

    /// A chunk is finished, which a resumed run need not encode again.
    pub(super) fn has_chunks(&self) -> bool {
        self.ledger.has_chunks()
    }

    /// Takes back what this run wrote.
    pub(super) fn give_up(self) {
        self.publisher.discard();
        remove_statistics(self.publisher.store());
        if !self.resumed {
            // Errors are ignored: the failure that led here is the one to report.
            let _ = self.ledger.end();
        }
    }
}

/// Creates the folder for the statistics of first passes.
pub(super) fn make_room_for_statistics(folder: &Folder) -> Result<(), PackagerError> {
    let place = folder.root().join(layout::STATISTICS);
    fs::create_dir_all(&place).map_err(|e| PackagerError::output(&place, &e))
}

/// Removes that folder. Errors are ignored, because leftovers do no harm.
fn remove_statistics(folder: &Folder) {
    let _ = fs::remove_dir_all(folder.root().join(layout::STATISTICS));
}

/// A run that was ended just after its last file has nothing left to do.
pub(super) fn is_complete(output: &Path) -> bool {
    output.join(layout::MANIFEST).exists() && !output.join(layout::LEDGER).exists()
}

fn refuse_existing(options: &Options, folder: &Folder, ledger: &Path) -> Result<(), PackagerError> {
    let place = options.output.display();
    if options.force {
        return Ok(());
    }
    if ledger.exists() && !options.resume {
        let what = format!("{place} holds an unfinished run; --resume continues it, --force starts again");
        return Err(PackagerError::new(Exit::Output, what));
    }
    if folder.get(layout::MANIFEST)?.is_some() {
        let what = format!("{place} holds a package already; --force replaces it, or choose another folder");
        return Err(PackagerError::new(Exit::Output, what));
    }
    Ok(())
}

/// Whether a ledger has its first line; a run that died before that has done nothing yet.
fn has_begun(ledger: &Path) -> bool {
    fs::read(ledger).is_ok_and(|text| text.contains(&b'\n'))
}

/// The files of a run that nobody will continue.
fn remove_unfinished(folder: &Folder, ledger: &Path) -> Result<(), PackagerError> {
    let Ok(text) = fs::read_to_string(ledger) else { return Ok(()) };
    let header = text.lines().next().and_then(|line| serde_json::from_str::<LedgerHeader>(line).ok());
    if let Some(header) = header.filter(|header| layout::is_generation(&header.generation)) {
        let theirs = header.generation;
        for path in folder.list()?.iter().filter(|path| layout::is_of(&theirs, path)) {
            folder.remove(path)?;
        }
        // Their early manifest refers to files that are removed here.
        let manifest = folder.get(layout::MANIFEST)?.unwrap_or_default();
        if layout::is_named_in(&theirs, &String::from_utf8_lossy(&manifest)) {
            folder.remove(layout::MANIFEST)?;
        }
    }
    fs::remove_file(ledger).map_err(|e| PackagerError::output(ledger, &e))
}
