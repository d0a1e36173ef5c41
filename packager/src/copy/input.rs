//! An input that is copied, whatever its container.

use super::facts::{InputFacts, TrackFacts};
use super::file::InputFile;
use super::inspect;
use super::movie::Movie;
use super::streams::Streams;
use crate::error::PackagerError;
use crate::intake::Locks;
use crate::survey::Master;

/// An open input.
#[derive(Debug)]
pub enum Input {
    /// Of ISO/IEC 14496-12: what is in it is looked up where it is.
    Movie(Movie),
    /// Of another container, whose packets have been read once.
    Streams(Streams),
}

impl Input {
    /// Opens `master`, of which `locks` are known.
    ///
    /// # Errors
    /// 3 when it cannot be read, 4 when it is of a container that is not copied, locked or cut off.
    pub fn open(master: &Master, locks: &Locks) -> Result<Self, PackagerError> {
        let file = InputFile::open(master.path(), master.name())?;
        if file.is_movie()? {
            return Movie::open(file).map(Self::Movie);
        }
        Streams::open(master, locks).map(Self::Streams)
    }

    /// What is known of its tracks.
    ///
    /// # Errors
    /// 4 for what cannot be copied, with the place.
    pub fn facts(&self) -> Result<InputFacts, PackagerError> {
        match self {
            Self::Movie(movie) => inspect::movie(movie),
            Self::Streams(streams) => streams.facts(),
        }
    }

    /// When each sample of a track is composed, in its ticks and in decoding order.
    ///
    /// # Errors
    /// As [`facts`](Self::facts).
    pub fn composed(&self, track: &TrackFacts) -> Result<Vec<i64>, PackagerError> {
        match self {
            Self::Movie(movie) => {
                let found = movie.track(track.track)?;
                Ok(movie.table(found)?.iter().map(|sample| sample.cts).collect())
            }
            Self::Streams(streams) => {
                let track = streams.track(track.track);
                Ok(track.map_or(vec![], |track| track.table.iter().map(|sample| sample.cts).collect()))
            }
        }
    }
}
