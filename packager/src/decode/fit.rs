//! Pictures whose aspect ratio changes within the film, as in a recording that begins with a 4:3 commercial before the
//! 16:9 film. They are fitted into the aspect ratio that the film began with, with black bars.

use crate::probe::VideoTrack;
use shared_av::{AvError, Filter, VideoFrame};

/// A smaller change of the aspect ratio is due to rounding.
const NOTICED: f64 = 0.03;

/// Keeps the aspect ratio constant.
pub(super) struct Fit {
    width: u32,
    height: u32,
    /// Width to height of the first picture, as the bitstream has it (a container may say otherwise, of all of them).
    first: Option<f64>,
    /// For pictures that are so many times wider.
    bars: Option<(f64, Filter)>,
    changed: u64,
}

impl Fit {
    /// For pictures of a track, the first of which has the shape `first`, where that is known.
    pub(super) fn new(track: &VideoTrack, first: Option<f64>) -> Self {
        Self { width: track.width, height: track.height, first, bars: None, changed: 0 }
    }

    /// The shape that all pictures get: width to height of the first one.
    pub(super) fn first(&self) -> Option<f64> {
        self.first
    }

    /// Pictures that had to be fitted.
    pub(super) fn changed(&self) -> u64 {
        self.changed
    }

    /// The picture, or the same between bars.
    pub(super) fn push(&mut self, frame: VideoFrame) -> Result<VideoFrame, AvError> {
        let shape = f64::from(frame.width()) * frame.sample_aspect().value() / f64::from(frame.height().max(1));
        let wider = shape / *self.first.get_or_insert(shape);
        if (wider - 1.0).abs() <= NOTICED {
            return Ok(frame);
        }
        self.changed += 1;
        if self.bars.as_ref().is_none_or(|(known, _)| *known != wider) {
            self.bars = Some((wider, Filter::new(chain(self.width, self.height, wider))));
        }
        let Some((_, filter)) = &mut self.bars else { return Ok(frame) };
        // One out for one in: neither of these filters holds a picture back.
        Ok(filter.push(&frame)?.pop().unwrap_or(frame))
    }
}

/// A picture so many times wider than `width` to `height`, in the middle of that.
fn chain(width: u32, height: u32, wider: f64) -> String {
    let even = |side: f64| ((side / 2.0).round() * 2.0).max(2.0) as u32;
    let (fits_x, fits_y) =
        if wider > 1.0 { (width, even(f64::from(height) / wider)) } else { (even(f64::from(width) * wider), height) };
    format!("scale={fits_x}:{fits_y}:flags=bicubic,pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::tests::track;
    use shared_av::{ColourDescription, PixelFormat, Rational, VideoFrameMut};

    fn white(width: u32, height: u32, aspect: (u32, u32)) -> VideoFrame {
        let mut canvas = VideoFrameMut::new(PixelFormat::Yuv420p, width, height).unwrap();
        for index in 0..3 {
            canvas.plane_mut(index).unwrap().data.fill(if index == 0 { 235 } else { 128 });
        }
        canvas.finish(None, ColourDescription::BT601, Rational::new(aspect.0, aspect.1).unwrap())
    }

    /// Rows that are white in the middle column, columns that are white in the middle row.
    fn lit(frame: &VideoFrame) -> (usize, usize) {
        let luma = frame.plane(0).unwrap();
        let is_lit = |x: usize, y: usize| luma.data[y * luma.stride + x] > 128;
        let (x, y) = (luma.width / 2, luma.height / 2);
        ((0..luma.height).filter(|y| is_lit(x, *y)).count(), (0..luma.width).filter(|x| is_lit(*x, y)).count())
    }

    #[test]
    fn a_film_that_becomes_wider_or_narrower_gets_bars() {
        let mut fit = Fit::new(&track(768, 576, 25), None);
        let whole = fit.push(white(720, 576, (16, 15))).unwrap();
        assert_eq!((whole.width(), lit(&whole), fit.changed()), (720, (576, 720), 0));
        let wide = fit.push(white(720, 576, (64, 45))).unwrap();
        assert_eq!((wide.width(), wide.height(), lit(&wide), fit.changed()), (768, 576, (432, 768), 1));
        let square = fit.push(white(480, 480, (1, 1))).unwrap();
        assert_eq!((lit(&square), fit.changed()), ((576, 576), 2));
        assert_eq!(fit.push(white(1024, 768, (1, 1))).unwrap().width(), 1024, "only larger");
    }
}
