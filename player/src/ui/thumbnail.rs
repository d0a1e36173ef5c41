//! A small picture of a film for its card, written beside the window.

use super::model::known_films;
use super::surface;
use shared_av::VideoFrame;
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
    let image = surface::as_image_of(frame, WIDTH, height)?;
    fs::create_dir_all(path.parent()?).ok()?;
    let aside = path.with_extension("new");
    image.write_png(BufWriter::new(fs::File::create(&aside).ok()?)).ok()?;
    fs::rename(&aside, path).ok()
}
