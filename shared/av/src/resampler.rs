//! Converts decoded sound of any format to interleaved `f32` of one rate and layout.

use crate::{AudioFrame, AvError, AvStage, ChannelLayout, library, sound};
use ffmpeg_next::{self as ff, ffi};
use std::ptr::{self, NonNull};

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
    context: Option<(ResamplerInput, Swr)>,
}

#[derive(Clone, Copy, PartialEq)]
struct ResamplerInput {
    format: ff::format::Sample,
    /// The places of its channels as bits.
    places: u64,
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
            places: if is_field { sound::usual_places(frame.channels()) } else { frame.places() },
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

fn open(input: ResamplerInput, rate: u32, layout: ChannelLayout) -> Result<Swr, AvError> {
    let to = if input.field.is_some() { input.places } else { layout.to_ff().bits() };
    Swr::new(input, to, rate)
        .map_err(|e| AvError::library(AvStage::Convert, format!("sound of {} Hz to {rate} Hz", input.rate), e))
}

/// A context of libswresample. ffmpeg-next's has no layouts but those with a name.
struct Swr(NonNull<ffi::SwrContext>);

// SAFETY: libswresample keeps no state outside of a context, and this is the only pointer to it.
#[expect(unsafe_code, reason = "a pointer of C")]
unsafe impl Send for Swr {}

impl Swr {
    /// To interleaved `f32` of these places and rate.
    fn new(input: ResamplerInput, places: u64, rate: u32) -> Result<Self, ff::Error> {
        let hertz = |rate: u32| i32::try_from(rate).map_err(|_| ff::Error::InvalidData);
        let (from_hertz, to_hertz) = (hertz(input.rate)?, hertz(rate)?);
        // SAFETY: layouts made of a mask own no memory, and their addresses are of this frame; libswresample copies
        // them. A context that is not null is owned by `swr` from there on, which frees it when it cannot be opened.
        #[expect(unsafe_code, reason = "layouts by their masks have no other way in")]
        unsafe {
            let mut layouts: [ffi::AVChannelLayout; 2] = std::mem::zeroed();
            for (layout, mask) in layouts.iter_mut().zip([places, input.places]) {
                done(ffi::av_channel_layout_from_mask(layout, mask))?;
            }
            let [to, from] = &mut layouts;
            let mut raw = ptr::null_mut();
            done(ffi::swr_alloc_set_opts2(
                &raw mut raw,
                to,
                F32.into(),
                to_hertz,
                from,
                input.format.into(),
                from_hertz,
                0,
                ptr::null_mut(),
            ))?;
            let swr = Self(NonNull::new(raw).ok_or(ff::Error::Unknown)?);
            done(ffi::swr_init(raw))?;
            Ok(swr)
        }
    }
}

impl Drop for Swr {
    fn drop(&mut self) {
        let mut raw = self.0.as_ptr();
        // SAFETY: the context is ours, and nobody uses it any more.
        #[expect(unsafe_code, reason = "libswresample's own memory")]
        unsafe {
            ffi::swr_free(&raw mut raw);
        }
    }
}

fn done(code: i32) -> Result<(), ff::Error> {
    if code < 0 { Err(ff::Error::from(code)) } else { Ok(()) }
}

/// Converts, and folds a sound field of so many channels down; `data` null drains.
fn mix(
    context: &mut Swr,
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
    context: &mut Swr,
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
        let swr = context.0.as_ptr();
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
    use super::*;
    use crate::sound::usual_places;

    #[test]
    fn any_number_of_channels_has_places() {
        for channels in 1..=64 {
            assert_eq!(usual_places(channels).count_ones(), u32::from(channels));
        }
        for channels in [9, 10, 12, 16, 25, 36] {
            let format = ff::format::Sample::F32(ff::format::sample::Type::Planar);
            let field = ResamplerInput { format, places: usual_places(channels), rate: 48_000, field: Some(channels) };
            assert!(open(field, 48_000, ChannelLayout::Stereo).is_ok(), "a field of {channels}");
            assert!(open(ResamplerInput { field: None, ..field }, 44_100, ChannelLayout::Stereo).is_ok(), "{channels}");
        }
    }

    #[test]
    fn a_sound_field_is_heard_from_both_sides() {
        assert_eq!(ears(&[1.0, 0.0, 0.0, 1.0]), [0.5, 0.5], "from the front");
        assert_eq!(ears(&[1.0, 1.0, 0.0, 0.0]), [1.0, 0.0], "from the left");
        assert_eq!(ears(&[1.0, -1.0, 0.0, 0.0]), [0.0, 1.0], "from the right");
        assert_eq!(ears(&[1.0, 0.0, 0.0, 0.0, 0.25, 0.5]), [0.75, 1.0], "with a commentator in the head");
        assert_eq!(ears(&[1.0, 0.0, 0.0, 0.0, 9.0, 9.0, 9.0, 9.0, 9.0]), [0.5, 0.5], "of the second order");
    }
}
