//! Reads the master once, from front to back: pictures are decoded here and go out on the grid, packets of sound go
//! out as they are (their decoders live in other threads).

use super::{timeline::FrameGrid, upright::Upright};
use crate::failure::{Exit, Failure};
use crate::plan::Plan;
use shared::time::PresentationTime;
use shared_av::{AvError, Packet, Source, VideoDecoder, VideoFrame};
use std::ops::ControlFlow;

/// Sound may outlast the pictures by this much without the last picture being held for it: encoders pad their last
/// packet.
const SOUND_OVERHANG_SECONDS: f64 = 0.1;

/// Where pictures and packets go. `Break` stops the reading, without a complaint of its own.
pub trait Sink {
    /// The picture for the next slot of the grid.
    fn frame(&mut self, frame: VideoFrame) -> ControlFlow<()>;
    /// A packet of a sound stream that the plan uses.
    fn sound(&mut self, packet: Packet) -> ControlFlow<()>;
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Slots of the grid filled.
    pub frames: u64,
    /// Of these, repetitions.
    pub doubled: u64,
    /// Pictures for which there was no slot.
    pub dropped: u64,
    /// Packets or pictures that were damaged.
    pub damaged: u64,
}

/// Reading of one master.
pub struct Reader {
    source: Source,
    decoder: VideoDecoder,
    upright: Upright,
    grid: FrameGrid,
    stream: usize,
    sounds: Vec<usize>,
    damaged: u64,
    first_damage: Option<AvError>,
    /// Ends of what was read, in the source's time.
    video_end: Option<PresentationTime>,
    sound_end: Option<PresentationTime>,
}

impl Reader {
    /// For an open source that the plan was made for; `threads` 0 for automatic.
    ///
    /// # Errors
    /// When there is no decoder for its pictures.
    pub fn new(mut source: Source, plan: &Plan, threads: usize) -> Result<Self, Failure> {
        let stream = plan.source.stream;
        let mut sounds: Vec<usize> = plan.audio.iter().map(|job| job.track.stream).collect();
        sounds.sort_unstable();
        sounds.dedup();
        source.keep_only(&sounds.iter().copied().chain([stream]).collect::<Vec<_>>());
        Ok(Self {
            decoder: VideoDecoder::of_stream(&source, stream, threads)?,
            upright: Upright::new(&plan.source),
            grid: FrameGrid::new(plan.zero, plan.source.rate),
            source,
            stream,
            sounds,
            damaged: 0,
            first_damage: None,
            video_end: None,
            sound_end: None,
        })
    }

    /// Reads everything into `sink`. `Break` when the sink wanted no more.
    ///
    /// # Errors
    /// When reading fails or the clock of the pictures jumps. Damage is counted, not an error.
    pub fn run(&mut self, sink: &mut impl Sink) -> Result<ControlFlow<(), Counts>, Failure> {
        while let Some(packet) = self.source.read()? {
            let flow = if packet.stream() == self.stream {
                self.picture(packet, sink)?
            } else if self.sounds.contains(&packet.stream()) {
                later(&mut self.sound_end, packet.pts.map(|pts| pts + packet.duration));
                sink.sound(packet)
            } else {
                ControlFlow::Continue(())
            };
            if flow.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.decoder.finish();
        let flow = self.drain(sink)?;
        if flow.is_break() || self.end(sink)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(Counts {
            frames: self.grid.frames(),
            doubled: self.grid.doubled(),
            dropped: self.grid.dropped(),
            damaged: self.damaged + self.source.damaged(),
        }))
    }

    /// The first damage, in words.
    pub fn damage(&self) -> Option<&AvError> {
        self.first_damage.as_ref()
    }

    /// How much of the film there was, in seconds of the source: the later end of pictures and sound.
    pub fn end_time(&self) -> Option<PresentationTime> {
        self.video_end.max(self.sound_end)
    }

    /// Where the pictures ended.
    pub fn video_end(&self) -> Option<PresentationTime> {
        self.video_end
    }

    fn picture(&mut self, packet: Packet, sink: &mut impl Sink) -> Result<ControlFlow<()>, Failure> {
        later(&mut self.video_end, packet.pts.map(|pts| pts + packet.duration));
        if let Err(error) = self.decoder.send_packet(packet) {
            self.note(error);
        }
        self.drain(sink)
    }

    fn drain(&mut self, sink: &mut impl Sink) -> Result<ControlFlow<()>, Failure> {
        loop {
            match self.decoder.receive() {
                Ok(None) => return Ok(ControlFlow::Continue(())),
                Ok(Some(frame)) => {
                    self.damaged += u64::from(frame.is_damaged());
                    for frame in self.upright.push(frame)? {
                        if self.place(frame, sink)?.is_break() {
                            return Ok(ControlFlow::Break(()));
                        }
                    }
                }
                // One error each; the decoder goes on with the next packet.
                Err(error) => {
                    self.note(error);
                    return Ok(ControlFlow::Continue(()));
                }
            }
        }
    }

    fn place(&mut self, frame: VideoFrame, sink: &mut impl Sink) -> Result<ControlFlow<()>, Failure> {
        let at = frame.pts();
        match self.grid.push(frame) {
            Ok(mut frames) => Ok(frames.try_for_each(|frame| sink.frame(frame))),
            Err(gap) => Err(Failure::new(
                Exit::NotMedia,
                format!(
                    "cannot package {}: the clock of its pictures jumps forward by {gap} s at {}",
                    self.source.name(),
                    at.unwrap_or_default()
                ),
            )),
        }
    }

    /// The rest of the filter and the last picture, held for sound that is clearly longer.
    fn end(&mut self, sink: &mut impl Sink) -> Result<ControlFlow<()>, Failure> {
        for frame in self.upright.finish()? {
            if self.place(frame, sink)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let end = match (self.video_end, self.sound_end) {
            (Some(video), Some(sound)) if sound.offset_secs(video) > SOUND_OVERHANG_SECONDS => Some(sound),
            (video, _) => video,
        };
        Ok(self.grid.finish(end).try_for_each(|frame| sink.frame(frame)))
    }

    fn note(&mut self, error: AvError) {
        self.damaged += 1;
        self.first_damage.get_or_insert(error);
    }
}

fn later(end: &mut Option<PresentationTime>, time: Option<PresentationTime>) {
    *end = (*end).max(time);
}
