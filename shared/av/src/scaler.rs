//! Scales pictures and converts their pixel format, matrix and range.

use crate::pixel_format::is_full_range_format;
use crate::{AvError, AvStage, ColourDescription, PixelFormat, Rational, VideoFrame, VideoFrameMut, frame, library};
use ffmpeg_next::{self as ff, ffi};
use std::{ffi::CStr, ptr};

/// Scales the frames of one stream to one size, also when the stream changes its size, format or colour.
///
/// Belongs to the thread that made it: swscale's context is not thread-safe, and the type is not `Send`.
pub struct Scaler {
    width: u32,
    height: u32,
    format: PixelFormat,
    colour: ColourDescription,
    keeps_aspect: bool,
    kernel: Kernel,
    context: Option<(ScalerInput, Sws)>,
}

#[derive(Clone, Copy)]
enum Kernel {
    Bicubic,
    Bilinear,
}

#[derive(Clone, Copy, PartialEq)]
struct ScalerInput {
    width: u32,
    height: u32,
    format: i32,
    colour: ColourDescription,
}

impl Scaler {
    /// To `width` x `height` square samples of `format`; what comes out means `colour`. Matrix and range are
    /// converted; primaries and transfer are not (that takes a tone mapping [`Filter`](crate::Filter)).
    pub fn new(width: u32, height: u32, format: PixelFormat, colour: ColourDescription) -> Self {
        library::ready();
        Self { width, height, format, colour, keeps_aspect: false, kernel: Kernel::Bicubic, context: None }
    }

    /// Bilinear instead of bicubic, which is less sharp and takes two thirds of the time: for previews.
    #[must_use]
    pub fn quick(self) -> Self {
        Self { kernel: Kernel::Bilinear, ..self }
    }

    /// Keeps the sample aspect ratio of the input, for a change of the pixel format alone.
    #[must_use]
    pub fn keeping_aspect(self) -> Self {
        Self { keeps_aspect: true, ..self }
    }

    /// The frame in the new form; the very same frame when nothing would change.
    ///
    /// # Errors
    /// [`AvStage::Convert`] when FFmpeg cannot convert this format or memory is short.
    pub fn scale(&mut self, frame: &VideoFrame) -> Result<VideoFrame, AvError> {
        let input = ScalerInput {
            width: frame.width(),
            height: frame.height(),
            format: frame::raw_format(frame.raw()),
            colour: frame.colour().or_guess(frame.height()),
        };
        if self.is_identity(frame, &input) {
            return Ok(frame.clone());
        }
        if self.context.as_ref().is_none_or(|(known, _)| *known != input) {
            let context = Sws::open(&input, self).map_err(|e| self.failed(frame, e))?;
            self.context = Some((input, context));
        }
        let mut canvas = VideoFrameMut::new(self.format, self.width, self.height)?;
        if let Some((_, context)) = &mut self.context {
            context.run(frame, &mut canvas).map_err(|e| self.failed(frame, e))?;
        }
        let aspect = if self.keeps_aspect { frame.sample_aspect() } else { Rational::ONE };
        Ok(canvas.finish(frame.pts(), self.colour, aspect))
    }

    fn is_identity(&self, frame: &VideoFrame, input: &ScalerInput) -> bool {
        (input.width, input.height) == (self.width, self.height)
            && frame.format() == self.format
            && !is_full_range_format(input.format)
            && (input.colour.matrix, input.colour.full_range) == (self.colour.matrix, self.colour.full_range)
    }

    fn failed(&self, frame: &VideoFrame, error: ff::Error) -> AvError {
        let what = format!("a picture of {}x{} to {}x{}", frame.width(), frame.height(), self.width, self.height);
        AvError::library(AvStage::Convert, what, error).at(frame.pts())
    }
}

/// An open swscale context. Not `Send`: it holds a raw pointer.
struct Sws(*mut ffi::SwsContext);

impl Sws {
    /// ffmpeg-next opens a context before its ranges can be set, and then a conversion of range at the same size is
    /// silently a copy; so it is opened here.
    fn open(input: &ScalerInput, to: &Scaler) -> Result<Self, ff::Error> {
        // SAFETY: the context is checked for null and owned by `Self` from then on, so every way out frees it. The
        // option names are C strings that swscale knows; the coefficient tables are its static data, which it copies.
        #[expect(unsafe_code, reason = "ffmpeg-next has no binding for ranges and matrices")]
        unsafe {
            let context = Self(ffi::sws_alloc_context());
            if context.0.is_null() {
                return Err(ff::Error::Bug);
            }
            for (name, value) in options(input, to) {
                match ffi::av_opt_set_int(context.0.cast(), name.as_ptr(), value, 0) {
                    0 => {}
                    e => return Err(ff::Error::from(e)),
                }
            }
            match ffi::sws_init_context(context.0, ptr::null_mut(), ptr::null_mut()) {
                e if e < 0 => return Err(ff::Error::from(e)),
                _ => {}
            }
            ffi::sws_setColorspaceDetails(
                context.0,
                ffi::sws_getCoefficients(input.colour.sws_table()),
                i32::from(input.colour.full_range),
                ffi::sws_getCoefficients(to.colour.sws_table()),
                i32::from(to.colour.full_range),
                0,
                1 << 16,
                1 << 16,
            );
            Ok(context)
        }
    }

