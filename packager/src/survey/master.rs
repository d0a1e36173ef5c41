//! The master as something that can be opened as often as it is needed. A file is; a pipe is copied into the output
//! folder once, and everybody reads the copy.

use super::whole;
use crate::error::PackagerError;
use crate::plan::MasterIdentity;
use crate::workspace::Spool;
use shared::units::ByteSize;
use shared_av::MediaSource;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// How standard input is named on the command line.
const STANDARD_INPUT: &str = "-";

/// A master.
#[derive(Debug)]
pub struct Master {
    path: PathBuf,
    name: String,
    spool: Option<Spool>,
}

impl Master {
    /// For the master that was asked for, whose package goes to `output`.
    ///
    /// # Errors
    /// 2 when it cannot be read twice and the run is to `resume` another one; 3 and 6 when it cannot be copied.
    pub fn new(asked: &Path, output: &Path, resume: bool) -> Result<Self, PackagerError> {
        if !is_read_once(asked) {
            Spool::remove_old(output);
            return Ok(Self { path: asked.to_owned(), name: asked.display().to_string(), spool: None });
        }
        let is_standard = asked == Path::new(STANDARD_INPUT);
        let name = if is_standard { "standard input".to_owned() } else { asked.display().to_string() };
        if resume {
            let what = format!("cannot resume with {name}: it cannot be read again; save it as a file and start again");
            return Err(PackagerError::usage(what));
        }
        let failed = |e| PackagerError::input(Path::new(&name), &e);
        let spool = if is_standard {
            Spool::fill(output, &mut io::stdin().lock())?
        } else {
            Spool::fill(output, &mut File::open(asked).map_err(failed)?)?
        };
        Ok(Self { path: spool.path().to_owned(), name, spool: Some(spool) })
    }

    /// Opens it, from its beginning.
    ///
    /// # Errors
    /// Those of [`MediaSource::open`].
    pub fn open(&self) -> Result<MediaSource, PackagerError> {
        Ok(MediaSource::open_as(&self.path, &self.name)?)
    }

    /// Whether bytes are missing at its end.
    pub fn ends_early(&self) -> bool {
        whole::ends_early(&self.path)
    }

    /// Its path, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the user should know of a copy.
    pub fn note(&self) -> Option<String> {
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
        let since_1970 = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(MasterIdentity {
            name: self.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            size: ByteSize::from_bytes(facts.len()),
            modified: since_1970.and_then(|time| u64::try_from(time.as_nanos()).ok()),
        })
    }
}

/// Standard input, a pipe, a terminal, a socket: reading it takes it away.
fn is_read_once(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT) || path.metadata().is_ok_and(|facts| !facts.is_file() && !facts.is_dir())
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
        let input = Master::new(&path, &folder.path().join("out"), true).unwrap();
        assert!(input.note().is_none() && !folder.path().join("out").exists());
        let identity = input.identity().unwrap();
        assert_eq!((identity.name.as_str(), identity.size.bytes()), ("film.mp4", 4));
        assert!(identity.modified.is_some());
        assert!(!is_read_once(&folder.path().join("missing.mp4")), "that is for those who open it to say");
    }
}
