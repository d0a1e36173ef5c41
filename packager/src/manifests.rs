//! Which manifests a folder holds: that of a package, or those of the packages below it. Nothing is read but the names.

use crate::error::{Exit, PackagerError};
use crate::layout;
use std::path::{Path, PathBuf};

/// Depth to which folders are searched.
const DEEPEST: usize = 6;
/// Number of files after which the search ends.
const MOST_ENTRIES: usize = 100_000;

/// The manifests below a folder, as paths from there on, in alphabetical order. Folders that cannot be read are passed
/// over; links to folders are not followed, so there are no circles. A name that is no UTF-8 has no place in a URL.
pub fn below(root: &Path) -> Vec<String> {
    let mut found = vec![];
    collect(root, "", DEEPEST, &mut { MOST_ENTRIES }, &mut found);
    found.sort();
    found
}

/// What a path stands for: a file for itself, a package folder for its manifest, another folder for all below it.
///
/// # Errors
/// 3 when there is no such path, or no manifest in the folder.
pub fn meant_by(path: &Path) -> Result<Vec<PathBuf>, PackagerError> {
    if !path.metadata().map_err(|e| PackagerError::input(path, &e))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let own = path.join(layout::MANIFEST);
    if own.is_file() {
        return Ok(vec![own]);
    }
    let below = below(path);
    if below.is_empty() {
        let what = format!("there is no manifest in {} or below it; name the folder of a package", path.display());
        return Err(PackagerError::new(Exit::Input, what));
    }
    Ok(below.iter().map(|manifest| path.join(manifest)).collect())
}

fn collect(folder: &Path, path: &str, depth: usize, budget: &mut usize, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if *budget == 0 {
            return;
        }
        *budget -= 1;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if depth > 0 {
                collect(&entry.path(), &path, depth - 1, budget, found);
            }
        } else if is_manifest(&name) {
            found.push(path);
        }
    }
}

/// Hidden files are local ones of a run.
fn is_manifest(name: &str) -> bool {
    name.ends_with(".mpd") && !name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_for_its_manifests() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        for path in ["films/b/manifest.mpd", "films/a/manifest.mpd", "films/a/sub/other.mpd", "films/a/.packager.mpd"] {
            std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            std::fs::write(root.join(path), "").unwrap();
        }
        let meant = |path: &str| meant_by(&root.join(path)).unwrap();
        assert_eq!(meant("films/a"), [root.join("films/a/manifest.mpd")]);
        assert_eq!(meant("films/a/sub/other.mpd"), [root.join("films/a/sub/other.mpd")]);
        assert_eq!(below(&root.join("films")), ["a/manifest.mpd", "a/sub/other.mpd", "b/manifest.mpd"]);
        assert_eq!(meant("films").len(), 3);
        std::fs::create_dir(root.join("empty")).unwrap();
        assert!(meant_by(&root.join("empty")).unwrap_err().to_string().contains("no manifest"));
        assert_eq!(meant_by(&root.join("nowhere")).unwrap_err().exit, Exit::Input);
    }
}