    fn run(&mut self, from: &VideoFrame, to: &mut VideoFrameMut) -> Result<(), ff::Error> {
        // SAFETY: the caller opened the context for the size and format of `from`, whose planes are valid for its
        // length, and `to` was allocated with the size and format of the output and is borrowed exclusively.
        #[expect(unsafe_code, reason = "libswscale reads and writes planes")]
        let rows = unsafe {
            let (source, target) = (from.raw().as_ptr(), to.raw_mut().as_mut_ptr());
            ffi::sws_scale(
                self.0,
                (*source).data.as_ptr().cast(),
                (*source).linesize.as_ptr(),
                0,
                (*source).height,
                (*target).data.as_ptr(),
                (*target).linesize.as_ptr(),
            )
        };
        if rows < 0 { Err(ff::Error::from(rows)) } else { Ok(()) }
    }
}

impl Drop for Sws {
    fn drop(&mut self) {
        // SAFETY: the pointer came from sws_alloc_context and is freed once; null is allowed.
        #[expect(unsafe_code, reason = "libswscale's own destructor")]
        unsafe {
            ffi::sws_freeContext(self.0);
        }
    }
}

/// Every size is scaled from the source itself. Scaling it from the next larger rendition would save 2 % of the time of
/// a package, and cost sharpness and latency.
fn options(input: &ScalerInput, to: &Scaler) -> [(&'static CStr, i64); 9] {
    use ff::software::scaling::Flags;
    let kernel = match to.kernel {
        Kernel::Bicubic => Flags::BICUBIC,
        Kernel::Bilinear => Flags::BILINEAR,
    };
    [
        (c"srcw", input.width.into()),
        (c"srch", input.height.into()),
        (c"src_format", input.format.into()),
        (c"src_range", input.colour.full_range.into()),
        (c"dstw", to.width.into()),
        (c"dsth", to.height.into()),
        (c"dst_format", to.format.number().into()),
        (c"dst_range", to.colour.full_range.into()),
        (c"sws_flags", kernel.bits().into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(luma: u8, u: u8, v: u8, colour: ColourDescription) -> VideoFrame {
        let mut canvas = VideoFrameMut::new(PixelFormat::Yuv420p, 64, 48).unwrap();
        for (index, value) in [luma, u, v].into_iter().enumerate() {
            canvas.plane_mut(index).unwrap().data.fill(value);
        }
        canvas.finish(None, colour, Rational::ONE)
    }

    fn centre(frame: &VideoFrame, plane: usize) -> u8 {
        let plane = frame.plane(plane).unwrap();
        plane.data[plane.height / 2 * plane.stride + plane.width / 2]
    }

    #[test]
    fn a_window_s_bytes_are_blue_green_red_and_alpha() {
        let red = flat(63, 102, 240, ColourDescription::BT709);
        for mut scaler in [
            Scaler::new(32, 24, PixelFormat::Bgra, ColourDescription::SRGB),
            Scaler::new(64, 48, PixelFormat::Bgra, ColourDescription::SRGB).quick(),
        ] {
            let frame = scaler.scale(&red).unwrap();
            let [b, g, r, a] = frame.plane(0).unwrap().data[..4].try_into().unwrap();
            assert!(b <= 3 && g <= 3 && r >= 252 && a == 255, "{b} {g} {r} {a}");
        }
    }

    #[test]
    fn nothing_to_do_shares_the_picture() {
        let frame = flat(100, 90, 160, ColourDescription::BT709);
        let same = Scaler::new(64, 48, PixelFormat::Yuv420p, ColourDescription::BT709).scale(&frame).unwrap();
        assert_eq!(same.plane(0).unwrap().data.as_ptr(), frame.plane(0).unwrap().data.as_ptr());
    }

    #[test]
    fn grey_keeps_its_value_through_a_change_of_size() {
        let small = Scaler::new(32, 24, PixelFormat::Yuv420p, ColourDescription::BT709).scale(&flat(
            100,
            128,
            128,
            ColourDescription::BT709,
        ));
        let small = small.unwrap();
        assert_eq!((small.width(), small.height(), small.colour()), (32, 24, ColourDescription::BT709));
        assert!(centre(&small, 0).abs_diff(100) <= 1);
    }

    /// BT.709 red (63, 102, 240) is (81, 90, 240) in BT.601: the matrices must not be mixed up.
    #[test]
    fn matrices_are_converted() {
        let red = flat(63, 102, 240, ColourDescription::BT709);
        let sd = Scaler::new(32, 24, PixelFormat::Yuv420p, ColourDescription::BT601).scale(&red).unwrap();
        let got = [0, 1, 2].map(|plane| centre(&sd, plane));
        for (got, expected) in got.into_iter().zip([81u8, 90, 240]) {
            assert!(got.abs_diff(expected) <= 3, "{got} for {expected}");
        }
    }

    #[test]
    fn full_range_becomes_limited() {
        let white = flat(255, 128, 128, ColourDescription { full_range: true, ..ColourDescription::BT709 });
        let limited = Scaler::new(64, 48, PixelFormat::Yuv420p, ColourDescription::BT709).scale(&white).unwrap();
        assert!(centre(&limited, 0).abs_diff(235) <= 1, "{}", centre(&limited, 0));
    }
}
