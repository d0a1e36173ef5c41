//! The sound beside the film: coded when the film's end is known, which it is filled up or cut to.

use super::OnEvent;
use crate::beside::SoundBeside;
use crate::decode::Edges;
use crate::error::{Exit, PackagerError};
use crate::produce::{AudioProducer, PipelineEvent, RunContext};
use crossbeam_channel::{Sender, bounded};
use shared::time::PresentationTime;
use std::thread;

/// Events queued for the caller, which handles them fast.
const EVENTS_IN_FLIGHT: usize = 64;
/// Seconds behind the end of the film from which on it is noted that they are cut off.
const CUT_WORTH_SAYING: f64 = 0.05;

/// Makes the tracks of `sounds` that are not done yet, of a film from `zero` of its master to `end`.
///
/// # Errors
/// The first failure of a track or of `on_event`; 75 when the run was stopped.
pub fn sounds(
    run: &RunContext<'_>,
    sounds: &[SoundBeside],
    (zero, end): (PresentationTime, PresentationTime),
    on_event: &mut OnEvent<'_>,
) -> Result<(), PackagerError> {
    for sound in sounds {
        let (events, incoming) = bounded(EVENTS_IN_FLIGHT);
        let done = thread::scope(|scope| {
            let track = scope.spawn(move || track(run, sound, (zero, end), &events));
            let mut told = Ok(());
            // Ends when the thread has dropped its sender; going on after a failure lets it end.
            for event in incoming {
                told = told.and_then(|()| on_event(event));
            }
            track
                .join()
                .unwrap_or_else(|_| Err(PackagerError::new(Exit::Codec, "the thread of a sound ended early")))
                .and(told)
        });
        done?;
    }
    Ok(())
}

fn track(
    run: &RunContext<'_>,
    sound: &SoundBeside,
    (zero, end): (PresentationTime, PresentationTime),
    events: &Sender<PipelineEvent>,
) -> Result<(), PackagerError> {
    let number = sound.track.stream;
    let mut own = run.plan.audio_encodings().filter(|(_, encoding)| encoding.track.stream == number);
    if own.all(|(id, _)| run.is_done(id, 0)) {
        return Ok(());
    }
    let mut source = sound.source()?;
    let mut producer = AudioProducer::beside(run, (sound, &source), (zero, end), events)?;
    let mut last = end;
    while let Some(packet) = source.read()? {
        if run.is_stopped() {
            return Err(PackagerError::new(Exit::Interrupted, "interrupted; --resume continues"));
        }
        if packet.stream() == sound.stream() {
            let ends = packet.pts.map(|pts| (pts + packet.duration).offset_by_nanos(sound.shift(zero)));
            last = last.max(ends.unwrap_or(last));
            producer.packet(packet)?;
        }
    }
    let cut = last.offset_secs(end);
    if cut >= CUT_WORTH_SAYING {
        let name = sound.name();
        let _ = events
            .send(PipelineEvent::Note(format!("{name}: {cut:.3} s of sound behind the end of the film left out")));
    }
    producer.finish(end, &Edges::default())
}
