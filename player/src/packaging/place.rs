//! Where a film's package is kept: in the user's cache, in a folder of the film's name that changes when the film does.

use crate::base_folder;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// Characters of a film's name in that of its folder.
const NAMED: usize = 60;

/// The folder for the package of `film`.
///
/// # Errors
/// When the film cannot be looked at, or the user has no home.
pub fn of(film: &Path) -> Result<PathBuf, String> {
    let cache = cache().ok_or("there is no folder for packages: neither XDG_CACHE_HOME nor HOME is set")?;
    let key = key(film).map_err(|error| format!("cannot read {}: {error}", film.display()))?;
    Ok(cache.join("packages").join(key))
}

/// What is kept only because making it again takes a while (XDG Base Directory Specification).
pub fn cache() -> Option<PathBuf> {
    Some(base_folder::named_or("XDG_CACHE_HOME", ".cache")?.join("dash-player"))
}

/// `film-0123456789abcdef`: of another film, or of the film after a change, it is another.
fn key(film: &Path) -> io::Result<String> {
    let film = film.canonicalize()?;
    let meta = film.metadata()?;
    let mut hasher = DefaultHasher::new();
    (&film, meta.len(), meta.modified().ok()).hash(&mut hasher);
    let letters = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let stem = film.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = stem.chars().take(NAMED).map(letters).collect();
    Ok(format!("{name}-{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_film_has_another_place() {
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("my film.mkv");
        std::fs::write(&film, "a").unwrap();
        let first = key(&film).unwrap();
        assert!(first.starts_with("my-film-"), "{first}");
        assert_eq!(key(&film).unwrap(), first);
        std::fs::write(&film, "ab").unwrap();
        assert_ne!(key(&film).unwrap(), first);
        assert!(key(&folder.path().join("missing.mkv")).is_err());
    }
}
