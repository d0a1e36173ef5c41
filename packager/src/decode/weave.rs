//! Pictures that are one field each become pictures of two: so H.265 codes interlaced films. They pass in the order of
//! presentation; all others pass untouched.

use shared_av::{AvError, FieldOrder, Filter, Rational, VideoFrame};

/// Two fields make no picture that is narrower than this, width to height: 5:4 is the narrowest shape that films with
/// fields are made in.
const NARROWEST: f64 = 1.22;
/// Samples that are so much wider than high belong to a field: there are none in whole pictures.
const FIELD_SAMPLE: f64 = 0.75;

/// The shape of the samples of two fields together, whose size is that of one; `None` where two of them would make no
/// picture. Programs mark whole pictures as fields, too.
pub fn woven_aspect((width, height): (u32, u32), aspect: Rational) -> Option<Rational> {
    // Some say it of a field by itself, some of the picture.
    let is_of_field = aspect.value() < FIELD_SAMPLE;
    let woven = if is_of_field { Rational::new(aspect.num().checked_mul(2)?, aspect.den())? } else { aspect };
    let shape = f64::from(width) * woven.value() / (2.0 * f64::from(height.max(1)));
    (shape >= NARROWEST).then_some(woven)
}

/// Which field a picture is, if it is one alone.
fn field(frame: &VideoFrame) -> Option<FieldOrder> {
    let field = frame.single_field()?;
    woven_aspect((frame.width(), frame.height()), frame.sample_aspect()).map(|_| field)
}

/// The size of a picture, or of the one that a field is a part of.
pub fn whole_size(frame: &VideoFrame) -> (u32, u32) {
    let rows = if field(frame).is_some() { 2 } else { 1 };
    (frame.width(), frame.height() * rows)
}

/// Puts two fields together.
#[derive(Default)]
pub(super) struct Weave {
    /// The field that comes first, and the filter that puts the other one behind it.
    filter: Option<(FieldOrder, Filter)>,
    /// A first field that waits for the second.
    held: Option<VideoFrame>,
}

impl Weave {
    /// Takes a picture or a field and gives those that are ready.
    pub(super) fn push(&mut self, frame: VideoFrame) -> Result<Vec<VideoFrame>, AvError> {
        let Some(field) = field(&frame) else {
            let mut ready = self.finish()?;
            ready.push(frame);
            return Ok(ready);
        };
        let (first, _) = self.filter.get_or_insert_with(|| (field, Filter::new(chain(field))));
        if field == *first {
            let alone = self.finish();
            self.held = Some(frame);
            return alone;
        }
        let is_other = |held: &VideoFrame| (held.width(), held.height()) == (frame.width(), frame.height());
        match self.held.take_if(|held| is_other(held)) {
            Some(held) => self.woven(&held, &frame),
            None => {
                let mut ready = self.finish()?;
                ready.extend(self.woven(&frame, &frame)?);
                Ok(ready)
            }
        }
    }

    /// A field whose other one is missing stands for both.
    pub(super) fn finish(&mut self) -> Result<Vec<VideoFrame>, AvError> {
        self.held.take().map_or(Ok(vec![]), |alone| self.woven(&alone, &alone))
    }

    fn woven(&mut self, first: &VideoFrame, second: &VideoFrame) -> Result<Vec<VideoFrame>, AvError> {
        let Some((_, filter)) = &mut self.filter else { return Ok(vec![]) };
        let mut out = filter.push(first)?;
        out.extend(filter.push(second)?);
        Ok(out.into_iter().map(|frame| frame.with_pts(first.pts())).collect())
    }
}

fn chain(first: FieldOrder) -> &'static str {
    match first {
        FieldOrder::TopFirst => "weave=first_field=top",
        FieldOrder::BottomFirst => "weave=first_field=bottom",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::time::PresentationTime;
    use shared_av::{ColourDescription, PixelFormat, VideoFrameMut};

    use FieldOrder::{BottomFirst as Bottom, TopFirst as Top};

    /// A field of one shade, or a whole picture.
    fn shade(number: u8, field: Option<FieldOrder>) -> VideoFrame {
        let mut canvas = VideoFrameMut::new(PixelFormat::Gray8, 64, 16).unwrap();
        canvas.plane_mut(0).unwrap().data.fill(number);
        let time = Some(PresentationTime::from_millis(i64::from(number) * 20));
        canvas.finish(time, ColourDescription::BT709, Rational::ONE).with_field(field)
    }

    /// Rows, the first two of them, and the time in units of 20 ms, of what comes out.
    fn woven(fields: &[Option<FieldOrder>]) -> Vec<(u32, u8, u8, i64)> {
        let mut weave = Weave::default();
        let frames = (1..).zip(fields).map(|(number, field)| shade(number, *field));
        let mut out: Vec<VideoFrame> = frames.flat_map(|frame| weave.push(frame).unwrap()).collect();
        out.extend(weave.finish().unwrap());
        let row = |frame: &VideoFrame, row: usize| frame.plane(0).map(|plane| plane.data[row * plane.stride]).unwrap();
        let time = |frame: &VideoFrame| frame.pts().unwrap().nanos() / 20_000_000;
        out.iter().map(|frame| (frame.height(), row(frame, 0), row(frame, 1), time(frame))).collect()
    }

    #[test]
    fn two_fields_are_one_picture_at_the_time_of_the_first() {
        assert_eq!(woven(&[Some(Top), Some(Bottom), Some(Top), Some(Bottom)]), [(32, 1, 2, 1), (32, 3, 4, 3)]);
        assert_eq!(woven(&[Some(Bottom), Some(Top)]), [(32, 2, 1, 1)]);
        assert_eq!(woven(&[None, None]), [(16, 1, 1, 1), (16, 2, 2, 2)]);
    }

    #[test]
    fn a_field_alone_stands_for_both() {
        let (top, bottom) = (Some(Top), Some(Bottom));
        assert_eq!(woven(&[top, top, bottom]), [(32, 1, 1, 1), (32, 2, 3, 2)]);
        assert_eq!(woven(&[top, bottom, bottom, top]), [(32, 1, 2, 1), (32, 3, 3, 3), (32, 4, 4, 4)]);
        assert_eq!(woven(&[top, None]), [(32, 1, 1, 1), (16, 2, 2, 2)]);
    }

    #[test]
    fn whole_pictures_that_are_marked_as_fields_are_told_by_their_shape() {
        let woven = |size, num, den| woven_aspect(size, Rational::new(num, den).unwrap()).map(|aspect| aspect.value());
        for size in [(720, 288), (720, 240), (1920, 540), (1440, 540)] {
            assert!(woven(size, 1, 1).is_some(), "{size:?}");
        }
        assert_eq!(woven((720, 288), 32, 45), Some(64.0 / 45.0), "said of a field by itself");
        assert_eq!(woven((720, 288), 16, 15), Some(16.0 / 15.0));
        for size in [(720, 576), (720, 480), (1920, 1080), (1440, 1080), (1920, 800)] {
            assert_eq!(woven(size, 1, 1), None, "{size:?}");
        }
        assert_eq!(woven((720, 576), 64, 45), None);
    }
}
