//! Pictures: [`VideoFrame`] is shared and read-only, [`VideoFrameMut`] is written by us.

use crate::pixel_format::{Layout, is_full_range_format};
use crate::{AvError, AvStage, ColourDescription, FieldOrder, PixelFormat, Rational, StaticHdr, library};
use ffmpeg_next::{self as ff, ffi};
use shared::time::PresentationTime;
use std::{fmt, ptr, slice, sync::Arc};

/// Largest side of a picture that we allocate.
const MAX_SIDE: u32 = 16_384;

/// One plane of samples.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// `stride * height` bytes.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Samples in a row that belong to the picture.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// One plane of samples that may be written.
#[derive(Debug)]
pub struct PlaneMut<'a> {
    /// `stride * height` bytes.
    pub data: &'a mut [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Samples in a row that belong to the picture.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// A picture that is no longer written to. A clone is another reference to the same samples.
#[derive(Clone)]
pub struct VideoFrame {
    inner: Arc<ff::frame::Video>,
    pts: Option<PresentationTime>,
    field: Option<FieldOrder>,
}

impl VideoFrame {
    pub(crate) fn share(inner: ff::frame::Video, pts: Option<PresentationTime>) -> Self {
        Self { inner: Arc::new(inner), pts, field: None }
    }

    pub(crate) fn raw(&self) -> &ff::frame::Video {
        &self.inner
    }

    /// Samples in a row of luma.
    pub fn width(&self) -> u32 {
        self.inner.width()
    }

    /// Rows of luma.
    pub fn height(&self) -> u32 {
        self.inner.height()
    }

    /// The layout of the samples.
    pub fn format(&self) -> PixelFormat {
        PixelFormat::from_raw(raw_format(&self.inner))
    }

    /// When to show it.
    pub fn pts(&self) -> Option<PresentationTime> {
        self.pts
    }

    /// The same picture at another time.
    #[must_use]
    pub fn with_pts(mut self, pts: Option<PresentationTime>) -> Self {
        self.pts = pts;
        self
    }

    /// The shape of one sample, width to height; one to one when the film does not say.
    pub fn sample_aspect(&self) -> Rational {
        Rational::from_ff(self.inner.aspect_ratio()).unwrap_or(Rational::ONE)
    }

    /// The picture is two fields of different times, or one of them.
    pub fn is_interlaced(&self) -> bool {
        self.inner.is_interlaced()
    }

    /// Which field comes first, where it [is interlaced](Self::is_interlaced).
    pub fn field_order(&self) -> Option<FieldOrder> {
        let first = if self.inner.is_top_first() { FieldOrder::TopFirst } else { FieldOrder::BottomFirst };
        self.is_interlaced().then_some(first)
    }

    /// By the word of its bitstream it is no more than one field: the top or the bottom one. Programs write that of whole
    /// pictures, too.
    pub fn single_field(&self) -> Option<FieldOrder> {
        self.field
    }

    /// The same picture as one field.
    #[must_use]
    pub fn with_field(mut self, field: Option<FieldOrder>) -> Self {
        self.field = field;
        self
    }

    /// What a filter has noted of it.
    pub fn noted(&self, key: &str) -> Option<String> {
        self.inner.metadata().get(key).map(str::to_owned)
    }

    /// Its samples say how much of them is to be seen.
    pub fn is_transparent(&self) -> bool {
        Layout::of(raw_format(&self.inner)).transparent
    }

    /// It carries closed captions (ATSC A/53 part 4, 6.2.3).
    pub fn has_captions(&self) -> bool {
        let kind = ffi::AVFrameSideDataType::AV_FRAME_DATA_A53_CC;
        // SAFETY: the wrapper owns a valid AVFrame; the pointer is compared with null.
        #[expect(unsafe_code, reason = "ffmpeg-next copies side data that it returns")]
        unsafe {
            !ffi::av_frame_get_side_data(self.inner.as_ptr(), kind).is_null()
        }
    }

    /// The decoder had to conceal damage.
    pub fn is_damaged(&self) -> bool {
        self.inner.is_corrupt() || self.inner.has_decode_errors()
    }

    /// What the samples mean as colour.
    pub fn colour(&self) -> ColourDescription {
        raw_colour(&self.inner)
    }

    /// The mastering display and the light levels, as far as the film says (static HDR metadata).
    pub fn static_hdr(&self) -> StaticHdr {
        crate::hdr::of_frame(&self.inner)
    }

    /// Plane `index` (0 is luma or packed), or `None` when there is no such plane or it is stored bottom-up.
    pub fn plane(&self, index: usize) -> Option<Plane<'_>> {
        let shape = plane_shape(&self.inner, index)?;
        // SAFETY: `plane_shape` gives the extent that libavutil reserved for this plane (positive stride times the
        // plane's rows, both from the frame itself); the frame is immutable and outlives the borrow.
        #[expect(unsafe_code, reason = "samples live in FFmpeg's buffers")]
        let data = unsafe { slice::from_raw_parts(shape.data, shape.stride * shape.height) };
        Some(Plane { data, stride: shape.stride, width: shape.width, height: shape.height })
    }
}

