//! What an input is before anything reads it as media: a text that names other files, a movie whose media lie elsewhere,
//! something that is encrypted or scrambled. All of these open, or nearly open, and become a wrong film or an error of a
//! decoder; here they are called what they are. Only the structure is looked at, at bounded cost. Not here: whether a film is
//! whole ([`crate::survey::whole`]).

mod assembled;
mod below;
mod follow;
mod hls;
mod lists;
mod locks;
mod movie;
mod program_stream;
mod recording;
mod tables;
mod text;
mod transport;
mod windows;

pub use follow::Followed;
pub use locks::Locks;
pub use recording::Recording;

use crate::error::{Exit, PackagerError};
use shared_av::{SourceInfo, StreamKind, bytes_at};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// Bytes at the beginning that tell a text, and hold the description of a Matroska file.
const HEAD: u64 = 64 * 1024;

/// How an input names other files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// A playlist of HLS.
    Hls,
    /// A line for each.
    Plain,
    /// A playlist of Winamp.
    Pls,
    /// A script for FFmpeg's `concat`.
    Concat,
    /// Data references of a movie.
    Movie,
    /// In a way that is not followed.
    Other,
}

/// What an input that names others is, and how it does.
type Named = (&'static str, Names);

/// What is known of an input.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// What it is, where it names other files instead of holding media.
    names: Option<Named>,
    /// What is locked in it.
    locks: Locks,
    /// Languages that FFmpeg 5 does not tell, by the numbers that the container has for its streams.
    languages: BTreeMap<i32, String>,
    /// What of its pictures is to be seen, which FFmpeg 5 does not tell either.
    apertures: BTreeMap<i32, movie::Aperture>,
    /// How its tables of streams are to be read, where they change.
    recording: Option<Arc<Recording>>,
}

impl Contents {
    /// Looks at a file. One that cannot be read has nothing: those who open it tell why.
    pub fn of(path: &Path) -> Self {
        File::open(path).and_then(|mut file| Self::read(&mut file, path)).unwrap_or_default()
    }

    fn read(file: &mut File, path: &Path) -> std::io::Result<Self> {
        if !file.metadata()?.is_file() {
            return Ok(Self::default());
        }
        let length = file.seek(SeekFrom::End(0))?;
        let head = bytes_at(file, 0, HEAD)?;
        if let Some(what) = text::names_files(&head) {
            return Ok(Self { names: Some(what), ..Self::default() });
        }
        let movie = movie::read(file, length)?;
        let names = movie.as_ref().and_then(movie::Movie::names_files);
        let languages = movie.as_ref().map(movie::Movie::languages).unwrap_or_default();
        let apertures = movie.as_ref().map(movie::Movie::apertures).unwrap_or_default();
        let locks = match movie {
            Some(movie) => Locks::of_tracks(movie.encrypted()),
            None if shared::webm::is_head(&head) => Locks::of_numbered(shared::webm::encrypted_tracks(&head)),
            None if program_stream::is_one(&head) => Locks::of_all(program_stream::is_scrambled(file, length)?),
            None => Locks::of_scrambled(transport::scrambled(file, length)?),
        };
        let recording = Recording::of(file, path)?.map(Arc::new);
        Ok(Self { names, locks, languages, apertures, recording })
    }

    /// The films that the input at `path` names, if it names others and that is `allowed`. What came through a pipe has no
    /// path, and so no folder in which they could be.
    ///
    /// # Errors
    /// 4, with what it is, when it is not allowed or what it names is not to be opened.
    pub fn followed(&self, path: Option<&Path>, name: &str, allowed: bool) -> Result<Option<Followed>, PackagerError> {
        let Some((what, names)) = self.names else { return Ok(None) };
        let refused =
            |why: &str| PackagerError::new(Exit::NotMedia, format!("cannot package {name}: it is {what}{why}"));
        if allowed {
            let path = path.ok_or_else(|| refused("; what comes through a pipe has no folder to look in"))?;
            return Followed::of(path, names).map(Some).map_err(|why| refused(&format!("; {why}")));
        }
        let remedy = if names == Names::Other { "" } else { ", or --allow-references opens those in its folder" };
        Err(refused(&format!(", which names other files; package the film that it stands for{remedy}")))
    }

    /// The description of it with what its tracks say beside: their languages in full, the edges of their pictures.
    #[must_use]
    pub fn described(&self, mut info: SourceInfo) -> SourceInfo {
        for stream in &mut info.streams {
            stream.language = self.languages.get(&stream.id).cloned().or(stream.language.take());
            if let StreamKind::Video(video) = &mut stream.kind
                && let Some(crop) = self.apertures.get(&stream.id).and_then(|one| one.crop(video.width, video.height))
            {
                video.side.crop = crop;
            }
        }
        info
    }

    /// How it is to be read, where its tables of streams change.
    pub fn recording(&self) -> Option<Arc<Recording>> {
        self.recording.clone()
    }

    /// What is locked in it.
    pub fn locks(&self) -> &Locks {
        &self.locks
    }
}

/// Where a seek from `at` in `length` bytes leads to. Behind the end is a place, too.
fn sought(to: SeekFrom, at: u64, length: impl FnOnce() -> io::Result<u64>) -> io::Result<u64> {
    let place = match to {
        SeekFrom::Start(at) => Some(at),
        SeekFrom::Current(by) => at.checked_add_signed(by),
        SeekFrom::End(by) => length()?.checked_add_signed(by),
    };
    Ok(place.ok_or(io::ErrorKind::InvalidInput)?)
}
