//! One sound track as an unbroken run of samples from presentation time 0: late starts and gaps become silence,
//! overlaps are cut.

use shared::time::{PresentationTime, Timescale};
use shared_av::{AudioFrame, AvError, AvStage, ChannelLayout, Resampler};

/// Deviations of times up to this are ignored: a resampler holds some samples back. Times that jitter are made steady
/// before.
const TOLERANCE_SECONDS: f64 = 0.02;
/// A longer gap than this is an error in the times. Shorter ones are judged by [`crate::survey::look`].
const MAX_GAP_SECONDS: f64 = 86_400.0;

/// Frames of one track to interleaved samples at the rendition's rate and layout.
pub struct SoundTrack {
    zero: PresentationTime,
    rate: Timescale,
    channels: usize,
    resampler: Resampler,
    /// Samples a channel given out so far.
    written: i64,
    /// Samples a channel that are still to be left out, because their time has been filled already.
    overlap: usize,
    begun: bool,
    /// No more samples than these are wanted.
    limit: i64,
    silences: Silences,
}

/// Samples a channel of silence that were put in where the film has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Silences {
    /// Before the first sound.
    pub before: i64,
    /// In holes.
    pub between: i64,
    /// Behind the last.
    pub behind: i64,
}

impl SoundTrack {
    /// A track that begins at `zero` of the source and is wanted until `end`.
    pub fn new(
        zero: PresentationTime,
        end: Option<PresentationTime>,
        sample_rate: Timescale,
        layout: ChannelLayout,
    ) -> Self {
        let limit = end.map(|end| sample_rate.ticks_at(end.offset_by_nanos(zero.nanos().saturating_neg())));
        Self {
            limit: limit.unwrap_or(i64::MAX),
            silences: Silences::default(),
            zero,
            rate: sample_rate,
            channels: usize::from(layout.channels()),
            resampler: Resampler::new(sample_rate.get(), layout),
            written: 0,
            overlap: 0,
            begun: false,
        }
    }

    /// The track as the source has it, whose channels may be no speakers.
    #[must_use]
    pub fn of(self, source: ChannelLayout) -> Self {
        Self { resampler: self.resampler.of(source), ..self }
    }

    /// Gives the samples that `frame` adds, and the silence before it, to `out`.
    ///
    /// # Errors
    /// When it cannot be resampled, or the clock of the track jumps by more than a day; those of `out`.
    pub fn push<E: From<AvError>>(
        &mut self,
        frame: &AudioFrame,
        out: &mut impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some(start) = frame.pts() {
            self.go_to(start, out)?;
        }
        self.begun = true;
        let mut samples = Vec::new();
        self.resampler.convert(frame, &mut samples)?;
        self.append(&samples, out)
    }

    /// Gives what is still inside, then silence up to `end` of the source.
    ///
    /// # Errors
    /// When the resampler fails; those of `out`.
    pub fn finish<E: From<AvError>>(
        &mut self,
        end: PresentationTime,
        out: &mut impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.flush(out)?;
        let missing = self.position(end).min(self.limit) - self.written;
        self.silences.behind += missing.max(0);
        self.silence(missing, end, out)
    }

    /// What was put in so far.
    pub fn silences(&self) -> Silences {
        self.silences
    }

    /// Makes the next sample the one of time `start`, unless it nearly is already.
    fn go_to<E: From<AvError>>(
        &mut self,
        start: PresentationTime,
        out: &mut impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let target = self.position(start).min(self.limit);
        let tolerance = (f64::from(self.rate.get()) * TOLERANCE_SECONDS) as i64;
        if self.begun && (target - self.written).abs() <= tolerance {
            return Ok(());
        }
        self.flush(out)?;
        let missing = target.min(self.limit) - self.written;
        self.overlap = usize::try_from(-missing).unwrap_or(0);
        let place = if self.begun { &mut self.silences.between } else { &mut self.silences.before };
        *place += missing.max(0);
        self.silence(missing, start, out)
    }

    fn flush<E: From<AvError>>(&mut self, out: &mut impl FnMut(&[f32]) -> Result<(), E>) -> Result<(), E> {
        let mut samples = Vec::new();
        self.resampler.finish(&mut samples)?;
        self.append(&samples, out)
    }

    fn append<E>(&mut self, samples: &[f32], out: &mut impl FnMut(&[f32]) -> Result<(), E>) -> Result<(), E> {
        let skipped = self.overlap.min(samples.len() / self.channels);
        self.overlap -= skipped;
        let room = usize::try_from(self.limit.saturating_sub(self.written).max(0)).unwrap_or(usize::MAX);
        let end = samples.len().min((skipped.saturating_add(room)).saturating_mul(self.channels));
        let kept = &samples[skipped * self.channels..end];
        self.written += (kept.len() / self.channels) as i64;
        out(kept)
    }

    /// A second at a time: hours of it fit into no memory.
    fn silence<E: From<AvError>>(
        &mut self,
        missing: i64,
        at: PresentationTime,
        out: &mut impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let missing = usize::try_from(missing.min(self.limit.saturating_sub(self.written))).unwrap_or(0);
        let seconds = missing as f64 / f64::from(self.rate.get());
        if seconds > MAX_GAP_SECONDS {
            let why = format!("its clock jumps forward by {seconds:.0} s");
            return Err(AvError::new(AvStage::Decode, "the sound", why).at(Some(at)).into());
        }
        let second = vec![0.0; self.rate.get() as usize * self.channels];
        let mut left = missing * self.channels;
        while left > 0 {
            let piece = left.min(second.len());
            out(&second[..piece])?;
            left -= piece;
        }
        self.written += missing as i64;
        Ok(())
    }

    /// The sample of a time of the source.
    fn position(&self, time: PresentationTime) -> i64 {
        self.rate.ticks_at(time.offset_by_nanos(self.zero.nanos().saturating_neg()))
    }
}
