//! How the samples of a picture lie in memory: the layouts that we name, and what libavutil knows of all others.
//!
//! libavutil's numbers of formats are kept as the integers they are. A library newer than the headers may return a
//! number that the generated enum has no variant for, and such a value of the enum would be undefined behaviour.

use ffmpeg_next::{self as ff, ffi, ffi::AVPixelFormat};
use std::ffi::c_int;

/// How the samples of a picture are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// 8 bit, chroma halved both ways (4:2:0): the layout of most films.
    Yuv420p,
    /// 8 bit, chroma halved horizontally.
    Yuv422p,
    /// 8 bit, full chroma.
    Yuv444p,
    /// 10 bit in 16-bit little-endian words, chroma halved both ways.
    Yuv420p10,
    /// 8 bit, chroma halved both ways, U and V interleaved in one plane.
    Nv12,
    /// 8 bit, luma alone.
    Gray8,
    /// 8 bit, R G B A.
    Rgba,
    /// 8 bit, B G R A: the layout of window surfaces.
    Bgra,
    /// Any other: a [`Scaler`](crate::Scaler) turns it into one of the above.
    Other,
}

impl PixelFormat {
    pub(crate) fn to_ff(self) -> ff::format::Pixel {
        use ff::format::Pixel;
        match self {
            Self::Yuv420p => Pixel::YUV420P,
            Self::Yuv422p => Pixel::YUV422P,
            Self::Yuv444p => Pixel::YUV444P,
            Self::Yuv420p10 => Pixel::YUV420P10LE,
            Self::Nv12 => Pixel::NV12,
            Self::Gray8 => Pixel::GRAY8,
            Self::Rgba => Pixel::RGBA,
            Self::Bgra => Pixel::BGRA,
            Self::Other => Pixel::None,
        }
    }

    /// libavutil's number.
    pub(crate) fn number(self) -> i32 {
        AVPixelFormat::from(self.to_ff()) as i32
    }

    pub(crate) fn from_raw(number: i32) -> Self {
        use AVPixelFormat as P;
        const TABLE: [(AVPixelFormat, PixelFormat); 11] = [
            (P::AV_PIX_FMT_YUV420P, PixelFormat::Yuv420p),
            (P::AV_PIX_FMT_YUVJ420P, PixelFormat::Yuv420p),
            (P::AV_PIX_FMT_YUV422P, PixelFormat::Yuv422p),
            (P::AV_PIX_FMT_YUVJ422P, PixelFormat::Yuv422p),
            (P::AV_PIX_FMT_YUV444P, PixelFormat::Yuv444p),
            (P::AV_PIX_FMT_YUVJ444P, PixelFormat::Yuv444p),
            (P::AV_PIX_FMT_YUV420P10LE, PixelFormat::Yuv420p10),
            (P::AV_PIX_FMT_NV12, PixelFormat::Nv12),
            (P::AV_PIX_FMT_GRAY8, PixelFormat::Gray8),
            (P::AV_PIX_FMT_RGBA, PixelFormat::Rgba),
            (P::AV_PIX_FMT_BGRA, PixelFormat::Bgra),
        ];
        TABLE.iter().find(|(theirs, _)| *theirs as i32 == number).map_or(Self::Other, |(_, ours)| *ours)
    }
}

/// Whether this is one of the deprecated `YUVJ` formats, by which FFmpeg marks full range.
pub(crate) fn is_full_range_format(number: i32) -> bool {
    use AVPixelFormat as P;
    [P::AV_PIX_FMT_YUVJ420P, P::AV_PIX_FMT_YUVJ422P, P::AV_PIX_FMT_YUVJ444P, P::AV_PIX_FMT_YUVJ440P]
        .iter()
        .any(|full| *full as i32 == number)
}

