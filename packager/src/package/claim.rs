//! Claims the output folder: refuses it while another packager writes to it, or when it holds a package or an
//! unfinished run that may not be replaced.

use super::Options;
use crate::error::{Exit, PackagerError};
use crate::layout;
use crate::plan::Plan;
use crate::publish::{Folder, Publisher, Store};
use crate::workspace::{ChunkDone, Ledger, RunIdentity, Workspace};
use std::collections::BTreeMap;
use std::path::Path;

/// The output folder, claimed for this run.
pub(super) struct Claim {
    pub(super) publisher: Publisher<Folder>,
    pub(super) workspace: Workspace,
    pub(super) ledger: Ledger,
    /// Chunks of the run that is continued.
    pub(super) done: BTreeMap<String, Vec<ChunkDone>>,
    /// The ledger is that of an earlier run and must survive an error of this one.
    resumed: bool,
}

impl Claim {
    /// Opens the folder for `plan`, whose generation becomes that of the run that is continued.
    pub(super) fn new(options: &Options, plan: &mut Plan) -> Result<Self, PackagerError> {
        refuse_file(options)?;
        let workspace = Workspace::open(&options.output)?;
        workspace.remove_candidates();
        let store = Folder::new(&options.output);
        if workspace.has_unfinished_run() && (options.resume || options.force) {
            store.sweep();
        }
        if options.resume && workspace.can_resume() {
            let (ledger, finished) = workspace.resume(identity(options, plan), &store)?;
            plan.generation = finished.header.generation;
            let publisher = Publisher::new(store);
            return Ok(Self { publisher, workspace, ledger, done: finished.chunks, resumed: true });
        }
        refuse_existing(options)?;
        remove_unfinished(&workspace, &store)?;
        let ledger = workspace.begin(identity(options, plan))?;
        Ok(Self { publisher: Publisher::new(store), workspace, ledger, done: BTreeMap::new(), resumed: false })
    }

    /// The package is complete: nothing is left to resume, and older generations go if they are to. A package without
    /// playlists has none of the one before either.
    pub(super) fn complete(self, plan: &Plan, prune: bool) -> Result<(), PackagerError> {
        self.ledger.end()?;
        self.workspace.remove_statistics();
        let store = self.publisher.store();
        let playlists = store.get(layout::MASTER_PLAYLIST).ok().flatten().unwrap_or_default();
        if !playlists.is_empty() && !layout::is_named_in(&plan.generation, &String::from_utf8_lossy(&playlists)) {
            store.remove(layout::MASTER_PLAYLIST)?;
        }
        if prune {
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

    /// Takes back what this run wrote, unless it is kept for a report: a manifest that was refused has no other cause
    /// than a fault of ours.
    pub(super) fn give_up(self) {
        if self.workspace.has_candidate() {
            return;
        }
        self.publisher.discard();
        self.workspace.remove_statistics();
        if !self.resumed {
            // Errors are ignored: the failure that led here is the one to report.
            let _ = self.ledger.end();
        }
    }
}

fn identity<'a>(options: &'a Options, plan: &'a Plan) -> RunIdentity<'a> {
    let keys = options.wishes.protection.as_ref().map(|protection| &protection.keys);
    RunIdentity { plan: &plan.fingerprint, generation: &plan.generation, keys }
}

/// A run that was ended just after its last file has nothing left to do.
pub(super) fn is_complete(output: &Path) -> bool {
    output.join(layout::MANIFEST).exists() && !Workspace::is_in_use(output)
}

fn refuse_file(options: &Options) -> Result<(), PackagerError> {
    if options.output.exists() && !options.output.is_dir() {
        let what = format!("{} is a file, not a folder; choose another place", options.output.display());
        return Err(PackagerError::new(Exit::Output, what));
    }
    Ok(())
}

/// Refuses a folder whose content may not be replaced, without claiming it.
pub(super) fn refuse_existing(options: &Options) -> Result<(), PackagerError> {
    refuse_file(options)?;
    let place = options.output.display();
    if options.force {
        return Ok(());
    }
    if Workspace::is_in_use(&options.output) && !options.resume {
        let what = format!("{place} holds an unfinished run; --resume continues it, --force starts again");
        return Err(PackagerError::new(Exit::Output, what));
    }
    if Folder::new(&options.output).get(layout::MANIFEST)?.is_some() {
        let what = format!("{place} holds a package already; --force replaces it, or choose another folder");
        return Err(PackagerError::new(Exit::Output, what));
    }
    Ok(())
}

/// The files of a run that nobody will continue.
fn remove_unfinished(workspace: &Workspace, store: &Folder) -> Result<(), PackagerError> {
    if let Some(theirs) = workspace.unfinished_generation().filter(|theirs| layout::is_generation(theirs)) {
        for path in store.list()?.iter().filter(|path| layout::is_of(&theirs, path)) {
            store.remove(path)?;
        }
        // Their early manifests refer to files that are removed here.
        for path in layout::MANIFESTS {
            let manifest = store.get(path)?.unwrap_or_default();
            if layout::is_named_in(&theirs, &String::from_utf8_lossy(&manifest)) {
                store.remove(path)?;
            }
        }
    }
    workspace.forget_unfinished()
}
