//! Converts decoded sound of any format to interleaved `f32` of one rate and layout.

use crate::{AudioFrame, AvError, AvStage, ChannelLayout, library};
use ffmpeg_next::{self as ff, ffi};
use std::ptr;

/// FFmpeg's interleaved `f32`.
const F32: ff::format::Sample = ff::format::Sample::F32(ff::format::sample::Type::Packed);
/// Bound on the samples of one call against hostile files: ten minutes at 48 kHz.
const MAX_SAMPLES: usize = 28_800_000;

/// Converts the frames of one stream, also when the stream changes its rate or layout.
pub struct Resampler {
    rate: u32,
    layout: ChannelLayout,
    context: Option<(ResamplerInput, ff::software::resampling::Context)>,
}

#[derive(Clone, Copy, PartialEq)]
struct ResamplerInput {
    format: ff::format::Sample,
    layout: ff::ChannelLayout,
    rate: u32,
}

impl Resampler {
    /// To `rate` samples a second and the speakers of `layout`; more channels are mixed down, fewer spread.
    pub fn new(rate: u32, layout: ChannelLayout) -> Self {
        library::ready();
        Self { rate, layout, context: None }
    }

    /// Appends what `frame` gives to `out`: interleaved samples. Some may stay inside until the next call.
    ///
    /// # Errors
    /// [`AvStage::Convert`] when FFmpeg cannot map these channels or memory is short.
    pub fn convert(&mut self, frame: &AudioFrame, out: &mut Vec<f32>) -> Result<(), AvError> {
        let input = ResamplerInput { format: frame.raw().format(), layout: frame.layout(), rate: frame.sample_rate() };
        if self.context.as_ref().is_some_and(|(known, _)| *known != input) {
            self.finish(out)?;
        }
        let context = match &mut self.context {
            Some((_, context)) => context,
            None => &mut self.context.insert((input, open(input, self.rate, self.layout)?)).1,
        };
        // SAFETY: the decoder's frame is valid for the length of the call and `extended_data` has one pointer a plane
        // of `nb_samples` samples in the format for which the context was opened.
        #[expect(unsafe_code, reason = "ffmpeg-next's `run` panics or loses samples when rates differ")]
        let (data, samples) = unsafe {
            let raw = frame.raw().as_ptr();
            ((*raw).extended_data as *mut *const u8, (*raw).nb_samples)
        };
        pull(context, data, samples, self.layout.channels(), out).map_err(|e| self.failed(e).at(frame.pts()))
    }

    /// Appends the samples that are still buffered, and resets; the next frame begins a new stream.
    ///
    /// # Errors
    /// As [`Resampler::convert`].
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), AvError> {
        match self.context.take() {
            Some((_, mut context)) => {
                pull(&mut context, ptr::null_mut(), 0, self.layout.channels(), out).map_err(|e| self.failed(e))
            }
            None => Ok(()),
        }
    }

    fn failed(&self, error: ff::Error) -> AvError {
        AvError::library(AvStage::Convert, format!("sound to {} Hz", self.rate), error)
    }
}

fn open(input: ResamplerInput, rate: u32, layout: ChannelLayout) -> Result<ff::software::resampling::Context, AvError> {
    ff::software::resampling::Context::get(input.format, input.layout, input.rate, F32, layout.to_ff(), rate)
        .map_err(|e| AvError::library(AvStage::Convert, format!("sound of {} Hz to {rate} Hz", input.rate), e))
}

/// One call of swr_convert; `data` null drains.
fn pull(
    context: &mut ff::software::resampling::Context,
    data: *mut *const u8,
    samples: i32,
    channels: u16,
    out: &mut Vec<f32>,
) -> Result<(), ff::Error> {
    let channels = usize::from(channels);
    let start = out.len();
    // SAFETY: the context is open. `room` is libswresample's own upper bound for this call, checked; `out` is grown to
    // hold it before its address is taken, and interleaved output needs just that one pointer.
    #[expect(unsafe_code, reason = "libswresample writes into our buffer")]
    let written = unsafe {
        let swr = context.as_mut_ptr();
        let room = ffi::swr_get_out_samples(swr, samples);
        let room_samples =
            usize::try_from(room).ok().filter(|room| *room <= MAX_SAMPLES).ok_or(ff::Error::InvalidData)?;
        out.resize(start + room_samples * channels, 0.0);
        let mut target = out.as_mut_ptr().add(start).cast::<u8>();
        ffi::swr_convert(swr, &raw mut target, room, data, samples)
    };
    let kept = usize::try_from(written).map_err(|_| ff::Error::from(written));
    out.truncate(start + kept.as_ref().map_or(0, |samples| samples * channels));
    kept.map(|_| ())
}
