//! The work of copying, as jobs: one a rendition of a movie, and one an input of another container, which is read from its
//! beginning to its end. They depend on nothing but plan and inputs, and are done by a few threads.

use super::file::{InputFile, refused};
use super::header;
use super::input::Input;
use super::movie::Movie;
use super::streams::{Counters, Streams};
use super::table::FileRuns;
use crate::error::{Exit, PackagerError};
use crate::plan::CopiedTrack;
use crate::produce::{CopyProducer, Media, PipelineEvent, RunContext};
use crate::survey::Master;
use crossbeam_channel::{Sender, bounded};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Copying is what the system does, and disks do not become faster by more of it.
const MOST_THREADS: usize = 4;
/// Events queued for the caller, which handles them fast.
const EVENTS_IN_FLIGHT: usize = 64;

/// Something to be done.
pub struct CopyJob<'a> {
    source: &'a CopySource<'a>,
    /// The renditions that are made of it.
    tracks: Vec<(&'a str, &'a CopiedTrack)>,
}

/// An input, and where it is opened anew.
pub struct CopySource<'a> {
    /// Where it is.
    pub master: &'a Master,
    /// What is known of it.
    pub input: &'a Input,
}

/// The jobs of a run. What is done already is none.
pub fn jobs<'a>(run: &RunContext<'a>, sources: &'a [CopySource<'a>]) -> Vec<CopyJob<'a>> {
    let is_open = |id: &str, track: &CopiedTrack| (0..track.chunks()).any(|chunk| !run.is_done(id, chunk));
    let mut jobs: Vec<CopyJob<'a>> = vec![];
    for (place, source) in sources.iter().enumerate() {
        let tracks = run.plan.copied_tracks().filter(|(id, track)| track.input == place && is_open(id, track));
        match source.input {
            Input::Movie(_) => jobs.extend(tracks.map(|track| CopyJob { source, tracks: vec![track] })),
            Input::Streams(_) => jobs.push(CopyJob { source, tracks: tracks.collect() }),
        }
    }
    jobs.retain(|job| !job.tracks.is_empty());
    jobs
}

/// Does `jobs`; `on_event` is called on the calling thread.
///
/// # Errors
/// The first failure of a job or of `on_event`, after which no further segment is begun; [`Exit::Interrupted`] when the run
/// was stopped from outside.
pub fn run(
    run: &RunContext<'_>,
    jobs: &[CopyJob<'_>],
    on_event: &mut dyn FnMut(PipelineEvent) -> Result<(), PackagerError>,
) -> Result<(), PackagerError> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS).min(jobs.len());
    let (events, incoming) = bounded(EVENTS_IN_FLIGHT);
    let waiting = Mutex::new(jobs.iter());
    let mut failure = None;
    let mut fail = |failed: PackagerError| {
        run.stop.store(true, Ordering::Relaxed);
        failure.get_or_insert(failed);
    };
    thread::scope(|scope| {
        for lane in 0..threads {
            let (own, waiting) = (events.clone(), &waiting);
            let body = move || {
                if let Err(failed) = do_waiting(run, waiting, &own) {
                    // The receiver outlives all threads.
                    let _ = own.send(PipelineEvent::Failed(failed));
                }
            };
            let started = thread::Builder::new().name(format!("copy-{lane}")).spawn_scoped(scope, body);
            if let Err(e) = started {
                fail(PackagerError::new(Exit::Output, format!("cannot start a thread: {e}")));
            }
        }
        drop(events);
        for event in incoming {
            let handled = match event {
                PipelineEvent::Failed(failed) => Err(failed),
                event => on_event(event),
            };
            if let Err(failed) = handled {
                fail(failed);
            }
        }
    });
    match failure {
        Some(failed) => Err(failed),
        None if run.is_stopped() => Err(PackagerError::new(Exit::Interrupted, "interrupted; --resume continues")),
        None => Ok(()),
    }
}

/// Does jobs one after the other until none waits.
fn do_waiting(
    run: &RunContext<'_>,
    waiting: &Mutex<std::slice::Iter<'_, CopyJob<'_>>>,
    events: &Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    loop {
        // Locked for the time of taking one job.
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        match next {
            Some(job) if !run.is_stopped() => do_job(run, job, events)?,
            _ => return Ok(()),
        }
    }
}

fn do_job(run: &RunContext<'_>, job: &CopyJob<'_>, events: &Sender<PipelineEvent>) -> Result<(), PackagerError> {
    match job.source.input {
        Input::Movie(_) => {
            for track in &job.tracks {
                of_movie(run, job.source.master, *track, events)?;
            }
            Ok(())
        }
        Input::Streams(streams) => of_streams(run, (job.source.master, streams), &job.tracks, events),
    }
}

/// The tables are read again, and are gone when the rendition is made.
fn of_movie(
    run: &RunContext<'_>,
    master: &Master,
    (id, copied): (&str, &CopiedTrack),
    events: &Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    let movie = Movie::open(InputFile::open(master.path(), master.name())?)?;
    let track = movie.track(copied.track)?;
    let table = movie.table(track)?;
    let media = Media::InFile(movie.file.file(), FileRuns::default());
    let header = header::movie_box(track.timescale, &track.description);
    let mut producer = CopyProducer::new(run, (id, copied), &header, media, events.clone())?;
    for sample in table.iter() {
        if run.is_stopped() {
            return Ok(());
        }
        producer.sample(&sample, None)?;
    }
    producer.finish()
}

fn of_streams(
    run: &RunContext<'_>,
    (master, streams): (&Master, &Streams),
    tracks: &[(&str, &CopiedTrack)],
    events: &Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    let mut producers = vec![];
    let mut wanted = vec![];
    for (id, copied) in tracks {
        let gone = || refused(master.name(), format!("its stream {} is gone", copied.track));
        let track = streams.track(copied.track).ok_or_else(gone)?;
        let media = Media::Here(vec![]);
        wanted.push(track);
        producers.push((track.stream, CopyProducer::new(run, (*id, *copied), &track.header, media, events.clone())?));
    }
    let mut source = master.open()?;
    source.keep_only(&wanted.iter().map(|track| track.stream).collect::<Vec<_>>());
    let mut counters = Counters::of(wanted.into_iter());
    while let Some(packet) = source.read()? {
        if run.is_stopped() {
            return Ok(());
        }
        let Some((track, sample)) = counters.next(&packet) else { continue };
        let bytes = track.in_file(packet.data());
        if bytes.len() as u64 != u64::from(sample.size) {
            return Err(refused(master.name(), "it has changed meanwhile"));
        }
        if let Some((_, producer)) = producers.iter_mut().find(|(stream, _)| *stream == track.stream) {
            producer.sample(&sample, Some(&bytes))?;
        }
    }
    for (_, producer) in producers {
        producer.finish()?;
    }
    Ok(())
}
