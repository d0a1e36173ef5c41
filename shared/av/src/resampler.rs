//! Converts decoded sound of any format to interleaved `f32` of one rate and layout.

use crate::{AudioFrame, AvError, AvStage, ChannelLayout, library};
use ffmpeg_next::{self as ff, ffi};
use std::ptr;

/// FFmpeg's interleaved `f32`.
const F32: ff::format::Sample = ff::format::Sample::F32(ff::format::sample::Type::Packed);
/// Bound on the samples of one call against hostile files: ten minutes at 48 kHz.
const MAX_SAMPLES: usize = 28_800_000;

/// The channels of a sound field that its fold-down needs: those of the first order (AmbiX).
const FIELD_CHANNELS: u16 = 4;

/// Converts the frames of one stream, also when the stream changes its rate or layout.
pub struct Resampler {
    rate: u32,
    layout: ChannelLayout,
    /// The source says that its channels are a sound field, whatever the decoder says.
    of_field: bool,
    context: Option<(ResamplerInput, ff::software::resampling::Context)>,
}

#[derive(Clone, Copy, PartialEq)]
struct ResamplerInput {
    format: ff::format::Sample,
    layout: ff::ChannelLayout,
    rate: u32,
    /// The channels of a sound field that are kept until they are folded down; `None` for speakers, which FFmpeg mixes.
    field: Option<u16>,
}

impl Resampler {
    /// To `rate` samples a second and the speakers of `layout`; more channels are mixed down, fewer spread.
    pub fn new(rate: u32, layout: ChannelLayout) -> Self {
        library::ready();
        Self { rate, layout, of_field: false, context: None }
    }

    /// The same for a source with these channels: a sound field is folded down by its own rules.
    #[must_use]
    pub fn of(self, source: ChannelLayout) -> Self {
        Self { of_field: matches!(source, ChannelLayout::Ambisonic(_)), ..self }
    }

    /// Appends what `frame` gives to `out`: interleaved samples. Some may stay inside until the next call.
    ///
    /// # Errors
    /// [`AvStage::Convert`] when FFmpeg cannot map these channels or memory is short.
    pub fn convert(&mut self, frame: &AudioFrame, out: &mut Vec<f32>) -> Result<(), AvError> {
        let is_field = (self.of_field || frame.is_ambisonic()) && frame.channels() >= FIELD_CHANNELS;
        let input = ResamplerInput {
            format: frame.raw().format(),
            layout: if is_field { ff::ChannelLayout::default(frame.channels().into()) } else { frame.layout() },
            rate: frame.sample_rate(),
            field: (is_field && self.layout.channels() <= 2).then_some(frame.channels()),
        };
        if self.context.as_ref().is_some_and(|(known, _)| *known != input) {
            self.finish(out)?;
        }
        let (_, context) = match &mut self.context {
            Some(open) => open,
            None => self.context.insert((input, open(input, self.rate, self.layout)?)),
        };
        // SAFETY: the decoder's frame is valid for the length of the call and `extended_data` has one pointer a plane
        // of `nb_samples` samples in the format for which the context was opened.
        #[expect(unsafe_code, reason = "ffmpeg-next's `run` panics or loses samples when rates differ")]
        let (data, samples) = unsafe {
            let raw = frame.raw().as_ptr();
            ((*raw).extended_data as *mut *const u8, (*raw).nb_samples)
        };
        let mixed = mix(context, data, samples, input.field, self.layout, out);
        mixed.map_err(|e| self.failed(e).at(frame.pts()))
    }

    /// Appends the samples that are still buffered, and resets; the next frame begins a new stream.
    ///
    /// # Errors
    /// As [`Resampler::convert`].
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), AvError> {
        match self.context.take() {
            Some((input, mut context)) => {
                let mixed = mix(&mut context, ptr::null_mut(), 0, input.field, self.layout, out);
                mixed.map_err(|e| self.failed(e))
            }
            None => Ok(()),
        }
    }

    fn failed(&self, error: ff::Error) -> AvError {
        AvError::library(AvStage::Convert, format!("sound to {} Hz", self.rate), error)
    }
}

fn open(input: ResamplerInput, rate: u32, layout: ChannelLayout) -> Result<ff::software::resampling::Context, AvError> {
    let to = if input.field.is_some() { input.layout } else { layout.to_ff() };
    ff::software::resampling::Context::get(input.format, input.layout, input.rate, F32, to, rate)
        .map_err(|e| AvError::library(AvStage::Convert, format!("sound of {} Hz to {rate} Hz", input.rate), e))
}

/// Converts, and folds a sound field of so many channels down; `data` null drains.
fn mix(
    context: &mut ff::software::resampling::Context,
    data: *mut *const u8,
    samples: i32,
    field: Option<u16>,
    to: ChannelLayout,
    out: &mut Vec<f32>,
) -> Result<(), ff::Error> {
    let Some(channels) = field else { return pull(context, data, samples, to.channels(), out) };
    let mut whole = Vec::new();
    pull(context, data, samples, channels, &mut whole)?;
    for sample in whole.chunks_exact(usize::from(channels)) {
        let ears = ears(sample);
        match to {
            ChannelLayout::Mono => out.push((ears[0] + ears[1]) / 2.0),
            _ => out.extend(ears),
        }
    }
    Ok(())
}

/// A sample of a sound field (AmbiX: ACN order, SN3D) as two cardioid microphones hear it, of which one looks to the
/// left and one to the right: half of what comes from everywhere, plus or minus half of the difference between left and
/// right. A sound from any direction is no louder in an ear than it is. Two channels behind a full order are no part of
/// the field: they stay at the ears (RFC 8486 3.1).
fn ears(sample: &[f32]) -> [f32; 2] {
    let (everywhere, sides) = (sample[0], sample[1]);
    let field = [(everywhere + sides) / 2.0, (everywhere - sides) / 2.0];
    let order = sample.len().isqrt();
    match sample.get(order * order..) {
        Some([left, right]) => [field[0] + left, field[1] + right],
        _ => field,
    }
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

#[cfg(test)]
mod tests {
    use super::ears;

    #[test]
    fn a_sound_field_is_heard_from_both_sides() {
        assert_eq!(ears(&[1.0, 0.0, 0.0, 1.0]), [0.5, 0.5], "from the front");
        assert_eq!(ears(&[1.0, 1.0, 0.0, 0.0]), [1.0, 0.0], "from the left");
        assert_eq!(ears(&[1.0, -1.0, 0.0, 0.0]), [0.0, 1.0], "from the right");
        assert_eq!(ears(&[1.0, 0.0, 0.0, 0.0, 0.25, 0.5]), [0.75, 1.0], "with a commentator in the head");
        assert_eq!(ears(&[1.0, 0.0, 0.0, 0.0, 9.0, 9.0, 9.0, 9.0, 9.0]), [0.5, 0.5], "of the second order");
    }
}
