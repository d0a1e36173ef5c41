//! Media that are not moved before the end: where segments become parts of one file, only what is written around them is put
//! first, and their bytes go from the input into that file.

use super::file::InputFile;
use super::input::Input;
use super::job::CopySource;
use super::movie::Movie;
use super::table::FileRuns;
use crate::error::PackagerError;
use crate::layout;
use crate::plan::CopiedTrack;
use crate::produce::RunContext;
use crate::publish::ObjectPart;
use std::collections::BTreeMap;

/// Where the media of segments are, by the paths of those.
#[derive(Debug, Default)]
pub struct LeftMedia {
    movies: Vec<Movie>,
    /// Which of the movies, and where in it.
    places: BTreeMap<String, (usize, FileRuns)>,
}

impl LeftMedia {
    /// What belongs behind the object at `path`.
    pub fn parts(&self, path: &str) -> Vec<ObjectPart<'_>> {
        let Some((movie, runs)) = self.places.get(path) else { return vec![] };
        let Some(movie) = self.movies.get(*movie) else { return vec![] };
        runs.ranges().iter().map(|range| ObjectPart::File(movie.file.file(), range)).collect()
    }
}

/// What a run has left in its inputs.
///
/// # Errors
/// 4 when an input has changed meanwhile.
pub fn left_in_inputs(run: &RunContext<'_>, sources: &[CopySource<'_>]) -> Result<LeftMedia, PackagerError> {
    let mut left = LeftMedia::default();
    for (id, track) in run.plan.copied_tracks().filter(|_| run.leaves_media()) {
        let source = sources.get(track.input);
        let Some(source) = source.filter(|source| matches!(source.input, Input::Movie(_))) else { continue };
        let movie = Movie::open(InputFile::open(source.master.path(), source.master.name())?)?;
        let place = left.movies.len();
        for (number, runs) in (1..).zip(segments(&movie, track)?) {
            left.places.insert(layout::segment(&run.plan.generation, id, number), (place, runs));
        }
        left.movies.push(movie);
    }
    Ok(left)
}

/// Of each segment of a track.
fn segments(movie: &Movie, track: &CopiedTrack) -> Result<Vec<FileRuns>, PackagerError> {
    let table = movie.table(movie.track(track.track)?)?;
    let mut segments: Vec<FileRuns> = vec![];
    let mut next = track.segments.iter().map(|segment| segment.first).peekable();
    for sample in table.iter().take_while(|sample| sample.number < track.end) {
        if next.next_if_eq(&sample.number).is_some() {
            segments.push(FileRuns::default());
        }
        if let Some(runs) = segments.last_mut() {
            runs.push(&sample);
        }
    }
    Ok(segments)
}