impl fmt::Debug for VideoFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VideoFrame({}x{} {:?} at {:?})", self.width(), self.height(), self.format(), self.pts)
    }
}

/// A picture that is being written.
pub struct VideoFrameMut(ff::frame::Video);

impl VideoFrameMut {
    /// A picture of undefined content.
    ///
    /// # Errors
    /// When the size is zero or beyond 16384 samples a side, the format is [`PixelFormat::Other`], or memory is short.
    pub fn new(format: PixelFormat, width: u32, height: u32) -> Result<Self, AvError> {
        library::ready();
        let sides = 1..=MAX_SIDE;
        let refuse = |why: &str| AvError::new(AvStage::Convert, format!("a picture of {width}x{height}"), why);
        if !sides.contains(&width) || !sides.contains(&height) || format == PixelFormat::Other {
            return Err(refuse("its size or format is out of range"));
        }
        let frame = ff::frame::Video::new(format.to_ff(), width, height);
        plane_shape(&frame, 0).ok_or_else(|| refuse("memory is short"))?;
        Ok(Self(frame))
    }

    /// Plane `index`, or `None` when there is no such plane.
    pub fn plane_mut(&mut self, index: usize) -> Option<PlaneMut<'_>> {
        let shape = plane_shape(&self.0, index)?;
        // SAFETY: as in `VideoFrame::plane`; the frame was allocated by us, nobody else holds a reference to its
        // buffers, and `&mut self` makes this borrow the only one.
        #[expect(unsafe_code, reason = "samples live in FFmpeg's buffers")]
        let data = unsafe { slice::from_raw_parts_mut(shape.data.cast_mut(), shape.stride * shape.height) };
        Some(PlaneMut { data, stride: shape.stride, width: shape.width, height: shape.height })
    }

    /// The finished picture.
    pub fn finish(
        mut self,
        pts: Option<PresentationTime>,
        colour: ColourDescription,
        sample_aspect: Rational,
    ) -> VideoFrame {
        tag(&mut self.0, colour, sample_aspect);
        VideoFrame::share(self.0, pts)
    }

    pub(crate) fn raw_mut(&mut self) -> &mut ff::frame::Video {
        &mut self.0
    }
}

/// Another reference to the same samples whose own fields (pts, picture type) may be changed.
pub(crate) fn reference(frame: &ff::frame::Video) -> Result<ff::frame::Video, ff::Error> {
    let mut copy = ff::frame::Video::empty();
    // SAFETY: both pointers are valid AVFrames; `copy` is empty, as av_frame_ref demands; samples are counted
    // references, so both frames may be dropped in any order and on any thread.
    #[expect(unsafe_code, reason = "ffmpeg-next's clone copies the samples")]
    let result = unsafe { ffi::av_frame_ref(copy.as_mut_ptr(), frame.as_ptr()) };
    if result < 0 { Err(ff::Error::from(result)) } else { Ok(copy) }
}

/// Takes closed captions away: some encoders would write them and others not, and a picture that is shown twice would
/// say its letters twice.
pub(crate) fn drop_captions(frame: &mut ff::frame::Video) {
    // SAFETY: the wrapper owns a valid AVFrame whose side data are its own; none is borrowed here.
    #[expect(unsafe_code, reason = "ffmpeg-next asks for a kind of its own")]
    unsafe {
        ffi::av_frame_remove_side_data(frame.as_mut_ptr(), ffi::AVFrameSideDataType::AV_FRAME_DATA_A53_CC);
    }
}

pub(crate) fn raw_format(frame: &ff::frame::Video) -> i32 {
    #[expect(unsafe_code, reason = "ffmpeg-next's getter panics on formats newer than itself")]
    // SAFETY: the wrapper owns a valid AVFrame.
    unsafe {
        (*frame.as_ptr()).format
    }
}

fn raw_colour(frame: &ff::frame::Video) -> ColourDescription {
    // SAFETY: the wrapper owns a valid AVFrame. The fields are C enums of `int` size and are read as such, because a
    // newer library may store values that our enum does not know.
    #[expect(unsafe_code, reason = "C enums are read as the integers they are")]
    let (primaries, transfer, matrix, range) = unsafe {
        let f = frame.as_ptr();
        (
            ptr::addr_of!((*f).color_primaries).cast::<i32>().read(),
            ptr::addr_of!((*f).color_trc).cast::<i32>().read(),
            ptr::addr_of!((*f).colorspace).cast::<i32>().read(),
            ptr::addr_of!((*f).color_range).cast::<i32>().read(),
        )
    };
    colour_from_raw([primaries, transfer, matrix, range], raw_format(frame))
}

