//! How a plan is cut into jobs. Pure: the same plan, survey and finished chunks give the same jobs on any machine.

use crate::plan::Plan;
use crate::produce::{Pass, RunContext};
use crate::survey::Survey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One stretch of the film, and the renditions that are made of it. Nothing but plan, survey and master are needed to do
/// it, so it can be done anywhere and in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The first chunk.
    pub first: u64,
    /// The chunk behind the last one; `None` for the end of the film, wherever that may be.
    pub end: Option<u64>,
    /// Their `Representation@id`s.
    pub renditions: Vec<String>,
}

impl Job {
    /// It begins with the film and ends with it.
    pub fn is_whole(&self) -> bool {
        self.first == 0 && self.end.is_none()
    }

    /// It makes this rendition.
    pub fn makes(&self, id: &str) -> bool {
        self.renditions.iter().any(|own| own == id)
    }
}

/// One job that makes everything in one reading of the film. Nothing need be known of the film for it, and nothing is
/// decoded twice.
pub fn in_one_piece(run: &RunContext<'_>) -> Vec<Job> {
    vec![Job { first: 0, end: None, renditions: pictures(run).chain(sounds(run)).collect() }]
}

/// At most `count` jobs of about the same number of chunks for what is still to be done of the pictures, and one for the
/// sound, which is a single chunk. `frames` is how many the film has. Missing chunks that lie apart make more jobs.
pub fn in_stretches(run: &RunContext<'_>, frames: u64, count: usize) -> Vec<Job> {
    let missing = missing_chunks(run, frames);
    let last = chunks_of(run.plan, frames);
    let share = missing.len().div_ceil(count.max(1)).max(1);
    let stretches = missing.chunks(share).flat_map(runs).map(|(first, end)| Job {
        first,
        end: Some(end).filter(|end| *end < last),
        renditions: pictures(run).collect(),
    });
    let sounds: Vec<String> = sounds(run).filter(|id| !run.is_done(id, 0)).collect();
    let sound = (!sounds.is_empty()).then_some(Job { first: 0, end: None, renditions: sounds });
    stretches.chain(sound).collect()
}

/// The jobs of a run: in one piece, or in stretches where the survey allows it.
pub fn jobs(run: &RunContext<'_>, survey: Option<&Survey>, count: usize) -> Vec<Job> {
    match survey.and_then(|survey| survey.extent(run.plan)) {
        Some(extent) => in_stretches(run, extent.frames, count),
        None => in_one_piece(run),
    }
}

fn pictures(run: &RunContext<'_>) -> impl Iterator<Item = String> {
    run.made_of_frames().map(str::to_owned)
}

fn sounds(run: &RunContext<'_>) -> impl Iterator<Item = String> {
    run.plan.own_audio_encodings().filter(|_| run.pass == Pass::Last).map(|(id, _)| id.to_owned())
}

/// Chunks of a film of so many frames.
fn chunks_of(plan: &Plan, frames: u64) -> u64 {
    frames.checked_sub(1).map_or(0, |last| plan.chunk_of(last) + 1)
}

/// Chunks that some rendition of the pictures lacks, in order.
fn missing_chunks(run: &RunContext<'_>, frames: u64) -> Vec<u64> {
    let all = 0..chunks_of(run.plan, frames);
    let ids: BTreeSet<String> = pictures(run).collect();
    let is_missing =
        |chunk: &u64| ids.iter().any(|id| u32::try_from(*chunk).is_ok_and(|chunk| !run.is_done(id, chunk)));
    all.filter(is_missing).collect()
}

/// First and end of each run of consecutive numbers.
fn runs(numbers: &[u64]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, end)) if *end == *number => *end += 1,
            _ => runs.push((*number, *number + 1)),
        }
    }
    runs
}
