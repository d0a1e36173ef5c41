//! The threads of a run, and what flows between them.
//!
//! ```text
//! reader ══frames(4)══► video: scale ─ encode ─ produce    (one thread a rendition)   ═╗
//!        ══packets(64)► audio: decode ─ resample ─ encode ─ … (one thread a source track) ╬═events(64)═► caller
//!        ══════════════════════════════════════════════════════════════════════════════════╝
//! ```
//! Every channel is bounded and blocks when it is full, so the slowest rendition sets the pace. The channels form no
//! cycle, so they cannot deadlock. The first failure stops all threads; so does an interruption, after which finished
//! chunks are kept.

mod reader;

pub use crate::produce::{Pass, PipelineEvent, RunContext};

use crate::error::{Exit, PackagerError};
use crate::produce::{AudioProducer, VideoProducer};
use crossbeam_channel::{Receiver, Sender, bounded};
use reader::SoundInput;
use shared_av::{MediaSource, VideoFrame};
use std::sync::atomic::Ordering;
use std::thread;

/// Pictures queued between the reader and a rendition: enough to even out its speed, and few because of memory (3 MB
/// each in 1080p).
const FRAMES_IN_FLIGHT: usize = 4;
/// Packets of sound queued between the reader and a track.
const PACKETS_IN_FLIGHT: usize = 64;
/// Events queued for the caller, which handles them fast.
const EVENTS_IN_FLIGHT: usize = 64;

/// Does everything in the plan that is not done yet; `on_event` is called for every event, on the calling thread.
///
/// # Errors
/// The first failure of any thread or of `on_event`; [`Exit::Interrupted`] when `stop` was set from outside.
pub fn run(
    run: &RunContext<'_>,
    source: MediaSource,
    mut on_event: impl FnMut(&PipelineEvent) -> Result<(), PackagerError>,
) -> Result<(), PackagerError> {
    let (events, incoming) = bounded(EVENTS_IN_FLIGHT);
    let mut failure = None;
    thread::scope(|scope| {
        let spawned = spawn(scope, run, source, events);
        if let Err(failed) = spawned {
            run.stop.store(true, Ordering::Relaxed);
            failure = Some(failed);
        }
        // Ends when the last thread has dropped its sender; going on after a failure lets all of them end.
        for event in incoming {
            let result = match event {
                PipelineEvent::Failed(failed) => Err(failed),
                event => on_event(&event),
            };
            if let Err(failed) = result {
                failure.get_or_insert(failed);
                run.stop.store(true, Ordering::Relaxed);
            }
        }
    });
    match failure {
        Some(failed) => Err(failed),
        None if run.is_stopped() => Err(PackagerError::new(Exit::Interrupted, "interrupted; --resume continues")),
        None => Ok(()),
    }
}

/// Starts one thread a rendition of the pictures, one a source track of the sound, and the reader.
fn spawn<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    run: &'scope RunContext<'_>,
    source: MediaSource,
    events: Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    let mut fan = reader::Fan::new(run);
    for (id, job) in run.pictures() {
        let (sender, frames) = bounded(FRAMES_IN_FLIGHT);
        fan.frames.push(sender);
        let own = events.clone();
        // A producer belongs to the thread that made it.
        named(scope, run, id, events.clone(), move || make_video(run, VideoProducer::new(run, id, job, own), &frames))?;
    }
    let sounds = run.plan.audio_jobs().filter(|_| run.pass == Pass::Last);
    let mut streams: Vec<usize> = sounds.map(|(_, job)| job.track.stream).collect();
    streams.dedup();
    for stream in streams {
        let (sender, packets) = bounded(PACKETS_IN_FLIGHT);
        fan.sounds.push((stream, sender));
        let producer = AudioProducer::new(run, &source, stream, &events)?;
        named(scope, run, &format!("sound-{stream}"), events.clone(), move || make_audio(run, producer, &packets))?;
    }
    let reader = events.clone();
    named(scope, run, "reader", events, move || reader::work(run, source, fan, &reader))
}

/// A thread whose failure becomes an event.
fn named<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    run: &'scope RunContext<'_>,
    name: &str,
    events: Sender<PipelineEvent>,
    work: impl FnOnce() -> Result<(), PackagerError> + Send + 'scope,
) -> Result<(), PackagerError> {
    let body = move || {
        if let Err(failure) = work() {
            run.stop.store(true, Ordering::Relaxed);
            // The receiver outlives all threads.
            let _ = events.send(PipelineEvent::Failed(failure));
        }
    };
    let refused = |e| PackagerError::new(Exit::Codec, format!("cannot start a thread: {e}"));
    thread::Builder::new().name(name.chars().take(15).collect()).spawn_scoped(scope, body).map(drop).map_err(refused)
}

/// Makes what comes of all frames of the film.
fn make_video(
    run: &RunContext<'_>,
    mut producer: VideoProducer<'_>,
    frames: &Receiver<VideoFrame>,
) -> Result<(), PackagerError> {
    for (index, frame) in (0..).zip(frames) {
        if run.is_stopped() {
            return Ok(());
        }
        producer.frame(index, &frame)?;
    }
    if run.is_stopped() { Ok(()) } else { producer.finish() }
}

fn make_audio(
    run: &RunContext<'_>,
    mut producer: AudioProducer<'_>,
    packets: &Receiver<SoundInput>,
) -> Result<(), PackagerError> {
    for input in packets {
        if run.is_stopped() {
            return Ok(());
        }
        match input {
            SoundInput::Packet(packet) => producer.packet(packet)?,
            SoundInput::End(end) => return producer.finish(end),
        }
    }
    Ok(())
}
