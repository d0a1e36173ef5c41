//! An input that is copied, whatever its container.

use super::facts::{InputFacts, TrackFacts};
use super::file::InputFile;
use super::inspect;
use super::movie::Movie;
use super::streams::Streams;
use crate::error::PackagerError;
use crate::intake::Locks;
use crate::survey::Master;
use shared::bmff::FourCc;

/// Handlers of text (ISO/IEC 14496-12 12.5 and 12.6; QuickTime).
const TEXT: [&[u8; 4]; 4] = [b"text", b"sbtl", b"subt", b"clcp"];

/// Whether a track with this handler is text.
pub(super) fn is_text(handler: FourCc) -> bool {
    TEXT.iter().any(|text| handler == **text)
}

/// An open input.
#[derive(Debug)]
pub enum Input {
    /// Of ISO/IEC 14496-12: what is in it is looked up where it is.
    Movie(Movie),
    /// Of another container, whose packets have been read once.
    Streams(Streams),
}

impl Input {
    /// Opens `master`, of which `locks` are known. Streams that are cut off may be packaged as far as they go.
    ///
    /// # Errors
    /// 3 when it cannot be read, 4 when it is of a container that is not copied, locked or cut off.
    pub fn open(master: &Master, locks: &Locks, allow_damaged: bool) -> Result<Self, PackagerError> {
        let file = InputFile::open(master.path(), master.name())?;
        if file.is_movie()? {
            return Movie::open(file).map(Self::Movie);
        }
        Streams::open(master, locks, allow_damaged).map(Self::Streams)
    }

    /// Whether it has to be looked for text in it.
    pub fn may_have_text(&self) -> bool {
        match self {
            Self::Movie(movie) => movie.others.iter().any(|(_, handler)| is_text(*handler)),
            Self::Streams(_) => true,
        }
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
