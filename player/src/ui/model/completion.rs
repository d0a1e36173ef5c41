//! What the URL field could become: addresses opened before, and manifests and folders on this machine that begin like
//! what is typed. Folders are read on a thread of their own.

use crate::ui::task::Task;
use eframe::egui::{Context, Rect};
use std::path::Path;

/// More than fits below a field.
const MOST: usize = 12;
/// A folder with more entries is not looked through to its end.
const MOST_ENTRIES: usize = 20_000;

/// The search, and its latest result.
#[derive(Debug, Default)]
pub(crate) struct Completion {
    typed: String,
    reading: Option<Task<Vec<String>>>,
    found: Vec<String>,
    /// Where the list was in the last frame, while it was in sight.
    pub list: Option<Rect>,
}

impl Completion {
    /// What `typed` could become, the addresses of before first.
    pub(crate) fn of(&mut self, ctx: &Context, typed: &str, recent: &[String]) -> Vec<String> {
        if typed != self.typed {
            self.typed = typed.to_owned();
            self.reading = is_path(typed)
                .then(|| self.typed.clone())
                .and_then(|typed| Task::start(ctx, "completion", move || on_disk(&typed)));
            self.found.clear();
        }
        if let Some(found) = self.reading.as_ref().and_then(Task::poll) {
            self.found = found;
            self.reading = None;
        }
        let known = recent.iter().filter(|recent| recent.as_str() != typed && recent.contains(typed.trim()));
        known.chain(&self.found).take(MOST).cloned().collect()
    }
}

fn is_path(typed: &str) -> bool {
    !typed.contains("://") && (typed.contains('/') || typed.starts_with('.'))
}

/// Folders (with a slash at their end) and manifests.
fn on_disk(typed: &str) -> Vec<String> {
    let (folder, begin) = typed.rsplit_once('/').map_or(("", typed), |(folder, begin)| (folder, begin));
    let shown = if typed.contains('/') { format!("{folder}/") } else { String::new() };
    let place = if shown.is_empty() { Path::new(".") } else { Path::new(&shown) };
    let Ok(entries) = std::fs::read_dir(place) else { return vec![] };
    let mut names: Vec<String> =
        entries.take(MOST_ENTRIES).flatten().filter_map(|entry| candidate(&entry, begin)).collect();
    names.sort();
    names.truncate(MOST);
    names.iter().map(|name| format!("{shown}{name}")).collect()
}

fn candidate(entry: &std::fs::DirEntry, begin: &str) -> Option<String> {
    let name = entry.file_name().into_string().ok().filter(|name| name.starts_with(begin))?;
    if name.starts_with('.') && !begin.starts_with('.') {
        return None;
    }
    let folder = std::fs::metadata(entry.path()).ok()?.is_dir();
    match folder {
        true => Some(format!("{name}/")),
        false => name.to_lowercase().ends_with(".mpd").then_some(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_manifests_that_begin_alike() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("films")).unwrap();
        for name in ["film.mpd", "film.mp4", "other.mpd", ".film.mpd"] {
            std::fs::write(root.join(name), "").unwrap();
        }
        let begin = format!("{}/fi", root.display());
        let expected = ["film.mpd", "films/"].map(|name| format!("{}/{name}", root.display()));
        assert_eq!(on_disk(&begin), expected);
        assert_eq!(on_disk("/nowhere/at/all/x"), Vec::<String>::new());
    }

    #[test]
    fn urls_are_not_looked_for_on_disk() {
        assert!(!is_path("http://host/film.mpd") && !is_path("film") && is_path("./film") && is_path("/srv"));
    }

    #[test]
    fn what_was_opened_before_is_offered_by_any_part_of_it() {
        let recent = ["http://a/film.mpd", "http://b/other.mpd"].map(str::to_owned);
        let found = Completion::default().of(&Context::default(), "film", &recent);
        assert_eq!(found, ["http://a/film.mpd"]);
    }
}
