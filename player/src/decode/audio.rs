//! Sound: converted to the device's form, laid on the axis without gap or overlap, at the wished speed, into the ring.

use super::align::Aligner;
use super::gate::{EpochGate, Speed};
use super::sink::{FrameSink, FrameTag};
use super::stretch::Stretch;
use crate::output::audio::Writer;
use player_core::io::Epoch;
use shared::time::PresentationTime;
use shared_av::{AudioFrame, ChannelLayout, Resampler};
use std::ops::Range;
use std::time::Duration;

/// Silence is written in pieces of so many frames.
const SILENCE: u64 = 2048;

/// Puts sound into the ring.
pub struct AudioSink {
    gate: EpochGate,
    epoch: Epoch,
    writer: Writer,
    resampler: Resampler,
    aligner: Aligner,
    /// As wished, and as it is.
    wished: Speed,
    speed: f64,
    stretch: Option<Stretch>,
    scratch: Vec<f32>,
}

impl AudioSink {
    /// Into `writer`, while its epoch is in force, at the speed that is `wished` at the time.
    pub fn new(gate: EpochGate, wished: Speed, writer: Writer) -> Self {
        let format = writer.format();
        let resampler = Resampler::new(format.rate, ChannelLayout::of(format.channels));
        let aligner = Aligner::new(format.rate, PresentationTime::ZERO);
        Self {
            gate,
            epoch: Epoch::default(),
            writer,
            resampler,
            aligner,
            wished,
            speed: 1.0,
            stretch: None,
            scratch: vec![],
        }
    }

    /// Lays what is in `scratch` at `pts`.
    fn place(&mut self, pts: PresentationTime, until: Option<PresentationTime>) -> bool {
        let channels = usize::from(self.writer.format().channels);
        let mut samples = std::mem::take(&mut self.scratch);
        if let Some(until) = until {
            let wanted = self.writer.format().frames(until.since(pts)) as usize;
            samples.truncate(wanted.saturating_mul(channels));
        }
        let (silence, skip) = self.aligner.place(pts);
        let skip = (skip as usize).saturating_mul(channels).min(samples.len());
        let wanted = self.silence(silence) && self.write(&samples[skip..]);
        samples.clear();
        self.scratch = samples;
        wanted
    }

    fn silence(&mut self, frames: u64) -> bool {
        let zeros = vec![0.0; self.writer.format().samples(SILENCE.min(frames))];
        let mut left = frames;
        while left > 0 {
            let now = left.min(SILENCE);
            if !self.write(&zeros[..self.writer.format().samples(now)]) {
                return false;
            }
            left -= now;
        }
        true
    }

    fn write(&mut self, samples: &[f32]) -> bool {
        self.aligner.advance((samples.len() / usize::from(self.writer.format().channels)) as u64);
        let (gate, epoch) = (self.gate.clone(), self.epoch);
        let wanted = move || gate.lets_through(epoch);
        match &mut self.stretch {
            None => self.writer.write(samples, &wanted),
            Some(stretch) => {
                let stretched = stretch.push(samples);
                self.writer.write(&stretched, &wanted)
            }
        }
    }

    fn follow_speed(&mut self) {
        let speed = self.wished.get();
        if (speed - self.speed).abs() < 1e-6 {
            return;
        }
        self.flush_stretch();
        self.speed = speed;
        let normal = (speed - 1.0).abs() < 1e-6;
        self.stretch = (!normal).then(|| Stretch::new(self.writer.format(), speed));
        self.writer.set_speed(speed);
    }

    fn flush_stretch(&mut self) {
        if let Some(stretch) = &mut self.stretch {
            let rest = stretch.finish();
            let (gate, epoch) = (self.gate.clone(), self.epoch);
            self.writer.write(&rest, &move || gate.lets_through(epoch));
        }
    }
}

impl FrameSink<AudioFrame> for AudioSink {
    fn begin(&mut self, epoch: Epoch, from: PresentationTime) {
        self.epoch = epoch;
        self.aligner = Aligner::new(self.writer.format().rate, from);
        self.scratch.clear();
        let _ = self.resampler.finish(&mut self.scratch); // of the old epoch: not wanted
        self.scratch.clear();
        if let Some(stretch) = &mut self.stretch {
            stretch.finish();
        }
        self.writer.begin(epoch, from);
    }

    fn announce(&mut self, _pts: PresentationTime, _end: PresentationTime) {}

    fn put(&mut self, frame: AudioFrame, tag: FrameTag) -> bool {
        self.follow_speed();
        let before = self.scratch.len();
        if self.resampler.convert(&frame, &mut self.scratch).is_err() || self.scratch.len() == before {
            return true; // becomes silence when the next frame is laid
        }
        let pts = frame.pts().unwrap_or(self.aligner.next());
        self.place(pts, tag.until)
    }

