//! Folders on this machine, one after the other, until a file is chosen. Each is read on a thread of its own. The
//! file dialog of the desktop is not used: it would need a portal and its daemons.

use crate::ui::task::Task;
use eframe::egui::Context;
use std::path::{Path, PathBuf};

/// A folder with more entries is not shown to its end.
const MOST_ENTRIES: usize = 20_000;
/// More than anybody scrolls through.
const MOST_SHOWN: usize = 2_000;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// An MPD, to be opened.
    Manifest,
    /// A trace, to be followed.
    Trace,
}

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FolderEntry {
    pub name: String,
    pub is_folder: bool,
}

/// The folder that is being looked at.
#[derive(Debug)]
pub(crate) struct FolderListing {
    pub wanted: FileKind,
    pub folder: PathBuf,
    /// What was read, or why not.
    pub entries: Option<Result<Vec<FolderEntry>, String>>,
    reading: Option<Task<Result<Vec<FolderEntry>, String>>>,
}

impl FolderListing {
    /// Begins in the folder of `near` if that is a path, else where the player was started.
    pub(crate) fn new(wanted: FileKind, near: &str) -> Self {
        let near = near.strip_prefix("file://").unwrap_or(near);
        let folder = Path::new(near).parent().filter(|folder| folder.is_dir() && !near.contains("://"));
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        Self { wanted, folder, entries: None, reading: None }
    }

    /// Reads what is not read yet.
    pub(crate) fn look(&mut self, ctx: &Context) {
        if self.entries.is_none() && self.reading.is_none() {
            let folder = self.folder.clone();
            let wanted = self.wanted;
            self.reading = Task::start(ctx, "folder", move || read(&folder, wanted));
        }
        if let Some(entries) = self.reading.as_ref().and_then(Task::poll) {
            self.entries = Some(entries);
            self.reading = None;
        }
    }

    /// Another folder.
    pub(crate) fn enter(&mut self, folder: PathBuf) {
        self.folder = folder;
        self.entries = None;
        self.reading = None;
    }
}

impl FileKind {
    /// In words.
    pub(crate) fn nothing_here(self) -> &'static str {
        match self {
            Self::Manifest => "No MPD here.",
            Self::Trace => "No trace here.",
        }
    }

    fn admits(self, name: &str) -> bool {
        let ends: &[&str] = match self {
            Self::Manifest => &[".mpd"],
            Self::Trace => &[".csv", ".trace", ".txt", ".log", ".up", ".down"],
        };
        let name = name.to_lowercase();
        ends.iter().any(|end| name.ends_with(end))
    }
}

/// Folders first, each kind in the order of its names; hidden ones are left out.
fn read(folder: &Path, wanted: FileKind) -> Result<Vec<FolderEntry>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let entry = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))?;
        let is_folder = std::fs::metadata(entry.path()).ok()?.is_dir();
        (is_folder || wanted.admits(&name)).then_some(FolderEntry { name, is_folder })
    };
    let mut all: Vec<FolderEntry> = entries.take(MOST_ENTRIES).flatten().filter_map(entry).collect();
    all.sort_by_key(|entry| (!entry.is_folder, entry.name.to_lowercase()));
    all.truncate(MOST_SHOWN);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_first_and_only_what_is_wanted_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("season")).unwrap();
        for name in ["a.MPD", "b.csv", "c.mp4", ".d.mpd"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let names = |wanted| -> Vec<String> {
            read(folder.path(), wanted).unwrap().into_iter().map(|entry| entry.name).collect()
        };
        assert_eq!(names(FileKind::Manifest), ["season", "a.MPD"]);
        assert_eq!(names(FileKind::Trace), ["season", "b.csv"]);
        assert!(read(&folder.path().join("gone"), FileKind::Trace).is_err());
    }

    #[test]
    fn it_begins_beside_what_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("film.mpd");
        assert_eq!(FolderListing::new(FileKind::Manifest, &file.display().to_string()).folder, folder.path());
        let here = std::env::current_dir().unwrap();
        assert!(FolderListing::new(FileKind::Manifest, "http://host/film.mpd").folder.starts_with(here));
    }
}