/// What libavutil knows of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    /// By how many bits the planes 1 and 2 are narrower and lower than the picture.
    pub(crate) chroma_shift: (u32, u32),
    /// Bits of the first component.
    pub(crate) depth: Option<u8>,
    /// It has an alpha component.
    pub(crate) transparent: bool,
    /// Its samples are numbers of colours, each of which may have an alpha component.
    pub(crate) has_palette: bool,
    /// It has luma alone, beside which there may be an alpha component.
    pub(crate) grey: bool,
}

#[expect(unsafe_code, reason = "libavutil's function takes any integer; the generated declaration takes the enum")]
unsafe extern "C" {
    /// Compares the number with the bounds of a static table, and returns a pointer into that table or null.
    safe fn av_pix_fmt_desc_get(format: c_int) -> *const ffi::AVPixFmtDescriptor;
}

impl Layout {
    /// Of a format by libavutil's number; nothing is known of a number that this libavutil does not have.
    pub(crate) fn of(format: i32) -> Self {
        // SAFETY: the function returns null or a pointer to static data, which is never written to.
        #[expect(unsafe_code, reason = "the table of formats is libavutil's")]
        let descriptor = unsafe { av_pix_fmt_desc_get(format).as_ref() };
        let Some(descriptor) = descriptor else { return Self::default() };
        let transparent = descriptor.flags & ffi::AV_PIX_FMT_FLAG_ALPHA as u64 != 0;
        let coloured = (ffi::AV_PIX_FMT_FLAG_PAL | ffi::AV_PIX_FMT_FLAG_RGB | ffi::AV_PIX_FMT_FLAG_HWACCEL) as u64;
        Self {
            chroma_shift: (descriptor.log2_chroma_w.into(), descriptor.log2_chroma_h.into()),
            depth: u8::try_from(descriptor.comp[0].depth).ok().filter(|depth| *depth > 0),
            transparent,
            has_palette: descriptor.flags & ffi::AV_PIX_FMT_FLAG_PAL as u64 != 0,
            grey: descriptor.nb_components == 1 + u8::from(transparent) && descriptor.flags & coloured == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_that_we_name_has_its_number_and_comes_back_from_it() {
        use PixelFormat as P;
        let named = [P::Yuv420p, P::Yuv422p, P::Yuv444p, P::Yuv420p10, P::Nv12, P::Gray8, P::Rgba, P::Bgra];
        for format in named {
            assert_eq!(P::from_raw(format.number()), format);
        }
        assert_eq!(P::from_raw(AVPixelFormat::AV_PIX_FMT_YUVJ420P as i32), P::Yuv420p);
        assert!(is_full_range_format(AVPixelFormat::AV_PIX_FMT_YUVJ420P as i32));
    }

    #[test]
    fn layouts_are_those_of_the_formats() {
        let of = |format: AVPixelFormat| Layout::of(format as i32);
        let planar = |shift, depth| Layout { chroma_shift: shift, depth: Some(depth), ..Layout::default() };
        assert_eq!(of(AVPixelFormat::AV_PIX_FMT_YUV420P10LE), planar((1, 1), 10));
        assert_eq!(of(AVPixelFormat::AV_PIX_FMT_YUV422P), planar((1, 0), 8));
        let grey = [AVPixelFormat::AV_PIX_FMT_GRAY8, AVPixelFormat::AV_PIX_FMT_GRAY10LE, AVPixelFormat::AV_PIX_FMT_YA8];
        assert!(grey.into_iter().all(|format| of(format).grey));
        assert!(!of(AVPixelFormat::AV_PIX_FMT_PAL8).grey && !of(AVPixelFormat::AV_PIX_FMT_NV12).grey);
        assert!(of(AVPixelFormat::AV_PIX_FMT_YUVA420P).transparent && of(AVPixelFormat::AV_PIX_FMT_PAL8).transparent);
    }

    #[test]
    fn numbers_that_no_library_has_are_no_format_that_we_know() {
        for number in [-1, -2, 1_000_000, i32::MAX, i32::MIN] {
            assert_eq!(PixelFormat::from_raw(number), PixelFormat::Other);
            assert_eq!(Layout::of(number), Layout::default());
            assert!(!is_full_range_format(number));
        }
    }
}
