//! The master as something that can be opened as often as it is needed. A file is; a pipe is copied into the output
//! folder once, and everybody reads the copy.

use super::once::{self, Pieces};
use super::whole;
use crate::error::PackagerError;
use crate::intake::{Followed, Recording};
use crate::plan::MasterIdentity;
use crate::workspace::Spool;
use shared::units::ByteSize;
use shared_av::MediaSource;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// A master.
#[derive(Debug)]
pub struct Master {
    path: PathBuf,
    name: String,
    spool: Option<Spool>,
    /// The films that it names instead of holding one.
    followed: Option<Followed>,
    /// How it is read, where it is a recording whose table of streams changes.
    recording: Option<Arc<Recording>>,
}

impl Master {
    /// For the master that was asked for, whose package goes to `output`. While it is copied, `go_on` is asked again and
    /// again.
    ///
    /// # Errors
    /// 2 when it cannot be read twice and the run is to `resume` another one; 3 and 6 when it cannot be copied; that of
    /// `go_on`.
    pub fn new(
        asked: &Path,
        output: &Path,
        resume: bool,
        go_on: &dyn Fn() -> Result<(), PackagerError>,
    ) -> Result<Self, PackagerError> {
        let name = once::name_of(asked);
        if !once::is_read_once(asked) {
            Spool::remove_old(output);
            return Ok(Self::of_file(asked));
        }
        if resume {
            let what = format!("cannot resume with {name}: it cannot be read again; save it as a file and start again");
            return Err(PackagerError::usage(what));
        }
        let spool = Spool::fill(output, Pieces::of(asked, go_on)?)?;
        Ok(Self { path: spool.path().to_owned(), name, spool: Some(spool), followed: None, recording: None })
    }

    /// For a file that can be read as often as it is needed.
    pub fn of_file(path: &Path) -> Self {
        Self { path: path.to_owned(), name: once::name_of(path), spool: None, followed: None, recording: None }
    }

    /// Whether what was asked for can be read once only.
    pub fn is_read_once(asked: &Path) -> bool {
        once::is_read_once(asked)
    }

    /// How messages call what was asked for.
    pub fn name_of(asked: &Path) -> String {
        once::name_of(asked)
    }

    /// What it names is read in its place from here on.
    #[must_use]
    pub fn following(self, followed: Option<Followed>) -> Self {
        Self { followed, ..self }
    }

    /// From here on it is read as a recording with one table of streams.
    #[must_use]
    pub fn as_recording(self, recording: Option<Arc<Recording>>) -> Self {
        Self { recording, ..self }
    }

    /// Opens it, from its beginning.
    ///
    /// # Errors
    /// Those of [`MediaSource::open`] and [`MediaSource::in_sequence`].
    pub fn open(&self) -> Result<MediaSource, PackagerError> {
        Ok(match (&self.followed, &self.recording) {
            (Some(followed), _) => MediaSource::in_sequence(followed.parts(), &self.name)?,
            (None, Some(recording)) => MediaSource::in_sequence(vec![recording.part(&self.name)], &self.name)?,
            (None, None) => MediaSource::open_as(&self.path, &self.name)?,
        })
    }

    /// Whether bytes are missing at its end.
    pub fn ends_early(&self) -> bool {
        self.followed.is_none() && whole::ends_early(&self.path)
    }

    /// Where its bytes are.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its path, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the user should know of a copy.
    pub fn note(&self) -> Option<String> {
        if let Some(followed) = &self.followed {
            return Some(followed.note(&self.name, &self.path));
        }
        let spool = self.spool.as_ref()?;
        let place = spool.path().display();
        Some(format!("{} is read more than once: {} were copied to {place} for this run", self.name, spool.size()))
    }

    /// Whether it can be read in another run, too.
    pub fn lasts(&self) -> bool {
        self.spool.is_none()
    }

    /// What tells it from others.
    ///
    /// # Errors
    /// 3 when the file system knows nothing of it.
    pub fn identity(&self) -> Result<MasterIdentity, PackagerError> {
        if let Some(spool) = &self.spool {
            return Ok(MasterIdentity { name: self.name.clone(), size: spool.size(), modified: None });
        }
        let facts = self.path.metadata().map_err(|e| PackagerError::input(&self.path, &e))?;
        let modified = self.followed.as_ref().map_or_else(|| facts.modified().ok(), Followed::modified);
        let size = self.followed.as_ref().map_or(ByteSize::from_bytes(facts.len()), Followed::size);
        let since_1970 = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(MasterIdentity {
            name: self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            size,
            modified: since_1970.and_then(|time| u64::try_from(time.as_nanos()).ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_read_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.mp4");
        fs::write(&path, "film").unwrap();
        let input = Master::new(&path, &folder.path().join("out"), true, &|| Ok(())).unwrap();
        assert!(input.note().is_none() && !folder.path().join("out").exists());
        let identity = input.identity().unwrap();
        assert_eq!((identity.name.as_str(), identity.size.bytes()), ("film.mp4", 4));
        assert!(identity.modified.is_some());
    }
}
