//! Who does the jobs: a trait with one method, and the threads of this process, the only runner there is.

use super::Work;
use super::job::Job;
use super::one::do_job;
use crate::error::{Exit, PackagerError};
use crate::produce::PipelineEvent;
use crossbeam_channel::{Sender, bounded};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread;

/// Events queued for the caller, which handles them fast.
const EVENTS_IN_FLIGHT: usize = 64;

/// What is called for every event; its failure ends the run.
pub type OnEvent<'a> = dyn FnMut(PipelineEvent) -> Result<(), PackagerError> + 'a;

/// Does jobs. A runner may do them in any order and any number of them at once: no job needs the result of another.
pub trait Runner {
    /// Does all `jobs`; `on_event` is called on the calling thread. The order of events within a job is kept.
    ///
    /// # Errors
    /// The first failure of a job or of `on_event`, after which no further job is begun.
    fn run(&self, work: &Work<'_>, jobs: &[Job], on_event: &mut OnEvent<'_>) -> Result<(), PackagerError>;
}

/// Threads of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threads {
    /// Jobs that are done at the same time.
    pub at_once: usize,
}

impl Runner for Threads {
    fn run(&self, work: &Work<'_>, jobs: &[Job], on_event: &mut OnEvent<'_>) -> Result<(), PackagerError> {
        let (events, incoming) = bounded(EVENTS_IN_FLIGHT);
        let waiting = Mutex::new(jobs.iter());
        let mut failure = None;
        thread::scope(|scope| {
            for lane in 0..self.at_once.clamp(1, jobs.len().max(1)) {
                let (own, waiting) = (events.clone(), &waiting);
                let body = move || do_waiting(work, waiting, &own);
                if let Err(failed) = named(scope, work, &format!("job-{lane}"), events.clone(), body) {
                    work.run.stop.store(true, Ordering::Relaxed);
                    failure.get_or_insert(failed);
                }
            }
            drop(events);
            // Ends when the last thread has dropped its sender; going on after a failure lets all of them end.
            for event in incoming {
                let result = match event {
                    PipelineEvent::Failed(failed) => Err(failed),
                    event => on_event(event),
                };
                if let Err(failed) = result {
                    failure.get_or_insert(failed);
                    work.run.stop.store(true, Ordering::Relaxed);
                }
            }
        });
        failure.map_or(Ok(()), Err)
    }
}

/// Does jobs one after the other until none waits.
fn do_waiting(
    work: &Work<'_>,
    waiting: &Mutex<std::slice::Iter<'_, Job>>,
    events: &Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    loop {
        // Locked for the time of taking one job.
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        match next {
            Some(job) if !work.run.is_stopped() => do_job(work, job, events)?,
            _ => return Ok(()),
        }
    }
}

/// A thread whose failure becomes an event.
pub(super) fn named<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    work: &'scope Work<'_>,
    name: &str,
    events: Sender<PipelineEvent>,
    body: impl FnOnce() -> Result<(), PackagerError> + Send + 'scope,
) -> Result<(), PackagerError> {
    let body = move || {
        if let Err(failure) = body() {
            work.run.stop.store(true, Ordering::Relaxed);
            // The receiver outlives all threads.
            let _ = events.send(PipelineEvent::Failed(failure));
        }
    };
    let refused = |e| PackagerError::new(Exit::Codec, format!("cannot start a thread: {e}"));
    thread::Builder::new().name(name.chars().take(15).collect()).spawn_scoped(scope, body).map(drop).map_err(refused)
}
