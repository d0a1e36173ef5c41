//! A film that is no presentation yet, as the window shows it: an offer, a wait, or what is still being packaged of what
//! is already watched.

use crate::packaging::progress::Progress;
use std::path::PathBuf;

/// A film and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FilmScene {
    /// The file.
    pub film: PathBuf,
    /// What becomes of it.
    pub state: FilmState,
}

/// What becomes of a film.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FilmState {
    /// It can be packaged, if there is a packager.
    Offered {
        /// Whether there is one.
        packager: bool,
    },
    /// It is being made itself.
    Made,
    /// It is being packaged, and there is nothing to see yet.
    Coming(Progress),
    /// It is watched while it is packaged.
    Watched(Progress),
}

impl FilmScene {
    /// Its name for people.
    pub(crate) fn name(&self) -> String {
        self.film.file_name().unwrap_or(self.film.as_os_str()).to_string_lossy().into_owned()
    }
}
