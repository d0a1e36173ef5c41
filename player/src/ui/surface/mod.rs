//! Where the picture appears. Two implementations of one small trait: textures and a shader for the window, the CPU
//! for tests and for machines whose GL cannot do it. Neither converts more than it shows.

mod areas;
mod cpu;
mod gl;
mod image;
mod kept;
mod matrix;
mod pixels;
mod shader;
mod soft;
mod tone;

pub(crate) use cpu::CpuSurface;
pub(crate) use gl::GlSurface;
pub(crate) use image::{as_image, as_image_of};
pub(crate) use kept::Kept;
pub(crate) use soft::SoftSurface;

use eframe::egui::emath::GuiRounding as _;
use eframe::egui::{Painter, Rect, Vec2};
use shared_av::{PixelFormat, VideoFrame};

/// Shows pictures.
pub(crate) trait Surface {
    /// Paints `frame` so that it fills `rect` exactly.
    fn paint(&mut self, painter: &Painter, rect: Rect, frame: &VideoFrame);

    /// Gives everything back; called once, while the graphics context still exists.
    fn release(&mut self);
}

/// The largest rectangle of the picture's shape within `space`, in its middle, on whole pixels.
pub(crate) fn letterbox(space: Rect, frame: &VideoFrame, pixels_per_point: f32) -> Rect {
    let sample = frame.sample_aspect().value() as f32;
    let shape = Vec2::new(frame.width() as f32 * sample, frame.height() as f32);
    even(fit(space, shape).round_to_pixels(pixels_per_point), pixels_per_point)
}

/// An even number of pixels across: swscale converts odd ones four times as slowly.
fn even(rect: Rect, pixels_per_point: f32) -> Rect {
    let odd = (rect.width() * pixels_per_point).round() % 2.0;
    Rect::from_min_max(rect.min, rect.max - Vec2::new(odd / pixels_per_point, 0.0))
}

fn fit(space: Rect, shape: Vec2) -> Rect {
    let scale = (space.width() / shape.x.max(1.0)).min(space.height() / shape.y.max(1.0)).max(0.0);
    Rect::from_center_size(space.center(), shape * scale)
}

/// How a frame's planes are read. `None` for layouts that have to be converted before they come here.
fn chroma_layout(format: PixelFormat) -> Option<Chroma> {
    match format {
        PixelFormat::Yuv420p | PixelFormat::Yuv422p | PixelFormat::Yuv444p => Some(Chroma::Planar),
        PixelFormat::Nv12 => Some(Chroma::Interleaved),
        PixelFormat::Gray8 => Some(Chroma::Absent),
        _ => None,
    }
}

/// Where U and V are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chroma {
    /// In planes 1 and 2.
    Planar,
    /// Side by side in plane 1.
    Interleaved,
    /// Nowhere.
    Absent,
}

/// Whether two frames are the same samples. The comparison of addresses is valid as long as one
/// of the frames is held, because memory in use is not given out again.
fn same_samples(a: &VideoFrame, b: &VideoFrame) -> bool {
    let start = |frame: &VideoFrame| frame.plane(0).map(|plane| plane.data.as_ptr());
    start(a).is_some() && start(a) == start(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{pos2, vec2};

    #[test]
    fn a_wide_picture_gets_bars_above_and_below() {
        let space = Rect::from_min_size(pos2(10.0, 20.0), vec2(400.0, 400.0));
        let rect = fit(space, vec2(1920.0, 1080.0));
        assert_eq!((rect.width(), rect.height(), rect.center()), (400.0, 225.0, space.center()));
    }

    #[test]
    fn the_picture_covers_whole_pixels_an_even_number_across() {
        for (width, scale) in [(301.3, 1.0), (300.7, 1.5), (299.0, 2.0)] {
            let rect = Rect::from_min_size(pos2(10.4, 20.2), vec2(width, 170.0)).round_to_pixels(scale);
            let even = even(rect, scale);
            let pixels = even.width() * scale;
            assert!((pixels % 2.0).abs() < 1e-3 && rect.width() * scale - pixels < 1.5, "{pixels} of {rect:?}");
        }
    }

    #[test]
    fn no_space_gives_no_picture() {
        let nothing = Rect::from_min_size(pos2(0.0, 0.0), vec2(100.0, -3.0));
        assert_eq!(fit(nothing, vec2(16.0, 9.0)).size(), Vec2::ZERO);
    }
}