    fn hole(&mut self, _epoch: Epoch, time: Range<PresentationTime>) -> bool {
        let (silence, _) = self.aligner.place(time.end);
        self.silence(silence)
    }

    fn seam(&mut self) {
        let pts = self.aligner.next();
        if self.resampler.finish(&mut self.scratch).is_ok() && !self.scratch.is_empty() {
            self.place(pts, None);
        }
    }

    fn finish(&mut self, _epoch: Epoch) {
        self.flush_stretch();
        self.writer.finish();
    }
}

/// The resampler holds a few samples back; a sample this far from its place stays where it is.
pub const TOLERANCE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::audio::{Format, Renderer, pipe};

    const EPOCH: Epoch = Epoch(1);
    /// A frame is a millisecond.
    const FORMAT: Format = Format { rate: 1000, channels: 1 };

    fn ms(millis: i64) -> PresentationTime {
        PresentationTime::from_millis(millis)
    }

    struct Subject {
        gate: EpochGate,
        speed: Speed,
        sink: AudioSink,
        renderer: Renderer,
    }

    /// In an epoch that begins at 1 s, with room for two seconds.
    fn subject() -> Subject {
        let (writer, renderer, meter) = pipe(FORMAT, Duration::from_secs(2));
        let gate = EpochGate::default();
        let speed = Speed::default();
        gate.set(EPOCH);
        meter.set_playing(true);
        let mut sink = AudioSink::new(gate.clone(), speed.clone(), writer);
        sink.begin(EPOCH, ms(1000));
        Subject { gate, speed, sink, renderer }
    }

    impl Subject {
        /// Lays `frames` samples of one value at `pts`.
        fn lay(&mut self, pts: i64, frames: usize, until: Option<i64>) -> bool {
            self.sink.scratch = vec![0.5; frames];
            self.sink.place(ms(pts), until.map(ms))
        }

        /// How many frames of silence and of sound follow each other in the ring.
        #[expect(clippy::disallowed_methods, reason = "any instant: nobody asks when it is heard")]
        fn heard(&mut self) -> Vec<(bool, usize)> {
            let mut out = vec![0.0; 4000];
            let now = std::time::Instant::now();
            let frames = self.renderer.fill(&mut out, now, now) as usize;
            let runs = out[..frames].chunk_by(|a, b| (*a == 0.0) == (*b == 0.0));
            runs.map(|run| (run[0] != 0.0, run.len())).collect()
        }
    }

    #[test]
    fn gaps_become_silence_and_overlaps_are_left_out() {
        let mut subject = subject();
        assert!(subject.lay(1000, 100, None) && subject.lay(1150, 100, None) && subject.lay(1200, 100, None));
        assert_eq!(subject.heard(), [(true, 100), (false, 50), (true, 150)]);
    }

    #[test]
    fn sound_ends_with_its_period() {
        let mut subject = subject();
        subject.lay(1000, 100, Some(1030));
        subject.lay(1030, 10, None);
        assert_eq!(subject.heard(), [(true, 40)]);
    }

    #[test]
    fn a_hole_is_silence_up_to_its_end() {
        let mut subject = subject();
        subject.lay(1000, 10, None);
        assert!(subject.sink.hole(EPOCH, ms(1010)..ms(1500)));
        subject.lay(1500, 10, None);
        assert_eq!(subject.heard(), [(true, 10), (false, 490), (true, 10)]);
    }

    #[test]
    fn nothing_of_an_old_epoch_is_written() {
        let mut subject = subject();
        subject.gate.set(Epoch(2));
        assert!(!subject.lay(1000, 100, None));
        assert_eq!(subject.heard(), []);
    }

    #[test]
    fn another_speed_changes_the_length_of_what_is_laid_afterwards() {
        let mut subject = subject();
        subject.speed.set(2.0);
        subject.sink.follow_speed();
        subject.lay(1000, 1000, None);
        subject.sink.finish(EPOCH);
        let frames: usize = subject.heard().into_iter().map(|(_, frames)| frames).sum();
        assert!(frames.abs_diff(500) <= 30, "{frames} ms of sound for 1000 ms at double speed");
    }

    #[test]
    fn a_new_epoch_begins_where_it_says() {
        let mut subject = subject();
        subject.lay(1000, 100, None);
        subject.gate.set(Epoch(2));
        subject.sink.begin(Epoch(2), ms(9000));
        subject.lay(9000, 20, None);
        assert_eq!(subject.heard(), [(true, 20)], "what was laid before is thrown away, and there is no gap");
    }
}
