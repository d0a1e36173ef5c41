//! A session as files, written on a thread of its own into a new folder below the one the player was started in. All of
//! them end at the same instant, and what headless writes too is what headless would have written by then.

use super::task::Task;
use crate::export;
use eframe::egui::Context;
use player_core::report::recording::Recording;
use player_core::report::{ReportEntry, line};
use player_core::sim::what_if::avoidable_stall_seconds;
use player_core::snapshot::Snapshot;
use serde::Deserialize;
use shared::time::SessionTime;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders that are tried for a free name.
const MOST_FOLDERS: u32 = 10_000;

/// An export on its way, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Export(Option<Task<Result<String, String>>>);

/// What is to be written.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    pub snapshot: Arc<Snapshot>,
    /// The report as far as it has been written.
    pub record: Option<PathBuf>,
}

impl Export {
    /// Begins, unless one is under way.
    pub(crate) fn begin(&mut self, ctx: &Context, material: Material) {
        if self.0.is_none() {
            self.0 = Task::start(ctx, "export", move || written(&material));
        }
    }

    /// When it is through, a sentence for people.
    pub(crate) fn look(&mut self) -> Option<String> {
        let result = self.0.as_ref()?.poll()?;
        self.0 = None;
        Some(result.unwrap_or_else(|problem| format!("Nothing was exported: {problem}.")))
    }
}

fn written(material: &Material) -> Result<String, String> {
    let folder = new_folder_here("session")?;
    write(&folder, material).map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
    Ok(format!("Exported to {}", folder.display()))
}

/// A new folder below the one that the player was started in.
///
/// # Errors
/// A sentence for people.
pub(crate) fn new_folder_here(name: &str) -> Result<PathBuf, String> {
    let here = std::env::current_dir().map_err(|error| format!("the folder of the player is gone: {error}"))?;
    new_folder(&here, name).map_err(|error| format!("cannot make a folder in {}: {error}", here.display()))
}

/// `session-1`, or the next number that is free.
fn new_folder(here: &Path, name: &str) -> io::Result<PathBuf> {
    for number in 1..MOST_FOLDERS {
        let folder = here.join(format!("{name}-{number}"));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| folder),
        }
    }
    Err(io::Error::other("too many exports"))
}

/// Writes everything there is into `folder`, all of it from the report up to the instant of the snapshot.
pub(crate) fn write(folder: &Path, material: &Material) -> io::Result<()> {
    let record = material.record.as_ref().ok_or_else(|| io::Error::other("nothing was recorded"))?;
    let report = report(&fs::read_to_string(record)?, &looked_into(&material.snapshot));
    fs::write(folder.join("report.jsonl"), &report)?;
    let recording = Recording::read(report.lines()).map_err(io::Error::other)?;
    export::session(folder, &recording)
}

/// With what takes a simulation to tell.
pub(crate) fn looked_into(snapshot: &Snapshot) -> Snapshot {
    let mut snapshot = snapshot.clone();
    snapshot.totals.avoidable_stall_seconds = avoidable_stall_seconds(&snapshot, &snapshot.totals);
    snapshot
}

/// What was recorded until the snapshot was taken, and its figures, as if the session had ended there. The session
/// goes on while it is exported: a last line may be half written.
fn report(record: &str, snapshot: &Snapshot) -> String {
    #[derive(Deserialize)]
    struct Time {
        at_ns: SessionTime,
    }
    let until = |line: &&str| serde_json::from_str::<Time>(line).is_ok_and(|time| time.at_ns <= snapshot.at);
    let figures = line(snapshot.at, ReportEntry::Summary(Box::new(snapshot.totals.clone())));
    record.lines().filter(until).chain([figures.as_str()]).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;

    #[test]
    fn what_came_later_or_is_cut_off_stays_out() {
        let snapshot = fixtures::meddled();
        let (before, after) = ("{\"v\":1,\"at_ns\":5,\"x\":0}", "{\"v\":1,\"at_ns\":99000000000,\"x\":0}");
        let report = report(&format!("{before}\n{after}\n{{\"v\":1,\"at_ns\":6,\"hal"), &snapshot);
        let [first, last] = report.lines().collect::<Vec<_>>()[..] else { panic!("{report}") };
        assert!(first == before && last.contains("\"summary\":"), "{report}");
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let names = [1, 2].map(|_| new_folder(folder.path(), "session").unwrap());
        assert!(names[0].ends_with("session-1") && names[1].ends_with("session-2"));
    }
}
