//! Sound: converted to the device's form, laid on the axis without gap or overlap, at the wished speed, into the ring.

use super::align::Aligner;
use super::line::{Live, Place, Sink, Speed};
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
    live: Live,
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
    pub fn new(live: Live, wished: Speed, writer: Writer) -> Self {
        let format = writer.format();
        let resampler = Resampler::new(format.rate, ChannelLayout::of(format.channels));
        let aligner = Aligner::new(format.rate, PresentationTime::ZERO);
        Self {
            live,
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
        let (live, epoch) = (self.live.clone(), self.epoch);
        let wanted = move || live.is(epoch);
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
            let (live, epoch) = (self.live.clone(), self.epoch);
            self.writer.write(&rest, &move || live.is(epoch));
        }
    }
}

impl Sink<AudioFrame> for AudioSink {
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

    fn put(&mut self, frame: AudioFrame, place: Place) -> bool {
        self.follow_speed();
        let before = self.scratch.len();
        if self.resampler.convert(&frame, &mut self.scratch).is_err() || self.scratch.len() == before {
            return true; // becomes silence when the next frame is laid
        }
        let pts = frame.pts().unwrap_or(self.aligner.next());
        self.place(pts, place.until)
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
