//! Several films, each into a folder of its own, one after the other. One that fails does not keep the others from being
//! packaged; a signal ends all.

use super::interruption::Signals;
use super::{Options, one};
use crate::error::{Exit, PackagerError};
use crate::progress;
use crate::survey::Master;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of each film below `output`: called as the film without its ending.
///
/// # Errors
/// 2 when two films would have the same folder, or one has no name.
pub fn folders(films: &[PathBuf], output: &Path) -> Result<Vec<PathBuf>, PackagerError> {
    let mut taken: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    let mut folders = vec![];
    for film in films {
        let folder = output.join(name(film)?);
        if let Some(other) = taken.insert(folder.clone(), film) {
            let (other, film, folder) = (other.display(), film.display(), folder.display());
            return Err(PackagerError::usage(format!("{other} and {film} would both become {folder}; rename one")));
        }
        folders.push(folder);
    }
    Ok(folders)
}

fn name(film: &Path) -> Result<PathBuf, PackagerError> {
    let nameless = || {
        let film = Master::name_of(film);
        PackagerError::usage(format!("{film} has no name to call a folder by; package it without --each"))
    };
    let is_file = film.as_os_str() != "-";
    film.file_stem().filter(|_| is_file).map(PathBuf::from).ok_or_else(nameless)
}

/// Packages them.
///
/// # Errors
/// The code of the first that failed, when all others are done; 75 at once when interrupted.
pub fn each(films: &[Options]) -> Result<(), PackagerError> {
    each_with(films, one)
}

/// Makes the package of each with `package`.
pub(super) fn each_with(
    films: &[Options],
    package: impl Fn(&Options, &Signals) -> Result<(), PackagerError>,
) -> Result<(), PackagerError> {
    let signals = Signals::default();
    let mut failed: Vec<(String, Exit)> = vec![];
    for (number, film) in (1..).zip(films) {
        if signals.is_stopped() {
            return Err(PackagerError::new(Exit::Interrupted, "interrupted; --resume continues"));
        }
        progress::film(film.progress, (number, films.len()), &film.input, &film.output);
        match package(film, &signals) {
            Ok(()) => {}
            Err(failure) if failure.exit == Exit::Interrupted => return Err(failure),
            Err(failure) => {
                progress::failed(film.progress, &film.input, &failure);
                failed.push((film.input.display().to_string(), failure.exit));
            }
        }
    }
    let Some((_, exit)) = failed.first() else { return Ok(()) };
    let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
    let what = format!("{} of {} films could not be packaged: {}", failed.len(), films.len(), names.join(", "));
    Err(PackagerError::new(*exit, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders_of(films: &[&str]) -> Result<Vec<PathBuf>, PackagerError> {
        folders(&films.iter().map(PathBuf::from).collect::<Vec<_>>(), Path::new("films"))
    }

    #[test]
    fn folders_are_called_as_the_films() {
        let folders = folders_of(&["a.mp4", "in/b.tar.mkv", "c"]).unwrap();
        assert_eq!(folders, ["films/a", "films/b.tar", "films/c"].map(PathBuf::from));
    }

    #[test]
    fn what_would_get_the_same_folder_or_none_is_refused_before_any_work() {
        let same = folders_of(&["a.mp4", "b.mp4", "in/a.mkv"]).unwrap_err();
        assert!(same.exit == Exit::Usage && same.message.contains("films/a"), "{same}");
        assert_eq!(folders_of(&["-"]).unwrap_err().exit, Exit::Usage);
        assert_eq!(folders_of(&["/"]).unwrap_err().exit, Exit::Usage);
    }
}