/// FFmpeg numbers primaries, transfer and matrix as CICP does. Grey pictures whose range is not said have the full one:
/// so FFmpeg's programs write them in every format, and so its scaler reads them.
pub(crate) fn colour_from_raw([primaries, transfer, matrix, range]: [i32; 4], format: i32) -> ColourDescription {
    let code = |raw: i32| u8::try_from(raw).unwrap_or(2);
    let is_unsaid = range == ffi::AVColorRange::AVCOL_RANGE_UNSPECIFIED as i32;
    ColourDescription {
        primaries: code(primaries),
        transfer: code(transfer),
        matrix: code(matrix),
        full_range: range == ffi::AVColorRange::AVCOL_RANGE_JPEG as i32
            || is_full_range_format(format)
            || (is_unsaid && Layout::of(format).grey),
    }
}

pub(crate) fn tag(frame: &mut ff::frame::Video, colour: ColourDescription, sample_aspect: Rational) {
    use ff::color::Range;
    frame.set_color_range(if colour.full_range { Range::JPEG } else { Range::MPEG });
    // SAFETY: the wrapper owns a valid AVFrame. CICP numbers are written as the integers that these C enums are;
    // libavutil checks them where it looks them up.
    #[expect(unsafe_code, reason = "the pixel aspect has no setter, C enums are written as the integers they are")]
    unsafe {
        let f = frame.as_mut_ptr();
        ptr::addr_of_mut!((*f).color_primaries).cast::<i32>().write(i32::from(colour.primaries));
        ptr::addr_of_mut!((*f).color_trc).cast::<i32>().write(i32::from(colour.transfer));
        ptr::addr_of_mut!((*f).colorspace).cast::<i32>().write(i32::from(colour.matrix));
        (*f).sample_aspect_ratio = sample_aspect.to_ff().into();
    }
}

struct PlaneShape {
    data: *const u8,
    stride: usize,
    width: usize,
    height: usize,
}

/// The extent of a plane, from the frame's own numbers. `None` for a plane that is missing or has a stride that is
/// not positive (bottom-up pictures), which a slice cannot describe.
fn plane_shape(frame: &ff::frame::Video, index: usize) -> Option<PlaneShape> {
    if index >= 4 {
        return None;
    }
    // SAFETY: the wrapper owns a valid AVFrame; `index` is within its arrays of 8.
    #[expect(unsafe_code, reason = "ffmpeg-next panics on planes it does not expect")]
    let (data, linesize, format) =
        unsafe { ((*frame.as_ptr()).data[index], (*frame.as_ptr()).linesize[index], (*frame.as_ptr()).format) };
    let stride = usize::try_from(linesize).ok().filter(|stride| *stride > 0 && !data.is_null())?;
    let is_chroma = index == 1 || index == 2;
    let (shift_x, shift_y) = if is_chroma { Layout::of(format).chroma_shift } else { (0, 0) };
    let halve = |side: u32, shift: u32| (side as usize + (1 << shift) - 1) >> shift;
    Some(PlaneShape { data, stride, width: halve(frame.width(), shift_x), height: halve(frame.height(), shift_y) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_painted_picture_reads_back_and_clones_share_it() {
        let mut canvas = VideoFrameMut::new(PixelFormat::Yuv420p, 5, 3).unwrap();
        for index in 0..3 {
            let plane = canvas.plane_mut(index).unwrap();
            plane.data.fill(index as u8 + 7);
        }
        let frame = canvas.finish(Some(PresentationTime::from_millis(40)), ColourDescription::BT709, Rational::ONE);
        let clone = frame.clone().with_pts(None);
        let luma = frame.plane(0).unwrap();
        let chroma = frame.plane(2).unwrap();
        assert_eq!((luma.width, luma.height, chroma.width, chroma.height), (5, 3, 3, 2));
        assert_eq!((luma.data[0], chroma.data[0]), (7, 9));
        assert_eq!(clone.plane(0).unwrap().data.as_ptr(), luma.data.as_ptr());
        assert_eq!((frame.pts(), clone.pts()), (Some(PresentationTime::from_millis(40)), None));
        assert_eq!(frame.colour(), ColourDescription::BT709);
        assert!(frame.plane(3).is_none() && frame.plane(9).is_none());
    }

    #[test]
    fn grey_without_a_range_has_the_full_one() {
        use ffi::AVPixelFormat as P;
        let range = |range, format: P| colour_from_raw([2, 2, 2, range], format as i32).full_range;
        assert!(range(0, P::AV_PIX_FMT_GRAY8) && range(0, P::AV_PIX_FMT_GRAY16LE) && range(2, P::AV_PIX_FMT_YUV420P));
        assert!(!range(1, P::AV_PIX_FMT_GRAY8) && !range(0, P::AV_PIX_FMT_YUV420P));
    }

    #[test]
    fn impossible_pictures_are_refused() {
        assert!(VideoFrameMut::new(PixelFormat::Yuv420p, 0, 3).is_err());
        assert!(VideoFrameMut::new(PixelFormat::Yuv420p, 100_000, 3).is_err());
        assert!(VideoFrameMut::new(PixelFormat::Other, 16, 16).is_err());
    }

    #[test]
    fn frames_cross_threads() {
        fn shared<T: Send + Sync + Clone>() {}
        shared::<VideoFrame>();
    }
}
