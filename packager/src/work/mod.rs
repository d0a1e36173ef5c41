//! The work of a run: a plan cut into [`Job`]s, each a pure value, and a [`Runner`] that does them. What a job makes of
//! pictures and sound is in [`crate::produce`].
//!
//! Jobs depend on nothing but plan, survey and master. So chunks may be finished in any order, and a run that was
//! interrupted makes those that are missing, on whatever number of jobs.

mod beside;
mod counts;
mod division;
mod job;
mod one;
mod reader;
mod runner;
#[cfg(test)]
mod tests;

pub use beside::sounds;
pub use division::Division;
pub use job::{Job, in_one_piece, in_stretches, jobs};
pub use runner::{OnEvent, Runner, Threads};

use crate::decode::MasterPart;
use crate::error::{Exit, PackagerError};
use crate::mux::Timing;
use crate::produce::{PipelineEvent, RunContext};
use crate::survey::{Master, Survey};
use crate::workspace::ChunkDone;
use std::collections::BTreeMap;

/// What all jobs of a run have in common.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// What to do, what is done already, and where the bytes go.
    pub run: &'a RunContext<'a>,
    /// The master.
    pub input: &'a Master,
    /// What is known of it; `None` when the film is made in one piece, which learns it on the way.
    pub survey: Option<&'a Survey>,
    /// The shape of the first picture of the film, where a job does not begin with it.
    pub shape: Option<f64>,
    /// Stretches that the film is cut into.
    pub count: usize,
}

impl Work<'_> {
    /// The part of the master that a job reads.
    fn part(&self, job: &Job) -> MasterPart {
        let plan = self.run.plan;
        let pictures = self.run.made_of_frames().any(|id| job.makes(id));
        // Sound that outlasts the pictures has the last one held, whether something is made of it or not.
        let sounds = if pictures && self.survey.is_none() { self.all_sound_streams() } else { self.sound_streams(job) };
        let mut part = MasterPart { pictures, sounds, ..MasterPart::default() };
        if let Some((survey, extent)) = self.survey.and_then(|survey| Some((survey, survey.extent(plan)?))) {
            part.first = plan.first_frame(job.first);
            part.end = job.end.map(|end| plan.first_frame(end));
            part.from = survey.access_point(plan, part.first).filter(|_| pictures && job.first > 0);
            part.shape = self.shape;
            part.film_end = Some(extent.end);
            part.sound_end = extent.sound_end;
        }
        part
    }

    /// The streams of the master's sound that a job makes something of, each once.
    fn sound_streams(&self, job: &Job) -> Vec<usize> {
        self.streams_where(|id| job.makes(id))
    }

    fn all_sound_streams(&self) -> Vec<usize> {
        self.streams_where(|_| true)
    }

    fn streams_where(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<usize> {
        let encodings = self.run.plan.own_audio_encodings().filter(|(id, _)| is_wanted(id));
        let mut streams: Vec<usize> = encodings.map(|(_, encoding)| encoding.track.stream).collect();
        streams.sort_unstable();
        streams.dedup();
        streams
    }
}

/// Has `runner` do everything in the plan that is not done yet; `on_event` is called for every event, on the calling
/// thread.
///
/// # Errors
/// The first failure of any job or of `on_event`; [`Exit::Interrupted`] when the run was stopped from outside.
pub fn run(work: &Work<'_>, runner: &dyn Runner, on_event: &mut OnEvent<'_>) -> Result<(), PackagerError> {
    let mut chunks = work.run.done.clone();
    run_jobs(work, runner, &jobs(work.run, work.survey, work.count), &mut |event| {
        if let PipelineEvent::Chunk(chunk) = &event {
            chunks.entry(chunk.representation.clone()).or_default().push(chunk.clone());
        }
        on_event(event)
    })?;
    if !forget_odd_ones(&mut chunks) {
        return Ok(());
    }
    // Their timing is known now, so a second time is the last one.
    let run = RunContext { done: &chunks, ..*work.run };
    let again = Work { run: &run, ..*work };
    run_jobs(&again, runner, &jobs(&run, work.survey, work.count), on_event)
}

fn run_jobs(
    work: &Work<'_>,
    runner: &dyn Runner,
    jobs: &[Job],
    on_event: &mut OnEvent<'_>,
) -> Result<(), PackagerError> {
    let mut counts = counts::Sum::new(jobs.len());
    let mut coded = counts::Coded::new(work.run);
    let done = runner.run(work, jobs, &mut |event| {
        let read = match event {
            PipelineEvent::Read(read) => read,
            PipelineEvent::Coded { representation, .. } if jobs.len() > 1 => {
                let position = coded.report(&representation);
                return on_event(PipelineEvent::Coded { representation, position });
            }
            event => return on_event(event),
        };
        let Some(all) = counts.add(read) else { return Ok(()) };
        for note in counts::notes(work.run.plan, all) {
            on_event(PipelineEvent::Note(note))?;
        }
        on_event(PipelineEvent::Read(all))
    });
    match done {
        Ok(()) if work.run.is_stopped() => {
            Err(PackagerError::new(Exit::Interrupted, "interrupted; --resume continues"))
        }
        done => done,
    }
}

/// All chunks of a rendition lie on the axis of its first one. A chunk that was made before that was known, and that
/// found another by itself (one of so few frames that its encoder reorders less), has to be made again. Whether there was
/// any.
fn forget_odd_ones(chunks: &mut BTreeMap<String, Vec<ChunkDone>>) -> bool {
    let mut found = false;
    for done in chunks.values_mut() {
        let first: Option<Timing> = done.iter().find(|chunk| chunk.chunk == 0).map(|chunk| chunk.timing);
        let before = done.len();
        done.retain(|chunk| first.is_none_or(|first| chunk.timing == first));
        found |= done.len() < before;
    }
    found
}
