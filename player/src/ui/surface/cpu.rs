//! The picture by arithmetic: slow, needs nothing, and shows up in the tests' pictures.

use super::matrix::Matrix;
use super::{Chroma, Surface, chroma_layout, same_samples};
use eframe::egui::{Color32, ColorImage, Painter, Rect, TextureHandle, TextureOptions, pos2};
use shared_av::{Plane, VideoFrame};

/// Converts on the CPU and leaves the rest to egui.
#[derive(Default)]
pub(crate) struct CpuSurface {
    texture: Option<TextureHandle>,
    held: Option<VideoFrame>,
}

impl Surface for CpuSurface {
    fn paint(&mut self, painter: &Painter, rect: Rect, frame: &VideoFrame) {
        if !self.held.as_ref().is_some_and(|held| same_samples(held, frame)) {
            let Some(image) = convert(frame) else { return };
            match &mut self.texture {
                Some(texture) => texture.set(image, TextureOptions::LINEAR),
                None => self.texture = Some(painter.ctx().load_texture("picture", image, TextureOptions::LINEAR)),
            }
            self.held = Some(frame.clone());
        }
        if let Some(texture) = &self.texture {
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), rect, whole, Color32::WHITE);
        }
    }

    fn release(&mut self) {
        *self = Self::default();
    }
}

fn convert(frame: &VideoFrame) -> Option<ColorImage> {
    let layout = chroma_layout(frame.format())?;
    let matrix = Matrix::of(frame.colour(), frame.height());
    let (luma, second, third) = (frame.plane(0)?, frame.plane(1), frame.plane(2));
    let mut pixels = Vec::with_capacity(luma.width * luma.height);
    for row in 0..luma.height {
        for column in 0..luma.width {
            let y = sample(&luma, column, row);
            let [u, v] = chroma(layout, second.as_ref(), third.as_ref(), [column, row], [luma.width, luma.height]);
            let [r, g, b] = matrix.rgb([y, u, v].map(|s| f32::from(s) / 255.0)).map(|c| (c * 255.0).round() as u8);
            pixels.push(Color32::from_rgb(r, g, b));
        }
    }
    Some(ColorImage::new([luma.width, luma.height], pixels))
}

/// U and V of the luma sample `at`, the nearest ones.
fn chroma(
    layout: Chroma,
    second: Option<&Plane<'_>>,
    third: Option<&Plane<'_>>,
    at: [usize; 2],
    of: [usize; 2],
) -> [u8; 2] {
    let nearest = |plane: &Plane<'_>| [at[0] * plane.width / of[0].max(1), at[1] * plane.height / of[1].max(1)];
    match (layout, second, third) {
        (Chroma::Planar, Some(u), Some(v)) => {
            let [x, y] = nearest(u);
            [sample(u, x, y), sample(v, x, y)]
        }
        (Chroma::Interleaved, Some(uv), _) => {
            let [x, y] = nearest(uv);
            [sample(uv, 2 * x, y), sample(uv, 2 * x + 1, y)]
        }
        _ => [128, 128],
    }
}

fn sample(plane: &Plane<'_>, x: usize, y: usize) -> u8 {
    plane.data.get(y * plane.stride + x).copied().unwrap_or(0)
}
