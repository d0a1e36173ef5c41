//! What was read, summed up over the jobs, and what the user should know of it.

use crate::decode::{Counts, larger};
use crate::plan::Plan;
use crate::produce::{REPORT_EVERY, RunContext};
use crate::workspace::ChunkDone;
use std::collections::BTreeMap;

/// The counts of jobs that have read their part.
pub(super) struct Sum {
    /// Jobs that are still reading.
    missing: usize,
    sum: Counts,
}

impl Sum {
    /// Of so many jobs.
    pub(super) fn new(jobs: usize) -> Self {
        Self { missing: jobs, sum: Counts::default() }
    }

    /// Adds those of a job; the sum when it was the last one.
    pub(super) fn add(&mut self, job: Counts) -> Option<Counts> {
        self.missing = self.missing.saturating_sub(1);
        self.sum = Counts {
            frames: self.sum.frames + job.frames,
            doubled: self.sum.doubled + job.doubled,
            dropped: self.sum.dropped + job.dropped,
            damaged: self.sum.damaged + job.damaged,
            torn: self.sum.torn + job.torn,
            captioned: self.sum.captioned + job.captioned,
            largest: larger(self.sum.largest, job.largest),
            fitted: self.sum.fitted + job.fitted,
            jumps: self.sum.jumps.max(job.jumps),
            held_seconds: self.sum.held_seconds.max(job.held_seconds),
            end: self.sum.end.max(job.end),
        };
        (self.missing == 0).then_some(self.sum)
    }
}

/// How much of each rendition of the pictures has been coded, where several jobs work on it at the same time.
pub(super) struct Coded(BTreeMap<String, u64>);

impl Coded {
    /// What an earlier run has done counts.
    pub(super) fn new(run: &RunContext<'_>) -> Self {
        let frames = |chunks: &Vec<ChunkDone>| {
            let ticks: u64 = chunks.iter().flat_map(|chunk| &chunk.segments).map(|closed| closed.duration).sum();
            ticks / u64::from(run.plan.frame_ticks.max(1))
        };
        Self(run.done.iter().map(|(id, chunks)| (id.clone(), frames(chunks))).collect())
    }

    /// A job reports: the frames of all of them.
    pub(super) fn report(&mut self, representation: &str) -> u64 {
        let frames = self.0.entry(representation.to_owned()).or_default();
        *frames += REPORT_EVERY;
        *frames
    }
}

/// Notes on changes to the pictures that the user did not ask for.
pub(super) fn notes(plan: &Plan, counts: Counts) -> impl Iterator<Item = String> {
    let held = (counts.held_seconds > 0.0).then(|| {
        format!("the pictures end {:.3} s before the sound; the last one is held until then", counts.held_seconds)
    });
    let at_the_end = (counts.held_seconds * plan.rate.value()).round() as u64;
    let doubled = counts.doubled.saturating_sub(at_the_end);
    let moved = (doubled + counts.dropped > 0).then(|| {
        format!(
            "the pictures were put on a grid of {} a second: {doubled} shown again, {} left out",
            plan.rate, counts.dropped
        )
    });
    let fitted = (counts.fitted > 0).then(|| {
        format!("{} pictures are of another shape than the first; they are shown between bars", counts.fitted)
    });
    let jumps = (counts.jumps > 0)
        .then(|| format!("the clock of the film jumps ({} times); what follows is put right behind", counts.jumps));
    let torn = (counts.torn > 0).then(|| {
        format!("{} pictures or packets are damaged where the recording begins, ends or was joined", counts.torn)
    });
    let captions = (counts.captioned > 0)
        .then(|| "left out: the closed captions inside of the pictures (CEA-608, CEA-708)".to_owned());
    [jumps, torn, fitted, grown(plan, counts), moved, held, captions].into_iter().flatten()
}

/// A picture must have so many times the samples of the ladder's size to be called larger.
const LARGER: f64 = 1.1;

/// Pictures that become larger than those that the ladder was made for.
fn grown(plan: &Plan, counts: Counts) -> Option<String> {
    let (width, height) = plan.source.as_ref().map(|source| (source.width, source.height))?;
    let area = |(width, height): (u32, u32)| f64::from(width) * f64::from(height);
    let (larger, higher) = counts.largest;
    (area(counts.largest) > LARGER * area((width, height))).then(|| {
        format!("its pictures change their size, up to {larger}x{higher}; the ladder is made for {width}x{height}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{identity, master, wishes};
    use shared_av::Rational;

    #[test]
    fn the_sum_comes_with_the_last_job() {
        let mut sum = Sum::new(2);
        assert_eq!(sum.add(Counts { frames: 10, doubled: 1, held_seconds: 2.0, ..Counts::default() }), None);
        let all = sum.add(Counts { frames: 5, dropped: 2, ..Counts::default() }).unwrap();
        assert_eq!((all.frames, all.doubled, all.dropped, all.held_seconds), (15, 1, 2, 2.0));
    }

    #[test]
    fn reports_of_several_jobs_add_up() {
        let mut coded = Coded(BTreeMap::from([("v".to_owned(), 100)]));
        assert_eq!((coded.report("v"), coded.report("v"), coded.report("w")), (112, 124, 12));
    }

    #[test]
    fn every_change_has_its_note() {
        let plan = crate::plan::plan(identity(), &master(Rational::new(25, 1).unwrap(), 4.0), &[], &wishes()).unwrap();
        let counts = Counts {
            doubled: 52,
            dropped: 1,
            fitted: 3,
            jumps: 1,
            torn: 2,
            held_seconds: 2.0,
            captioned: 7,
            largest: (3840, 2160),
            ..Counts::default()
        };
        let notes: Vec<String> = notes(&plan, counts).collect();
        assert_eq!(notes.len(), 7);
        assert!(notes.iter().any(|note| note.ends_with("2 shown again, 1 left out")), "{notes:?}");
        assert_eq!(super::notes(&plan, Counts::default()).count(), 0);
    }
}
