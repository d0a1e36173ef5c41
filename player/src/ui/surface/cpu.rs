//! The picture as any other image of egui's: slow, needs nothing, and shows up in the tests' pictures.

use super::{Surface, same_samples, tone};
use eframe::egui::{Color32, ColorImage, Painter, Rect, TextureHandle, TextureOptions, pos2};
use shared_av::{ColourDescription, PixelFormat, Scaler, VideoFrame};

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

fn convert(source: &VideoFrame) -> Option<ColorImage> {
    let (width, height) = (source.width(), source.height());
    let frame = Scaler::new(width, height, PixelFormat::Rgba, ColourDescription::SRGB).scale(source).ok()?;
    let frame = &tone::on_screen(source, frame, PixelFormat::Rgba)?;
    let plane = frame.plane(0)?;
    let row = |row: usize| plane.data.get(row * plane.stride..row * plane.stride + 4 * plane.width);
    let pixels = (0..plane.height).map(row).collect::<Option<Vec<_>>>()?.concat();
    Some(ColorImage::from_rgba_unmultiplied([plane.width, plane.height], &pixels))
}
