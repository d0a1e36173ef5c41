//! One job on threads:
//!
//! ```text
//! reader ══frames(4)══► video: scale ─ encode ─ produce     (one thread a rendition)   ═╗
//!        ══packets(64)► audio: decode ─ resample ─ encode ─ … (one thread a source track) ╬═events(64)═► caller
//!        ════════════════════════════════════════════════════════════════════════════════╝
//! ```
//! Every channel is bounded and blocks when it is full, so the slowest rendition sets the pace. The channels form no
//! cycle, so they cannot deadlock. The first failure stops all threads; so does an interruption, after which finished
//! chunks are kept.

use super::Work;
use super::job::Job;
use super::reader::{self, Fan, SoundInput};
use super::runner::named;
use crate::error::PackagerError;
use crate::produce::{AudioProducer, FrameSink, PipelineEvent, RunContext, TilesProducer, VideoProducer};
use crossbeam_channel::{Receiver, Sender, bounded};
use shared_av::{MediaSource, VideoFrame};
use std::sync::atomic::Ordering;
use std::thread;

/// Pictures queued between the reader and a rendition: enough to even out its speed, and few because of memory (3 MB
/// each in 1080p).
const FRAMES_IN_FLIGHT: usize = 4;
/// Packets of sound queued between the reader and a track.
const PACKETS_IN_FLIGHT: usize = 64;

/// Does a job; the calling thread reads the master.
pub(super) fn do_job(work: &Work<'_>, job: &Job, events: &Sender<PipelineEvent>) -> Result<(), PackagerError> {
    let source = work.input.open()?;
    let part = work.part(job);
    thread::scope(|scope| {
        let mut fan = Fan::new(work.run);
        let spawned = spawn(scope, work, job, part.first, &source, &mut fan, events);
        if spawned.is_err() {
            // The threads that did start end when the fan's channels close.
            work.run.stop.store(true, Ordering::Relaxed);
            return spawned;
        }
        reader::work(work, source, &part, fan, events)
    })
}

/// Starts one thread a rendition of the pictures and one a source track of the sound.
fn spawn<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    work: &'scope Work<'_>,
    job: &Job,
    first: u64,
    source: &MediaSource,
    fan: &mut Fan<'scope>,
    events: &Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    let run = work.run;
    for (id, video) in run.pictures().filter(|(id, _)| job.makes(id)) {
        let (sender, frames) = bounded(FRAMES_IN_FLIGHT);
        fan.frames.push(sender);
        let own = events.clone();
        // A producer belongs to the thread that made it.
        named(scope, work, id, events.clone(), move || {
            make_of_frames(run, VideoProducer::new(run, id, video, own), first, &frames)
        })?;
    }
    for (id, sheets) in run.tile_sheets().filter(|(id, _)| job.makes(id)) {
        let (sender, frames) = bounded(FRAMES_IN_FLIGHT);
        fan.frames.push(sender);
        let own = events.clone();
        named(scope, work, id, events.clone(), move || {
            make_of_frames(run, TilesProducer::new(run, id, sheets, own), first, &frames)
        })?;
    }
    for stream in work.sound_streams(job) {
        let (sender, packets) = bounded(PACKETS_IN_FLIGHT);
        fan.sounds.push((stream, sender));
        let producer = AudioProducer::new(run, source, stream, &job.renditions, events)?;
        named(scope, work, &format!("sound-{stream}"), events.clone(), move || make_audio(run, producer, &packets))?;
    }
    Ok(())
}

/// Makes what comes of all frames that come, the first of which is frame `first` of the film.
fn make_of_frames(
    run: &RunContext<'_>,
    mut producer: impl FrameSink,
    first: u64,
    frames: &Receiver<VideoFrame>,
) -> Result<(), PackagerError> {
    for (index, frame) in (first..).zip(frames) {
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
            SoundInput::End(end, edges) => return producer.finish(end, &edges),
        }
    }
    Ok(())
}
