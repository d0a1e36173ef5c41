//! A frame as an ordinary picture: red, green and blue in square pixels, for files.

use super::tone;
use shared_av::{ColourDescription, PixelFormat, Scaler, VideoFrame};
use std::io::{self, Write};

/// Three bytes a pixel, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RgbImage {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

impl RgbImage {
    /// Writes it as a file of the format PNG.
    ///
    /// # Errors
    /// When `file` takes no more.
    pub(crate) fn write_png(&self, file: impl Write) -> io::Result<()> {
        let mut encoder = png::Encoder::new(file, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(())
    }
}

/// The whole frame; pixels that are not square are stretched. `None` when swscale cannot convert it.
pub(crate) fn as_image(frame: &VideoFrame) -> Option<RgbImage> {
    let stretched = f64::from(frame.width()) * frame.sample_aspect().value();
    let width = (stretched.round() as u32).clamp(1, 4 * frame.width().max(1));
    as_image_of(frame, width, frame.height())
}

/// The whole frame in so many pixels. `None` when swscale cannot convert it.
pub(crate) fn as_image_of(frame: &VideoFrame, width: u32, height: u32) -> Option<RgbImage> {
    let rgba = Scaler::new(width, height, PixelFormat::Rgba, ColourDescription::SRGB).scale(frame).ok()?;
    let rgba = tone::on_screen(frame, rgba, PixelFormat::Rgba)?;
    let plane = rgba.plane(0)?;
    let row = |row: usize| plane.data.get(row * plane.stride..row * plane.stride + 4 * plane.width);
    let rows = (0..plane.height).map(row).collect::<Option<Vec<_>>>()?;
    let pixels = rows.into_iter().flat_map(|row| row.chunks_exact(4)).flat_map(|pixel| &pixel[..3]).copied().collect();
    Some(RgbImage { width: plane.width as u32, height: plane.height as u32, pixels })
}
