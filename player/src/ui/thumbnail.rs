//! A small picture of a film for its card, written beside the window.

use super::model::known_films;
use shared_av::{ColourDescription, PixelFormat, Scaler, VideoFrame};
use std::fs;
use std::io::BufWriter;
use std::path::Path;

/// In pixels.
const WIDTH: u32 = 320;

/// Keeps `frame` as the picture of the film at `address`. One that cannot be kept is no loss.
pub(crate) fn keep(address: &str, frame: VideoFrame) {
    let Some(path) = known_films::picture(address) else { return };
    let write = move || write(&path, &frame);
    drop(std::thread::Builder::new().name("thumbnail".into()).spawn(write));
}

fn write(path: &Path, frame: &VideoFrame) -> Option<()> {
    let aspect = f64::from(frame.width()) * frame.sample_aspect().value() / f64::from(frame.height().max(1));
    let height = ((f64::from(WIDTH) / aspect.max(0.1)).round() as u32).clamp(2, 2 * WIDTH);
    let rgba = Scaler::new(WIDTH, height, PixelFormat::Rgba, ColourDescription::SRGB).scale(frame).ok()?;
    let plane = rgba.plane(0)?;
    let row = |row: usize| plane.data.get(row * plane.stride..row * plane.stride + 4 * plane.width);
    let rows = (0..plane.height).map(row).collect::<Option<Vec<_>>>()?;
    let pixels: Vec<u8> = rows.into_iter().flat_map(|row| row.chunks_exact(4)).flat_map(|p| &p[..3]).copied().collect();
    fs::create_dir_all(path.parent()?).ok()?;
    let aside = path.with_extension("new");
    let mut encoder = png::Encoder::new(BufWriter::new(fs::File::create(&aside).ok()?), WIDTH, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().ok()?.write_image_data(&pixels).ok()?;
    fs::rename(&aside, path).ok()
}
