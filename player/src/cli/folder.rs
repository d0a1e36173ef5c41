//! A folder that stands for what is in it: a package, by its manifest. A folder of packages is none; they are named.

use super::{Code, CommandFailure};
use std::path::{Path, PathBuf};

/// What the packager calls its manifest.
const MANIFEST: &str = "manifest.mpd";
/// Entries of a folder that are looked at.
const MOST_ENTRIES: usize = 10_000;
/// Names in a sentence.
const MOST_NAMED: usize = 8;

/// The manifest in `folder`, which was typed as `name`: the packager's, or the only one.
///
/// # Errors
/// 3 when there is none, or a choice.
pub(super) fn manifest(folder: &Path, name: &str) -> Result<PathBuf, CommandFailure> {
    let usual = folder.join(MANIFEST);
    if usual.is_file() {
        return Ok(usual);
    }
    let entries = std::fs::read_dir(folder).map_err(|e| CommandFailure::unreadable(name, &e))?;
    let mut paths: Vec<PathBuf> = entries.take(MOST_ENTRIES).flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let (packages, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    let manifests: Vec<PathBuf> = files.into_iter().filter(|file| is_manifest(file)).collect();
    let packages: Vec<PathBuf> = packages.into_iter().filter(|path| path.join(MANIFEST).is_file()).collect();
    let refused = |message| Err(CommandFailure::new(Code::Input, message));
    match (&manifests[..], &packages[..]) {
        ([one], _) => Ok(one.clone()),
        ([_, _, ..], _) => {
            refused(format!("{name} is a folder with several manifests; name one: {}", list(&manifests)))
        }
        ([], [_, ..]) => refused(format!("{name} is a folder of packages; name one: {}", list(&packages))),
        ([], []) => refused(format!(
            "{name} is a folder without a manifest; name a package, the folder in which {MANIFEST} lies"
        )),
    }
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("mpd"))
}

/// The last parts of paths, as many as fit into a sentence.
fn list(paths: &[PathBuf]) -> String {
    let names = paths.iter().filter_map(|path| path.file_name());
    let names: Vec<String> = names.take(MOST_NAMED).map(|name| name.to_string_lossy().into_owned()).collect();
    let more = paths.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_and_several_are_named() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        let find = |folder: &str| manifest(&root.join(folder), folder).map_err(|e| (e.code, e.message));
        let put = |path: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "<MPD/>").unwrap();
        };
        put("films/one/manifest.mpd");
        assert_eq!(find("films/one"), Ok(root.join("films/one/manifest.mpd")));
        put("films/two/manifest.mpd");
        let (code, said) = find("films").unwrap_err();
        assert!(code == Code::Input && said.contains("one, two"), "{said}");
        put("foreign/Film.mpd");
        assert_eq!(find("foreign"), Ok(root.join("foreign/Film.mpd")));
        put("foreign/other.mpd");
        assert!(find("foreign").unwrap_err().1.contains("Film.mpd, other.mpd"));
        put("empty/readme.txt");
        assert!(find("empty").unwrap_err().1.contains("without a manifest"));
    }
}
